"""Gradients, gradient checks and Jacobians: the mathematics over REST, redone here in numpy."""
import json
import math
import struct

import numpy
import pytest

import samples

INVALID = 400


def gradients(client, name, expect=200, **body):
    return client.post(f"/v1/models/{name}/gradients", body, expect=expect)


@pytest.fixture
def classifier(client, name):
    """A trained net 4-6-3 on labels a, b, c."""
    client.put_csv(name, samples.blobs_text(120))
    client.post("/v1/models", samples.model(name, (6, 3)), expect=201)
    client.train(**samples.job(name))
    return name


@pytest.fixture
def fresh(client, name):
    """A net 2-3-2 with real outputs that has met no data, so that nothing is scaled."""
    body = samples.model(name, (3, 2), activation="relu", last="linear", loss="mse", inputs=2)
    client.post("/v1/models", body, expect=201)
    return name


def weights(client, name):
    layers = client.get(f"/v1/models/{name}/parameters").json["layers"]
    return [(numpy.array(layer["weights"]), numpy.array(layer["biases"])) for layer in layers]


def by_hand(parameters, x, y):
    """x, s, dx, ds by layer of the mean loss of a relu, linear net with mse."""
    (w1, b1), (w2, b2) = parameters
    s1 = x @ w1.T + b1
    x1 = numpy.maximum(s1, 0)
    s2 = x1 @ w2.T + b2
    dx2 = 2 * (s2 - y) / s2.size
    dx1 = dx2 @ w2
    ds1 = dx1 * (s1 > 0)
    loss = ((s2 - y) ** 2).mean()
    return loss, [{"x": x, "dx": ds1 @ w1},
                  {"x": x1, "s": s1, "dx": dx1, "ds": ds1, "dw": ds1.T @ x, "db": ds1.sum(0)},
                  {"x": s2, "s": s2, "dx": dx2, "ds": dx2, "dw": dx2.T @ x1, "db": dx2.sum(0)}]


ROWS = [[1, 2], [-0.5, 0.25], [3, -1], [0.125, 0.5]]
TARGETS = [[1, 0], [0.5, -1], [2, 2], [0, 0.75]]


def test_all_quantities_of_a_minibatch(client, fresh):
    answer = gradients(client, fresh, instances=ROWS, targets=TARGETS).json
    loss, layers = by_hand(weights(client, fresh), numpy.array(ROWS), numpy.array(TARGETS))
    assert answer["reduction"] == "mean" and answer["non_finite"] == []
    assert math.isclose(answer["loss"], loss, rel_tol=1e-6)
    assert [layer["layer"] for layer in answer["layers"]] == [0, 1, 2]
    for given, wanted in zip(answer["layers"], layers):
        assert set(given) == set(wanted) | {"layer"}
        for field, value in wanted.items():
            assert numpy.allclose(given[field], value, rtol=1e-5, atol=1e-6), field


def test_reductions_agree(client, fresh):
    asked = {"instances": ROWS, "targets": TARGETS, "fields": ["dw", "db", "ds"], "layers": [1]}
    by_row, mean, total = (gradients(client, fresh, reduction=r, **asked).json
                           for r in ("none", "mean", "sum"))
    assert len(by_row["loss"]) == 4
    assert math.isclose(sum(by_row["loss"]), total["loss"], rel_tol=1e-6)
    assert math.isclose(mean["loss"] * 4, total["loss"], rel_tol=1e-6)
    for field in ("dw", "db"):
        rows, m, s = (numpy.array(a["layers"][0][field]) for a in (by_row, mean, total))
        assert rows.shape == (4, *m.shape)
        assert numpy.allclose(rows.sum(0), s, rtol=1e-5, atol=1e-6)
        assert (numpy.float32(m) * 4 == numpy.float32(s)).all()  # a power of two: exact
    assert by_row["layers"][0]["ds"] == total["layers"][0]["ds"]


def normalized_and_residual(name):
    """2-3-3 with mse: a normalised silu, then a residual, normalised gelu."""
    return {"name": name, "inputs": 2, "loss": "mse", "seed": 5, "layers": [
        {"units": 3, "activation": "silu", "layer_norm": True},
        {"units": 3, "activation": "gelu", "layer_norm": True, "residual": True}]}


def test_layer_norm_and_residual(client, name):
    client.post("/v1/models", normalized_and_residual(name), expect=201)
    model = client.get(f"/v1/models/{name}").json
    assert [layer["residual"] for layer in model["layers"]] == [False, True]
    assert [layer["layer_norm"] for layer in model["layers"]] == [True, True]
    assert model["parameters"] == 2 * 3 + 3 + 2 * 3 + 3 * 3 + 3 + 2 * 3
    layers = client.get(f"/v1/models/{name}/parameters").json["layers"]
    assert all(layer["gamma"] == [1, 1, 1] and layer["beta"] == [0, 0, 0] for layer in layers)

    x = numpy.array(ROWS)
    targets = [[1, 0, 2], [0.5, -1, 0], [2, 2, 1], [0, 0.75, 1]]
    answer = gradients(client, name, instances=ROWS, targets=targets).json["layers"]
    for layer, given in zip(layers, answer[1:]):
        s = x @ numpy.array(layer["weights"]).T + layer["biases"]
        z = (s - s.mean(1, keepdims=True)) / numpy.sqrt(s.var(1, keepdims=True) + 1e-5)
        erf = numpy.vectorize(math.erf)
        x = z / (1 + numpy.exp(-z)) if given["layer"] == 1 else x + z * (1 + erf(z / 2**0.5)) / 2
        assert numpy.allclose(given["s"], s, rtol=1e-5, atol=1e-6)
        assert numpy.allclose(given["x"], x, rtol=1e-4, atol=1e-5)
        assert {"dgamma", "dbeta"} < set(given)
    asked = {"instances": ROWS, "targets": targets}
    check = client.post(f"/v1/models/{name}/gradcheck", asked).json
    assert check["verdict"] == "passed" and check["checked"] == model["parameters"], check
    assert client.post(f"/v1/models/{name}/jacobian", {"instances": ROWS}).status == 200


def test_fields_that_a_layer_lacks(client, fresh):
    client.refused("POST", f"/v1/models/{fresh}/gradients",
                   {"instances": ROWS, "targets": TARGETS, "fields": ["dgamma"]}, status=INVALID,
                   pointer="/fields")


def test_without_targets_only_the_forward_pass(client, classifier):
    answer = gradients(client, classifier, instances=[[1, 2, 3, 4]]).json
    assert answer["loss"] is None
    assert [set(layer) - {"layer"} for layer in answer["layers"]] == [{"x"}, {"x", "s"}, {"x", "s"}]
    predicted = client.post(f"/v1/models/{classifier}/predict", {"instances": [[1, 2, 3, 4]]}).json
    assert answer["layers"][2]["x"][0] == predicted["predictions"][0]["outputs"]


def test_labels_are_targets(client, classifier):
    answer = gradients(client, classifier, instances=[[1, 2, 3, 4]] * 3, targets=["c", "a", "b"],
                       fields=["x", "ds", "dx"], reduction="none").json
    out = answer["layers"][2]
    for row, target in enumerate([2, 0, 1]):
        p = numpy.array(out["x"][row])
        assert numpy.allclose(out["ds"][row], p - numpy.eye(3)[target], atol=1e-6)
        assert numpy.allclose(out["dx"][row], -numpy.eye(3)[target] / p, rtol=1e-5)
        assert math.isclose(answer["loss"][row], -math.log(p[target]), rel_tol=1e-4)


def test_numbers_are_labels_too(client, name):
    client.put_csv(name, samples.blobs_text(60, labels=("7", "3", "10")))
    client.post("/v1/models", samples.model(name, (4, 3)), expect=201)
    client.train(**samples.job(name))
    row = [[1, 2, 3, 4]]
    one = gradients(client, name, instances=row, targets=[7]).json
    assert one == gradients(client, name, instances=row, targets=["7"]).json
    client.refused("POST", f"/v1/models/{name}/gradients", {"instances": row, "targets": [8]},
                   status=INVALID, pointer="/targets/0")


def test_a_net_without_data_takes_indices(client, name):
    client.post("/v1/models", samples.model(name, (4, 3), inputs=2), expect=201)
    answer = gradients(client, name, instances=[[1, 2]], targets=[2], fields=["ds"], layers=[2])
    ds = answer.json["layers"][0]["ds"][0]
    assert ds[2] < 0 < ds[0] and math.isclose(sum(ds), 0, abs_tol=1e-6)
    for target in (3, -1, "a", 1.5):
        client.refused("POST", f"/v1/models/{name}/gradients",
                       {"instances": [[1, 2]], "targets": [target]}, status=INVALID,
                       pointer="/targets/0")


def test_what_is_not_finite_is_named(client, fresh):
    answer = gradients(client, fresh, instances=[[3e38, 3e38]], targets=[[0, 0]],
                       fields=["s"]).json
    nulls = [[layer["layer"], 0, unit] for layer in answer["layers"]
             for unit, value in enumerate(layer["s"][0]) if value is None]
    assert nulls, answer
    named = [[entry["layer"], *entry["index"]] for entry in answer["non_finite"]]
    assert named == nulls
    assert {entry["field"] for entry in answer["non_finite"]} == {"s"}


def tensors(body):
    """A safetensors file as {name: array}, read by its definition."""
    (size,) = struct.unpack_from("<Q", body)
    header = json.loads(body[8:8 + size])
    data = body[8 + size:]
    metadata = header.pop("__metadata__")
    assert (8 + size) % 8 == 0
    assert max(entry["data_offsets"][1] for entry in header.values()) == len(data)
    return metadata, {name: numpy.frombuffer(data[slice(*entry["data_offsets"])], "<f4")
                      .reshape(entry["shape"]) for name, entry in header.items()}


@pytest.mark.parametrize("accept", ["application/x-safetensors",
                                    "application/octet-stream, application/json;q=0.5"])
def test_safetensors_hold_the_same_numbers(client, fresh, accept):
    asked = {"instances": ROWS, "targets": TARGETS, "reduction": "none"}
    raw = client.call("POST", f"/v1/models/{fresh}/gradients", asked, expect=200,
                      headers={"Accept": accept})
    assert raw.content_type == "application/x-safetensors"
    metadata, found = tensors(raw.body)
    assert metadata == {"reduction": "none", "model_version": "0"}
    answer = gradients(client, fresh, **asked).json
    assert (numpy.float32(answer["loss"]) == found.pop("loss")).all()
    for layer in answer["layers"]:
        for field in set(layer) - {"layer"}:
            value = found.pop(f"layers.{layer['layer']}.{field}")
            assert (numpy.float32(layer[field]) == value).all()
    assert not found


@pytest.mark.parametrize("body, pointer", [
    ({"targets": ["a"]}, "/instances"),
    ({"instances": [], "targets": []}, "/instances"),
    ({"instances": [[1, 2, 3]], "targets": ["a"]}, "/instances/0"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["a", "b"]}, "/targets"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["zebra"]}, "/targets/0"),
    ({"instances": [[1, 2, 3, 4]] * 2, "targets": ["a", 1.5]}, "/targets/1"),
    ({"instances": [[1, 2, 3, 4]] * 2, "targets": ["a", None]}, "/targets/1"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["a"], "fields": ["dw", "dz"]}, "/fields/1"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["a"], "fields": [1]}, "/fields/0"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["a"], "fields": []}, "/fields"),
    ({"instances": [[1, 2, 3, 4]], "targets": ["a"], "fields": ["s"], "layers": [0]}, "/fields"),
    ({"instances": [[1, 2, 3, 4]], "fields": ["dw"]}, "/targets"),
    ({"instances": [[1, 2, 3, 4]], "layers": [1, 3]}, "/layers/1"),
    ({"instances": [[1, 2, 3, 4]], "layers": [-1]}, "/layers/0"),
    ({"instances": [[1, 2, 3, 4]], "reduction": "median"}, "/reduction"),
    ({"instances": [[1, 2, 3, 4]], "colour": 1}, "/colour")])
def test_bad_gradients_requests(client, classifier, body, pointer):
    client.refused("POST", f"/v1/models/{classifier}/gradients", body, status=INVALID,
                   pointer=pointer)


def test_targets_of_real_outputs(client, fresh):
    for targets, pointer in (([1], "/targets/0"), ([[1]], "/targets/0"), ([[1, "x"]], "/targets/0/1"),
                             ([[1, 1e300]], "/targets/0/1"), ([["a", 2]], "/targets/0/0")):
        client.refused("POST", f"/v1/models/{fresh}/gradients",
                       {"instances": [[1, 2]], "targets": targets}, status=INVALID, pointer=pointer)


@pytest.mark.parametrize("loss, last", [("binary_cross_entropy", "sigmoid"), ("hinge", "linear")])
def test_targets_of_losses_of_labels(client, name, loss, last):
    for outputs, cases in ((1, [(2, "/targets/1"), (-1, "/targets/1"), ([1.5], "/targets/1/0"),
                                (True, "/targets/1"), ("yes", "/targets/1")]),
                           (2, [([0, 2], "/targets/1/1"), ([-0.5, 0], "/targets/1/0"),
                                (1, "/targets/1"), ([1], "/targets/1")])):
        model = f"{name}-{outputs}"
        client.post("/v1/models", samples.model(model, (3, outputs), last=last, loss=loss,
                                                inputs=2), expect=201)
        good = 1 if outputs == 1 else [0, 0.5]
        for what in ("gradients", "gradcheck"):
            path = f"/v1/models/{model}/{what}"
            asked = {"instances": [[1, 2], [0, 1]], "targets": [good, good]}
            client.post(path, asked, expect=200)
            for target, pointer in cases:
                client.refused("POST", path, {**asked, "targets": [good, target]}, status=INVALID,
                               pointer=pointer)


@pytest.mark.parametrize("what", ["gradients", "gradcheck", "jacobian"])
def test_rows_as_a_careless_person_sends_them(client, fresh, what):
    path = f"/v1/models/{fresh}/{what}"
    targets = {} if what == "jacobian" else {"targets": [[1, 0], [0, 1]]}
    for instances, pointer in (
            (3, "/instances"), ({}, "/instances"), (None, "/instances"), ("1,2", "/instances"),
            ([1, 2], "/instances/0"), ([[1, 2], []], "/instances/1"),
            ([[1, 2], [1, 2, 3]], "/instances/1"), ([[1, 2], None], "/instances/1"),
            ([[1, 2], [1, None]], "/instances/1/1"), ([[1, 2], ["1", 2]], "/instances/1/0"),
            ([[1, 2], [1, "NaN"]], "/instances/1/1"), ([[1, 2], [1, True]], "/instances/1/1"),
            ([[1, 2], [-1e39, 2]], "/instances/1/0")):
        client.refused("POST", path, {"instances": instances, **targets}, status=INVALID,
                       pointer=pointer)
    for number in ("NaN", "Infinity", "1e999"):  # no JSON: refused with line and column
        body = f'{{"instances": [[{number}, 2]]}}'
        refused = client.refused("POST", path, body, status=INVALID, content_type="application/json")
        assert refused.place()[0] == 1, refused.json


@pytest.mark.parametrize("what", ["gradients", "gradcheck"])
def test_targets_as_a_careless_person_sends_them(client, fresh, what):
    path = f"/v1/models/{fresh}/{what}"
    for targets, pointer in (
            (0, "/targets"), (None, "/targets"), ({}, "/targets"), ([], "/targets"),
            ([[1, 0], [1, 0]], "/targets"), ([None], "/targets/0"), ([[]], "/targets/0"),
            ([[1, 0, 0]], "/targets/0"), ([[1, "NaN"]], "/targets/0/1"),
            ([[1, None]], "/targets/0/1"), ([[1e39, 0]], "/targets/0/0")):
        client.refused("POST", path, {"instances": [[1, 2]], "targets": targets}, status=INVALID,
                       pointer=pointer)
    if what == "gradcheck":
        client.refused("POST", path, {"instances": [[1, 2]]}, status=INVALID, pointer="/targets")


def test_an_answer_has_a_largest_size(client, name):
    body = samples.model(name, (3000, 2000), activation="relu", last="linear", loss="mse", inputs=1)
    client.post("/v1/models", body, expect=201)
    asked = {"instances": [[1]], "targets": [[0] * 2000]}
    refused = client.refused("POST", f"/v1/models/{name}/gradients", asked, status=INVALID,
                             pointer="/fields")
    assert "64 MiB" in refused.json["detail"]
    gradients(client, name, fields=["db"], **asked)
    client.refused("POST", f"/v1/models/{name}/gradients", {"instances": [[1]] * 1000},
                   status=INVALID, pointer="/instances")
    client.refused("POST", f"/v1/models/{name}/jacobian", {"instances": [[1]]}, status=413)


# --- checks ----------------------------------------------------------------------------------

def test_every_parameter_of_a_trained_net(client, classifier):
    rows = [[1, 2, 3, 4], [-1, 0.5, 0, 2], [0, 0, 1, -1]]
    asked = {"instances": rows, "targets": ["a", "b", "c"]}
    answer = client.post(f"/v1/models/{classifier}/gradcheck", asked).json
    parameters = 4 * 6 + 6 + 6 * 3 + 3
    assert answer["verdict"] == "passed", answer
    assert answer["parameters"] == parameters
    assert answer["checked"] + answer["at_kinks"] == parameters
    assert answer["finite_difference"]["worst_relative_error"] < answer["threshold"] == 1e-6
    assert answer["engine"]["worst_relative_error"] < 1e-5
    worst = answer["engine"]
    layer = gradients(client, classifier, layers=[worst["layer"]], **asked).json["layers"][0]
    found = layer["db"][worst["unit"]] if worst["parameter"] == "bias" \
        else layer["dw"][worst["unit"]][worst["input"]]
    assert numpy.float32(found) == numpy.float32(worst["float32"])


def test_a_wide_step_fails_the_check(client, classifier):
    asked = {"instances": [[1, 2, 3, 4]], "targets": ["a"], "epsilon": 0.5}
    answer = client.post(f"/v1/models/{classifier}/gradcheck", asked).json
    assert answer["verdict"] == "failed"
    assert answer["finite_difference"]["worst_relative_error"] > 1e-6
    lax = client.post(f"/v1/models/{classifier}/gradcheck", {**asked, "threshold": 1}).json
    assert lax["finite_difference"] == answer["finite_difference"]


def test_a_sample_from_a_seed(client, classifier):
    asked = {"instances": [[1, 2, 3, 4]], "targets": ["a"], "sample": 5, "seed": 3}
    answer = client.post(f"/v1/models/{classifier}/gradcheck", asked).json
    assert answer["checked"] + answer["at_kinks"] == 5
    assert client.post(f"/v1/models/{classifier}/gradcheck", asked).json == answer


@pytest.mark.parametrize("more, pointer", [
    ({"targets": ["zebra"]}, "/targets/0"), ({"targets": []}, "/targets"),
    ({"sample": -1}, "/sample"), ({"epsilon": 0}, "/epsilon"), ({"epsilon": 2}, "/epsilon"),
    ({"threshold": 0}, "/threshold"), ({"fields": ["x"]}, "/fields")])
def test_bad_checks(client, classifier, more, pointer):
    body = {"instances": [[1, 2, 3, 4]], "targets": ["a"], **more}
    client.refused("POST", f"/v1/models/{classifier}/gradcheck", body, status=INVALID,
                   pointer=pointer)


def test_a_check_that_would_take_long(client, name):
    body = samples.model(name, (400, 1), last="linear", loss="mse", inputs=100)
    client.post("/v1/models", body, expect=201)
    asked = {"instances": [[0.5] * 100], "targets": [1]}
    refused = client.refused("POST", f"/v1/models/{name}/gradcheck", asked, status=INVALID,
                             pointer="/sample")
    assert "sample at most" in refused.json["detail"]
    answer = client.post(f"/v1/models/{name}/gradcheck", {**asked, "sample": 50}).json
    assert answer["verdict"] == "passed", answer


# --- Jacobians -------------------------------------------------------------------------------

def outputs(client, name, rows):
    answer = client.post(f"/v1/models/{name}/predict", {"instances": rows}).json
    return numpy.array([p["outputs"] for p in answer["predictions"]])


def test_a_jacobian_is_the_slope_of_predictions(client, classifier):
    row, h = [1.0, 2.0, 0.5, -1.0], 0.02
    answer = client.post(f"/v1/models/{classifier}/jacobian", {"instances": [row, row]}).json
    assert answer["method"] == "jacobian"
    assert answer["outputs"] == ["a", "b", "c"] and answer["inputs"] == ["x0", "x1", "x2", "x3"]
    found = numpy.array(answer["jacobian"])
    assert found.shape == (2, 3, 4) and (found[0] == found[1]).all()
    moved = [[x + side * h * (i == j) for i, x in enumerate(row)]
             for j in range(4) for side in (1, -1)]
    slopes = outputs(client, classifier, moved)
    assert numpy.allclose(found[0].T, (slopes[::2] - slopes[1::2]) / (2 * h), atol=2e-3)


def test_attributions_add_up(client, classifier):
    row, baseline = [1.0, 2.0, 0.5, -1.0], [0.0, 0.5, 0.0, 1.0]
    asked = {"instances": [row], "method": "integrated_gradients", "baseline": baseline}
    difference = numpy.subtract(*outputs(client, classifier, [row, baseline]))
    worst = []
    for steps in (5, 100):
        answer = client.post(f"/v1/models/{classifier}/jacobian", {**asked, "steps": steps}).json
        assert answer["steps"] == steps and answer["baseline"] == baseline
        errors = numpy.array(answer["attributions"][0]).sum(1) - difference
        assert numpy.allclose(errors, answer["completeness_error"][0], atol=1e-5)
        worst.append(abs(errors).max())
    assert worst[1] < 1e-3 and worst[1] < worst[0]


def test_the_baseline_is_the_mean_row(client, classifier):
    asked = {"instances": [[1, 2, 3, 4]], "method": "integrated_gradients"}
    answer = client.post(f"/v1/models/{classifier}/jacobian", asked).json
    scaled = gradients(client, classifier, instances=[answer["baseline"]], fields=["x"],
                       layers=[0]).json["layers"][0]["x"][0]
    assert scaled == [0, 0, 0, 0]
    assert answer["steps"] == 50


def test_a_net_without_data_has_no_names(client, fresh):
    answer = client.post(f"/v1/models/{fresh}/jacobian", {"instances": [[1, 2]]}).json
    assert answer["outputs"] is None and answer["inputs"] is None


@pytest.mark.parametrize("more, pointer", [
    ({"method": "lime"}, "/method"), ({"steps": 5}, "/steps"),
    ({"baseline": [0, 0, 0, 0]}, "/baseline"), ({"instances": []}, "/instances"),
    ({"method": "integrated_gradients", "steps": 0}, "/steps"),
    ({"method": "integrated_gradients", "baseline": [0]}, "/baseline"),
    ({"method": "integrated_gradients", "baseline": [0, "x", 0, 0]}, "/baseline/1")])
def test_bad_jacobians(client, classifier, more, pointer):
    body = {"instances": [[1, 2, 3, 4]], **more}
    client.refused("POST", f"/v1/models/{classifier}/jacobian", body, status=INVALID,
                   pointer=pointer)


def test_a_very_long_way_is_refused(client, name):
    body = samples.model(name, (200, 50), last="linear", loss="mse", inputs=100)
    client.post("/v1/models", body, expect=201)
    asked = {"instances": [[0.5] * 100] * 10, "method": "integrated_gradients", "steps": 10000}
    client.refused("POST", f"/v1/models/{name}/jacobian", asked, status=INVALID,
                   pointer="/instances")


@pytest.mark.parametrize("what", ["gradients", "gradcheck", "jacobian"])
def test_models_without_weights(client, name, what):
    body = {"instances": [[1, 2]]}
    if what == "gradcheck":
        body["targets"] = [1]
    client.refused("POST", f"/v1/models/{name}/{what}", body, status=404)
    client.post("/v1/models", samples.model(name), expect=201)  # inputs are open
    client.refused("POST", f"/v1/models/{name}/{what}", body, status=409)
