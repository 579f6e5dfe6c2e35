"""Models and data sets: create, list, page, describe, delete."""
import math

import pytest
import samples

ROWS = {"columns": ["x", "y", "kind"],
        "rows": [[1, 2.5, "cat"], [-3, 0.25, "dog"], [2, 1, "cat"], [0, 1e-3, "emu"]]}


def column(described, name):
    return next(c for c in described["columns"] if c["name"] == name)


def test_dataset_from_csv_has_statistics(client, name):
    text = "x,y,kind\r\n1,10,cat\r\n2,10,\"dog, big\"\r\n3,10,cat\r\n6,10,cat"
    described = client.put_csv(name, text).json
    assert described == client.get(f"/v1/datasets/{name}").json
    assert described["rows"] == 4
    x = column(described, "x")
    assert (x["min"], x["max"], x["mean"]) == (1, 6, 3)
    assert math.isclose(x["standard_deviation"], math.sqrt(3.5), rel_tol=1e-6)
    assert column(described, "y")["standard_deviation"] == 0
    assert described["classes"] == ["cat", "dog, big"]


def test_dataset_from_json_is_that_from_csv(client, name):
    made = client.call("PUT", f"/v1/datasets/{name}", ROWS, expect=201).json
    text = "x,y,kind\n1,2.5,cat\n-3,0.25,dog\n2,1,cat\n0,1e-3,emu\n"
    same = client.put_csv(f"{name}-csv", text).json
    assert made["sha256"] == same["sha256"]
    assert made["columns"] == same["columns"]
    assert made["classes"] == ["cat", "dog", "emu"]


def test_target_may_be_any_column_or_several(client, name):
    made = client.put_csv(name, "kind,x,y\ncat,1,2\ndog,3,4\n", target="kind").json
    assert made["targets"] == ["kind"] and made["classes"] == ["cat", "dog"]
    made = client.put_csv(f"{name}-2", "u,x,v,y\n.5,1,2,3\n.25,4,5,6\n", target="u,v").json
    assert made["targets"] == ["u", "v"] and not made["classes"]


def test_integer_labels_are_sorted_by_value(client, name):
    made = client.put_csv(name, "x,n\n1,10\n2,9\n3,-1\n4,10\n").json
    assert made["classes"] == ["-1", "9", "10"]


def test_put_replaces(client, name):
    client.put_csv(name, samples.blobs_text(30))
    replaced = client.put_csv(name, samples.blobs_text(60), expect=200).json
    assert replaced["rows"] == 60
    assert client.get(f"/v1/datasets/{name}").json["rows"] == 60


def parameters(client, name, **more):
    """Those of a fresh model on 6 inputs, and the model."""
    made = client.post("/v1/models", samples.model(name, (4, 9, 3), inputs=6, **more),
                       expect=201).json
    return client.get(f"/v1/models/{name}/parameters").json["layers"], made


def test_orthogonal_weights(client, name):
    layers, _ = parameters(client, name, initializer="orthogonal")
    for layer in layers:
        rows = layer["weights"]
        vectors = rows if len(rows) <= len(rows[0]) else list(zip(*rows))
        for i, u in enumerate(vectors):
            for j, v in enumerate(vectors):
                assert math.isclose(sum(a * b for a, b in zip(u, v)), i == j, abs_tol=1e-6)
        assert layer["biases"] == [0] * len(rows)


def test_constants_in_all_weights_and_biases(client, name):
    values = {"initializer": "constant", "initializer_value": 0.125,
              "bias_initializer": "constant", "bias_value": -2.5}
    layers, made = parameters(client, name, **values)
    assert values.items() <= made.items()
    for layer in layers:
        assert {w for row in layer["weights"] for w in row} == {0.125}
        assert set(layer["biases"]) == {-2.5}


def test_uniform_biases_leave_the_weights(client, name):
    plain, made = parameters(client, name)
    assert "bias_initializer" not in made
    uniform, made = parameters(client, f"{name}-u", bias_initializer="uniform")
    assert made["bias_initializer"] == "uniform"
    for layer, other in zip(plain, uniform):
        bound = 1 / math.sqrt(len(layer["weights"][0]))
        assert layer["weights"] == other["weights"]
        assert 0 < max(map(abs, other["biases"])) <= bound


def test_dataset_delete(client, name):
    client.put_csv(name, samples.blobs_text(30))
    client.delete(f"/v1/datasets/{name}")
    client.get(f"/v1/datasets/{name}", expect=404)
    client.delete(f"/v1/datasets/{name}", expect=404)


def test_model_describe_and_delete(client, name):
    created = client.post("/v1/models", samples.model(name, (7, 3), inputs=4), expect=201)
    assert created.headers["location"] == f"/v1/models/{name}"
    described = client.get(f"/v1/models/{name}").json
    assert described == created.json
    assert described["parameters"] == 4 * 7 + 7 + 7 * 3 + 3
    client.delete(f"/v1/models/{name}")
    client.get(f"/v1/models/{name}", expect=404)
    client.get(f"/v1/models/{name}/parameters", expect=404)
    client.delete(f"/v1/models/{name}", expect=404)
    client.post(f"/v1/models/{name}/predict", {"instances": [[1, 2, 3, 4]]}, expect=404)
    client.post(f"/v1/models/{name}/evaluate", {"dataset": "x"}, expect=404)


def test_name_of_a_deleted_model_is_free_again(client, name):
    for _ in range(2):
        client.post("/v1/models", samples.model(name), expect=201)
        client.delete(f"/v1/models/{name}")


@pytest.mark.parametrize("activation", ["linear", "relu", "tanh", "sigmoid"])
def test_every_activation_trains(client, name, activation):
    client.put_csv(name, samples.surface_text(60), target="height,slope")
    client.post("/v1/models", samples.model(name, (6, 2), activation, activation, "mse"),
                expect=201)
    client.train(**samples.job(name, optimizer={"type": "sgd", "learning_rate": 0.01}))


# --- paging ----------------------------------------------------------------------------------

def fill(client, kind, count):
    client.put_csv("set-00", samples.blobs_text(9))
    client.post("/v1/models", samples.model("model-00"), expect=201)
    for index in range(1, count):
        client.put_csv(f"set-{index:02}", samples.blobs_text(9))
        client.post("/v1/models", samples.model(f"model-{index:02}"), expect=201)
    if kind == "jobs":
        for _ in range(count):
            client.train(**samples.job("model-00", "set-00", epochs=1))


@pytest.mark.parametrize("kind", ["models", "datasets", "jobs"])
def test_pages_hold_everything_once(start, kind):
    client = start()
    assert client.get(f"/v1/{kind}").json == {kind: [], "next": None}
    fill(client, kind, 7)
    key = "id" if kind == "jobs" else "name"
    whole = [entry[key] for entry in client.get(f"/v1/{kind}").json[kind]]
    assert len(whole) == 7
    assert whole == sorted(whole, reverse=kind == "jobs")
    for limit in (1, 3, 7, 8):
        pages = client.pages(kind, limit)
        assert [entry[key] for page in pages for entry in page] == whole
        assert max(len(page) for page in pages) <= limit


@pytest.mark.parametrize("kind", ["models", "datasets", "jobs"])
@pytest.mark.parametrize("query", ["limit=0", "limit=-1", "limit=x", "limit=1000000",
                                   "nonsense=1", "limit=1&limit=2"])
def test_bad_page_is_refused(client, kind, query):
    answer = client.call("GET", f"/v1/{kind}?{query}")
    assert answer.status in (400, 422), answer.body
