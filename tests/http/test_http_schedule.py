"""Learning-rate schedules and early stopping over HTTP: rates, the best epoch, and replays."""
import math

import pytest

import samples

RATE = 0.05


def noisy_text():
    """Classes that overlap: what is learned of them is soon learned by heart."""
    lines = samples.blobs_text(150).splitlines()
    labels = [line.rsplit(",", 1)[1] for line in lines[1:]]
    for row in range(0, len(labels), 3):
        labels[row] = "abc"[row % 7 % 3]
    return "\n".join([lines[0]] + [f"{line.rsplit(',', 1)[0]},{label}"
                                   for line, label in zip(lines[1:], labels)]) + "\n"


@pytest.fixture
def train(client, name):
    client.put_csv(name, noisy_text())
    client.post("/v1/models", samples.model(name, (40, 3)), expect=201)
    return lambda **more: client.train(**samples.job(name, **more))


def history(client, job):
    return client.get(f"/v1/jobs/{job['id']}/metrics").json["points"]


def rates(client, job):
    return [point["learning_rate"] for point in history(client, job)]


def verify(client, job):
    answer = client.post(f"/v1/jobs/{job['id']}/verify", {"threads": 1, "isa": "naive"}).json
    assert answer["verified"] and answer["steps"] == job["step"], answer
    return answer


def close(got, want):
    assert len(got) == len(want)
    assert all(math.isclose(g, w, rel_tol=2e-6) for g, w in zip(got, want)), (got, want)


@pytest.mark.parametrize("schedule, factor", [
    ({"type": "constant"}, lambda t: 1),
    ({"type": "step", "step_size": 2, "gamma": 0.5}, lambda t: 0.5 ** (t // 2)),
    ({"type": "exponential", "gamma": 0.8}, lambda t: 0.8 ** t),
    ({"type": "cosine", "period": 4}, lambda t: (1 + math.cos(math.pi * (t % 4) / 4)) / 2),
    ({"type": "cosine"}, lambda t: (1 + math.cos(math.pi * t / 6)) / 2),
    ({"type": "linear_warmup", "warmup": 4}, lambda t: min(1, (t + 1) / 4)),
    ({"type": "inverse_scaling"}, lambda t: (t + 1) ** -0.5),
    ({"type": "exponential", "gamma": 0.8, "warmup": 2},
     lambda t: (t + 1) / 2 if t < 2 else 0.8 ** (t - 2))])
def test_rates_follow_the_formula(client, train, schedule, factor):
    job = train(epochs=6, schedule=schedule)
    close(rates(client, job), [RATE * factor(t) for t in range(6)])
    close([job["learning_rate"]], [RATE * factor(5)])
    verify(client, job)


def test_one_cycle_counts_steps(client, train):
    job = train(epochs=10, schedule={"type": "one_cycle", "max_factor": 4, "div_factor": 8,
                                     "final_div_factor": 10})
    assert job["schedule"]["per"] == "step" and job["schedule"]["pct_start"] == 0.3
    seen = rates(client, job)
    assert RATE / 2 < seen[0] and max(seen) <= 4 * RATE * 1.000001 and max(seen) > 3.8 * RATE
    assert max(seen) == seen[2]
    close([seen[-1]], [RATE / 20])  # the last step's
    verify(client, job)


def test_plateau_reduces_the_rate(client, train):
    job = train(epochs=30, schedule={"type": "reduce_on_plateau", "patience": 1, "factor": 0.5})
    losses = [point["validation_loss"] for point in history(client, job)]
    rate, best, waited, want = RATE, math.inf, 0, []
    for loss in losses:
        want.append(rate)
        if loss < best * (1 - 1e-4):
            best, waited = loss, 0
        else:
            waited += 1
        if waited > 1:
            rate, waited = rate * 0.5, 0
    close(rates(client, job), want)
    assert want[-1] < RATE
    verify(client, job)


def test_no_schedule_no_fields(client, train):
    job = train(schedule={"type": "constant"})
    assert "schedule" not in job and "early_stopping" not in job
    assert job["stopped_early"] is False and job["best"]["metric"] == "validation_loss"


@pytest.mark.parametrize("metric", ["validation_loss", "validation_accuracy"])
def test_early_stopping_restores_the_best_epoch(client, name, train, metric):
    job = train(epochs=200, early_stopping={"metric": metric, "patience": 4},
                validation={"fraction": 0.3})
    assert job["state"] == "succeeded" and job["stopped_early"] is True
    assert job["epoch"] < 200 and job["progress"] == 1
    sign = 1 if metric == "validation_loss" else -1
    points = history(client, job)
    best = min(points, key=lambda point: (sign * point[metric], point["epoch"]))
    assert job["best"] == {"epoch": best["epoch"], "metric": metric, "value": best[metric]}
    assert job["epoch"] == best["epoch"] + 4 == len(points)
    verify(client, job)
    # The same training for just so many epochs ends with these weights.
    client.delete(f"/v1/models/{name}")
    client.post("/v1/models", samples.model(name, (40, 3)), expect=201)
    again = train(epochs=best["epoch"], validation={"fraction": 0.3})
    assert again["checkpoint"]["sha256"] == job["checkpoint"]["sha256"]


def test_last_weights_where_asked(client, train):
    job = train(epochs=200, early_stopping={"patience": 3, "restore_best": False},
                validation={"fraction": 0.3})
    assert job["stopped_early"] and job["best"]["epoch"] == job["epoch"] - 3
    verify(client, job)


def test_best_weights_survive_a_restart(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    client.put_csv("m", noisy_text())
    client.post("/v1/models", samples.model("m", (40, 3)), expect=201)
    job = client.train(**samples.job("m", epochs=200, early_stopping={"patience": 4},
                                     schedule={"type": "reduce_on_plateau"}))
    client.daemon.kill()
    client = start(data_dir=tmp_path / "data")
    again = client.job(job["id"])
    for key in ("best", "stopped_early", "learning_rate", "schedule", "early_stopping", "receipt"):
        assert again[key] == job[key]
    assert client.get("/v1/models/m/parameters").json["sha256"] == job["checkpoint"]["sha256"]
    verify(client, again)


def test_cancelled_job_keeps_the_best(client, name, endless_job):
    client.put_csv(name, noisy_text())
    client.post("/v1/models", samples.model(name, (40, 3)), expect=201)
    number = endless_job(**samples.endless(name, early_stopping={"patience": 1000000}))
    while client.job(number)["epoch"] < 40:
        pass
    client.post(f"/v1/jobs/{number}/cancel", expect=202)
    job = client.wait(number)
    assert job["state"] == "cancelled" and job["stopped_early"] is False
    assert job["best"]["epoch"] < job["epoch"]
    verify(client, job)
    held_out = client.train(**samples.job(name, epochs=1, batch_size=1,
                                          optimizer={"type": "sgd", "learning_rate": 1e-30}))
    assert math.isclose(history(client, held_out)[0]["validation_loss"], job["best"]["value"])


@pytest.mark.parametrize("more, pointer, words", [
    ({"schedule": {"type": "sudden"}}, "/schedule/type", "reduce_on_plateau"),
    ({"schedule": {"type": "step", "gama": 1}}, "/schedule/gama", "step_size"),
    ({"schedule": {"type": "step", "gamma": 2}}, "/schedule/gamma", "(0, 1]"),
    ({"schedule": {"type": "step", "step_size": 1.5}}, "/schedule/step_size", "whole"),
    ({"schedule": {"type": "step", "per": "minute"}}, "/schedule/per", "epoch"),
    ({"schedule": {"type": "cosine", "min_learning_rate": 1}}, "/schedule/min_learning_rate", ""),
    ({"schedule": {"type": "reduce_on_plateau", "per": "step"}}, "/schedule/per", "epoch"),
    ({"schedule": {"type": "reduce_on_plateau"}, "validation": {"fraction": 0}},
     "/schedule/metric", "train_loss"),
    ({"schedule": []}, "/schedule", "object"),
    ({"schedule": {"type": "step"}, "optimizer": {"type": "rprop"}, "batch_size": 1000}, "/schedule",
     "rprop"),
    ({"early_stopping": {}, "validation": {"fraction": 0}}, "/early_stopping/metric", "held out"),
    ({"early_stopping": {"metric": "validation_r2"}}, "/early_stopping/metric", "classes"),
    ({"early_stopping": {"metric": "luck"}}, "/early_stopping/metric", "validation_loss"),
    ({"early_stopping": {"patience": 0}}, "/early_stopping/patience", "1"),
    ({"early_stopping": {"min_delta": -0.1}}, "/early_stopping/min_delta", ""),
    ({"early_stopping": {"restore": True}}, "/early_stopping/restore", "restore_best")])
def test_bad_requests(client, name, more, pointer, words):
    client.put_csv(name, noisy_text())
    client.post("/v1/models", samples.model(name, (40, 3)), expect=201)
    problem = client.refused("POST", "/v1/jobs", samples.job(name, **more), status=400,
                             pointer=pointer)
    assert words in problem.json["errors"][0]["detail"]


def test_info_lists_the_schedules(client):
    assert "one_cycle" in client.get("/v1/info").json["schedules"]
