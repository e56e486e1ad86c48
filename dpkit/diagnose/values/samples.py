"""f is a sum over samples, and only some of them were counted.

The gradient is linear in the terms of a sum. If the arguments move along v, the sum moves by one
contribution for each term (a forward sweep gives them all), and the gradient of some of the terms
has along v just the sum of their contributions. So a thousand choices cost one sweep, and only what
agrees with the answer along v has to be computed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np

from dpkit.array_rules._row import positive
from dpkit.backends import shape_of
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.places import Place
from dpkit.diagnose.program import Edge, Program, Pull, like, numbers
from dpkit.diagnose.sites import Mistake

__all__ = ["some_samples"]

_ALL_RUNS = 200  # up to so many terms, every run of neighbouring ones is tried


@dataclass(frozen=True)
class _Sum:
    """One sum over samples in a program.

    count: of its terms. place: where it is. edges: in any run of the program, for each edge that
    leads to terms, the number of the term, or None if there is a whole axis of them.
    axis: that axis. turns: it is not f that adds up, but the gradient: of something that is used
    in every turn of a loop.
    """

    count: int
    place: Place | None
    operation: str
    edges: Callable[[Program], dict[Edge, int | None]]
    axis: int = 0
    turns: bool = False

    def contributions(self, run: Program, tangents: list[Any]) -> np.ndarray:
        """How much the result moves because of each term."""
        found = np.zeros(self.count)
        for (k, n), term in self.edges(run).items():
            moved, adjoint = tangents[run.rows[k].parents[n]], run.adjoint[k]
            if moved is None or adjoint is None:
                continue
            product = numbers(run.pull(k, n)(adjoint) * moved)
            if term is None:
                others = tuple(a for a in range(product.ndim) if a != self.axis)
                found += product.sum(axis=others)
            else:
                found[term] += product.sum()
        return found

    def weighted(self, weights: np.ndarray, run: Program) -> np.ndarray:
        """The gradient in which the terms count with these weights."""

        def pull(right: Pull, factor: Any, g: Any) -> Any:
            share = right(g)
            return None if share is None else share * factor

        changes: dict[Edge, Pull] = {}
        for (k, n), term in self.edges(run).items():
            value = run.rows[k].args[n]
            factor: Any = weights[term] if term is not None else self._along_axis(weights, value)
            changes[k, n] = partial(pull, run.pull(k, n), factor)
        return run.gradient(run.adjoints(changes))

    def _along_axis(self, weights: np.ndarray, value: Any) -> Any:
        shape = [1] * len(shape_of(value))
        shape[self.axis] = self.count
        return like(value, weights.reshape(shape))


def some_samples(answer: Answer, wrong: np.ndarray) -> Iterator[Mistake]:
    """The gradient of some of the terms of a sum, where all belong to it."""
    run = answer.run
    assert run is not None
    # Only the components that are wrong are looked at.
    direction = np.random.default_rng(1).normal(size=len(wrong)) * wrong
    tangents = run.tangents(run.shaped(direction))
    surplus = float(direction @ (answer.given - answer.truth))
    for total in _sums(run):
        contributions = total.contributions(run, tangents)
        everything = float(contributions.sum())
        noise = (3e-5 if answer.single else 1e-7) * (
            np.abs(contributions).sum() + abs(everything + surplus)
        )
        if not noise > 0 or not np.isfinite(noise):
            continue
        for first, last, weight in _fitting(contributions, everything + surplus, noise):
            weights = np.zeros(total.count)
            weights[first:last] = weight
            yield _mistake(total, weights)
        for k in np.flatnonzero(np.abs(surplus + contributions) <= noise)[:3].tolist():
            yield _mistake(total, np.where(np.arange(total.count) == k, 0.0, 1.0))


def _fitting(terms: np.ndarray, target: float, noise: float) -> list[tuple[int, int, float]]:
    """Which runs of neighbouring terms have this sum? They count as they do in f, or so much more
    that a mean over all becomes a mean over them. Returns the nearest few (first, end, weight)."""
    count = len(terms)
    if count <= _ALL_RUNS:
        first, end = np.triu_indices(count)
        end = end + 1
    else:
        at = np.arange(count)
        first = np.concatenate([at, 0 * at, at])
        end = np.concatenate([at + 1, at + 1, 0 * at + count])
    keep = end - first < count
    first, end = first[keep], end[keep]
    until = np.concatenate([[0.0], np.cumsum(terms)])
    sums = until[end] - until[first]
    found = []
    for weights in (np.ones(len(first)), count / (end - first)):
        error = np.abs(weights * sums - target)
        found += [(error[h], first[h], end[h], weights[h])
                  for h in np.flatnonzero(error <= noise)]  # fmt: skip
    return [(int(a), int(b), float(w)) for _, a, b, w in sorted(found)[:4]]


def _mistake(total: _Sum, weights: np.ndarray) -> Mistake:
    count, used = total.count, np.flatnonzero(weights)
    which = "turns" if total.turns else "terms"
    kind, rank = "missing_term", 2.0
    if len(used) == count - 1:
        missing = int(np.flatnonzero(weights == 0.0)[0])
        names = {0: "the first", count - 1: "the last"}
        what = f"{names.get(missing, f'number {missing + 1}')} of {count} {which} is missing"
    elif len(used) > 1:
        what = f"only those from number {used[0] + 1} to number {used[-1] + 1} of {count} count"
    # What comes last in a loop is what = leaves behind; and a backward pass goes through it
    # backwards.
    elif used[0] == (0 if total.turns else count - 1):
        kind = "overwritten"
        what = (
            f"only the {'first' if total.turns else 'last'} of {count} {which} has left its "
            "contribution, as with = where += belongs"
        )
    elif used[0] in (0, count - 1):
        end = "last" if used[0] else "first"
        what = f"only the {end} of {count} {which} counts, as with a return inside the loop"
    else:
        what = f"only number {used[0] + 1} of {count} {which} counts"
    if total.turns:
        reason = (
            "what is used in every turn of a loop receives a contribution from each, and its "
            "gradient is the sum of them all"
        )
    elif total.place:
        reason = "f adds up, and the gradient of a sum is the sum of the gradients of all its terms"
    else:  # two sums over the same samples, or the parts of a result that is an array
        reason = "the gradient is the sum of all contributions"
    return Mistake(
        kind, f"{reason}; here {what}", rank, "" if total.place is None else str(total.place), total.operation,
        total.place.line if total.place else None,
        sweep=partial(total.weighted, weights),
    )  # fmt: skip


# Where a program adds up --------------------------------------------------------------------------


def _sums(run: Program) -> Iterator[_Sum]:
    """Sums along an axis, dot products, and sums that a loop runs up."""
    alike: dict[tuple[int, int], list[_Sum]] = defaultdict(list)
    for k in run.needed:
        row = run.rows[k]
        if not any(row.parents):
            continue
        if row.name == "sum":
            shape = shape_of(row.args[0])
            axes = positive(row.params.get("axis"), len(shape))
            operands: tuple[int, ...] = (0,)
        elif row.name == "matmul" and all(len(shape_of(x)) == 1 for x in row.args):
            shape, axes, operands = shape_of(row.args[0]), (0,), (0, 1)
        else:
            continue
        key = (row.name, row.place)
        turn = run.at[key].index(k)
        for axis in axes:
            if shape[axis] > 1:
                edges = partial(_along, key, turn, operands)
                one = _Sum(shape[axis], row.place, row.name, edges, axis)
                alike[shape[axis], axis].append(one)
                yield one
    for (count, axis), several in alike.items():
        if len(several) > 1 and not _nested(run, several):
            # A loss written as two sums over the same samples.
            yield _Sum(count, None, "sum", partial(_together, several), axis)
    for (name, place), rows in run.at.items():
        if name == "add" and len(rows) > 1 and place is not None:
            edges = partial(_turns, place)
            terms = [term for term in edges(run).values() if term is not None]
            if len(terms) > 1:
                yield _Sum(max(terms) + 1, place, "add", edges)
    yield from _many_uses(run)


def _many_uses(run: Program) -> Iterator[_Sum]:
    """Arguments that are used in every turn of a loop: their gradient is a sum over the turns."""
    for number in range(len(run.inputs)):
        uses = _uses(number, None, run)
        for key in {(run.rows[user].name, run.rows[user].place) for user, _ in uses}:
            edges = partial(_uses, number, key)
            if len(edges(run)) > 1:
                yield _Sum(len(edges(run)), key[1], key[0], edges, turns=True)


def _uses(
    number: int, key: tuple[str, Place | None] | None, run: Program
) -> dict[Edge, int | None]:
    bit = run.inputs[number]
    edges = [(k, n) for k in run.users.get(bit, ()) if key in (None, (run.rows[k].name, run.rows[k].place))
             for n, parent in enumerate(run.rows[k].parents) if parent == bit]  # fmt: skip
    return {edge: turn for turn, edge in enumerate(edges)}


def _along(
    key: tuple[str, Place | None], turn: int, operands: tuple[int, ...], run: Program
) -> dict[Edge, int | None]:
    rows = run.at.get(key, [])[turn : turn + 1]
    return {(k, n): None for k in rows for n in operands if run.rows[k].parents[n]}


def _together(several: list[_Sum], run: Program) -> dict[Edge, int | None]:
    return {edge: None for one in several for edge in one.edges(run)}


def _nested(run: Program, several: list[_Sum]) -> bool:
    """Is one of the sums a part of what another adds up?"""
    rows = sorted({k for one in several for k, _ in one.edges(run)}, reverse=True)
    above = 0
    for k in rows:
        if above >> k & 1:
            return True
        above |= run.ancestors[k]
    return False


def _turns(place: Place, run: Program) -> dict[Edge, int | None]:
    """The terms that ``total = total + term`` adds in a loop, the first of them included."""
    rows = run.at.get(("add", place), [])
    chain = [k for k in rows if k in run.uses or k == run.output]
    if any(run.rows[k].parents[0] != before for before, k in pairwise(chain)):
        return {}  # not one sum that grows from turn to turn
    started = bool(chain and run.rows[chain[0]].parents[0])  # or the total began as a constant
    terms = [(chain[0], 0)] if started else []
    terms += [(k, 1) for k in chain]
    return {(k, n): term for term, (k, n) in enumerate(terms) if run.rows[k].parents[n]}
