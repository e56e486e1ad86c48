"""Other ways to compute a step: what students take an operation for, leave out, or put in its place.

A `Variant` says in words in what the function differs that has it, and computes it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.diagnose.program import Row
from dpkit.diagnose.sites import noun
from dpkit.diagnose.values.replay import Change, Copy, Operand
from dpkit.rules import RULES

__all__ = ["ACTIVATIONS", "Variant", "other_constant", "taken_for", "variants", "with_one_more"]

ACTIVATIONS = ("sigmoid", "tanh", "relu", "softplus")

# Operations that are taken for one another, in both directions.
_FAMILIES = (
    ACTIVATIONS,
    ("sin", "cos", "tan"),
    ("arcsin", "arccos"),
    ("sin", "sinh"), ("cos", "cosh"), ("tan", "tanh"), ("sinh", "cosh"),
    ("exp", "expm1"), ("log", "log1p"),
    ("square", "abs"), ("relu", "abs"), ("square", "sqrt"),
    ("maximum", "minimum"), ("max", "min"),
    ("add", "sub"), ("mul", "div"), ("add", "mul"), ("mul", "matmul"),
    ("softmax", "log_softmax"),
)  # fmt: skip


@dataclass(frozen=True)
class Variant:
    """One other way to compute a row. what: in which this function differs from f. rank: how
    far-fetched it is."""

    what: str
    change: Change
    rank: float = 0.0


def variants(row: Row) -> Iterator[Variant]:
    """All other ways to compute this row."""
    yield from _something_else(row)
    yield from _something_missing(row)
    yield from _almost_the_same(row)
    yield from _other_data(row)


def _something_else(row: Row) -> Iterator[Variant]:
    """Another operation, or the same on operands that have changed places."""
    name, two = row.name, len(row.args) == 2
    if name in {"sub", "div", "power", "matmul"}:
        what = f"the two operands of the {noun(name)} have changed places"
        yield Variant(what, _exchanged, 0.15 if name == "matmul" else 0.0)
    for other in taken_for(name):
        if (name, other) != ("add", "mul") or all(row.parents):
            what = f"{_a(other)} stands where f has {_a(name)}"
            yield Variant(what, partial(_renamed, other), 0.2 if two and all(row.parents) else 0.1)


def _something_missing(row: Row) -> Iterator[Variant]:
    """A function that was not applied, or an operand that was forgotten."""
    name = row.name
    if name in RULES and len(row.args) == 1:
        what = {"neg": "a minus sign", "square": "the square"}.get(name, name)
        yield Variant(f"{what} is missing", partial(_operand, 0))
    operands = {
        "add": ("first term", "second term"), "sub": ("first term", "second term"),
        "mul": ("first factor", "second factor"), "div": ("numerator", "denominator"),
    }.get(name, ())  # fmt: skip
    for n, which in enumerate(operands):
        # What is left of 0 - y and of 1 / y is not y.
        change = partial(_operand, 1 - n) if n or name in {"add", "mul"} else _without_first
        what = f"the {which} of the {noun(name)} is missing"
        yield Variant(what, change, 0.2 if row.parents[n] else 0.0)


def _almost_the_same(row: Row) -> Iterator[Variant]:
    """Another exponent, unit, axis; a transposed matrix."""
    name = row.name
    if name in {"square", "power"}:
        sizes = {"larger by one": 1.0, "smaller by one": -1.0, "larger by two": 2.0}
        for size, more in sizes.items():
            yield Variant(f"the exponent is {size}", partial(_with_exponent, more), 0.2)
    if name == "norm":
        yield Variant("the length is squared", partial(_wrapped, "square"))
    if name in {"sin", "cos", "tan"}:
        yield Variant("angles are taken to be in degrees", _in_degrees, 0.2)
    if name == "matmul":
        for n, which in enumerate(("left", "right")):
            shape = shape_of(row.args[n])
            if len(shape) == 2 and shape[0] == shape[1]:
                what = f"the {which} factor of the matrix product is transposed"
                yield Variant(what, partial(_transposed, n), 0.1)
    if isinstance(row.params.get("axis"), int):
        # A stack has one axis more than what it is made of, and a sum one less.
        ndim = max(len(shape_of(row.args[0])), len(shape_of(row.value)))
        for axis in {*range(ndim)} - {row.params["axis"] % ndim}:
            what = f"{name} goes along axis {axis} instead of another"
            yield Variant(what, partial(_along, axis), 0.1)


def with_one_more(name: str, row: Row) -> Variant:
    """Another function is applied to the result of the row."""
    what = f"there is one more {name}, behind this {noun(row.name)}"
    return Variant(what, partial(_wrapped, name), 0.3)


def other_constant(row: Row, n: int, c: float) -> Variant:
    """The number c is operand n of the row."""

    def change(copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
        x = backend_of(operands[n][0]).full_like(operands[n][0], c)
        return copy.write(row.name, *operands[:n], (x, 0), *operands[n + 1 :])

    what = f"the number {c:.6g} stands where f has {float(row.args[n]):.6g}"
    return Variant(what, change, 0.6)


def _other_data(row: Row) -> Iterator[Variant]:
    """Constant arrays, and constant lists of indices, in another order."""
    orders: list[tuple[str, Callable[[Any], Any]]] = [
        ("in the opposite order", lambda x: x[::-1]),
        ("shifted by one place", lambda x: np.roll(x, 1, axis=0)),
        ("shifted by one place", lambda x: np.roll(x, -1, axis=0)),
    ]
    for n, (x, parent) in enumerate(zip(row.args, row.parents, strict=False)):
        if not parent and isinstance(x, np.ndarray) and x.ndim and len(x) > 1:
            for what, order in orders:
                yield Variant(f"the data are {what}", partial(_reordered, n, order), 0.7)
            if x.ndim == 2:
                for by in (1, -1):
                    yield Variant("the columns of the data are shifted by one place",
                               partial(_reordered, n, partial(np.roll, shift=by, axis=1)), 0.7)  # fmt: skip
    key = row.params.get("key")
    if row.name == "getitem":
        for what, other in _beside(key):
            yield Variant(what, partial(_with_key, other), 0.6)
    if row.name == "getitem" and isinstance(key, tuple) and isinstance(key[-1], np.ndarray):
        for what, order in orders:
            yield Variant(f"the labels are {what}", partial(_relabelled, order), 0.6)
        for by in (1, -1):
            yield Variant("the labels are off by one",
                           partial(_relabelled, partial(np.add, by)), 0.6)  # fmt: skip


def _beside(key: Any) -> Iterator[tuple[str, Any]]:
    """Indices that one might have meant: each single one in the key moved by one."""
    whole = key if isinstance(key, tuple) else (key,)
    for n, index in enumerate(whole):
        if isinstance(index, (int, np.integer)) and not isinstance(index, (bool, np.bool_)):
            for by in (1, -1):
                yield (
                    f"index {index + by} stands where f has index {index}",
                    (*whole[:n], int(index) + by, *whole[n + 1 :]),
                )


def taken_for(name: str) -> list[str]:
    """Operations that this one is taken for."""
    found = [each for family in _FAMILIES if name in family for each in family if each != name]
    return list(dict.fromkeys(found))


def _a(name: str) -> str:
    """The operation with its indefinite article, if it has one."""
    return name if noun(name) == name else f"a {noun(name)}"


def _operand(n: int, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return operands[n]


def _without_first(copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    neutral = np.float64(0.0 if row.name == "sub" else 1.0)
    return copy.write(row.name, (neutral, 0), operands[1])


def _exchanged(copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(row.name, *reversed(operands), **row.params)


def _renamed(name: str, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(name, *operands, **row.params)


def _wrapped(name: str, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(name, copy.write(row.name, *operands, **row.params))


def _with_exponent(more: float, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    x, *rest = operands
    if not rest:  # a square
        return copy.write("power", x, (np.float64(2.0 + more), 0))
    (y, parent), step = rest[0], (np.float64(more), 0)
    return copy.write("power", x, copy.write("add", rest[0], step) if parent else (y + more, 0))


def _in_degrees(copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(row.name, copy.write("mul", operands[0], (np.float64(np.pi / 180), 0)))


def _transposed(n: int, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    turned = copy.write("permute", operands[n], axes=(1, 0))
    return copy.write(row.name, *operands[:n], turned, *operands[n + 1 :])


def _along(axis: int, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(row.name, *operands, **{**row.params, "axis": axis})


def _reordered(
    n: int, order: Callable[[Any], Any], copy: Copy, operands: Sequence[Operand], row: Row
) -> Operand:
    data = (order(operands[n][0]), 0)
    return copy.write(row.name, *operands[:n], data, *operands[n + 1 :], **row.params)


def _with_key(key: Any, copy: Copy, operands: Sequence[Operand], row: Row) -> Operand:
    return copy.write(row.name, *operands, key=key)


def _relabelled(
    order: Callable[[Any], Any], copy: Copy, operands: Sequence[Operand], row: Row
) -> Operand:
    *keys, labels = row.params["key"]
    return copy.write(row.name, *operands, key=(*keys, order(labels)))
