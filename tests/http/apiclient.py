"""A client of the API that lets no exchange pass unchecked."""
import contextlib
import http.client
import json
import time
import urllib.parse

import contract as contracts
from daemon import PATIENCE

TERMINAL = ("succeeded", "failed", "cancelled")


class Exchange:
    """A request and its response."""

    def __init__(self, method, target, request_type, request_body, response):
        self.method, self.target = method, target
        self.request_type, self.request_body = request_type, request_body
        self.status = response.status
        self.headers = {k.lower(): v for k, v in response.getheaders()}
        self.body = response.read()
        self.content_type = self.headers.get("content-type", "").split(";")[0].strip()

    @property
    def json(self):
        return contracts.parse_json(self.body)

    def pointers(self):
        """The JSON pointers that a problem names."""
        return [entry.get("pointer") for entry in self.json.get("errors", [])]

    def place(self):
        """(line, column) of the first error that has them."""
        for entry in self.json.get("errors", []):
            if "line" in entry:
                return entry["line"], entry.get("column")
        return None


class Client:
    """Talks to one daemon over one kept-alive connection."""

    def __init__(self, port, contract=None):
        self.port = port
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self.contract = contract

    def call(self, method, target, body=None, *, expect=None, content_type=None, headers=None):
        """Sends a request; a body that is neither bytes nor str is sent as JSON."""
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            content_type = content_type or "application/json"
        if isinstance(body, str):
            body = body.encode()
        send = dict(headers or {})
        if content_type is not None:
            send["Content-Type"] = content_type
        self._connection.request(method, target, body=body, headers=send)
        exchange = Exchange(method, target, content_type, body, self._connection.getresponse())
        if self.contract is not None:
            self.contract.check(exchange)
        if expect is not None:
            assert exchange.status == expect, \
                f"{method} {target} -> {exchange.status}, not {expect}: {exchange.body[:1000]!r}"
        return exchange

    def get(self, target, expect=200):
        return self.call("GET", target, expect=expect)

    def post(self, target, body=None, expect=200):
        return self.call("POST", target, body, expect=expect)

    def patch(self, target, body, expect=200):
        return self.call("PATCH", target, body, expect=expect)

    def delete(self, target, expect=204):
        return self.call("DELETE", target, expect=expect)

    def put_csv(self, name, text, target=None, expect=201):
        query = f"?target={urllib.parse.quote(target)}" if target else ""
        return self.call("PUT", f"/v1/datasets/{name}{query}", text, content_type="text/csv",
                         expect=expect)

    def start_job(self, **body):
        return self.post("/v1/jobs", body, expect=202).json["id"]

    def job(self, job_id):
        return self.get(f"/v1/jobs/{job_id}").json

    def wait(self, job_id, until=lambda job: job["state"] in TERMINAL):
        """Polls the job until it has ended, or until what is asked for is so."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            job = self.job(job_id)
            if until(job):
                return job
            assert job["state"] not in TERMINAL, f"ended too early: {job}"
            time.sleep(0.01)
        raise AssertionError(f"job {job_id} did not get there: {job}")

    def train(self, **body):
        """Starts a job, waits for its end, and wants success."""
        job = self.wait(self.start_job(**body))
        assert job["state"] == "succeeded", job
        return job

    def pages(self, kind, limit):
        """All pages of a list, followed through `next`."""
        pages, cursor = [], None
        while True:
            query = f"?limit={limit}" + (f"&after={urllib.parse.quote(str(cursor))}" if cursor
                                         is not None else "")
            page = self.get(f"/v1/{kind}{query}").json
            pages.append(page[kind])
            cursor = page["next"]
            if cursor is None:
                return pages

    def holdings(self):
        """Names and identities of all that the daemon holds.

        Asked before and after each request that must change nothing, and so not held to the
        contract, which takes ten times as long; the lists' own tests do that.
        """
        contract, self.contract = self.contract, None
        try:
            return {
                "models": [(m["name"], m["created_at"]) for p in self.pages("models", 1000)
                           for m in p],
                "datasets": [(d["name"], d["created_at"]) for p in self.pages("datasets", 1000)
                             for d in p],
                "jobs": [j["id"] for p in self.pages("jobs", 1000) for j in p],
            }
        finally:
            self.contract = contract

    @contextlib.contextmanager
    def nothing_changes(self):
        """What happens inside may neither lose nor leave anything."""
        before = self.holdings()
        yield
        assert self.holdings() == before

    def refused(self, method, target, body=None, *, status, pointer=None, content_type=None):
        """A request that must be answered with a problem and change nothing."""
        with self.nothing_changes():
            exchange = self.call(method, target, body, expect=status, content_type=content_type)
        if pointer is not None:
            assert pointer in exchange.pointers(), exchange.json
        return exchange

    def close(self):
        self._connection.close()
