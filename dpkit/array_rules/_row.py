"""What a row of the table of array operations looks like, and a few shapes it needs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from dpkit.backends import backend_of, shape_of
from dpkit.box import plain
from dpkit.box import words as xp

__all__ = [
    "JVP", "VJP", "ArrayMisreading", "ArrayRule", "Pullback", "column", "kept", "linear", "misread",
    "positive", "row", "still", "turned", "unbroadcast",
]  # fmt: skip

Pullback = Callable[[Any], Any]
VJP = Callable[..., Pullback]
JVP = Callable[..., Any]


@dataclass(frozen=True)
class ArrayMisreading:
    """A pullback as it is often, and wrongly, written.

    kind: identifier in `dpkit.catalogue.CATALOGUE`.
    wrong: the mistaken vjp for each argument it concerns, by position. (Of an operation on any
    number of arrays there is one, under 0, which gets the position of the argument first.)
    sentence: what to tell the person who wrote it.
    together: the mistake is made at all of these arguments at once, and not at one alone.
    """

    kind: str
    sentence: str
    wrong: dict[int, VJP]
    together: bool = False


@dataclass(frozen=True)
class ArrayRule:
    """One row of the table.

    name: of the primitive, which every backend has as a word.
    vjps, jvps: one for each argument; None where nothing can be differentiated.
    any_number: the operation takes any number of arrays; there is one vjp and one jvp, which get
    the position of the argument first.
    elementwise: arguments are broadcast against each other, so adjoints are summed back.
    """

    name: str
    vjps: tuple[VJP | None, ...]
    jvps: tuple[JVP | None, ...]
    misreadings: tuple[ArrayMisreading, ...] = ()
    any_number: bool = False
    elementwise: bool = False


def row(
    name: str,
    *misreadings: ArrayMisreading,
    vjp: VJP | tuple[VJP | None, ...],
    jvp: JVP | tuple[JVP | None, ...],
    **more: bool,
) -> ArrayRule:
    vjps = vjp if isinstance(vjp, tuple) else (vjp,)
    jvps = jvp if isinstance(jvp, tuple) else (jvp,)
    return ArrayRule(name, vjps, jvps, misreadings, **more)


def misread(kind: str, sentence: str, vjp: VJP, argument: int = 0) -> ArrayMisreading:
    return ArrayMisreading(kind, sentence, {argument: vjp})


def linear(name: str, argument: int = 0) -> JVP:
    """The jvp of an operation that is linear in this argument: the same, of how that moves."""

    def jvp(moves: Any, z: Any, *args: Any, **params: Any) -> Any:
        return getattr(xp, name)(*args[:argument], moves, *args[argument + 1 :], **params)

    return jvp


def positive(axis: Any, ndim: int) -> tuple[int, ...]:
    """An axis argument (None, a number, several) as a tuple of numbers from 0 to ndim - 1."""
    if axis is None:
        return tuple(range(ndim))
    return tuple(a % ndim for a in (axis if isinstance(axis, (tuple, list)) else (axis,)))


def kept(shape: tuple[int, ...], axis: Any) -> tuple[int, ...]:
    """The shape of a reduction that keeps the axes it reduces, with length 1."""
    if axis is None:
        return (1,) * len(shape)
    gone = positive(axis, len(shape))
    return tuple(1 if k in gone else n for k, n in enumerate(shape))


def unbroadcast(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum g over the axes along which an array of this shape was repeated."""
    axes = repeated(tuple(g.shape), shape)
    if axes:
        g = xp.sum(g, axis=axes, keepdims=False)
    return g if tuple(g.shape) == shape else xp.reshape(g, shape=shape)


@lru_cache(maxsize=4096)
def repeated(shape: tuple[int, ...], was: tuple[int, ...]) -> tuple[int, ...]:
    """The axes along which an array was repeated when it was broadcast to this shape."""
    extra = len(shape) - len(was)
    return tuple(k for k, n in enumerate(shape) if k < extra or (was[k - extra] == 1 and n != 1))


def still(x: Any) -> Any:
    """How x moves if it does not move: zeros of its shape, without derivative."""
    values = plain(x)
    return backend_of(values).zeros_like(values)


def column(x: Any) -> Any:
    """The array with one more axis, of length 1, at the end."""
    return xp.reshape(x, shape=(*shape_of(x), 1))


def turned(x: Any) -> Any:
    """The array with its last two axes exchanged: every matrix of the stack transposed."""
    ndim = len(shape_of(x))
    return xp.permute(x, axes=(*range(ndim - 2), ndim - 1, ndim - 2))
