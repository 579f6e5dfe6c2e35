"""Fixtures: one daemon for most tests, others where a test needs its own."""
import itertools
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import apiclient  # noqa: E402
import contract as contracts  # noqa: E402
import daemon as daemons  # noqa: E402

COUNTER = itertools.count(1)


def pytest_collection_modifyitems(items):
    """The report on what was never exercised comes last, after all that exercises."""
    items.sort(key=lambda item: "contract_coverage" in item.nodeid)


@pytest.fixture(scope="session")
def contract():
    """The document that the daemon itself serves; its ledger fills through all tests."""
    if not daemons.BINARY.exists():
        pytest.exit(f"{daemons.BINARY} is missing: build it, or set BACKPROPD", 2)
    with daemons.Daemon() as process:
        client = apiclient.Client(process.port)
        return contracts.Contract(client.get("/openapi.json").json)


@pytest.fixture(scope="session")
def shared_daemon(contract, tmp_path_factory):
    with daemons.Daemon(data_dir=tmp_path_factory.mktemp("shared") / "data") as process:
        yield process


@pytest.fixture
def client(shared_daemon, contract):
    """A client of the daemon that the tests share."""
    one = apiclient.Client(shared_daemon.port, contract)
    yield one
    one.close()


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    return f"{request.node.originalname.removeprefix('test_')[:40]}-{next(COUNTER)}"


@pytest.fixture
def start(contract):
    """Starts a daemon of the test's own: start(flag..., data_dir=, threads=, isa=) -> client."""
    running = []

    def begin(*flags, **options):
        process = daemons.Daemon(*flags, **options)
        running.append(process)
        one = apiclient.Client(process.port, contract)
        one.daemon = process
        return one

    yield begin
    for process in running:
        process.kill()


@pytest.fixture
def endless_job(client):
    """Starts jobs that outlast the test, and cancels them after it."""
    started = []

    def begin(**body):
        started.append(client.start_job(**body))
        client.wait(started[-1], lambda job: job["state"] == "running" and job["step"] > 0)
        return started[-1]

    yield begin
    for job in started:
        state = client.call("GET", f"/v1/jobs/{job}")
        if state.status == 200 and state.json["state"] not in apiclient.TERMINAL:
            client.call("POST", f"/v1/jobs/{job}/cancel")
            client.wait(job)
