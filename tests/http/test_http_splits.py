"""Which rows a job holds out: the kinds of "validation"."""
import pytest

import samples

ENDLESS_FOLDS = 10001


def ready(client, name, rows=90, text=None):
    client.put_csv(name, text or samples.blobs_text(rows), target="label")
    client.post("/v1/models", samples.model(name), expect=201)


def folded_text(rows, folds):
    """Blobs with a column that numbers folds, and one that counts days backwards."""
    lines = samples.blobs_text(rows).splitlines()
    out = [lines[0].replace(",label", ",fold,day,part,seen,label")]
    for i, line in enumerate(lines[1:]):
        values, label = line.rsplit(",", 1)
        part, seen = ("east", "west")[i % 2], f"20{10 + i // 12}-{i % 12 + 1:02}-05T10:00"
        out.append(f"{values},{i % folds},{rows - i},{part},{seen},{label}")
    return "\n".join(out) + "\n"


@pytest.mark.parametrize("validation, held", [
    ({"fraction": 0.25}, 22),
    ({"fraction": 0.25, "stratify": True}, 22),
    ({"fraction": 0.25, "order": "last"}, 22),
    ({"fraction": 0.25, "order": "time"}, 22),
    ({"fraction": 0.25, "order": "time", "time_column": "day"}, 22),
    ({"folds": 4, "fold": 3}, 22),
    ({"folds": 4, "fold": 0, "stratify": True}, 23),
    ({"column": "fold", "value": "2"}, 18),
    ({"column": "label", "value": "b"}, 30),
    ({"column": "part", "value": "west"}, 45),
    ({"fraction": 0.25, "order": "time", "time_column": "seen"}, 22),
    ({"fraction": 0.25, "every_epochs": 3, "every_steps": 2, "max_share": 0.5}, 22),
])
def test_each_kind_trains_and_is_verified(client, name, validation, held):
    ready(client, name, text=folded_text(90, 5))
    job = client.train(**samples.job(name, validation=validation))
    assert job["validation"] == validation
    assert (job["rows"], job["validation_rows"]) == (90, held)
    assert job["validation_loss"] is not None
    assert client.post(f"/v1/jobs/{job['id']}/verify", {"threads": 1}).json["verified"]


@pytest.mark.parametrize("validation, field", [
    ({"column": "part", "value": "north"}, "value"),
    ({"fraction": 0.2, "order": "time", "time_column": "part"}, "time_column")])
def test_labels_have_no_order_and_must_be_there(client, name, validation, field):
    ready(client, name, text=folded_text(90, 5))
    client.refused("POST", "/v1/jobs", samples.job(name, validation=validation), status=400,
                   pointer=f"/validation/{field}")


def test_what_splits_the_rows_is_no_feature(client, name):
    ready(client, name, text=folded_text(90, 5))
    client.train(**samples.job(name, validation={"column": "part", "value": "west"}))
    columns = client.get(f"/v1/models/{name}").json["columns"]
    assert [column["name"] for column in columns] == ["x0", "x1", "x2", "x3", "fold", "day", "seen"]
    instance = {"x0": 1, "x1": 0, "x2": 0, "x3": 1, "part": "west"}
    client.post(f"/v1/models/{name}/predict", {"instances": [instance]})


def test_the_split_is_part_of_the_receipt(client, name):
    client.put_csv(name, folded_text(90, 5), target="label")
    found = set()
    kinds = [{"fraction": 0.2}, {"fraction": 0.2, "stratify": True},
             {"fraction": 0.2, "order": "last"}, {"column": "fold", "value": 1},
             {"column": "fold", "value": 2}, {"folds": 5, "fold": 0}, {"folds": 5, "fold": 1}]
    for i, validation in enumerate(kinds):
        client.post("/v1/models", samples.model(f"{name}-{i}"), expect=201)
        receipt = client.train(**samples.job(f"{name}-{i}", name, validation=validation))["receipt"]
        found.add((receipt["configuration_sha256"], receipt["weights_sha256"]))
    assert len({configuration for configuration, _ in found}) == len(kinds)
    assert len({weights for _, weights in found}) == len(kinds)


def test_another_data_set_is_held_out(client, name):
    ready(client, name)
    client.put_csv(f"{name}-other", samples.blobs_text(40, seed=2), target="label")
    job = client.train(**samples.job(name, validation={"dataset": f"{name}-other"}))
    assert (job["rows"], job["validation_rows"]) == (90, 40)
    evaluated = client.post(f"/v1/models/{name}/evaluate", {"dataset": f"{name}-other"}).json
    assert evaluated["loss"] == pytest.approx(job["validation_loss"], rel=1e-9)
    assert evaluated["metrics"]["accuracy"] == job["metrics"]["validation_accuracy"]
    client.post("/v1/models", samples.model(f"{name}-none"), expect=201)
    none = client.train(**samples.job(f"{name}-none", name, validation={"fraction": 0}))
    assert none["receipt"]["weights_sha256"] == job["receipt"]["weights_sha256"]
    client.put_csv(f"{name}-other", samples.blobs_text(41, seed=2), target="label", expect=200)
    client.refused("POST", f"/v1/jobs/{job['id']}/verify", {}, status=409)


def test_a_held_out_data_set_stays_while_the_job_runs(client, name, endless_job):
    ready(client, name)
    client.put_csv(f"{name}-other", samples.blobs_text(40, seed=2), target="label")
    endless_job(**samples.endless(name, validation={"dataset": f"{name}-other"}))
    client.refused("DELETE", f"/v1/datasets/{name}-other", status=409)


def test_epochs_between_have_no_validation(client, name):
    ready(client, name)
    validation = {"fraction": 0.25, "every_epochs": 3}
    job = client.train(**samples.job(name, epochs=8, validation=validation))
    points = client.get(f"/v1/jobs/{job['id']}/metrics").json["points"]
    looked = [point["epoch"] for point in points if point["validation_loss"] is not None]
    assert looked == [3, 6, 8]
    assert job["best"]["epoch"] in looked
    client.post("/v1/models", samples.model(f"{name}-usual"), expect=201)
    usual = client.train(**samples.job(f"{name}-usual", name, epochs=8, validation={"fraction": 0.25}))
    assert usual["receipt"]["weights_sha256"] == job["receipt"]["weights_sha256"]
    assert usual["receipt"]["configuration_sha256"] != job["receipt"]["configuration_sha256"]


@pytest.mark.parametrize("validation, status, pointer", [
    ({"fraction": 0.95}, 400, "fraction"),
    ({"fraction": 0.5, "fold": 1}, 400, "fold"),
    ({"folds": 3}, 400, "fold"),
    ({"folds": 3, "fold": 3}, 400, "fold"),
    ({"folds": 1, "fold": 0}, 400, "folds"),
    ({"folds": 91, "fold": 0}, 400, "folds"),
    ({"folds": ENDLESS_FOLDS, "fold": 0}, 400, "folds"),
    ({"order": "sideways"}, 400, "order"),
    ({"order": "time", "time_column": "label"}, 400, "time_column"),
    ({"order": "time", "time_column": "when"}, 400, "time_column"),
    ({"column": "when", "value": 1}, 400, "column"),
    ({"column": "x0"}, 400, "value"),
    ({"column": "x0", "value": 99}, 400, "value"),
    ({"column": "label", "value": "zebra"}, 400, "value"),
    ({"fraction": 0.5, "every_epochs": 0}, 400, "every_epochs"),
    ({"fraction": 0.5, "every_steps": -1}, 400, "every_steps"),
    ({"fraction": 0.5, "max_share": 0}, 400, "max_share"),
    ({"dataset": "nowhere"}, 404, "dataset"),
    ({"dataset": "x" * 65}, 404, "dataset"),
    ({"dataset": "x" * 128}, 400, "dataset"),
])
def test_what_cannot_be_held_out_is_refused(client, name, validation, status, pointer):
    ready(client, name)
    client.refused("POST", "/v1/jobs", samples.job(name, validation=validation), status=status,
                   pointer=f"/validation/{pointer}")


def test_a_held_out_data_set_must_fit(client, name):
    ready(client, name)
    client.put_csv(f"{name}-narrow", samples.blobs_text(30, features=3), target="label")
    client.put_csv(f"{name}-new", samples.blobs_text(30, labels=("a", "z")), target="label")
    client.put_csv(f"{name}-named", samples.blobs_text(30).replace("x3", "z3"), target="label")
    for other in (f"{name}-narrow", f"{name}-new", f"{name}-named", name):
        client.refused("POST", "/v1/jobs", samples.job(name, validation={"dataset": other}),
                       status=400, pointer="/validation/dataset")
    client.put_csv(f"{name}-reals", samples.surface_text(30), target="height,slope")
    client.post("/v1/models", samples.model(f"{name}-reals", (4, 2), last="linear", loss="mse"),
                expect=201)
    client.refused("POST", "/v1/jobs",
                   samples.job(f"{name}-reals", validation={"fraction": 0.1, "stratify": True}),
                   status=400, pointer="/validation/stratify")
