"""The pullback of an index, and how a loop of n of them stays n times a little work.

The adjoint of ``x[key]`` belongs at ``key`` in an array that is zero elsewhere. If every element of
an array of n is read in turn, there are n such arrays of n numbers, nearly all of them zero. So the
sweep (`dpkit.tape.Tape.sweep`) does not call this pullback, but hands it the adjoint of x as it
is so far, and what the index received is added where it belongs.

Where adjoints have derivatives themselves, nothing may be changed in place. Then the pieces are
collected, and put together in one operation when all have come.
"""

from __future__ import annotations

from typing import Any

from dpkit.backends import backend_of
from dpkit.box import Box
from dpkit.box import words as xp

__all__ = ["Pieces", "Placing"]


class Placing:
    """The pullback of ``x[key]`` for an x of this shape."""

    __slots__ = ("key", "shape")

    def __init__(self, key: Any, shape: tuple[int, ...]) -> None:
        self.key, self.shape = key, shape

    def __call__(self, g: Any) -> Any:
        """An array of zeros, with g added at the key."""
        return xp.scatter(g, keys=(self.key,), shape=self.shape)

    def onto(self, before: Any, g: Any, own: bool) -> Any:
        """What ``before + self(g)`` is, without making the array of zeros, where that is possible.

        before: the adjoint that arrived so far; None if there is none. own: may it be changed?
        The result may be.
        """
        if type(before) is Pieces or isinstance(g, Box) or isinstance(before, Box):
            pieces = before if type(before) is Pieces else Pieces(self.shape, before)
            pieces.parts.append(g)
            pieces.keys.append(self.key)
            return pieces
        if before is None:
            return self(g)
        if own and self.shape:
            return backend_of(before).add_at(before, g, self.key)
        return before + self(g)


class Pieces:
    """An adjoint that arrived in pieces: where each belongs, and what arrived for all of it."""

    __slots__ = ("dense", "keys", "parts", "shape")

    def __init__(self, shape: tuple[int, ...], dense: Any) -> None:
        self.shape, self.dense = shape, dense
        self.parts: list[Any] = []
        self.keys: list[Any] = []

    def __add__(self, share: Any) -> Pieces:
        self.dense = share if self.dense is None else self.dense + share
        return self

    def whole(self) -> Any:
        """The adjoint as one array."""
        total = xp.scatter(*self.parts, keys=tuple(self.keys), shape=self.shape)
        return total if self.dense is None else self.dense + total
