"""Whole problems: from a function and a start to the minimum, with the way there kept for pictures."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dpkit.containers import leaves
from dpkit.optim.adam import Adam
from dpkit.optim.lbfgs import LBFGS
from dpkit.optim.proximal import ProximalGradient
from dpkit.optim.sgd import SGD
from dpkit.tensor import Tensor, tensor

__all__ = ["Result", "Trace", "minimize"]

METHODS = {
    "gradient_descent": SGD,
    "sgd": SGD,
    "adam": Adam,
    "lbfgs": LBFGS,
    "proximal": ProximalGradient,
}


@dataclass
class Trace:
    """The way: one entry for the start and one for each iteration.

    x: points, each in the shape of the start; fun: values; slope: the largest derivative's size.
    """

    x: list[Any] = field(default_factory=list)
    fun: list[float] = field(default_factory=list)
    slope: list[float] = field(default_factory=list)


@dataclass
class Result:
    """Where `minimize` came to.

    x: the point, in the shape of the start; fun: the value there; nit: iterations; nfev: evaluations
    of the function with its gradient; success: whether the tolerance was reached; message: a
    sentence; trace: the way.
    """

    x: Any
    fun: float
    nit: int
    nfev: int
    success: bool
    message: str
    trace: Trace


def minimize(
    f: Callable[[Any], Any],
    x0: Any,
    method: str = "lbfgs",
    *,
    tol: float = 1e-6,
    max_iter: int = 1000,
    callback: Callable[[Trace], Any] | None = None,
    **options: Any,
) -> Result:
    """Minimise f, a function of one argument with one number as its value.

    Args:
        f: written in dpkit's functions. For "proximal" it is the smooth part.
        x0: the start: an array, or a list, tuple or dict of such, nested at will.
        method: "lbfgs", "adam", "sgd" (or "gradient_descent") or "proximal".
        tol: done when no derivative is larger than this (for "proximal": when no number moves by
            more in a step, measured in units of the step size).
        max_iter: the most iterations.
        callback: called with the trace after each iteration; ends the run by returning True.
        options: of the method: `lr`, `momentum`, `prox`, …

    Raises ValueError for an unknown method, and FloatingPointError when the value is no longer
    finite: the step size is too large.
    """
    if method not in METHODS:
        known = ", ".join(f'"{each}"' for each in METHODS)
        raise ValueError(f"There is no method {method!r}; the methods are {known}.")
    arrays, rebuild = leaves(x0, "The start")
    params = [tensor(array, requires_grad=True) for array in map(_own, arrays)]
    if method == "lbfgs":
        options = {"tolerance_grad": 0.0, **options, "max_iter": 1}
    optimizer: Any = METHODS[method](params, **options)
    trace, count = Trace(), 0

    def closure() -> Any:
        nonlocal count
        count += 1
        optimizer.zero_grad()
        value = f(rebuild(params))
        if not isinstance(value, Tensor):
            raise TypeError(
                f"f should give one number that depends on x, but gave {value!r}, a "
                f"{type(value).__name__}. Write it with dpkit's functions (dp.sum, dp.exp, …)."
            )
        value.backward()
        return value

    def note(value: float) -> None:
        if not np.isfinite(value):
            raise FloatingPointError(
                f"The value became {value} in iteration {len(trace.fun)}. The steps are too large: "
                "try a smaller `lr`."
            )
        trace.x.append(rebuild([_own(param.data) for param in params]))
        trace.fun.append(value)

    def slope() -> float:
        return max(float(abs(param.grad).max()) for param in params if param.grad is not None)

    value = float(closure().item())
    note(value)
    trace.slope.append(slope())
    done, message = trace.slope[-1] <= tol and method != "proximal", ""
    while not done and len(trace.fun) <= max_iter:
        before = [param.data for param in params]
        if method in ("lbfgs", "proximal"):
            optimizer.step(closure)
        else:
            optimizer.step()
        if method == "lbfgs":
            value, grads = optimizer._known
            steep = max(float(abs(grad).max()) for grad in grads)
        else:
            value, steep = float(closure().item()), slope()
        if method == "proximal":
            moved = zip(params, before, optimizer.param_groups[0]["params"], strict=True)
            steep = max(float(abs(p.data - old).max()) for p, old, _ in moved)
            steep /= optimizer.param_groups[0]["lr"]
        note(value)
        trace.slope.append(steep)
        done = steep <= tol
        if callback is not None and callback(trace):
            message = "The callback ended it."
            break
        if method == "lbfgs" and optimizer.stuck and not done:
            message = "The line search found nothing lower: this is as far as rounding lets it go."
            break
    if done:
        message = f"No derivative is larger than {tol:g}."
    return Result(
        x=trace.x[-1],
        fun=trace.fun[-1],
        nit=len(trace.fun) - 1,
        nfev=optimizer.evaluations + 1 if method == "lbfgs" else count,
        success=done,
        message=message or f"{max_iter} iterations were not enough.",
        trace=trace,
    )


def _own(array: Any) -> Any:
    """A copy that nobody else changes; a plain number becomes an array of no dimensions."""
    if hasattr(array, "clone"):
        return array.detach().clone()
    return np.array(array, dtype=None if hasattr(array, "dtype") else float)
