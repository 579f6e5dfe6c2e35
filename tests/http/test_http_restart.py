"""What was acknowledged is there after a stop and a start; stopping is clean and quick."""
import json
import signal
import sqlite3
import subprocess

import apiclient
import daemon as daemons
import pytest
import samples


def everything(client, job):
    """All that the daemon says about one model, data set and job, byte for byte."""
    return {path: client.get(path).body
            for path in ("/v1/models/m", "/v1/models/m/parameters", "/v1/datasets/d",
                         f"/v1/jobs/{job}", f"/v1/jobs/{job}/metrics",
                         f"/v1/jobs/{job}/checkpoints", f"/v1/jobs/{job}/events?limit=1000")}


def fill(client):
    client.put_csv("d", samples.blobs_text(90))
    client.post("/v1/models", samples.model("m"), expect=201)
    client.post("/v1/models", samples.model("open"), expect=201)
    return client.train(**samples.job("m", "d", validation={"fraction": 0.2},
                                      checkpoint={"every_steps": 2, "keep": 3},
                                      regularization={"l2": 0.001, "max_norm": 3, "dropout": 0.25,
                                                      "input_dropout": 0.1, "input_noise": 0.05},
                                      gradient_clipping={"norm": 0.5},
                                      activation_checkpointing=True))["id"]


def test_a_job_recorded_with_other_parts_loads(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    job = fill(client)
    now = client.job(job)["phase_seconds"]
    assert all(seconds > 0 for seconds in now.values())
    client.daemon.stop()
    with sqlite3.connect(tmp_path / "data/catalogue.sqlite3") as catalogue:
        (text,) = catalogue.execute("SELECT json FROM objects WHERE kind = 'job'").fetchone()
        record = json.loads(text)
        del record["progress"]["phase_seconds"]
        record["progress"].update(rows_seconds=0.5, parameters_seconds=0.25)
        catalogue.execute("UPDATE objects SET json = ? WHERE kind = 'job'", [json.dumps(record)])
    catalogue.close()
    again = start(data_dir=tmp_path / "data").job(job)
    assert again["phase_seconds"] == dict.fromkeys(now), again
    assert again["state"] == "succeeded" and again["step"] > 0


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_restart_keeps_models_datasets_and_ended_jobs(start, tmp_path, how):
    client = start(data_dir=tmp_path / "data")
    job = fill(client)
    before, held = everything(client, job), client.holdings()
    asked = {"instances": [[1, 2, 3, 4], [0, 0, 0, 0]]}
    predicted = client.post("/v1/models/m/predict", asked).json
    status, _ = client.daemon.stop(how)
    assert status == (0 if how != signal.SIGKILL else -signal.SIGKILL)

    again = start(data_dir=tmp_path / "data")
    assert again.holdings() == held
    assert everything(again, job) == before
    assert again.post("/v1/models/m/predict", asked).json == predicted
    # Names stay taken, ids go on, training goes on.
    again.post("/v1/models", samples.model("m"), expect=409)
    assert again.train(**samples.job("m", "d"))["id"] > job
    again.train(**samples.job("open", "d"))


def test_layer_norm_and_residual_survive(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    body = samples.model("m", (4, 4, 3))
    body["layers"][0].update(layer_norm=True, residual=True, activation="gelu")
    body["layers"][1].update(residual=True, activation="silu")
    client.put_csv("d", samples.blobs_text(60))
    client.post("/v1/models", body, expect=201)
    job = client.train(**samples.job("m", "d"))["id"]
    before = [client.get(path).json for path in ("/v1/models/m", "/v1/models/m/parameters")]
    assert before[1]["layers"][0]["gamma"] != [1, 1, 1, 1]
    assert "gamma" not in before[1]["layers"][1]
    client.daemon.stop()
    again = start(data_dir=tmp_path / "data")
    assert [again.get(path).json for path in ("/v1/models/m", "/v1/models/m/parameters")] == before
    assert again.post(f"/v1/jobs/{job}/verify", None).json["verified"]


def test_deleted_stays_deleted(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    job = fill(client)
    client.delete(f"/v1/jobs/{job}")
    client.delete("/v1/models/m")
    client.delete("/v1/datasets/d")
    client.daemon.stop()
    again = start(data_dir=tmp_path / "data")
    held = again.holdings()
    assert [name for name, _ in held["models"]] == ["open"]
    assert held["datasets"] == [] and held["jobs"] == []


def test_training_gives_the_same_bits_across_a_restart(start, tmp_path):
    hashes = []
    for restart in (False, True):
        client = start(data_dir=tmp_path / f"data-{restart}")
        fill(client)
        if restart:
            client.daemon.stop()
            client = start(data_dir=tmp_path / f"data-{restart}")
        client.train(**samples.job("m", "d", seed=9))
        hashes.append(client.get("/v1/models/m/parameters").json["sha256"])
    assert hashes[0] == hashes[1]


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_stop_while_training_exits_0_quickly(start, tmp_path, how):
    client = start(data_dir=tmp_path / "data")
    client.put_csv("d", samples.blobs_text(90))
    client.post("/v1/models", samples.model("m"), expect=201)
    job = client.start_job(**samples.endless("m", "d"))
    waiting = client.start_job(**samples.endless("m", "d"))
    client.wait(job, lambda state: state["step"] > 10)
    status, seconds = client.daemon.stop(how)
    assert status == 0, client.daemon.text()
    assert seconds < 5

    again = start(data_dir=tmp_path / "data")
    for one in (job, waiting):  # an unfinished job is neither lost nor shown as running for ever
        assert again.job(one)["state"] in ("queued", "running") + apiclient.TERMINAL
        if again.job(one)["state"] not in apiclient.TERMINAL:
            again.call("POST", f"/v1/jobs/{one}/cancel")
            again.wait(one)
    again.train(**samples.job("m", "d"))


def test_killed_while_training_starts_again(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    job = fill(client)
    before = client.get("/v1/models/m/parameters").json
    running = client.start_job(**samples.endless("m", "d"))
    client.wait(running, lambda state: state["step"] > 10)
    client.daemon.stop(signal.SIGKILL)
    again = start(data_dir=tmp_path / "data")
    again.job(job)
    state = again.job(running)["state"]
    if state not in apiclient.TERMINAL:
        again.call("POST", f"/v1/jobs/{running}/cancel")
        again.wait(running)
    else:
        assert again.get("/v1/models/m/parameters").json == before
    again.train(**samples.job("m", "d"))


def test_second_process_on_the_same_directory_is_refused(start, tmp_path):
    start(data_dir=tmp_path / "data")
    second = daemons.run_to_end("--listen", "127.0.0.1:0", "--data-dir", str(tmp_path / "data"))
    assert second.returncode > 0
    assert "data" in second.stderr


def test_stop_with_idle_connections_is_quick(start):
    client = start()
    idle = [apiclient.Client(client.port) for _ in range(5)]
    for one in idle:
        one.get("/livez")
    status, seconds = client.daemon.stop()
    assert status == 0 and seconds < 5


def test_healthcheck_of_the_binary(start):
    client = start()
    check = [str(daemons.BINARY), "--healthcheck", "--listen", f"127.0.0.1:{client.port}"]
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode == 0
    client.daemon.stop()
    assert subprocess.run(check, capture_output=True, timeout=60, check=False).returncode != 0
