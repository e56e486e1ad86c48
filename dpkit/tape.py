"""The tape of the tensor engine: rows that hold functions, and the sweep that calls them.

The idea is that of `dpkit.scalar`. Only the rows differ: a local derivative of an array with
respect to an array would be a huge table, so a row does not hold it, but a function that multiplies
an adjoint with it, the *pullback*:

    row k  =  (parent, pullback, parent, pullback, …)

The sweep goes up the tape and does, for each parent, ``adjoint[parent] += pullback(adjoint[k])``.
As soon as a row has passed on its adjoint, the adjoint is forgotten.

**Which tape?** An operation is written on the newest tape among those of its operands. If no
operand stands on a tape, a program begins: on the latest tape, as long as that is short. Where
programs on several tapes meet, the older numbers become inputs of the newer tape, so a sweep passes
from each tape to older ones only. A tape lives as long as a tensor on it; since tapes begin anew
every few dozen rows, a result that is forgotten soon gives back its memory.
"""

from __future__ import annotations

import itertools
import threading
import weakref
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from dpkit.backends import need_real
from dpkit.box import held
from dpkit.changes import CHANGED, Guard, can_change, fingerprint
from dpkit.placing import Pieces, Placing

__all__ = ["Tape", "pausing", "tape_for"]

_CHAPTER = 64  # rows after which the next program begins a new tape
_FREED: tuple[Any, ...] = ()  # the row of an operation whose pullbacks were used up
_UNCHANGING = {int, float, bool, slice, type(None), type(Ellipsis), np.float64, str}
_serials = itertools.count(1)

pausing: list[int] = []  # the threads that are inside a no_grad() block, once for each block


class Tape:
    """The rows of one program. level: see `dpkit.number`; 0 for programs on leaves made by hand."""

    __slots__ = (
        "__weakref__",
        "closed",
        "drawn",
        "fresh",
        "guard",
        "inputs",
        "level",
        "rows",
        "seen",
        "serial",
    )

    tensor: ClassVar[Any]  # the class `Tensor`, which dpkit.tensor puts here

    def __init__(self, level: float = 0.0, guard: Guard | None = None) -> None:
        self.rows: list[Any] = [None]  # row 0 stands for constants, None for what has no parents
        self.inputs: dict[int, Any] = {}  # row -> the leaf, or tensor of another tape, it is
        self.drawn: dict[tuple[Tape, int], int] = {}  # the row of a tensor of another tape
        self.seen: dict[int, tuple[Any, int]] = {}  # arrays that must not change; see `watch`
        self.serial = next(_serials)
        self.level = level
        self.closed = False
        self.guard = guard  # who else sees to it that arrays do not change
        self.fresh = False  # all that is computed is written here; see `divert`

    def write(self, data: Any, row: Any) -> Any:
        """Write one row and return its tensor."""
        result = self.tensor.__new__(self.tensor)
        result._array = data
        result._tape = self
        result._index = len(self.rows)
        self.rows.append(row)
        return result

    def input(self, data: Any) -> Any:
        """Write the row of a value that comes from outside, and return its tensor."""
        self.watch(data)
        return self.write(held(data), None)

    def row_of(self, x: Any) -> int:
        """The row in which the tensor x stands on this tape; 0 if x is a constant to it."""
        if x._tape is self:
            return x._index
        if x._tape is None:
            if not x._requires_grad or self.level:
                return 0
            if x._serial != self.serial:
                x._index, x._serial = len(self.rows), self.serial
                self.rows.append(None)
                self.inputs[x._index] = x
                self.watch(x._array)
            return x._index
        if x._tape.level != self.level:
            return 0
        index = self.drawn.get((x._tape, x._index))
        if index is None:
            index = self.drawn[x._tape, x._index] = len(self.rows)
            self.rows.append(None)
            self.inputs[index] = held(x)
        return index

    def watch(self, array: Any) -> None:
        """Remember what is in an array that somebody else can reach, to notice if it changes."""
        if type(array) in _UNCHANGING:
            return
        if self.guard is not None and type(array) is np.ndarray:
            need_real(array)
            self.guard.lock(array)
        elif id(array) not in self.seen and can_change(array):
            need_real(array)
            self.seen[id(array)] = array, fingerprint(array)

    def changed(self) -> Any:
        """An array that was changed although this tape needs it; None if there is none."""
        return next((x for x, before in self.seen.values() if fingerprint(x) != before), None)

    def sweep(self, seeds: dict[int, Any], keep_rows: bool = True) -> list[Any]:
        """Run the chain rule backwards from the rows in `seeds`, whose adjoints are given there.

        Returns a list with the adjoints of rows without parents; None where none arrived.
        """
        array = self.changed()
        if array is not None:
            self.closed = True  # so that the program, run again, is written elsewhere
            raise RuntimeError(CHANGED.format(shape=tuple(array.shape)))
        rows = self.rows
        adjoints: list[Any] = [None] * (max(seeds) + 1)
        for index, seed in seeds.items():
            adjoints[index] = seed
        own: set[int] = set()  # adjoints that no one else can see, to which we may add in place
        for k in range(len(adjoints) - 1, 0, -1):
            adjoint = adjoints[k]
            if adjoint is None:
                continue
            if type(adjoint) is Pieces:
                adjoint = adjoints[k] = adjoint.whole()
            row = rows[k]
            if row is None:
                continue
            if row is _FREED:
                raise RuntimeError(
                    "backward() went this way before, and what it needs was freed. Where you need "
                    "it twice, call backward(retain_graph=True) the first time."
                )
            adjoints[k] = None
            for n in range(0, len(row), 2):
                parent, pull = row[n], row[n + 1]
                before = adjoints[parent]
                if type(pull) is Placing:
                    adjoints[parent] = pull.onto(before, adjoint, parent in own)
                    own.add(parent)
                    continue
                share = pull(adjoint)
                if before is None:
                    adjoints[parent] = share
                elif parent in own and type(before) is type(share):
                    before += share
                    adjoints[parent] = before
                elif share is not None:
                    adjoints[parent] = before + share
                    own.add(parent)
            if not keep_rows:
                rows[k] = _FREED
        return adjoints


def _no_tape() -> Tape | None:
    return None


class _Latest(threading.local):
    """The tape on which the latest program of this thread began, as long as it is in use."""

    tape: Callable[[], Tape | None] = staticmethod(_no_tape)

    def __init__(self) -> None:
        self.diverted: dict[float, Tape] = {}  # by level: where all operations are written


_latest = _Latest()


def divert(level: float, onto: Tape | None) -> Tape | None:
    """Write all operations of this level on this tape from now on, until it is called with None.

    Returns the tape on which they were written before, if they were diverted already.
    """
    before = _latest.diverted.pop(level, None)
    if before is not None:
        before.fresh = False
        pausing.remove(0)
    if onto is not None:
        _latest.diverted[level] = onto
        pausing.append(0)  # no thread's number: it turns off the quick ways around tape_for …
        onto.fresh = level > 0  # … except on this tape
    return before


def begin_anew() -> None:
    """Let the next program begin a new tape."""
    _latest.tape = _no_tape


def tape_for(args: tuple[Any, ...], level: float) -> Tape:
    """The tape to write an operation on, by the rule given above.

    Raises RuntimeError if an operand belongs to a derivative that is already finished.
    """
    if level in _latest.diverted:
        return _latest.diverted[level]
    newest: Tape | None = None
    for x in args:
        tape = x._tape if type(x) is Tape.tensor else None
        if tape and tape.level == level and (newest is None or tape.serial > newest.serial):
            newest = tape
    if newest is None:
        newest = _latest.tape()
        if newest is None or newest.closed or len(newest.rows) > _CHAPTER or _stale(newest, args):
            newest = Tape()
            _latest.tape = weakref.ref(newest)
    elif newest.closed and level > 0:
        raise RuntimeError(
            "A tensor from inside a finished dp.grad, dp.checkpoint or the like was used outside it. "
            "Let the function return what is needed later, instead of storing it in a list or a "
            "global variable."
        )
    return newest


def _stale(tape: Tape, args: tuple[Any, ...]) -> bool:
    """Was one of these changed since the tape saw it? (That is allowed between two programs.)"""
    for x in args:
        array = x._array if type(x) is Tape.tensor else x
        seen = tape.seen.get(id(array))
        if seen and fingerprint(array) != seen[1]:
            return True
    return False
