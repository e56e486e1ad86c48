"""What it costs to find out which array library should compute.

dpkit's engine asks `dpkit.backends.backend_of` at every operation. Here the same work is done with
that question answered beforehand (always numpy), and the two are compared.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Callable
from functools import partial

from benchmarks import tensor, work
from benchmarks.harness import Case, Goal, Program, Results
from benchmarks.work import Work

TITLE = "finding the array library: the engine as it is, and tied to numpy"

TIED = "dpkit, tied to numpy"


def tied(make: Callable[[], Work]) -> Program:
    """The engine with every `backend_of` in it replaced by a constant."""
    import numpy as np

    import dpkit  # noqa: F401
    from dpkit import backends

    asked = backends.backend_of
    backend = asked(np.zeros(1))
    for name, module in list(sys.modules.items()):
        if name.startswith("dpkit") and vars(module).get("backend_of") is asked:
            module.backend_of = lambda *values: backend  # type: ignore[attr-defined]
    return tensor.dpkit(make)


def cases() -> list[Case]:
    return [
        Case(make().name, {"dpkit": partial(tensor.dpkit, make), TIED: partial(tied, make)})
        for make in work.ALL
    ]


def goals(results: Results) -> list[Goal]:
    ratios = [results.ratio(case, "dpkit", TIED) for case in results.cases]
    known = [100 * (ratio - 1) for ratio in ratios if ratio is not None]
    return [
        Goal(
            "time for it, percent, median of the cases",
            statistics.median(known) if known else None,
            6,
            3,
            most=True,
        ),
        Goal("time for it, percent, worst case", max(known, default=None), 6, 3, most=True),
    ]
