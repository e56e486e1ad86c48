"""Values that are defined by an equation, and how they move with its parameters.

Many programs end with a loop that runs until nothing changes any more: Newton's method, an
equilibrium, the stationary state of a chain. What it finds, a *fixed point* x* = g(x*, p), does not
depend on how it was found, so its derivative need not go back through the loop. Differentiating the
equation itself gives

    ẋ = ∂g/∂x ẋ + ∂g/∂p ṗ                  forward, and
    u = ∂g/∂xᵀ u + adjoint of x*,   adjoint of p = ∂g/∂pᵀ u      in reverse,

which are fixed-point equations again, of a linear g, and are solved by the same iteration. (The
implicit function theorem; Christianson, "Reverse accumulation and attractive fixed points",
Optimization Methods and Software 3, 1994.) Nothing is remembered of the iterations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from dpkit.backends import Number, is_array, shape_of
from dpkit.box import held, words
from dpkit.containers import form, leaves, spread
from dpkit.custom import stop_gradient
from dpkit.dual import Dual, DualTensor
from dpkit.joint import engine, running
from dpkit.number import outer_engine
from dpkit.stretch import (
    Key,
    Place,
    Source,
    Stretch,
    add,
    close_with,
    mapped,
    numbers_on,
    place_of,
    swept,
)  # fmt: skip
from dpkit.transforms import boxed, need_function, zeros

__all__ = ["fixed_point"]


def fixed_point(
    g: Callable[..., Any], x0: Any, *params: Any, tol: float = 1e-10, max_iter: int = 1000
) -> Any:
    """The value x* = g(x*, *params) to which x = g(x, *params) converges from x0.

    g: takes and returns a container of numbers and arrays of the shape of x0. Near x* it must be a
    contraction (the derivative of g by x shrinks vectors), or the iteration does not converge.
    params: what x* depends on; g may use numbers from around it as well.
    tol: the iteration stops when no number in x changes by more than ``tol · (1 + |x|)``. In float32
    nothing below about 1e-6 can be reached. Derivatives are found to the same tolerance.
    max_iter: how many times g may be called, for the value and for each derivative.

    Returns x*. It is differentiated by the implicit function theorem, in both modes and to every
    order; the derivative by x0 is zero. A backward pass calls g once, and multiplies with its
    derivative until that converges.

    Raises ArithmeticError if the iteration does not converge, TypeError if g returns another shape,
    ValueError if max_iter is less than 1.

    For a root of f, give g the step of a method that finds it; for Newton's,
    ``fixed_point(lambda x, p: x - f(x, p) / slope(x, p), x0, p)``.
    """
    need_function(g, "dp.fixed_point(g, x0)")
    if max_iter < 1:
        raise ValueError(f"g must be called at least once, but max_iter={max_iter}.")
    items, rebuild = leaves(stop_gradient(x0), "The start x0")
    start = rebuild([boxed(x) if is_array(x) else x for x in items])
    return _Iteration(g, params, tol, max_iter).run(start)


class _Iteration:
    """One search for a fixed point, and the way back through it."""

    def __init__(
        self, g: Callable[..., Any], params: tuple[Any, ...], tol: float, max_iter: int
    ) -> None:
        self.g, self.params, self.tol, self.max_iter = g, params, tol, max_iter
        self.name = getattr(g, "__name__", "g")
        self.outside = running.tapes[-1] if running.tapes else None
        self.engine = outer_engine()

    def run(self, x: Any) -> Any:
        watched: dict[int, Any] = {}
        settled: list[int] = []
        ours: dict[Key, Any] = {}  # the tapes on which x was computed
        count, change = 0, math.inf
        while count < self.max_iter:
            count += 1
            stretch, new = self._step(x)
            if form(new) != form(x):
                raise TypeError(
                    f"{self.name} must return what it is given, in a new value; but for an x of the "
                    f"shape {form(x)} it returned the shape {form(new)}."
                )
            change, x, before = _change(x, new, self.tol), new, settled
            # Which numbers depend on the parameters may take a step or two to become clear.
            settled = [len(numbers_on(x, mine)) for mine in stretch.tapes.values()]
            self.sources = {key: _sources(stretch, key, ours.get(key)) for key in stretch.tapes}
            stretch.forget(watched)
            ours = stretch.tapes
            if not change < math.inf:
                break
            if change <= 1 and settled == before:
                self.solution, self.ours = mapped(x, lambda y, _: held(y)), ours
                return close_with(stretch, x, self.sources, self._pull_for, watched)
        raise ArithmeticError(self._complaint(count, change))

    def _complaint(self, count: int, change: float) -> str:
        if not change < math.inf:
            return (
                f"The iteration of {self.name} left the finite numbers after {count} steps. It "
                "converges only from a start near enough to a point where g is a contraction."
            )
        return (
            f"The iteration of {self.name} has not converged after {count} steps (max_iter): in the "
            f"last step a number still changed by {change:.3g} times what tol={self.tol:g} allows. "
            "Near the solution g must be a contraction: its derivative shrinks vectors. Damping "
            "often helps: (x + g(x)) / 2 in the place of g(x)."
        )

    def _step(self, x: Any) -> tuple[Stretch, Any]:
        same = nullcontext() if self.engine is None else engine(self.engine)
        with same, Stretch(self.outside) as stretch:
            return stretch, self.g(stretch.take(x), *stretch.take(self.params))

    def _pull_for(self, key: Key) -> Callable[[list[Any]], Sequence[Any]]:
        def pull(given: list[Any]) -> Sequence[Any]:
            stretch, new = self._step(self.solution)
            mine = stretch.tapes[key]
            rows = numbers_on(new, mine)
            numbers = [y for place, y in stretch.taken(key) if place[0] is self.ours[key]]
            start = [zeros(y) if u is None else u for u, y in zip(given, numbers, strict=True)]
            start = [boxed(u) if is_array(u) else u for u in start]

            def once_more(u: list[Any]) -> list[Any]:
                """u = ∂g/∂xᵀ u + what is given"""
                adjoints = swept(mine, dict(zip(rows, u, strict=True)))
                back = [adjoints.get(y._index) for y in numbers]
                return [a if b is None else a + b for a, b in zip(start, back, strict=True)]

            once_more.__name__ = f"the derivative of {self.name}"
            u = fixed_point(once_more, start, tol=self.tol, max_iter=self.max_iter)
            adjoints = swept(mine, dict(zip(rows, u, strict=True)))
            total: dict[Place, Any] = {}
            for place, twin in stretch.taken(key):
                add(total, place, adjoints.get(twin._index))
            for row, y in stretch.drawn(key):
                add(total, place_of(y), adjoints.get(row))
            return [total.get(place) for place in self.sources[key]]

        return pull


def _sources(stretch: Stretch, key: Key, ours: Any) -> Source:
    """What a step depends on, except for the x that it began with."""
    found = {place: stretch.met[place] for place, _ in stretch.taken(key) if place[0] is not ours}
    return found | {place_of(x): x for _, x in stretch.drawn(key)}


def _change(x: Any, new: Any, tol: float) -> float:
    """The largest change of a number, relative to what is allowed; derivatives are numbers too."""
    before, after = list(_values(x)), list(_values(new))
    if len(before) != len(after):
        return 1e300  # a derivative has come in
    largest = 0.0
    for a, b in zip(before, after, strict=True):
        if shape_of(b) and 0 in shape_of(b):
            continue
        precision = 2.0**-23 if "float32" in str(getattr(b, "dtype", "")) else 2.0**-52
        allowed = max(tol, 8 * precision)
        with np.errstate(all="ignore"):  # what is not finite is dealt with below
            change = abs(b - a) / (abs(b) + 1.0)
        worst = float(words.max(change, axis=None, keepdims=False) if shape_of(b) else change)
        if not worst < math.inf:
            return math.inf
        largest = max(largest, worst / allowed)
    return largest


def _values(tree: Any) -> Iterator[Any]:
    """All plain numbers and arrays in a container: values, and how they move."""
    for x in spread(tree)[0]:
        if isinstance(x, (Dual, DualTensor)):
            yield from _values(x.primal)
            if x.tangent is not None:
                yield from _values(x.tangent)
        elif isinstance(x, Number):
            yield from _values(x._inside)  # type: ignore[attr-defined]
        else:
            yield x
