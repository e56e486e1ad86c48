"""f and its true derivative, at points of our choice.

If it can be, f is written down operation by operation (`dpkit.diagnose.program`), so that we can
look for the mistake in it. What brings its own derivative, such as `dpkit.custom_vjp`, cannot; then
`dpkit.grad` knows the truth, or torch does, and there is no record.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.answers import flat
from dpkit.backends import Number, is_array, shape_of
from dpkit.box import Box
from dpkit.box import plain as plain_array
from dpkit.containers import spread
from dpkit.diagnose.program import Program, like
from dpkit.diagnose.recording import record
from dpkit.number import plain
from dpkit.points import Point, numbers_of, value_of
from dpkit.transforms import value_and_grad

__all__ = ["Differentiated", "outputs"]

Known = tuple[Program | None, float, np.ndarray]
"""The record, the value of f, and its gradient as a flat array."""


class Differentiated:
    """f as a function with one number as its value, and its gradient.

    weights: if f has several numbers as its value, what each is multiplied with before they are
    added up, flat; None if it has one.
    """

    def __init__(
        self, f: Callable[..., Any], point: Point, weights: np.ndarray | None = None
    ) -> None:
        self.f, self.point, self.weights = f, point, weights
        self._way: Callable[[np.ndarray], Known] | None = None

    def __call__(self, *args: Any) -> Any:
        y = self.f(*args)
        return y if self.weights is None else _weighed(y, self.weights)

    @property
    def __name__(self) -> str:
        return getattr(self.f, "__name__", "the function")

    def value(self, numbers: np.ndarray) -> float:
        """The value at a point."""
        return value_of(self, self.point.at(numbers))

    def at(self, numbers: np.ndarray) -> Known:
        """The record, the value, and the gradient as a flat array, at a point."""
        with np.errstate(all="ignore"):
            return self._first(numbers) if self._way is None else self._way(numbers)

    def _first(self, numbers: np.ndarray) -> Known:
        """Choose the way that will be taken from now on."""
        recorded: Known | None = None
        try:
            recorded = self._recorded(numbers)
            known = self._by_dpkit(numbers)
        except TypeError:
            if recorded is not None:
                self._way = self._recorded
                return recorded
            if "torch" not in sys.modules or not self._all_tensors():
                known = self._by_dpkit(numbers)
            else:
                known, self._way = self._by_torch(numbers), self._by_torch
                return known
        # What differs from `dpkit.grad`, has been written down wrongly.
        if recorded and np.allclose(recorded[2], known[2], rtol=1e-6, equal_nan=True):
            self._way = self._recorded
            return recorded
        self._way = self._by_dpkit
        return known

    def _recorded(self, numbers: np.ndarray) -> Known:
        items, rebuild = spread(self.point.at(numbers))
        still = [x.detach() if hasattr(x, "detach") else x for x in items]  # from torch's tape
        run = record(self, rebuild(still))
        return run, run.value, run.truth

    def _by_dpkit(self, numbers: np.ndarray) -> Known:
        args = self.point.at(numbers)
        value, gradients = value_and_grad(self, tuple(range(len(args))))(*args)
        truth = flat(numbers_of(gradients))
        assert truth is not None
        return None, float(value), truth

    def _all_tensors(self) -> bool:
        return all(isinstance(x, sys.modules["torch"].Tensor) for x in self.point.at())

    def _by_torch(self, numbers: np.ndarray) -> Known:
        args = [x.requires_grad_(True) for x in self.point.at(numbers)]
        value = self(*args)
        torch = sys.modules["torch"]
        gradients = torch.autograd.grad(value, args, allow_unused=True, materialize_grads=True)
        truth = flat(numbers_of(tuple(gradients)))
        assert truth is not None
        return None, float(value.detach()), truth


def outputs(y: Any) -> list[Any]:
    """The numbers and arrays in the value of a function.

    Raises TypeError naming what has no derivative.
    """
    items, _ = spread(y)
    for x in items:
        if not (isinstance(x, (Box, Number, float, int)) or is_array(x)):
            raise TypeError(
                f"The value of f holds {x!r}, a {type(x).__name__}, which has no derivative."
                + (" Is its return statement missing?" if x is None else "")
            )
    return items


def _weighed(y: Any, weights: np.ndarray) -> Any:
    """The sum of all numbers in y, each multiplied by its weight."""
    total: Any = 0.0
    start = 0
    for x in outputs(y):
        shape = shape_of(x)
        size = int(np.prod(shape, dtype=int))
        part = weights[start : start + size].reshape(shape)
        start += size
        if not shape:
            total = total + x * float(part)
            continue
        total = total + (x * like(plain_array(plain(x)), part)).sum()
    if start != weights.size:
        raise ValueError(f"The value of f has {start} numbers here and {weights.size} elsewhere.")
    return total
