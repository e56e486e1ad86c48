"""What a gradient costs, in evaluations of the function: cost(f and ∇f) / cost(f).

The *cheap gradient principle* (Baur & Strassen 1983; Griewank & Walther, "Evaluating derivatives",
2008, chapter 4) promises a small constant, whatever the number n of variables: about 5, counted in
operations. Here it is measured in time.

Numbers, one by one: f is a loop over Python floats, ∇f the text that `dp.grad_source` writes.
Arrays: f is evaluated with the engine's own arrays without derivatives.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from benchmarks.harness import Case, Goal, Program, Results
from benchmarks.work import words_of

TITLE = "cost(f and ∇f) / cost(f)"

F, BOTH = "f", "f and ∇f"
NUMBERS = tuple(10**k for k in range(2, 5))
SIZES = tuple(10**k for k in range(2, 8))


def neighbours(x: list[float]) -> float:
    total = 0.0
    for i in range(len(x) - 1):
        total += x[i] * x[i + 1]
    return total


def source(n: int) -> Program:
    import dpkit as dp

    space: dict[str, Any] = {}
    exec(dp.grad_source(neighbours), space)
    x = _start(n).tolist()
    gradient = space["value_and_grad_neighbours"]
    return Program({F: lambda: neighbours(x), BOTH: lambda: gradient(x)}, lambda: gradient(x))


def by_hand(n: int) -> Program:
    """The truth about `neighbours`, for comparison: not an engine."""
    x = _start(n)

    def answer() -> list[Any]:
        gradient = np.zeros(n)
        gradient[:-1] += x[1:]
        gradient[1:] += x[:-1]
        return [x[:-1] @ x[1:], gradient]

    return Program({BOTH: answer}, answer)


def _start(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=n)


def _write(words: Any) -> Callable[[Any], Any]:
    def f(x: Any) -> Any:
        return words.logsumexp(x) + words.sum(x[:-1] * x[1:])

    return f


def dpkit(n: int) -> Program:
    import dpkit as dp

    x, f = _start(n), _write(words_of("dpkit"))
    gradient = dp.value_and_grad(f)
    return Program({F: lambda: f(x), BOTH: lambda: gradient(x)}, lambda: gradient(x))


def autograd(n: int) -> Program:
    from autograd import value_and_grad

    x, f = _start(n), _write(words_of("autograd"))
    gradient = value_and_grad(f)
    return Program({F: lambda: f(x), BOTH: lambda: gradient(x)}, lambda: gradient(x))


def torch(n: int) -> Program:
    import torch as library

    x, f = library.tensor(_start(n)), _write(words_of("torch"))

    def both() -> tuple[Any, Any]:
        leaf = x.detach().requires_grad_()
        y = f(leaf)
        return y.detach(), library.autograd.grad(y, leaf)[0]

    return Program({F: lambda: f(x), BOTH: both}, both)


def jax(n: int) -> Program:
    import jax as library

    x, f = library.numpy.asarray(_start(n)), _write(words_of("jax"))
    alone, gradient = library.jit(f), library.jit(library.value_and_grad(f))

    def both() -> Any:
        return library.block_until_ready(gradient(x))

    return Program({F: lambda: library.block_until_ready(alone(x)), BOTH: both}, both)


def cases() -> list[Case]:
    numbers = [
        Case(
            f"numbers, n = {n:,}",
            {"generated source": partial(source, n), "numpy by hand": partial(by_hand, n)},
        )
        for n in NUMBERS
    ]
    arrays = [
        Case(
            f"arrays, n = {n:,}",
            {
                "dpkit": partial(dpkit, n),
                "autograd": partial(autograd, n),
                "torch": partial(torch, n),
                "jax.jit": partial(jax, n),
            },
        )
        for n in SIZES
    ]
    return numbers + arrays


def goals(results: Results) -> list[Goal]:
    def worst(kind: str, engine: str, sizes: list[int]) -> float | None:
        ratios = [results.ratio(f"{kind}, n = {n:,}", (engine, BOTH), (engine, F)) for n in sizes]
        known = [ratio for ratio in ratios if ratio is not None]
        return max(known) if len(known) == len(ratios) else None

    small, large = [n for n in SIZES if n <= 1000], [n for n in SIZES if n > 1000]
    return [
        Goal(
            "generated source, n up to 10⁴: dearest gradient, in evaluations of f",
            worst("numbers", "generated source", list(NUMBERS)),
            5,
            3,
            most=True,
        ),
        Goal("tensor engine, n up to 10³", worst("arrays", "dpkit", small), 6, 4, most=True),
        Goal("tensor engine, n from 10⁴ to 10⁷", worst("arrays", "dpkit", large), 5, 4, most=True),
    ]
