"""Measures in which jobs train: many at once, two beside each other, with checkpoints, with readers."""
import dataclasses
import selectors
import socket
import time

from jobs_marks import Figure
from jobs_server import Server, events_request

ADAM = {"type": "adam", "learning_rate": 1e-6}
TINY = {"batch_size": 8, "optimizer": ADAM}  # 150 rows, 4-16-3: some 40 us an epoch


# --- many tiny jobs --------------------------------------------------------------------------

class Queue:
    """Trainings that wait until all of them are there, and then take the lanes."""

    def __init__(self, server, threads):
        self.server, self.threads, self.names = server, threads, 0
        server.put_rows("tiny", 150, 4, 3)

    def new_models(self, count):
        names = [f"m{self.names + i}" for i in range(count)]
        self.names += count
        for name in names:
            self.server.add_model(name, 16)
        return names

    def block(self):
        """A job on each lane, so that what comes then waits."""
        jobs = [self.server.start(name, "tiny", **TINY) for name in self.new_models(self.threads)]
        for job in jobs:
            self.server.wait_training(job)
        return jobs

    def drain(self, jobs, models, epochs):
        """(seconds, processor seconds) in which `jobs` jobs of so many models are trained and durable."""
        names = self.new_models(models)
        blocking = self.block()
        queued = [self.server.start(names[i % models], "tiny", epochs, **TINY) for i in range(jobs)]
        cpu, begin = self.server.cpu(), time.perf_counter()
        for job in blocking:
            self.server.do(job, "cancel")
        for job in reversed(queued):
            self.server.wait(job, ("succeeded",))
        return time.perf_counter() - begin, self.server.cpu() - cpu


def queue_round(queue, jobs, epochs, found):
    one = queue.drain(1, 1, jobs * epochs)
    for models in (1, jobs):
        many = queue.drain(jobs, models, epochs)
        for kind in (0, 1):
            found.setdefault((models, kind), []).append(one[kind] / many[kind])


def queue_figures(threads, epochs, jobs, found):
    kinds = ("throughput of one job's", "the same by processor seconds")
    for (models, kind), values in sorted(found.items()):
        of = "one model" if models == 1 else f"{models} models"
        yield Figure("queue", f"{jobs} jobs of {epochs} epochs, {of}, {threads} threads: {kinds[kind]}",
                     values, "", "queue" if epochs == 100 and kind == 0 else "")


def queued(options):
    for threads in (1, 2):
        with Server(threads=threads) as server:
            queue = Queue(server, threads)
            for epochs in (100, 10):
                found = {}
                for _ in range(options.rounds):
                    queue_round(queue, options.jobs, epochs, found)
                yield from queue_figures(threads, epochs, options.jobs, found)


# --- beside each other -----------------------------------------------------------------------

def shares(server, jobs, seconds):
    """Samples/s of each job in a window."""
    before = [server.samples(job) for job in jobs]
    time.sleep(seconds)
    after = [server.samples(job) for job in jobs]
    return [(b[0] - a[0]) / (b[1] - a[1]) for a, b in zip(before, after)]


def beside(threads, caps, options):
    """Samples/s of equal jobs with their caps of threads, for each round."""
    with Server(threads=threads) as server:
        server.put_rows("d", 1024, 64, 10)
        jobs = []
        for number, cap in enumerate(caps):
            server.add_model(f"m{number}", 128, 128)
            more = {"threads": cap} if cap else {}
            jobs.append(server.start(f"m{number}", "d", batch_size=128, **more))
        for job in jobs:
            server.wait_training(job)
        found = [shares(server, jobs, 2.0) for _ in range(options.rounds)]
        server.cancel(*jobs)
    return found


def fairness(options):
    ratios = [min(pair) / max(pair) for pair in beside(2, (0, 0), options)]
    yield Figure("fairness", "two jobs on 2 threads: the slower to the faster", ratios, "", "fair")
    for threads, caps, what in ((2, (0, 1), "two on 2 threads, one with threads: 1"),
                                (3, (0, 0, 1), "three on 3 threads, one with threads: 1")):
        values = [min(each) / max(each) for each in beside(threads, caps, options)]
        yield Figure("fairness", f"{what}: the slowest to the fastest", values)


# --- checkpoints -----------------------------------------------------------------------------

@dataclasses.dataclass
class Window:
    """Of a job: what it did and what the server took."""
    seconds: float
    samples: int
    cpu: float
    outside: float  # seconds that the job was in no part of a step
    made: int  # checkpoints

    @property
    def speed(self):
        return self.samples / self.seconds


class Weighty:
    """Jobs of a net with 10 MB of weights, with and without checkpoints, one at a time."""

    def __init__(self, server):
        self.server, self.count = server, 0
        server.put_rows("d", 1024, 64, 10)

    def look(self, job):
        """(seconds in no part of a step, checkpoints, the server's processor seconds) until now."""
        cpu, now = self.server.cpu(), self.server.job(job)
        events = self.server.call("GET", f"/v1/jobs/{job}/events?limit=1000")["events"]
        return (now["elapsed_seconds"] - sum(now["phase_seconds"].values()),
                sum(event["type"] == "checkpoint" for event in events), cpu)

    def window(self, every, seconds):
        self.count += 1
        name = f"m{self.count}"
        self.server.add_model(name, 1536, 1536)
        job = self.server.start(name, "d", batch_size=128, optimizer=ADAM, checkpoint={"every_seconds": every})
        self.server.wait_training(job)
        samples, begin = self.server.samples(job)
        first = self.look(job)
        time.sleep(seconds)
        more, end = self.server.samples(job)
        last = self.look(job)
        self.server.cancel(job)
        return Window(end - begin, more - samples, last[2] - first[2], last[0] - first[0], last[1] - first[1])


def checkpoint_costs(kept, around):
    """Of one checkpoint: (processor seconds, seconds for which the lane stands still)."""
    of_sample = sum(window.cpu for window in around) / sum(window.samples for window in around)
    of_second = sum(window.outside for window in around) / sum(window.seconds for window in around)
    made = max(1, kept.made)
    return (kept.cpu - kept.samples * of_sample) / made, (kept.outside - kept.seconds * of_second) / made


def checkpoints(options):
    ratios, costs, alone = [], [], []
    with Server(threads=2) as server:
        weighty = Weighty(server)
        quiet = weighty.window(None, options.seconds)
        for _ in range(options.rounds):
            kept = weighty.window(1, options.seconds)
            after = weighty.window(None, options.seconds)
            ratios.append(2 * kept.speed / (quiet.speed + after.speed))
            costs.append(checkpoint_costs(kept, (quiet, after)))
            alone.append(1 - costs[-1][0] / 2)
            quiet = after
    yield Figure("checkpoint", "10 MB of weights, adam, every second: speed to that without", ratios, "", "checkpoint")
    yield Figure("checkpoint", "each takes of the processors", [1e3 * each[0] for each in costs], "ms")
    yield Figure("checkpoint", "so the speed on 2 processors that do nothing else", alone, "", "checkpoint alone")
    yield Figure("checkpoint", "the lane stands still for each", [1e3 * each[1] for each in costs], "ms")


# --- readers of a stream ---------------------------------------------------------------------

class Readers:
    """Streams of one job's events that are taken in between windows, so that the client costs nothing within."""

    def __init__(self, port, job, count):
        self.selector = selectors.DefaultSelector()
        self.bytes = [0] * count
        for number in range(count):
            connection = socket.create_connection(("127.0.0.1", port), timeout=60)
            connection.sendall(events_request(job))
            self.selector.register(connection, selectors.EVENT_READ, number)

    def take(self, seconds=1.0):
        """What comes in a while; gives what the reader that got least has then."""
        until = time.perf_counter() + seconds
        while self.bytes and (left := until - time.perf_counter()) > 0:
            for key, _ in self.selector.select(left):
                piece = key.fileobj.recv(1 << 16)
                if not piece:
                    raise RuntimeError("a stream of events ended")
                self.bytes[key.data] += len(piece)
        return min(self.bytes, default=0)

    def close(self):
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()


def readers_window(server, job, count, seconds):
    """(samples/s, samples for each processor second, processors that serve) with so many readers."""
    readers = Readers(server.port, job, count)
    came = readers.take()
    samples, begin = server.samples(job)
    own, cpu = server.serving_cpu(), server.cpu()
    time.sleep(seconds)
    own, cpu = server.serving_cpu() - own, server.cpu() - cpu
    more, end = server.samples(job)
    if count > 0 and readers.take() - came < 100 * seconds * 5:
        raise RuntimeError("a reader got hardly any events")
    readers.close()
    return (more - samples) / (end - begin), (more - samples) / cpu, own / (end - begin)


def streams(options):
    ratios, by_cpu, costs = [], [], []
    with Server(threads=2) as server:
        server.put_rows("d", 1024, 64, 10)
        server.add_model("m", 128, 128)
        job = server.start("m", "d", batch_size=128)
        server.wait_training(job)
        quiet = readers_window(server, job, 0, options.seconds)
        for _ in range(options.rounds):
            loaded = readers_window(server, job, options.readers, options.seconds)
            after = readers_window(server, job, 0, options.seconds)
            ratios.append(2 * loaded[0] / (quiet[0] + after[0]))
            by_cpu.append(2 * loaded[1] / (quiet[1] + after[1]))
            costs.append(100 * (loaded[2] - (quiet[2] + after[2]) / 2))
            quiet = after
        server.cancel(job)
    yield Figure("streams", f"{options.readers} readers of a job at 10 events/s: its speed to that without", ratios)
    yield Figure("streams", f"{options.readers} readers: the same by processor seconds", by_cpu)
    yield Figure("streams", f"{options.readers} readers: what serving them takes", costs, "% of a core")
