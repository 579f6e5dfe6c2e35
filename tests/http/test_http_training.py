"""The whole path: data, model, job, history, predictions, evaluation."""
import hashlib
import math
import os
import pathlib
import struct
import time

import pytest

import samples
from daemon import PATIENCE


def digest(parameters):
    """SHA-256 over the float32 values, little-endian, layer by layer, weights then biases."""
    sha = hashlib.sha256()
    for layer in parameters["layers"]:
        for row in layer["weights"]:
            sha.update(struct.pack(f"<{len(row)}f", *row))
        sha.update(struct.pack(f"<{len(layer['biases'])}f", *layer["biases"]))
    return sha.hexdigest()


def test_digits_from_csv_to_predictions(client, name):
    described = client.put_csv(name, samples.digits_text("train"), target="digit").json
    assert described["name"] == name
    client.put_csv(f"{name}-test", samples.digits_text("test"), target="digit")
    client.post("/v1/models", {"name": name, **samples.DIGITS_MODEL}, expect=201)
    job = client.train(model=name, dataset=name, epochs=30, batch_size=32, seed=1, shuffle=True,
                       optimizer={"type": "sgd", "learning_rate": 0.05, "momentum": 0.9},
                       validation={"fraction": 0.1})
    assert job["epoch"] == 30 and job["step"] == job["steps_total"]
    assert math.isclose(job["progress"], 1.0)
    held_out = client.post(f"/v1/models/{name}/evaluate", {"dataset": f"{name}-test"}).json
    assert held_out["metrics"]["accuracy"] >= 0.95, held_out

    rows = samples.digits_rows("test")[:50]
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [x for x, _ in rows]}).json
    assert answer["model_version"] == job["step"]
    assert len(answer["predictions"]) == len(rows)
    right = 0
    for prediction, (_, label) in zip(answer["predictions"], rows):
        probabilities = prediction["probabilities"]
        assert math.isclose(sum(probabilities.values()), 1.0, abs_tol=1e-5)
        assert max(probabilities, key=probabilities.get) == prediction["class"]
        assert len(prediction["outputs"]) == 10
        right += prediction["class"] == label
    assert right >= 45


def test_parameters_are_those_of_their_digest(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name, (5, 3)), expect=201)
    job = client.train(**samples.job(name))
    parameters = client.get(f"/v1/models/{name}/parameters").json
    assert [len(layer["weights"]) for layer in parameters["layers"]] == [5, 3]
    assert [len(layer["weights"][0]) for layer in parameters["layers"]] == [4, 5]
    assert parameters["sha256"] == digest(parameters)
    assert job["checkpoint"]["sha256"] == parameters["sha256"]


def test_regression_learns_two_real_columns(client, name):
    client.put_csv(name, samples.surface_text(800), target="height,slope")
    client.put_csv(f"{name}-test", samples.surface_text(200, seed=2), target="height,slope")
    client.post("/v1/models", samples.model(name, (32, 2), last="linear", loss="mse"), expect=201)
    job = client.train(**samples.job(name, epochs=100, validation={"fraction": 0.2}))
    assert job["train_loss"] < 0.05
    held_out = client.post(f"/v1/models/{name}/evaluate", {"dataset": f"{name}-test"}).json
    assert held_out["metrics"]["r2"] > 0.95, held_out
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [[0, 0, 0], [1, 1, 1]]}).json
    for prediction, (a, b, c) in zip(answer["predictions"], [(0, 0, 0), (1, 1, 1)]):
        assert "class" not in prediction and "probabilities" not in prediction
        assert abs(prediction["outputs"][0] - (math.sin(a) + 0.5 * b * c)) < 0.3
        assert abs(prediction["outputs"][1] - (math.cos(a) - 0.3 * b)) < 0.3


def test_sizes_may_come_from_the_data(client, name):
    client.put_csv(name, samples.blobs_text(60))
    body = samples.model(name, (5, 3))
    del body["layers"][-1]["units"]
    created = client.post("/v1/models", body, expect=201).json
    assert created.get("inputs") is None
    client.train(**samples.job(name))
    described = client.get(f"/v1/models/{name}").json
    assert described["inputs"] == 4
    assert described["layers"][-1]["units"] == 3
    assert described["classes"] == ["a", "b", "c"]


def test_sizes_may_be_named_and_then_weights_are_there_at_once(client, name):
    client.post("/v1/models", samples.model(name, (5, 3), inputs=4), expect=201)
    parameters = client.get(f"/v1/models/{name}/parameters").json
    assert parameters["sha256"] == digest(parameters)


def test_training_goes_on_from_the_weights_it_finds(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    first = client.train(**samples.job(name, epochs=2))
    second = client.train(**samples.job(name, epochs=2))
    version = client.get(f"/v1/models/{name}").json["version"]
    assert version == first["step"] + second["step"]


def test_history_is_paged_by_epoch_and_thinned(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = client.train(**samples.job(name, epochs=50, validation={"fraction": 0.2}))
    path = f"/v1/jobs/{job['id']}/metrics"
    points = client.get(path).json["points"]
    assert [p["epoch"] for p in points] == list(range(1, 51))
    assert [p["step"] for p in points] == [p["epoch"] * job["steps_total"] // 50 for p in points]
    assert all(p["validation_loss"] is not None and p["learning_rate"] == points[0]["learning_rate"]
               for p in points)
    assert points[-1]["train_loss"] == job["train_loss"] < points[0]["train_loss"]
    elapsed = [p["elapsed_seconds"] for p in points]
    assert elapsed == sorted(elapsed) and elapsed[-1] <= job["elapsed_seconds"] + 1e-6
    assert [p["epoch"] for p in client.get(f"{path}?after=45").json["points"]] == \
        [46, 47, 48, 49, 50]
    assert client.get(f"{path}?after=50").json["points"] == []
    thinned = client.get(f"{path}?max_points=10").json["points"]
    assert 2 <= len(thinned) <= 10
    assert all(p in points for p in thinned) and thinned == sorted(thinned, key=lambda p: p["epoch"])


def test_history_grows_while_the_job_runs(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = endless_job(**samples.endless(name))
    client.wait(job, lambda state: state["epoch"] >= 3)
    before = client.get(f"/v1/jobs/{job}/metrics?max_points=1000").json["points"]
    client.wait(job, lambda state: state["epoch"] >= before[-1]["epoch"] + 3)
    after = client.get(f"/v1/jobs/{job}/metrics?after={before[-1]['epoch']}").json["points"]
    assert after and all(p["epoch"] > before[-1]["epoch"] for p in after)


def test_predictions_while_training(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name, (64, 3)), expect=201)
    client.train(**samples.job(name, epochs=1))
    job = endless_job(**samples.endless(name))
    versions = set()
    for _ in range(100):
        answer = client.post(f"/v1/models/{name}/predict", {"instances": [[0, 0, 0, 0]]}).json
        versions.add(answer["model_version"])
        assert math.isclose(sum(answer["predictions"][0]["probabilities"].values()), 1,
                            abs_tol=1e-5)
    assert versions and all(version > 0 for version in versions)
    assert client.job(job)["state"] == "running"
    client.post(f"/v1/models/{name}/evaluate", {"dataset": name})


def test_a_running_job_reports_progress(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = endless_job(**samples.endless(name))
    seen = client.wait(job, lambda state: state["epoch"] >= 2)
    assert 0 < seen["progress"] < 1
    assert seen["samples_per_second"] > 0 and seen["eta_seconds"] > 0
    assert seen["samples_seen"] >= seen["step"] > 0
    assert seen["finished_at"] is None and seen["started_at"] is not None


def test_cancel_ends_a_running_job_and_keeps_its_weights(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = endless_job(**samples.endless(name))
    client.call("POST", f"/v1/jobs/{job}/cancel")
    ended = client.wait(job)
    assert ended["state"] == "cancelled" and ended["finished_at"] is not None
    assert client.get(f"/v1/models/{name}").json["version"] == ended["step"] > 0
    client.post(f"/v1/jobs/{job}/cancel", expect=409)
    assert client.get(f"/v1/jobs/{job}/metrics").json["points"]


def test_jobs_queue_and_a_queued_one_is_cancelled_at_once(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    running = endless_job(**samples.endless(name))
    waiting = client.start_job(**samples.job(name))
    queued = client.job(waiting)
    assert queued["state"] == "queued" and queued["queue_position"] == 1
    client.call("POST", f"/v1/jobs/{waiting}/cancel")
    assert client.job(waiting)["state"] == "cancelled"
    assert client.job(running)["state"] == "running"


def test_a_job_is_readable_until_it_is_deleted(client, name, endless_job):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    ended = client.train(**samples.job(name))
    assert client.job(ended["id"]) == client.job(ended["id"])
    running = endless_job(**samples.endless(name))
    client.delete(f"/v1/jobs/{running}", expect=409)
    client.delete(f"/v1/jobs/{ended['id']}")
    client.get(f"/v1/jobs/{ended['id']}", expect=404)
    client.get(f"/v1/jobs/{ended['id']}/metrics", expect=404)
    client.delete(f"/v1/jobs/{ended['id']}", expect=404)


def test_the_202_says_where_the_job_is(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    accepted = client.post("/v1/jobs", samples.job(name), expect=202)
    assert accepted.headers["location"] == f"/v1/jobs/{accepted.json['id']}"
    client.wait(accepted.json["id"])


FULL_BATCH = ("rprop", "lbfgs")


@pytest.mark.parametrize("kind", FULL_BATCH)
def test_a_full_batch_is_all_rows(client, name, kind):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    body = samples.job(name, optimizer={"type": kind}, validation={"fraction": 0.1})
    answer = client.refused("POST", "/v1/jobs", body, status=400, pointer="/batch_size")
    assert b"81" in answer.body and kind.encode() in answer.body
    job = client.train(**{**body, "batch_size": 81})
    assert job["batch_size"] == 81 and job["step"] == 3
    del body["batch_size"]
    job = client.train(**body)
    assert "batch_size" not in job and job["step"] == 3
    verified = client.post(f"/v1/jobs/{job['id']}/verify", {}).json
    assert verified["verified"], verified


@pytest.mark.parametrize("optimizer", [
    {"type": "nesterov", "learning_rate": 0.05}, {"type": "rmsprop"}, {"type": "adagrad"},
    {"type": "adadelta", "rho": 0.8}, {"type": "adam", "learning_rate": 0.01, "beta1": 0.8},
    {"type": "adamw", "weight_decay": 0.1}, {"type": "nadam"},
    {"type": "lion", "learning_rate": 0.001}, {"type": "rprop"},
    {"type": "lbfgs", "history": 5, "tolerance": 1e-4}], ids=lambda optimizer: optimizer["type"])
def test_every_optimizer_trains(client, name, optimizer):
    client.put_csv(name, samples.surface_text(200), target="height,slope")
    client.post("/v1/models", samples.model(name, (16, 2), "tanh", "linear", "mse"), expect=201)
    body = samples.job(name, epochs=30, optimizer=optimizer)
    if optimizer["type"] in FULL_BATCH:
        del body["batch_size"]
    job = client.wait(client.start_job(**body))
    assert job["state"] == "succeeded", job
    assert optimizer.items() <= job["optimizer"].items()
    points = client.get(f"/v1/jobs/{job['id']}/metrics").json["points"]
    assert points[-1]["train_loss"] < points[0]["train_loss"]


def thread_places(pid):
    """{nice value: number of threads} of a process."""
    places = [os.getpriority(os.PRIO_PROCESS, int(task.name))
              for task in pathlib.Path(f"/proc/{pid}/task").iterdir()]
    return {place: places.count(place) for place in places}


def test_threads_that_train_give_way_to_those_that_answer(start):
    one = start(threads=3)
    usual = os.getpriority(os.PRIO_PROCESS, 0)
    deadline = time.monotonic() + PATIENCE
    behind = 0
    while behind < 3 and time.monotonic() < deadline:  # each steps back once it has a processor
        places = thread_places(one.daemon.process.pid)
        behind = sum(count for place, count in places.items() if place > usual)
    assert behind == 3, places  # the runner is one of the workers
    assert sum(places.values()) - behind >= 3, places  # main, HTTP, slow requests


def test_seconds_of_the_parts_add_up(client, name):
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name, (64, 64, 3)), expect=201)
    job = client.train(**samples.job(name, epochs=100, validation={"fraction": 0}))
    assert list(job["phase_seconds"]) == ["gather", "forward", "backward", "update"]
    assert all(seconds > 0 for seconds in job["phase_seconds"].values())
    assert 0.2 * job["elapsed_seconds"] < sum(job["phase_seconds"].values()) <= job["elapsed_seconds"]


def test_defaults_of_a_job(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = client.train(model=name, dataset=name)
    usual = {"type": "adam", "learning_rate": 0.001, "beta1": 0.9, "beta2": 0.999}
    assert usual.items() <= job["optimizer"].items()
    assert job["learning_rate"] == 0.001 and job["batch_size"] == 32 and job["epochs"] == 10
    assert job["validation"] == {"fraction": 0.1} and job["validation_rows"] == 9
    faster = client.train(model=name, dataset=name, optimizer={"learning_rate": 0.01})
    assert faster["optimizer"] == {**job["optimizer"], "learning_rate": 0.01}


def test_penalties_and_clipping(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    asked = {"regularization": {"l1": 0.001, "l2": 0.01, "max_norm": 0.8},
             "gradient_clipping": {"norm": 0.5, "value": 0.1}}
    job = client.train(**samples.job(name, **asked))
    assert asked.items() <= job.items()
    assert job["grad_norm"] > 0
    for layer in client.get(f"/v1/models/{name}/parameters").json["layers"]:
        for unit in layer["weights"]:
            assert math.hypot(*unit) <= 0.8 * (1 + 1e-6)
    verified = client.post(f"/v1/jobs/{job['id']}/verify", {}).json
    assert verified["verified"], verified


def test_dropout_and_noise(client, name):
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name, (40, 40, 3)), expect=201)
    asked = {"regularization": {"dropout": 0.5, "input_dropout": 0.125, "input_noise": 0.25}}
    job = client.train(**samples.job(name, epochs=20, validation={"fraction": 0.2}, **asked))
    assert job["regularization"] == asked["regularization"]
    assert job["validation_loss"] < job["train_loss"]  # nothing is dropped there
    for threads in (1, 2):
        verified = client.post(f"/v1/jobs/{job['id']}/verify", {"threads": threads}).json
        assert verified["verified"], verified
    row = {"instances": [[0, 0, 0, 0]]}
    once = client.post(f"/v1/models/{name}/predict", row).json
    assert once == client.post(f"/v1/models/{name}/predict", row).json


def test_lbfgs_ends_where_it_has_converged(client, name):
    client.put_csv(name, samples.surface_text(100), target="height,slope")
    client.post("/v1/models", samples.model(name, (2,), "linear", "linear", "mse"), expect=201)
    body = samples.job(name, epochs=10000, optimizer={"type": "lbfgs"})
    del body["batch_size"]
    job = client.train(**body)
    assert job["converged"] and job["step"] < 1000 and job["steps_total"] == 10000
    assert job["samples_seen"] >= job["step"] * 90 and job["grad_norm"] < 1e-3
    assert client.post(f"/v1/jobs/{job['id']}/verify", {}).json["verified"]


def test_what_is_off_is_not_shown(client, name):
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    job = client.train(**samples.job(name, regularization={"l1": 0, "l2": 0.5},
                                     gradient_clipping={"norm": 0}))
    assert job["regularization"] == {"l2": 0.5}
    assert "gradient_clipping" not in job
    assert job["grad_norm"] is None


def test_activation_checkpointing_changes_no_bit(client, name):
    client.put_csv(name, samples.blobs_text(90))
    deep = {**samples.model(name), "layers": [{"units": 9, "activation": "tanh"}] * 20
            + [{"units": 3, "activation": "softmax"}]}
    digests, jobs = set(), []
    for again in (False, True):
        client.post("/v1/models", deep, expect=201)
        jobs.append(client.train(**samples.job(name, activation_checkpointing=again)))
        digests.add(jobs[-1]["checkpoint"]["sha256"])
        client.delete(f"/v1/models/{name}")
    assert len(digests) == 1
    assert jobs[0]["train_loss"] == jobs[1]["train_loss"]
    assert "activation_checkpointing" not in jobs[0]
    assert jobs[1]["activation_checkpointing"] is True
    verified = client.post(f"/v1/jobs/{jobs[1]['id']}/verify", {}).json
    assert verified["verified"], verified


def test_a_plain_curl_d_works(client, name):
    client.put_csv(name, samples.blobs_text(90))
    form = "application/x-www-form-urlencoded"
    body = f'{{"name": "{name}", "layers": [{{"units": 3, "activation": "softmax"}}],' \
           f' "loss": "cross_entropy"}}'
    client.call("POST", "/v1/models", body, content_type=form, expect=201)
    accepted = client.call("POST", "/v1/jobs", f'{{"model": "{name}", "dataset": "{name}"}}',
                           content_type=form, expect=202)
    assert client.wait(accepted.json["id"])["state"] == "succeeded"
