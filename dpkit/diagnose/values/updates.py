"""The right rules, applied to numbers of another time.

A backward pass wants the values of its own forward pass. If the parameters were updated on the way
back, or the activations kept are those before the activation function, or everything is from an
earlier call, then every rule is right, and the gradient is not.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of
from dpkit.box import carry_out
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.program import Edge, Program, Pull, numbers
from dpkit.diagnose.sites import Mistake
from dpkit.diagnose.values.replay import replayed, seen
from dpkit.rules import RULES

__all__ = ["confusions", "earlier_calls", "updates"]

_FEW = 16  # inputs; with more, updating them one after the other is not tried


# After the update ---------------------------------------------------------------------------------


def updates(run: Program, wrong: np.ndarray) -> Iterator[tuple[Callable[[float], Mistake], float]]:
    """Gradients that saw parameters after the update: by the learning rate, which is not known, and
    where the search for it begins."""
    yield _after_all, 0.0
    if not 1 < len(run.inputs) <= _FEW:
        return
    right = [not part.any() for part in run.shaped(wrong.astype(float)).values()]
    if not any(right):
        return  # what is updated first has had its right gradient
    for backwards in (True, False):
        yield partial(_on_the_way, backwards, None), 0.0
        if right[-1 if backwards else 0]:
            yield partial(_one_by_one, backwards), 0.0
    for n in range(len(run.inputs)):
        if right[n]:
            yield partial(_on_the_way, True, n), 0.0


def _after_all(rate: float) -> Mistake:
    return Mistake(
        "post_update",
        "this is the gradient at another point: where the parameters are after a step of "
        f"{rate:.6g} times their gradient. Compute the gradient first, and then update",
        5.6, sweep=lambda run: replayed(run, inputs=_stepped(run, rate)).truth,
    )  # fmt: skip


def _stepped(run: Program, rate: float) -> dict[int, Any]:
    """The inputs after a step."""
    steps = run.shaped(run.truth)
    return {k: run.rows[k].value - rate * steps[k] for k in run.inputs}


def _one_by_one(backwards: bool, rate: float) -> Mistake:
    def sweep(run: Program) -> np.ndarray:
        now = {k: run.rows[k].value for k in run.inputs}
        found: dict[int, Any] = {}
        for k in reversed(run.inputs) if backwards else run.inputs:
            again = replayed(run, inputs=now)
            found[k] = again.shaped(again.truth)[again.inputs[run.inputs.index(k)]]
            now[k] = now[k] - rate * found[k]
        return np.concatenate([numbers(found[k]).ravel() for k in run.inputs])

    order = "the last argument first" if backwards else "the first argument first"
    return Mistake(
        "post_update",
        f"the arguments were updated one by one, {order}, and each gradient was taken after the "
        f"updates before it, by {rate:.6g} times the gradient. All gradients belong to one point: "
        "compute them all, and then update",
        5.4, sweep=sweep,
    )  # fmt: skip


def _on_the_way(backwards: bool, only: int | None, rate: float) -> Mistake:
    which = "parameters had" if only is None else "one of the parameters had"
    return Mistake(
        "post_update",
        f"on the way back, {which} been updated before what comes from above passed "
        f"through: the numbers fit a step of {rate:.6g} times the gradient. Finish the whole "
        "backward pass, and then update",
        5.3, sweep=lambda run: _seen_updated(run, rate, backwards, only),
    )  # fmt: skip


def _seen_updated(run: Program, rate: float, backwards: bool, only: int | None) -> np.ndarray:
    """The backward pass in which each parameter is updated as soon as its gradient is known, and
    pullbacks towards what lies below, or towards parameters later in the order, see it so. only: or
    else, the number of the one parameter that is.

    How far a parameter moves depends on its gradient, and that on the parameters above: so it is
    swept as often as it takes until nothing changes.
    """
    order = {k: -n if backwards else n for n, k in enumerate(run.inputs)}
    whose = _whose(run)
    gradient = run.truth
    for _ in range(len(run.inputs) + 1):
        values = _moved(run, whose, rate, gradient)
        changes: dict[Edge, Pull] = {}
        for k in run.needed:
            parents = run.rows[k].parents
            for n, parent in enumerate(parents):
                late = {
                    m: values[p]
                    for m, p in enumerate(parents)
                    if p in values and whose[p] != whose.get(parent)
                    and only in (None, run.inputs.index(whose[p]))
                    and (parent not in whose or order[whose[p]] < order[whose[parent]])
                }  # fmt: skip
                if parent and late:
                    changes[k, n] = seen(run, k, n, late)
        before, gradient = gradient, run.gradient(run.adjoints(changes))
        if np.array_equal(gradient, before):
            break
    return gradient


def _whose(run: Program) -> dict[int, int]:
    """The rows that hold the elements of one input, only moved: and which input."""
    moves = {"permute", "reshape", "getitem", "broadcast", "cast", "flip"}
    whose = {k: k for k in run.inputs}
    for k in run.needed:
        if run.rows[k].name in moves and run.rows[k].parents[0] in whose:
            whose[k] = whose[run.rows[k].parents[0]]
    return whose


def _moved(
    run: Program, whose: Mapping[int, int], rate: float, gradient: np.ndarray
) -> dict[int, Any]:
    """The values of these rows after the update."""
    steps = run.shaped(gradient)
    values: dict[int, Any] = {}
    for k in sorted(whose):
        row = run.rows[k]
        if k in steps:
            values[k] = row.value - rate * steps[k]
        else:
            x = values[row.parents[0]]
            values[k] = carry_out(backend_of(x), row.name, (x,), dict(row.params))
    return values


# Before the activation ----------------------------------------------------------------------------


def confusions(run: Program) -> Iterator[Mistake]:
    """What went into a function stands where its result belongs, in the whole backward pass; and
    arguments that have lost their fractional part."""
    functions = sorted(
        {run.rows[k].name for k in run.needed if len(run.rows[k].args) == 1}
        & {*RULES} - {"neg", "square", "abs"}
    )
    groups = [[name] for name in functions]
    if len(groups) > 1:
        groups.append(functions)
    for names in groups:
        yield Mistake(
            "wrong_point",
            f"in the whole backward pass, what went into {' and '.join(names)} stands where the "
            "result belongs: in the local derivative, and in what is computed from the result",
            5.0, operation=names[0], sweep=partial(_unactivated, names),
        )  # fmt: skip
    for how, rounding in (("rounded to", "round"), ("cut off to", "trunc")):
        yield Mistake(
            "wrong_point",
            f"this is the gradient at another point: the arguments were {how} whole numbers, as "
            "happens when they are written into an array of integers",
            5.8, sweep=partial(_rounded, rounding),
        )  # fmt: skip


def _unactivated(names: Sequence[str], run: Program) -> np.ndarray:
    values = {k: run.rows[k].args[0] for k in run.needed if run.rows[k].name in names}
    changes: dict[Edge, Pull] = {}
    for k in run.needed:
        row = run.rows[k]
        others = {m: values[p] for m, p in enumerate(row.parents) if p in values}
        for n, parent in enumerate(row.parents):
            if parent and (others or k in values):
                changes[k, n] = seen(run, k, n, others, values.get(k, row.value))
    return run.gradient(run.adjoints(changes))


def _rounded(rounding: str, run: Program) -> np.ndarray:
    values = {k: run.rows[k].value for k in run.inputs}
    return replayed(
        run, inputs={k: getattr(backend_of(x), rounding)(x) for k, x in values.items()}
    ).truth


# Earlier calls ------------------------------------------------------------------------------------


def earlier_calls(answers: Sequence[Answer]) -> Iterator[Mistake]:
    """Intermediate values that were kept from the first call. (`dpkit.diagnose.question` looks for
    whole answers that were.) The first point that was asked about comes last in the answers."""
    *later, first = answers
    if not later or not np.all(first.agrees(first.truth)):
        return
    if all(np.all(each.agrees(_with_kept(first.run, each.run))) for each in later):
        yield Mistake(
            "stale",
            "the backward pass uses intermediate values of the first call, with the arguments of "
            "this one. They must be computed anew for each gradient",
            1.1,
        )


def _with_kept(kept: Program | None, run: Program | None) -> np.ndarray:
    """The backward pass that sees the intermediate values of another run."""
    assert kept is not None and run is not None
    if [row.name for row in kept.rows] != [row.name for row in run.rows]:
        return np.full(run.truth.shape, np.nan)
    whose = _whose(run)
    changes: dict[Edge, Pull] = {}
    for k in run.needed:
        row = run.rows[k]
        others = {m: kept.rows[p].value for m, p in enumerate(row.parents) if p and p not in whose}
        for n, parent in enumerate(row.parents):
            if parent:
                changes[k, n] = seen(run, k, n, others, kept.rows[k].value)
    return run.gradient(run.adjoints(changes))
