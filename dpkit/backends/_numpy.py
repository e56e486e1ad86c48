"""The words of numpy that differ from the vocabulary, or are faster when said directly."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from dpkit.backends._contraction import contraction
from dpkit.backends._linalg import linalg_words
from dpkit.backends._soft import soft_words
from dpkit.backends._windows import WINDOWS

__all__ = ["WORDS", "is_basic"]


def is_basic(key: Any) -> bool:
    """Is this an index that cannot name an element twice: integers, slices, masks?"""
    keys = key if type(key) is tuple else (key,)
    return all(
        k is None or k is Ellipsis or isinstance(k, (int, np.integer, slice))
        or (hasattr(k, "dtype") and "bool" in str(k.dtype))
        for k in keys
    )  # fmt: skip


def _sigmoid(x: Any) -> Any:
    small = np.exp(-np.abs(x))  # never larger than 1, so it cannot overflow
    return np.where(x >= 0, 1.0, small) / (1.0 + small)


def _softplus(x: Any) -> Any:
    return np.maximum(x, 0.0) + np.log1p(np.exp(-np.abs(x)))


def _add_at(out: Any, g: Any, key: Any) -> Any:
    """Add g to `out` at `key`, in place; where an index occurs twice, both are added."""
    if is_basic(key):
        out[key] += g
    elif out.ndim == 1:
        np.add.at(out, key, g)
    else:  # element numbers, indexed in the same way, say where each element of g belongs
        places = np.arange(out.size).reshape(out.shape)[key]
        np.add.at(out.reshape(-1), places.reshape(-1), g.reshape(-1))
    return out


def _scatter(*pieces: Any, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    """Zeros of this shape, to which each piece is added at its key."""
    out = np.zeros(shape, dtype=pieces[0].dtype)
    for g, key in zip(pieces, keys, strict=True):
        _add_at(out, g, key)
    return out


def _put(x: Any, v: Any, key: Any) -> Any:
    """A copy of x with v in the place of x[key]."""
    out = np.array(x)
    out[key] = v
    return out


def _argsort(x: Any, axis: int, descending: bool = False) -> Any:
    if not descending:
        return np.argsort(x, axis=axis, kind="stable")
    behind = np.flip(np.argsort(np.flip(x, axis), axis=axis, kind="stable"), axis)
    return x.shape[axis] - 1 - behind  # equal elements stay in their order


def _reduce(ufunc: np.ufunc) -> Any:
    reduce = ufunc.reduce  # np.sum and its like cost 2 µs more

    def apply(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        return reduce(x, axis=axis, keepdims=keepdims)

    return apply


_add_up = _reduce(np.add)


def _broadcast(x: Any, shape: tuple[int, ...]) -> Any:
    """x repeated to this shape, without copying it."""
    if x.shape == () and x.dtype.kind == "f":  # the same as below, in less than half the time
        repeated = np.ndarray(shape, x.dtype, np.asarray(x), 0, (0,) * len(shape))
        repeated.flags.writeable = False
        return repeated
    return np.broadcast_to(x, shape)


def _sum(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum. The rows of a large matrix are added up as a product with a row of ones, which takes
    a third of the time for 1000 × 50 numbers and a seventh for 100,000 × 10."""
    if axis in (0, (0,)) and x.ndim == 2 and x.size > 4000 and x.dtype.char in "fd":
        total = np.ones(x.shape[0], x.dtype) @ x
        return total[None] if keepdims else total
    return _add_up(x, axis, keepdims)


WORDS: dict[str, Any] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "sigmoid": _sigmoid,
    "softplus": _softplus,
    "relu": lambda x: np.maximum(x, 0.0),
    "sum": _sum,
    "max": _reduce(np.maximum),
    "min": _reduce(np.minimum),
    "reshape": lambda x, shape: np.asarray(x).reshape(shape),
    "permute": lambda x, axes: np.asarray(x).transpose(axes),
    "broadcast": _broadcast,
    "getitem": lambda x, key: x[key],
    "add_at": _add_at,
    "scatter": _scatter,
    "put": _put,
    "clip": lambda x, lo, hi: np.minimum(np.maximum(x, lo), hi),
    "cumsum": lambda x, axis: np.add.accumulate(x, axis=axis),
    "flip": lambda x, axis: np.flip(x, axis),
    "argsort": _argsort,
    "reorder": lambda x, order, axis: np.take_along_axis(x, order, axis),
    "concatenate": lambda *arrays, axis: np.concatenate(arrays, axis),
    "stack": lambda *arrays, axis: np.stack(arrays, axis),
    "matmul": operator.matmul,
    "cast": lambda x, like: np.asarray(x, dtype=like.dtype),
}

WORDS |= linalg_words(np, np.linalg, np.linalg.LinAlgError)
WORDS |= soft_words(np, WORDS["max"], WORDS["sum"])
WORDS |= WINDOWS
WORDS |= {
    "einsum": contraction(WORDS["permute"], WORDS["reshape"], operator.matmul),
    "norm": lambda x, axis, keepdims: np.sqrt(WORDS["sum"](x * x, axis, keepdims)),
}
