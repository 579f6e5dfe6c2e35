"""kill -9 at any moment loses nothing that was acknowledged."""
import random
import signal
import time

import apiclient
import checks
import daemon as daemons
import ledger as ledgers
import workload
from conftest import amount

MOST_OBJECTS = 150


def test_kill_at_random_moments(tmp_path, begun, variants, seed):
    draw = random.Random(seed)
    data, ledger = tmp_path / "data", ledgers.Ledger()
    process = begun(daemons.Daemon(data_dir=data))
    client = apiclient.Client(process.port)
    client.put_csv("base", workload.BASE)
    ledger.base["datasets", "base"] = {variants.base_state}
    answered = 0
    for cycle in range(amount("KILLS", 30, 300)):
        if len(ledger.base) > MOST_OBJECTS:
            checks.purge(client, ledger)
        writers = workload.crew(process.port, variants, ledger, seed + cycle)
        time.sleep(draw.uniform(0.02, 0.8))
        alive = process.process.poll() is None
        process.stop(signal.SIGKILL)
        for writer in writers:
            writer.join(daemons.PATIENCE)
            assert not writer.is_alive()
            assert not isinstance(writer.failure, AssertionError), writer.failure
        assert alive, process.text()
        answered += len(ledger.acknowledged())
        begin = lambda: begun(daemons.Daemon(data_dir=data, threads=draw.choice([1, 2, 3])))
        client, observed = checks.check_restart(begin, data, ledger.expected())
        process = client.daemon
        ledger.settle(observed)
        checks.check_blobs(data)
    print(f"{answered} requests were acknowledged")
    assert answered > 100
    assert process.stop()[0] == 0
