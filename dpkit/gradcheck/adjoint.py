"""Are these two linear functions each other's transpose? The dot-product test.

    >>> A = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    >>> adjoint_test(lambda v: A @ v, lambda w: A.T @ w, np.ones(2)).ok
    True

Forward mode computes J v, reverse mode Jᵀ w, and neither ever writes down J. But whatever J is, for
all v and w

    ⟨J v, w⟩ = ⟨v, Jᵀ w⟩,

because both are Σ Jᵢⱼ wᵢ vⱼ. So the two modes check each other, exactly and without any small step:
draw v and w at random and compare two numbers. Geophysicists have tested their operators so since
Claerbout ("Earth Soundings Analysis: Processing versus Inversion", 1992, chapter 5), and the authors
of every adjoint weather model with them.

The test cannot see a mistake that both functions make. Check one of them against f as well, with
`check_gradient` or `taylor_test`.
"""

from __future__ import annotations

import html
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.answers import flat, show, trouble
from dpkit.gradcheck.report import Report
from dpkit.points import Point, numbers_of, unfit
from dpkit.transforms import need_function

__all__ = ["AdjointReport", "adjoint_test"]

_TRIALS = 4
_DIGITS, _SINGLE_DIGITS = 1e-10, 1e-4  # tolerance


@dataclass(frozen=True)
class AdjointReport(Report):
    """The result of a dot-product test. It is true, as in ``if report:``, when the test passed.

    kind: "correct", or what is wrong: "sign", "factor", "not_transposed", "not_linear", "shape",
    "missing", "wrong_type", "not_finite", "mutated_input", "nondeterministic" or "unknown".
    left, right: ⟨J v, w⟩ and ⟨v, Jᵀ w⟩ in the trial where they were furthest apart.
    error: their distance relative to the terms of which they are the sums; NaN if it did not come
    to that. message: the result in words.
    """

    ok: bool
    kind: str
    message: str
    left: float = math.nan
    right: float = math.nan
    error: float = math.nan

    _title = "Dot-product test"

    def _details(self) -> str:
        if math.isnan(self.left):
            return ""
        return (
            f"⟨J v, w⟩ = <code>{html.escape(show(self.left))}</code>"
            f"<br>⟨v, Jᵀ w⟩ = <code>{html.escape(show(self.right))}</code>"
        )


def adjoint_test(
    linear: Callable[[Any], Any],
    transpose: Callable[[Any], Any],
    x: Any,
    y: Any = None,
    *,
    tolerance: float | None = None,
    seed: int = 0,
) -> AdjointReport:
    """Test whether ``transpose`` is the transpose of ``linear``, by random vectors.

    linear: takes something like x and returns something like y; for a function f at a point x, it
    is ``lambda v: dp.jvp(f, (x,), (v,))[1]``.
    transpose: takes something like y and returns something like x. What a vjp returns, a tuple with
    one cotangent for one argument, is welcome too.
    x, y: examples: numbers, arrays or torch tensors of floats, or containers of these. Only their
    shapes count; by default, y is what ``linear(x)`` returns.
    tolerance: the largest error allowed, relative to the terms of the sums; by default 1e-10, or
    1e-4 where float32 comes in.
    seed: of the random vectors, so that the test says the same every time.

    Raises whatever the two functions raise, and TypeError if x or y holds no real numbers.
    """
    for function in (linear, transpose):
        need_function(function, "dp.adjoint_test(forward, backward, x)")
    return _Test(linear, transpose, tolerance, np.random.default_rng(seed)).report(x, y)


class _Wrong(Exception):
    """Something is wrong for which no product needs to be computed: kind and sentence."""


class _Test:
    """One test in the making."""

    def __init__(
        self,
        linear: Callable[[Any], Any],
        transpose: Callable[[Any], Any],
        tolerance: float | None,
        rng: np.random.Generator,
    ) -> None:
        self.linear, self.transpose = linear, transpose
        self.tolerance, self.rng = tolerance, rng

    def report(self, x: Any, y: Any) -> AdjointReport:
        try:
            self.x = _point(x, "x")
            self.y = _point(self.linear(self.x.at()[0]) if y is None else y, "y")
            if self.tolerance is None:
                single = self.x.single or self.y.single
                self.tolerance = _SINGLE_DIGITS if single else _DIGITS
            self._habits()
            return self._products()
        except _Wrong as wrong:
            kind, message = wrong.args
            return AdjointReport(False, kind, message)

    def _forward(self, v: np.ndarray) -> np.ndarray:
        return _apply(self.linear, "linear", self.x, v, self.y, "y")

    def _backward(self, w: np.ndarray) -> np.ndarray:
        return _apply(self.transpose, "transpose", self.y, w, self.x, "x")

    def _habits(self) -> None:
        """Each function gives the same when asked again, and is linear."""
        for name, function, size in (
            ("linear", self._forward, self.x.numbers.size),
            ("transpose", self._backward, self.y.numbers.size),
        ):
            u, v = self.rng.standard_normal((2, size))
            first, second = function(u), function(v)
            if not self._close(function(u), first):
                raise _Wrong(
                    "nondeterministic",
                    f"{name} gives different answers when called twice with the same vector.",
                )
            zero = function(np.zeros(size))
            if not self._close(zero + first, first):
                raise _Wrong(
                    "not_linear",
                    f"{name} is not linear: it turns zero into something else. Is a constant "
                    "added on the way?",
                )
            if not self._close(function(2.0 * u + 3.0 * v), 2.0 * first + 3.0 * second):
                raise _Wrong(
                    "not_linear",
                    f"{name} is not linear: what it makes of 2 u + 3 v is not twice what it makes "
                    "of u and three times what it makes of v.",
                )

    def _close(self, a: np.ndarray, b: np.ndarray) -> bool:
        assert self.tolerance is not None
        scale = float(np.max(np.abs(np.concatenate([a, b])), initial=0.0))
        return bool(np.all(np.abs(a - b) <= 10 * self.tolerance * scale))

    def _products(self) -> AdjointReport:
        assert self.tolerance is not None
        trials = []
        for _ in range(_TRIALS):
            v = self.rng.standard_normal(self.x.numbers.size)
            w = self.rng.standard_normal(self.y.numbers.size)
            forward, backward = self._forward(v), self._backward(w)
            left, right = float(forward @ w), float(v @ backward)
            terms = max(float(np.abs(forward) @ np.abs(w)), float(np.abs(v) @ np.abs(backward)))
            trials.append((abs(left - right) / terms if terms else 0.0, left, right))
        error, left, right = max(trials)
        if error <= self.tolerance:
            nothing = " Both are zero for every vector." if left == right == 0.0 else ""
            message = (
                f"Right: ⟨J v, w⟩ and ⟨v, Jᵀ w⟩ agree for {_TRIALS} pairs of random vectors, of "
                f"{self.x.numbers.size} and {self.y.numbers.size} numbers (largest relative error "
                f"{error:.1e}).{nothing}"
            )
            return AdjointReport(True, "correct", message, left, right, error)
        kind, sentence = self._mistake([(a, b) for _, a, b in trials])
        digits = 6 if error > 1e-4 else 13
        message = (
            f"Not each other's transpose: ⟨J v, w⟩ = {left:.{digits}g}, "
            f"⟨v, Jᵀ w⟩ = {right:.{digits}g}. "
        )
        return AdjointReport(False, kind, message + sentence, left, right, error)

    # What is wrong? ------------------------------------------------------------------------------

    def _mistake(self, pairs: list[tuple[float, float]]) -> tuple[str, str]:
        left, right = np.array(pairs).T
        scale = float(left @ right / (left @ left)) if np.any(left) else 0.0
        assert self.tolerance is not None
        slack = 100 * self.tolerance
        same = np.max(np.abs(right - scale * left)) <= slack * np.max(np.abs(right))
        if same and scale and abs(scale - 1.0) > 10 * slack:
            if abs(scale + 1.0) <= slack:
                return "sign", "One of the two has the opposite sign."
            return "factor", f"transpose is {scale:.6g} times what it should be."
        if self.x.numbers.size == self.y.numbers.size:
            w = self.rng.standard_normal(self.x.numbers.size)
            if self._close(self._backward(w), self._forward(w)):
                return "not_transposed", "The two do the same: transpose is linear once more."
        j, i = self._worst_entry()
        row, column = np.zeros(self.y.numbers.size), np.zeros(self.x.numbers.size)
        row[i], column[j] = 1.0, 1.0
        a, b = float(self._forward(column)[i]), float(self._backward(row)[j])
        digits = 6 if abs(a - b) > 1e-4 * max(abs(a), abs(b)) else 13
        return "unknown", (
            f"They differ, for instance, in how number {j} of x acts on number {i} of y (counted "
            f"from 0): by {a:.{digits}g} in linear, and by {b:.{digits}g} in transpose."
        )

    def _worst_entry(self) -> tuple[int, int]:
        """A place in x and one in y between which the two disagree, by halving first one and then
        the other: of two halves, the one on which they disagree more."""

        def disagreement(v: np.ndarray, w: np.ndarray) -> float:
            return abs(float(self._forward(v) @ w) - float(v @ self._backward(w)))

        v = self.rng.standard_normal(self.x.numbers.size)
        w = self.rng.standard_normal(self.y.numbers.size)
        v = _halved(v, lambda part: disagreement(part, w))
        w = _halved(w, lambda part: disagreement(v, part))
        return int(np.flatnonzero(v)[0]), int(np.flatnonzero(w)[0])


def _halved(vector: np.ndarray, size: Callable[[np.ndarray], float]) -> np.ndarray:
    """Keep one number of a vector, always the half that gives the larger size."""
    places = np.arange(vector.size)
    while places.size > 1:
        halves = np.array_split(places, 2)
        parts = [np.where(np.isin(np.arange(vector.size), half), vector, 0.0) for half in halves]
        places = halves[0] if size(parts[0]) >= size(parts[1]) else halves[1]
    return np.where(np.arange(vector.size) == places[0], vector, 0.0)


def _point(example: Any, name: str) -> Point:
    sentence = unfit((example,))
    if sentence:
        raise _Wrong("wrong_type", sentence.replace("Argument 1", name))
    return Point((example,), keep=True)


def _apply(
    function: Callable[[Any], Any], name: str, source: Point, vector: np.ndarray, target: Point,
    like: str,
) -> np.ndarray:  # fmt: skip
    """The answer of one function to a vector, as a flat array."""
    (given,) = source.at(vector)
    before = Point((given,)).numbers
    answer = numbers_of(function(given))
    if not np.array_equal(Point((given,)).numbers, before):
        raise _Wrong("mutated_input", f"{name} changed the vector it was given. Work on a copy.")
    (example,) = (numbers_of(each) for each in target.at())
    if isinstance(answer, tuple) and len(answer) == 1 and not isinstance(example, tuple):
        (answer,) = answer
    found = trouble(answer, example, f"from {name} ")
    if found:
        kind, sentence = found
        sentence = sentence.replace("he gradient", "he answer")
        sentence = sentence.replace("of the argument", f"of {like}")
        raise _Wrong(kind, sentence[:1].upper() + sentence[1:])
    numbers = flat(answer)
    assert numbers is not None
    if not np.all(np.isfinite(numbers)):
        raise _Wrong("not_finite", f"The answer of {name} contains nan or inf.")
    return numbers
