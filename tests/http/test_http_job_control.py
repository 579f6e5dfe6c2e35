"""Jobs are paused, resumed, stepped, rewound, forked and edited; what is not possible says so."""
import itertools
import time

import pytest
import samples

ENDLESS = {"epochs": 1000000, "early_stopping": None}
ACTIONS = {"cancel": ("POST", "/cancel", None), "pause": ("POST", "/pause", None),
           "resume": ("POST", "/resume", None), "step": ("POST", "/step", None),
           "rewind": ("POST", "/rewind", {}), "edit": ("PATCH", "", {"priority": 1}),
           "fork": ("POST", "/fork", {"model": "forked"}), "delete": ("DELETE", "", None)}
POSSIBLE = {"queued": {"cancel", "pause", "edit", "fork"},
            "running": {"cancel", "pause", "edit", "fork"},
            "paused": {"cancel", "resume", "step", "rewind", "edit", "fork"},
            "succeeded": {"fork", "delete"}, "failed": {"fork", "delete"},
            "cancelled": {"fork", "delete"}}


def act(client, job, action, **more):
    method, path, body = ACTIONS[action]
    return client.call(method, f"/v1/jobs/{job}{path}", body, **more)


def wait_for(client, job, test, seconds=60):
    deadline = time.monotonic() + seconds
    while not test(client.job(job)):
        assert time.monotonic() < deadline, client.job(job)
        time.sleep(0.005)
    return client.job(job)


def begin(client, name, rows=90, **more):
    """A model, its data set and a job that trains it; the job's id."""
    client.put_csv(name, samples.blobs_text(rows))
    client.post("/v1/models", samples.model(name), expect=201)
    return client.post("/v1/jobs", samples.job(name, **more), expect=202).json["id"]


def put_into(client, name, state):
    """A job in that state."""
    if state == "succeeded":
        return client.train(**samples.job(begin_model(client, name)))["id"]
    if state == "failed":
        body = samples.job(begin_model(client, name, loss="mse"), epochs=200,
                           optimizer={"type": "sgd", "learning_rate": 1e30})
        job = client.post("/v1/jobs", body, expect=202).json["id"]
        wait_for(client, job, lambda j: j["state"] == "failed")
        return job
    job = begin(client, name, epochs=1000000)
    wait_for(client, job, lambda j: j["step"] > 0)
    if state == "queued":
        return client.post("/v1/jobs", samples.job(name, epochs=1000000), expect=202).json["id"]
    if state in ("paused", "cancelled"):
        act(client, job, {"paused": "pause", "cancelled": "cancel"}[state], expect=202)
    return job


def begin_model(client, name, **more):
    client.put_csv(name, samples.blobs_text(60))
    if "loss" in more:
        client.put_csv(name, samples.surface_text(60), target="height,slope", expect=200)
        more = {"loss": "mse", "last": "linear", "units": (8, 2)}
    client.post("/v1/models", samples.model(name, **more), expect=201)
    return name


@pytest.mark.parametrize("state", POSSIBLE)
def test_every_action_in_every_state(start, state):
    client = start()
    for action in ACTIONS:
        name = f"{state}-{action}"
        job = put_into(client, name, state)
        assert client.job(job)["state"] == state
        reply = act(client, job, action)
        has_checkpoint = client.get(f"/v1/jobs/{job}/checkpoints").json["checkpoints"] \
            if action != "delete" else []
        if action not in POSSIBLE[state]:
            assert reply.status == 409, (state, action, reply.json)
            said = reply.json["detail"]
            assert f"is {state}" in said
            assert set(said.split("possible are: ")[1].split(", ")) == POSSIBLE[state]
        elif action in ("fork", "rewind") and not has_checkpoint:
            assert reply.status == 409 and "checkpoint" in reply.json["detail"]
        else:
            assert reply.status in (200, 202, 204), (state, action, reply.json)
        if action in POSSIBLE[state] and action == "fork" and reply.status == 202:
            client.post(f"/v1/jobs/{reply.json['id']}/cancel", expect=202)
        for each in client.get("/v1/jobs?limit=1000").json["jobs"]:
            if each["state"] in ("queued", "running", "paused"):
                client.post(f"/v1/jobs/{each['id']}/cancel", expect=202)


def test_links_name_what_is_possible(client, name):
    job = begin(client, name, epochs=1000000)
    links = wait_for(client, job, lambda j: j["step"] > 0)["links"]
    assert links["pause"] == f"/v1/jobs/{job}/pause" and "resume" not in links
    paused = client.post(links["pause"], expect=202).json
    assert "resume" in paused["links"] and "pause" not in paused["links"]
    client.post(paused["links"]["cancel"], expect=202)


def test_pause_and_resume_change_no_bit(client, name):
    body = samples.job(name, epochs=3000, validation={"fraction": 0.2},
                       optimizer={"type": "adam", "learning_rate": 0.003})
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name), expect=201)
    client.post("/v1/models", samples.model(name + "-2"), expect=201)
    plain = client.train(**body)
    body["model"] = name + "-2"
    job = client.post("/v1/jobs", body, expect=202).json["id"]
    for step in (20, 7000, 19000):
        wait_for(client, job, lambda j, s=step: j["step"] >= s)
        paused = act(client, job, "pause")
        if paused.status == 409 or paused.json["state"] == "succeeded":  # it was faster
            break
        assert paused.json["state"] == "paused"
        stands = client.job(job)["step"]
        time.sleep(0.05)
        assert client.job(job)["step"] == stands
        client.post(f"/v1/jobs/{job}/resume", expect=202)
    ended = client.wait(job)
    assert ended["state"] == "succeeded"
    assert ended["checkpoint"]["sha256"] == plain["checkpoint"]["sha256"]
    points = [[{k: v for k, v in p.items() if k != "elapsed_seconds"}
               for p in client.get(f"/v1/jobs/{j}/metrics?max_points=100000").json["points"]]
              for j in (plain["id"], job)]
    assert points[0] == points[1]


def test_step_by_step(client, name):
    job = begin(client, name, epochs=1000000)
    wait_for(client, job, lambda j: j["step"] > 3)
    stands = client.post(f"/v1/jobs/{job}/pause", expect=202).json["step"]
    for more in range(1, 4):
        stepped = client.post(f"/v1/jobs/{job}/step", expect=202).json
        assert (stepped["state"], stepped["step"]) == ("paused", stands + more)
        assert stepped["checkpoint"]["step"] == stands + more
    # The rest of an epoch gives a point of the history.
    total = client.job(job)["steps_total"] // 1000000
    before = len(client.get(f"/v1/jobs/{job}/metrics?max_points=100000").json["points"])
    for _ in range(total):
        client.post(f"/v1/jobs/{job}/step", expect=202)
    after = client.get(f"/v1/jobs/{job}/metrics?max_points=100000").json["points"]
    assert len(after) == before + 1
    client.post(f"/v1/jobs/{job}/cancel", expect=202)


def test_the_last_step_ends_the_job(start):
    client = start(threads=1)
    client.put_csv("d", samples.blobs_text(30))
    client.post("/v1/models", samples.model("m"), expect=201)
    client.post("/v1/models", samples.model("busy"), expect=201)
    busy = client.post("/v1/jobs", samples.job("busy", "d", epochs=1000000), expect=202).json["id"]
    job = client.post("/v1/jobs", samples.job("m", "d", epochs=1, batch_size=32),
                      expect=202).json["id"]
    assert client.post(f"/v1/jobs/{job}/pause", expect=202).json["state"] == "paused"
    ended = client.post(f"/v1/jobs/{job}/step", expect=202).json
    assert (ended["state"], ended["ended_by"], ended["step"]) == ("succeeded", "epochs", 1)
    client.post(f"/v1/jobs/{busy}/cancel", expect=202)


def test_rewind_and_train_again(client, name):
    job = begin(client, name, epochs=1000000, checkpoint={"every_steps": 50, "keep": 4})
    deadline = time.monotonic() + 60
    while len(client.get(f"/v1/jobs/{job}/checkpoints").json["checkpoints"]) < 4:
        assert time.monotonic() < deadline
    client.post(f"/v1/jobs/{job}/pause", expect=202)
    marks = client.get(f"/v1/jobs/{job}/checkpoints").json["checkpoints"]
    assert len(marks) == 4 and marks[-1]["step"] == client.job(job)["step"]
    client.patch(f"/v1/jobs/{job}", {"learning_rate": 0.5}, expect=200)
    back = client.post(f"/v1/jobs/{job}/rewind", {"step": marks[1]["step"]}, expect=202).json
    assert back["state"] == "paused" and back["step"] == marks[1]["step"]
    assert back["edits"] == []
    points = client.get(f"/v1/jobs/{job}/metrics?max_points=100000").json["points"]
    assert all(p["step"] <= marks[1]["step"] for p in points)
    left = client.get(f"/v1/jobs/{job}/checkpoints").json["checkpoints"]
    assert left == marks[:2]
    missing = client.post(f"/v1/jobs/{job}/rewind", {"step": marks[3]["step"]}, expect=400)
    assert missing.pointers() == ["/step"]
    # What is trained again has the same bits as what was forgotten.
    epochs = client.job(job)["epoch"] + 40
    client.patch(f"/v1/jobs/{job}", {"epochs": epochs}, expect=200)
    client.post(f"/v1/jobs/{job}/resume", expect=202)
    ended = client.wait(job)
    assert ended["state"] == "succeeded" and ended["epoch"] == epochs
    assert client.post(f"/v1/jobs/{job}/verify", {}, expect=200).json["verified"]


def test_fork_goes_on_beside(client, name):
    """A fork that changes nothing ends with the bits that the job itself ends with."""
    client.put_csv(name, samples.blobs_text(300))
    client.post("/v1/models", samples.model(name), expect=201)
    body = samples.job(name, epochs=400, checkpoint={"every_steps": 100, "keep": 16},
                       optimizer={"type": "adam", "learning_rate": 0.003})
    job = client.post("/v1/jobs", body, expect=202).json["id"]
    wait_for(client, job, lambda j: j["checkpoint"] is not None)
    fork = client.post(f"/v1/jobs/{job}/fork", {"model": f"{name}-same"}, expect=202)
    other = client.post(f"/v1/jobs/{job}/fork", {"model": f"{name}-other", "learning_rate": 0.1,
                                                 "epochs": 450}, expect=202)
    assert fork.headers["location"] == f"/v1/jobs/{fork.json['id']}"
    assert fork.json["forked_from"] == job
    ended, same, changed = (client.wait(j) for j in (job, fork.json["id"], other.json["id"]))
    assert ended["checkpoint"]["sha256"] == same["checkpoint"]["sha256"]
    assert changed["epochs"] == changed["epoch"] == 450
    assert changed["edits"][0]["learning_rate"] == 0.1
    assert changed["checkpoint"]["sha256"] != same["checkpoint"]["sha256"]
    for each in (ended, same, changed):
        verified = client.post(f"/v1/jobs/{each['id']}/verify", {}, expect=200).json
        assert verified["verified"], verified
    client.post(f"/v1/jobs/{job}/fork", {"model": name}, expect=409)
    assert client.post(f"/v1/jobs/{job}/fork", {"model": "no/name"}, expect=400).pointers() == \
        ["/model"]


def test_edits_take_effect_and_are_verified(client, name):
    job = begin(client, name, rows=300, epochs=900000,
                optimizer={"type": "sgd", "learning_rate": 0.01})
    wait_for(client, job, lambda j: j["step"] > 100)
    edited = client.patch(f"/v1/jobs/{job}", {"learning_rate": 0.02, "threads": 1, "priority": 3},
                          expect=200).json
    assert edited["edits"][-1]["learning_rate"] == 0.02
    assert (edited["threads"], edited["priority"]) == (1, 3)
    step = edited["edits"][-1]["step"]
    wait_for(client, job, lambda j: j["step"] > step and j["learning_rate"] == 0.02)
    client.patch(f"/v1/jobs/{job}", {"epochs": client.job(job)["epoch"] + 20000}, expect=200)
    ended = client.wait(job)
    assert ended["state"] == "succeeded" and ended["epoch"] == ended["epochs"] < 900000
    assert ended["step"] == ended["steps_total"]
    verified = client.post(f"/v1/jobs/{job}/verify", {"threads": 1, "isa": "naive"},
                           expect=200).json
    assert verified["verified"], verified
    types = [e["type"] for e in client.get(f"/v1/jobs/{job}/events?limit=1000").json["events"]]
    assert types.count("edited") == 2


@pytest.mark.parametrize("body, pointer", [
    ({"learning_rate": 0}, "/learning_rate"), ({"learning_rate": -1}, "/learning_rate"),
    ({"learning_rate": "fast"}, "/learning_rate"), ({"epochs": 0}, "/epochs"),
    ({"epochs": 1}, "/epochs"), ({"epochs": 1000001}, "/epochs"), ({"threads": 0}, "/threads"),
    ({"priority": 101}, "/priority"), ({"priority": 0.5}, "/priority"), ({"batch_size": 1}, None)])
def test_edits_that_cannot_be(client, name, body, pointer):
    job = begin(client, name, epochs=1000000)
    wait_for(client, job, lambda j: j["epoch"] > 2)
    for state in ("running", "paused"):
        before = {k: client.job(job)[k] for k in ("epochs", "threads", "priority", "edits")}
        refused = client.patch(f"/v1/jobs/{job}", body, expect=400)
        if pointer is not None:
            assert refused.pointers() == [pointer], refused.json
        assert {k: client.job(job)[k] for k in before} == before
        if state == "running":
            client.post(f"/v1/jobs/{job}/pause", expect=202)
    client.post(f"/v1/jobs/{job}/cancel", expect=202)


def test_priorities_order_the_queue(start):
    client = start(threads=1)
    client.put_csv("d", samples.blobs_text(30))
    jobs = {}
    for model, priority in (("busy", 0), ("low", -5), ("first", 0), ("high", 7), ("second", 0)):
        client.post("/v1/models", samples.model(model), expect=201)
        jobs[model] = client.post("/v1/jobs", samples.job(
            model, "d", priority=priority, epochs=1000000 if model == "busy" else 1),
            expect=202).json["id"]
    order = sorted((client.job(j)["queue_position"], m) for m, j in jobs.items() if m != "busy")
    assert [m for _, m in order] == ["high", "first", "second", "low"]
    client.patch(f"/v1/jobs/{jobs['low']}", {"priority": 9}, expect=200)
    assert client.job(jobs["low"])["queue_position"] == 1
    client.post(f"/v1/jobs/{jobs['busy']}/cancel", expect=202)
    ended = [client.wait(jobs[m]) for m in ("low", "high", "first", "second")]
    times = [(j["started_at"], j["finished_at"]) for j in ended]
    assert all(a[0] <= b[0] for a, b in itertools.pairwise(times))


def test_budgets_end_a_job_well(client, name):
    job = begin(client, name, epochs=1000000, budget={"samples": 1000})
    ended = client.wait(job)
    assert (ended["state"], ended["ended_by"]) == ("succeeded", "samples")
    assert 1000 <= ended["samples_seen"] < 1016
    assert client.post(f"/v1/jobs/{job}/verify", {}, expect=200).json["verified"]
    ended = client.train(**samples.job(name, epochs=1000000, budget={"seconds": 0.3}))
    assert (ended["state"], ended["ended_by"]) == ("succeeded", "seconds")
    assert 0.3 <= ended["elapsed_seconds"] < 1.5


def test_two_jobs_share_the_threads(start):
    """Each of two equal jobs on two threads gets about half."""
    client = start(threads=2)
    client.put_csv("d", samples.blobs_text(600))
    jobs = []
    for model in ("a", "b"):
        client.post("/v1/models", samples.model(model, units=(32, 3)), expect=201)
    for model in ("a", "b"):
        jobs.append(client.post("/v1/jobs", samples.job(model, "d", epochs=1000000),
                                expect=202).json["id"])
    for job in jobs:
        wait_for(client, job, lambda j: j["step"] > 100)
    shares = []
    for _ in range(8):  # other programs may keep one of the processors busy for a while
        first = [client.job(j)["step"] for j in jobs]
        time.sleep(1)
        done = [client.job(j)["step"] - f for j, f in zip(jobs, first)]
        shares.append(done[0] / sum(done))
        if 0.4 < shares[-1] < 0.6:
            break
    for job in jobs:
        assert client.job(job)["state"] == "running"
        client.post(f"/v1/jobs/{job}/cancel", expect=202)
    assert 0.4 < shares[-1] < 0.6, shares


def test_jobs_of_one_model_wait_for_one_another(start):
    client = start(threads=2)
    first = begin(client, "m", epochs=1000000)
    second = client.post("/v1/jobs", samples.job("m", epochs=1), expect=202).json["id"]
    wait_for(client, first, lambda j: j["step"] > 100)
    assert client.job(second)["state"] == "queued"
    client.post(f"/v1/jobs/{first}/pause", expect=202)
    time.sleep(0.05)
    assert client.job(second)["state"] == "queued"  # the first is in the middle of it
    client.post(f"/v1/jobs/{first}/cancel", expect=202)
    assert client.wait(second)["state"] == "succeeded"


def test_a_paused_job_is_the_same_after_a_restart(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    job = begin(client, "m", epochs=1000000, checkpoint={"every_steps": 100, "keep": 3})
    wait_for(client, job, lambda j: j["step"] > 500)
    client.patch(f"/v1/jobs/{job}", {"learning_rate": 0.01}, expect=200)
    client.post(f"/v1/jobs/{job}/pause", expect=202)
    paths = [f"/v1/jobs/{job}{part}" for part in
             ("", "/metrics?max_points=100000", "/checkpoints", "/events?limit=1000")]
    paths += ["/v1/models/m", "/v1/models/m/parameters"]
    before = {path: client.get(path).body for path in paths}
    assert client.daemon.stop()[0] == 0
    again = start(data_dir=tmp_path / "data", threads=1)
    assert {path: again.get(path).body for path in paths} == before
    again.patch(f"/v1/jobs/{job}", {"epochs": again.job(job)["epoch"] + 20}, expect=200)
    again.post(f"/v1/jobs/{job}/resume", expect=202)
    assert again.wait(job)["state"] == "succeeded"
    assert again.post(f"/v1/jobs/{job}/verify", {}, expect=200).json["verified"]


def test_a_divergence_names_its_tensor(client, name):
    begin_model(client, name, loss="mse")
    client.train(**samples.job(name))
    good = client.get(f"/v1/models/{name}/parameters").json["sha256"]
    body = samples.job(name, epochs=200, optimizer={"type": "sgd", "learning_rate": 1e30})
    job = client.post("/v1/jobs", body, expect=202).json["id"]
    error = client.wait(job)["error"]
    assert error["code"] == "diverged" and error["epoch"] == 1 and error["step"] >= 1
    assert error["layer"] in (0, 1, 2)
    assert error["tensor"] in error["message"]
    # The model keeps its last good weights.
    client.post(f"/v1/models/{name}/predict", {"instances": [[0, 0, 0]]}, expect=200)
    assert client.get(f"/v1/models/{name}/parameters").json["sha256"] == good


def test_the_queue_has_a_limit(start):
    client = start("--queue-limit", "2", threads=1)
    job = begin(client, "m", epochs=1000000)
    wait_for(client, job, lambda j: j["step"] > 0)
    for _ in range(2):
        client.post("/v1/jobs", samples.job("m"), expect=202)
    refused = client.post("/v1/jobs", samples.job("m"), expect=503)
    assert "2 jobs" in refused.json["detail"] and refused.headers["retry-after"]
    assert client.get("/v1/info").json["limits"]["queued_jobs"] == 2
