"""A job whose server is killed goes on by itself, and ends with the bits of one that was left alone."""
import random
import signal
import time

import apiclient
import checks
import daemon as daemons
import pytest
import samples
import workload
from conftest import amount

KILLS = 5
TRAINING = {"epochs": 800, "batch_size": 8, "validation": {"fraction": 0.1},
            "optimizer": {"type": "adam", "learning_rate": 0.001}}
TIMES = ("elapsed_seconds",)


def begin_job(client, **more):
    client.put_csv("base", workload.BASE)
    client.post("/v1/models", {**samples.model("m", (64, 3)), "inputs": 4}, expect=201)
    return client.start_job(**samples.job("m", "base", **{**TRAINING, **more}))


def outcome(client, job):
    """What a training leaves: its weights and its history, without the times."""
    assert client.wait(job)["state"] == "succeeded", client.job(job)
    points = client.get(f"/v1/jobs/{job}/metrics").json["points"]
    history = [{key: value for key, value in point.items() if key not in TIMES} for point in points]
    return client.get("/v1/models/m/parameters").json["sha256"], history


def undisturbed(begun, folder, **more):
    process = begun(daemons.Daemon(data_dir=folder))
    client = apiclient.Client(process.port)
    begin = time.monotonic()
    left = outcome(client, begin_job(client, **more))
    seconds = time.monotonic() - begin
    process.kill()
    return left, seconds


def interrupted(begun, folder, draw, seconds, kills, **more):
    """The same, its server killed so many times and started with other threads."""
    process = begun(daemons.Daemon(data_dir=folder))
    client = apiclient.Client(process.port)
    job = begin_job(client, **more)
    for kill in range(kills):
        time.sleep(draw.uniform(0.05, 0.9) * seconds / (kills + 1))
        assert client.job(job)["state"] in ("queued", "running"), f"ended before kill {kill + 1}"
        process.stop(signal.SIGKILL)
        checks.check_integrity(folder)
        process = begun(daemons.Daemon(data_dir=folder, threads=1 + (kill + 1) % 3))
        client = apiclient.Client(process.port)
    left = outcome(client, job)
    checks.check_blobs(folder)
    process.kill()
    return left


def test_a_killed_job_ends_with_the_same_bits(tmp_path, begun, seed):
    with daemons.Daemon() as process:
        if not checks.has_checkpoints(apiclient.Client(process.port)):
            pytest.skip("no checkpoints: this server does not resume jobs")
    draw = random.Random(seed)
    more = {"checkpoint": {"every_seconds": 0.1}, "epochs": 5000}
    expected, seconds = undisturbed(begun, tmp_path / "undisturbed", **more)
    for turn in range(amount("RESUMES", 1, 10)):
        folder = tmp_path / f"data{turn}"
        assert interrupted(begun, folder, draw, seconds, KILLS, **more) == expected


def test_the_comparison_sees_another_training(tmp_path, begun, seed):
    """Without a kill it is the same everywhere; with another seed it is not."""
    expected, seconds = undisturbed(begun, tmp_path / "one")
    draw = random.Random(seed)
    assert interrupted(begun, tmp_path / "two", draw, seconds, 0) == expected
    other, _ = undisturbed(begun, tmp_path / "three", activation_checkpointing=True)
    assert other == expected
    weights, history = undisturbed(begun, tmp_path / "four", shuffle=False)[0]
    assert weights != expected[0] and history != expected[1]
