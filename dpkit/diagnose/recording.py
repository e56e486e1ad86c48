"""Running a program and writing down what it does.

The engines of dpkit keep only what a derivative needs. To find out what went wrong with somebody
else's derivative we need more: what was done, with which values, at which line. So the program is
run on numbers of a third kind, which differentiate nothing and write everything down.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from dpkit.backends import is_torch
from dpkit.box import Box, apply, constant
from dpkit.box import plain as plain_array
from dpkit.containers import flatten, leaves
from dpkit.diagnose.places import Place
from dpkit.diagnose.program import Program, Row, numbers
from dpkit.number import Arithmetic, level_of, new_level, plain
from dpkit.rules import Rule
from dpkit.transforms import as_arrays, follows_arrays, one_number

__all__ = ["record"]

# Rows are asked for by somebody's program, through these files.
_MACHINERY = (str(Path(__file__).parent.parent), str(Path(np.__file__).parent), "<dpkit rule")


class _Pen:
    """Writes the rows of one program."""

    def __init__(self, level: float) -> None:
        self.level = level
        self.rows = [Row("constant", None)]

    def write(
        self, made: Any, name: str, operands: Sequence[Any], params: Mapping[str, Any]
    ) -> int:
        """One row. operands: numbers of this pen, or constants."""
        frame = sys._getframe(2)
        while frame is not None and frame.f_code.co_filename.startswith(_MACHINERY):
            # Between here and `record` there may be nobody's program but our own.
            frame = frame.f_back if frame.f_code is not record.__code__ else None  # type: ignore
        self.rows.append(
            Row(
                name,
                _still(made),
                tuple(_still(x.inside if isinstance(x, _Noted) else x, made) for x in operands),
                tuple(x.row if isinstance(x, _Noted) else 0 for x in operands),
                params,
                frame and Place.of(frame),
            )
        )
        return len(self.rows) - 1

    def input(self, x: Any, kind: Any) -> Any:
        self.rows.append(Row("input", _still(x)))
        return kind(self, x, len(self.rows) - 1)


def _still(x: Any, made: Any = None) -> Any:
    """A value for the record: without derivative, and not a bare number, whose division by zero
    would be an error instead of infinite. (Beside tensors of torch, numbers stay as they are.)"""
    x = plain_array(plain(x))
    beside = is_torch(plain_array(plain(made)))
    return np.float64(x) if isinstance(x, (float, int)) and not beside else x


class _Noted:
    """What writes down what is done with it. inside: its value; row: where that was computed."""

    def __init__(self, pen: _Pen, inside: Any, row: int) -> None:
        self.pen, self.inside, self.row = pen, inside, row
        self.level = pen.level

    @property
    def _inside(self) -> Any:
        return self.inside

    def __repr__(self) -> str:
        return repr(self.inside)


class _NotedNumber(_Noted, Arithmetic):
    """A single number that writes down what is done with it."""

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Any:
        pen = max(operands, key=level_of).pen
        values = [x.inside if _is_of(pen, x) else x for x in operands]
        z = rule.value(*values)
        mine = [x if _is_of(pen, x) else plain(x) for x in operands]
        return cls(pen, z, pen.write(z, rule.name, mine, {}))


class _NotedArray(_Noted, Box):
    """An array that writes down what is done with it."""

    @classmethod
    def _by(cls, level: float, name: str, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        pen = next(x.pen for x in args if isinstance(x, Box) and x.level == level)  # type: ignore
        values = [x.inside if _is_of(pen, x) else constant(x) for x in args]
        z = apply(name, *values, **params)
        mine = [x if _is_of(pen, x) else plain_array(x) for x in args]
        return cls(pen, z, pen.write(z, name, mine, params))

    def detach(self) -> Any:
        """The same values as a constant."""
        return self.inside.detach() if isinstance(self.inside, Box) else self.inside


def _is_of(pen: _Pen, x: Any) -> bool:
    return isinstance(x, _Noted) and x.pen is pen


def record(f: Callable[..., Any], args: Sequence[Any]) -> Program:
    """Run f on arguments that all vary, and return what it did.

    args: numbers, arrays, or containers of these. f returns one number.

    Arrays are followed whole; if there are only numbers, or arrays of objects, each number is
    followed by itself. Raises whatever f raises, and TypeError as `dpkit.grad` does.
    """
    name = getattr(f, "__name__", "the function")
    apart = [leaves(arg, f"Argument {n} of {name}") for n, arg in enumerate(args)]
    whole = follows_arrays([x for values, _ in apart for x in values])
    if not whole:
        apart = [flatten(arg, f"Argument {n} of {name}") for n, arg in enumerate(args)]
    with new_level(whole) as level:
        pen = _Pen(level)
        inputs: list[int] = []
        noted = []
        for values, rebuild in apart:
            mine = [pen.input(x, _NotedArray if whole else _NotedNumber)
                    for x in (as_arrays(values) if whole else values)]  # fmt: skip
            inputs += [x.row for x in mine]
            noted.append(rebuild(mine))
        y = one_number(f(*noted), name)
    output = y.row if _is_of(pen, y) else 0
    value = float(numbers(plain_array(plain(y))).item())
    return Program(pen.rows, inputs, output, value, not whole)
