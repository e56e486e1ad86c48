"""Reverse mode: a number that remembers how it was computed.

    >>> a, b = Scalar(2.0), Scalar(3.0)
    >>> y = a * b + a
    >>> y.backward()
    >>> a.grad, b.grad
    (4.0, 2.0)

**The tape.** Every operation writes one row on a tape, as Wengert did in 1964 ("A simple automatic
derivative evaluation program", Communications of the ACM 7:8):

    (operation, value, parent, local derivative, parent, local derivative)

Parents are row numbers. Row 0 stands for every constant; beside it stands, in the place of a local
derivative, the constant itself. The tape is one long list into which rows are written end to end, a
word and numbers and nothing else. So a million rows are no work for Python's garbage collector,
which looks after containers; and since parents always stand above their children, reading the tape
from the bottom up is already a right order for the chain rule. Nothing is sorted, nothing calls
itself, and no program is too long.

**The sweep.** ``y.backward()`` writes 1 beside y's row and goes up the tape. Beside each row stands
its *adjoint*, the derivative of y with respect to the value in that row. When the sweep reaches a
row, all its children have been there, so its adjoint is complete; it is passed on to each parent,
times the local derivative. A value that was used twice receives twice: hence ``+=``.

**Whose gradient.** The numbers you made, as with `Scalar(2.0)`, are *leaves*. Each `backward` adds
to their ``.grad`` until `zero_grad` (or ``x.grad = 0.0``) clears it; so a second ``y.backward()``
adds the same derivatives once more. A number that was computed shows its adjoint in the latest
sweep; nothing of it flows into a later one.

**Memory.** A tape lives as long as somebody holds a number that was computed on it. Leaves hold no
tape, so when the result of a program is forgotten, the memory of the program is free.

Not for use by several threads at once.
"""

from __future__ import annotations

import itertools
import weakref
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from dpkit.number import Arithmetic
from dpkit.refusals import explain_nan, real
from dpkit.rules import Rule
from dpkit.stencils import add_operators

__all__ = ["Scalar", "Tape"]

Row = tuple[str, Any, int, Any, int, Any]
"""(operation, value, first parent, ∂value/∂first, second parent, ∂value/∂second)"""

_ZERO = 0.0  # one object, recognised by identity: the mark of a row that no adjoint has reached
_WIDTH = 7  # cells that a row takes: its adjoint, then what `Row` names
_CHAPTER = _WIDTH << 15  # cells after which the next program begins a new tape
_serials = itertools.count(1)


class Tape:
    """The rows of one program, and which numbers flowed into it from outside.

    level: see `dpkit.number`; 0 for programs on leaves made by hand.
    """

    __slots__ = (
        "__weakref__", "adjoints", "cells", "closed", "inputs", "level", "names", "plain", "serial",
    )  # fmt: skip

    def __init__(self, level: float = 0.0) -> None:
        self.cells: list[Any] = [0.0, "constant", 0.0, 0, 0.0, 0, 0.0]
        self.inputs: dict[int, Scalar] = {}  # row -> the leaf, or number of another tape, it is
        self.names: dict[int, str] = {}
        self.adjoints: list[Any] = []  # of the latest sweep
        self.serial = next(_serials)
        self.level = level
        self.plain = True  # all numbers are floats; not so inside a nested derivative
        self.closed = False  # the program that wrote it has ended; the next one starts afresh

    @property
    def rows(self) -> Rows:
        """The tape as it reads: row after row, with row numbers for parents."""
        return Rows(self.cells)

    def write(self, operation: str, value: Any, i: int, di: Any, j: int, dj: Any) -> Scalar:
        """Write one row, whose parents stand in rows i and j, and return its number."""
        result = _new()
        result.data = value
        result._tape = self
        result._cell = len(self.cells)
        self.cells.extend((0.0, operation, value, i * _WIDTH, di, j * _WIDTH, dj))
        return result

    def input(self, value: Any) -> Scalar:
        """Write the row of a value that comes from outside, and return its number."""
        if type(value) is not float:
            self.plain = False
        return self.write("input", value, 0, 0.0, 0, 0.0)

    def row_of(self, x: Any) -> int:
        """The row in which x stands on this tape; 0 if x is a constant to it."""
        if type(x) is not Scalar or x.level != self.level:
            return 0
        if x._tape is self or (x._tape is None and x._serial == self.serial):
            return x._index
        if x._tape is None:
            x.data = real(x.data)  # assigned by hand, it may be an int, a float32, or no number
        index = self.input(x.data)._index
        self.inputs[index] = x
        if x._tape is None:
            x._serial, x._cell = self.serial, index * _WIDTH
        return index

    def sweep(self, seeds: dict[int, Any]) -> list[Any]:
        """Run the chain rule backwards from the rows in `seeds`, whose adjoints are given there.

        Returns the adjoint of every row up to the last of those; later rows have no part in it.
        """
        cells = self.cells
        cells[::_WIDTH] = [_ZERO] * len(self.rows)
        for row, seed in seeds.items():
            cells[row * _WIDTH] = seed
        # Seven steps up the tape make a row. Its adjoint is read when its turn has come, and not
        # before: its children have all added to it then. Row 0 collects what goes to constants.
        upwards = reversed(cells)
        by_row = zip(*[upwards] * _WIDTH, strict=True)
        if self.plain and all(type(seed) is float for seed in seeds.values()):
            for dj, j, di, i, _, _, adjoint in by_row:
                if adjoint:
                    cells[i] += adjoint * di
                    cells[j] += adjoint * dj
        else:
            for dj, j, di, i, _, _, adjoint in by_row:
                if adjoint is not _ZERO:
                    if i:
                        cells[i] += adjoint * di
                    if j:
                        cells[j] += adjoint * dj
        self.adjoints = cells[: (max(seeds) + 1) * _WIDTH : _WIDTH]
        return self.adjoints


class Rows(Sequence[Row]):
    """The cells of a tape, read row by row."""

    def __init__(self, cells: list[Any]) -> None:
        self._cells = cells

    def __len__(self) -> int:
        return len(self._cells) // _WIDTH

    def __getitem__(self, k: Any) -> Any:
        if isinstance(k, slice):
            return [self[n] for n in range(*k.indices(len(self)))]
        start = range(len(self))[k] * _WIDTH
        operation, value, i, di, j, dj = self._cells[start + 1 : start + _WIDTH]
        return operation, value, i // _WIDTH, di, j // _WIDTH, dj


class _Leaves(type):
    """What ``Scalar(2.0)`` does: it makes a leaf.

    A class usually says so in ``__init__``. But Python makes objects faster whose class has none,
    and computed numbers, which are most, need none: `_new` makes them.
    """

    def __call__(cls, data: float, name: str | None = None) -> Any:
        leaf = super().__call__()
        leaf.data = real(data)
        leaf._name = name
        leaf._grad = 0.0
        leaf._tape = None  # a leaf belongs to no tape …
        leaf._serial = 0  # … but has a row on the tape with this serial number
        leaf._cell = 0
        return leaf


class Scalar(Arithmetic, metaclass=_Leaves):
    """A real number that remembers how it was computed.

    data: one real number. It may be changed by hand, as in ``w.data -= 0.1 * w.grad``; what was
    computed before keeps the derivatives of its own time.
    name: shown in drawings and messages.

    Raises TypeError if data is not one real number, ValueError if it is NaN.
    """

    __slots__ = ("_cell", "_grad", "_name", "_serial", "_tape", "data")

    data: Any
    _tape: Tape | None
    _cell: int
    _serial: int
    _grad: float
    _name: str | None

    if TYPE_CHECKING:

        def __init__(self, data: float, name: str | None = None) -> None: ...

    # The operators are printed from the table of derivatives (see `dpkit.stencils`). What follows is
    # the general way, for whatever is not so simple: several tapes, several levels, and errors.

    def _apply(self, name: str, *operands: Any) -> Any:
        if len(operands) == 1 and name in _alone:
            return _alone[name](self)
        return super()._apply(name, *operands)

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Scalar:
        """Apply a row of the table of derivatives, and write a row of the tape."""
        if len(operands) == 1:
            (x,) = operands
            tape = x._tape
            if tape is None or tape.closed:
                tape = _tape_for(operands)
            i = tape.row_of(x)
            z = rule.value(x.data)
            return tape.write(rule.name, z, i, rule.slope(0, z, x.data), 0, 0.0)
        tape = _tape_for(operands)
        parents = [tape.row_of(x) for x in operands]
        values = [x.data if k else x for k, x in zip(parents, operands, strict=True)]
        z = rule.value(*values)
        if type(z) is not float:
            tape.plain = False
        # A constant needs no slope, and may have none: think of the exponent in (-2.0) ** 3.0.
        di, dj = (rule.slope(n, z, *values) if k else values[n] for n, k in enumerate(parents))
        return tape.write(rule.name, z, parents[0], di, parents[1], dj)

    def backward(self) -> None:
        """Add to each leaf's ``.grad`` the derivative of this number with respect to that leaf.

        Calling it again adds the same once more. Raises ArithmeticError, and changes no ``.grad``,
        if a derivative does not exist (is NaN) where this number was computed.
        """
        if self._tape is None:
            self._grad += 1.0
            return
        if self.level > 0:
            raise TypeError(
                "backward() was called on a number that belongs to a dp.grad. Call dp.grad "
                "or dp.value_and_grad on the inner function instead; they nest."
            )
        gradients: list[tuple[Scalar, float]] = []
        pending: dict[Tape, dict[int, float]] = {self._tape: {self._index: 1.0}}
        while pending:
            # A program may have drawn on numbers of earlier tapes, never of later ones.
            tape = max(pending, key=lambda each: each.serial)
            adjoints = tape.sweep(pending.pop(tape))
            tape.closed = True
            for index, source in tape.inputs.items():
                if index >= len(adjoints):
                    continue
                adjoint = adjoints[index]
                if adjoint != adjoint:
                    raise ArithmeticError(explain_nan(tape, adjoints, source.name))
                if source._tape is None:
                    gradients.append((source, adjoint))
                elif adjoint:
                    seeds = pending.setdefault(source._tape, {})
                    seeds[source._index] = seeds.get(source._index, 0.0) + adjoint
        for leaf, gradient in gradients:
            leaf._grad += gradient

    def zero_grad(self) -> None:
        """Set ``.grad`` back to 0."""
        self.grad = 0.0

    @property
    def grad(self) -> Any:
        """For a leaf, the sum of the gradients of all backward calls since the last `zero_grad`;
        for a computed number, its adjoint in the latest backward call."""
        if self._tape is None:
            return self._grad
        adjoints = self._tape.adjoints
        return adjoints[self._index] if self._index < len(adjoints) else 0.0

    @grad.setter
    def grad(self, value: float | None) -> None:
        value = 0.0 if value is None else value  # torch's way of saying zero_grad
        if self._tape is None:
            self._grad = real(value)
        elif self._index < len(self._tape.adjoints):
            self._tape.adjoints[self._index] = real(value)

    @property
    def name(self) -> str | None:
        """What this number is called in drawings and messages."""
        return self._name if self._tape is None else self._tape.names.get(self._index)

    @name.setter
    def name(self, name: str) -> None:
        if self._tape is None:
            self._name = name
        else:
            self._tape.names[self._index] = name

    @property
    def _index(self) -> int:
        """The number of its row."""
        return self._cell // _WIDTH

    @property
    def level(self) -> float:  # type: ignore[override]
        return 0.0 if self._tape is None else self._tape.level

    @property
    def _inside(self) -> Any:
        return self.data

    # A leaf remembers its row on the latest tape, which a copy must not: it is another leaf. A
    # computed number is nothing but its place on a tape, and cannot be anywhere else.

    def __copy__(self) -> Scalar:
        if self._tape is not None:
            return self
        twin = Scalar(self.data, self._name)
        twin._grad = self._grad
        return twin

    def __deepcopy__(self, memo: dict[int, Any]) -> Scalar:
        return self.__copy__()

    def __reduce__(self) -> Any:
        if self._tape is not None:
            raise TypeError(
                f"{self!r} was computed, and its derivatives live on a tape that cannot be saved. "
                "Save its .data, or the leaves it was computed from."
            )
        return Scalar, (self.data, self._name), (None, {"_grad": self._grad})

    def __repr__(self) -> str:
        name = f", name={self.name!r}" if self.name else ""
        return f"Scalar(data={self.data!r}, grad={self.grad!r}{name})"


_new: Callable[[], Scalar] = type.__call__.__get__(Scalar)  # an empty number

# Which tape is written on -----------------------------------------------------------------------


def _no_tape() -> Tape | None:
    return None


_latest: Callable[[], Tape | None] = _no_tape  # weak: the newest tape, if anybody still needs it


diverted: dict[float, Tape] = {}  # by level: where all operations are written; see dpkit.stretch


def _current_tape() -> Tape:
    """The tape for a program that begins with leaves: the newest one, while it is in use."""
    global _latest
    if 0.0 in diverted:
        return diverted[0.0]
    tape = _latest()
    if tape is None or tape.closed or len(tape.cells) > _CHAPTER:
        tape = Tape()
        _latest = weakref.ref(tape)
    return tape


def _tape_for(operands: tuple[Any, ...]) -> Tape:
    """The tape to write an operation on: that of the highest level, and there the newest."""
    level = max(x.level for x in operands if type(x) is Scalar)
    if level in diverted:
        return diverted[level]
    tapes = [x._tape for x in operands if type(x) is Scalar and x.level == level and x._tape]
    if not tapes:
        return _current_tape()
    tape = max(tapes, key=lambda each: each.serial)
    if tape.closed and tape.level > 0:
        raise RuntimeError(
            "A number from inside a finished dp.grad or dp.checkpoint was used outside it. Let the "
            "function return what is needed later, instead of storing it in a list or elsewhere."
        )
    return tape


def _meet(a: Scalar, b: Scalar) -> Tape | None:
    """The common tape of two numbers, one of them a leaf; None if `_tape_for` must find it."""
    tape = a._tape or b._tape
    if tape is None:
        tape = _current_tape()
    elif tape.level > 0 or tape.closed or (a._tape and b._tape):
        return None
    if a._tape is None and a._serial != tape.serial:
        tape.row_of(a)
    if b._tape is None and b._serial != tape.serial:
        tape.row_of(b)
    return tape


_alone = add_operators(Scalar, _new, _meet)
