"""A third engine on the one table: its numbers note what is done to them.

A `Symbol` knows its value, so a function runs as always, but every operation adds a row to a
`Record`: which rule of `dpkit.rules`, on which earlier rows or constants. `Scalar` keeps local
derivatives for one sweep; a record keeps none, and serves to write a program
(`dpkit.compiled.straightline`).

    >>> record = Record()
    >>> x = record.input(3.0)
    >>> x * x + 1.0
    Symbol(10.0)
    >>> record.rows
    [('input',), ('mul', 0, 0), ('add', 1, 1.0)]

**Comparisons.** A record is true of one path through the function only. So each comparison is
noted as a *guard*, with its outcome: while all guards come out the same, the record holds.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from numbers import Real
from typing import Any

import numpy as np

from dpkit.number import Arithmetic
from dpkit.rules import Rule

__all__ = ["LONGEST", "Place", "Record", "Symbol"]

LONGEST = 500_000
"""Operations in one record, at most. Writing a program of that length takes seconds and a gigabyte."""

Place = int | float
"""An operand in a record: an int is the number of a row, a float is a constant."""

COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip

# Operations that change nothing: rule, position of the constant, constant.
_NEUTRAL = {("add", 0, 0.0), ("add", 1, 0.0), ("sub", 1, 0.0)} | {
    ("mul", 0, 1.0), ("mul", 1, 1.0), ("div", 1, 1.0),
}  # fmt: skip


class Record:
    """What one run of a function did.

    level: see `dpkit.number`.
    rows: (name of the rule, place of x, place of y); the inputs come first, as ("input",).
    guards: (comparison, place, place) -> (how many rows there were, how it came out).
    """

    def __init__(self, level: float = 0.0) -> None:
        self.level = level
        self.rows: list[tuple[Any, ...]] = []
        self.guards: dict[tuple[str, Place, Place], tuple[int, bool]] = {}
        self.closed = False

    def input(self, value: float) -> Symbol:
        """Begin with a number."""
        return self._append(value, ("input",))

    def write(self, rule: Rule, operands: Sequence[Any]) -> Symbol:
        """Note an operation, and return its result.

        Raises TypeError for a number with a derivative that is not on this record, RuntimeError if
        the record is closed or full.
        """
        if self.closed:
            raise RuntimeError(
                "A number from inside a finished compile_grad was used outside it. Let the "
                "function return what is needed later, instead of storing it in a list or a "
                "global variable."
            )
        if len(self.rows) >= LONGEST:
            raise RuntimeError(
                f"A compiled gradient is one long text, and this one has reached {LONGEST:,} "
                "operations. Compile a piece of the program, such as one step of its loop or the "
                "loss of one sample (in_axes runs that on a whole batch), or use dp.grad, whose "
                "tape may be of any length."
            )
        places: list[Place] = []
        values: list[float] = []
        for n, x in enumerate(operands):
            if type(x) is float:
                if (rule.name, n, x) in _NEUTRAL:
                    return operands[1 - n]
                places.append(x)
                values.append(x)
            else:
                places.append(self.place(x))
                values.append(x._value)
        return self._append(rule.value(*values), (rule.name, *places))

    def compare(self, word: str, x: _Watched, other: Any) -> Any:
        """Note a comparison, and return how it comes out."""
        if isinstance(other, np.ndarray):
            return np.frompyfunc(lambda y: self.compare(word, x, y), 1, 1)(other).astype(bool)
        if not isinstance(other, Real):
            return NotImplemented
        outcome = COMPARISONS[word](float(x), float(other))
        if not self.closed:
            y = self.place(other.symbol) if isinstance(other, _Watched) else float(other)
            self.guards.setdefault((word, self.place(x.symbol), y), (len(self.rows), outcome))
        return outcome

    def place(self, x: Any) -> int:
        """The row in which x stands."""
        if type(x) is not Symbol or x._record is not self:
            raise TypeError(
                f"The function to compile uses {x!r}, a number with a derivative that is not one "
                "of its arguments, and the text of a program cannot hold that derivative. Pass it "
                "as an argument, or use dp.grad."
            )
        return x._index

    def _append(self, value: float, row: tuple[Any, ...]) -> Symbol:
        symbol = Symbol.__new__(Symbol)
        symbol._record, symbol._index, symbol._value = self, len(self.rows), value
        self.rows.append(row)
        return symbol


class Symbol(Arithmetic):
    """A number whose operations are recorded. Comparisons look at its value, and are noted."""

    __slots__ = ("_index", "_record", "_value")

    _index: int
    _record: Record
    _value: float

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Symbol:
        records = [x._record for x in operands if type(x) is Symbol]
        return max(records, key=lambda record: record.level).write(rule, operands)

    @property
    def level(self) -> float:  # type: ignore[override]
        return self._record.level

    @property
    def _inside(self) -> Any:
        return _Watched(self)

    def __float__(self) -> float:
        raise TypeError(
            "Turning an argument of a compiled function into a float would lose its derivative, "
            "and freeze its value in the program. Where you used the math module, use dp.exp, "
            "dp.sin and so on."
        )

    __int__ = __float__
    __complex__ = __float__

    def __index__(self) -> int:
        raise TypeError(
            "An argument that is differentiated cannot count or index, because it has no "
            "derivative there, and neither can a number from a batch, because it differs from row "
            "to row. Say with argnums which arguments to differentiate; integers among the others "
            "stay integers, where in_axes has None for them."
        )

    def __repr__(self) -> str:
        return f"Symbol({self._value!r})"


class _Watched(float):
    """The value of a symbol as `Arithmetic` compares it; whoever compares it is noted."""

    symbol: Symbol

    def __new__(cls, symbol: Symbol) -> _Watched:
        value = super().__new__(cls, symbol._value)
        value.symbol = symbol
        return value

    __hash__ = float.__hash__


def _noted(word: str) -> Callable[[_Watched, Any], Any]:
    return lambda self, other: self.symbol._record.compare(word, self, other)


for _method, _word in zip(("lt", "le", "gt", "ge", "eq", "ne"), COMPARISONS, strict=True):
    setattr(_Watched, f"__{_method}__", _noted(_word))
