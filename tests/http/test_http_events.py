"""A job's events on the wire: four readers of one log, who leaves, and a thousand at once."""
import contextlib
import http.client
import json
import os
import resource
import socket
import time

import contract as contracts
import pytest
import samples
from daemon import PATIENCE

SOURCE = {"Accept": "text/event-stream"}
LINES = {"Accept": "application/x-ndjson"}


@pytest.fixture
def held(client, name):
    """A data set and a model of this name."""
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    return name


def ended_job(client, held):
    """A job whose log is complete: its last event follows its state."""
    job = client.train(**samples.job(held))["id"]
    while client.get(f"/v1/jobs/{job}/events?limit=1000").json["next"] is not None:
        pass
    return job


@contextlib.contextmanager
def stream(port, target, headers):
    """The response of a request that may go on, to be read by lines."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
    connection.request("GET", target, headers=headers)
    try:
        yield connection.getresponse()
    finally:
        connection.close()


def fields_of(response):
    """The blocks of an event stream, each as {field: value}; a comment is {"": text}."""
    block = {}
    for line in response:
        name, _, value = line.decode().rstrip("\n").partition(":")
        if name or value or line == b":\n":
            block[name] = value.removeprefix(" ")
        else:
            yield block
            block = {}


def events_of(response):
    for block in fields_of(response):
        if "data" in block:
            event = contracts.parse_json(block["data"])
            assert block["id"] == str(event["sequence"]) and block["event"] == event["type"]
            yield event


# --- the readers --------------------------------------------------------------------------------


def test_four_readers_see_the_same(client, held):
    job = ended_job(client, held)
    target = f"/v1/jobs/{job}/events"
    assert client.job(job)["links"]["events"] == target
    page = client.get(target).json
    types = [event["type"] for event in page["events"]]
    assert types == ["queued", "started", "epoch", "epoch", "epoch", "succeeded"]
    assert [event["sequence"] for event in page["events"]] == [1, 2, 3, 4, 5, 6]
    points = client.get(f"/v1/jobs/{job}/metrics").json["points"]
    assert [event["data"] for event in page["events"][2:5]] == points
    assert client.get(target + "?wait=60").json == page
    lines = client.call("GET", target, headers=LINES, expect=200)
    assert lines.content_type == "application/x-ndjson"
    assert list(map(json.loads, lines.body.splitlines())) == page["events"]
    sent = client.call("GET", target, headers=SOURCE, expect=200)
    assert sent.content_type == "text/event-stream"
    assert sent.body.startswith(b"retry: 1000\n\n")
    assert list(events_of(sent.body.splitlines(True))) == page["events"]


def test_pages_follow_one_another(client, held):
    job = ended_job(client, held)
    after, seen = 0, []
    while after is not None:
        page = client.get(f"/v1/jobs/{job}/events?after={after}&limit=4").json
        seen += [event["sequence"] for event in page["events"]]
        after = page["next"]
    assert seen == [1, 2, 3, 4, 5, 6]


def test_a_reader_resumes_and_is_told_to_stop(client, held):
    job = ended_job(client, held)
    target = f"/v1/jobs/{job}/events"
    for query, last, first in (("", "3", 4), ("?after=1", "4", 5), ("?after=2", "rubbish", 3)):
        sent = client.call("GET", target + query, headers={**SOURCE, "Last-Event-ID": last})
        events = list(events_of(sent.body.splitlines(True)))
        assert [event["sequence"] for event in events] == list(range(first, 7))
    client.call("GET", target, headers={**SOURCE, "Last-Event-ID": "6"}, expect=204)
    client.call("GET", target + "?after=6", headers=SOURCE, expect=204)
    assert client.call("GET", target + "?after=6", headers=LINES, expect=200).body == b""


def test_what_is_refused(client, held):
    job = ended_job(client, held)
    target = f"/v1/jobs/{job}/events"
    for accept in ("text/html", "image/*;q=0.5", "application/json;q=0"):
        client.call("GET", target, headers={"Accept": accept}, expect=406)
    for accept in ("*/*", "application/*", "text/html, */*;q=0.1"):
        assert client.call("GET", target, headers={"Accept": accept}).content_type == \
            "application/json"
    client.get("/v1/jobs/999999/events", expect=404)
    for query in ("wait=61", "wait=x", "limit=0", "limit=1001", "after=-1", "since=1"):
        client.get(f"{target}?{query}", expect=400)
    head = client.call("HEAD", target, headers=SOURCE, expect=200)
    assert head.content_type == "text/event-stream" and head.body == b""
    client.get("/livez")


def test_events_come_as_they_happen(client, held, endless_job):
    job = endless_job(**samples.endless(held))
    target = f"/v1/jobs/{job}/events"
    with stream(client.port, target, SOURCE) as sse, stream(client.port, target, LINES) as lines:
        events = events_of(sse)
        seen = [next(events) for _ in range(16)]
        assert [event["sequence"] for event in seen] == list(range(1, 17))
        assert [json.loads(lines.readline()) for _ in range(16)] == seen
        client.delete(f"/v1/jobs/{job}", expect=409)
        client.post(f"/v1/jobs/{job}/cancel", expect=202)
        assert list(events)[-1]["type"] == "cancelled"
        assert json.loads(lines.read().splitlines()[-1])["type"] == "cancelled"


def test_at_most_ten_epochs_a_second(client, held, endless_job):
    job = endless_job(**samples.endless(held))
    with stream(client.port, f"/v1/jobs/{job}/events", SOURCE) as response:
        events = (event for event in events_of(response) if event["type"] == "epoch")
        times = [next(events)["data"]["elapsed_seconds"] for _ in range(30)]
    # Time may pass between the end of an epoch and the look at the clock that lets it be told.
    assert all(b - a > 0.7 for a, b in zip(times, times[10:])), times


def test_a_page_waits(client, held, endless_job):
    job = endless_job(**samples.endless(held))
    target = f"/v1/jobs/{job}/events"
    last = client.get(target + "?limit=1000").json["next"]
    begin = time.monotonic()
    page = client.get(f"{target}?after={last}&wait=60").json
    assert page["events"][0]["sequence"] == last + 1
    assert time.monotonic() - begin < 30
    begin = time.monotonic()
    page = client.get(f"{target}?after=1000000&wait=1").json
    assert page == {"events": [], "next": 1000000}
    assert 0.9 < time.monotonic() - begin < 30
    with stream(client.port, f"{target}?after=1000000&wait=60", {}) as waiting:
        client.post(f"/v1/jobs/{job}/cancel", expect=202)
        assert json.loads(waiting.read()) == {"events": [], "next": None}


def test_waiting_holds_no_thread(client, held, endless_job):
    job = endless_job(**samples.endless(held))
    with contextlib.ExitStack() as all_of_them:
        for _ in range(40):  # more than there are threads of any kind
            all_of_them.enter_context(
                stream(client.port, f"/v1/jobs/{job}/events?after=1000000&wait=60", {}))
        begin = time.monotonic()
        client.get(f"/v1/datasets/{held}")  # also what may take long is answered
        assert time.monotonic() - begin < 10


# --- a daemon of their own ----------------------------------------------------------------------


def start_quiet_job(client):
    """A job that waits for another one: its log says queued, and no more."""
    client.put_csv("d", samples.blobs_text(90))
    for model in ("busy", "quiet"):
        client.post("/v1/models", samples.model(model), expect=201)
    # As many as can run at once, and one that has to wait for its model.
    client.start_job(**samples.endless("busy", "d"))
    return client.start_job(**samples.endless("busy", "d"))


def test_heartbeats(start):
    client = start("--heartbeat", "1")
    job = start_quiet_job(client)
    with stream(client.port, f"/v1/jobs/{job}/events", SOURCE) as response:
        blocks = fields_of(response)
        assert next(blocks) == {"retry": "1000"}
        assert next(blocks)["event"] == "queued"
        begin = time.monotonic()
        assert [next(blocks), next(blocks)] == [{"": ""}] * 2
        assert 1.5 < time.monotonic() - begin < 30
    with stream(client.port, f"/v1/jobs/{job}/events?after=1", LINES) as response:
        assert response.readline() == b"\n"


def descriptors(client):
    return len(os.listdir(f"/proc/{client.daemon.process.pid}/fd"))


def wait_for(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline, "it did not come to that"
        time.sleep(0.01)


def test_disconnects_free_everything(start):
    client = start()
    job = start_quiet_job(client)
    before = descriptors(client)
    for _ in range(3):
        with contextlib.ExitStack() as all_of_them:
            for i in range(50):
                all_of_them.enter_context(stream(client.port, f"/v1/jobs/{job}/events",
                                                 SOURCE if i % 2 else LINES))
            assert descriptors(client) >= before + 50
        begin = time.monotonic()
        wait_for(lambda: descriptors(client) <= before + 1)
        assert time.monotonic() - begin < 10  # long before the next heartbeat


def test_stopping_ends_the_streams(start):
    client = start()
    job = start_quiet_job(client)
    with stream(client.port, f"/v1/jobs/{job}/events", SOURCE) as response, \
            stream(client.port, f"/v1/jobs/{job}/events?after=9&wait=60", {}) as waiting:
        status, seconds = client.daemon.stop()
        assert status == 0 and seconds < 20
        assert b"event: queued" in response.read()
        assert json.loads(waiting.read()) == {"events": [], "next": 9}


def open_raw(port, job):
    client = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
    client.sendall(f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: localhost\r\n"
                   "Accept: text/event-stream\r\n\r\n".encode())
    return client


def read_to_end(client):
    """What is left of a body in chunks."""
    text = b""
    while not text.endswith(b"\r\n0\r\n\r\n"):
        more = client.recv(65536)
        assert more, text[-1000:]
        text = text[-10000:] + more
    return text


def test_a_thousand_streams_while_a_job_trains(start):
    streams = 1000
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < streams + 200:
        pytest.skip(f"only {hard} descriptors may be open")
    client = start()  # it raises its own limit
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, streams + 200), hard))
    clients = []
    try:
        client.put_csv("d", samples.blobs_text(90))
        client.post("/v1/models", samples.model("m"), expect=201)
        job = client.start_job(**samples.endless("m", "d"))
        begin = time.monotonic()
        clients.extend(open_raw(client.port, job) for _ in range(streams))
        assert all(one.recv(15).startswith(b"HTTP/1.1 200") for one in clients)
        refused = open_raw(client.port, job)
        clients.append(refused)
        assert refused.recv(15).startswith(b"HTTP/1.1 503")
        for _ in range(20):  # others are answered as ever
            assert client.job(job)["state"] == "running"
        client.post(f"/v1/jobs/{job}/cancel", expect=202)
        assert all(b"event: cancelled" in read_to_end(one) for one in clients[:streams])
        assert time.monotonic() - begin < PATIENCE
    finally:
        for one in clients:
            one.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert client.wait(job)["state"] == "cancelled"
