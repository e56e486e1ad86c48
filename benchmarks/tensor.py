"""The tensor engine against HIPS autograd, torch and JAX: value and all gradients, float64.

JAX is shown twice: operation by operation, and compiled by ``jax.jit`` (compiling not counted). The
column numpy is the forward pass alone, by hand.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks import work
from benchmarks.harness import Case, Goal, Program, Results
from benchmarks.work import Work, words_of

TITLE = "tensor engine: value and all gradients, float64, one thread"


def dpkit(make: Callable[[], Work]) -> Program:
    import dpkit as dp

    task = make()
    f = task.write(words_of("dpkit"), *task.arrays[task.arguments :])
    start = task.arrays[: task.arguments]
    if all(x.shape == () for x in start):
        # dp.grad follows single numbers by the scalar engine; here the tensor engine is asked.
        def both() -> tuple[Any, tuple[Any, ...]]:
            leaves = [dp.tensor(x, requires_grad=True) for x in start]
            y = f(*leaves)
            y.backward()
            return y.item(), tuple(x.grad for x in leaves)
    else:
        gradient = dp.value_and_grad(f, argnums=tuple(range(len(start))))

        def both() -> tuple[Any, tuple[Any, ...]]:
            return gradient(*start)

    return _program(both)


def autograd(make: Callable[[], Work]) -> Program:
    from autograd import value_and_grad

    task = make()
    f = task.write(words_of("autograd"), *task.arrays[task.arguments :])
    start = task.arrays[: task.arguments]
    if len(start) == 1:
        gradient = value_and_grad(f)
        return _program(lambda: _in_tuple(gradient(*start)))
    gradient = value_and_grad(f, argnum=tuple(range(len(start))))
    return _program(lambda: gradient(*start))


def torch(make: Callable[[], Work]) -> Program:
    import torch as library

    task = make()
    arrays = [library.tensor(x) for x in task.arrays]
    f = task.write(words_of("torch"), *arrays[task.arguments :])
    start = arrays[: task.arguments]

    def both() -> tuple[Any, Any]:
        leaves = [x.detach().requires_grad_() for x in start]
        y = f(*leaves)
        return y.detach(), library.autograd.grad(y, leaves)

    return _program(both)


def jax(make: Callable[[], Work], compiled: bool = False) -> Program:
    import jax as library

    task = make()
    arrays = [library.numpy.asarray(x) for x in task.arrays]
    f = task.write(words_of("jax"), *arrays[task.arguments :])
    start = arrays[: task.arguments]
    gradient = library.value_and_grad(f, argnums=tuple(range(len(start))))
    if compiled:
        gradient = library.jit(gradient)
    return _program(lambda: library.block_until_ready(gradient(*start)))


def numpy(make: Callable[[], Work]) -> Program:
    task = make()
    f = task.write(words_of("numpy"), *task.arrays[task.arguments :])
    start = task.arrays[: task.arguments]
    return Program({"": lambda: f(*start)})


def _in_tuple(pair: tuple[Any, Any]) -> tuple[Any, tuple[Any]]:
    return pair[0], (pair[1],)


def _program(both: Callable[[], tuple[Any, Any]]) -> Program:
    def answer() -> list[Any]:
        value, gradients = both()
        return [value, *map(np.asarray, gradients)]

    return Program({"": both}, answer)


def cases() -> list[Case]:
    found = []
    for make in work.ALL:
        engines: dict[str, Callable[[], Program]] = {
            "dpkit": partial(dpkit, make),
            "autograd": partial(autograd, make),
            "torch": partial(torch, make),
            "jax": partial(jax, make),
            "jax.jit": partial(jax, make, compiled=True),
            "numpy, forward only": partial(numpy, make),
        }
        found.append(Case(make().name, engines))
    return found


def goals(results: Results) -> list[Goal]:
    found = []
    for peer, bar in (("autograd", 6), ("torch", 5)):
        ratios = [results.ratio(case, peer, "dpkit") for case in results.cases]
        known = [ratio for ratio in ratios if ratio is not None]
        found.append(
            Goal(
                f"cases of {len(ratios)} in which dpkit is ahead of {peer}",
                sum(ratio > 1 for ratio in known) if known else None,
                bar,
                6,
            )
        )
        found.append(
            Goal(
                f"times as fast as {peer}, median of the cases",
                statistics.median(known) if known else None,
                1.0,
                1.5,
            )
        )
    return found
