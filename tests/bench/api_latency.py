"""How soon the API answers while a job keeps every core busy, and how much that slows the job.

Windows without requests and windows with them take turns, Q A Q B Q C Q ..., so that a slow minute of
the machine meets them all. A load's cost is the median, over its windows, of the job's speed in the
window relative to the mean of the quiet windows before and after it. Run it by tests/bench/api_latency.
"""
import argparse
import json
import os
import pathlib
import random
import socket
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from daemon import Daemon  # noqa: E402

FEATURES, CLASSES = 64, 10
TICK = os.sysconf("SC_CLK_TCK")
OWN_NICE = os.getpriority(os.PRIO_PROCESS, 0)


def request_text(method, target, body=None):
    data = b"" if body is None else json.dumps(body).encode()
    return (f"{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(data)}\r\n\r\n").encode() + data


class Connection:
    """A bare client, because one that costs more than the server would measure itself."""

    def __init__(self, port):
        self.port = port
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, request):
        """Sends a request and gives the body of its answer, which must be a good one."""
        self.socket.sendall(request)
        answer = b""
        while b"\r\n\r\n" not in answer:
            answer += self._receive()
        head, body = answer.split(b"\r\n\r\n", 1)
        lines = head.lower().split(b"\r\n")
        if not lines[0].split(b" ")[1].startswith(b"2"):
            raise RuntimeError(answer.decode(errors="replace"))
        length = next(int(line.split(b":")[1]) for line in lines if line.startswith(b"content-length:"))
        while len(body) < length:
            body += self._receive()
        return body

    def _receive(self):
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise RuntimeError("the server closed the connection")
        return piece

    def call(self, method, target, body=None):
        return json.loads(self.send(request_text(method, target, body)) or b"null")

    def close(self):
        self.socket.close()


class Load:
    """Requests of one kind: how they are sent, how long each took, and the job's speed beside them."""

    def __init__(self, name, request, new_connections=False):
        self.name, self.request, self.new_connections = name, request, new_connections
        self.seconds, self.ratios, self.server_cpu = [], [], []

    def send(self, kept):
        connection = Connection(kept.port) if self.new_connections else kept
        connection.send(self.request)
        if self.new_connections:
            connection.close()

    def run(self, kept, until, rate):
        """Sends at a fixed rate; a request that had to wait for the one before counts its wait."""
        due = free = time.perf_counter()
        while due < until:
            time.sleep(max(0.0, due - time.perf_counter()))
            begin = due if free > due else time.perf_counter()
            self.send(kept)
            free = time.perf_counter()
            self.seconds.append(free - begin)
            due += 1 / rate


def quantile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


# --- the server and its job ------------------------------------------------------------------

def made_csv(rows):
    draw = random.Random(1)
    lines = [",".join([f"x{i}" for i in range(FEATURES)] + ["label"])]
    for row in range(rows):
        cells = [f"{draw.random():.3f}" for _ in range(FEATURES)]
        lines.append(",".join(cells + [f"c{row % CLASSES}"]))
    return "\n".join(lines) + "\n"


def start_job(connection, options):
    """A job that outlasts the bench; gives its id."""
    csv = made_csv(max(2048, options.batch)).encode()
    connection.send(f"PUT /v1/datasets/d HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
                    f"Content-Length: {len(csv)}\r\n\r\n".encode() + csv)
    hidden = [int(size) for size in options.hidden.split(",")]
    layers = [{"units": size, "activation": "relu"} for size in hidden]
    connection.call("POST", "/v1/models", {"name": "m", "layers": layers + [{"activation": "softmax"}]})
    body = {"model": "m", "dataset": "d", "epochs": 1000000, "batch_size": options.batch,
            "optimizer": {"type": "sgd", "learning_rate": 0.001, "momentum": 0},
            "validation": {"fraction": 0}}
    job = connection.call("POST", "/v1/jobs", body)["id"]
    while connection.call("GET", f"/v1/jobs/{job}")["epoch"] < 1:
        time.sleep(0.01)
    return job


def samples_at(connection, job):
    """(samples, time) at the moment when the job next reports its progress."""
    before = None
    while True:
        state = connection.call("GET", f"/v1/jobs/{job}")
        if state["state"] != "running":
            raise RuntimeError(f"the job is {state['state']}: {state['error']}")
        if before is not None and state["samples_seen"] > before:
            return state["samples_seen"], time.perf_counter()
        before = state["samples_seen"]
        time.sleep(0.0005)


def thread_seconds(pid):
    """Processor seconds of a process's threads: (those at its own priority, those behind it)."""
    totals = [0.0, 0.0]
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        try:
            nice = int((task / "stat").read_text().rsplit(")", 1)[1].split()[16])
            totals[nice > OWN_NICE] += int((task / "schedstat").read_text().split()[0]) / 1e9
        except OSError:
            pass  # it has ended
    return totals


def machine_seconds():
    """Processor seconds that everybody used; what the machine's host took counts too."""
    fields = [int(field) for field in open("/proc/stat").readline().split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


# --- the contest -----------------------------------------------------------------------------

class Bench:
    def __init__(self, server, options):
        self.pid, self.options = server.process.pid, options
        self.connection = Connection(server.port)
        self.job = start_job(self.connection, options)
        self.others = []  # processors used by other processes, by window
        poll = request_text("GET", f"/v1/jobs/{self.job}")
        row = [[0.5] * FEATURES]
        self.loads = [
            Load("poll", poll),
            Load("poll, new connections", poll, new_connections=True),
            Load("loss history", request_text("GET", f"/v1/jobs/{self.job}/metrics")),
            Load("predict a row", request_text("POST", "/v1/models/m/predict", {"instances": row})),
        ]

    def window(self, load=None):
        """The job's samples/s in a window, with a load or in quiet."""
        samples, begin = samples_at(self.connection, self.job)
        own, machine = thread_seconds(self.pid), machine_seconds() - time.process_time()
        until = begin + self.options.seconds
        if load is None:
            time.sleep(self.options.seconds)
        else:
            load.run(self.connection, until, self.options.rate)
            load.server_cpu.append(thread_seconds(self.pid)[0] - own[0])
        spent = sum(thread_seconds(self.pid)) - sum(own)
        machine = machine_seconds() - time.process_time() - machine
        more, end = samples_at(self.connection, self.job)
        self.others.append(max(0.0, machine - spent) / (end - begin))
        return (more - samples) / (end - begin)

    def run(self):
        quiet = [self.window()]
        for _ in range(self.options.rounds):
            for load in self.loads:
                loaded = self.window(load)
                quiet.append(self.window())
                load.ratios.append(2 * loaded / (quiet[-2] + quiet[-1]))
        return statistics.median(quiet)


def result_of(load, options):
    sent = len(load.seconds)
    return {"benchmark": "api_latency", "load": load.name, "rate": options.rate, "requests": sent,
            "p50_ms": 1e3 * quantile(load.seconds, 0.5), "p99_ms": 1e3 * quantile(load.seconds, 0.99),
            "max_ms": 1e3 * max(load.seconds), "job_speed_ratio": statistics.median(load.ratios),
            "job_speed_ratios": [round(ratio, 4) for ratio in load.ratios],
            "server_us_per_request": 1e6 * sum(load.server_cpu) / sent}


def print_table(bench, speed, options, out):
    net = f"{FEATURES}-{options.hidden.replace(',', '-')}-{CLASSES}"
    print(f"{options.threads} threads train {net}, minibatch {options.batch}: {speed:.0f} samples/s in quiet; "
          f"other processes used {statistics.median(bench.others):.2f} processors, at most "
          f"{max(bench.others):.2f}", file=out)
    print(f"{'load':22} {'requests':>8} {'p50':>9} {'p99':>9} {'max':>9} {'job loses':>10} {'server':>9}",
          file=out)
    for load in bench.loads:
        result = result_of(load, options)
        print(f"{load.name:22} {result['requests']:8} {result['p50_ms']:6.2f} ms {result['p99_ms']:6.2f} ms "
              f"{result['max_ms']:6.2f} ms {100 * (1 - result['job_speed_ratio']):8.2f} % "
              f"{result['server_us_per_request']:6.0f} us", file=out)


def report(bench, speed, options):
    print_table(bench, speed, options, sys.stderr if options.json == "-" else sys.stdout)
    lines = "".join(json.dumps(result_of(load, options)) + "\n" for load in bench.loads)
    if options.json == "-":
        sys.stdout.write(lines)
    elif options.json:
        pathlib.Path(options.json).write_text(lines)


def parse_options():
    parser = argparse.ArgumentParser(prog="tests/bench/api_latency", description=__doc__.split("\n")[0])
    parser.add_argument("--seconds", type=float, default=4, help="of a window, 4")
    parser.add_argument("--rounds", type=int, default=5, help="windows of each load, 5")
    parser.add_argument("--rate", type=float, default=100, help="requests a second, 100")
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)), help="that train; all cores")
    parser.add_argument("--hidden", default="512,512", help="sizes of the hidden layers, 512,512")
    parser.add_argument("--batch", type=int, default=256, help="minibatch, 256")
    parser.add_argument("--json", help="a file for one JSON object a load; - is standard output")
    return parser.parse_args()


def main():
    options = parse_options()
    with Daemon(threads=options.threads) as server:
        bench = Bench(server, options)
        report(bench, bench.run(), options)


if __name__ == "__main__":
    main()
