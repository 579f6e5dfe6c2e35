"""The server dies at a named point, just before, within or after a call, and starts again whole."""
import contextlib
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

# Every call that changes the data directory, by what it touches, and how often it is met at least by a
# server that starts on an empty directory, works and stops. catalogue_wal.fsync is a commit; catalogue.write
# and what follows it a checkpoint of the log, which a stop makes, too.
POINTS = {"data_folder.open": 2, "data_folder.fsync": 1, "lock.open": 1, "blobs_folder.mkdir": 1,
          "blobs_folder.open": 1, "blobs_folder.fsync": 12, "blob.open": 12, "blob.write": 12,
          "blob.fsync": 12, "blob.rename": 12, "blob.unlink": 2, "catalogue.open": 1,
          "catalogue.write": 3, "catalogue.fsync": 2, "catalogue_journal.write": 2,
          "catalogue_journal.unlink": 1, "catalogue_wal.open": 1, "catalogue_wal.write": 25,
          "catalogue_wal.fsync": 12, "catalogue_wal.unlink": 1}
ACTIONS = ["die_before", "die_after", "die_within"]


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
    with contextlib.suppress(*workload.GONE):  # a stop would cut trainings short
        checks.wait_idle(apiclient.Client(process.port))
    if process.process.poll() is None:
        process.process.send_signal(signal.SIGTERM)
    process.process.wait(daemons.PATIENCE)


@pytest.mark.parametrize("point", POINTS)
def test_death_at_a_point(needs_shim, tmp_path, begun, small_variants, seed, point):
    draw = random.Random(f"{seed} {point}")
    for turn in range(amount("TURNS", 5, 25)):
        data, ledger = tmp_path / f"data{turn}", ledgers.Ledger()
        shim = shims.Shim(tmp_path, data)
        shim.arm(ACTIONS[turn % 3], point, draw.randint(1, POINTS[point]))
        live_and_die(shim, begun, small_variants, ledger, draw.randrange(1 << 20))
        assert shim.struck == 1, "the point was not met"
        client, _ = checks.check_restart(lambda: begun(daemons.Daemon(data_dir=data)), data,
                                         ledger.expected())
        checks.check_blobs(data)
        assert client.daemon.stop()[0] == 0
        client.daemon.kill()
