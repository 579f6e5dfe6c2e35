"""The figures of the bench of jobs, and what they should be."""
import dataclasses
import math

# name: (whether more is better, what it should be, what a quick run on a busy machine must reach)
MARKS = {
    "queue": (True, 0.9, 0.25),
    "fair": (True, 0.8, 0.2),
    "minibatch": (False, 1.0, 2.0),
    "checkpoint": (True, 0.85, 0.3),
    "checkpoint alone": (True, 0.85, 0.5),
    "idle": (False, 0.5, 3.0),
    "start": (False, 2.0, 20.0),
}
# Rounds that differ by more than this say little of a mark.
STEADY = 1.25


@dataclasses.dataclass
class Figure:
    """`values`: of the rounds; the figure is their median."""
    measure: str
    what: str
    values: list
    unit: str = ""
    mark: str = ""

    @property
    def value(self):
        ordered = sorted(self.values)
        return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2

    def bound(self, full):
        """What is asserted; None: it is only told."""
        return MARKS[self.mark][1 if full else 2] if self.mark else None

    def met(self, full):
        if not self.mark:
            return True
        at_least, bound = MARKS[self.mark][0], self.bound(full)
        return math.isfinite(self.value) and (self.value >= bound if at_least else self.value <= bound)

    def record(self, full):
        return {"benchmark": "jobs", "measure": self.measure, "what": self.what, "value": self.value,
                "unit": self.unit, "values": [round(value, 5) for value in self.values],
                "mark": MARKS[self.mark][1] if self.mark else None, "bound": self.bound(full), "met": self.met(full)}

    def line(self, full):
        spread = f"{min(self.values):.3g} to {max(self.values):.3g}" if len(self.values) > 1 else ""
        text = f"{self.measure:12} {self.what:84} {self.value:9.4g} {self.unit:12} {spread:18}"
        if self.mark:
            sign = ">=" if MARKS[self.mark][0] else "<="
            slack = "" if full else f", asserted {sign} {self.bound(full):g}"
            if min(self.values) * STEADY < max(self.values):
                slack += ", but its rounds differ: a busy machine"
            text += f" {'met' if self.met(True) else 'missed'}: {sign} {MARKS[self.mark][1]:g}{slack}"
        return text.rstrip()
