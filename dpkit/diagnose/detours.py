"""What could have gone wrong, continued: a right pullback was given the wrong adjoint, or a loop runs
backwards in the wrong way.

* **The wrong adjoint**: that of a value further on, as if the step in between were not there for
  this one share (`dW = outer(dh, x)` where the adjoint behind the activation belongs).
* **The wrong turn**: whoever goes back through a loop by hand must use the values of each turn, in
  the opposite order, begin each turn with a fresh adjoint, and take all turns.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.diagnose.program import Edge, Place, Program, Pull
from dpkit.diagnose.sites import Mistake, an, operand

__all__ = ["detours"]

_TOO_MANY = 80  # candidates that each cost a whole sweep

Key = tuple[str, Place | None]
"""The operation and its place in the source."""


def detours(program: Program) -> Iterator[Mistake]:
    """Every wrong adjoint and every wrong loop worth considering for this program."""
    yield from _adjoints_from_further_on(program)
    yield from _wrong_loops(program)


# The adjoint of a value further on ----------------------------------------------------------------


def _adjoints_from_further_on(program: Program) -> Iterator[Mistake]:
    found: dict[tuple[Key, int, Key], None] = {}
    for k in program.needed:
        row = program.rows[k]
        above = _above(program, k)
        if not above or sum(map(bool, row.parents)) < 2 or row.place is None:
            continue  # with one operand, that is a forgotten local derivative
        user = program.rows[above]
        for n, parent in enumerate(row.parents):
            if parent:
                found[(row.name, row.place), n, (user.name, user.place)] = None
    for key, n, (name, place) in list(found)[:_TOO_MANY]:
        assert key[1] is not None
        which = operand(program.rows[program.at[key][0]], n)
        sentence = f"the share of {which} was computed with the adjoint of a value further on"
        if place is not None:
            sentence += f", that of `{place.text}`, as if {an(name)} were not in between"
        yield Mistake("missing_factor", sentence, 3.3, str(key[1]), key[0], key[1].line,
                      sweep=partial(_from_further_on, key, n))  # fmt: skip


def _above(run: Program, k: int) -> int:
    """The next value on the way to the result, in the shape of row k, through which all that row k
    does goes. Sums are passed over, since they hand on what they get; 0 if there is none."""
    while True:
        users = run.users.get(k, [])
        last = users[-1] if users else 0
        row = run.rows[last]
        if not last or shape_of(row.value) != shape_of(run.rows[k].value):
            return 0
        if any(not run.ancestors[last] >> user & 1 or not _ends_in(run, user, last)
               for user in users[:-1]):  # fmt: skip
            return 0
        if row.name != "add":
            return last
        k = last


def _ends_in(run: Program, k: int, end: int) -> bool:
    """Has row k one user after the other, up to this one?"""
    while k < end:
        users = run.users.get(k, [])
        if len(users) != 1:
            return False
        k = users[0]
    return k == end


def _from_further_on(key: Key, n: int, run: Program) -> np.ndarray:
    chosen = set(run.at.get(key, []))
    adjoints = _start(run)
    for k in range(run.output, 0, -1):
        if adjoints[k] is None:
            continue
        for m, parent in enumerate(run.rows[k].parents):
            if parent:
                above = _above(run, k) if k in chosen and m == n else 0
                _add(adjoints, parent, run.pull(k, m)(adjoints[above or k]))
    return run.gradient(adjoints)


# Loops --------------------------------------------------------------------------------------------


def _wrong_loops(program: Program) -> Iterator[Mistake]:
    for turns in sorted({len(rows) for rows in _looped(program).values()}):
        loop = {key for key, rows in _looped(program).items() if len(rows) == turns}
        what = f"the loop of {turns} turns"
        yield Mistake(
            "wrong_order", f"{what} was followed back in the same order as forwards; the last turn "
            "comes first", 2.8, changes=partial(_values_of, loop, "mirrored"),
        )  # fmt: skip
        for which in ("last", "first"):
            yield Mistake(
                "wrong_point", f"{what} was followed back with the values of the {which} turn in "
                "every turn; each needs its own", 2.9, changes=partial(_values_of, loop, which),
            )  # fmt: skip
        states = _states(program, loop)
        if not states:
            continue
        yield Mistake(
            "double_counted", f"the adjoint with which a turn of {what} began was still there in the "
            "turn before, and the new one was added to it. What a turn makes of an adjoint takes its "
            "place", 2.8, sweep=partial(_kept, loop),
        )  # fmt: skip
        for left_out, which in ((turns - 1, "last"), (0, "first")):
            yield Mistake(
                "missing_term", f"{what} was followed back through one turn too few: the {which} one "
                "is missing", 2.9, sweep=partial(_one_turn_less, loop, left_out),
            )  # fmt: skip


def _looped(program: Program) -> dict[Key, list[int]]:
    return {key: rows for key, rows in program.at.items() if len(rows) > 1 and key[1] is not None}


def _values_of(loop: set[Key], which: str, run: Program) -> dict[Edge, Pull]:
    """The pullbacks of another turn."""
    changes: dict[Edge, Pull] = {}
    for key in loop:
        rows = run.at.get(key, [])
        for turn, k in enumerate(rows):
            other = rows[{"mirrored": len(rows) - 1 - turn, "last": -1, "first": 0}[which]]
            for n, parent in enumerate(run.rows[k].parents):
                if parent and other != k:
                    changes[k, n] = run.pull(other, n)
    return changes


State = tuple[Key, Key, int]
"""Where a state is computed; and where the next turn uses it, as which operand."""


def _states(run: Program, loop: set[Key]) -> list[State]:
    """The values that a turn hands to the next one."""
    turn_of = {k: (key, turn) for key in loop for turn, k in enumerate(run.at[key])}
    found: dict[Key, State] = {}
    for k, (key, turn) in turn_of.items():
        for n, parent in enumerate(run.rows[k].parents):
            made, before = turn_of.get(parent, (key, turn))
            if before == turn - 1:
                found.setdefault(made, (made, key, n))
    return list(found.values())


def _previous(run: Program, state: State, turn: int) -> int:
    """The row of the state with which a turn began; 0 if it is a constant."""
    made, used, n = state
    return run.at[made][turn - 1] if turn else run.rows[run.at[used][0]].parents[n]


def _kept(loop: set[Key], run: Program) -> np.ndarray:
    adjoints = _start(run)
    carried = {
        _previous(run, state, turn): run.at[state[0]][turn]
        for state in _states(run, loop)
        for turn in range(len(run.at[state[0]]))
    }
    for k in range(run.output, 0, -1):
        if k in carried:
            _add(adjoints, k, adjoints[carried[k]])
        if adjoints[k] is not None:
            for n, parent in enumerate(run.rows[k].parents):
                if parent:
                    _add(adjoints, parent, run.pull(k, n)(adjoints[k]))
    return run.gradient(adjoints)


def _one_turn_less(loop: set[Key], left_out: int, run: Program) -> np.ndarray:
    adjoints = _start(run)
    states = {run.at[state[0]][left_out]: state for state in _states(run, loop)}
    skipped = {run.at[key][left_out] for key in loop}
    for k in range(run.output, 0, -1):
        if adjoints[k] is None:
            continue
        if k in states:
            _add(adjoints, _previous(run, states[k], left_out), adjoints[k])
        if k in skipped:
            continue
        for n, parent in enumerate(run.rows[k].parents):
            if parent:
                _add(adjoints, parent, run.pull(k, n)(adjoints[k]))
    return run.gradient(adjoints)


# Adjoints -----------------------------------------------------------------------------------------


def _start(run: Program) -> list[Any]:
    adjoints: list[Any] = [None] * len(run.rows)
    value = run.rows[run.output].value
    adjoints[run.output] = backend_of(value).ones_like(value)
    return adjoints


def _add(adjoints: list[Any], k: int, share: Any) -> None:
    if share is not None and k:
        adjoints[k] = share if adjoints[k] is None else adjoints[k] + share
