"""Measures in which somebody waits: for a job to obey, for a server to start, for nothing at all."""
import socket
import tempfile
import time

from jobs_marks import Figure
from jobs_server import Server, events_request

NETS = (  # what it is called, minibatch, hidden layers, rows
    ("tiny", 32, (16,), 160),
    ("heavy", 512, (1024, 1024), 512),
)


# --- within one minibatch --------------------------------------------------------------------

def obey(server, job, send, until):
    """(ms until it shows, minibatches that the job ended after it was asked)."""
    before, begin = server.job(job)["step"], time.perf_counter()
    step = until(send())
    return 1e3 * (time.perf_counter() - begin), max(0, step - before)


class Obedience:
    """One job; what is asked of it, again and again."""

    def __init__(self, server, net):
        self.server, (self.name, batch, hidden, rows) = server, net
        server.put_rows(self.name, rows, 64, 10)
        server.add_model(self.name, *hidden)
        self.options = {"batch_size": batch, "threads": 1, "checkpoint": {"every_seconds": None}}
        self.found = {"pause": [], "PATCH": [], "cancel": []}
        self.minibatch_ms, self.rate = [], 1e-6

    def state_step(self, job, state):
        return lambda _: self.server.wait(job, (state,))["step"]

    def edited_step(self, job):
        """The step from which on another learning rate counts."""
        self.rate *= 0.999
        answer = self.server.call("PATCH", f"/v1/jobs/{job}", {"learning_rate": self.rate})
        return answer["edits"][-1]["step"]

    def round(self):
        server = self.server
        job = server.start(self.name, self.name, **self.options)
        server.wait_training(job)
        first, begin = server.job(job)["step"], time.perf_counter()
        time.sleep(0.5)
        self.minibatch_ms.append(1e3 * (time.perf_counter() - begin) / max(1, server.job(job)["step"] - first))
        self.found["PATCH"].append(obey(server, job, lambda: self.edited_step(job), lambda step: step))
        self.found["pause"].append(obey(server, job, lambda: server.do(job, "pause"), self.state_step(job, "paused")))
        server.do(job, "resume")
        server.wait(job, ("running",))
        time.sleep(0.1)
        self.found["cancel"].append(
            obey(server, job, lambda: server.do(job, "cancel"), self.state_step(job, "cancelled")))

    def figures(self):
        minibatch = Figure("obey", f"{self.name} net: its minibatch", self.minibatch_ms, "ms")
        yield minibatch
        for what, found in self.found.items():
            yield Figure("obey", f"{self.name} net, {what}: until it shows, durably", [each[0] for each in found], "ms")
            if self.name == "heavy":
                yield Figure("obey", f"{self.name} net, {what}: minibatches that end after it is asked",
                             [each[1] for each in found], "", "minibatch")


def obedience(options):
    with Server(threads=2) as server:
        for net in NETS:
            asked = Obedience(server, net)
            for _ in range(2 * options.rounds + 1):
                asked.round()
            yield from asked.figures()


# --- a server with a past --------------------------------------------------------------------

def give_past(folder, jobs):
    """Finished jobs of 100 points, and a paused one."""
    with Server(data_dir=folder) as server:
        server.put_rows("tiny", 150, 4, 3)
        for number in range(10):
            server.add_model(f"m{number}", 16)
        made = [server.start(f"m{number % 10}", "tiny", 100) for number in range(jobs)]
        for job in reversed(made):
            server.wait(job, ("succeeded",))
        server.add_model("paused", 16)
        paused = server.start("paused", "tiny")
        server.wait_training(paused)
        server.do(paused, "pause")
        server.wait(paused, ("paused",))
    return paused


def open_streams(port, job, count):
    streams = [socket.create_connection(("127.0.0.1", port), timeout=60) for _ in range(count)]
    for stream in streams:
        stream.sendall(events_request(job))
        if b" 200 " not in stream.recv(1 << 16):
            raise RuntimeError("no stream of events")
    return streams


def idle_percent(server, job, seconds):
    """Of a core, with ten open streams."""
    streams = open_streams(server.port, job, 10)
    time.sleep(1)
    cpu, begin = server.cpu(), time.perf_counter()
    time.sleep(seconds)
    percent = 100 * (server.cpu() - cpu) / (time.perf_counter() - begin)
    for stream in streams:
        stream.close()
    return percent


def seconds_to_ready(folder):
    """From the program's start until /readyz says so."""
    begin = time.perf_counter()
    with Server(data_dir=folder) as server:
        server.call("GET", "/readyz")
        return time.perf_counter() - begin


def past(options):
    with tempfile.TemporaryDirectory() as folder:
        job = give_past(folder, options.jobs)
        ready = [seconds_to_ready(folder) for _ in range(options.rounds)]
        with Server(data_dir=folder) as server:
            idle = [idle_percent(server, job, options.idle_seconds)]
    yield Figure("start", f"{options.jobs} jobs of 100 points: until it is ready", ready, "s", "start")
    yield Figure("idle", f"{options.jobs} finished jobs, 10 open streams: what it takes", idle, "% of a core", "idle")


def give_checkpoint(folder, units):
    """A paused job with a checkpoint of adam; gives its size in bytes."""
    with Server(data_dir=folder) as server:
        server.put_rows("d", 64, 64, 10)
        server.add_model("m", units, units)
        job = server.start("m", "d", optimizer={"type": "adam", "learning_rate": 1e-6})
        server.wait_training(job)
        server.do(job, "pause")
        server.wait(job, ("paused",))
        return server.call("GET", f"/v1/jobs/{job}/checkpoints")["checkpoints"][-1]["bytes"]


def big_checkpoint(options):
    with tempfile.TemporaryDirectory() as folder:
        size = give_checkpoint(folder, options.units)
        ready = [seconds_to_ready(folder) for _ in range(options.rounds)]
    yield Figure("start", f"a paused job with a checkpoint of {size / 1e6:.0f} MB: until it is ready", ready, "s", "start")
