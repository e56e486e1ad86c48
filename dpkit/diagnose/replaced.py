"""What could have gone wrong, continued: one contribution replaces the others at one value.

A value that is used several times receives one contribution for each use. An engine that writes
``=`` for ``+=`` loses contributions everywhere (`dpkit.diagnose.sweeps`); by hand one forgets them at
one value, in every turn of a loop, or where pieces overlap.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.diagnose.program import Edge, Program, Pull, nothing, numbers
from dpkit.diagnose.sites import Mistake

__all__ = ["lost_shares"]

_TOO_MANY = 60  # values to look at one by one


def lost_shares(program: Program) -> Iterator[Mistake]:
    """At one value that is used several times, one contribution replaces the others."""
    shared = [k for k in program.needed if len(_users(program, k)) > 1]
    yield from _lost_in_every_turn(program, shared)
    if len(shared) > _TOO_MANY:
        return
    for k in shared:
        row = program.rows[k]
        if row.name == "input":
            bit = list(program.inputs).index(k)
            where, what, same = "", "an argument", partial(_input, bit)
        else:
            turn = program.at[row.name, row.place].index(k)
            where, what = str(row.place or ""), "a value"
            same = partial(_same, row, turn)
        for which, chosen in (("last", 0), ("first", -1)):
            sentence = (
                f"{what} that is used several times receives one contribution for each use, and they "
                f"add up; here the {which} contribution replaces the others, as with = where += belongs"
            )
            yield Mistake("overwritten", sentence, 2.75 if which == "last" else 2.85, where,
                          row.name if where else "", row.place.line if row.place else None,
                          changes=partial(_only_one, same, chosen))  # fmt: skip
        for backwards in (True, False):
            yield Mistake(
            "overwritten", "the contributions to pieces that overlap add up; here later ones replace "
            "earlier ones where they overlap, as with = where += belongs", 2.1, where,
            row.name if where else "", row.place.line if row.place else None,
            changes=partial(_only_where_last, same, backwards),
        )  # fmt: skip


def _lost_in_every_turn(program: Program, shared: list[int]) -> Iterator[Mistake]:
    """The same, in all turns of a loop."""
    rows = [program.rows[k] for k in shared if program.rows[k].name != "input"]
    for name, place in dict.fromkeys((row.name, row.place) for row in rows):
        if place is None or len(program.at[name, place]) < 2:
            continue
        for which, chosen in (("last", 0), ("first", -1)):
            sentence = (
                "a value that is used several times receives one contribution for each use, and they "
                f"add up; here, in every turn, the {which} contribution replaces the others, as with "
                "= where += belongs"
            )
            yield Mistake("overwritten", sentence, 2.65 if which == "last" else 2.75, str(place), name,
                          place.line, changes=partial(_only_one_each, (name, place), chosen))  # fmt: skip


def _only_one_each(key: tuple[str, Any], chosen: int, run: Program) -> dict[Edge, Pull]:
    changes: dict[Edge, Pull] = {}
    for k in run.at.get(key, []):
        if _users(run, k):
            changes |= _only_one(partial(_row, k), chosen, run)
    return changes


def _row(k: int, run: Program) -> int:
    return k


def _input(bit: int, run: Program) -> int:
    return run.inputs[bit]


def _same(row: Any, turn: int, run: Program) -> int:
    """The same value in another run."""
    rows = run.at.get((row.name, row.place), [])
    return rows[turn] if turn < len(rows) else 0


def _users(run: Program, k: int) -> list[int]:
    """The rows that are needed and have row k as an operand, from the first to the last."""
    return run.users.get(k, [])


def _only_one(same: Callable[[Program], int], chosen: int, run: Program) -> dict[Edge, Pull]:
    """The sweep comes from the end, so the last contribution is that of the first use."""
    k = same(run)
    users = _users(run, k)
    return {
        (user, n): nothing
        for user in users
        if user != users[chosen]
        for n, parent in enumerate(run.rows[user].parents)
        if parent == k
    }


def _only_where_last(
    same: Callable[[Program], int], backwards: bool, run: Program
) -> dict[Edge, Pull]:
    """Each contribution counts only where none comes after it: in a sweep backwards through the
    program, or in a loop that runs forwards."""
    k = same(run)
    changes: dict[Edge, Pull] = {}
    if not shape_of(run.rows[k].value):
        return changes
    written = np.zeros(shape_of(run.rows[k].value), dtype=bool)
    users = _users(run, k)
    for user in users if backwards else reversed(users):
        ones = backend_of(run.rows[user].value).ones_like(run.rows[user].value)
        for n, parent in enumerate(run.rows[user].parents):
            if parent == k:
                right = run.pull(user, n)
                free = np.where(written, 0.0, 1.0)
                changes[user, n] = partial(_masked, right, free)
                written |= numbers(right(ones)) != 0.0
    return changes


def _masked(right: Pull, free: np.ndarray, g: Any) -> Any:
    share = right(g)
    return share * backend_of(share).asarray(free, dtype=share.dtype)
