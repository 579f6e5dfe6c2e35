"""What evaluate answers: metrics of classes and of reals, and the predictions it was made from."""
import csv
import io
import math

import pytest

import samples


@pytest.fixture
def blobs(client, name):
    """Three classes, a model that was trained a little, and rows of two of them."""
    client.put_csv(name, samples.blobs_text(120), target="label")
    client.put_csv(f"{name}-two", samples.blobs_text(40, labels=("a", "b")), target="label")
    client.post("/v1/models", samples.model(name), expect=201)
    client.train(**samples.job(name, epochs=1))
    return name


@pytest.fixture
def surface(client, name):
    client.put_csv(name, samples.surface_text(60), target="height,slope")
    client.post("/v1/models", samples.model(name, (8, 2), last="linear", loss="mse"), expect=201)
    client.train(**samples.job(name, epochs=2))
    return name


def evaluate(client, name, dataset=None, **more):
    return client.post(f"/v1/models/{name}/evaluate", {"dataset": dataset or name, **more}).json


def table_of(client, name, dataset=None):
    answer = client.post(f"/v1/models/{name}/evaluate",
                         {"dataset": dataset or name, "predictions": "csv"})
    assert answer.content_type == "text/csv"
    expected = f'attachment; filename="{name}-{dataset or name}.csv"'
    assert answer.headers["content-disposition"] == expected
    return list(csv.DictReader(io.StringIO(answer.body.decode(), newline="")))


def test_classes_are_counted(client, blobs):
    found = evaluate(client, blobs)
    rows = table_of(client, blobs)
    assert [int(row["row"]) for row in rows] == list(range(1, 121))
    classes = found["classes"]
    assert classes == ["a", "b", "c"]
    counts = [[sum(row["target"] == t and row["prediction"] == p for row in rows) for p in classes]
              for t in classes]
    assert found["confusion_matrix"] == counts
    right = sum(counts[k][k] for k in range(3))
    assert found["metrics"]["accuracy"] == pytest.approx(right / 120)
    assert found["metrics"]["micro_f1"] == found["metrics"]["accuracy"]
    for k, entry in enumerate(found["per_class"]):
        taken = sum(row[k] for row in counts)
        assert entry["class"] == classes[k] and entry["support"] == 40
        assert entry["recall"] == pytest.approx(counts[k][k] / 40)
        assert entry["precision"] == pytest.approx(counts[k][k] / taken if taken else 0)
        assert entry["f1"] == pytest.approx(2 * counts[k][k] / (40 + taken))
    f1 = [entry["f1"] for entry in found["per_class"]]
    assert found["metrics"]["macro_f1"] == pytest.approx(sum(f1) / 3)


def test_ranks_and_probabilities(client, blobs):
    found, rows = evaluate(client, blobs, top_k=2), table_of(client, blobs)
    outputs = [{k: float(row[f"output_{k}"]) for k in "abc"} for row in rows]
    lost = [-math.log(x[row["target"]]) for x, row in zip(outputs, rows)]
    assert found["metrics"]["log_loss"] == pytest.approx(sum(lost) / 120, rel=1e-6)
    assert found["loss"] == pytest.approx(sum(lost) / 120, rel=1e-5)
    hits = sum(x[row["target"]] > min(x.values()) for x, row in zip(outputs, rows))
    assert found["top_k"] == 2
    assert found["metrics"]["top_k_accuracy"] == pytest.approx(hits / 120)
    for entry in found["per_class"]:
        k = entry["class"]
        inside = [x[k] for x, row in zip(outputs, rows) if row["target"] == k]
        outside = [x[k] for x, row in zip(outputs, rows) if row["target"] != k]
        wins = sum((i > o) + 0.5 * (i == o) for i in inside for o in outside)
        assert entry["auc"] == pytest.approx(wins / len(inside) / len(outside), abs=1e-12)
    areas = [entry["auc"] for entry in found["per_class"]]
    assert found["metrics"]["auc"] == pytest.approx(sum(areas) / 3)
    assert evaluate(client, blobs)["metrics"]["top_k_accuracy"] is None  # 3 of 3


def test_an_absent_class_has_no_auc(client, blobs):
    found = evaluate(client, blobs, f"{blobs}-two")
    assert found["metrics"]["auc"] is None and "no rows" in found["auc_note"]
    assert found["per_class"][2]["support"] == 0 and found["per_class"][2]["auc"] is None
    assert len(found["confusion_matrix"]) == 3


def test_predictions_are_those_of_predict(client, blobs):
    found = evaluate(client, blobs, f"{blobs}-two", predictions=True)
    text = samples.blobs_text(40, labels=("a", "b")).splitlines()[1:]
    rows = [[float(cell) for cell in line.split(",")[:-1]] for line in text]
    answer = client.post(f"/v1/models/{blobs}/predict", {"instances": rows}).json
    assert found["predictions"] == answer["predictions"]
    assert found["rows"] == 40 and found["model_version"] == answer["model_version"]
    assert "predictions" not in evaluate(client, blobs, predictions=False)


def test_reals_by_target(client, surface):
    found, rows = evaluate(client, surface), table_of(client, surface)
    assert [entry["target"] for entry in found["per_target"]] == ["height", "slope"]
    residual, spread = 0, 0
    for entry in found["per_target"]:
        y = [float(row[f"target_{entry['target']}"]) for row in rows]
        x = [float(row[f"prediction_{entry['target']}"]) for row in rows]
        errors = [a - b for a, b in zip(y, x)]
        mean = sum(y) / 60
        square, total = sum(e * e for e in errors), sum((a - mean) ** 2 for a in y)
        assert entry["mse"] == pytest.approx(square / 60)
        assert entry["rmse"] == pytest.approx(math.sqrt(square / 60))
        assert entry["mae"] == pytest.approx(sum(map(abs, errors)) / 60)
        assert entry["r2"] == pytest.approx(1 - square / total)
        residual, spread = residual + square, spread + total
    assert found["metrics"]["mse"] == pytest.approx(residual / 120)
    assert found["metrics"]["r2"] == pytest.approx(1 - residual / spread)
    factors = client.get(f"/v1/models/{surface}").json["target_scaling"]["factor"]
    scaled = [entry["mse"] * factor ** 2 for entry, factor in zip(found["per_target"], factors)]
    assert found["loss"] == pytest.approx(sum(scaled) / 2, rel=1e-5)
    assert "per_class" not in found and "classes" not in found
    assert len(evaluate(client, surface, predictions=True)["predictions"]) == 60


def test_one_target_and_one_output(client, name):
    quoted = '"x,""y"'
    lines = ["a,kind"] + [f"{i / 10},{quoted if i < 20 else 'no'}" for i in range(40)]
    client.put_csv(name, "\n".join(lines) + "\n")
    body = samples.model(name, (4, 1), last="sigmoid", loss="binary_cross_entropy")
    client.post("/v1/models", body, expect=201)
    client.train(**samples.job(name, epochs=40))
    found, rows = evaluate(client, name), table_of(client, name)
    assert found["classes"] == ["no", 'x,"y']
    assert {row["target"] for row in rows} == {"no", 'x,"y'}
    assert set(rows[0]) == {"row", "target", "prediction", 'output_x,"y'}
    assert found["metrics"]["auc"] == 1 and found["metrics"]["accuracy"] > 0.9
    assert found["metrics"]["top_k_accuracy"] is None
    assert [entry["auc"] for entry in found["per_class"]] == [1, 1]


def test_many_classes_are_cut(client, name):
    """Each row its own class: 1001 are no longer shown, and 1048 rows are too many outputs."""
    for rows in (101, 1001):
        lines = ["a,kind"] + [f"{i},k{i}" for i in range(rows)]
        client.put_csv(f"{name}-{rows}", "\n".join(lines) + "\n")
        client.post("/v1/models", samples.model(f"{name}-{rows}", (2, rows)), expect=201)
        client.train(**samples.job(f"{name}-{rows}", epochs=1, validation={"fraction": 0}))
    some, many = evaluate(client, f"{name}-101"), evaluate(client, f"{name}-1001")
    assert some["confusion_matrix"] is None and len(some["per_class"]) == 101
    assert many["per_class"] is None and many["classes"] is None
    assert many["metrics"]["macro_f1"] is not None
    lines = ["a,kind"] + [f"{i},k{i % 1001}" for i in range(1048)]
    client.put_csv(f"{name}-1048", "\n".join(lines) + "\n")
    for form in (True, "csv"):
        refused = client.refused("POST", f"/v1/models/{name}-1001/evaluate",
                                 {"dataset": f"{name}-1048", "predictions": form}, status=400,
                                 pointer="/predictions")
        assert "1048 instances of 1001 outputs; at most 1048576" in refused.json["detail"]


@pytest.mark.parametrize("more, pointer", [
    ({"top_k": 0}, "/top_k"), ({"top_k": 65537}, "/top_k"), ({"top_k": "3"}, "/top_k"),
    ({"predictions": "xml"}, "/predictions"), ({"predictions": 1}, "/predictions"),
    ({"prediction": True}, "/prediction"),
])
def test_what_cannot_be_asked(client, blobs, more, pointer):
    client.refused("POST", f"/v1/models/{blobs}/evaluate", {"dataset": blobs, **more}, status=400,
                   pointer=pointer)
