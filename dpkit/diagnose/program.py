"""One run of a program, written down: every operation with its operands and its place in the source.

The engines of dpkit keep only what a derivative needs. To find out what went wrong with somebody
else's derivative we need more: what was done, with which values, at which line. So the program is
run on numbers of a third kind, which differentiate nothing and write everything down.

On such a record one can run the chain rule backwards (`Program.adjoints`), and forwards
(`Program.tangents`), both with the rules of `dpkit.rules` and `dpkit.array_rules`, and both with
some rule replaced by a wrong one: `dpkit.diagnose.mistakes` says by which.
"""

from __future__ import annotations

import linecache
import math
import sys
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import accumulate
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np

from dpkit.array_rules import unbroadcast
from dpkit.array_rules._row import positive
from dpkit.backends import backend_of, is_torch, shape_of
from dpkit.box import Box, apply, constant
from dpkit.box import plain as plain_array
from dpkit.containers import flatten, leaves
from dpkit.number import Arithmetic, level_of, new_level, plain
from dpkit.rules import Rule
from dpkit.table import is_elementwise, pullback, pushforward
from dpkit.transforms import as_arrays, follows_arrays, one_number

__all__ = ["Edge", "Place", "Program", "Pull", "Row", "record"]

Pull = Callable[[Any], Any]
"""From the adjoint of a result to the share of one operand."""

Edge = tuple[int, int]
"""A row, and which of its operands."""

# Rows are asked for by somebody's program, through these files.
_MACHINERY = (str(Path(__file__).parent.parent), str(Path(np.__file__).parent), "<dpkit rule")


Position = tuple[int | None, int | None, int | None, int | None]


@lru_cache(maxsize=1000)
def _first_of_each(code: CodeType) -> list[int]:
    """For each unit of the byte code, the first one of those before it that belong to the same
    expression. (An instruction takes several units, and the interpreter, once it has learnt to do
    it faster, stops at another one of them.)"""
    starts: list[int] = []
    before: Position | None = None
    for n, position in enumerate(code.co_positions()):
        starts.append(starts[-1] if starts and position == before else n)
        before = position
    return starts


@dataclass(frozen=True)
class Place:
    """One operation in somebody's source: the same wherever a loop or a call comes back to it."""

    code: CodeType
    instruction: int

    @classmethod
    def of(cls, frame: FrameType) -> Place:
        """Where the frame is now."""
        return cls(frame.f_code, _first_of_each(frame.f_code)[frame.f_lasti // 2])

    def _position(self) -> Position:
        return list(self.code.co_positions())[self.instruction]

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
class Row:
    """One operation: ``value = name(*args, **params)``.

    parents: for each operand the row where it was computed, 0 for a constant.
    """

    name: str
    value: Any
    args: tuple[Any, ...] = ()
    parents: tuple[int, ...] = ()
    params: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None


@dataclass(frozen=True)
class Program:
    """A run of a program.

    rows: row 0 stands for constants. inputs: the rows of the arguments, in the order in which they
    are found in their containers. output: the row of the result; 0 if it is a constant.
    single: is every value a single number?
    """

    rows: Sequence[Row]
    inputs: Sequence[int]
    output: int
    value: float
    single: bool

    # What is in it ------------------------------------------------------------------------------

    @cached_property
    def needed(self) -> list[int]:
        """The rows that have a part in the result, from the first to the last."""
        needed = {self.output} if self.output else set()
        for k in range(self.output, 0, -1):
            if k in needed:
                needed.update(self.rows[k].parents)
        return sorted(needed - {0})

    @cached_property
    def parts(self) -> list[slice]:
        """Where in a flat gradient the numbers of each input are."""
        sizes = [math.prod(shape_of(self.rows[k].value)) for k in self.inputs]
        return [slice(end - size, end) for size, end in zip(sizes, accumulate(sizes), strict=True)]

    def shaped(self, flat: np.ndarray) -> dict[int, Any]:
        """A flat array, cut up and shaped like the inputs: by their rows."""
        values = [self.rows[k].value for k in self.inputs]
        return {
            k: like(value, flat[part].reshape(shape_of(value)))
            for k, value, part in zip(self.inputs, values, self.parts, strict=True)
        }

    @cached_property
    def at(self) -> dict[tuple[str, Place | None], list[int]]:
        """The rows of each operation at each place, needed or not."""
        found = defaultdict(list)
        for k, row in enumerate(self.rows):
            found[row.name, row.place].append(k)
        return found

    @cached_property
    def everywhere(self) -> dict[str, list[int]]:
        """The rows of each operation, but for what was done outside f, such as weighing its value;
        that has no place in a source."""
        found = defaultdict(list)
        some = any(row.place for row in self.rows)
        for k, row in enumerate(self.rows):
            if row.place or not some:
                found[row.name].append(k)
        return found

    @cached_property
    def uses(self) -> dict[int, int]:
        """How often each row is an operand of a row that is needed."""
        count: dict[int, int] = defaultdict(int)
        for k in self.needed:
            for parent in self.rows[k].parents:
                count[parent] += 1
        return count

    @cached_property
    def users(self) -> dict[int, list[int]]:
        """The rows that are needed and have this row as an operand, from the first to the last."""
        found: dict[int, list[int]] = defaultdict(list)
        for k in self.needed:
            for parent in dict.fromkeys(self.rows[k].parents):
                found[parent].append(k)
        return found

    @cached_property
    def reach(self) -> list[int]:
        """For each row the inputs that it depends on, as the bits of a number."""
        return self._upwards({k: 1 << bit for bit, k in enumerate(self.inputs)})

    @cached_property
    def ancestors(self) -> list[int]:
        """For each row the rows that it depends on, and itself, as the bits of a number."""
        return self._upwards({k: 1 << k for k in range(1, len(self.rows))})

    def _upwards(self, own: Mapping[int, int]) -> list[int]:
        found = [0] * len(self.rows)
        for k, row in enumerate(self.rows):
            found[k] = own.get(k, 0)
            for parent in row.parents:
                found[k] |= found[parent]
        return found

    def terms(self, k: int, n: int) -> set[int]:
        """How many terms may be said to be added up, or averaged, between row k and its operand n:
        the lengths of the axes that disappear, and their products; empty if there is no sum."""
        row = self.rows[k]
        shape, result = shape_of(row.args[n]), shape_of(row.value)
        if row.name == "sum":
            axis = row.params.get("axis")
            axes = range(len(shape)) if axis is None else positive(axis, len(shape))
            lengths = [shape[a] for a in axes]
        elif is_elementwise(row.name) and shape != result:
            padded = (1,) * (len(result) - len(shape)) + shape
            lengths = [b for a, b in zip(padded, result, strict=True) if a != b]
        elif row.name == "matmul" and n == 1 and len(shape_of(row.args[0])) > 1:
            lengths = [shape_of(row.args[0])[-2]]
        elif row.name == "div" and n == 0 and row.parents[0]:
            k = row.parents[0]
            return self.terms(k, 0) if self.rows[k].name == "sum" else set()
        else:
            return set()
        counts = {1}
        for length in lengths:
            counts |= {count * length for count in counts}
        return counts - {0, 1}

    # Backwards ------------------------------------------------------------------------------------

    @cached_property
    def _pulls(self) -> dict[Edge, Pull]:
        return {}

    def pull(self, k: int, n: int) -> Pull:
        """The right pullback from row k to its operand n."""
        pull = self._pulls.get((k, n))
        if pull is None:
            row = self.rows[k]
            stage = pullback(backend_of(*row.args), row.name, n)
            pull = nothing if stage is None else stage(row.value, *row.args, **row.params)
            if is_elementwise(row.name):
                pull = self.fitted(pull, k, n)
            self._pulls[k, n] = pull
        return pull

    def fitted(self, pull: Pull, k: int, n: int) -> Pull:
        """The pullback of an operation on elements, summed where operand n was broadcast."""
        row = self.rows[k]
        shape = shape_of(row.args[n])
        if shape == shape_of(row.value):
            return pull
        return lambda g: unbroadcast(spread_out(pull(g), row.value), shape)

    @cached_property
    def adjoint(self) -> list[Any]:
        """The right adjoint of every row; None where none arrives."""
        return self.adjoints({})

    def adjoints(self, changes: Mapping[Edge, Pull]) -> list[Any]:
        """The adjoint of every row, with some pullbacks replaced."""
        adjoints: list[Any] = [None] * len(self.rows)
        if not self.output:
            return adjoints
        value = self.rows[self.output].value
        adjoints[self.output] = backend_of(value).ones_like(value)
        for k in range(self.output, 0, -1):
            g = adjoints[k]
            if g is None:
                continue
            for n, parent in enumerate(self.rows[k].parents):
                if parent:
                    pull = changes.get((k, n)) or self.pull(k, n)
                    share, before = pull(g), adjoints[parent]
                    if share is not None:
                        adjoints[parent] = share if before is None else before + share
        return adjoints

    def gradient(self, adjoints: Sequence[Any]) -> np.ndarray:
        """The adjoints of the inputs as one flat array."""
        parts = []
        for k in self.inputs:
            value = self.rows[k].value
            share = adjoints[k]
            part = np.zeros(shape_of(value)) if share is None else numbers(share)
            if part.shape != shape_of(value):  # some wrong rule has not kept the shape
                part = np.full(shape_of(value), np.nan)
            parts.append(part.ravel())
        return np.concatenate([np.empty(0), *parts])

    @cached_property
    def truth(self) -> np.ndarray:
        """The gradient, as one flat array."""
        with np.errstate(all="ignore"):
            return self.gradient(self.adjoint)

    # Forwards -------------------------------------------------------------------------------------

    def tangents(self, moves: Mapping[int, Any]) -> list[Any]:
        """How every row moves if the inputs move so; None where it does not."""
        tangents: list[Any] = [None] * len(self.rows)
        for k in range(1, self.output + 1):
            row = self.rows[k]
            if k in moves:
                tangents[k] = moves[k]
                continue
            for n, parent in enumerate(row.parents):
                moved = tangents[parent]
                if moved is None:
                    continue
                push = pushforward(backend_of(*row.args), row.name, n)
                if push is None:
                    continue
                share = push(moved, row.value, *row.args, **row.params)
                if is_elementwise(row.name):
                    share = spread_out(share, row.value)
                tangents[k] = share if tangents[k] is None else tangents[k] + share
        return tangents


def nothing(g: Any) -> None:
    """The pullback through which nothing passes."""


def numbers(x: Any) -> np.ndarray:
    """The values of any array as a numpy array of floats."""
    x = plain_array(x)
    if hasattr(x, "detach"):
        x = x.detach().cpu()
    return np.asarray(x, dtype=float)


def like(value: Any, array: np.ndarray) -> Any:
    """An array of numpy in the library, precision and memory of a value."""
    if np.isscalar(value):
        return np.float64(array)
    device = getattr(value, "device", None)
    return backend_of(value).asarray(array, dtype=value.dtype, device=device)


def spread_out(share: Any, value: Any) -> Any:
    """The share, repeated until it has the shape of the value."""
    shape = shape_of(value)
    if shape_of(share) == shape:
        return share
    return backend_of(value).broadcast(share, shape=shape)


# Writing it down ----------------------------------------------------------------------------------


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
                tuple(_still(x.inside if isinstance(x, _NOTED) else x, made) for x in operands),
                tuple(x.row if isinstance(x, _NOTED) else 0 for x in operands),
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


class _NotedNumber(Arithmetic):
    """A single number that writes down what is done with it."""

    __slots__ = ("inside", "pen", "row")

    def __init__(self, pen: _Pen, inside: Any, row: int) -> None:
        self.pen, self.inside, self.row = pen, inside, row

    @property
    def level(self) -> float:  # type: ignore[override]
        return self.pen.level

    @property
    def _inside(self) -> Any:
        return self.inside

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Any:
        pen = max(operands, key=level_of).pen
        values = [x.inside if _is_of(pen, x) else x for x in operands]
        z = rule.value(*values)
        mine = [x if _is_of(pen, x) else plain(x) for x in operands]
        return cls(pen, z, pen.write(z, rule.name, mine, {}))

    def __repr__(self) -> str:
        return repr(self.inside)


class _NotedArray(Box):
    """An array that writes down what is done with it."""

    __slots__ = ("inside", "pen", "row")

    def __init__(self, pen: _Pen, inside: Any, row: int) -> None:
        self.pen, self.inside, self.row = pen, inside, row

    @property
    def level(self) -> float:  # type: ignore[override]
        return self.pen.level

    @property
    def _inside(self) -> Any:
        return self.inside

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

    def __repr__(self) -> str:
        return repr(self.inside)


_NOTED = (_NotedNumber, _NotedArray)


def _is_of(pen: _Pen, x: Any) -> bool:
    return isinstance(x, _NOTED) and x.pen is pen


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
