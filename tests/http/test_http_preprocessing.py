"""Columns of any type through a model: fitted at training, and raw rows at prediction."""
import random

import numpy
import pytest
import samples


LAYERS = [{"units": 6}, {}]
TYPES = "types=zip:categorical"


def table_text(rows=120, seed=1):
    """age, some of them missing; a color; a zip code; a flag; a day; and a price that follows."""
    draw = random.Random(seed)
    out = ["age,color,zip,member,since,price"]
    for i in range(rows):
        age = draw.randrange(20, 70)
        color = draw.choice(["red", "green", "blue"])
        member = draw.choice(["yes", "no"])
        price = 100 + age + {"red": 50, "green": 0, "blue": -50}[color] + draw.random()
        shown = "" if i % 10 == 3 else age
        out.append(f"{shown},{color},{draw.randrange(3)},{member},2024-0{1 + i % 9}-15,{price:.3f}")
    return "\n".join(out) + "\n"


def put_table(client, name, text=None):
    client.call("PUT", f"/v1/datasets/{name}?target=price&{TYPES}", text or table_text(),
                content_type="text/csv", expect=201)


def model(name, **rules):
    body = {"name": name, "layers": LAYERS, "seed": 3}
    return body | ({"preprocessing": rules} if rules else {})


def fit(client, name, epochs=2, **rules):
    put_table(client, name)
    client.post("/v1/models", model(name, **rules), expect=201)
    client.train(model=name, dataset=name, epochs=epochs, threads=1)
    return client.get(f"/v1/models/{name}").json


def predict(client, name, *instances):
    answer = client.post(f"/v1/models/{name}/predict", {"instances": list(instances)}).json
    return [one["values"]["price"] for one in answer["predictions"]]


def columns_of(made):
    return {column["name"]: column for column in made["columns"]}


def test_a_model_shows_what_it_fitted(client, name):
    made = fit(client, name)
    columns = columns_of(made)
    assert list(columns) == ["age", "color", "zip", "member", "since"]
    assert made["inputs"] == 1 + 4 + 4 + 1 + 7
    assert made["features"][:2] == ["age", "color=" + columns["color"]["labels"][0]]
    assert made["features"][4:6] == ["color=(other)", "zip=" + columns["zip"]["labels"][0]]
    assert made["features"][-7] == "since.year"
    assert sorted(columns["color"]["labels"]) == ["blue", "green", "red"]
    assert columns["age"]["fill"] == columns["age"]["shift"]
    assert columns["color"]["fill"] == columns["color"]["labels"][0]
    assert isinstance(columns["member"]["fill"], bool)
    assert len(columns["since"]["fill"]) == 7
    assert made["target_scaling"]["factor"][0] < 0.1
    assert made["preprocessing"] == {"scale": "standardize", "targets": "standardize"}


def test_the_price_is_learned_and_told_in_its_unit(client, name):
    fit(client, name, epochs=300)
    evaluated = client.post(f"/v1/models/{name}/evaluate", {"dataset": name}).json
    assert evaluated["metrics"]["r2"] > 0.9
    red, blue = predict(client, name, [40, "red", "1", True, "2024-03-15"],
                        [40, "blue", "1", True, "2024-03-15"])
    assert 150 < red < 230 and 50 < blue < 130


def test_rows_are_given_in_many_ways(client, name):
    fit(client, name)
    row = {"age": 40, "color": "red", "zip": "1", "member": "yes", "since": "2024-03-15"}
    same = [[40, "red", "1", "yes", "2024-03-15"], row,
            dict(reversed(row.items())),
            row | {"zip": 1, "member": True, "age": "40.0", "color": " red "},
            row | {"zip": 1.0, "member": 1, "since": "2024/03/15", "price": 7}]
    assert len(set(predict(client, name, *same))) == 1
    missing = [[None, "red", "1", "yes", "2024-03-15"], row | {"age": None}, row | {"age": "NA"},
               row | {"age": ""}, {key: row[key] for key in row if key != "age"}]
    assert len(set(predict(client, name, *missing))) == 1
    unseen = [row | {"color": "violet"}, row | {"color": "mauve"}]
    assert len(set(predict(client, name, *unseen))) == 1
    assert predict(client, name, unseen[0]) != predict(client, name, row)


def test_a_missing_value_is_what_the_model_says(client, name):
    columns = columns_of(fit(client, name))
    row = {"age": 40, "color": "red", "zip": "1", "member": "yes", "since": "2024-03-15"}
    for column in ("age", "color", "zip", "member"):
        given = predict(client, name, row | {column: columns[column]["fill"]})
        assert given == predict(client, name, row | {column: None})


@pytest.mark.parametrize("row, pointer", [
    ([40, "red", "1", "yes"], "/instances/0"),
    ([40, "red", "1", "perhaps", "2024-03-15"], "/instances/0/3"),
    (["old", "red", "1", "yes", "2024-03-15"], "/instances/0/0"),
    ([40, ["red"], "1", "yes", "2024-03-15"], "/instances/0/1"),
    ([40, "red", "1", "yes", "yesterday"], "/instances/0/4"),
    ([40, "red", "1", "yes", 20240315], "/instances/0/4"),
    ({"age": True}, "/instances/0/age"),
    ({"colour": "red"}, "/instances/0/colour"),
    (7, "/instances/0"),
])
def test_rows_that_are_refused(client, name, row, pointer):
    fit(client, name, epochs=1)
    client.refused("POST", f"/v1/models/{name}/predict", {"instances": [row]}, status=400,
                   pointer=pointer)


@pytest.mark.parametrize("rule, fill", [
    ({"missing": "mean"}, 3.5), ({"missing": "median"}, 2.5), ({"missing": "most_frequent"}, 1),
    ({"missing": "constant", "fill": -2.5}, -2.5)])
def test_each_rule_for_missing_values(client, name, rule, fill):
    text = "n,y\n1,0.5\n,1.5\n1,2.5\n8,3.5\n4,4.5\n"
    client.put_csv(name, text, target="y")
    body = model(name, scale="none", columns={"n": rule | {"indicator": True}})
    client.post("/v1/models", body, expect=201)
    client.train(model=name, dataset=name, epochs=1, validation={"fraction": 0})
    made = client.get(f"/v1/models/{name}").json
    assert made["features"] == ["n", "n.missing"]
    assert made["columns"] == [{"name": "n", "type": "numeric", "inputs": 2, "missing": rule["missing"],
                                "fill": fill, "indicator": True, "scale": "none", "shift": 0,
                                "factor": 1}]


def test_rows_are_dropped_or_refused(client, name):
    put_table(client, name)
    for rule in ("drop", "refuse"):
        client.post("/v1/models", model(f"{name}-{rule}", columns={"age": {"missing": rule}}),
                    expect=201)
    job = client.train(model=f"{name}-drop", dataset=name, epochs=1)
    assert job["validation_rows"] == 10  # a tenth of the 108 that have an age
    assert job["samples_seen"] == 98
    evaluated = client.post(f"/v1/models/{name}-drop/evaluate", {"dataset": name}).json
    assert evaluated["rows"] == 108
    client.refused("POST", "/v1/jobs", {"model": f"{name}-refuse", "dataset": name}, status=400,
                   pointer="/dataset")
    client.refused("POST", f"/v1/models/{name}-drop/predict", {"instances": [{"color": "red"}]},
                   status=400, pointer="/instances/0/age")


def test_scales(client, name):
    text = "a,b,c,d,y\n" + "".join(f"{n},{n},{n},{n},{n / 2}\n" for n in (0, 10, 2, 4, 1))
    client.put_csv(name, text, target="y")
    body = model(name, scale="none", columns={
        "a": {"scale": "min_max"}, "b": {"scale": "robust"}, "c": {"scale": "log1p"}})
    client.post("/v1/models", body, expect=201)
    client.train(model=name, dataset=name, epochs=1, validation={"fraction": 0})
    made = client.get(f"/v1/models/{name}").json
    columns = columns_of(made)
    logarithms = numpy.log1p([0, 10, 2, 4, 1])
    found = [(columns[c]["shift"], columns[c]["factor"]) for c in "abcd"]
    wanted = [(0, 0.1), (2, 1 / 3), (logarithms.mean(), 1 / logarithms.std()), (0, 1)]
    numpy.testing.assert_allclose(found, wanted, rtol=1e-5)
    assert made["features"] == ["a", "b", "log1p(c)", "d"]
    inputs = client.post(f"/v1/models/{name}/gradients", {
        "instances": [[5, 5, 5, 5]], "fields": ["x"], "layers": [0]}).json["layers"][0]["x"]
    numpy.testing.assert_allclose(
        inputs[0], [0.5, 1, (numpy.log1p(5) - logarithms.mean()) / logarithms.std(), 5], rtol=1e-5)
    client.refused("POST", f"/v1/models/{name}/predict", {"instances": [[1, 1, -1, 1]]},
                   status=400, pointer="/instances/0/2")


def test_the_mathematics_takes_raw_rows(client, name):
    fit(client, name)
    rows = [[40, "red", "1", True, "2024-03-15"], {"color": "blue"}]
    checked = client.post(f"/v1/models/{name}/gradcheck",
                          {"instances": rows, "targets": [190, 60]}).json
    assert checked["verdict"] == "passed"
    found = client.post(f"/v1/models/{name}/jacobian", {"instances": rows}).json
    assert len(found["inputs"]) == len(found["jacobian"][0][0]) == 17
    # d price / d age, in the data's units, by a finite difference
    low, high = predict(client, name, [39.9, "red", "1", True, "2024-03-15"],
                        [40.1, "red", "1", True, "2024-03-15"])
    assert found["jacobian"][0][0][0] == pytest.approx((high - low) / 0.2, rel=0.02, abs=1e-3)
    way = client.post(f"/v1/models/{name}/jacobian", {
        "instances": rows[:1], "method": "integrated_gradients", "baseline": {"age": 20}}).json
    assert abs(way["completeness_error"][0][0]) < 1


def test_targets_as_they_are(client, name):
    put_table(client, name)
    for i, rules in enumerate([{"targets": "none"}, {"scale": "none"}]):
        client.post("/v1/models", model(f"{name}-{i}", **rules), expect=201)
        client.train(model=f"{name}-{i}", dataset=name, epochs=1)
        assert client.get(f"/v1/models/{name}-{i}").json["target_scaling"] is None


@pytest.mark.parametrize("rules, pointer", [
    ({"scale": "whiten"}, "/preprocessing/scale"),
    ({"columns": {"age": {"missing": "guess"}}}, "/preprocessing/columns/age/missing"),
    ({"columns": {"age": {"targets": "none"}}}, "/preprocessing/columns/age/targets"),
    ({"columns": {"a/b": 1}}, "/preprocessing/columns/a~1b"),
    ({"max_categories": 0}, "/preprocessing/max_categories"),
    ({"columns": {str(i): {} for i in range(65)}}, "/preprocessing/columns/64"),
])
def test_rules_that_are_refused(client, name, rules, pointer):
    client.refused("POST", "/v1/models", model(name, **rules), status=400, pointer=pointer)


def test_a_rule_for_a_column_that_is_not_there(client, name):
    put_table(client, name)
    client.post("/v1/models", model(name, columns={"height": {}}), expect=201)
    client.refused("POST", "/v1/jobs", {"model": name, "dataset": name}, status=400,
                   pointer="/model")


def test_a_training_can_be_done_again(client, name):
    put_table(client, name)
    client.post("/v1/models", model(name, indicator=True), expect=201)
    job = client.train(model=name, dataset=name, epochs=2)
    assert client.post(f"/v1/jobs/{job['id']}/verify", {"threads": 2}).json["verified"]


def test_a_restart_keeps_it(start, tmp_path, name):
    first = start(data_dir=tmp_path / "data")
    made = fit(first, name, indicator=True)
    rows = [[None, "violet", "1", True, None], {"age": 33}]
    before = predict(first, name, *rows)
    first.daemon.stop()
    second = start(data_dir=tmp_path / "data")
    assert second.get(f"/v1/models/{name}").json == made | {"jobs": made["jobs"]}
    assert predict(second, name, *rows) == before


def test_words_of_an_upload_stay_categories(client, name):
    """A column whose labels look like numbers, and rows of a data set in another order."""
    fit(client, name)
    text = table_text(30, seed=2).splitlines()
    turned = "\n".join(",".join(reversed(line.split(","))) for line in text) + "\n"
    put_table(client, f"{name}-turned", turned)
    put_table(client, f"{name}-same", "\n".join(text) + "\n")
    found = [client.post(f"/v1/models/{name}/evaluate", {"dataset": f"{name}-{which}"}).json
             for which in ("turned", "same")]
    assert found[0]["loss"] == found[1]["loss"]


def test_words_that_were_missing_at_upload_are_missing_in_predictions(start, tmp_path):
    client = start(data_dir=tmp_path / "data")
    rows = "\n".join(f"{'-999' if i % 5 == 0 else i % 7},{i % 3},{'ab'[i % 2]}" for i in range(60))
    client.call("PUT", "/v1/datasets/d?missing=-999,none", f"u,v,y\n{rows}\n", expect=201,
                content_type="text/csv")
    client.post("/v1/models", samples.model("m", (4, 2)), expect=201)
    client.train(**samples.job("m", "d"))

    def predict(*values):
        body = {"instances": [[value, 1] for value in values]}
        return client.post("/v1/models/m/predict", body).json["predictions"]

    missing, minus, none, seven = predict(None, -999, "none", 7)
    assert missing == minus == none != seven
    client.call("POST", "/v1/models/m/predict", {"instances": [["NA", 1]]}, expect=400)
    added = client.call("POST", "/v1/datasets/d/rows", "u,v,y\n-999,1,a\n", expect=200,
                        content_type="text/csv").json
    assert added["columns"][0]["missing"] == 13
