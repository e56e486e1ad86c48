"""What relaxations ask of what they are given, and constants of the same kind."""

from __future__ import annotations

import math
import sys
from typing import Any

import numpy as np

from dpkit import number
from dpkit.arrays.axes import as_array
from dpkit.backends import Number, is_array, is_torch, shape_of
from dpkit.box import plain
from dpkit.custom import stop_gradient

__all__ = [
    "alike", "constant", "need_generator", "need_positive", "number_or_array",
    "one_hot", "values_of",
]  # fmt: skip


def need_positive(name: str, value: Any) -> None:
    """Raise TypeError if value is not one number, ValueError if it is not positive and finite.

    name: what it is, such as "temperature".
    """
    is_one = isinstance(value, (Number, float, int)) or is_array(value)
    if not is_one or isinstance(value, bool) or shape_of(value):
        given = f"an array of shape {shape_of(value)}" if is_array(value) else repr(value)
        raise TypeError(f"The {name} is one number, but {given} was given.")
    found = float(values_of(value))
    if not 0 < found < math.inf:
        raise ValueError(
            f"The {name} must be positive and finite, but it is {found:g}. The hard function is the "
            "limit towards 0; a small number comes close to it."
        )


def need_generator(rng: Any) -> None:
    """Raise TypeError if rng is not numpy's generator of random numbers."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"Random numbers are drawn from np.random.default_rng(seed), but rng is {rng!r}."
        )


def number_or_array(x: Any) -> Any:
    """x ready for arithmetic: a list becomes an array, a number stays one."""
    return x if isinstance(x, (Number, float, int)) else as_array(x)


def values_of(x: Any) -> np.ndarray:
    """The plain values of x as a numpy array of floats, with every derivative taken off."""
    x = plain(x)
    if is_torch(x):
        x = x.detach().cpu().numpy()
    x = np.asarray(x)
    if x.dtype == object:
        x = np.frompyfunc(number.plain, 1, 1)(x)
    return np.asarray(x, dtype=float)


def alike(values: np.ndarray, *others: Any) -> Any:
    """A numpy array in the library of the others, on their device and in their precision.

    If they are whole numbers, or no arrays at all, it stays in float64.
    """
    for other in map(plain, others):
        if is_torch(other):
            torch = sys.modules["torch"]
            kind = other.dtype if other.is_floating_point() else torch.float64
            return torch.as_tensor(values, dtype=kind, device=other.device)
        if isinstance(other, (np.ndarray, np.generic)) and other.dtype.kind == "f":
            return values.astype(other.dtype)
    return values


def constant(x: Any) -> Any:
    """The values of x in its own kind of array; nothing is differentiated through them."""
    return x.detach() if is_torch(x) else stop_gradient(x)


def one_hot(x: Any, axis: int) -> Any:
    """1 where x is largest along the axis (the first such place), 0 elsewhere; like x."""
    values = values_of(x)
    hard = np.zeros_like(values)
    np.put_along_axis(hard, np.argmax(values, axis=axis, keepdims=True), 1.0, axis)
    return alike(hard, x)
