"""Real tables, from the file as it was published to a model that is as good as it should be.

They lie beside the project, in ../shared/data; without that folder these tests skip. The marks are
those of a plain multi-layer perceptron on the same data.
"""
import gzip
import re

import pytest
from daemon import ROOT

DATA = ROOT.parent / "shared/data"

needs_data = pytest.mark.skipif(not DATA.is_dir(), reason="no real data sets: ../shared/data is missing")
pytestmark = needs_data


def read(path):
    return (DATA / path).read_bytes()


def put(client, name, body, query=""):
    return client.call("PUT", f"/v1/datasets/{name}{query}", body, expect=client_expects(client, name)).json


def client_expects(client, name):
    return 200 if client.call("GET", f"/v1/datasets/{name}").status == 200 else 201


def fit(client, name, units, last, dataset, epochs, **more):
    """A model with one hidden layer, trained."""
    model = more.pop("model", {})
    layers = [{"units": units}, {"activation": last}]
    client.post("/v1/models", {"name": name, "layers": layers, "seed": 1, **model}, expect=201)
    job = client.train(model=name, dataset=dataset, epochs=epochs, seed=1, **more)
    return job


def evaluate(client, name, dataset):
    return client.post(f"/v1/models/{name}/evaluate", {"dataset": dataset}).json["metrics"]


def rows_where(text, numbers):
    """The lines of a table without header: those that are among the numbers, and the others."""
    lines = text.strip().split("\n")
    chosen = [line for i, line in enumerate(lines) if i in numbers]
    return "\n".join(chosen) + "\n", "\n".join(
        line for i, line in enumerate(lines) if i not in numbers) + "\n"


def test_adult(client, name):
    """Mixed types, missing values as ?; the test file ends its labels with a point."""
    train = put(client, f"{name}-train", read("adult/adult-train.csv"), "?header=false")
    assert train["rows"] == 32561 and train["classes"] == ["<=50K", ">50K"]
    types = [column["type"] for column in train["columns"]]
    assert types.count("categorical") == 9 and types.count("numeric") == 6
    missing = {column["name"]: column["missing"] for column in train["columns"]}
    assert missing["c1"] == 1836 and missing["c6"] == 1843 and missing["c13"] == 583
    body = read("adult/adult-test.csv").replace(b".\n", b"\n")
    put(client, f"{name}-test", body, "?header=false")
    fit(client, name, 32, "softmax", f"{name}-train", 10, batch_size=64)
    metrics = evaluate(client, name, f"{name}-test")
    assert metrics["accuracy"] >= 0.85, metrics
    assert metrics["auc"] >= 0.9


def test_adult_predicts_raw_rows(client, name):
    put(client, name, read("adult/adult-train.csv"), "?header=false")
    fit(client, name, 16, "softmax", name, 3)
    row = [39, "State-gov", 77516, "Bachelors", 13, "Never-married", "Adm-clerical",
           "Not-in-family", "White", "Male", 2174, 0, 40, "United-States"]
    named = {f"c{i}": cell for i, cell in reversed(list(enumerate(row)))}
    some = {key: named[key] for key in ("c0", "c3", "c5")}
    strange = {**named, "c13": "Atlantis", "c1": None}
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [row]}).json
    wanted = answer["predictions"][0]
    assert wanted["class"] == "<=50K"
    for instance in (named, some, strange):
        got = client.post(f"/v1/models/{name}/predict", {"instances": [instance]}).json
        assert got["predictions"][0]["class"] in ("<=50K", ">50K")
        if instance is named:
            assert got["predictions"][0] == wanted


def test_california_housing(client, name):
    """Missing values, a category, and a target in dollars."""
    whole = put(client, name, read("california-housing/housing.csv"), "?target=median_house_value")
    assert whole["rows"] == 20640
    missing = {column["name"]: column["missing"] for column in whole["columns"]}
    assert missing["total_bedrooms"] == 207
    job = fit(client, name, 64, "linear", name, 40, validation={"fraction": 0.2}, batch_size=64,
              optimizer={"type": "adam", "learning_rate": 0.003},
              schedule={"type": "cosine"})
    assert job["metrics"]["validation_r2"] >= 0.77, job["metrics"]
    answer = client.post(f"/v1/models/{name}/predict", {"instances": [
        {"longitude": -122.23, "latitude": 37.88, "housing_median_age": 41, "total_rooms": 880,
         "population": 322, "households": 126, "median_income": 8.3252,
         "ocean_proximity": "NEAR BAY"}]}).json
    dollars = answer["predictions"][0]["outputs"][0]
    assert 200000 < dollars < 700000, answer


def test_optdigits(client, name):
    """The last 1,797 rows are the official test."""
    lines = [line for line in read("optdigits/optdigits.arff").decode().split("\n")
             if re.match(r"\d", line)]
    assert len(lines) == 5620
    put(client, f"{name}-train", "\n".join(lines[:3823]), "?header=false")
    put(client, f"{name}-test", "\n".join(lines[3823:]), "?header=false")
    fit(client, name, 128, "softmax", f"{name}-train", 30)
    metrics = evaluate(client, name, f"{name}-test")
    assert metrics["accuracy"] >= 0.95, metrics


@pytest.mark.parametrize("path, rows, mark", [("iris/iris.csv", 150, 0.9),
                                              ("wine/wine.csv", 178, 0.9),
                                              ("banknote/banknote_authentication.csv", 1372, 0.99)])
def test_small_tables_of_classes(client, name, path, rows, mark):
    """Five folds, stratified; the mean of their accuracies."""
    whole = put(client, name, read(path), "?header=false")
    assert whole["rows"] == rows
    right = []
    for fold in range(5):
        job = fit(client, f"{name}-{fold}", 16, "softmax", name, 80, batch_size=16,
                  optimizer={"type": "adam", "learning_rate": 0.01},
                  validation={"folds": 5, "fold": fold, "stratify": True})
        right.append(job["metrics"]["validation_accuracy"])
    assert sum(right) / 5 >= mark, right


def test_concrete(client, name):
    """The first of the 20 published splits; the literature has an RMSE of 5.98 MPa."""
    text = re.sub(r"[ \t]+", ",", read("reg-concrete/data.txt").decode().replace("\r", ""))
    text = re.sub(r",?\n,?", "\n", text).strip(",\n") + "\n"
    held_out = {int(float(n)) for n in read("reg-concrete/index_test_0.txt").split()}
    test, train = rows_where(text, held_out)
    put(client, f"{name}-train", train, "?header=false&types=c8:numeric")
    put(client, f"{name}-test", test, "?header=false&types=c8:numeric")
    fit(client, name, 50, "linear", f"{name}-train", 200, batch_size=32,
        optimizer={"type": "adam", "learning_rate": 0.01}, schedule={"type": "cosine"})
    metrics = evaluate(client, name, f"{name}-test")
    assert metrics["rmse"] <= 6.5 and metrics["r2"] >= 0.8, metrics


def test_mnist_from_the_files_as_they_are(client, name):
    """Images and labels as two .gz bodies, in curl's words: -T FILE URL."""
    for part, rows in (("train", 60000), ("t10k", 10000)):
        images = put(client, f"{name}-{part}", read(f"mnist/{part}-images-idx3-ubyte.gz"))
        assert (images["rows"], images["features"]) == (rows, 784)
        labels = read(f"mnist/{part}-labels-idx1-ubyte.gz")
        both = client.call("PUT", f"/v1/datasets/{name}-{part}/target?name=digit", labels,
                           expect=200).json
        assert both["classes"] == [str(digit) for digit in range(10)]
        assert len(gzip.decompress(labels)) == rows + 8
    fit(client, name, 128, "softmax", f"{name}-train", 5, batch_size=64)
    metrics = evaluate(client, name, f"{name}-t10k")
    assert metrics["accuracy"] >= 0.97, metrics
    client.delete(f"/v1/datasets/{name}-train")
    client.delete(f"/v1/datasets/{name}-t10k")
