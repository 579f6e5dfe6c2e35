"""MNIST in full: a large upload, 784-128-10, at least 97.5 % on the official test set."""
import gzip

import pytest
import samples

FILES = {"train": ("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"),
         "test": ("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz")}


def mnist_chunks(part):
    """The set as CSV in pieces of 1,000 rows."""
    images, labels = (gzip.decompress((samples.MNIST / name).read_bytes())
                      for name in FILES[part])
    yield (",".join([f"p{i}" for i in range(784)] + ["digit"]) + "\n").encode()
    rows = len(labels) - 8
    for begin in range(0, rows, 1000):
        lines = []
        for row in range(begin, min(begin + 1000, rows)):
            pixels = images[16 + row * 784:16 + (row + 1) * 784]
            lines.append(",".join(map(str, pixels)) + f",{labels[8 + row]}\n")
        yield "".join(lines).encode()


@pytest.mark.skipif(not samples.MNIST.is_dir(), reason="MNIST is not at hand")
def test_mnist_reaches_its_accuracy(client, name):
    for part, rows in (("train", 60000), ("test", 10000)):
        made = client.put_csv(f"{name}-{part}", b"".join(mnist_chunks(part)), target="digit").json
        assert made["rows"] == rows
        assert made["classes"] == [str(digit) for digit in range(10)]
    client.post("/v1/models", {"name": name, **samples.DIGITS_MODEL, "seed": 2}, expect=201)
    # as clients/demo trains it: the second job goes on where the first one ended
    for epochs, rate in ((8, 0.02), (3, 0.002)):
        client.train(model=name, dataset=f"{name}-train", epochs=epochs, batch_size=64, seed=2,
                     optimizer={"type": "sgd", "learning_rate": rate, "momentum": 0.9},
                     validation={"fraction": 0})
    held_out = client.post(f"/v1/models/{name}/evaluate", {"dataset": f"{name}-test"}).json
    assert held_out["metrics"]["accuracy"] >= 0.975, held_out
