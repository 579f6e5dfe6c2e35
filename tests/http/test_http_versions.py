"""Pinned versions of a model: kept until they are released, whatever is trained meanwhile."""
import contextlib
import pathlib
import signal
import sqlite3

import pytest
import samples

ROWS = [[1, 2, 3, 4], [0, 0, 0, 0], [-1, 2, -3, 1]]
# Every route that answers from a model's weights, with a body (None: GET) and where it shows them.
ANSWERS = [
    ("parameters", None, "version"),
    ("predict", {"instances": ROWS}, "model_version"),
    ("evaluate", {"dataset": "{name}"}, "model_version"),
    ("gradients", {"instances": ROWS, "targets": ["a", "b", "c"]}, "model_version"),
    ("gradcheck", {"instances": ROWS, "targets": ["a", "b", "c"], "sample": 5}, "model_version"),
    ("jacobian", {"instances": ROWS}, "model_version"),
]


def trained(client, name, **more):
    """A model with a data set of its name, trained a little; its current version."""
    client.put_csv(name, samples.blobs_text(60))
    client.post("/v1/models", samples.model(name), expect=201)
    return client.train(**samples.job(name, **more))["step"]


def answer(client, name, route, body, query=""):
    target = f"/v1/models/{name}/{route}{query}"
    if body is None:
        return client.get(target).json
    body = {key: value.format(name=name) if isinstance(value, str) else value
            for key, value in body.items()}
    return client.post(target, body).json


def answers(client, name, query="", routes=ANSWERS):
    return {route: answer(client, name, route, body, query) for route, body, _ in routes}


def pin(client, model, name, expect=201):
    return client.post(f"/v1/models/{model}/versions", {"name": name}, expect=expect)


def test_a_version_answers_while_training_goes_on(client, name):
    step = trained(client, name)
    before = answers(client, name)
    made = pin(client, name, "stable")
    assert made.headers["location"] == f"/v1/models/{name}/versions/stable"
    assert made.json["version"] == step
    assert made.json["sha256"] == before["parameters"]["sha256"]
    assert client.get(made.headers["location"]).json == made.json
    later = client.train(**samples.job(name, epochs=20))["step"]
    assert client.get(f"/v1/models/{name}").json["version"] > step
    assert answers(client, name, "?version=stable") == before
    now = answers(client, name)
    for route, _, field in ANSWERS:
        assert now[route][field] != step and now[route] != before[route], route
    current = client.get(f"/v1/models/{name}").json["version"]
    assert current >= later
    assert answers(client, name, f"?version={current}") == now


@pytest.mark.parametrize("route,body,field", ANSWERS, ids=[row[0] for row in ANSWERS])
def test_a_version_that_is_not_kept_is_said(client, name, route, body, field):
    step = trained(client, name)
    pin(client, name, "first")
    pin(client, name, "v2")
    method = "GET" if body is None else "POST"
    for wanted in ("third", str(step + 1), "", "a%2Fb"):
        sent = body if route != "evaluate" else {"dataset": name}
        refused = client.refused(method, f"/v1/models/{name}/{route}?version={wanted}", sent,
                                 status=404)
        detail = refused.json["detail"]
        assert "first, v2" in detail and f"version {step}" in detail, detail
    assert "must be pinned to be kept" in client.refused(
        method, f"/v1/models/{name}/{route}?version={step + 1}", sent, status=404).json["detail"]
    assert answer(client, name, route, body, f"?version={step}")[field] == step


def test_what_cannot_be_pinned(client, name):
    client.refused("POST", f"/v1/models/{name}/versions", {"name": "x"}, status=404)
    client.post("/v1/models", samples.model(name), expect=201)
    client.refused("POST", f"/v1/models/{name}/versions", {"name": "x"}, status=409)
    trained(client, f"{name}-2")
    target = f"/v1/models/{name}-2/versions"
    for bad in ("", "-x", "a/b", "a@b", "x" * 65, "ä"):
        client.refused("POST", target, {"name": bad}, status=400, pointer="/name")
    client.refused("POST", target, {"name": 3}, status=400, pointer="/name")
    client.refused("POST", target, {}, status=400, pointer="/name")
    client.refused("POST", target, {"name": "x", "job": 1}, status=400, pointer="/job")
    pin(client, f"{name}-2", "x" * 64)
    client.refused("POST", target, {"name": "x" * 64}, status=409, pointer="/name")
    assert len(client.get(target).json["versions"]) == 1


def test_initial_weights_can_be_pinned(client, name):
    client.post("/v1/models", samples.model(name, inputs=4), expect=201)
    assert pin(client, name, "initial").json["version"] == 0
    client.put_csv(name, samples.blobs_text(60))
    client.train(**samples.job(name))
    refused = client.call("POST", f"/v1/models/{name}/predict?version=initial",
                          {"instances": ROWS}, expect=409)
    assert "not trained" in refused.json["detail"]
    client.post(f"/v1/models/{name}/versions/initial/restore")
    assert client.get(f"/v1/models/{name}").json["version"] == 0


def test_versions_are_listed_in_pages(client, name):
    trained(client, name)
    target = f"/v1/models/{name}/versions"
    assert client.get(f"/v1/models/{name}").json["links"]["versions"] == target
    assert client.get(target).json == {"versions": [], "next": None}
    for version in ("c", "a", "e", "b", "d"):
        pin(client, name, version)
    found, after = [], ""
    while after is not None:
        page = client.get(f"{target}?limit=2" + (f"&after={after}" if after else "")).json
        assert 1 <= len(page["versions"]) <= 2
        found += [version["name"] for version in page["versions"]]
        after = page["next"]
    assert found == ["a", "b", "c", "d", "e"]
    assert [v["name"] for v in client.get(f"{target}?after=bb").json["versions"]] == ["c", "d", "e"]
    assert client.get(f"{target}?after=e").json["versions"] == []
    client.get(f"/v1/models/{name}-2/versions", expect=404)


def test_release(client, name):
    trained(client, name)
    for version in ("a", "b", "c"):
        pin(client, name, version)
    target = f"/v1/models/{name}/versions"
    client.delete(f"{target}/b")
    client.delete(f"{target}/b", expect=404)
    client.get(f"{target}/b", expect=404)
    client.post(f"/v1/models/{name}/predict?version=b", {"instances": ROWS}, expect=404)
    assert [v["name"] for v in client.get(target).json["versions"]] == ["a", "c"]
    pin(client, name, "b")
    client.delete(f"/v1/models/{name}-2/versions/b", expect=404)
    client.post(f"{target}/d/restore", expect=404)


def test_restore_makes_the_weights_current_and_training_goes_on_from_them(client, name):
    step = trained(client, name)
    pin(client, name, "stable")
    before = answers(client, name)
    client.train(**samples.job(name, epochs=5))
    weights = client.get(f"/v1/models/{name}/parameters").json
    restored = client.post(f"/v1/models/{name}/versions/stable/restore").json
    assert restored == client.get(f"/v1/models/{name}").json
    assert restored["version"] == step
    assert answers(client, name) == before
    assert client.get(f"/v1/models/{name}/versions/stable").json["version"] == step
    client.train(**samples.job(name, epochs=5))
    assert client.get(f"/v1/models/{name}/parameters").json == weights


def test_pin_and_restore_while_a_job_trains(client, name, endless_job):
    trained(client, name)
    pin(client, name, "before")
    job = endless_job(**samples.job(name, epochs=1000000))
    made = pin(client, name, "meanwhile").json
    assert made["version"] >= client.get(f"/v1/models/{name}/versions/before").json["version"]
    shown = client.get(f"/v1/models/{name}/parameters?version=meanwhile").json
    assert (shown["version"], shown["sha256"]) == (made["version"], made["sha256"])
    refused = client.call("POST", f"/v1/models/{name}/versions/before/restore", expect=409)
    assert str(job) in refused.json["detail"]
    client.delete(f"/v1/models/{name}/versions/before")
    client.call("POST", f"/v1/jobs/{job}/cancel", expect=202)
    client.wait(job)
    client.post(f"/v1/models/{name}/versions/meanwhile/restore")
    assert client.get(f"/v1/models/{name}/parameters").json == shown


def stored(data_dir):
    """(names of the store's versions, files of its blobs)."""
    with contextlib.closing(sqlite3.connect(data_dir / "catalogue.sqlite3")) as catalogue:
        rows = catalogue.execute("SELECT name FROM objects WHERE kind = 'version' ORDER BY name")
        names = [name for (name,) in rows]
    return names, sorted(path.name for path in pathlib.Path(data_dir / "blobs").iterdir())


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL])
@pytest.mark.parametrize("units", [8, 6000])
def test_versions_survive_right_after_the_reply(start, tmp_path, how, units):
    def outputs(query=""):
        return answers(client, "m", query, ANSWERS[1:3])

    client = start(data_dir=tmp_path / "data")
    client.put_csv("m", samples.blobs_text(60))
    client.post("/v1/models", samples.model("m", (units, 3)), expect=201)
    client.train(**samples.job("m"))
    before = outputs()
    pinned = pin(client, "m", "stable").json
    client.train(**samples.job("m"))
    now = outputs()
    pin(client, "m", "gone")
    client.delete("/v1/models/m/versions/gone")
    client.daemon.stop(how)
    client = start(data_dir=tmp_path / "data")
    assert client.get("/v1/models/m/versions").json == {"versions": [pinned], "next": None}
    assert outputs("?version=stable") == before
    assert outputs() == now
    client.post("/v1/models/m/versions/stable/restore")
    client.daemon.stop(how)
    client = start(data_dir=tmp_path / "data")
    assert outputs() == before
    client.delete("/v1/models/m/versions/stable")
    client.daemon.stop(how)
    client = start(data_dir=tmp_path / "data")
    assert client.get("/v1/models/m/versions").json["versions"] == []
    assert outputs() == before


def test_versions_go_with_their_model(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    for model in ("m", "m2"):
        client.post("/v1/models", samples.model(model, (6000, 3), inputs=4), expect=201)
        for version in ("a", "b"):
            pin(client, model, version)
    client.daemon.stop()
    names, files = stored(tmp_path / "data")
    assert names == ["m2@a", "m2@b", "m@a", "m@b"] and len(files) == 6
    client = start(data_dir=tmp_path / "data")
    client.delete("/v1/models/m")
    client.get("/v1/models/m/versions", expect=404)
    client.post("/v1/models", samples.model("m", inputs=4), expect=201)  # a small blob: no file
    assert client.get("/v1/models/m/versions").json["versions"] == []
    client.daemon.stop(signal.SIGKILL)
    names, left = stored(tmp_path / "data")
    assert names == ["m2@a", "m2@b"] and len(left) == 3
    client = start(data_dir=tmp_path / "data")
    assert client.get("/v1/models/m/versions").json["versions"] == []
    assert len(client.get("/v1/models/m2/versions").json["versions"]) == 2
