"""Where a mistake may be made: at one place in the source, in one turn of a loop, or everywhere.

**Ranks.** Often several mistakes give the same numbers, and the likeliest is told first: the one of
the lowest rank. Ranks are no probabilities. They are a teacher's order, on one scale for all modules
here, and what stands behind the point only orders neighbours:

* 0: there is nothing else that it could be. Everything is 0.
* 1: what the rule tables list as usual for this operation; not summed, averaged, in another order.
* 2: a share lost or overwritten; contributions put together wrongly; the whole gradient changed on
  its way out (clipped, normalised, turned round).
* 3: a share with the wrong sign; the right rule at the wrong point; the whole gradient c times too
  large.
* 4: a share c times too large, or a law that holds of the numbers by chance as easily.
* 5: right rules, but with values of another time, or other mistakes for each argument.
* 6: the right gradient of another function; few digits.
* 7, 8: finite differences; the same amount added at all points.

It counts against a mistake if it was made in a single turn of a loop (`Site.remote`), or in some
components only (`IN_PART`).
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from dpkit.array_rules import ARRAY_RULES
from dpkit.diagnose.places import Place
from dpkit.diagnose.program import Edge, Program, Pull, Row
from dpkit.rules import RULES

__all__ = ["IN_PART", "Changes", "Mistake", "Site", "an", "computed", "noun", "operand",
           "sites", "typical", "with_slope"]  # fmt: skip

Changes = Callable[[Program], dict[Edge, Pull]]

IN_PART = 0.6  # what is added to the rank of a mistake that was made in some components only


@dataclass(frozen=True)
class Mistake:
    """One mistake.

    kind: identifier in `dpkit.catalogue.CATALOGUE`. sentence: what to tell the person.
    where: the place in the source that it concerns, and the operation; empty if it concerns all.
    rank: how far-fetched it is, on the scale above.
    changes: the wrong pullbacks, in any run of the program.
    sweep: or else, run → the wrong gradient as a flat array.
    scaled: if this mistake is that a share is lost, the mistake that it is c times too large.
    """

    kind: str
    sentence: str
    rank: float
    where: str = ""
    operation: str = ""
    line: int | None = None
    changes: Changes | None = field(default=None, repr=False)
    sweep: Callable[[Program], np.ndarray] | None = field(default=None, repr=False)
    scaled: Callable[[float], Mistake] | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Site:
    """The rows that one slip would concern."""

    operation: str
    place: Place | None
    pick: Callable[[Program], list[int]]
    remote: float  # how far-fetched it is that just these rows are concerned

    def mistake(self, kind: str, sentence: str, rank: float, changes: Changes) -> Mistake:
        where = f"every {noun(self.operation)}" if self.place is None else str(self.place)
        line = self.place.line if self.place else None
        return Mistake(kind, sentence, rank + self.remote, where, self.operation, line, changes)

    def rows_of(self, program: Program) -> list[int]:
        """All rows at this place, of which the site may be one."""
        return program.at.get((self.operation, self.place)) or self.pick(program)

    def replaced(
        self, program: Program, wrong: Mapping[int, Callable[[Program, int, int], Pull]]
    ) -> dict[Edge, Pull]:
        """The wrong pullbacks towards the operands that are named, in every row of the site."""
        return {
            (k, n): make(program, k, n)
            for k in self.pick(program)
            for n, make in wrong.items()
            if n < len(program.rows[k].parents) and program.rows[k].parents[n]
        }


def sites(program: Program) -> Iterator[Site]:
    """Places in the source, operations wherever they occur, and single turns of a loop."""
    by_place: dict[tuple[str, Place | None], list[int]] = defaultdict(list)
    by_operation: dict[str, list[int]] = defaultdict(list)
    placed = any(row.place for row in program.rows)
    for k in program.needed:
        row = program.rows[k]
        if placed and not row.place:
            continue  # done outside f, such as weighing its value
        if row.name in RULES or row.name in ARRAY_RULES:
            by_place[row.name, row.place].append(k)
            by_operation[row.name].append(k)

    def at(key: tuple[str, Place | None], run: Program) -> list[int]:
        return run.at.get(key, [])

    def turn(key: tuple[str, Place | None], n: int, run: Program) -> list[int]:
        return at(key, run)[n : n + 1]

    def everywhere(operation: str, run: Program) -> list[int]:
        return run.everywhere.get(operation, [])

    def in_company(operation: str, company: frozenset[str], run: Program) -> list[int]:
        rows = everywhere(operation, run)
        return [k for k in rows if run.company[run.rows[k].place] == company]

    for key, rows in by_place.items():
        yield Site(*key, partial(at, key), 0.0)
        if 1 < len(rows) <= 12:
            # A single value, such as the first term of a sum: less likely, yet it happens.
            for k in rows:
                yield Site(*key, partial(turn, key, program.at[key].index(k)), 0.5)
    for operation, rows in by_operation.items():
        if len({program.rows[k].place for k in rows}) > 1:
            yield Site(operation, None, partial(everywhere, operation), 0.25)
        # A mean is a sum and a quotient, but in an engine it may have a rule of its own.
        companies = {program.company[program.rows[k].place] for k in rows}
        for company in companies if len(companies) > 1 else ():
            among = [k for k in rows if program.company[program.rows[k].place] == company]
            if len({program.rows[k].place for k in among}) > 1:
                yield Site(operation, None, partial(in_company, operation, company), 0.3)


def typical(program: Program, site: Site) -> int:
    """The row to look at. The first turn of a loop often starts from a constant; so one in which as
    many operands vary as ever do."""
    turns = [k for k in site.pick(program) if k in program.uses or k == program.output]
    return max(turns, key=lambda k: sum(map(bool, program.rows[k].parents)))


# Pullbacks of operations on elements --------------------------------------------------------------


def with_slope(slope: Callable[..., Any], run: Program, k: int, n: int) -> Pull:
    """The pullback with another local derivative, a function of (z, x[, y])."""
    row = run.rows[k]
    value = computed(slope, row.value, *row.args)
    return run.fitted(lambda g: g * value, k, n)


def computed(function: Callable[..., Any], *args: Any) -> Any:
    """function(*args), or NaN where it has no value."""
    try:
        return function(*args)
    except (ArithmeticError, ValueError, TypeError):
        return math.nan


# What things are called ---------------------------------------------------------------------------

_NOUNS = {
    "add": "sum",
    "sub": "difference",
    "mul": "product",
    "div": "quotient",
    "neg": "minus sign",
    "power": "power",
    "square": "square",
    "matmul": "matrix product",
}

_OPERANDS = {
    "add": ("first term", "second term"),
    "sub": ("first term", "second term"),
    "mul": ("first factor", "second factor"),
    "div": ("numerator", "denominator"),
    "neg": ("number behind the minus sign",),
    "power": ("base", "exponent"),
    "maximum": ("first argument of maximum", "second argument of maximum"),
    "minimum": ("first argument of minimum", "second argument of minimum"),
    "matmul": ("left-hand factor", "right-hand factor"),
    "solve": ("matrix", "right side"),
}


def noun(name: str) -> str:
    """What an operation is called in a sentence: "product", "sin"."""
    return _NOUNS.get(name, name)


def operand(row: Row, n: int) -> str:
    """What an operand is called in a sentence: "the denominator", "the argument of sin"."""
    words = _OPERANDS.get(row.name, ())
    if n < len(words):
        return f"the {words[n]}"
    number = f" number {n + 1}" if len(row.args) > 1 else ""
    return f"{'' if number else 'the '}argument{number} of {row.name}"


def an(name: str) -> str:
    """The operation with its article, if it has one: "the product", "sin"."""
    return f"the {_NOUNS[name]}" if name in _NOUNS else name
