"""Requests that change things, from several writers at once, with a record of what was answered."""
import hashlib
import http.client
import json
import random
import threading

import apiclient
import samples

GONE = (http.client.HTTPException, OSError, AssertionError)
MOST_MODELS, MOST_DATASETS = 4, 3
BIG_ROWS = 600_000  # beyond what a server reads as a whole

BASE = samples.blobs_text(900)
TABLES = [samples.blobs_text(20 + 10 * i, seed=i) for i in range(4)]
ADDED = samples.blobs_text(12, seed=99)
TRAININGS = {"short": {"epochs": 2}, "long": {"epochs": 400, "batch_size": 4}}


def big_table():
    """About 20 MB, which the server writes piece by piece and maps."""
    return "a,b,c,d,e,f,y\n" + "\n".join(
        f"{i},{i * 2},{i % 7},0.{i},{i + 5},1{i % 1000},{i % 3}" for i in range(BIG_ROWS)) + "\n"


def model_body(name, variant):
    return {**samples.model(name, (6 + 2 * variant, 3)), "inputs": 4, "seed": variant}


def digest(*parts):
    return hashlib.sha256(b"\0".join(parts)).hexdigest()[:20]


def described(exchange):
    told = {key: value for key, value in exchange.json.items()
            if key not in ("name", "created_at", "jobs", "links")}
    return json.dumps(told, sort_keys=True).encode()


def state_of(client, key):
    """The state of an object, as the server tells it: all that was acknowledged of it."""
    kind, name = key
    about = client.call("GET", f"/v1/{kind}/{name}")
    if about.status == 404:
        return None
    assert about.status == 200, about.body
    if kind == "models":
        return digest(described(about), client.get(f"/v1/models/{name}/parameters").body)
    if kind == "datasets":
        return digest(described(about), client.get(f"/v1/datasets/{name}/rows?limit=200").body)
    return about.json["state"]


class Variants:
    """The states that each change leads to: learned once, since results are bits."""

    def __init__(self, client, with_big):
        self.big = big_table() if with_big else None
        client.put_csv("base", BASE)
        self.base_state = state_of(client, ("datasets", "base"))
        self.models = [self._model(client, i) for i in range(3)]
        self.tables, self.longer = [], []
        for text in TABLES:
            self.tables.append(self._dataset(client, text))
            client.call("POST", "/v1/datasets/learn/rows", ADDED, content_type="text/csv",
                        expect=200)
            self.longer.append(state_of(client, ("datasets", "learn")))
            client.delete("/v1/datasets/learn")
        self.big_state = None
        if with_big:
            self.big_state = self._dataset(client, self.big)
            client.delete("/v1/datasets/learn")

    def _model(self, client, variant):
        states = {}
        for how, options in TRAININGS.items():
            client.post("/v1/models", model_body("learn", variant), expect=201)
            states["new"] = state_of(client, ("models", "learn"))
            job = client.train(**samples.job("learn", "base", **options))["id"]
            states[how] = state_of(client, ("models", "learn"))
            client.delete(f"/v1/jobs/{job}")
            client.delete("/v1/models/learn")
        return states

    @staticmethod
    def _dataset(client, text):
        client.put_csv("learn", text)
        return state_of(client, ("datasets", "learn"))


class Writer(threading.Thread):
    """Changes its own objects until the server is gone or it has done enough."""

    def __init__(self, number, port, variants, ledger, seed, steps=1 << 30):
        super().__init__(daemon=True)
        self.number, self.port, self.variants, self.ledger = number, port, variants, ledger
        self.draw = random.Random(seed)
        self.left = steps
        self.models, self.datasets, self.made = {}, {}, 0
        self.failure = None
        self.prefix = f"w{number}-{seed}"
        self.acts = [self.create_model, self.create_model, self.put_table, self.put_table,
                     self.append, self.delete_model, self.delete_dataset, self.start_job]

    def run(self):
        try:
            self.client = apiclient.Client(self.port)
            while self.left > 0:
                self.left -= 1
                self.act()
        except GONE as failure:  # the check tells whether this was due
            self.failure = failure

    def act(self):
        if len(self.models) > MOST_MODELS:
            self.delete_model()
        elif len(self.datasets) > MOST_DATASETS:
            self.delete_dataset()
        else:
            self.draw.choice(self.acts)()

    def name(self):
        self.made += 1
        return f"{self.prefix}-{self.made}"

    def step(self, key, after, method, target, body=None, **options):
        """One request that must be answered well."""
        jobs = options.pop("jobs", 0)
        begun = self.ledger.begin(self.number, key, after, jobs)
        expect = options.pop("expect")
        answer = self.client.call(method, target, body, expect=expect, **options)
        self.ledger.acknowledge(begun, job=answer.json["id"] if jobs else None)

    def create_model(self):
        name, variant = self.name(), self.draw.randrange(3)
        states = self.variants.models[variant]
        self.step(("models", name), {states["new"]}, "POST", "/v1/models",
                  model_body(name, variant), expect=201)
        self.models[name] = variant

    def put_table(self):
        name, which = self.name(), self.draw.randrange(len(TABLES))
        self.step(("datasets", name), {self.variants.tables[which]}, "PUT",
                  f"/v1/datasets/{name}", TABLES[which], content_type="text/csv", expect=201)
        self.datasets[name] = which

    def put_big(self):
        name = self.name()
        self.step(("datasets", name), {self.variants.big_state}, "PUT", f"/v1/datasets/{name}",
                  self.variants.big, content_type="text/csv", expect=201)
        self.datasets[name] = None

    def append(self):
        names = [name for name, which in self.datasets.items() if which is not None]
        if not names:
            return self.put_table()
        name = self.draw.choice(names)
        self.step(("datasets", name), {self.variants.longer[self.datasets[name]]}, "POST",
                  f"/v1/datasets/{name}/rows", ADDED, content_type="text/csv", expect=200)
        self.datasets[name] = None

    def delete_model(self):
        if self.models:
            name = next(iter(self.models))
            del self.models[name]
            self.step(("models", name), {None}, "DELETE", f"/v1/models/{name}", expect=204)

    def delete_dataset(self):
        if self.datasets:
            name = next(iter(self.datasets))
            del self.datasets[name]
            self.step(("datasets", name), {None}, "DELETE", f"/v1/datasets/{name}", expect=204)

    def start_job(self):
        """Of a model that is not touched again: it ends when it ends."""
        if not self.models:
            return self.create_model()
        name = next(iter(self.models))
        states = self.variants.models[self.models.pop(name)]
        self.step(("models", name), {states["new"], states["short"]}, "POST", "/v1/jobs",
                  samples.job(name, "base", **TRAININGS["short"]), jobs=1, expect=202)


class BigWriter(Writer):
    """Puts large data sets besides."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.acts = self.acts + [self.put_big]

    def act(self):
        if self.made == 0:
            self.put_big()
        super().act()


class Trainer(Writer):
    """Trains one model after the other and waits for each: there is always a job that runs."""

    def act(self):
        name, variant = self.name(), self.draw.randrange(3)
        states = self.variants.models[variant]
        key = ("models", name)
        self.step(key, {states["new"]}, "POST", "/v1/models", model_body(name, variant), expect=201)
        self.step(key, {states["new"], states["long"]}, "POST", "/v1/jobs",
                  samples.job(name, "base", **TRAININGS["long"]), jobs=1, expect=202)
        job = self.ledger.writers[self.number][-1].job
        ended = self.ledger.begin(self.number, key, {states["long"]})
        assert self.client.wait(job)["state"] == "succeeded"
        self.ledger.acknowledge(ended)
        self.ledger.acknowledge(self.ledger.begin(self.number, ("jobs", job), {"succeeded"}))


def crew(port, variants, ledger, seed, steps=1 << 30):
    """Four writers and one that trains; they run."""
    second = BigWriter if variants.big is not None else Writer
    kinds = [Writer, second, Writer, Writer, Trainer]
    writers = [kind(i, port, variants, ledger, seed * 10 + i, steps if kind is not Trainer
                    else max(1, steps // 8)) for i, kind in enumerate(kinds)]
    for writer in writers:
        writer.start()
    return writers
