"""Several results of several arguments, in one row of a tape.

A row of a tape has one result. A function that brings its own derivative, or a stretch of a program
that is run again instead of being remembered, has many, and their adjoints must all be there before
anything can be said about the arguments. So such a function writes

    one *joint* row, whose parents are the arguments, and
    one row for each result, whose only parent is the joint row.

In the sweep the results come first, as always. Each puts its adjoint into an envelope with its
number on it, a `Parts`; envelopes add up like adjoints do. When the sweep reaches the joint row, one
`Parts` has arrived with all that did; the function's ``pull`` is asked once, and gives each argument
its share. Neither tape knows about any of this: that these are no ordinary adjoints and slopes is
known to the objects themselves.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from threading import get_ident
from typing import Any

from dpkit import scalar, tape, tensor
from dpkit.number import new_level, outer_engine

__all__ = ["LEAKED", "Parts", "Pull", "engine", "join", "part", "running", "tape_for"]

Pull = Callable[[list[Any]], Sequence[Any]]
"""Adjoints of the results → shares of the arguments; None stands for zero in both."""


class _Running(threading.local):
    """The tapes on which reverse transforms of this thread write now, outermost first."""

    def __init__(self) -> None:
        self.tapes: list[Any] = []


running = _Running()


LEAKED = (
    "A number that was computed inside a dp.checkpoint, dp.fori_loop or dp.fixed_point was used "
    "outside it, where nothing is known any more of how it was computed. Let the function return "
    "what is needed later (in tuples, lists or dicts), instead of storing it elsewhere."
)


class Parts:
    """The adjoints of some results of a function, by their numbers."""

    __slots__ = ("given", "shares")

    def __init__(self, given: dict[int, Any]) -> None:
        self.given = given
        self.shares: Sequence[Any] | None = None

    def __add__(self, other: Any) -> Parts:
        given = dict(self.given)
        for n, adjoint in other.given.items():
            given[n] = given[n] + adjoint if n in given else adjoint
        return Parts(given)

    def __radd__(self, zero: float) -> Parts:
        return self  # on the tape of scalars, adjoints begin as 0.0

    def __mul__(self, slope: Any) -> Any:
        """What the tape of scalars does with an adjoint: here the slope says what is meant."""
        if isinstance(slope, _Share):
            share = slope(self)
            return 0.0 if share is None else share
        return self if slope == 1.0 else 0.0


class _Part:
    """From a result to the joint row: an adjoint goes into its envelope."""

    __slots__ = ("n",)

    def __init__(self, n: int) -> None:
        self.n = n

    def __call__(self, adjoint: Any) -> Parts:
        return Parts({self.n: adjoint})

    __rmul__ = __call__


class _Share:
    """From the joint row to an argument: its share of what `pull` says."""

    __slots__ = ("count", "n", "pull")

    def __init__(self, pull: Pull, n: int, count: int) -> None:
        self.pull, self.n, self.count = pull, n, count

    def __call__(self, parts: Parts) -> Any:
        if parts.shares is None:
            parts.shares = self.pull([parts.given.get(k) for k in range(self.count)])
        return parts.shares[self.n]


def join(onto: Any, parents: Sequence[int], pull: Pull, count: int) -> int:
    """Write a joint row for `count` results, and return its number.

    parents: the rows of the arguments, in the order of the shares; 0 for a constant.
    """
    if isinstance(onto, tensor.Tape):
        row: list[Any] = []
        for n, parent in enumerate(parents):
            if parent:
                row += (parent, _Share(pull, n, count))
        return onto.write(None, tuple(row) or None)._index
    # A row of the tape of scalars has two parents: here one argument, and the row of the argument
    # before, to which the envelope is handed on unopened.
    joint = 0
    for n, parent in enumerate(parents):
        if parent:
            share, hand_on = _Share(pull, n, count), 1.0 if joint else 0.0
            joint = onto.write("call", 0.0, parent, share, joint, hand_on)._index
    return joint


def part(onto: Any, joint: int, n: int, value: Any) -> Any:
    """Write the row of result number n, and return it as a number on this tape."""
    if isinstance(onto, tensor.Tape):
        return onto.write(value, (joint, _Part(n)) if joint else None)
    if type(value) is not float:
        onto.plain = False
    return onto.write("result", value, joint, _Part(n) if joint else 0.0, 0, 0.0)


def tape_for(operands: Sequence[Any]) -> Any:
    """The tape on which an operation between these is written, all being Tensors, or Scalars, of
    one level; None inside `dpkit.no_grad`."""
    first = operands[0]
    if isinstance(first, scalar.Scalar):
        return scalar._tape_for(tuple(operands))
    if first.level == 0 and get_ident() in tape.pausing:
        return None
    return tape.tape_for(tuple(operands), first.level)


def engine(whole: bool) -> AbstractContextManager[Any]:
    """A block in which transforms follow whole arrays, or single numbers, as they do where a
    function is run for the first time. A backward pass may come when no transform runs any more."""
    return new_level(whole) if outer_engine() is None else nullcontext()
