"""A benchmark for the tests of the harness: engines that are right, wrong, missing or broken."""

import os

import numpy as np

from benchmarks.harness import Case, Goal, Program

TITLE = "toy"


def square(slope=2.0):
    x = np.arange(3.0)
    notes = {
        "threads": float(os.environ["OMP_NUM_THREADS"]),
        "cores": float(len(os.sched_getaffinity(0))) if hasattr(os, "sched_getaffinity") else 1.0,
    }

    def answer():
        return [x @ x, slope * x]

    return Program({"": answer, "twice": lambda: (answer(), answer())}, answer, lambda: notes)


def absent():
    import no_such_engine  # noqa: F401


def broken():
    raise ValueError("the engine is [on] fire")


def late():
    calls = []

    def run():
        calls.append(None)
        if len(calls) > 1:
            raise ValueError("no second time")

    return Program({"": run})


def unfinished():
    import dpkit

    dpkit.flying_carpet  # noqa: B018


def exact():
    raise AttributeError("'int' object has no attribute 'grad'")


def cases():
    return [
        Case("agree", {"first": square, "second": lambda: square(2.0 + 1e-13)}),
        Case("disagree", {"first": square, "second": lambda: square(2.001)}),
        Case(
            "absent",
            {"here": square, "absent": absent, "unfinished": unfinished, "broken": broken},
        ),
        Case("late", {"here": square, "late": late}),
        Case("hidden", {"here": square, "hidden": exact}),
    ]


def goals(results):
    return [Goal("a ratio", results.ratio("agree", "first", "second"), 0.0)]
