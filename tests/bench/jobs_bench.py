"""What many jobs and their durability cost: a table, and whether the marks are met.

Everything is a ratio or a time within this run; what is compared takes turns, and a figure is the median
of its rounds. A quick run asserts bounds with room for a busy machine, a full one the marks themselves.
Run it by tests/bench/jobs.
"""
import argparse
import json
import os
import pathlib
import sys
import time

import api_latency
import jobs_answers
import jobs_training

MEASURES = {
    "queue": jobs_training.queued,
    "fairness": jobs_training.fairness,
    "obey": jobs_answers.obedience,
    "checkpoint": jobs_training.checkpoints,
    "past": jobs_answers.past,
    "big": jobs_answers.big_checkpoint,
    "streams": jobs_training.streams,
}
SIZES = {  # option: (quick, full)
    "jobs": (100, 1000),
    "rounds": (1, 3),
    "seconds": (3, 5),
    "idle_seconds": (4, 10),
    "readers": (200, 1000),
    "units": (900, 2900),
}


class Others:
    """Processors that were in use, besides this process, by anybody: said, because it spoils all figures."""

    def __init__(self):
        self.begin, self.used = time.perf_counter(), api_latency.machine_seconds()

    def text(self):
        seconds = time.perf_counter() - self.begin
        return (f"{(api_latency.machine_seconds() - self.used) / seconds:.2f} of {os.cpu_count()} processors were in use, "
                f"the load is {os.getloadavg()[0]:.1f}")


def parse_options():
    parser = argparse.ArgumentParser(prog="tests/bench/jobs", description=__doc__.split("\n")[0])
    parser.add_argument("measures", nargs="*", metavar="MEASURE", help=f"{', '.join(MEASURES)}; all")
    parser.add_argument("--full", action="store_true", help="all sizes as they are meant, and the marks exactly")
    for name, (quick, full) in SIZES.items():
        parser.add_argument(f"--{name.replace('_', '-')}", type=int, help=f"{quick}, --full {full}")
    parser.add_argument("--json", help="a file for one JSON object a figure; - is standard output")
    options = parser.parse_args()
    unknown = set(options.measures) - set(MEASURES)
    if unknown:
        parser.error(f"no measure is called {', '.join(sorted(unknown))}")
    for name, sizes in SIZES.items():
        if getattr(options, name) is None:
            setattr(options, name, sizes[options.full])
    return options


def run(options, table):
    """The figures, printed as they come."""
    figures = []
    for name in options.measures or MEASURES:
        others = Others()
        for figure in MEASURES[name](options):
            figures.append(figure)
            print(figure.line(options.full), file=table, flush=True)
        print(f"{'':12} {others.text()}", file=table, flush=True)
    return figures


def main():
    options = parse_options()
    figures = run(options, sys.stderr if options.json == "-" else sys.stdout)
    lines = "".join(json.dumps(figure.record(options.full)) + "\n" for figure in figures)
    if options.json == "-":
        sys.stdout.write(lines)
    elif options.json:
        pathlib.Path(options.json).write_text(lines)
    return 0 if all(figure.met(options.full) for figure in figures) else 1


if __name__ == "__main__":
    sys.exit(main())
