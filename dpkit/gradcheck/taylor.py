"""Is this gradient right? See how fast the error of the tangent vanishes.

    >>> report = taylor_test(lambda x: 3 * x**2, lambda x: x**3, 2.0)
    >>> report.ok, round(report.order, 2)
    (True, 2.0)

Walk from x along a direction v. The tangent predicts f(x) + h⟨∇f, v⟩, and what is left,

    R(h) = |f(x + h v) - f(x) - h⟨∇f, v⟩|,

falls with the square of h, because Taylor's series goes on with h²: halve h, and R is quartered. If
the gradient is wrong, a part of the first order remains, and R is only halved. So the *order*, the
slope of R in a plot with logarithmic axes, tells how things are:

    2   the gradient is right
    1   it is wrong, or x sits at a kink of f
    0   f jumps at x, or does not return there what it returns nearby

No tolerance has to be chosen: an error in the seventh digit turns the slope from 2 to 1 as much as
one in the first. The test is that of the adjoint models of numerical weather prediction and of
dolfin-adjoint (Farrell, Ham, Funke & Rognes, "Automated derivation of the adjoint of high-level
transient finite element programs", SIAM Journal on Scientific Computing 35, 2013).

Below some step there is nothing but rounding. How much of it there is, is measured: from the third
differences of f at points so close together that f itself is a straight line among them (after Moré
& Wild, "Estimating computational noise", the same journal 33, 2011).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from dpkit.answers import flat
from dpkit.containers import form
from dpkit.gradcheck.loglog import draw_remainders
from dpkit.gradcheck.manners import form_trouble, manners_trouble, tested_point
from dpkit.gradcheck.quotients import settled, third_difference_noise
from dpkit.gradcheck.report import Report
from dpkit.points import Point, is_single, numbers_of, unfit, value_of
from dpkit.transforms import need_function

__all__ = ["TaylorReport", "taylor_test"]

_HALVINGS = 50
_FIT = 4  # the order is read from so many steps, the smallest that rise well above rounding
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class TaylorReport(Report):
    """The result of a Taylor test. It is true, as in ``if report:``, when the gradient is right.

    kind: "correct", "linear" (right, and there is no remainder), "wrong", "kink", "jump",
    "vertical" (f is steeper here than any line), "not_finite", or what is wrong with the form or
    the manners of the functions, as in the catalogue.
    message: the result in words. order: the slope of the remainder; NaN if there is none.
    steps, remainders: h and R(h), shape (n,), from the largest step down into rounding; floor: how
    far rounding goes at each, shape (n,). orders: log₂ R(h)/R(h/2), shape (n - 1,).
    slope: ⟨∇f, v⟩ as the gradient has it; expected: as f has it, by a centred difference.
    """

    ok: bool
    kind: str
    message: str
    order: float = math.nan
    orders: np.ndarray = field(default_factory=lambda: np.empty(0))
    steps: np.ndarray = field(default_factory=lambda: np.empty(0))
    remainders: np.ndarray = field(default_factory=lambda: np.empty(0))
    floor: np.ndarray = field(default_factory=lambda: np.empty(0))
    slope: float = math.nan
    expected: float = math.nan

    _title = "Taylor test"

    def _details(self) -> str:
        return self.picture() if self.steps.size else ""

    def picture(self) -> str:
        """The remainder against the step, both logarithmic, as SVG; empty if there is none."""
        return draw_remainders(self.steps, self.remainders, self.floor, self.order)


def taylor_test(
    grad_f: Callable[..., Any],
    f: Callable[..., Any],
    *args: Any,
    direction: Any = None,
    seed: int = 0,
) -> TaylorReport:
    """Test a gradient by the order of the remainder along one direction.

    grad_f, f, args: as for `check_gradient`.
    direction: where to walk: shaped like the argument, or a tuple of such for several. By default,
    all numbers move at once, each as drawn from `seed`; so an error in any component is seen.
    seed: of the direction, so that the test says the same every time.

    Steps that leave the domain of f are not taken. To learn which component is wrong, and why, use
    `check_gradient`.

    Raises whatever f or grad_f raises at `args`, TypeError if f does not return one number or
    `direction` does not fit, and ValueError if it is zero.
    """
    if not args:
        raise TypeError("taylor_test needs the arguments at which to test the gradient.")
    for function in (grad_f, f):
        need_function(function, "dp.taylor_test(my_gradient, f, x)")
    sentence = unfit(args)
    if sentence:
        return TaylorReport(False, "wrong_type", sentence)
    point, remark = tested_point(args, f, grad_f)
    if not np.all(np.isfinite(point.numbers)):
        return TaylorReport(
            False, "not_finite", "The arguments contain nan or inf, where nothing can be tested."
        )
    if not point.numbers.size:
        return TaylorReport(True, "linear", "There is no number in the arguments: nothing to test.")
    moves = _direction(direction, point, args, seed)
    found = manners_trouble(f, grad_f, point)
    gradient = None
    if not found:
        gradient = numbers_of(grad_f(*point.at()))
        found = form_trouble(gradient, numbers_of(point.at()))
    if found:
        return TaylorReport(False, *found)
    numbers = flat(gradient)
    assert numbers is not None
    walk = _Walk(
        lambda h: value_of(f, point.at(point.numbers + h * moves)),
        numbers * moves,
        _EPS * float(np.abs(numbers) @ np.abs(point.numbers)),
    )
    if not math.isfinite(walk.here):
        return TaylorReport(False, "not_finite", f"f is {walk.here} here: nothing can be tested.")
    size = 1.0 + float(np.max(np.abs(point.numbers), initial=0.0))
    walk.go(2.0**-3 * size / float(np.max(np.abs(moves))))
    return walk.report(remark)


def _direction(direction: Any, point: Point, args: tuple[Any, ...], seed: int) -> np.ndarray:
    if direction is None:
        rng = np.random.default_rng(seed)
        size = point.numbers.size
        stretch = rng.uniform(0.5, 1.0, size) * (1.0 + np.abs(point.numbers))
        return rng.choice([-1.0, 1.0], size) * stretch
    given = tuple(direction) if len(args) > 1 else (direction,)
    if form(numbers_of(given)) != form(numbers_of(args)):
        raise TypeError(
            f"The direction has the shape {form(numbers_of(given))}, but the arguments have the "
            f"shape {form(numbers_of(args))}; they must be the same."
        )
    moves = Point(given).numbers
    if not np.any(moves):
        raise ValueError("The direction is zero: nothing moves along it.")
    return moves


class _Walk:
    """f along a line: value(h) is f(x + h v). shares: what each number contributes to the slope
    that the gradient claims; large shares of opposite sign round as large numbers do. blur: how
    much f moves, by the gradient, when x is rounded."""

    def __init__(self, value: Callable[[float], float], shares: np.ndarray, blur: float) -> None:
        self.value, self.here, self.blur = value, value(0.0), blur
        self.slope, self.reach = float(shares.sum()), float(np.abs(shares).sum())
        self.steps: list[float] = []
        self.ahead: list[float] = []  # f(x + h v)
        self.behind: list[float] = []  # f(x - h v)
        self.floors: list[float] = []

    def go(self, first: float) -> None:
        """Halve the step until three remainders in a row have gone down in rounding."""
        noise, self.single = self._noise(first)
        quiet = 0
        for k in range(_HALVINGS):
            h = first / 2**k
            try:
                with np.errstate(all="ignore"):
                    pair = self.value(h), self.value(-h)
            except (ArithmeticError, ValueError):
                continue
            if not all(map(math.isfinite, pair)):
                continue
            self.steps.append(h)
            self.ahead.append(pair[0])
            self.behind.append(pair[1])
            rounding = noise + self.blur + _EPS * (abs(self.here) + h * self.reach)
            self.floors.append(8 * rounding)
            bend = abs(pair[0] + pair[1] - 2 * self.here)
            rest = abs(pair[0] - self.here - h * self.slope)
            quiet = quiet + 1 if max(bend, rest) <= self.floors[-1] else 0
            if quiet == 3:
                break

    def _noise(self, first: float) -> tuple[float, bool]:
        """The rounding in f, and whether f computes in float32."""
        try:
            far = [self.value(first * t * 1e-3) for t in (0.3, 0.5, 0.7, 1.1)]
            single = is_single([self.here, *far])
            # What shrinks when the points move closer together is f itself, bending, and no noise.
            noise = min(
                third_difference_noise([self.value(first * close * (k + 1)) for k in range(8)])
                for close in ((1e-3,) if single else (1e-9, 1e-11))
            )
        except (ArithmeticError, ValueError):
            return 0.0, False
        if not single:
            return noise, False
        # Not only f is rounded, but on its way into f, x as well.
        return noise + float(np.finfo(np.float32).eps) * (abs(self.here) + self.reach), True

    # What it means -------------------------------------------------------------------------------

    def report(self, remark: str) -> TaylorReport:
        if not self.steps:
            return TaylorReport(
                False, "not_finite", "f is not finite beside this point: nothing can be tested."
            )
        steps, floor = np.array(self.steps), np.array(self.floors)
        ahead, behind = np.array(self.ahead), np.array(self.behind)
        remainders = np.abs(ahead - self.here - steps * self.slope)
        order = _order(steps, remainders, floor)
        bend = _order(steps, np.abs(ahead + behind - 2 * self.here), floor)
        moved = np.maximum(np.abs(ahead - self.here), np.abs(behind - self.here))
        leap = _order(steps, moved, 250 * floor)
        # A floor is eight times the rounding, and the verdict allows a hundred doubts: ten roundings.
        expected, doubt = settled((ahead - behind) / (2 * steps), floor / (80 * steps))
        ok, kind, message = self._verdict(order, bend, leap, remainders, expected, doubt)
        message += f" {remark}" if remark else ""
        if self.single:
            message += (
                " f computes in float32, where rounding hides all but the largest steps; compute "
                "in float64 for a sharper test."
            )
        with np.errstate(divide="ignore", invalid="ignore"):
            orders = np.log2(remainders[:-1] / remainders[1:])
        return TaylorReport(
            ok, kind, message, order, orders, steps, remainders, floor, self.slope, expected
        )

    def _verdict(
        self, order: float, bend: float, leap: float, remainders: np.ndarray, expected: float,
        doubt: float,
    ) -> tuple[bool, str, str]:  # fmt: skip
        """Two orders in which the gradient has no part tell about f. leap, that of how far
        f(x ± h v) is from f(x), is 0 at a jump and otherwise at least 1, unless f is vertical. bend,
        that of f(x + h v) + f(x - h v) - 2 f(x), is 1 at a kink and 2 where f is smooth.

        The order of the remainder is read from a few steps near rounding, and may deceive. So the
        centred difference, with its doubt, is called as a witness.
        """
        apart = abs(self.slope - expected)
        digits = 10 if apart < 1e-4 * abs(expected) else 6
        says = f"the gradient says that f moves by {self.slope:.{digits}g} per unit along the direction"
        smooth = 2.0 if math.isnan(bend) else min(2.0, bend)
        if leap < 0.25:
            return False, "jump", (
                f"Order {leap:.2f}: f jumps here. However small the step, f(x + h v) or "
                f"f(x - h v) stays away from f(x) = {self.here:.6g}."
            )  # fmt: skip
        if leap < 0.75:
            return False, "vertical", (
                f"Order {leap:.2f}: f is steeper here than any line, as the square root is at 0. "
                "It has no finite slope."
            )  # fmt: skip
        kink = self._at_kink() if smooth < 1.25 else None
        if kink:
            return kink
        if math.isnan(order):
            return self._without_remainder(remainders, says, expected)
        if order <= smooth - 0.25 and apart <= 10 * doubt + 1e-10 * self.reach:
            return self._without_remainder(remainders, says, expected)
        steep = abs(self.slope) + float(remainders[0]) / self.steps[0]  # as f is on a large scale
        if order > smooth - 0.25 and apart <= 100 * doubt + 1e-5 * steep:
            note = ""
            if order > 2.5:
                note = " It falls even faster than with the square: f hardly bends here."
            elif order < 1.75:
                note = " f has no second derivative here, so there is no order 2 to reach."
            return True, "correct", (
                f"Right: the remainder falls with order {order:.2f} when the step is halved.{note}"
            )  # fmt: skip
        reason = (
            "rounding in f leaves too few steps to read the order, but"
            if order > smooth - 0.25
            else f"the remainder falls only with order {order:.2f}, as it does with a wrong gradient;"
        )
        return False, "wrong", (
            f"Not right: {reason} {says}, and f moves by {expected:.{digits}g}."
        )  # fmt: skip

    def _at_kink(self) -> tuple[bool, str, str] | None:
        steps = np.array(self.steps)
        left = settled((self.here - np.array(self.behind)) / steps)[0]
        right = settled((np.array(self.ahead) - self.here) / steps)[0]
        if abs(left - right) < 1e-5 * (abs(left) + abs(right)):
            return None  # it looked like a kink, in rounding
        slack = 1e-4 * abs(left - right)
        between = min(left, right) - slack <= self.slope <= max(left, right) + slack
        tail = (
            "which lies between them and can be defended" if between
            else "which does not even lie between them"
        )  # fmt: skip
        return between, "kink", (
            f"Order 1, because f has a kink here: along the direction, its slope is {left:.6g} "
            f"behind and {right:.6g} ahead. The gradient says {self.slope:.6g}, {tail}. Test at "
            "another point."
        )  # fmt: skip

    def _without_remainder(
        self, remainders: np.ndarray, says: str, expected: float
    ) -> tuple[bool, str, str]:
        """All that is left is rounding: either nothing can be left, or nothing can be seen."""
        error = float(np.min((remainders + np.array(self.floors)) / np.array(self.steps)))
        if error <= max(1e-3 * max(abs(self.slope), abs(expected)), 1e-12):
            return True, "linear", (
                "Right: along this direction f is linear, as far as rounding shows. There is no "
                f"remainder whose order could be read; it is {float(remainders[0]):.1e} at the "
                "largest step."
            )  # fmt: skip
        return False, "unknown", (
            f"It cannot be told, because rounding in f hides the remainder: {says}, and the centred "
            f"difference is {expected:.6g}."
        )  # fmt: skip


def _order(steps: np.ndarray, sizes: np.ndarray, floor: np.ndarray) -> float:
    """The power of the step with which sizes fall, read where they last rise well above rounding;
    NaN if they do not for at least three steps in a row."""
    above = sizes > 4 * floor
    runs = np.split(np.arange(sizes.size), 1 + np.flatnonzero(np.diff(above)))
    long = [run for run in runs if run.size >= 3 and above[run[0]]]
    if not long:
        return math.nan
    last = long[-1][-_FIT:]
    return float(np.polyfit(np.log(steps[last]), np.log(sizes[last]), 1)[0])
