"""Data sets for the tests: the shipped digits, and small ones made from a seed."""
import csv
import math
import pathlib
import random

from daemon import ROOT

DATA = ROOT / "clients/data"
MNIST = ROOT.parent / "shared/data/mnist"

DIGITS_MODEL = {"layers": [{"units": 128, "activation": "relu"},
                           {"units": 10, "activation": "softmax"}],
                "loss": "cross_entropy", "seed": 1}


def digits_text(part):
    return (DATA / f"digits-{part}.csv").read_text()


def digits_rows(part):
    """[(inputs, label)] of the shipped digits."""
    with open(DATA / f"digits-{part}.csv", newline="") as file:
        records = list(csv.reader(file))
    return [([float(cell) for cell in record[:-1]], record[-1]) for record in records[1:]]


def blobs_text(rows, labels=("a", "b", "c"), features=4, seed=1):
    """Gaussian clouds, one for each label: an easy set of classes."""
    draw = random.Random(seed)
    lines = [",".join([f"x{i}" for i in range(features)] + ["label"])]
    for row in range(rows):
        index = row % len(labels)
        centre = [3.0 * math.cos(index + i) for i in range(features)]
        lines.append(",".join([f"{draw.gauss(c, 0.5):.4f}" for c in centre] + [labels[index]]))
    return "\n".join(lines) + "\n"


def surface_text(rows, seed=1, noise=0.02):
    """Two real targets, smooth functions of three inputs."""
    draw = random.Random(seed)
    lines = ["a,b,c,height,slope"]
    for _ in range(rows):
        a, b, c = (draw.uniform(-2, 2) for _ in range(3))
        height = math.sin(a) + 0.5 * b * c + draw.gauss(0, noise)
        slope = math.cos(a) - 0.3 * b + draw.gauss(0, noise)
        lines.append(f"{a:.5f},{b:.5f},{c:.5f},{height:.5f},{slope:.5f}")
    return "\n".join(lines) + "\n"


def model(name, units=(8, 3), activation="tanh", last="softmax", loss="cross_entropy", **more):
    """The body that creates a model."""
    layers = [{"units": u, "activation": activation} for u in units[:-1]]
    layers.append({"units": units[-1], "activation": last})
    return {"name": name, "layers": layers, "loss": loss, "seed": 1, **more}


def job(name, dataset=None, **more):
    """The body that starts a job."""
    return {"model": name, "dataset": dataset or name, "epochs": 3, "batch_size": 16,
            "optimizer": {"type": "sgd", "learning_rate": 0.05, "momentum": 0.9}, "seed": 1, **more}


def endless(name, dataset=None, **more):
    """A job that outlasts any test: to be cancelled, or left behind."""
    return job(name, dataset, **{"epochs": 1000000, "batch_size": 1, **more})
