"""A disk that is full or fails, and descriptors that are used up: reads are answered, writes are refused
with a problem, and afterwards all is as if nothing had been."""
import contextlib
import errno
import os
import pathlib
import resource
import subprocess
import time

import apiclient
import checks
import contract as contracts
import daemon as daemons
import pytest
import samples
import shim as shims
import workload

WRITES = [("POST", "/v1/models", workload.model_body("new", 1), None),
          ("PUT", "/v1/datasets/new", workload.TABLES[0], "text/csv"),
          ("POST", "/v1/datasets/base/rows", workload.ADDED, "text/csv"),
          ("POST", "/v1/jobs", samples.job("m", "base", epochs=2), None),
          ("DELETE", "/v1/models/spare", None, None)]
READS = ["/v1/models/m", "/v1/models/m/parameters", "/v1/datasets/base", "/v1/datasets/base/rows",
         "/v1/jobs", "/readyz", "/livez", "/v1/info"]
FULL = {507, 503}
FAILED = {500, 503}


def prepare(client):
    """What the requests need; from here on every answer is held to the server's own document."""
    client.contract = contracts.Contract(client.get("/openapi.json").json)
    client.put_csv("base", workload.BASE)
    for name in ("m", "spare"):
        client.post("/v1/models", workload.model_body(name, 1), expect=201)


def assert_reads(client):
    for target in READS:
        client.get(target)


def assert_problem(answer, allowed):
    assert answer.status in allowed, f"{answer.method} {answer.target} {answer.body[:300]}"
    assert answer.content_type == "application/problem+json"
    assert answer.json["status"] == answer.status


def send_writes(client, allowed):
    """What fails of the writes; reads are answered in between."""
    refused = 0
    for method, target, body, content_type in WRITES:
        answer = client.call(method, target, body, content_type=content_type)
        if answer.status >= 300 and answer.status != 404:
            assert_problem(answer, allowed)
            refused += 1
        elif target == "/v1/jobs" and answer.status == 202:
            client.wait(answer.json["id"])
        assert_reads(client)
    return refused


def recover(client):
    """All that was refused is done, or had been."""
    for method, target, body, content_type in WRITES:
        answer = client.call(method, target, body, content_type=content_type)
        assert answer.status in (200, 201, 202, 204, 404, 409), answer.body
        if answer.status == 202:
            assert client.wait(answer.json["id"])["state"] == "succeeded"
    assert_reads(client)


CASES = [
    ("blob.write", errno.ENOSPC, FULL), ("blob.fsync", errno.ENOSPC, FULL), ("blob.open", errno.ENOSPC, FULL),
    ("catalogue_wal.write", errno.ENOSPC, FULL),
    ("blob.write", errno.EIO, FAILED), ("blob.fsync", errno.EIO, FAILED),
    ("blob.rename", errno.EIO, FAILED), ("blobs_folder.fsync", errno.EIO, FAILED),
    ("blob.read", errno.EIO, FAILED), ("catalogue_wal.write", errno.EIO, FAILED),
    ("catalogue_wal.fsync", errno.EIO, FAILED), ("blob.open", errno.EMFILE, {503}),
]


@pytest.mark.parametrize("point, error, allowed", CASES)
@pytest.mark.parametrize("action, forever", [("fail", False), ("fail", True), ("fail_within", False)])
def test_a_call_that_fails(needs_shim, tmp_path, begun, point, error, allowed, action, forever):
    """The first or the second call of the kind, or all from there on."""
    for nth in (1, 2):
        data = tmp_path / f"data{nth}"
        shim = shims.Shim(tmp_path, data)
        process = begun(shim.daemon())
        client = apiclient.Client(process.port)
        prepare(client)
        shim.arm(action, point, nth, error, forever)
        refused = send_writes(client, allowed)
        assert shim.struck > 0
        assert refused > 0 or action == "fail_within"
        shim.disarm()
        recover(client)
        # What was refused did not come back, and what was not stays.
        holds = checks.keys_of(client)
        process.stop()
        again = begun(daemons.Daemon(data_dir=data))
        client = apiclient.Client(again.port)
        assert checks.keys_of(client) == holds
        checks.check_blobs(data)
        assert again.stop()[0] == 0


def test_no_descriptors_are_left(tmp_path, begun):
    """The kernel's own EMFILE: who is connected is served, who is not waits."""
    process = begun(daemons.Daemon(data_dir=tmp_path / "data"))
    client = apiclient.Client(process.port)
    prepare(client)
    pid = process.process.pid
    before = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    used = max(int(name) for name in os.listdir(f"/proc/{pid}/fd")) + 1
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (used, before[1]))
    assert send_writes(client, {503}) > 0
    resource.prlimit(pid, resource.RLIMIT_NOFILE, before)
    recover(client)
    other = apiclient.Client(process.port)
    assert_reads(other)
    assert process.stop()[0] == 0


@pytest.mark.parametrize("error", [errno.EMFILE, errno.ECONNABORTED, errno.ENOMEM])
def test_accept_fails(needs_shim, tmp_path, begun, error):
    shim = shims.Shim(tmp_path, tmp_path / "data")
    process = begun(shim.daemon())
    client = apiclient.Client(process.port)
    prepare(client)
    shim.arm("fail", "outside.accept", 1, error, forever=True)
    with contextlib.closing(apiclient.Client(process.port)) as late:
        late._connection.connect()  # the kernel takes it; the server cannot
        assert_reads(client)
        assert shim.struck > 0
        shim.disarm()
        assert_reads(late)
    assert process.stop()[0] == 0


# --- a small disk ---------------------------------------------------------------------------------

DISK_MIB = 16


@pytest.fixture
def small_disk(tmp_path, begun):
    """A daemon on a tmpfs that only it sees, and its path for everybody else."""
    place = tmp_path / "disk"
    place.mkdir()
    mount = f'mount -t tmpfs -o size={DISK_MIB}m none "$0" && exec "$@"'
    under = ["unshare", "-m", "sh", "-c", mount, str(place)]
    if subprocess.run([*under, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("no mount: a private tmpfs needs the right to mount")
    process = begun(daemons.Daemon(data_dir=place / "data", under=under))
    process.disk = pathlib.Path(f"/proc/{process.process.pid}/root{place}")
    return process


def fill(disk):
    """Until not a byte fits."""
    with open(disk / "filler", "wb", buffering=0) as file, contextlib.suppress(OSError):
        while True:
            file.write(bytes(4096))


def test_full_disk_during_an_upload(small_disk):
    client = apiclient.Client(small_disk.port)
    prepare(client)
    answer = client.call("PUT", "/v1/datasets/big", workload.big_table(), content_type="text/csv")
    assert_problem(answer, {507})
    recover(client)  # the upload's file is gone, and so there is space
    assert os.listdir(small_disk.disk / "data/blobs")
    fill(small_disk.disk)
    for method, target, body, content_type in WRITES[:3]:
        answer = client.call(method, target.replace("new", "late"), body if "rows" in target or "datasets" in target
                             else workload.model_body("late", 1), content_type=content_type)
        assert_problem(answer, FULL)
        assert_reads(client)
    os.unlink(small_disk.disk / "filler")
    client.post("/v1/models", workload.model_body("late", 1), expect=201)
    client.put_csv("late", workload.TABLES[0])
    checks.check_blobs(small_disk.disk / "data")
    assert small_disk.stop()[0] == 0


def test_full_disk_during_a_training(small_disk):
    """It goes on, or ends with what was wrong; with checkpoints too, where the server has them."""
    client = apiclient.Client(small_disk.port)
    prepare(client)
    more = {"checkpoint": {"every_seconds": 0.2}} if checks.has_checkpoints(client) else {}
    job = client.start_job(**samples.endless("m", "base", **more))
    client.wait(job, lambda now: now["state"] == "running" and now["step"] > 0)
    fill(small_disk.disk)
    until = time.monotonic() + 1
    while time.monotonic() < until:
        assert_reads(client)
        time.sleep(0.05)
    now = client.job(job)
    assert now["state"] in ("running", "failed", "paused"), now
    if now["state"] == "failed":
        assert now["error"]["code"] in ("no_space", "io"), now
    os.unlink(small_disk.disk / "filler")
    client.call("POST", f"/v1/jobs/{job}/cancel")
    client.wait(job)
    assert client.train(**samples.job("m", "base"))["state"] == "succeeded"
    assert small_disk.stop()[0] == 0
