"""Weights of classes and of rows, and the reduction of a minibatch's losses."""
import pytest

import samples


def weighted_text(rows, weights):
    """A data set of blobs with a column of weights before the label."""
    lines = samples.blobs_text(rows).splitlines()
    out = [lines[0].replace(",label", ",weight,label")]
    for i, line in enumerate(lines[1:]):
        values, label = line.rsplit(",", 1)
        out.append(f"{values},{weights[i % len(weights)]},{label}")
    return "\n".join(out) + "\n"


def put_weighted(client, name, text, target="label"):
    return client.call("PUT", f"/v1/datasets/{name}?target={target}&weight=weight", text,
                       content_type="text/csv", expect=201).json


def digest_of(client, name, dataset, **more):
    client.post("/v1/models", samples.model(name), expect=201)
    return client.train(**samples.job(name, dataset, **more))["receipt"]["weights_sha256"]


def test_a_column_of_weights_is_no_feature(client, name):
    described = put_weighted(client, name, weighted_text(90, [1, 2.5, 0]))
    assert described["features"] == 4 and described["weight"] == "weight"
    assert [c["role"] for c in described["columns"]] == ["feature"] * 4 + ["weight", "target"]
    column = described["columns"][-2]
    assert (column["name"], column["min"], column["max"]) == ("weight", 0, 2.5)
    plain = client.put_csv(f"{name}-plain", samples.blobs_text(90)).json
    assert "weight" not in plain and plain["sha256"] != described["sha256"]


def test_rows_weigh_as_their_classes_would(client, name):
    put_weighted(client, name, weighted_text(90, [1, 2.5, 0.5]))  # labels take turns: a, b, c
    client.put_csv(f"{name}-plain", samples.blobs_text(90))
    by_row = digest_of(client, f"{name}-1", name)
    by_class = digest_of(client, f"{name}-2", f"{name}-plain", class_weights={"b": 2.5, "c": 0.5})
    assert by_row == by_class
    assert digest_of(client, f"{name}-3", f"{name}-plain") != by_row


def test_a_json_body_may_have_a_weight(client, name):
    body = {"columns": ["x", "w", "y"], "rows": [[1, 0.5, 2], [2, 1, 3.5]], "weight": "w"}
    described = client.call("PUT", f"/v1/datasets/{name}", body, expect=201).json
    assert described["weight"] == "w" and described["targets"] == ["y"]


def test_the_last_column_may_be_the_weight(client, name):
    text = "x,label,weight\n1,a,1\n2,b,2\n"
    described = client.call("PUT", f"/v1/datasets/{name}?weight=weight", text,
                            content_type="text/csv", expect=201).json
    assert described["targets"] == ["label"]


@pytest.mark.parametrize("query, text, pointer, place", [
    ("weight=nothing", "x,weight,y\n1,1,2\n", "/weight", None),
    ("weight=y&target=y", "x,weight,y\n1,1,2\n", "/weight", None),
    ("weight=weight", "x,weight,y\n1,-1,2\n", None, (2, 2)),
    ("weight=weight", "x,weight,y\n1,1,2\n1,inf,2\n", None, (3, 2)),
    ("weight=weight", "x,weight,y\n1,much,2\n", None, (2, 2)),
    ("weight=weight", "x,weight,y\n1,,2\n", None, (2, 2)),
    ("weight=x", "x,y\n1,2\n", "/target", None)])
def test_bad_weights_are_refused_with_their_place(client, name, query, text, pointer, place):
    problem = client.call("PUT", f"/v1/datasets/{name}?{query}", text, content_type="text/csv",
                          expect=400)
    if pointer:
        assert problem.pointers() == [pointer]
    assert problem.place() == place
    client.get(f"/v1/datasets/{name}", expect=404)


def test_weights_help_a_rare_class(client, name):
    """100 rows of one class over 4 of the other, which overlap: balanced finds the rare ones."""
    lines = ["x,label"] + [f"{(i % 20) / 10 - 1},often" for i in range(100)]
    lines += [f"{0.6 + i / 10},rare" for i in range(4)]
    client.put_csv(name, "\n".join(lines) + "\n")
    found = []
    for weights in ({}, {"class_weights": "balanced"}):
        model = f"{name}-{len(weights)}"
        client.post("/v1/models", samples.model(model, (4, 2)), expect=201)
        job = client.train(**samples.job(model, name, epochs=60, validation={"fraction": 0},
                                         **weights))
        assert job.get("class_weights") == weights.get("class_weights")
        answer = client.post(f"/v1/models/{model}/predict", {"instances": [[0.7]]}).json
        found.append(answer["predictions"][0]["class"])
    assert found == ["often", "rare"]


@pytest.mark.parametrize("value, pointer", [
    ({"nobody": 1}, "/class_weights/nobody"), ({"a": -1}, "/class_weights/a"),
    ({"a": "1"}, "/class_weights/a"), ({"a": 1e39}, "/class_weights/a"),
    ("fair", "/class_weights"), (3, "/class_weights")])
def test_bad_class_weights_name_their_field(client, name, value, pointer):
    client.put_csv(name, samples.blobs_text(30))
    client.post("/v1/models", samples.model(name), expect=201)
    problem = client.post("/v1/jobs", samples.job(name, class_weights=value), expect=400)
    assert problem.pointers() == [pointer]


def test_numbers_have_no_class_weights(client, name):
    client.put_csv(name, samples.surface_text(30), target="height,slope")
    client.post("/v1/models", samples.model(name, (4, 2), last="linear", loss="mse"), expect=201)
    problem = client.post("/v1/jobs", samples.job(name, class_weights="balanced"), expect=400)
    assert problem.pointers() == ["/class_weights"]


def test_a_sum_is_as_many_means(client, name):
    client.put_csv(name, samples.blobs_text(64))
    usual = {"batch_size": 16, "validation": {"fraction": 0}}
    mean = digest_of(client, f"{name}-1", name, optimizer={"type": "sgd", "learning_rate": 0.25}, **usual)
    total = digest_of(client, f"{name}-2", name, reduction="sum",
                      optimizer={"type": "sgd", "learning_rate": 0.25 / 16}, **usual)
    assert mean == total
    problem = client.post("/v1/jobs", samples.job(f"{name}-1", name, reduction="none"), expect=400)
    assert problem.pointers() == ["/reduction"] and "mean, sum" in problem.json["detail"]


def test_weights_survive_a_restart_and_verify(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    put_weighted(client, "d", weighted_text(90, [1, 2.5, 0]))
    client.post("/v1/models", samples.model("m"), expect=201)
    job = client.train(**samples.job("m", "d", reduction="sum", class_weights={"b": 0.1},
                                     optimizer={"type": "sgd", "learning_rate": 0.01}))
    described = client.get("/v1/datasets/d").json
    client.daemon.stop()
    again = start(data_dir=tmp_path / "data")
    assert again.get("/v1/datasets/d").json == described
    told = again.get(f"/v1/jobs/{job['id']}").json
    assert told["class_weights"] == {"b": 0.1} and told["reduction"] == "sum"
    assert again.get("/v1/jobs").json["jobs"][0]["class_weights"] == {"b": 0.1}
    verified = again.post(f"/v1/jobs/{job['id']}/verify", {}).json
    assert verified["verified"], verified
