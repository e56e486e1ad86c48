"""Engines in which some operations are made of others.

Many an engine has rules for +, · and powers only, and lets Python do the rest:

    a − b = a + (−b),   a / b = a · b⁻¹,   and often   −a = a · (−1).

A wrong rule for products then spoils quotients as well. So a program that has been written down is
rewritten in these operations, and searched again for a rule that is wrong wherever it is used.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dpkit.box import apply
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.program import Program, Row
from dpkit.diagnose.search import Search
from dpkit.diagnose.sites import Mistake, noun
from dpkit.rules import RULES

__all__ = ["composed", "faults_of_composed"]

_USED_FOR = {"mul": "quotients", "add": "differences", "neg": "differences", "power": "quotients"}


def faults_of_composed(
    answers: Sequence[Answer], wrong: np.ndarray, deadline: float
) -> list[Mistake]:
    """Rules that explain the numbers if they are used for quotients and differences too.

    answers: all have a `run`. deadline: in the time of `time.process_time`.
    """
    names = {row.name for row in answers[0].run.rows} if answers[0].run else set()
    for negatives_too in (False, True):
        if not names & ({"sub", "div", "neg"} if negatives_too else {"sub", "div"}):
            continue
        others = [
            replace(each, run=composed(each.run, negatives_too))
            for each in answers
            if each.run is not None
        ]
        search = Search(others, wrong, deadline)
        search.candidates = [each for each in search.candidates if _is_rule(each, search.run)]
        whole, _ = search.single()
        found = [_said(each, negatives_too) for each in whole]
        if found or search.out_of_time():
            return found
    return []


def _is_rule(mistake: Mistake, run: Program) -> bool:
    """Does it concern every use of an operation that others are made of?"""
    if mistake.operation not in _USED_FOR or mistake.changes is None:
        return False
    places = {run.rows[k].place for k in run.everywhere.get(mistake.operation, ())}
    return len(places) == 1 or mistake.where == f"every {noun(mistake.operation)}"


def _said(mistake: Mistake, negatives_too: bool) -> Mistake:
    which = _USED_FOR[mistake.operation]
    if negatives_too and mistake.operation == "mul":
        which += " and minus signs"
    sentence = f"{mistake.sentence} (the numbers fit if {which} are made with it too)"
    where = f"every {noun(mistake.operation)}"
    return replace(mistake, sentence=sentence, where=where, line=None)


def composed(run: Program, negatives_too: bool = False) -> Program:
    """The same run, with its quotients and differences made of products, powers and sums.

    negatives_too: minus signs are products with −1.
    """
    rows: list[Row] = []
    moved: list[int] = []  # where each row is now

    def write(
        like: Row, name: str, args: tuple[Any, ...], parents: tuple[int, ...]
    ) -> tuple[Any, int]:
        value = RULES[name].value(*args) if run.single else apply(name, *args)
        rows.append(replace(like, name=name, value=value, args=args, parents=parents, params={}))
        return value, len(rows) - 1

    def negative(row: Row, x: Any, parent: int) -> tuple[Any, int]:
        if negatives_too:
            return write(row, "mul", (x, -1.0), (parent, 0))
        return write(row, "neg", (x,), (parent,))

    for row in run.rows:
        parents = tuple(moved[p] for p in row.parents)
        if row.name == "sub" and parents[1]:
            y, at = negative(row, row.args[1], parents[1])
            write(row, "add", (row.args[0], y), (parents[0], at))
        elif row.name == "div" and parents[1]:
            y, at = write(row, "power", (row.args[1], -1.0), (parents[1], 0))
            write(row, "mul", (row.args[0], y), (parents[0], at))
        elif row.name == "neg" and negatives_too:
            negative(row, row.args[0], parents[0])
        else:
            rows.append(replace(row, parents=parents))
        moved.append(len(rows) - 1)
    return Program(rows, [moved[k] for k in run.inputs], moved[run.output], run.value, run.single)
