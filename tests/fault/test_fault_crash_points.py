"""The server dies at a named point, just before, within or after a call, and starts again whole."""
import random
import signal

import apiclient
import checks
import daemon as daemons
import ledger as ledgers
import pytest
import shim as shims
import workload
from conftest import amount

# Every call that changes the data directory, by what it touches. catalogue_wal.fsync is a commit; catalogue.write and
# what follows it a checkpoint of the log, which a stop makes, too.
POINTS = ["data_folder.fsync", "data_folder.open", "lock.open", "blobs_folder.mkdir", "blobs_folder.open",
          "blobs_folder.fsync", "blob.open", "blob.write", "blob.fsync", "blob.rename", "blob.unlink",
          "catalogue.open", "catalogue.write", "catalogue.fsync", "catalogue_journal.write",
          "catalogue_journal.unlink", "catalogue_wal.open", "catalogue_wal.write",
          "catalogue_wal.fsync", "catalogue_wal.unlink"]
# How often a point is met before any request, by a server on an empty directory: a death further
# on falls into the requests, or into the stop.
SCARCE = {"data_folder", "lock", "catalogue", "catalogue_journal"}


def test_points_are_the_tables(needs_shim):
    tables = shims.Tables()
    for point in POINTS:
        place, call = point.split(".")
        assert place in tables.places and call in tables.calls


def live_and_die(shim, begun, variants, ledger, seed):
    """Starts on the directory, works, stops: somewhere in this the process dies."""
    try:
        process = begun(shim.daemon())
    except RuntimeError:
        return  # it died before it was ready
    writers = []
    try:
        client = apiclient.Client(process.port)
        begin = ledger.begin("first", ("datasets", "base"), {variants.base_state})
        client.put_csv("base", workload.BASE)
        ledger.acknowledge(begin)
        writers = workload.crew(process.port, variants, ledger, seed, steps=12)
    except workload.GONE:
        pass
    for writer in writers:
        writer.join(daemons.PATIENCE)
        assert not writer.is_alive()
    if process.process.poll() is None:
        process.process.send_signal(signal.SIGTERM)
    process.process.wait(daemons.PATIENCE)


def nth_of(place, draw):
    return draw.randrange(1, 4) if place in SCARCE else draw.randrange(1, 25)


@pytest.mark.parametrize("point", POINTS)
def test_death_at_a_point(needs_shim, tmp_path, begun, small_variants, seed, point):
    draw = random.Random(f"{seed} {point}")
    struck = 0
    for turn in range(amount("TURNS", 5, 25)):
        data, ledger = tmp_path / f"data{turn}", ledgers.Ledger()
        shim = shims.Shim(tmp_path, data)
        action = ["die_before", "die_after", "die_within"][turn % 3]
        shim.arm(action, point, nth_of(point.split(".")[0], draw) if turn else 1)
        live_and_die(shim, begun, small_variants, ledger, draw.randrange(1 << 20))
        struck += shim.struck
        if not shim.struck:
            continue
        client, _ = checks.check_restart(lambda: begun(daemons.Daemon(data_dir=data)), data,
                                         ledger.expected())
        checks.wait_idle(client)
        checks.check_blobs(data)
        assert client.daemon.stop()[0] == 0
        client.daemon.kill()
    assert struck > 0, "this point is never met"
