"""Receipts of jobs over HTTP, and POST /v1/jobs/{id}/verify."""
import hashlib
import json

import pytest
import samples


def canonical(value):
    """JSON with sorted keys, without spaces, reals as C's %.17g: what the document says."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{json.dumps(k)}:{canonical(value[k])}" for k in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(canonical, value)) + "]"
    if isinstance(value, float):
        text = f"{value:.17g}"
        return text if set(text) & set(".e") else text + ".0"
    return json.dumps(value)


def train(client, name, **more):
    client.put_csv(name, samples.blobs_text(120))
    client.post("/v1/models", samples.model(name), expect=201)
    return client.train(**samples.job(name, **more))


def verify(client, job, body=None):
    answer = client.post(f"/v1/jobs/{job['id']}/verify", body).json
    assert answer["verified"], answer
    assert answer["weights_sha256"] == answer["expected_sha256"] == job["checkpoint"]["sha256"]
    assert answer["differs"] == [] and answer["steps"] == job["receipt"]["steps"]
    return answer


def test_receipt_names_what_it_says(client, name):
    job = train(client, name, seed=5)
    receipt, model = job["receipt"], client.get(f"/v1/models/{name}").json
    assert receipt["data_sha256"] == client.get(f"/v1/datasets/{name}").json["sha256"]
    assert receipt["weights_sha256"] == client.get(f"/v1/models/{name}/parameters").json["sha256"]
    assert (receipt["seed"], receipt["steps"]) == (5, job["step"])
    assert receipt["version"] == client.get("/v1/info").json["version"]
    layers = [{key: layer[key] for key in ("units", "activation")} for layer in model["layers"]]
    configuration = {
        "model": {"layers": layers, **{key: model[key] for key in (
            "inputs", "loss", "initializer", "preprocessing", "seed")}},
        "training": {key: job[key] for key in (
            "epochs", "batch_size", "optimizer", "shuffle", "seed", "validation")}}
    assert hashlib.sha256(canonical(configuration).encode()).hexdigest() \
        == receipt["configuration_sha256"]


@pytest.mark.parametrize("body", [None, {}, {"threads": 3}, {"isa": "naive", "threads": 5}])
def test_replay_agrees(client, name, body):
    job = train(client, name)
    assert job["links"]["verify"] == f"/v1/jobs/{job['id']}/verify"
    answer = verify(client, job, body)
    asked = body or {}
    assert answer["threads"] == asked.get("threads", job["receipt"]["threads"])
    assert answer["isa"] == asked.get("isa", job["receipt"]["isa"])


def test_replay_of_a_job_that_went_on(client, name):
    first = train(client, name)
    second = client.train(**samples.job(name, seed=9))
    assert second["receipt"]["start_sha256"] == first["receipt"]["weights_sha256"]
    verify(client, second, {"threads": 1})
    verify(client, first)


def test_receipts_survive_a_restart(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    jobs = [train(client, "m"), client.train(**samples.job("m", seed=2))]
    client.daemon.kill()
    client = start(data_dir=tmp_path / "data", threads=1)
    for job in jobs:
        assert client.job(job["id"])["receipt"] == job["receipt"]
        verify(client, job)


def test_other_data_is_a_conflict(client, name):
    job = train(client, name)
    client.put_csv(name, samples.blobs_text(120, seed=2), expect=200)
    problem = client.post(f"/v1/jobs/{job['id']}/verify", expect=409).json
    assert "another" in problem["detail"] and job["receipt"]["data_sha256"] in problem["detail"]
    client.delete(f"/v1/datasets/{name}")
    assert "gone" in client.post(f"/v1/jobs/{job['id']}/verify", expect=404).json["detail"]


def test_unfinished_job_is_a_conflict(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(120))
    client.post("/v1/models", samples.model(name), expect=201)
    job = endless_job(**samples.endless(name))
    assert client.job(job)["receipt"] is None
    assert "running" in client.post(f"/v1/jobs/{job}/verify", expect=409).json["detail"]
    client.post(f"/v1/jobs/{job}/cancel", expect=202)
    verify(client, client.wait(job))


@pytest.mark.parametrize("body, pointer", [
    ({"threads": 0}, "/threads"), ({"threads": 65}, "/threads"), ({"threads": "two"}, "/threads"),
    ({"isa": "abacus"}, "/isa"), ({"isa": 1}, "/isa"), ({"speed": 1}, "/speed")])
def test_bad_requests(client, name, body, pointer):
    job = train(client, name)
    client.refused("POST", f"/v1/jobs/{job['id']}/verify", body, status=400, pointer=pointer)


def test_no_such_job(client):
    client.post("/v1/jobs/999999999/verify", expect=404)


def test_a_stop_does_not_wait_for_a_replay(start):
    import threading
    import time

    import apiclient
    client = start()
    client.put_csv("m", samples.blobs_text(2000))
    client.post("/v1/models", samples.model("m", (64, 64, 3)), expect=201)
    job = client.train(**samples.job("m", epochs=400, batch_size=1))
    answers = []

    def ask():
        other = apiclient.Client(client.port)
        answers.append(other.call("POST", f"/v1/jobs/{job['id']}/verify",
                                  {"isa": "naive", "threads": 1}).status)

    asker = threading.Thread(target=ask)
    asker.start()
    time.sleep(0.3)
    if asker.is_alive():
        client.post(f"/v1/jobs/{job['id']}/verify", expect=503)  # one at a time
    begin = time.monotonic()
    client.daemon.stop()
    assert time.monotonic() - begin < 5
    asker.join()
    assert answers and answers[0] in (503,)
