"""The losses over the API: their targets, their parameters, what they answer."""
import math

import pytest

import samples


def test_two_classes_by_one_output(client, name):
    client.put_csv(name, samples.blobs_text(300, labels=("no", "yes")))
    body = samples.model(name, (8, 1), last="sigmoid", loss="binary_cross_entropy")
    client.post("/v1/models", body, expect=201)
    job = client.train(**samples.job(name, epochs=30))
    assert job["metrics"]["validation_accuracy"] >= 0.95
    assert client.get(f"/v1/models/{name}").json["classes"] == ["no", "yes"]
    evaluated = client.post(f"/v1/models/{name}/evaluate", {"dataset": name}).json
    assert evaluated["metrics"]["accuracy"] >= 0.98
    rows = [[3.0 * math.cos(label + i) for i in range(4)] for label in (0, 1)]
    answer = client.post(f"/v1/models/{name}/predict", {"instances": rows}).json["predictions"]
    assert [p["class"] for p in answer] == ["no", "yes"]
    for prediction in answer:
        assert math.isclose(sum(prediction["probabilities"].values()), 1, abs_tol=1e-6)
        assert prediction["outputs"] == [prediction["probabilities"]["yes"]]


def test_hinge_answers_classes_without_probabilities(client, name):
    client.put_csv(name, samples.blobs_text(300, labels=("no", "yes")))
    client.post("/v1/models", samples.model(name, (8, 1), last="linear", loss="hinge"), expect=201)
    client.train(**samples.job(name, epochs=30))
    evaluated = client.post(f"/v1/models/{name}/evaluate", {"dataset": name}).json
    assert evaluated["metrics"]["accuracy"] >= 0.98
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [[3, 1.6, -1.2, -3]]}).json
    assert answer["predictions"][0]["class"] == "no" and answer["predictions"][0]["outputs"][0] < 0
    assert "probabilities" not in answer["predictions"][0]


def test_columns_of_labels(client, name):
    """Three labels of their own: a sign, another sign, and both."""
    lines = ["a,b,first,second,both"]
    for i in range(400):
        a, b = math.sin(7.3 * i), math.cos(3.1 * i)
        lines.append(f"{a:.6f},{b:.6f},{int(a > 0)},{int(b > 0)},{int(a > 0 and b > 0)}")
    client.put_csv(name, "\n".join(lines) + "\n", target="first,second,both")
    body = samples.model(name, (16, 3), last="sigmoid", loss="binary_cross_entropy")
    client.post("/v1/models", body, expect=201)
    client.train(**samples.job(name, epochs=100))
    evaluated = client.post(f"/v1/models/{name}/evaluate", {"dataset": name}).json
    assert list(evaluated["metrics"]) == ["accuracy"] and evaluated["metrics"]["accuracy"] >= 0.95
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [[0.9, 0.9], [-0.9, 0.9]]}).json
    assert [[round(v) for v in p["values"].values()] for p in answer["predictions"]] == \
        [[1, 1, 1], [0, 1, 0]]


def test_targets_that_are_no_labels_are_refused(client, name):
    client.put_csv(name, "a,y,z\n1,0,1\n2,1,2\n3,1,0\n", target="y,z")
    for loss, last in (("binary_cross_entropy", "sigmoid"), ("hinge", "linear")):
        client.post("/v1/models", samples.model(f"{name}-{loss}", (2, 2), last=last, loss=loss),
                    expect=201)
        problem = client.post("/v1/jobs", samples.job(f"{name}-{loss}", name), expect=400)
        assert problem.pointers() == ["/dataset"]
        assert "row 2 of column 'z' is 2" in problem.json["detail"]


def test_quantiles_lie_where_they_should(client, name):
    """Of numbers evenly spread over 0..1, a constant model learns the quantile itself."""
    rows = "".join(f"{i % 3},{i / 400 + 0.0001:.5f}\n" for i in range(400))
    client.put_csv(name, "x,y\n" + rows)
    for tau in (0.1, 0.9):
        model = f"{name}-{tau}"
        body = samples.model(model, (1,), last="linear", loss="quantile", quantile=tau)
        described = client.post("/v1/models", body, expect=201).json
        assert described["quantile"] == tau
        client.train(**samples.job(model, name, epochs=60,
                                   optimizer={"type": "sgd", "learning_rate": 0.01}))
        answer = client.post(f"/v1/models/{model}/predict", {"instances": [[1]]}).json
        assert abs(answer["predictions"][0]["outputs"][0] - tau) < 0.06


@pytest.mark.parametrize("loss, field, usual", [
    ("quantile", "quantile", 0.5), ("huber", "huber_delta", 1), ("cross_entropy", "label_smoothing", 0)])
def test_parameters_have_defaults_and_survive(client, name, loss, field, usual):
    last = "softmax" if loss == "cross_entropy" else "linear"
    given = client.post("/v1/models", samples.model(name, (2, 3), last=last, loss=loss, inputs=2,
                                                    **{field: 0.25}), expect=201).json
    assert given[field] == 0.25
    created = client.post("/v1/models", samples.model(f"{name}-2", (2, 3), last=last, loss=loss),
                          expect=201).json
    assert created[field] == usual
    others = {"quantile", "huber_delta", "label_smoothing"} - {field}
    assert not others & set(given)


@pytest.mark.parametrize("loss, field, value", [
    ("huber", "huber_delta", 0), ("huber", "huber_delta", -1), ("quantile", "quantile", 0),
    ("quantile", "quantile", 1), ("cross_entropy", "label_smoothing", 1),
    ("cross_entropy", "label_smoothing", -0.1), ("huber", "quantile", 0.5),
    ("quantile", "huber_delta", 1), ("mse", "label_smoothing", 0), ("huber", "huber_delta", "1")])
def test_bad_parameters_name_their_field(client, name, loss, field, value):
    last = "softmax" if loss == "cross_entropy" else "linear"
    problem = client.post("/v1/models", samples.model(name, last=last, loss=loss, **{field: value}),
                          expect=400)
    assert problem.pointers() == [f"/{field}"]


def test_binary_cross_entropy_needs_sigmoid(client, name):
    problem = client.post("/v1/models", samples.model(name, last="linear", loss="binary_cross_entropy"),
                          expect=400)
    assert problem.pointers() == ["/layers/1/activation"] and "sigmoid" in problem.json["detail"]


@pytest.mark.parametrize("loss, last", [("binary_cross_entropy", "sigmoid"), ("hinge", "tanh"),
                                        ("quantile", "linear")])
def test_gradients_pass_their_check(client, name, loss, last):
    client.post("/v1/models", samples.model(name, (6, 3), last=last, loss=loss, inputs=2), expect=201)
    asked = {"instances": [[0.3, -1], [2, 0.5]], "targets": [[0, 1, 1], [1, 0, 1]]}
    checked = client.post(f"/v1/models/{name}/gradcheck", asked).json
    assert checked["verdict"] == "passed", checked
    whole = client.post(f"/v1/models/{name}/gradients", {**asked, "fields": ["x", "dx", "ds"]}).json
    output = whole["layers"][-1]
    slope = {"sigmoid": lambda x: x * (1 - x), "tanh": lambda x: 1 - x * x, "linear": lambda x: 1}
    for x, dx, ds in zip(*(output[field] for field in ("x", "dx", "ds"))):
        for i in range(3):
            assert math.isclose(ds[i], dx[i] * slope[last](x[i]), rel_tol=1e-5, abs_tol=1e-7)


def test_label_smoothing_keeps_the_probabilities_apart(client, name):
    client.put_csv(name, samples.blobs_text(90))
    most = []
    for smoothing in (0, 0.3):
        model = f"{name}-{smoothing}"
        client.post("/v1/models", samples.model(model, label_smoothing=smoothing), expect=201)
        client.train(**samples.job(model, name, epochs=60))
        rows = [[3.0 * math.cos(i) for i in range(4)]]
        answer = client.post(f"/v1/models/{model}/predict", {"instances": rows}).json
        most.append(max(answer["predictions"][0]["probabilities"].values()))
    assert most[0] > 0.95 and 0.7 < most[1] < 0.9
