"""One engine, two array libraries: dpkit on torch CPU tensors against torch's own autograd.

The work is that of the benchmark ``tensor``; both sides compute with the same torch functions, so
the difference is the engine alone.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import work
from benchmarks.harness import Case, Goal, Program, Results
from benchmarks.tensor import torch
from benchmarks.work import Work, words_of

TITLE = "the tensor engine on torch CPU tensors: value and all gradients, float64, one thread"


def dpkit(make: Callable[[], Work]) -> Program:
    import torch as library

    import dpkit as dp

    task = make()
    arrays = [library.tensor(x) for x in task.arrays]
    f = task.write(words_of("dpkit"), *arrays[task.arguments :])
    start = arrays[: task.arguments]

    def both() -> tuple[Any, Any]:
        leaves = [dp.tensor(x, requires_grad=True) for x in start]
        y = f(*leaves)
        y.backward()
        return y.item(), [x.grad for x in leaves]

    def answer() -> list[Any]:
        value, gradients = both()
        return [value, *gradients]

    return Program({"": both}, answer)


def cases() -> list[Case]:
    return [
        Case(make().name, {"dpkit on torch": partial(dpkit, make), "torch": partial(torch, make)})
        for make in work.ALL
    ]


def goals(results: Results) -> list[Goal]:
    conv = work.convolution().name
    return [
        Goal(
            f"{case}: times as long as torch.autograd",
            results.ratio(case, "dpkit on torch", "torch"),
            1.4,
            1.0,
            most=True,
        )
        for case in results.cases
        if case != conv  # torch fuses what slices make; shown, but no goal
    ]
