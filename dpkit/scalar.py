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
derivative, the constant itself. A row holds nothing but a word and numbers, so a million rows cost
Python's garbage collector nothing; and since parents always stand above their children, reading the
tape from the bottom up is already a right order for the chain rule. Nothing is sorted, nothing
calls itself, and no program is too long.

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
from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from dpkit.number import Arithmetic
from dpkit.rules import Rule

__all__ = ["Scalar", "Tape"]

Row = tuple[str, Any, int, Any, int, Any]
"""(operation, value, first parent, ∂value/∂first, second parent, ∂value/∂second)"""

_ZERO = 0.0  # one object, recognised by identity: the mark of a row that no adjoint has reached
_CHAPTER = 1 << 15  # rows after which the next program begins a new tape
_serials = itertools.count(1)


class Tape:
    """The rows of one program, and which numbers flowed into it from outside.

    level: see `dpkit.number`; 0 for programs on leaves made by hand.
    rows: a list to write to instead of a new one (`diagnose` gives one that notes source lines).
    """

    __slots__ = (
        "__weakref__",
        "adjoints",
        "closed",
        "inputs",
        "level",
        "names",
        "plain",
        "rows",
        "serial",
    )

    def __init__(self, level: float = 0.0, rows: list[Row] | None = None) -> None:
        self.rows: list[Row] = [] if rows is None else rows
        self.rows.append(("constant", 0.0, 0, 0.0, 0, 0.0))
        self.inputs: dict[int, Scalar] = {}  # row -> the leaf, or number of another tape, it is
        self.names: dict[int, str] = {}
        self.adjoints: list[Any] = []  # of the latest sweep
        self.serial = next(_serials)
        self.level = level
        self.plain = True  # all numbers are floats; not so inside a nested derivative
        self.closed = False  # the program that wrote it has ended; the next one starts afresh

    def write(self, *row: Any) -> Scalar:
        """Write one row and return its number."""
        result = _new(Scalar)
        result.data = row[1]
        result._tape = self
        result._index = len(self.rows)
        self.rows.append(row)
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
        index = self.input(x.data if x._tape else _real(x.data))._index
        self.inputs[index] = x
        if x._tape is None:
            x._serial, x._index = self.serial, index
        return index

    def sweep(self, seeds: dict[int, Any]) -> list[Any]:
        """Run the chain rule backwards from the rows in `seeds`, whose adjoints are given there.

        Returns the adjoint of every row up to the last of those; later rows have no part in it.
        """
        rows, plain = self.rows, self.plain
        adjoints = [_ZERO] * (max(seeds) + 1)
        for index, seed in seeds.items():
            adjoints[index] = seed
        for k in range(len(adjoints) - 1, 0, -1):
            adjoint = adjoints[k]
            if adjoint is _ZERO or (plain and not adjoint):
                continue
            _, _, i, di, j, dj = rows[k]
            if i:
                adjoints[i] += adjoint * di
            if j:
                adjoints[j] += adjoint * dj
        self.adjoints = adjoints
        return adjoints


class Scalar(Arithmetic):
    """A real number that remembers how it was computed.

    data: one real number. It may be changed by hand, as in ``w.data -= 0.1 * w.grad``; what was
    computed before keeps the derivatives of its own time.
    name: shown in drawings and messages.

    Raises TypeError if data is not one real number, ValueError if it is NaN.
    """

    __slots__ = ("_grad", "_index", "_name", "_serial", "_tape", "data")

    data: Any
    _tape: Tape | None

    def __init__(self, data: float, name: str | None = None) -> None:
        self.data = _real(data)
        self._name = name
        self._grad = 0.0
        self._tape = None  # a leaf belongs to no tape …
        self._serial = 0  # … but has a row on the tape with this serial number
        self._index = 0

    # Addition and multiplication are most of every program, so they are written out here; the
    # tests hold them to the table. Every other operation goes through `_by`.

    def __add__(self, other: Any) -> Any:
        tape = self._tape
        if type(other) is Scalar:
            y = other.data
            if tape is None or tape is not other._tape:
                tape = _meet(self, other)
                if tape is None:
                    return self._apply("add", self, other)
            j = other._index
        elif type(other) is float and tape is not None:
            y, j = other, 0
        else:
            return self._binary("add", self, other)
        z = self.data + y
        rows = tape.rows
        result = _new(Scalar)
        result.data = z
        result._tape = tape
        result._index = len(rows)
        rows.append(("add", z, self._index, 1.0, j, 1.0 if j else y))
        return result

    def __mul__(self, other: Any) -> Any:
        tape = self._tape
        x = self.data
        if type(other) is Scalar:
            y = other.data
            if tape is None or tape is not other._tape:
                tape = _meet(self, other)
                if tape is None:
                    return self._apply("mul", self, other)
            j = other._index
        elif type(other) is float and tape is not None:
            y, j = other, 0
        else:
            return self._binary("mul", self, other)
        z = x * y
        rows = tape.rows
        result = _new(Scalar)
        result.data = z
        result._tape = tape
        result._index = len(rows)
        rows.append(("mul", z, self._index, y, j, x if j else y))
        return result

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Scalar:
        """Apply a row of the table of derivatives, and write a row of the tape."""
        if len(operands) == 1:
            (x,) = operands
            tape = x._tape
            if tape is None or tape.closed:
                tape = _tape_for(operands)
                tape.row_of(x)
            z = rule.value(x.data)
            return tape.write(rule.name, z, x._index, rule.slope(0, z, x.data), 0, 0.0)
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
    def grad(self, value: float) -> None:
        if self._tape is None:
            self._grad = _real(value)
        elif self._index < len(self._tape.adjoints):
            self._tape.adjoints[self._index] = _real(value)

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


_new: Callable[[type[Scalar]], Scalar] = Scalar.__new__

# Which tape is written on -----------------------------------------------------------------------


def _no_tape() -> Tape | None:
    return None


_latest: Callable[[], Tape | None] = _no_tape  # weak: the newest tape, if anybody still needs it


def _current_tape() -> Tape:
    """The tape for a program that begins with leaves: the newest one, while it is in use."""
    global _latest
    tape = _latest()
    if tape is None or tape.closed or len(tape.rows) > _CHAPTER:
        tape = Tape()
        _latest = weakref.ref(tape)
    return tape


def _tape_for(operands: tuple[Any, ...]) -> Tape:
    """The tape to write an operation on: that of the highest level, and there the newest."""
    level = max(x.level for x in operands if type(x) is Scalar)
    tapes = [x._tape for x in operands if type(x) is Scalar and x.level == level and x._tape]
    if not tapes:
        return _current_tape()
    tape = max(tapes, key=lambda each: each.serial)
    if tape.closed and tape.level > 0:
        raise RuntimeError(
            "A number from inside a finished dp.grad was used outside it. Let the function return "
            "what is needed later, instead of storing it in a list or a global variable."
        )
    return tape


def _meet(a: Scalar, b: Scalar) -> Tape | None:
    """The common case of `_tape_for`, quickly: a leaf meets a leaf or a computed number."""
    tape = a._tape or b._tape
    if tape is None:
        tape = _current_tape()
    elif tape.level > 0 or (a._tape and b._tape):
        return None
    if a._tape is None and a._serial != tape.serial:
        tape.row_of(a)
    if b._tape is None and b._serial != tape.serial:
        tape.row_of(b)
    return tape


# What is said when something is wrong ------------------------------------------------------------


def _real(data: Any) -> float:
    """`data` as a float, or an error that says what was given instead."""
    if type(data) is float and data == data:
        return data
    if isinstance(data, np.ndarray) and data.ndim == 0 and data.dtype != object:
        data = data.item()
    if isinstance(data, Real) and not isinstance(data, bool):
        number = float(data)
        if number == number:
            return number
        raise ValueError(
            "A Scalar cannot be NaN (not a number). Something before it went wrong: look for "
            "0/0, inf - inf, or missing data."
        )
    if isinstance(data, np.ndarray):
        raise TypeError(
            f"A Scalar holds one number, but was given an array of shape {data.shape}. Make one "
            "Scalar for each element, or give the array to dp.grad, which does so."
        )
    if isinstance(data, Arithmetic):
        raise TypeError(
            f"A Scalar holds a plain number, but was given {data!r}. It already is a number with "
            "a derivative; for derivatives of derivatives, nest dp.grad."
        )
    raise TypeError(
        f"A Scalar holds one real number, but was given {data!r}, a {type(data).__name__}."
    )


def explain_nan(tape: Tape, adjoints: list[Any], name: str | None) -> str:
    """Say at which operation a derivative ceased to be a number."""
    lost = max(k for k, adjoint in enumerate(adjoints) if adjoint != adjoint)
    whom = f"with respect to {name} " if name else ""
    for k in range(len(adjoints) - 1, lost, -1):
        operation, value, i, di, j, dj = tape.rows[k]
        for parent, slope in ((i, di), (j, dj)):
            if parent == lost and adjoints[k] * slope != adjoints[k] * slope:
                return (
                    f"The derivative {whom}is not a number. It is lost at the operation "
                    f"{operation!r} with the value {value!r}: {adjoints[k]!r} comes from above, "
                    f"and the local derivative there is {slope!r}."
                )
    return (
        f"The derivative {whom}is not a number: infinite contributions of opposite sign meet at "
        f"the operation {tape.rows[lost][0]!r} with the value {tape.rows[lost][1]!r}."
    )
