"""What could have gone wrong, continued: every pullback is right, but they were put together wrongly.

A second contribution overwrites the first, in the whole sweep (`wrong_sweeps`) or at one value that
is used several times (`lost_shares`); or a value passes its adjoint on before it is complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of
from dpkit.diagnose.program import Program, Pull
from dpkit.diagnose.sites import Mistake, an, noun

__all__ = ["wrong_sweeps"]


def wrong_sweeps(program: Program) -> Iterator[Mistake]:
    """Every wrong way of putting the right pullbacks together."""
    fan_out = (
        "a value that is used several times receives one contribution for each use, and they add "
        "up; here {which} contribution replaces the others, as with = where += belongs"
    )
    order = (
        "values passed their adjoint on before it was complete. A value's turn comes when all the "
        "operations that use it have had theirs"
    )
    yield Mistake("overwritten", fan_out.format(which="the last"), 1.9, sweep=_overwrite_last)
    yield Mistake("overwritten", fan_out.format(which="the first"), 2.1, sweep=_overwrite_first)
    yield Mistake(
        "double_counted",
        "a value passed its adjoint on each time it received something, and what it had passed on "
        "before was counted again. It must be passed on once, when it is complete",
        2.2, sweep=_naive_recursion,
    )  # fmt: skip
    for operation in dict.fromkeys(program.rows[k].name for k in program.needed):
        if operation in ("input", "constant"):
            continue
        yield Mistake(
            "overwritten",
            f"{an(operation)} overwrites what its operands had received before; contributions to a "
            "value add up, with += and not with =",
            2.2, f"every {noun(operation)}", operation, sweep=partial(_overwritten_by, operation),
        )  # fmt: skip
    yield Mistake(
        "sign", "every contribution was subtracted, as with -= where += belongs; so signs alternate "
        "with the number of operations on the way",
        2.2, sweep=_subtracted,
    )  # fmt: skip
    for sweep in (_overwrite_last_in_order, _overwrite_first_in_order):
        which = "the last" if sweep is _overwrite_last_in_order else "the first"
        yield Mistake("overwritten", fan_out.format(which=which), 2.25, sweep=sweep)
    yield Mistake(
        "double_counted",
        "a value passed its adjoint on each time it was visited, and what it had passed on before was "
        "counted again. It must be passed on once, when it is complete",
        2.3, sweep=_naive_recursion_together,
    )  # fmt: skip
    for chosen, which in ((0, "first"), (-1, "last")):
        yield Mistake(
            "missing_term",
            f"of all operations only the {which} operand received its share, as with a loop over "
            "the operands that ends too early",
            2.4, sweep=partial(_to_one_operand, chosen),
        )  # fmt: skip
    yield Mistake("wrong_order", order, 2.6, sweep=_depth_first)
    yield Mistake("wrong_order", order, 2.7, sweep=_breadth_first)
    yield Mistake(
        "not_upstream",
        "every operation passed on its local derivative by itself; it must first be multiplied by "
        "what comes from above, the derivative of the result with respect to that operation",
        2.3, sweep=_without_upstream,
    )  # fmt: skip


Adjoints = dict[int, Any]
PassOn = Callable[[Adjoints, int, int, Pull], None]  # adjoints, row, parent, pullback between them


def _edges(run: Program, k: int) -> list[tuple[int, Pull]]:
    """The parents of a row and the pullbacks towards them, without constants."""
    return [(parent, run.pull(k, n)) for n, parent in enumerate(run.rows[k].parents) if parent]


def _ones(run: Program, k: int) -> Any:
    value = run.rows[k].value
    return backend_of(value).ones_like(value)


def _gradient(run: Program, adjoints: Adjoints) -> np.ndarray:
    return run.gradient([adjoints.get(k) for k in range(len(run.rows))])


def _sweep(run: Program, pass_on: PassOn) -> np.ndarray:
    """The right order, with some other way of passing adjoints on."""
    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    for k in range(run.output, 0, -1):
        if k in adjoints:
            for parent, pull in _edges(run, k):
                pass_on(adjoints, k, parent, pull)
    return _gradient(run, adjoints)


def _add(adjoints: Adjoints, parent: int, share: Any) -> None:
    if share is not None:
        adjoints[parent] = adjoints[parent] + share if parent in adjoints else share


def _overwrite_last(run: Program) -> np.ndarray:
    return _sweep(run, lambda a, k, parent, pull: a.update({parent: pull(a[k])}))


def _overwrite_first(run: Program) -> np.ndarray:
    def pass_on(a: Adjoints, k: int, parent: int, pull: Pull) -> None:
        a.setdefault(parent, pull(a[k]))

    return _sweep(run, pass_on)


def _without_upstream(run: Program) -> np.ndarray:
    return _sweep(run, lambda a, k, parent, pull: _add(a, parent, pull(_ones(run, k))))


def _subtracted(run: Program) -> np.ndarray:
    return _sweep(run, lambda a, k, parent, pull: _add(a, parent, -1.0 * pull(a[k])))


def _to_one_operand(chosen: int, run: Program) -> np.ndarray:
    def edges(k: int) -> list[tuple[int, Pull]]:
        n = range(len(run.rows[k].parents))[chosen]
        parent = run.rows[k].parents[n]
        return [(parent, run.pull(k, n))] if parent else []

    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    for k in range(run.output, 0, -1):
        if k in adjoints and run.rows[k].parents:
            for parent, pull in edges(k):
                _add(adjoints, parent, pull(adjoints[k]))
    return _gradient(run, adjoints)


def _overwritten_by(operation: str, run: Program) -> np.ndarray:
    def pass_on(a: Adjoints, k: int, parent: int, pull: Pull) -> None:
        if run.rows[k].name == operation:
            a[parent] = pull(a[k])
        else:
            _add(a, parent, pull(a[k]))

    return _sweep(run, pass_on)


def _in_depth_first_order(run: Program) -> list[int]:
    """Rows in the order of a depth-first search from the result, each before what it depends on."""
    order: list[int] = []
    seen: set[int] = set()
    stack = [(run.output, False)]
    while stack:
        k, done = stack.pop()
        if done:
            order.append(k)
        elif k not in seen:
            seen.add(k)
            stack.append((k, True))
            stack += [(p, False) for p in reversed(run.rows[k].parents) if p and p not in seen]
    return order[::-1]


def _sweep_in_order(run: Program, first: bool) -> np.ndarray:
    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    for k in _in_depth_first_order(run):
        if k in adjoints:
            for parent, pull in _edges(run, k):
                if not first or parent not in adjoints:
                    adjoints[parent] = pull(adjoints[k])
    return _gradient(run, adjoints)


def _overwrite_last_in_order(run: Program) -> np.ndarray:
    return _sweep_in_order(run, first=False)


def _overwrite_first_in_order(run: Program) -> np.ndarray:
    return _sweep_in_order(run, first=True)


_VISITS = 20_000  # there may be very many ways through a program


def _naive_recursion(run: Program, visits: int = _VISITS) -> np.ndarray:
    """Each visit adds to the parent's adjoint and at once passes on all that is there by now."""
    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    stack = [(edge, run.output) for edge in reversed(_edges(run, run.output))]
    while stack:
        visits -= 1
        if not visits:
            return np.full(run.truth.shape, math.nan)
        (parent, pull), child = stack.pop()
        _add(adjoints, parent, pull(adjoints[child]))
        if parent in adjoints:
            stack += [(edge, parent) for edge in reversed(_edges(run, parent))]
    return _gradient(run, adjoints)


def _naive_recursion_together(run: Program, visits: int = _VISITS) -> np.ndarray:
    """A visit first adds to all parents, and then goes on to each of them."""
    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    stack = [run.output]
    while stack:
        visits -= 1
        if not visits:
            return np.full(run.truth.shape, math.nan)
        k = stack.pop()
        edges = _edges(run, k)
        for parent, pull in edges:
            _add(adjoints, parent, pull(adjoints[k]))
        stack += [parent for parent, _ in reversed(edges) if parent in adjoints]
    return _gradient(run, adjoints)


def _once_each(run: Program, newest_first: bool) -> np.ndarray:
    """Each value passes its adjoint on once, but at the first opportunity."""
    adjoints: Adjoints = {run.output: _ones(run, run.output)}
    waiting, seen = [run.output], {run.output}
    while waiting:
        k = waiting.pop() if newest_first else waiting.pop(0)
        edges = _edges(run, k)
        if k in adjoints:
            for parent, pull in edges:
                _add(adjoints, parent, pull(adjoints[k]))
        for parent, _ in reversed(edges) if newest_first else edges:
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return _gradient(run, adjoints)


def _depth_first(run: Program) -> np.ndarray:
    return _once_each(run, newest_first=True)


def _breadth_first(run: Program) -> np.ndarray:
    return _once_each(run, newest_first=False)
