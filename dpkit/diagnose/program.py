"""One run of a program, written down: every operation with its operands and its place in the source.

On such a record one can run the chain rule backwards (`Program.adjoints`), and forwards
(`Program.tangents`), both with the rules of `dpkit.rules` and `dpkit.array_rules`, and both with
some rule replaced by a wrong one: `dpkit.diagnose.mistakes` says by which. `dpkit.diagnose.recording`
writes the record.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Any

import numpy as np

from dpkit.array_rules import unbroadcast
from dpkit.array_rules._row import positive
from dpkit.backends import backend_of, shape_of
from dpkit.box import plain as plain_array
from dpkit.diagnose.places import Place
from dpkit.table import is_elementwise, pullback, pushforward

__all__ = ["Edge", "Place", "Program", "Pull", "Row", "like", "nothing", "numbers", "spread_out"]

Pull = Callable[[Any], Any]
"""From the adjoint of a result to the share of one operand."""

Edge = tuple[int, int]
"""A row, and which of its operands."""


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
    def company(self) -> dict[Place | None, frozenset[str]]:
        """The operations that are carried out at each place: one, or those that a mean consists of."""
        found = defaultdict(set)
        for name, place in self.at:
            found[place].add(name)
        return {place: frozenset(names) for place, names in found.items()}

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
