"""Bad input: a problem that names the field at fault, and nothing lost or half made."""
import json

import pytest
import samples

INVALID = 400


@pytest.fixture
def ready(client, name):
    """A data set and a model of that name that fit each other, trained a little."""
    client.put_csv(name, samples.blobs_text(90))
    client.post("/v1/models", samples.model(name), expect=201)
    client.train(**samples.job(name, epochs=1))
    return name


def changed(body, path, value):
    """A deep copy of `body` with `value` at the JSON pointer `path`; the last part may be new."""
    body = json.loads(json.dumps(body))
    *parents, last = path.strip("/").split("/")
    place = body
    for part in parents:
        place = place[int(part)] if isinstance(place, list) else place[part]
    place[int(last) if isinstance(place, list) else last] = value
    return body


# --- models ----------------------------------------------------------------------------------

MODEL = samples.model("never-made", (8, 3), inputs=4)


@pytest.mark.parametrize("pointer", ["/colour", "/layers/0/colour"])
def test_unknown_field_of_a_model(client, pointer):
    client.refused("POST", "/v1/models", changed(MODEL, pointer, 1), status=INVALID,
                   pointer=pointer)


@pytest.mark.parametrize("pointer, value", [
    ("/name", 7), ("/layers", {}), ("/layers/0", 3), ("/layers/0/units", "8"),
    ("/layers/0/units", 8.5), ("/layers/0/units", True), ("/layers/1/activation", 1),
    ("/loss", None), ("/inputs", "4"), ("/seed", "one"), ("/seed", -1), ("/seed", 1.5),
    ("/layers/0/layer_norm", 1), ("/layers/0/residual", "yes"), ("/preprocessing", False), ("/layers/0/units", [8])])
def test_wrong_type_in_a_model(client, pointer, value):
    client.refused("POST", "/v1/models", changed(MODEL, pointer, value), status=INVALID,
                   pointer=pointer)


@pytest.mark.parametrize("pointer, value", [
    ("/layers/0/units", 0), ("/layers/0/units", -3), ("/layers/0/units", 65537),
    ("/layers/1/units", 10**18), ("/inputs", 0), ("/inputs", 10**12), ("/layers", [])])
def test_size_of_zero_or_beyond_the_limits(client, pointer, value):
    client.refused("POST", "/v1/models", changed(MODEL, pointer, value), status=INVALID,
                   pointer=pointer)


def test_too_many_layers(client):
    layers = [{"units": 2, "activation": "relu"}] * 64 + MODEL["layers"][-1:]
    client.refused("POST", "/v1/models", {**MODEL, "layers": layers}, status=INVALID,
                   pointer="/layers")


def test_too_many_parameters(client):
    body = samples.model("never-made", (65536, 65536, 3), inputs=65536)
    client.refused("POST", "/v1/models", body, status=INVALID, pointer="/layers")


@pytest.mark.parametrize("pointer, value", [
    ("/layers/0/activation", "swish9"), ("/loss", "hinges"), ("/preprocessing", "whiten"),
    ("/initializer", "luck"), ("/bias_initializer", "orthogonal"), ("/layers/0/activation", "softmax"),
    ("/layers/1/activation", "linear"), ("/name", ""), ("/name", "a b"), ("/name", "../up"),
    ("/name", "x" * 65), ("/name", "-x")])
def test_unknown_word_or_bad_name_in_a_model(client, pointer, value):
    answer = client.refused("POST", "/v1/models", changed(MODEL, pointer, value),
                            status=INVALID)
    assert any(p.startswith(pointer.rsplit("/", 1)[0] or "/") for p in answer.pointers())


@pytest.mark.parametrize("initial, pointer", [
    ({"initializer": "constant"}, "/initializer_value"),
    ({"initializer": "zeros", "initializer_value": 0}, "/initializer_value"),
    ({"initializer": "constant", "initializer_value": 1e39}, "/initializer_value"),
    ({"bias_initializer": "constant"}, "/bias_value"),
    ({"bias_initializer": "uniform", "bias_value": 1}, "/bias_value"),
    ({"bias_initializer": "constant", "bias_value": "one"}, "/bias_value")])
def test_value_of_another_initializer(client, initial, pointer):
    client.refused("POST", "/v1/models", {**MODEL, **initial}, status=INVALID, pointer=pointer)


# Every table of words: where it is given, in which request, and the document's schema of it.
VOCABULARIES = [
    ("models", "/layers/0/activation", "Activation"), ("models", "/loss", "Loss"),
    ("models", "/initializer", "Initializer"), ("models", "/bias_initializer", "BiasInitializer"),
    ("models", "/preprocessing", "Preprocessing"), ("jobs", "/optimizer/type", "OptimizerType"),
    ("jobs", "/schedule/type", "ScheduleType"), ("jobs", "/schedule/per", "ScheduleUnit"),
    ("jobs", "/early_stopping/metric", "Monitor"), ("jobs", "/reduction", "BatchReduction"),
    ("gradients", "/reduction", "Reduction"), ("gradients", "/fields/0", "GradientField"),
    ("jacobian", "/method", "JacobianRequest/method")]


@pytest.mark.parametrize("word", ["swish9", "", "RELU", "relu "])
@pytest.mark.parametrize("what, pointer, schema", VOCABULARIES)
def test_an_unknown_word_is_answered_with_the_known(client, contract, ready, what, pointer, schema,
                                                    word):
    name, *field = schema.split("/")
    known = contract.document["components"]["schemas"][name]
    known = (known["properties"][field[0]] if field else known)["enum"]
    rows = {"instances": [[1, 2, 3, 4]]}
    target, body = {
        "models": ("/v1/models", MODEL),
        "jobs": ("/v1/jobs", samples.job(ready, schedule={"type": "step"}, early_stopping={})),
        "gradients": (f"/v1/models/{ready}/gradients", {**rows, "fields": ["x"]}),
        "jacobian": (f"/v1/models/{ready}/jacobian", rows)}[what]
    answer = client.refused("POST", target, changed(body, pointer, word), status=INVALID,
                            pointer=pointer)
    assert ", ".join(known) in answer.json["detail"], answer.json


def test_orthogonal_layers_that_take_too_long(client):
    body = samples.model("never-made", (5000, 5000, 3), inputs=4, initializer="orthogonal")
    client.refused("POST", "/v1/models", body, status=INVALID, pointer="/initializer")


def test_residual_connection_between_widths_that_differ(client, name):
    client.refused("POST", "/v1/models", changed(MODEL, "/layers/0/residual", True),
                   status=INVALID, pointer="/layers/0/residual")
    client.refused("POST", "/v1/models", changed(MODEL, "/layers/1/residual", True),
                   status=INVALID, pointer="/layers/1/residual")
    body = changed(samples.model(name, (8, 3)), "/layers/0/residual", True)
    client.post("/v1/models", body, expect=201)  # its inputs are open until it meets data
    client.put_csv(name, samples.blobs_text(30))
    client.refused("POST", "/v1/jobs", samples.job(name), status=INVALID,
                   pointer="/model/layers/0/residual")


@pytest.mark.parametrize("missing", ["name", "layers"])
def test_missing_field_of_a_model(client, missing):
    body = {key: value for key, value in MODEL.items() if key != missing}
    answer = client.refused("POST", "/v1/models", body, status=INVALID)
    assert missing in answer.body.decode()


def test_second_model_of_the_same_name(client, ready):
    before = client.get(f"/v1/models/{ready}/parameters").json["sha256"]
    client.refused("POST", "/v1/models", samples.model(ready, (99, 3)), status=409,
                   pointer="/name")
    assert client.get(f"/v1/models/{ready}/parameters").json["sha256"] == before


# --- data sets -------------------------------------------------------------------------------

def refused_csv(client, name, text, status=INVALID, target=None):
    query = f"?target={target}" if target else ""
    return client.refused("PUT", f"/v1/datasets/{name}{query}", text, status=status,
                          content_type="text/csv")


@pytest.mark.parametrize("row", ["1,2", "1,2,3,a", "", "1"])
def test_row_of_the_wrong_width(client, name, row):
    answer = refused_csv(client, name, f"x,y,kind\n1,2,a\n{row}\n1,2,b\n")
    assert answer.place()[0] == 3


@pytest.mark.parametrize("cell", ["two", "1.5x", "inf", "-inf", "1e999", "0x10", "1_0"])
def test_text_where_a_number_should_be_with_line_and_column(client, name, cell):
    answer = refused_csv(client, name, f"x,y,kind\n1,.5,a\n1,2,b\n3,{cell},b\n")
    assert answer.place() == (4, 2)


def test_bad_cell_far_into_a_stream(client, name):
    lines = samples.blobs_text(20000).splitlines()
    lines[15000] = lines[15000].replace(",", ",oops", 1)
    answer = refused_csv(client, name, "\n".join(lines))
    assert answer.place() == (15001, 2)


@pytest.mark.parametrize("text, status", [
    ("", INVALID), ("x,y,kind\n", INVALID), ("x,y,kind", INVALID),
    ("\n\n\n", INVALID)])
def test_empty_dataset(client, name, text, status):
    refused_csv(client, name, text, status)


@pytest.mark.parametrize("text", ["x,x,kind\n1,2,a\n", "x,,kind\n1,2,a\n", "x\n1\n",
                                  'x,y\n1,"open\n', 'x,y\n1,a"b\n', "x,y\n1,a\0b\n"])
def test_malformed_csv(client, name, text):
    with client.nothing_changes():
        answer = client.call("PUT", f"/v1/datasets/{name}", text, content_type="text/csv")
        assert answer.status in (400, INVALID)


def test_target_that_is_no_column(client, name):
    refused_csv(client, name, "x,y\n1,2\n", target="z")


def test_replacing_with_a_bad_body_keeps_the_old_one(client, name):
    before = client.put_csv(name, samples.blobs_text(30)).json
    refused_csv(client, name, "x,y\n1,a\n2")
    assert client.get(f"/v1/datasets/{name}").json == before


@pytest.mark.parametrize("body, pointer", [
    ({"columns": ["x", "y"], "rows": []}, "/rows"),
    ({"columns": ["x", "y"], "rows": [[1, 2], [3]]}, "/rows/1"),
    ({"columns": ["x", "y"], "rows": [[0.5, 2], ["three", 2]]}, "/rows/1/0"),
    ({"columns": ["x", "y"], "rows": [[1, 2], [2, None]]}, "/rows/1/1"),
    ({"columns": ["x", "y"], "rows": [[1, [2]]]}, "/rows/0/1"),
    ({"columns": ["x", 5], "rows": [[1, 2]]}, "/columns/1"),
    ({"columns": ["x", "y"], "rows": {}}, "/rows"),
    ({"columns": ["x", "y"], "rows": [3]}, "/rows/0"),
    ({"columns": ["x", "y"], "rows": [[1, 2]], "more": 1}, "/more")])
def test_bad_json_rows(client, name, body, pointer):
    client.refused("PUT", f"/v1/datasets/{name}", body, status=INVALID, pointer=pointer)


@pytest.mark.parametrize("bad", ["a%20b", "-x", "x" * 65, "%c3%a9"])
def test_bad_name_of_a_dataset(client, bad):
    with client.nothing_changes():
        answer = client.call("PUT", f"/v1/datasets/{bad}", "x,y\n1,2\n", content_type="text/csv")
        assert answer.status in (400, 404, INVALID)


def test_unknown_type_of_a_body(client, name):
    client.refused("PUT", f"/v1/datasets/{name}", "<x/>", status=415, content_type="text/xml")
    client.refused("POST", "/v1/models", "<x/>", status=415, content_type="text/xml")


def test_deleting_a_dataset_that_a_running_job_uses(client, ready, endless_job):
    job = endless_job(**samples.endless(ready))
    answer = client.refused("DELETE", f"/v1/datasets/{ready}", status=409)
    assert str(job) in answer.json["detail"] or ready in answer.json["detail"]
    refused_csv(client, ready, samples.blobs_text(30), status=409)
    client.refused("DELETE", f"/v1/models/{ready}", status=409)
    assert client.job(job)["state"] == "running"
    client.call("POST", f"/v1/jobs/{job}/cancel")
    client.wait(job)
    client.delete(f"/v1/datasets/{ready}")
    client.delete(f"/v1/models/{ready}")


# --- jobs ------------------------------------------------------------------------------------

@pytest.mark.parametrize("pointer", ["/colour", "/optimizer/colour", "/validation/colour",
                                     "/regularization/colour", "/gradient_clipping/colour"])
def test_unknown_field_of_a_job(client, ready, pointer):
    body = samples.job(ready, validation={"fraction": 0.1}, regularization={}, gradient_clipping={})
    client.refused("POST", "/v1/jobs", changed(body, pointer, 1), status=INVALID,
                   pointer=pointer)


@pytest.mark.parametrize("pointer, value", [
    ("/model", 5), ("/dataset", None), ("/epochs", "3"), ("/epochs", 1.5), ("/batch_size", []),
    ("/optimizer", "sgd"), ("/optimizer/type", 3), ("/optimizer/learning_rate", "fast"),
    ("/optimizer/momentum", None), ("/shuffle", "yes"), ("/validation", 0.1),
    ("/validation/fraction", "half"), ("/threads", "all"), ("/seed", -1),
    ("/regularization", 0.1), ("/regularization/l1", "much"), ("/gradient_clipping", True),
    ("/gradient_clipping/norm", None), ("/activation_checkpointing", 1),
    ("/activation_checkpointing", "yes")])
def test_wrong_type_in_a_job(client, ready, pointer, value):
    body = samples.job(ready, validation={"fraction": 0.1}, regularization={}, gradient_clipping={})
    client.refused("POST", "/v1/jobs", changed(body, pointer, value), status=INVALID,
                   pointer=pointer)


@pytest.mark.parametrize("pointer, value", [
    ("/epochs", 0), ("/epochs", -1), ("/epochs", 10**7), ("/batch_size", 0),
    ("/batch_size", 2**21), ("/optimizer/learning_rate", 0), ("/optimizer/learning_rate", -0.1),
    ("/optimizer/learning_rate", 1e39), ("/optimizer/momentum", 1), ("/optimizer/momentum", -0.5),
    ("/validation/fraction", 1), ("/validation/fraction", -0.1), ("/optimizer/type", "luck"),
    ("/regularization/l1", -1), ("/regularization/l2", -1e-9), ("/regularization/max_norm", -2),
    ("/regularization/dropout", 1), ("/regularization/dropout", -0.1),
    ("/regularization/input_dropout", 1.5), ("/regularization/input_noise", -1),
    ("/regularization/input_noise", 1e39),
    ("/gradient_clipping/norm", -1), ("/gradient_clipping/value", 1e39)])
def test_value_of_a_job_beyond_its_limits(client, ready, pointer, value):
    body = samples.job(ready, validation={"fraction": 0.1}, regularization={}, gradient_clipping={})
    client.refused("POST", "/v1/jobs", changed(body, pointer, value), status=INVALID,
                   pointer=pointer)


@pytest.mark.parametrize("pointer, value", [
    ("/regularization/l1", 0.1), ("/regularization/max_norm", 1), ("/gradient_clipping/norm", 1),
    ("/regularization/dropout", 0.5), ("/regularization/input_noise", 0.1),
    ("/gradient_clipping/value", 1), ("/optimizer/history", 0), ("/optimizer/history", 1.5),
    ("/optimizer/tolerance", -1), ("/optimizer/momentum", 0.9), ("/batch_size", 16)])
def test_what_lbfgs_does_not_take(client, ready, pointer, value):
    body = samples.job(ready, regularization={}, gradient_clipping={}, optimizer={"type": "lbfgs"})
    del body["batch_size"]
    client.refused("POST", "/v1/jobs", changed(body, pointer, value), status=INVALID,
                   pointer=pointer)


def test_job_on_what_is_not_there(client, ready):
    for pointer in ("/model", "/dataset"):
        answer = client.refused("POST", "/v1/jobs", changed(samples.job(ready), pointer, "nobody"),
                                status=404)
        assert pointer in answer.pointers()


def test_model_of_other_dimensions_than_the_data(client, ready, name):
    few = samples.blobs_text(90, features=3)
    many = samples.blobs_text(90, labels=("a", "b", "c", "d"))
    client.put_csv(f"{name}-few", few)
    client.put_csv(f"{name}-many", many)
    for other in ("few", "many"):
        answer = client.refused("POST", "/v1/jobs", samples.job(ready, f"{name}-{other}"),
                                status=INVALID)
        assert set(answer.pointers()) <= {"/model", "/dataset"}
    client.refused("POST", f"/v1/models/{ready}/evaluate", {"dataset": f"{name}-few"},
                   status=INVALID)


def test_label_never_seen(client, ready, name):
    client.put_csv(f"{name}-new", samples.blobs_text(90, labels=("a", "b", "zebra")))
    answer = client.refused("POST", "/v1/jobs", samples.job(ready, f"{name}-new"),
                            status=INVALID, pointer="/dataset")
    assert "zebra" in answer.body.decode()
    answer = client.refused("POST", f"/v1/models/{ready}/evaluate", {"dataset": f"{name}-new"},
                            status=INVALID, pointer="/dataset")
    assert "zebra" in answer.body.decode()


def test_real_targets_for_classes_and_text_for_reals(client, name):
    client.put_csv(f"{name}-real", "x,y\n1,0.5\n2,0.25\n")
    client.post("/v1/models", samples.model(name, (4, 2), inputs=1), expect=201)
    client.refused("POST", "/v1/jobs", samples.job(name, f"{name}-real"), status=INVALID)


def test_training_to_divergence(client, name):
    client.put_csv(name, samples.surface_text(100), target="height,slope")
    client.post("/v1/models", samples.model(name, (16, 2), "linear", "linear", "mse"), expect=201)
    wild = {"type": "sgd", "learning_rate": 1e6, "momentum": 0.9}
    job = client.wait(client.start_job(**samples.job(name, epochs=100, optimizer=wild)))
    assert job["state"] == "failed", job
    assert job["error"]["code"] == "diverged"
    assert job["error"]["epoch"] >= 1 and job["error"]["step"] >= 1
    assert job["error"]["message"]
    client.get(f"/v1/jobs/{job['id']}/metrics")
    # Nothing of it stays in the model: gentler training goes well.
    gentle = {"type": "sgd", "learning_rate": 1e-3}
    client.train(**samples.job(name, optimizer=gentle))
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [[0, 0, 0]]}).json
    assert all(abs(value) < 100 for value in answer["predictions"][0]["outputs"])


def test_divergence_keeps_the_last_good_weights(client, name):
    client.put_csv(name, samples.surface_text(100), target="height,slope")
    client.post("/v1/models", samples.model(name, (16, 2), "linear", "linear", "mse"), expect=201)
    client.train(**samples.job(name, optimizer={"type": "sgd", "learning_rate": 1e-3}))
    asked = {"instances": [[0, 0, 0]]}
    before = client.get(f"/v1/models/{name}").json["version"]
    wild = {"type": "sgd", "learning_rate": 1e6, "momentum": 0.9}
    job = client.wait(client.start_job(**samples.job(name, epochs=100, optimizer=wild)))
    assert job["state"] == "failed"
    after = client.post(f"/v1/models/{name}/predict", asked).json  # finite: JSON knows no other
    assert after["model_version"] >= before


# --- predict and evaluate --------------------------------------------------------------------

@pytest.mark.parametrize("body, pointer", [
    ({"instances": [[1, 2, 3]]}, "/instances/0"),
    ({"instances": [[1, 2, 3, 4], [1, 2, 3, 4, 5]]}, "/instances/1"),
    ({"instances": [[1, 2, 3, "four"]]}, "/instances/0/3"),
    ({"instances": [[1, 2, 3, True]]}, "/instances/0/3"),
    ({"instances": [7]}, "/instances/0"),
    ({"instances": 7}, "/instances"),
    ({"instances": []}, "/instances"),
    ({"instances": [[1, 2, 3, 1e300]]}, "/instances/0/3"),
    ({"instances": [[1, 2, 3, 4]], "colour": 1}, "/colour"),
    ({}, "/instances")])
def test_bad_instances(client, ready, body, pointer):
    client.refused("POST", f"/v1/models/{ready}/predict", body, status=INVALID,
                   pointer=pointer)


def test_predicting_before_any_training(client, name):
    body = samples.model(name)
    client.post("/v1/models", body, expect=201)  # inputs are open
    client.refused("POST", f"/v1/models/{name}/predict", {"instances": [[1, 2]]}, status=409)
    client.refused("GET", f"/v1/models/{name}/parameters", status=409)
    client.put_csv(name, samples.blobs_text(9))
    client.refused("POST", f"/v1/models/{name}/evaluate", {"dataset": name}, status=409)


@pytest.mark.parametrize("body, status, pointer", [
    ({}, INVALID, "/dataset"), ({"dataset": 3}, INVALID, "/dataset"),
    ({"dataset": "nobody"}, 404, "/dataset"), ({"dataset": "x", "y": 1}, INVALID, "/y")])
def test_bad_evaluation(client, ready, body, status, pointer):
    client.refused("POST", f"/v1/models/{ready}/evaluate", body, status=status, pointer=pointer)


# --- bodies and queries ----------------------------------------------------------------------

@pytest.mark.parametrize("text", ["", "{", "{]", "nul", '{"name": "a",}', "[1, 2", '{"a": 1} x',
                                  '{"name": "a", "name": "b"}', '{"name": "\\ud800"}',
                                  '{"seed": NaN}', '{"name": "a\\u0000b"}', b'{"name": "\xff"}'])
def test_bad_json(client, text):
    client.refused("POST", "/v1/models", text, status=400, content_type="application/json")


@pytest.mark.parametrize("text", ["[]", "3", '"model"', "null"])
def test_json_that_is_no_object(client, text):
    with client.nothing_changes():
        answer = client.call("POST", "/v1/models", text, content_type="application/json")
        assert answer.status in (400, INVALID)


def test_place_of_a_json_error(client):
    answer = client.refused("POST", "/v1/models", '{\n  "name": oops\n}', status=400,
                            content_type="application/json")
    assert answer.place()[0] == 2


def test_json_nested_too_deep(client):
    with client.nothing_changes():
        answer = client.call("POST", "/v1/models", "[" * 200000, content_type="application/json")
        assert answer.status in (400, 413)


def test_json_body_beyond_its_limit(client):
    with client.nothing_changes():
        answer = client.call("POST", "/v1/models", " " * (2 << 20),
                             content_type="application/json", headers={"Connection": "close"})
        assert answer.status == 413
    client.close()


@pytest.mark.parametrize("path", ["/v1/jobs/0", "/v1/jobs/999999", "/v1/jobs/-1", "/v1/jobs/one",
                                  "/v1/jobs/18446744073709551616", "/v1/jobs/1.5", "/v1/jobs/+1"])
def test_job_that_is_not_there(client, path):
    client.call("GET", path, expect=404)
    client.call("GET", f"{path}/metrics", expect=404)
    client.call("POST", f"{path}/cancel", expect=404)
    client.call("DELETE", path, expect=404)


@pytest.mark.parametrize("query", ["after=x", "after=-1", "max_points=0", "max_points=x",
                                   "colour=1", "after="])
def test_bad_query_of_the_history(client, ready, query):
    job = client.get("/v1/jobs?limit=1").json["jobs"][0]["id"]
    answer = client.call("GET", f"/v1/jobs/{job}/metrics?{query}")
    assert answer.status in (400, INVALID), answer.body


@pytest.mark.parametrize("path", ["/v1/datasets/nobody", "/v1/models/nobody",
                                  "/v1/models/nobody/parameters"])
def test_what_is_not_there_is_404(client, path):
    client.call("GET", path, expect=404)
