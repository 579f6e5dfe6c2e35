"""Fixtures: the client and the daemon are those of tests/http."""
import os
import pathlib
import random
import sys

import pytest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "http")]

import apiclient  # noqa: E402
import daemon as daemons  # noqa: E402
import shim as shims  # noqa: E402
import workload  # noqa: E402

FULL = bool(os.environ.get("BP_TEST_FULL"))


def amount(name, quick, full):
    """How many: BP_FAULT_<name>, or as the run is quick or full."""
    return int(os.environ.get(f"BP_FAULT_{name}", full if FULL else quick))


@pytest.fixture(scope="session", autouse=True)
def binary():
    if not daemons.BINARY.exists():
        pytest.exit(f"{daemons.BINARY} is missing: build it, or set BACKPROPD", 2)


@pytest.fixture(scope="session")
def needs_shim():
    if not shims.SHIM.exists():
        pytest.skip(f"no shim: {shims.SHIM.name} is not built beside this server")


@pytest.fixture(scope="session")
def seed():
    """Printed where a test fails; BP_FAULT_SEED takes it again."""
    value = int(os.environ.get("BP_FAULT_SEED", random.SystemRandom().randrange(1 << 30)))
    print(f"BP_FAULT_SEED={value}")
    return value


def learn(with_big):
    with daemons.Daemon() as process:
        client = apiclient.Client(process.port)
        variants = workload.Variants(client, with_big)
        client.close()
    return variants


@pytest.fixture(scope="session")
def small_variants():
    return learn(with_big=False)


@pytest.fixture(scope="session")
def variants():
    return learn(with_big=True)


@pytest.fixture
def begun():
    """Daemons that must not outlive the test: begun(process) -> process."""
    running = []
    yield lambda process: running.append(process) or process
    for process in running:
        process.kill()
