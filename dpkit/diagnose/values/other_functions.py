"""f with one step computed otherwise.

A student may differentiate every step rightly, and yet have a step in the forward pass that is not
that of f: tanh for sigmoid, a − b for b − a, no bias, softmax along the wrong axis. Then all values
from there on are different, and the gradient is the right one of another function.
`dpkit.diagnose.values.variants` has the list of such steps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.diagnose.program import Program, Pull, Row, nothing
from dpkit.diagnose.sites import Mistake, Site, sites, typical
from dpkit.diagnose.values.replay import Change, Copy, Operand, replayed
from dpkit.diagnose.values.variants import (
    ACTIVATIONS,
    Variant,
    other_constant,
    taken_for,
    variants,
    with_one_more,
)
from dpkit.rules import RULES
from dpkit.table import pullback

__all__ = ["other_constants", "other_functions", "other_slopes"]

_LOSSES = {"square", "abs", "sqrt"}  # who takes the slope of another one, has taken its value too


def other_functions(run: Program) -> Iterator[Mistake]:
    """f with one step computed otherwise, in one place or wherever the operation occurs."""
    for site in sites(run):
        # In a single turn of a loop, such as the last layer: activation functions only.
        if site.remote < 0.5 or site.operation in ACTIVATIONS:
            for variant in variants(run.rows[typical(run, site)]):
                yield from _mistakes(site, variant)
    used = [name for name in ACTIVATIONS if name in run.everywhere]
    for site in sites(run):
        if site.operation in {"add", "matmul"} and not site.remote:
            rows = site.pick(run)
            for name in () if _goes_on(run, rows) else used:
                yield from _mistakes(site, with_one_more(name, run.rows[rows[-1]]))


def _goes_on(run: Program, rows: list[int]) -> bool:
    """Is the result of these rows put into an activation function, or into another sum?"""
    return any(
        run.rows[k].name in {*ACTIVATIONS, "add"} and {*rows} & {*run.rows[k].parents}
        for k in run.needed
    )


def other_constants(run: Program) -> Iterator[tuple[Callable[[float], Mistake], float]]:
    """f with another number in the place of a constant: for each constant its mistakes, by that
    number, and what it is in f."""
    for site in sites(run):
        row = run.rows[typical(run, site)]
        if site.remote or row.name not in RULES or len(row.args) != 2:
            continue
        for n, (x, parent) in enumerate(zip(row.args, row.parents, strict=True)):
            if not parent and shape_of(x) == () and float(x) != 0.0 and np.isfinite(float(x)):
                for which in (0, 1):
                    yield partial(_with_constant, site, row, n, which), float(x)


def _with_constant(site: Site, row: Row, n: int, which: int, c: float) -> Mistake:
    return _mistakes(site, other_constant(row, n, c))[which]


def _mistakes(site: Site, variant: Variant) -> tuple[Mistake, Mistake]:
    """The right gradient of the other function; and one in which only the values are those of the
    other function, and the derivative of this step is that of f."""

    def sweep(change: Change, run: Program) -> np.ndarray:
        needed = {*run.needed}
        return replayed(run, {k: change for k in site.pick(run) if k in needed}).truth

    right = replace(
        site.mistake(
            "other_function",
            f"this is the right gradient of another function, in which {variant.what}. So it is "
            "not a derivative that went wrong, but a value: compare the forward pass with f",
            6.0 + variant.rank,
            lambda run: {},
        ),
        changes=None,
        sweep=partial(sweep, variant.change),
    )
    mixed = replace(
        right,
        sentence=f"the numbers come from a forward pass in which {variant.what}, and a backward "
        "pass that is that of f. Every derivative is right, but it is taken at wrong values",
        rank=right.rank + 0.3,
        sweep=partial(sweep, partial(_with_old_derivative, variant.change)),
    )
    return right, mixed


def _with_old_derivative(
    change: Change, copy: Copy, operands: Sequence[Operand], row: Row
) -> Operand:
    """The value is that of the change, and the row pretends that it came from what f has."""
    value, _ = change(Copy(copy.rows), operands, row)
    args, parents = (tuple(each) for each in zip(*operands, strict=True))
    return copy.add(replace(row, value=value, args=args, parents=parents))


def other_slopes(run: Program) -> Iterator[Mistake]:
    """f with its own values, but with the derivative of another function at one step."""
    for site in sites(run):
        if site.operation in RULES and len(run.rows[typical(run, site)].args) == 1:
            for other in taken_for(site.operation):
                if other in RULES and not {site.operation, other} & _LOSSES:
                    sentence = f"the slope of {other} was used for {site.operation}"
                    wrong = {0: partial(_slope_of, other)}
                    yield site.mistake("wrong_rule", sentence, 4.9,
                                       partial(site.replaced, wrong=wrong))  # fmt: skip


def _slope_of(other: str, run: Program, k: int, n: int) -> Pull:
    (x,) = run.rows[k].args
    xp = backend_of(x)
    stage = pullback(xp, other, n)
    return nothing if stage is None else stage(getattr(xp, other)(x), x)
