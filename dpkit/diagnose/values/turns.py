"""A backward pass through a loop that is one turn off.

A recurrent network, or a simulation in time, carries a state from turn to turn. The way back needs
the states of the way there: the one before a step for what went into it, the one after it where a
slope is written in the result. An index that is off by one takes the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.box import carry_out
from dpkit.diagnose.places import Place
from dpkit.diagnose.program import Edge, Program, Pull
from dpkit.diagnose.sites import Mistake, an
from dpkit.diagnose.values.replay import seen

__all__ = ["other_turns"]

_Key = tuple[str, Place | None]


def other_turns(run: Program) -> Iterator[Mistake]:
    """Gradients in which a state of the turn before or after was seen."""
    for key in _states(run):
        name, place = key
        where, line = str(place or ""), place.line if place else None
        yield Mistake(
            "wrong_point",
            "on the way back, what went into a turn of the loop was taken to be the state after it, "
            "not the one before",
            4.5, where, name, line, sweep=partial(_after, key),
        )  # fmt: skip
        yield Mistake(
            "wrong_point",
            f"the local derivative of {an(name)} was computed from the state before the turn of the "
            "loop, not from the one that came out of it",
            4.5, where, name, line, sweep=partial(_before, key),
        )  # fmt: skip


def _states(run: Program) -> dict[_Key, list[tuple[_Key, int]]]:
    """The operations whose result goes into the next turn: as which operand of which operations."""
    found: dict[_Key, list[tuple[_Key, int]]] = defaultdict(list)
    loops = {key: rows for key, rows in _needed(run).items() if len(rows) > 1}
    for consumer, rows in loops.items():
        for m, parent in enumerate(run.rows[rows[1]].parents):
            key = (run.rows[parent].name, run.rows[parent].place)
            states = loops.get(key, ())
            if [run.rows[k].parents[m] for k in rows[1:]] == [*states[: len(rows) - 1]]:
                if shape_of(run.rows[rows[0]].args[m]) == shape_of(run.rows[parent].value):
                    found[key].append((consumer, m))
    return found


def _needed(run: Program) -> dict[_Key, list[int]]:
    found: dict[_Key, list[int]] = defaultdict(list)
    for k in run.needed:
        found[run.rows[k].name, run.rows[k].place].append(k)
    return found


def _after(key: _Key, run: Program) -> np.ndarray:
    """What is computed within a turn is computed anew from the state after it; but states stay."""
    carried, needed = _states(run), _needed(run)
    values = [run.rows[k].value for k in needed[key]]
    other = {(k, m): value for consumer, m in carried.get(key, ())
             for k, value in zip(needed[consumer], values, strict=False)}  # fmt: skip
    anew: dict[int, Any] = {}
    changes: dict[Edge, Pull] = {}
    for k in run.needed:
        row = run.rows[k]
        others = {m: other[k, m] if (k, m) in other else anew[p]
                  for m, p in enumerate(row.parents) if (k, m) in other or p in anew}  # fmt: skip
        if not others:
            continue
        result = row.value
        if (row.name, row.place) not in carried:
            args = tuple(others.get(m, x) for m, x in enumerate(row.args))
            result = anew[k] = carry_out(backend_of(*args), row.name, args, dict(row.params))
        for n, parent in enumerate(row.parents):
            if parent:
                changes[k, n] = seen(run, k, n, others, result)
    return run.gradient(run.adjoints(changes))


def _before(key: _Key, run: Program) -> np.ndarray:
    """The pullbacks of the operation see the result of the turn before."""
    needed = _needed(run)
    rows = needed[key]
    consumer, m = _states(run)[key][0]
    values = [run.rows[needed[consumer][0]].args[m], *(run.rows[k].value for k in rows)]
    return run.gradient(run.adjoints({
        (k, n): seen(run, k, n, {}, value)
        for k, value in zip(rows, values, strict=False)
        for n, parent in enumerate(run.rows[k].parents) if parent
    }))  # fmt: skip
