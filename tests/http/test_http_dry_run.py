"""Dry runs: what a job would take, told before it is started; and memory that there is not."""
import math
import time

import pytest

import samples

WIDE = (2000, 2000, 3)  # 4 million weights: 16 MB in each array of them


@pytest.fixture
def ready(client, name):
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name), expect=201)
    return name


def ask(client, body, expect=200):
    return client.post("/v1/jobs?dry_run=true", body, expect=expect).json


def test_it_tells_what_the_job_then_does(client, ready):
    body = samples.job(ready, epochs=4, validation={"fraction": 0.2}, threads=1)
    told = ask(client, body)
    done = client.train(**body)
    assert told["parameters"] == 4 * 8 + 8 + 8 * 3 + 3
    assert told["steps"] == done["step"] == 4 * told["steps_per_epoch"]
    assert told["samples"] == done["samples_seen"]
    assert told["training_rows"] == 240 and told["validation_rows"] == 60
    assert told["threads"] == 1
    assert told["estimated_seconds"] > 0 and told["fits"] and told["warnings"] == []
    assert math.isclose(told["estimated_samples_per_second"] * told["estimated_seconds"],
                        told["samples"], rel_tol=1e-6)


def test_nothing_is_created(client, ready):
    with client.nothing_changes():
        ask(client, samples.job(ready))
    assert client.get(f"/v1/models/{ready}").json["version"] is None  # it has not met the data


def test_operations_are_those_of_the_products(client, ready):
    told = ask(client, samples.job(ready, batch_size=10, validation={"fraction": 0}))
    first, weights = 4 * 8, 4 * 8 + 8 * 3
    flops = told["flops"]
    assert flops["forward"] == 2 * weights * 10
    assert flops["backward"] == (4 * weights - 2 * first) * 10
    assert flops["again"] == 0
    assert told["flops_per_step"] == sum(flops.values())


def test_bytes_add_up(client, ready):
    told = ask(client, samples.job(ready, optimizer={"type": "adam"},
                                   early_stopping={"patience": 3}))
    parts = told["bytes"]
    assert parts["peak"] == sum(v for k, v in parts.items() if k not in ("peak", "data"))
    assert parts["optimizer"] == 2 * parts["best_weights"] > 0
    assert parts["data"] >= 300 * (4 * 4 + 4)
    assert told["memory_in_use"] >= parts["data"]
    assert any("early stopping" in warning for warning in told["warnings"])


@pytest.mark.parametrize("query", ["", "?dry_run=false"])
def test_without_it_a_job_starts(client, ready, query):
    job = client.post(f"/v1/jobs{query}", samples.job(ready), expect=202).json
    assert client.wait(job["id"])["state"] == "succeeded"


def test_lbfgs_is_told_by_the_evaluation(client, ready):
    told = ask(client, {"model": ready, "dataset": ready, "epochs": 5,
                        "optimizer": {"type": "lbfgs"}})
    assert told["steps"] == 5 and told["steps_per_epoch"] == 1
    assert any("lbfgs" in warning for warning in told["warnings"])


@pytest.mark.parametrize("change, status, pointer", [
    ({"model": "nobody"}, 404, "/model"),
    ({"dataset": "nobody"}, 404, "/dataset"),
    ({"validation": {"dataset": "nobody"}}, 404, "/validation/dataset"),
    ({"epochs": 0}, 400, "/epochs"),
    ({"optimizer": {"type": "newton"}}, 400, "/optimizer/type"),
    ({"early_stopping": {"metric": "validation_r2"}}, 400, "/early_stopping/metric")])
def test_errors_are_those_of_the_job(client, ready, change, status, pointer):
    body = samples.job(ready, **change)
    for query in ("", "?dry_run=true"):
        problem = client.post(f"/v1/jobs{query}", body, expect=status).json
        assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_another_word_is_refused(client, ready):
    client.post("/v1/jobs?dry_run=yes", samples.job(ready), expect=400)
    client.post("/v1/jobs?dry=true", samples.job(ready), expect=400)


def test_held_out_rows_of_another_data_set(client, ready):
    other = f"{ready}-other"
    client.put_csv(other, samples.blobs_text(30, seed=2))
    told = ask(client, samples.job(ready, validation={"dataset": other}))
    assert told["training_rows"] == 300 and told["validation_rows"] == 30


def test_it_is_quick(client, ready):
    begin = time.monotonic()
    ask(client, samples.job(ready, epochs=1000000))
    assert time.monotonic() - begin < 10  # a training of a million epochs takes hours


def test_while_another_job_trains(client, ready, endless_job):
    endless_job(**samples.endless(ready))
    assert ask(client, samples.job(ready))["estimated_seconds"] > 0


# --- memory ---------------------------------------------------------------------------------------

def prepare(client, units=WIDE, rows=300):
    client.put_csv("data", samples.blobs_text(rows))
    client.post("/v1/models", samples.model("model", units), expect=201)


def test_a_job_that_does_not_fit_is_refused(start):
    client = start("--memory-limit", "100M")
    prepare(client)
    body = samples.job("model", "data", optimizer={"type": "adam"})
    told = ask(client, body)
    assert not told["fits"] and told["memory_limit"] == 100 << 20
    assert told["memory_in_use"] + told["bytes"]["peak"] > 100 << 20
    assert told["estimated_seconds"] is None and told["estimated_samples_per_second"] is None
    with client.nothing_changes():
        problem = client.post("/v1/jobs", body, expect=400).json
    assert problem["type"] == "urn:backpropd:problem:too_large"
    assert problem["errors"][0]["pointer"] == "/model"
    for number in (told["bytes"]["peak"], told["memory_limit"], told["memory_in_use"]):
        assert str(number) in problem["detail"]
    assert told["warnings"] == [problem["detail"]]


def test_one_that_fits_beside_it_runs(start):
    client = start("--memory-limit", "100M")
    prepare(client)
    client.post("/v1/models", samples.model("small", (8, 3)), expect=201)
    assert ask(client, samples.job("small", "data"))["fits"]
    client.train(**samples.job("small", "data"))


def test_checkpointing_is_named_where_it_would_fit(start):
    client = start("--memory-limit", "30M")
    prepare(client, units=(64,) * 40 + (3,), rows=6000)
    body = samples.job("model", "data", epochs=1, batch_size=4096, validation={"fraction": 0},
                       optimizer={"type": "sgd", "learning_rate": 0.001})
    problem = client.post("/v1/jobs", body, expect=400).json
    assert "activation_checkpointing" in problem["detail"]
    body["activation_checkpointing"] = True
    told = ask(client, body)
    assert told["fits"] and told["flops"]["again"] > 0
    assert str(told["bytes"]["peak"]) in problem["detail"]
    client.train(**body)


def test_data_sets_count(start):
    client = start("--memory-limit", "6M")
    prepare(client, units=(8, 3), rows=100)
    body = samples.job("model", "data", validation={"fraction": 0})
    before = ask(client, body)
    assert before["fits"]
    client.put_csv("other", samples.blobs_text(40000))
    after = ask(client, body)
    # at least the labels: the features of a large set lie in its file and are read as needed
    assert after["memory_in_use"] - before["memory_in_use"] >= 40000 * 4
    assert after["bytes"]["peak"] == before["bytes"]["peak"]


def test_the_limit_is_found_where_none_is_given(client, ready):
    assert ask(client, samples.job(ready))["memory_limit"] > 64 << 20


def test_a_limit_in_the_environment(start):
    client = start(env={"BACKPROPD_MEMORY_LIMIT": "3G"})
    prepare(client, units=(8, 3))
    assert ask(client, samples.job("model", "data"))["memory_limit"] == 3 << 30
