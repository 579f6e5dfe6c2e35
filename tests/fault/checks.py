"""What must hold of a data directory, and of a server that was started on it."""
import hashlib
import pathlib
import shutil
import sqlite3
import tempfile
import time

import apiclient
import ledger as ledgers
import workload

READY_SECONDS = 2.0


def open_copy(data_dir, folder):
    """The catalogue as it stands, to be read while its owner keeps it locked."""
    for part in ("catalogue.sqlite3", "catalogue.sqlite3-wal"):
        source = pathlib.Path(data_dir) / part
        if source.exists():
            shutil.copy(source, folder)
    return sqlite3.connect(pathlib.Path(folder) / "catalogue.sqlite3")


def check_integrity(data_dir):
    with tempfile.TemporaryDirectory() as folder:
        catalogue = open_copy(data_dir, folder)
        found = catalogue.execute("PRAGMA integrity_check").fetchall()
        catalogue.close()
    assert found == [("ok",)], found


def named_blobs(data_dir):
    """{file: (size, sha256)} of every table that names blobs."""
    blobs = {}
    with tempfile.TemporaryDirectory() as folder:
        catalogue = open_copy(data_dir, folder)
        tables = catalogue.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (table,) in tables:
            columns = {row[1] for row in catalogue.execute(f"PRAGMA table_info({table})")}
            if "blob_file" in columns:
                blobs.update((file, (size, sha256)) for file, size, sha256 in catalogue.execute(
                    f"SELECT blob_file, blob_size, blob_sha256 FROM {table}"
                    " WHERE blob_file IS NOT NULL AND blob_file != ''"))
        catalogue.close()
    return blobs


def check_blobs(data_dir):
    """The folder has the files that the catalogue names, whole, and no others."""
    named = named_blobs(data_dir)
    folder = pathlib.Path(data_dir) / "blobs"
    there = {path.name for path in folder.iterdir()}
    assert there == set(named), f"orphans {there - set(named)}, missing {set(named) - there}"
    for file, (size, sha256) in named.items():
        content = (folder / file).read_bytes()
        assert len(content) == size, f"{file} has {len(content)} bytes, not {size}"
        assert hashlib.sha256(content).hexdigest() == sha256, f"{file} is torn"


def keys_of(client):
    holds = client.holdings()
    keys = {(kind, name) for kind in ("models", "datasets") for name, _ in holds[kind]}
    return keys | {("jobs", number) for number in holds["jobs"]}


def check_holdings(client, states, strangers):
    """Everything acknowledged is there with its content, and nothing that nobody asked for. Gives
    what was found."""
    found = keys_of(client)
    unknown = {key for key in found if key not in states}
    jobs = {key for key in unknown if key[0] == "jobs"}
    assert unknown == jobs and len(jobs) <= strangers, f"nobody made {unknown}"
    observed = {}
    for key, allowed in states.items():
        state = workload.state_of(client, key) if key in found else None
        if ledgers.ANY in allowed and state is not None:
            state = ledgers.ANY
        assert state in allowed, f"{key} is {state}, not one of {allowed}"
        observed[key] = state
    observed.update({key: ledgers.ANY for key in jobs})
    return observed


def wait_ready(client):
    while client.call("GET", "/readyz").status != 200:
        time.sleep(0.005)


def check_restart(start, data_dir, expected):
    """Starts a server on a directory whose owner died. Gives (client, what it holds)."""
    check_integrity(data_dir)
    begin = time.monotonic()
    daemon = start()
    client = apiclient.Client(daemon.port)
    wait_ready(client)
    seconds = time.monotonic() - begin
    client.daemon = daemon
    assert seconds < READY_SECONDS, f"ready after {seconds:.2f} s"
    wait_idle(client)  # a job that goes on shows its model's weights as they change
    observed = check_holdings(client, *expected)
    return client, observed


def wait_idle(client):
    """Until no job runs: then the store is quiet and its folder can be compared."""
    for job in [job["id"] for page in client.pages("jobs", 1000) for job in page]:
        client.wait(job)


def purge(client, ledger):
    """Deletes all but what the workload stands on."""
    wait_idle(client)
    for kind, name in sorted(keys_of(client)):  # data sets, jobs, models
        if name != "base":
            client.call("DELETE", f"/v1/{kind}/{name}", expect=204)
    ledger.base = {key: allowed for key, allowed in ledger.base.items() if key[1] == "base"}


def has_checkpoints(client):
    schemas = client.get("/openapi.json").json["components"]["schemas"]
    return "checkpoint" in schemas["JobCreate"]["properties"]
