"""The words of torch that differ from the vocabulary. Only imported where torch already is."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.grad

from dpkit.backends._linalg import linalg_words
from dpkit.backends._numpy import is_basic

__all__ = ["WORDS"]


def _constant(value: Any, like: Any) -> Any:
    """A plain number as a tensor of the same precision on the same device."""
    if isinstance(value, torch.Tensor):
        return value
    return torch.full((), value, dtype=like.dtype, device=like.device)  # made there, not sent


def _pair(function: Callable[..., Any]) -> Callable[..., Any]:
    """torch's functions of two arguments want tensors on both sides."""

    def apply(x: Any, y: Any) -> Any:
        like = x if isinstance(x, torch.Tensor) else y
        return function(_constant(x, like), _constant(y, like))

    return apply


def _reduce(function: Callable[..., Any]) -> Callable[..., Any]:
    def apply(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        if not x.ndim:
            return x
        if axis is None:
            axis = tuple(range(x.ndim))
        return function(x, dim=axis, keepdim=keepdims)

    return apply


def _where(condition: Any, x: Any, y: Any) -> Any:
    if isinstance(condition, bool):
        return x if condition else y
    if condition.device.type != "cpu":  # where a plain number would have to be sent
        like = x if isinstance(x, torch.Tensor) else y
        if isinstance(like, torch.Tensor):
            x, y = _constant(x, like), _constant(y, like)
    return torch.where(condition, x, y)


def _add_at(out: Any, g: Any, key: Any) -> Any:
    if is_basic(key):
        out[key] += g
        return out
    # Element numbers, indexed in the same way, say where each element of g belongs.
    places = torch.arange(out.numel(), device=out.device).reshape(out.shape)[key]
    out.view(-1).index_add_(0, places.reshape(-1), g.reshape(-1))
    return out


def _scatter(*pieces: Any, keys: tuple[Any, ...], shape: tuple[int, ...]) -> Any:
    out = torch.zeros(shape, dtype=pieces[0].dtype, device=pieces[0].device)
    for g, key in zip(pieces, keys, strict=True):
        _add_at(out, g, key)
    return out


def _put(x: Any, v: Any, key: Any) -> Any:
    out = x.clone()
    out[key] = v
    return out


def _axes(axis: Any) -> tuple[int, ...]:
    return axis if isinstance(axis, tuple) else (axis,)


_maximum, _minimum = _pair(torch.maximum), _pair(torch.minimum)

WORDS: dict[str, Any] = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "neg": operator.neg,
    "power": _pair(torch.pow),
    "log": lambda x: math.log(x) if isinstance(x, (float, int)) else torch.log(x),
    "maximum": _maximum,
    "minimum": _minimum,
    "where": _where,
    "softplus": torch.nn.functional.softplus,
    "reshape": lambda x, shape: x.reshape(shape),
    "sum": _reduce(torch.sum),
    "max": _reduce(torch.amax),
    "min": _reduce(torch.amin),
    "permute": lambda x, axes: x.permute(axes),
    "broadcast": lambda x, shape: x.expand(shape),
    "getitem": lambda x, key: x[key],
    "add_at": _add_at,
    "scatter": _scatter,
    "put": _put,
    "clip": lambda x, lo, hi: _minimum(_maximum(x, lo), hi),
    "cumsum": lambda x, axis: torch.cumsum(x, dim=axis),
    "flip": lambda x, axis: torch.flip(x, _axes(axis)),
    "argmax": lambda x, axis, keepdims: torch.argmax(x, dim=axis, keepdim=keepdims),
    "argmin": lambda x, axis, keepdims: torch.argmin(x, dim=axis, keepdim=keepdims),
    "argsort": lambda x, axis, descending=False: torch.argsort(
        x, dim=axis, descending=descending, stable=True
    ),
    "reorder": lambda x, order, axis: torch.take_along_dim(x, order, axis),
    "concatenate": lambda *arrays, axis: torch.concat(arrays, dim=axis),
    "stack": lambda *arrays, axis: torch.stack(arrays, dim=axis),
    "matmul": operator.matmul,
    "cast": lambda x, like: x.to(like.dtype),
}


def _logsumexp(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    axis = tuple(range(x.ndim)) if axis is None else axis
    return torch.logsumexp(x, dim=axis, keepdim=keepdims) if x.ndim else x


def _softmax(x: Any, axis: Any) -> Any:
    if isinstance(axis, int):
        return torch.softmax(x, dim=axis)
    return torch.exp(x - _logsumexp(x, axis, True))


def _log_softmax(x: Any, axis: Any) -> Any:
    if isinstance(axis, int):
        return torch.log_softmax(x, dim=axis)
    return x - _logsumexp(x, axis, True)


WORDS |= linalg_words(torch, torch.linalg, torch.linalg.LinAlgError)
WORDS |= {
    "logsumexp": _logsumexp,
    "softmax": _softmax,
    "log_softmax": _log_softmax,
    "einsum": lambda *arrays, spec: torch.einsum(spec, *arrays),
    "norm": lambda x, axis, keepdims: torch.linalg.vector_norm(x, dim=axis, keepdim=keepdims),
    "conv2d": lambda x, w, stride, padding: torch.nn.functional.conv2d(
        x, w, stride=stride, padding=padding
    ),
    "conv2d_input": lambda g, w, shape, stride, padding: torch.nn.grad.conv2d_input(
        (g.shape[0], w.shape[1], *shape), w, g, stride=stride, padding=padding
    ),
    "conv2d_weight": lambda x, g, size, stride, padding: torch.nn.grad.conv2d_weight(
        x, (g.shape[1], x.shape[1], *size), g, stride=stride, padding=padding
    ),
}
