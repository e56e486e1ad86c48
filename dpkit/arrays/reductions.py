"""Sums, means, extrema: functions that make one number of many, or of those along an axis.

axis: an integer, several in a tuple, or None for all. keepdims: leave an axis of length 1 where one
was reduced. An axis that the array does not have raises an IndexError that names its shape.

A sum or an extremum is a primitive, with a row in `dpkit.array_rules`. The others are written in
terms of those, and their derivatives come by themselves.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpkit.arrays.axes import Axis, as_array, axes_of, axis_of, described
from dpkit.arrays.indexing import cut
from dpkit.arrays.shapes import concatenate, reshape, transpose
from dpkit.backends import backend_of, shape_of
from dpkit.box import apply, plain
from dpkit.functions import sqrt, square

__all__ = [
    "amax", "amin", "argmax", "argmin", "cumprod", "cumsum", "cumulative_prod", "cumulative_sum",
    "max", "mean", "min", "prod", "std", "sum", "var",
]  # fmt: skip


def sum(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """The sum of the elements."""
    x = as_array(x)
    if axis is not None and type(axis) is not int:
        axis = axes_of(x, axis)
        if not axis:
            return x
    return apply("sum", x, axis=axis, keepdims=keepdims)


def mean(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """The mean of the elements; nan if there are none."""
    x = as_array(x)
    total = sum(x, axis, keepdims=keepdims)
    return total / float(_count(x, axis))


def var(
    x: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """The variance: the mean square of the distance from the mean.

    ddof (in the array API standard: correction) is subtracted from the number of elements by which
    the sum of squares is divided. As in numpy it is 0 unless you say otherwise, whereas torch takes
    1, which makes the estimate from a sample unbiased.
    """
    x = as_array(x)
    total = sum(square(x - mean(x, axis, keepdims=True)), axis, keepdims=keepdims)
    freedom = _count(x, axis) - (ddof if correction is None else correction)
    return total / float(freedom if freedom > 0 else 0)


def std(
    x: Any,
    axis: Axis = None,
    *,
    ddof: float = 0,
    keepdims: bool = False,
    correction: float | None = None,
) -> Any:
    """The standard deviation, the root of `var`. Where it is 0, it has no derivative (nan)."""
    return sqrt(var(x, axis, ddof=ddof, keepdims=keepdims, correction=correction))


def max(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """The largest element. Where several are equal, they share the derivative equally."""
    return _extremum("max", x, axis, keepdims)


def min(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """The smallest element. Where several are equal, they share the derivative equally."""
    return _extremum("min", x, axis, keepdims)


amax, amin = max, min


def argmax(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Where the largest element is (the first, if several are equal); counted through the whole
    array if axis is None. An array of integers: it has no derivative."""
    return _position("argmax", x, axis, keepdims)


def argmin(x: Any, axis: int | None = None, *, keepdims: bool = False) -> Any:
    """Where the smallest element is; see `argmax`."""
    return _position("argmin", x, axis, keepdims)


def prod(x: Any, axis: Axis = None, *, keepdims: bool = False) -> Any:
    """The product of the elements; 1 if there are none.

    The elements are multiplied in pairs, the products in pairs, and so on. The derivative of this
    needs no division, so it is right if there are zeros among them.
    """
    x = _roomy(as_array(x))
    axes = axes_of(x, axis)
    rest = [k for k in range(len(shape_of(x))) if k not in axes]
    kept = tuple(1 if k in axes else n for k, n in enumerate(shape_of(x)))
    final = kept if keepdims else tuple(shape_of(x)[k] for k in rest)
    n = math.prod(shape_of(x)[k] for k in axes)
    x = reshape(transpose(x, (*axes, *rest)), (n, *(shape_of(x)[k] for k in rest)))
    if n == 0:
        return reshape(sum(x, 0) + 1.0, final)
    while n > 1:
        half = n // 2
        pairs = cut(x, 0, 0, half) * cut(x, 0, half, 2 * half)
        x = concatenate([pairs, cut(x, 0, 2 * half, n)]) if n % 2 else pairs
        n -= half
    return reshape(x, final)


def _roomy(x: Any) -> Any:
    """x, but small whole numbers with the 64 bits that numpy gives to their products."""
    if isinstance(x, np.ndarray) and x.dtype.kind in "biu":
        return x.astype(np.prod(np.ones(1, x.dtype)).dtype)
    return x


def cumsum(x: Any, axis: int | None = None) -> Any:
    """The sums of the first, the first two, the first three … elements along an axis; of all
    elements in one row if axis is None. The shape stays."""
    x, axis = _line(x, axis)
    return apply("cumsum", x, axis=axis)


def cumprod(x: Any, axis: int | None = None) -> Any:
    """The products of the first, the first two, the first three … elements; see `cumsum`.

    In each round, an element is multiplied with the one that stands 1, 2, 4, 8 … places before it:
    log₂ n rounds suffice, and nothing is ever divided, so the derivative is right at zeros.
    """
    x, axis = _line(_roomy(as_array(x)), axis)
    n, step = shape_of(x)[axis], 1
    while step < n:
        x = concatenate(
            [cut(x, axis, 0, step), cut(x, axis, step, n) * cut(x, axis, 0, n - step)], axis
        )
        step *= 2
    return x


cumulative_sum, cumulative_prod = cumsum, cumprod


def _count(x: Any, axis: Axis) -> int:
    """How many elements come together in each result."""
    shape = shape_of(x)
    if axis is None:
        return math.prod(shape)
    return shape[axis] if type(axis) is int else math.prod(shape[k] for k in axes_of(x, axis))


def _extremum(name: str, x: Any, axis: Axis, keepdims: bool) -> Any:
    x = as_array(x)
    if axis is not None and type(axis) is not int:
        axis = axes_of(x, axis)
    if 0 in shape_of(x) and not _count(x, axes_of(x, axis)):
        raise ValueError(f"dp.{name} of {described(x)} along axis {axis}: there are no elements.")
    return x if axis == () else apply(name, x, axis=axis, keepdims=keepdims)


def _position(name: str, x: Any, axis: int | None, keepdims: bool) -> Any:
    values = plain(as_array(x))
    whole, ndim = axis is None, len(shape_of(values))
    if not _count(values, axes_of(values, axis)):
        raise ValueError(f"dp.{name} of {described(values)}: there are no elements.")
    if whole:
        values = reshape(values, -1)
    found = getattr(backend_of(values), name)(
        values, axis=0 if axis is None else axis_of(axis, ndim, described(values)),
        keepdims=keepdims and not whole,
    )  # fmt: skip
    return reshape(found, (1,) * ndim) if whole and keepdims else found


def _line(x: Any, axis: int | None) -> tuple[Any, int]:
    x = as_array(x)
    if axis is None:
        return reshape(x, -1), 0
    return x, axis_of(axis, len(shape_of(x)), described(x))
