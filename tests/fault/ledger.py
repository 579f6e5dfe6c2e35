"""What was acknowledged, and therefore what a server may hold after its death.

Each writer has objects of its own and does one thing after the other. An object's state is a
digest, or None where there is none. Once a request is answered, the object has the state that the
answer means; the one request of a writer that was not answered may have happened or not.
"""
import threading

ANY = "any"  # there, in whatever state


class Step:
    """A request: the object, and the states that it has afterwards."""

    def __init__(self, number, key, after, jobs):
        self.number, self.key, self.after, self.jobs = number, key, set(after), jobs
        self.acknowledged = False
        self.job = None  # the id that the answer told


class Ledger:
    """The steps of all writers, and what they come to."""

    def __init__(self, on_acknowledge=None):
        self._lock = threading.Lock()
        self._on_acknowledge = on_acknowledge or (lambda number: None)
        self.base = {}  # key -> states, as the last check left them
        self.writers = {}
        self.count = 0

    def begin(self, writer, key, after, jobs=0):
        """Before the request is sent. `jobs`: how many it may create."""
        with self._lock:
            self.count += 1
            step = Step(self.count, key, after, jobs)
            self.writers.setdefault(writer, []).append(step)
            return step

    def acknowledge(self, step, after=None, job=None):
        """Once its answer is there; `after` where it means something else than was hoped for."""
        if after is not None:
            step.after = set(after)
        step.job = job
        step.acknowledged = True
        self._on_acknowledge(step.number)

    def acknowledged(self):
        """The numbers of the steps that were."""
        return {step.number for steps in self.writers.values() for step in steps
                if step.acknowledged}

    def expected(self, included=None):
        """({key: allowed states}, jobs that may be there besides), if the steps of these numbers
        were acknowledged; without: those that were."""
        included = self.acknowledged() if included is None else included
        states = {key: set(allowed) for key, allowed in self.base.items()}
        strangers = 0
        for steps in self.writers.values():
            for step in steps:
                before = states.get(step.key, {None})
                if step.number in included:
                    states[step.key] = set(step.after)
                    if step.job is not None:
                        states["jobs", step.job] = {ANY}
                    continue
                states[step.key] = before | step.after
                strangers += step.jobs
                break
        return states, strangers

    def settle(self, observed):
        """Goes on from what a check found: {key: state}."""
        states, _ = self.expected()
        for key, found in observed.items():
            allowed = states.get(key, {found})
            # Two states beside absence: a training that may still end.
            states[key] = {None} if found is None else allowed - {None}
        self.base = {key: allowed for key, allowed in states.items() if allowed != {None}}
        self.writers = {}
