"""How fast curl brings a CSV of 500 MB into a server with an empty data directory.

Usage: ingest_server.py [ROUNDS]   (7 where it is left out; tests/bench/ingest --server runs it)

Each round uploads the file under a new name, waits for the answer, which comes when the data set is on the
disk, and deletes it. The file is read before, so that it comes from memory.
"""
import os
import pathlib
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from daemon import Daemon  # noqa: E402

COLUMNS, BODY_BYTES, BLOCK_ROWS = 28, 500_000_000, 20_000
TICK = os.sysconf("SC_CLK_TCK")


def write_body(path):
    """Rows of numbers such as -0.635082 and a class, which repeat after a block; gives the size."""
    draw = random.Random(1)
    lines = (",".join(f"{draw.gauss(0, 1):.6f}" for _ in range(COLUMNS)) + f",{i % 2}\n" for i in range(BLOCK_ROWS))
    block = "".join(lines).encode()
    with open(path, "wb") as file:
        file.write((",".join(f"x{i}" for i in range(COLUMNS)) + ",y\n").encode())
        while file.tell() < BODY_BYTES:
            file.write(block)
        return file.tell()


def server_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def machine_seconds():
    fields = [int(field) for field in pathlib.Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def curl_seconds():
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def curl(*arguments):
    done = subprocess.run(["curl", "--silent", "--show-error", "--fail", "--output", "/dev/null", *arguments],
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"curl ended with {done.returncode}")


def upload(server, path, url):
    """Seconds: of the clock, of the server, of curl, and of all others."""
    pid = server.process.pid
    before = (time.monotonic(), server_seconds(pid), curl_seconds(), machine_seconds())
    curl("--header", "Content-Type: text/csv", "--header", "Expect:", "--upload-file", path, url)
    after = (time.monotonic(), server_seconds(pid), curl_seconds(), machine_seconds())
    clock, served, sent, machine = (b - a for a, b in zip(before, after))
    return clock, served, sent, max(0.0, machine - served - sent)


def report(size, rounds):
    clock, served, sent, others = (statistics.median(column) for column in zip(*rounds))
    best = min(row[0] for row in rounds)
    print(f"curl -T of {size / 1e6:.0f} MB, {COLUMNS} columns and a class: {size / 1e6 / clock:.0f} MB/s until it is "
          f"stored (best {size / 1e6 / best:.0f}), the median of {len(rounds)}")
    print(f"    {clock:.2f} s, in which the server took {served:.2f} s of {os.cpu_count()} processors, curl {sent:.2f} s, "
          f"other processes {others:.2f} s")


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    with tempfile.TemporaryDirectory() as folder, Daemon(data_dir=f"{folder}/data") as server:
        path = f"{folder}/body.csv"
        size = write_body(path)
        rounds = []
        for i in range(count):
            url = f"http://127.0.0.1:{server.port}/v1/datasets/set{i}"
            rounds.append(upload(server, path, url))
            curl("--request", "DELETE", url)
        report(size, rounds)


if __name__ == "__main__":
    main()
