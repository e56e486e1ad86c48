"""Run a program once, and keep its tape together with the place in the source of every row.

The engine itself notes no places: looking them up costs more than the arithmetic. A tape that
should know them is given a list which looks up the caller each time a row is written.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.number import new_level
from dpkit.scalar import Row, Scalar, Tape
from dpkit.transforms import one_number

__all__ = ["Place", "Trace", "trace"]

# Rows are asked for by somebody's program, through these files.
_MACHINERY = (str(Path(__file__).parent), str(Path(np.__file__).parent), "<dpkit rule")


@dataclass(frozen=True)
class Place:
    """One operation in somebody's source: the same wherever a loop or a call comes back to it."""

    code: CodeType
    instruction: int

    def _position(self) -> tuple[int | None, int | None, int | None, int | None]:
        return list(self.code.co_positions())[self.instruction // 2]

    @property
    def line(self) -> int:
        """Line number in the file or cell, from 1."""
        return self._position()[0] or self.code.co_firstlineno

    @property
    def text(self) -> str:
        """The expression, as it was written; empty if the source is not at hand."""
        first, last, start, end = self._position()
        if first is None or last is None or start is None or end is None:
            return ""
        lines = linecache.getlines(self.code.co_filename)[first - 1 : last]
        if not lines:
            return ""
        # Columns count bytes, not letters.
        pieces = [line.encode() for line in lines]
        pieces[-1] = pieces[-1][:end]
        pieces[0] = pieces[0][start:]
        return " ".join(piece.decode().strip() for piece in pieces)

    def __str__(self) -> str:
        name = self.code.co_name
        line = f"line {self.line - self.code.co_firstlineno + 1} of {name}"
        if name == "<lambda>":
            line = ""
        elif name.startswith("<"):
            line = f"line {self.line}"
        return ", ".join(part for part in (f"`{self.text}`" if self.text else "", line) if part)


@dataclass(frozen=True)
class Trace:
    """One run of a program: rows as in `dpkit.scalar`, their places, and which rows are what.

    inputs: the rows of the arguments, in the order in which `flatten` finds them.
    output: the row of the result; 0 if the result is a constant.
    """

    rows: Sequence[Row]
    places: Sequence[Place | None]
    inputs: Sequence[int]
    output: int
    value: float


class _PlacedCells(list[Any]):
    """The cells of a tape; of each row it notes where in the user's source it was asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.places: list[Place | None] = []

    def extend(self, row: Iterable[Any]) -> None:
        super().extend(row)
        frame = sys._getframe(1)
        while frame is not None and frame.f_code.co_filename.startswith(_MACHINERY):
            frame = frame.f_back  # type: ignore[assignment]
        self.places.append(frame and Place(frame.f_code, frame.f_lasti))


def trace(f: Callable[..., Any], args: Sequence[Any]) -> Trace:
    """Run f on arguments that all vary, and return what it did.

    Raises whatever f raises, and TypeError as `dpkit.grad` does.
    """
    name = getattr(f, "__name__", "the function")
    cells = _PlacedCells()
    with new_level() as level:
        tape = Tape(level, cells)
        inputs: list[int] = []
        traced = []
        for position, arg in enumerate(args):
            numbers, rebuild = flatten(arg, f"Argument {position} of {name}")
            mine = [tape.input(float(x)) for x in numbers]
            inputs += [x._index for x in mine]
            traced.append(rebuild(mine))
        y = one_number(f(*traced), name)
        tape.closed = True
    if isinstance(y, Scalar) and y._tape is tape:
        return Trace(list(tape.rows), cells.places, inputs, y._index, y.data)
    return Trace(list(tape.rows), cells.places, inputs, 0, float(y))
