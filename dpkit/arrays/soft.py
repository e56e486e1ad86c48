"""Soft maxima: the largest of some numbers, but smooth.

``logsumexp(x)`` is a little larger than ``max(x)``, and close to it if one element is far above the
others. Its derivative ``softmax(x)`` tells how much each element has to do with it, in shares whose
sum is 1; ``log_softmax(x)`` holds their logarithms. None of them overflows.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit import functions
from dpkit.arrays.axes import Axis, as_array, axes_of
from dpkit.backends import shape_of
from dpkit.box import apply

__all__ = ["log_softmax", "logsumexp", "softmax"]


def logsumexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """The logarithm of the sum of exponentials, of all elements or of those along some axes.

    -inf stands for an exponential of 0; if all are, the result is -inf and its derivative 0.

    Raises ValueError if x has no such axis, or nothing to sum.
    """
    x = _checked("logsumexp", x, axis)
    if holds_numbers(x):
        return _over_numbers(x, axis, keepdims)
    return apply("logsumexp", x, axis=axis, keepdims=keepdims)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """``exp(x)``, divided by its sum along an axis (several, or None for all): shares of 1."""
    x = _checked("softmax", x, axis)
    if holds_numbers(x):
        return functions.exp(x - _over_numbers(x, axis, True))
    return apply("softmax", x, axis=axis)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """The logarithm of `softmax`, finite and accurate where a share is too small for a float."""
    x = _checked("log_softmax", x, axis)
    if holds_numbers(x):
        return x - _over_numbers(x, axis, True)
    return apply("log_softmax", x, axis=axis)


def holds_numbers(x: Any) -> bool:
    """Is x an array of single numbers with derivatives, such as `Scalar`s?"""
    return type(x) is np.ndarray and x.dtype.kind == "O"


def _over_numbers(x: Any, axis: Axis, keepdims: bool) -> Any:
    """logsumexp of an array of Scalars or Duals, with their own functions."""
    top = np.max(x, axis=axis, keepdims=True)
    z = top + functions.log(np.sum(functions.exp(x - top), axis=axis, keepdims=True))
    return z if keepdims else np.sum(z, axis=axis)  # of one element each


def _checked(name: str, x: Any, axis: Axis) -> Any:
    x = as_array(x)
    shape = shape_of(x)
    if 0 in [shape[k] for k in axes_of(x, axis)]:  # which complains if there is no such axis
        raise ValueError(
            f"dp.{name} was given an array of shape {shape}: there is no largest of no elements."
        )
    return x
