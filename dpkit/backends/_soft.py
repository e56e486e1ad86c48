"""Soft maxima that never overflow, for numpy and any library that has its names.

The largest element is taken off before the exponentials, so the largest of them is 1.
"""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["soft_words"]


def soft_words(xp: Any, largest: Any, total: Any) -> dict[str, Any]:
    """The words logsumexp, softmax and log_softmax.

    largest, total: the library's max and sum, with axis and keepdims.
    """

    def off_the_top(x: Any, axis: Any) -> tuple[Any, Any]:
        top = largest(x, axis=axis, keepdims=True)
        top = xp.where(xp.isfinite(top), top, xp.zeros_like(top))  # inf - inf would be nan
        return top, x - top

    def logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        top, below = off_the_top(x, axis)
        with np.errstate(divide="ignore"):  # the logarithm of 0 is -inf, and is meant
            z = xp.log(total(xp.exp(below), axis=axis, keepdims=True)) + top
        if keepdims:
            return z
        gone = axis if isinstance(axis, tuple) else (axis,)
        gone = tuple(k % max(x.ndim, 1) for k in (range(x.ndim) if axis is None else gone))
        return xp.reshape(z, tuple(n for k, n in enumerate(x.shape) if k not in gone))

    def softmax(x: Any, axis: Any) -> Any:
        raised = xp.exp(off_the_top(x, axis)[1])
        return raised / total(raised, axis=axis, keepdims=True)

    def log_softmax(x: Any, axis: Any) -> Any:
        below = off_the_top(x, axis)[1]
        return below - xp.log(total(xp.exp(below), axis=axis, keepdims=True))

    return {"logsumexp": logsumexp, "softmax": softmax, "log_softmax": log_softmax}
