"""A server with jobs for a bench: its models, its rows, and what its jobs and its threads have done."""
import pathlib
import random
import sys
import time

import api_latency

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "http"))

from daemon import Daemon  # noqa: E402

ENDLESS = 1000000  # epochs of a job that is cancelled when it has been seen enough
ENDED = ("succeeded", "failed", "cancelled")
PATIENCE = 600.0
SGD = {"type": "sgd", "learning_rate": 1e-6, "momentum": 0}


def made_csv(rows, features, classes):
    draw = random.Random(1)
    lines = [",".join([f"x{i}" for i in range(features)] + ["label"])]
    for row in range(rows):
        cells = [f"{draw.random():.3f}" for _ in range(features)]
        lines.append(",".join(cells + [f"c{row % classes}"]))
    return "\n".join(lines) + "\n"


class Server(Daemon):
    """A daemon, a connection that is kept, and short words for what the bench asks."""

    def __enter__(self):
        self.connection = api_latency.Connection(self.port)
        return super().__enter__()

    def call(self, method, target, body=None):
        return self.connection.call(method, target, body)

    def put_rows(self, name, rows, features, classes):
        csv = made_csv(rows, features, classes).encode()
        self.connection.send(f"PUT /v1/datasets/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: text/csv\r\n"
                             f"Content-Length: {len(csv)}\r\n\r\n".encode() + csv)

    def add_model(self, name, *hidden):
        layers = [{"units": units, "activation": "relu"} for units in hidden]
        self.call("POST", "/v1/models", {"name": name, "layers": [*layers, {"activation": "softmax"}]})

    def start(self, model, dataset, epochs=ENDLESS, **more):
        """A job without held-out rows; gives its id."""
        body = {"model": model, "dataset": dataset, "epochs": epochs, "optimizer": SGD,
                "validation": {"fraction": 0}, **more}
        return self.call("POST", "/v1/jobs", body)["id"]

    def job(self, job):
        return self.call("GET", f"/v1/jobs/{job}")

    def wait(self, job, states=ENDED):
        """The job once it is in one of the states; a failed one is an error."""
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            found = self.job(job)
            if found["state"] == "failed" or (found["state"] in ENDED and found["state"] not in states):
                raise RuntimeError(f"job {job} is {found['state']}: {found['error']}")
            if found["state"] in states:
                return found
            time.sleep(0.005)
        raise RuntimeError(f"job {job} is still {found['state']}")

    def wait_training(self, job):
        """Until it has trained a minibatch."""
        while self.wait(job, ("running",))["step"] == 0:
            time.sleep(0.002)

    def do(self, job, action):
        return self.call("POST", f"/v1/jobs/{job}/{action}")

    def cancel(self, *jobs):
        for job in jobs:
            self.do(job, "cancel")
        for job in jobs:
            self.wait(job)

    def samples(self, job):
        """(samples, moment) when the job next reports."""
        return api_latency.samples_at(self.connection, job)

    def cpu(self):
        """Processor seconds of all of the server's threads that live."""
        return sum(api_latency.thread_seconds(self.process.pid))

    def serving_cpu(self):
        """That of those that do not train."""
        return api_latency.thread_seconds(self.process.pid)[0]


def events_request(job):
    return (f"GET /v1/jobs/{job}/events HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\n\r\n").encode()
