"""The words of any library that follows the Python array API standard.

array-api-strict, the standard's own test double, is the one that the tests use: it has nothing that
the standard does not promise.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from array_api_compat import array_namespace

from dpkit.backends._contraction import contraction
from dpkit.backends._linalg import linalg_words
from dpkit.backends._soft import soft_words
from dpkit.backends._windows import conv2d_words

__all__ = ["words_of"]


def words_of(x: Any) -> tuple[Any, dict[str, Any]]:
    """The library that the array x belongs to, and its words."""
    xp = array_namespace(x)

    def constant(value: Any, like: Any) -> Any:
        if not isinstance(value, (float, int)):
            return value
        return xp.asarray(value, dtype=like.dtype, device=like.device)

    def pair(function: Callable[..., Any]) -> Callable[..., Any]:
        def apply(x: Any, y: Any) -> Any:
            like = y if isinstance(x, (float, int)) else x
            return function(constant(x, like), constant(y, like))

        return apply

    maximum, minimum = pair(xp.maximum), pair(xp.minimum)

    def where(condition: Any, x: Any, y: Any) -> Any:
        if isinstance(condition, bool):
            return x if condition else y
        if isinstance(x, float) and isinstance(y, float):
            x = xp.asarray(x, dtype=xp.float64, device=condition.device)
        like = y if isinstance(x, (float, int)) else x
        return xp.where(condition, constant(x, like), constant(y, like))

    def sigmoid(x: Any) -> Any:
        small = xp.exp(-xp.abs(x))
        return xp.where(x >= 0, xp.ones_like(x), small) / (1.0 + small)

    # Some keys are beyond the standard: integer arrays beside slices, masks beside anything, None on
    # the left of an assignment. For these, element numbers, indexed in the same way by numpy, say
    # which elements are meant.

    def places(shape: tuple[int, ...], key: Any, device: Any) -> Any:
        numbers = np.arange(math.prod(shape)).reshape(shape)
        key = tuple(np.asarray(k) if hasattr(k, "dtype") else k for k in _parts(key))
        return xp.asarray(np.asarray(numbers[key]), device=device)

    def getitem(x: Any, key: Any) -> Any:
        if _is_plain(key):
            return x[_completed(key)]
        chosen = places(x.shape, key, x.device)
        flat = xp.take(xp.reshape(x, (-1,)), xp.reshape(chosen, (-1,)), axis=0)
        return xp.reshape(flat, chosen.shape)

    def scatter(*pieces: Any, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
        out = xp.zeros(shape, dtype=pieces[0].dtype, device=pieces[0].device)
        for g, key in zip(pieces, keys, strict=True):
            out = add_at(out, g, key)
        return out

    def add_at(out: Any, g: Any, key: Any) -> Any:
        if _is_plain(key):
            out[_completed(key)] += g
            return out
        # The standard has no addition at indices: multiply with a table of who receives what.
        chosen = xp.reshape(places(out.shape, key, g.device), (-1, 1))
        everyone = xp.arange(math.prod(out.shape), device=g.device)
        hits = xp.astype(chosen == everyone, g.dtype)
        return out + xp.reshape(xp.reshape(g, (-1,)) @ hits, out.shape)

    def put(x: Any, v: Any, key: Any) -> Any:
        if _is_plain(key):
            out = xp.asarray(x, copy=True)
            out[_completed(key)] = v
            return out
        like = getitem(x, key)
        v = xp.broadcast_to(v if hasattr(v, "dtype") else constant(v, x), like.shape)
        hit = add_at(xp.zeros_like(x), xp.ones_like(like), key) > 0
        return xp.where(hit, add_at(xp.zeros_like(x), v, key), x)

    return xp, {
        "add": operator.add,
        "sub": operator.sub,
        "mul": operator.mul,
        "div": operator.truediv,
        "neg": operator.neg,
        "power": pair(xp.pow),
        "log": lambda x: math.log(x) if isinstance(x, (float, int)) else xp.log(x),
        "maximum": maximum,
        "minimum": minimum,
        "where": where,
        "sigmoid": sigmoid,
        "softplus": lambda x: where(x > 0.0, x, 0.0) + xp.log1p(xp.exp(-xp.abs(x))),
        "relu": lambda x: where(x > 0.0, x, 0.0),
        "arcsin": xp.asin,
        "arccos": xp.acos,
        "arctan": xp.atan,
        "permute": xp.permute_dims,
        "broadcast": xp.broadcast_to,
        "getitem": getitem,
        "add_at": add_at,
        "scatter": scatter,
        "put": put,
        "clip": lambda x, lo, hi: minimum(maximum(x, lo), hi),
        "cumsum": lambda x, axis: xp.cumulative_sum(x, axis=axis),
        "argsort": lambda x, axis, descending=False: xp.argsort(
            x, axis=axis, descending=descending, stable=True
        ),
        "reorder": lambda x, order, axis: xp.take_along_axis(x, order, axis=axis),
        "concatenate": lambda *arrays, axis: xp.concat(list(arrays), axis=axis),
        "stack": lambda *arrays, axis: xp.stack(list(arrays), axis=axis),
        "cast": lambda x, like: xp.astype(x, like.dtype),
        "einsum": contraction(xp.permute_dims, xp.reshape, xp.matmul),
        **_of_matrices(xp),
        **soft_words(xp, xp.max, xp.sum),
        **conv2d_words(xp),
    }


def _of_matrices(xp: Any) -> dict[str, Any]:
    """The words of linear algebra, which are an extension that not every library has."""
    linalg = getattr(xp, "linalg", None)
    if linalg is None:
        return {}
    words = linalg_words(xp, linalg, np.linalg.LinAlgError)
    return words | {
        "norm": lambda x, axis, keepdims: linalg.vector_norm(x, axis=axis, keepdims=keepdims)
    }


def _parts(key: Any) -> tuple[Any, ...]:
    return key if type(key) is tuple else (key,)


def _is_plain(key: Any) -> bool:
    """Is this one mask, or made of integers and slices only, as the standard foresees?"""
    if hasattr(key, "dtype") and "bool" in str(key.dtype):
        return True
    return all(k is Ellipsis or isinstance(k, (int, slice)) for k in _parts(key))


def _completed(key: Any) -> Any:
    """The standard wants every axis named, or an ellipsis for those that are not."""
    if hasattr(key, "dtype") or any(k is Ellipsis for k in _parts(key)):
        return key
    return (*_parts(key), Ellipsis)
