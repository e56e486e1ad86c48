"""Memory of the gradient of a long loop: everything stored, √T checkpoints, and revolve.

T = 4000 steps ``h ← tanh(c h + 0.1)`` on a state of 10,000 numbers (80 kB). Reverse mode needs the
states in reverse order. It can store them all; or one in √T, and compute the others again when they
are needed; or ten at a time, placed by the binomial schedule of Griewank & Walther ("Algorithm 799:
revolve", ACM TOMS 26, 2000). Peak memory is traced by `tracemalloc` in a call of its own, because
tracing takes time.
"""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness import Case, Goal, Program, Results

TITLE = "memory of a loop of 4000 steps on states of 80 kB: value and gradient"

STEPS, SIZE, SNAPSHOTS = 4000, 10_000, 10
LOOP = "4000 steps of 80 kB"
ALL, ROOT, REVOLVE = "store all", "checkpoints, √T", f"revolve({SNAPSHOTS})"
PEAK = "peak, MB"


def loop(checkpoints: int | str | None) -> Program:
    import dpkit as dp

    h, c = np.random.default_rng(0).normal(size=SIZE), np.full(1, 0.9)

    def last(h: Any, c: Any) -> Any:
        def step(_: int, h: Any) -> Any:
            return dp.tanh(h * c + 0.1)

        return dp.sum(dp.fori_loop(0, STEPS, step, h, checkpoints=checkpoints))

    gradient = dp.value_and_grad(last, argnums=(0, 1))

    def answer() -> list[Any]:
        value, gradients = gradient(h, c)
        return [value, *gradients]

    def notes() -> dict[str, float]:
        tracemalloc.start()
        gradient(h, c)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return {PEAK: peak / 1e6}

    return Program({"": lambda: gradient(h, c)}, answer, notes)


def cases() -> list[Case]:
    engines: dict[str, Callable[[], Program]] = {
        ALL: partial(loop, None),
        ROOT: partial(loop, "sqrt"),
        REVOLVE: partial(loop, SNAPSHOTS),
    }
    return [Case(LOOP, engines)]


def goals(results: Results) -> list[Goal]:
    found = []
    for engine, bar in ((ROOT, 30), (REVOLVE, 4)):
        peak = results.cases[LOOP][engine].notes.get(PEAK)
        found.append(Goal(f"{engine}: peak memory, MB", peak, bar, most=True))
        slower = results.ratio(LOOP, engine, ALL)
        found.append(Goal(f"{engine}: time, in times of storing all", slower, 2, most=True))
    return found
