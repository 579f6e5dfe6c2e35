"""The promise: the weights are a function of (data, configuration, seed) and of nothing else."""
import functools

import daemon as daemons
import pytest
import samples

# (architecture, activation, data): three shapes, none of whose sizes is a multiple of a vector.
CASES = {
    "narrow": samples.model("m", (7, 3), "tanh"),
    "deep": samples.model("m", (33, 17, 3), "relu"),
    "wide": samples.model("m", (300, 3), "sigmoid"),
}
BATCHES = (1, 13, 64)
ROWS = 250


@functools.lru_cache(maxsize=None)
def instruction_sets():
    """What this machine runs, as the daemon lists it when asked for what it lacks."""
    text = daemons.run_to_end("--isa", "abacus").stderr
    return [word for word in ("avx512", "avx2", "neon", "plain", "naive") if word in text]


def train_all(client):
    """{(case, batch): sha256} of everything trained on one daemon."""
    client.put_csv("d", samples.blobs_text(ROWS, features=11))
    found = {}
    for case, body in CASES.items():
        for batch in BATCHES:
            client.post("/v1/models", body, expect=201)
            done = client.train(model="m", dataset="d", epochs=2, batch_size=batch, seed=3,
                                optimizer={"type": "sgd", "learning_rate": 0.02, "momentum": 0.9},
                                validation={"fraction": 0.1})
            found[case, batch] = client.get("/v1/models/m/parameters").json["sha256"]
            assert found[case, batch] == done["checkpoint"]["sha256"]
            client.delete("/v1/models/m")
    return found


@pytest.fixture(scope="module")
def expected(contract):
    """The naive loops on one thread define what is right."""
    import apiclient
    with daemons.Daemon(threads=1, isa="naive") as process:
        hashes = train_all(apiclient.Client(process.port, contract))
    assert len(set(hashes.values())) == len(hashes)  # different configurations, different weights
    return hashes


@pytest.mark.parametrize("threads", [1, 2, 3, 4])
def test_any_number_of_threads(start, expected, threads):
    assert train_all(start(threads=threads)) == expected


def test_machine_runs_more_than_one_instruction_set():
    assert {"plain", "naive"} <= set(instruction_sets())


@pytest.mark.parametrize("isa", ["avx512", "avx2", "neon", "plain", "naive"])
def test_any_instruction_set(start, expected, isa):
    if isa not in instruction_sets():
        pytest.skip(f"this machine does not run {isa}")
    client = start(threads=3, isa=isa)
    assert client.get("/v1/info").json["isa"] == isa
    assert train_all(client) == expected


def test_threads_of_the_job_change_nothing(start, expected):
    client = start(threads=4)
    client.put_csv("d", samples.blobs_text(ROWS, features=11))
    for threads in (1, 2, 3, 4):
        client.post("/v1/models", CASES["deep"], expect=201)
        client.train(model="m", dataset="d", epochs=2, batch_size=13, seed=3, threads=threads,
                     optimizer={"type": "sgd", "learning_rate": 0.02, "momentum": 0.9},
                     validation={"fraction": 0.1})
        assert client.get("/v1/models/m/parameters").json["sha256"] == expected["deep", 13]
        client.delete("/v1/models/m")


def test_another_seed_gives_other_weights(start):
    client = start()
    client.put_csv("d", samples.blobs_text(ROWS))
    hashes = set()
    for model_seed, job_seed in ((1, 1), (1, 2), (2, 1)):
        client.post("/v1/models", {**CASES["narrow"], "seed": model_seed}, expect=201)
        client.train(**samples.job("m", "d", seed=job_seed))
        hashes.add(client.get("/v1/models/m/parameters").json["sha256"])
        client.delete("/v1/models/m")
    assert len(hashes) == 3
