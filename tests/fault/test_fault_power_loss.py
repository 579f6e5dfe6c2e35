"""The power goes at any moment: what was acknowledged is there, byte for byte."""
import os
import random
import shutil
import signal
import time

import apiclient
import checks
import daemon as daemons
import ledger as ledgers
import power_loss
import pytest
import shim as shims
import workload
from conftest import amount


def test_builder_keeps_what_was_made_durable():
    """A file whose blocks may be lost, and a rename whose folder was not fsynced."""
    log = [(power_loss.CREATE, 1, 7, b"a.tmp"), (power_loss.WRITE, 7, 0, b"x" * 5000),
           (power_loss.FSYNC, 7, 2), (power_loss.WRITE, 7, 0, b"y" * 600),
           (power_loss.FSYNC, 1, 4), (power_loss.RENAME, 1, 0, b"a.tmp/a")]
    seen = set()
    for seed in range(60):
        disk = power_loss.Disk(1)
        for at, (kind, inode, number, *content) in enumerate(log):
            disk.follow(power_loss.Record(at, kind, inode, number, b"".join(content)))
        whims = power_loss.Whims(random.Random(seed))
        entries = dict(disk.root.durable)
        assert list(entries) == ["a.tmp"]
        left = bytes(whims.remains(entries["a.tmp"]))
        assert len(left) == 5000 and left[600:] == b"x" * 4400
        seen.add(left[:600].replace(b"x" * 88, b"X").replace(b"y" * 88, b"Y"))
    assert len(seen) == 4  # nothing, all, the first block and the rest of it


def record_a_life(tmp_path, begun, variants, ledger, seed, seconds):
    """A server works under the recorder; gives the log and the inode of its directory."""
    data, log = tmp_path / "data", tmp_path / "log"
    data.mkdir()
    log.touch()
    shim = shims.Shim(tmp_path, data, log)
    process = begun(shim.daemon())
    client = apiclient.Client(process.port)
    begin = ledger.begin("first", ("datasets", "base"), {variants.base_state})
    client.put_csv("base", workload.BASE)
    ledger.acknowledge(begin)
    writers = workload.crew(process.port, variants, ledger, seed)
    time.sleep(seconds)
    process.stop(signal.SIGKILL)
    for writer in writers:
        writer.join(daemons.PATIENCE)
        assert not isinstance(writer.failure, AssertionError), writer.failure
    return log, os.stat(data).st_ino


def marker(path):
    """Appends to the log that a request was answered."""
    def mark(number):
        file = os.open(path, os.O_WRONLY | os.O_APPEND)
        try:
            os.write(file, power_loss.mark_record(number))
        finally:
            os.close(file)
    return mark


def check_image(begun, disk, whims, expected, folder):
    """A server starts on what is left of the disk."""
    shutil.rmtree(folder, ignore_errors=True)
    disk.image(folder, whims)
    client, _ = checks.check_restart(lambda: begun(daemons.Daemon(data_dir=folder)), folder,
                                     expected)
    checks.check_blobs(folder)
    client.daemon.kill()


def draw_cuts(draw, total, images):
    """{index: how many images are made there}"""
    cuts = {}
    for _ in range(images):
        index = draw.randrange(total)
        cuts[index] = cuts.get(index, 0) + 1
    return cuts


@pytest.mark.parametrize("kind", ["many writers", "large data sets"])
def test_power_loss(needs_shim, tmp_path, begun, request, seed, kind):
    large = kind == "large data sets"
    variants = request.getfixturevalue("variants" if large else "small_variants")
    ledger = ledgers.Ledger(marker(tmp_path / "log"))
    log, inode = record_a_life(tmp_path, begun, variants, ledger, seed, 1.0 if large else 2.5)
    draw = random.Random(seed)
    total = sum(1 for _ in power_loss.records(log))
    images = amount("IMAGES", 100, 1000) // (5 if large else 1)
    cuts = draw_cuts(draw, total, images)
    disk, acknowledged, lost = power_loss.Disk(inode), set(), 0
    for index, record in enumerate(power_loss.records(log)):
        if record.kind == power_loss.MARK:
            acknowledged.add(record.number)
        else:
            disk.follow(record)
        for _ in range(cuts.get(index, 0)):
            whims = power_loss.Whims(draw)
            check_image(begun, disk, whims, ledger.expected(acknowledged), tmp_path / "image")
            lost += whims.lost
    print(f"{images} images of {total} records, {len(acknowledged)} acknowledged, {lost} lost")
    assert lost > images and len(acknowledged) > 20


@pytest.mark.parametrize("lie", [".blob.tmp", "blobs", "catalogue.sqlite3-wal"])
def test_a_disk_that_lies_is_found_out(needs_shim, tmp_path, begun, small_variants, seed, lie):
    """What an fsync too few would come to: the checks of this file see it."""
    ledger = ledgers.Ledger(marker(tmp_path / "log"))
    log, inode = record_a_life(tmp_path, begun, small_variants, ledger, seed, 0.3)
    disk = power_loss.Disk(inode, lambda name: name.endswith(lie))
    for record in power_loss.records(log):
        if record.kind != power_loss.MARK:
            disk.follow(record)
    whims = power_loss.Whims(random.Random(seed), chance=0.0)
    with pytest.raises((AssertionError, RuntimeError)):
        check_image(begun, disk, whims, ledger.expected(), tmp_path / "image")
