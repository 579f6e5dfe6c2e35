"""Requests with an Idempotency-Key are done once, however often they are sent."""
import http.client
import random
import signal
import sqlite3
import threading
import time

import apiclient
import pytest
import samples


def post(client, target, body, key, expect=None):
    return client.call("POST", target, body, expect=expect, headers={"Idempotency-Key": key})


def ready(client, name):
    """A data set and a model that has weights."""
    client.put_csv(name, samples.blobs_text(60))
    client.post("/v1/models", samples.model(name, inputs=4), expect=201)


def creations(name):
    """[(target, body, status)] of every route that creates by POST."""
    return [("/v1/models", samples.model(f"{name}-new"), 201),
            ("/v1/jobs", samples.job(name, epochs=1), 202),
            (f"/v1/models/{name}/versions", {"name": "stable"}, 201)]


def same_response(again, first):
    assert (again.status, again.body, again.content_type) == \
        (first.status, first.body, first.content_type)
    assert again.headers["location"] == first.headers["location"]
    assert again.headers["idempotency-replayed"] == "true"
    assert "idempotency-replayed" not in first.headers


@pytest.mark.parametrize("which", [0, 1, 2], ids=["model", "job", "version"])
def test_the_same_request_again_gets_the_same_response(client, name, which):
    ready(client, name)
    target, body, status = creations(name)[which]
    first = post(client, target, body, f"k-{name}", expect=status)
    with client.nothing_changes():
        for _ in range(3):
            same_response(post(client, target, body, f"k-{name}"), first)
    # Without the key, or with another, it is another request.
    if which == 1:
        assert client.start_job(**body) > first.json["id"]
        assert post(client, target, body, f"k2-{name}", expect=202).json["id"] > first.json["id"]
    else:
        client.post(target, body, expect=409)
        post(client, target, body, f"k2-{name}", expect=409)


def test_the_response_is_that_of_the_first_time(client, name):
    """Also where the object has changed, or is gone."""
    ready(client, name)
    target, body, status = creations(name)[1]
    first = post(client, target, body, f"k-{name}", expect=status)
    assert first.json["state"] == "queued" and first.json["queue_position"] >= 1
    assert client.wait(first.json["id"])["state"] == "succeeded"
    client.delete(first.headers["location"])
    same_response(post(client, target, body, f"k-{name}"), first)
    client.get(first.headers["location"], expect=404)


def test_a_key_with_another_request(client, name):
    ready(client, name)
    key = f"k-{name}"
    body = samples.model(f"{name}-new")
    first = post(client, "/v1/models", body, key, expect=201)
    others = [("/v1/models", samples.model(f"{name}-other")), ("/v1/models", {}),
              ("/v1/jobs", samples.job(name)), (f"/v1/models/{name}/versions", {"name": "x"})]
    with client.nothing_changes():
        for target, other in others:
            refused = post(client, target, other, key, expect=422)
            assert key in refused.json["detail"]
            assert refused.json["title"] == "Unprocessable Content"
            assert "location" not in refused.headers
    same_response(post(client, "/v1/models", body, key), first)


@pytest.mark.parametrize("key", ["", "x" * 256, "a\tb", "k\xe4y"], ids=["empty", "long", "tab", "latin"])
def test_what_is_no_key(client, name, key):
    with client.nothing_changes():
        refused = post(client, "/v1/models", samples.model(name), key, expect=400)
    assert "Idempotency-Key" in refused.json["detail"]


def test_the_longest_key_and_odd_signs(client, name):
    for i, key in enumerate(["~" * 255, f'"{name}"', f"{name} '; -- %s", name, name.upper()]):
        body = samples.model(f"{name}-{i}")
        first = post(client, "/v1/models", body, key, expect=201)
        same_response(post(client, "/v1/models", body, key), first)


def test_failures_are_not_kept(client, name):
    client.post("/v1/models", samples.model(name), expect=201)
    body = samples.job(name)
    post(client, "/v1/jobs", body, f"k-{name}", expect=404)
    post(client, "/v1/jobs", {**body, "epochs": "x"}, f"k-{name}", expect=400)
    client.put_csv(name, samples.blobs_text(60))
    first = post(client, "/v1/jobs", body, f"k-{name}", expect=202)
    same_response(post(client, "/v1/jobs", body, f"k-{name}"), first)


def test_elsewhere_a_key_does_nothing(client, name):
    ready(client, name)
    job = client.train(**samples.job(name, epochs=1))["id"]
    for _ in range(2):
        again = post(client, f"/v1/models/{name}/predict", {"instances": [[1, 2, 3, 4]]}, "k",
                     expect=200)
        assert "idempotency-replayed" not in again.headers
        post(client, f"/v1/jobs/{job}/verify", {}, "x" * 300, expect=200)


@pytest.mark.parametrize("which", [0, 1, 2], ids=["model", "job", "version"])
def test_many_at_once_create_one(start, contract, which):
    client = start()
    ready(client, "m")
    target, body, status = creations("m")[which]
    found, barrier = [], threading.Barrier(20)

    def send():
        one = apiclient.Client(client.port, contract)
        barrier.wait()
        found.append(post(one, target, body, "the key"))
        one.close()

    threads = [threading.Thread(target=send) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 20
    fresh = [e for e in found if e.status == status and "idempotency-replayed" not in e.headers]
    replayed = [e for e in found if e.status == status and "idempotency-replayed" in e.headers]
    busy = [e for e in found if e.status == 409]
    assert len(fresh) == 1 and len(fresh) + len(replayed) + len(busy) == 20, found
    for exchange in replayed + [post(client, target, body, "the key")]:
        same_response(exchange, fresh[0])
    for exchange in busy:
        assert "being worked on" in exchange.json["detail"]
    counts = [len(client.get(path).json[kind]) for path, kind in
              (("/v1/models", "models"), ("/v1/jobs", "jobs"), ("/v1/models/m/versions", "versions"))]
    assert counts == [1 + (which == 0), int(which == 1), int(which == 2)]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
def test_keys_survive_right_after_the_reply(start, tmp_path, how):
    client = start(data_dir=tmp_path / "data")
    ready(client, "m")
    firsts = []
    for i, (target, body, status) in enumerate(creations("m")):
        firsts.append(post(client, target, body, f"k{i}", expect=status))
    client.daemon.stop(how)
    client = start(data_dir=tmp_path / "data")
    with client.nothing_changes():
        for i, (target, body, _) in enumerate(creations("m")):
            same_response(post(client, target, body, f"k{i}"), firsts[i])
            post(client, target, {**body, "name": "z"}, f"k{i}", expect=422)


def test_a_kill_leaves_both_or_neither(start, tmp_path):
    """Whatever was on its way, sending all again leaves one job for each key."""
    draw, sent, known = random.Random(7), [], {}
    client = start(data_dir=tmp_path / "data")
    ready(client, "m")
    body = samples.job("m", epochs=1)
    for _ in range(4):
        def send(client=client):
            try:
                while True:
                    sent.append(f"k{len(sent)}")
                    known[sent[-1]] = post(client, "/v1/jobs", body, sent[-1], expect=202).json["id"]
            except (OSError, http.client.HTTPException):
                pass

        thread = threading.Thread(target=send)
        thread.start()
        time.sleep(draw.uniform(0.05, 0.2))
        client.daemon.stop(signal.SIGKILL)
        thread.join()
        client = start(data_dir=tmp_path / "data")
        for key in sent:
            job = post(client, "/v1/jobs", body, key, expect=202).json["id"]
            assert known.setdefault(key, job) == job
    assert len(sent) > 4 and len(set(known.values())) == len(sent)
    assert sorted(known.values()) == sorted(client.holdings()["jobs"])


def test_keys_are_forgotten_after_a_day(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    ready(client, "m")
    body = samples.job("m", epochs=1)
    ids = {key: post(client, "/v1/jobs", body, key, expect=202).json["id"] for key in "abc"}
    client.daemon.stop()

    def keys(*change):
        with sqlite3.connect(tmp_path / "data/catalogue.sqlite3") as catalogue:
            if change:
                catalogue.execute(*change)
            rows = catalogue.execute("SELECT key FROM keys ORDER BY key").fetchall()
        catalogue.close()
        return [key for (key,) in rows]

    age = "UPDATE keys SET at = at - ? WHERE key = ?"
    assert keys(age, (24 * 3600 + 60, "a")) == keys(age, (24 * 3600 + 60, "b")) == ["a", "b", "c"]
    keys(age, (24 * 3600 - 600, "c"))
    client = start(data_dir=tmp_path / "data")
    assert post(client, "/v1/jobs", body, "c", expect=202).json["id"] == ids["c"]
    assert post(client, "/v1/jobs", body, "a", expect=202).json["id"] > max(ids.values())
    client.daemon.stop()
    assert keys() == ["a", "c"]


@pytest.mark.parametrize("how", [None, signal.SIGKILL], ids=["running", "killed"])
def test_a_fork_is_made_once(start, tmp_path, how):
    client = start(data_dir=tmp_path / "data")
    ready(client, "m")
    job = client.train(**samples.job("m", checkpoint={"every_steps": 1}))["id"]
    body = {"model": "m2", "epochs": 5, "learning_rate": 0.001}
    first = post(client, f"/v1/jobs/{job}/fork", body, "k", expect=202)
    assert first.json["forked_from"] == job and len(first.json["edits"]) == 1
    if how is not None:
        client.daemon.stop(how)
        client = start(data_dir=tmp_path / "data")
    with client.nothing_changes():
        same_response(post(client, f"/v1/jobs/{job}/fork", body, "k"), first)
        post(client, f"/v1/jobs/{first.json['id']}/fork", body, "k", expect=422)
    assert client.wait(first.json["id"])["state"] == "succeeded"
