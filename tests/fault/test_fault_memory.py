"""An allocation fails, whichever it is: the answer is 503 or none, never a wrong one; the next request works,
and nothing leaks."""
import http.client
import time

import apiclient
import checks
import daemon as daemons
import pytest
import samples
import shim as shims
import workload
from conftest import FULL

ROWS = {"instances": [[1, 2, 3, 4], [2, 3, 4, 5]]}
LABELLED = {**ROWS, "targets": ["a", "b"]}
JOBS = "all jobs but the first"
# Method, path, body, the good status, and what makes it possible again. What a 200 says must not change, but for times.
REQUESTS = [
    ("GET", "/v1/info", None, 200, None), ("GET", "/livez", None, 200, None),
    ("GET", "/readyz", None, 200, None), ("GET", "/openapi.json", None, 200, None),
    ("GET", "/", None, 200, None), ("GET", "/v1/datasets", None, 200, None),
    ("GET", "/v1/datasets/base", None, 200, None), ("GET", "/v1/datasets/base/rows", None, 200, None),
    ("GET", "/v1/models", None, 200, None), ("GET", "/v1/models/m", None, 200, None),
    ("GET", "/v1/models/m/parameters", None, 200, None), ("GET", "/v1/jobs", None, 200, None),
    ("GET", "/v1/jobs/1", None, 200, None), ("GET", "/v1/jobs/1/metrics", None, 200, None),
    ("POST", "/v1/models/m/predict", ROWS, 200, None),
    ("POST", "/v1/models/m/evaluate", {"dataset": "base"}, 200, None),
    ("POST", "/v1/models/m/gradients", LABELLED, 200, None),
    ("POST", "/v1/models/m/gradcheck", LABELLED, 200, None),
    ("POST", "/v1/models/m/jacobian", ROWS, 200, None),
    ("POST", "/v1/jobs/1/verify", {}, 200, None),
    ("POST", "/v1/models", workload.model_body("new", 1), 201, ("DELETE", "/v1/models/new", None)),
    ("PUT", "/v1/datasets/new", workload.TABLES[0], 201, ("DELETE", "/v1/datasets/new", None)),
    ("POST", "/v1/datasets/longer/rows", workload.ADDED, 200, None),
    ("POST", "/v1/jobs", samples.job("other", "base", epochs=2), 202, JOBS),
    ("DELETE", "/v1/models/spare", None, 204, ("POST", "/v1/models", workload.model_body("spare", 1))),
]
CHANGES = ("/v1/info", "/v1/jobs/1/verify")  # times stand in it
BLOCKS_OF_A_CACHE = 8  # SQLite keeps pages, tables grow in steps


@pytest.fixture(scope="module")
def server(needs_shim, tmp_path_factory):
    folder = tmp_path_factory.mktemp("memory")
    shim = shims.Shim(folder, folder / "data")
    process = shim.daemon()
    client = apiclient.Client(process.port)
    client.put_csv("base", workload.BASE)
    client.put_csv("longer", workload.TABLES[0])
    for name in ("m", "other", "spare"):
        client.post("/v1/models", workload.model_body(name, 1), expect=201)
    client.train(**samples.job("m", "base", epochs=2))
    client.close()
    shim.process = process
    yield shim
    held = checks.keys_of(apiclient.Client(process.port))
    assert process.stop()[0] == 0, process.text()
    with daemons.Daemon(data_dir=folder / "data") as again:  # no record lacks a part
        assert checks.keys_of(apiclient.Client(again.port)) == held
        checks.check_blobs(folder / "data")


def send(shim, method, path, body):
    """The answer on a connection of its own, or None where it was closed."""
    client = apiclient.Client(shim.process.port)
    try:
        kind = "text/csv" if isinstance(body, str) else None
        return client.call(method, path, body, content_type=kind, headers={"Connection": "close"})
    except (http.client.HTTPException, ConnectionError):
        return None
    finally:
        client.close()


def settled_blocks(shim):
    """Once connections and jobs of before are gone."""
    last, same = None, 0
    while same < 3:
        now = shim.state.live_blocks
        same = same + 1 if now == last else 0
        last = now
        time.sleep(0.003)
    return last


def wait_for_job(shim, answer):
    """A job that was begun may fail for lack of memory, also of that to store it, and for nothing else."""
    deadline = time.monotonic() + 0.05
    while shim.state.memory_armed and not shim.state.memory_struck and time.monotonic() < deadline:
        time.sleep(0.002)  # asking would take allocations, too
    shim.disarm_memory()
    client = apiclient.Client(shim.process.port)
    job = client.wait(answer.json["id"])
    client.close()
    assert job["state"] == "succeeded" or "no memory" in job["error"]["message"], job["error"]


def delete_jobs(shim):
    client = apiclient.Client(shim.process.port)
    for job in client.get("/v1/jobs").json["jobs"]:
        if job["id"] > 1:
            client.wait(job["id"])
            client.delete(f"/v1/jobs/{job['id']}")
    client.close()


def undo(shim, undoing):
    if undoing is JOBS:
        delete_jobs(shim)
    elif undoing is not None:
        assert send(shim, *undoing).status in (201, 204, 404, 409)


def check_answer(shim, answer, request, good):
    """`good`: the answer of a request that lacked nothing."""
    method, path, _, status, undoing = request
    if answer is None or answer.status == 503:
        if answer is not None:
            assert answer.content_type == "application/problem+json"
        undo(shim, undoing)  # it may have been done without an answer
        return
    assert answer.status == status, answer.body
    if status == 202:
        wait_for_job(shim, answer)
    elif method == "GET" and path not in CHANGES:
        assert answer.body == good.body
    undo(shim, undoing)


def counts(most):
    """1, 2, ...; of thousands some, of a full run all."""
    nth = 1
    while nth <= most:
        yield nth
        nth += 1 if FULL else max(1, most // 60)


@pytest.mark.parametrize("request_", REQUESTS, ids=lambda r: f"{r[0]} {r[1]}")
@pytest.mark.parametrize("forever", [False, True], ids=["once", "for ever"])
def test_the_nth_allocation_fails(server, request_, forever):
    method, path, body, status, undoing = request_
    before = server.state.memory_calls
    good = send(server, method, path, body)
    assert good.status == status, good.body
    if status == 202:
        wait_for_job(server, good)
    undo(server, undoing)
    settled_blocks(server)
    most = server.state.memory_calls - before
    blocks = settled_blocks(server)
    failures = 0
    for nth in counts(most):
        server.arm_memory(nth, forever)
        answer = send(server, method, path, body)
        if answer is None or answer.status != 202:
            server.disarm_memory()
        check_answer(server, answer, request_, good)
        failures += server.state.memory_struck > 0
        assert server.process.process.poll() is None, server.process.text()
    again = send(server, method, path, body)
    assert again.status == status, again.body
    if status == 202:
        wait_for_job(server, again)
    undo(server, undoing)
    grown = settled_blocks(server) - blocks
    assert failures > 0
    assert grown < BLOCKS_OF_A_CACHE + failures // 4, f"{grown} blocks more after {failures} failures"
