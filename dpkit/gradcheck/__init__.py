"""Is this gradient right? Ask the function itself.

    >>> def f(x):
    ...     return x**3
    >>> check_gradient(lambda x: 3 * x**2, f, 2.0).ok
    True

The test knows no rules of differentiation. It evaluates f a little to the left and a little to the
right of each number and compares the slope of that line, the *centred difference*

    (f(x + h) - f(x - h)) / 2h        with  h = ε^(1/3) (1 + |x|) ≈ 6·10⁻⁶ (1 + |x|),

with the gradient. A smaller h would drown in rounding (an error of about ε|f|/h), a larger one
bends away from the tangent (an error of about h²|f'''|/6); this one balances the two.

Where f can also be computed with complex numbers there is a sharper test, the *complex step*

    Im f(x + ih) / h        with  h = 10⁻²⁰.

Nothing is subtracted, so nothing drowns, and h can be so small that nothing bends (Squire & Trapp,
"Using complex variables to estimate derivatives of real functions", SIAM Review 40, 1998). It asks
for an f without abs, max, conjugates or real parts on its way.

A large argument has too many numbers to move one by one. Then the largest derivatives are compared,
some drawn by lot, and some directions in which all numbers move at once; a direction that disagrees
is halved until the wrong derivative is found.

Two other tests live in modules of their own: `dpkit.gradcheck.taylor` and `dpkit.gradcheck.adjoint`.
"""

from __future__ import annotations

import html
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.answers import component_names, flat, show
from dpkit.diagnose import CATALOGUE, Diagnosis, diagnose
from dpkit.gradcheck.adjoint import AdjointReport, adjoint_test
from dpkit.gradcheck.manners import form_trouble, manners_trouble, tested_point
from dpkit.gradcheck.quotients import Quotients, Way
from dpkit.gradcheck.report import Report
from dpkit.gradcheck.taylor import TaylorReport, taylor_test
from dpkit.points import numbers_of, unfit
from dpkit.transforms import need_function

__all__ = [
    "AdjointReport",
    "GradientReport",
    "TaylorReport",
    "adjoint_test",
    "check_gradient",
    "taylor_test",
]

_ALL = 400  # numbers up to which every derivative is compared
_LARGEST, _BY_LOT, _DIRECTIONS = 64, 64, 16  # what is compared of more than that
_DIAGNOSED = 2000  # numbers up to which dpkit follows f to learn what the mistake is
_DIGITS = {"centred": 1e-5, "complex": 1e-10}  # tolerance


@dataclass(frozen=True)
class GradientReport(Report):
    """The result of a gradient test. It is true, as in ``if report:``, when the gradient is right.

    max_error: the largest relative error of what was compared; NaN if nothing was.
    diagnosis: what kind of mistake it is, as far as can be told. message: the result in a sentence.
    got, expected: the gradient, and the difference quotients in its place, NaN where there is none.
    compared: how many derivatives, in single components or in directions, were compared.
    """

    ok: bool
    max_error: float
    diagnosis: Diagnosis
    message: str
    got: Any = None
    expected: Any = None
    compared: int = 0

    _title = "Gradient test"

    def _details(self) -> str:
        if self.ok or self.expected is None:
            return ""
        picture = self.diagnosis.picture
        if picture is not None:
            return picture.svg
        return (
            f"got <code>{html.escape(show(self.got))}</code>"
            f"<br>expected <code>{html.escape(show(self.expected))}</code>"
        )


def check_gradient(
    grad_f: Callable[..., Any],
    f: Callable[..., Any],
    *args: Any,
    tolerance: float | None = None,
    method: str = "centred",
    seed: int = 0,
) -> GradientReport:
    """Compare a gradient with difference quotients of f.

    grad_f: called as ``grad_f(*args)``; returns the gradient, shaped like the argument, if there is
    one argument, and a tuple of such if there are several.
    f: returns one number. It need not be differentiable by dpkit; if it is, a wrong gradient is
    also diagnosed.
    args: numbers, arrays or torch tensors of floats, or containers of these. All of them vary.
    tolerance: the largest error allowed, relative to the component or to a thousandth of the
    largest component, whichever is larger; 1e-5 for centred differences, 1e-10 for complex steps.
    method: "centred", or "complex" where f is analytic and accepts numpy's complex numbers; where
    it turns out not to be, centred differences take over, and the message says so.
    seed: of the lot by which derivatives are drawn, if there are more than 400 to compare.

    At a kink of f, such as that of abs at 0, or at a jump, there is no derivative; those components
    are left out, and the message says which. An f that computes in float32 is compared to about
    three digits.

    Raises whatever f or grad_f raises, TypeError if f does not return one number, and ValueError
    if there is no such method.
    """
    if method not in _DIGITS:
        raise ValueError(f'The method is "centred" or "complex", but {method!r} was given.')
    if not args:
        raise TypeError("check_gradient needs the arguments at which to test the gradient.")
    for function in (grad_f, f):
        need_function(function, "dp.check_gradient(my_gradient, f, x)")
    return _Check(grad_f, f, args, tolerance, method, seed).report()


class _Check:
    """One test in the making."""

    def __init__(
        self,
        gradient: Callable[..., Any],
        f: Callable[..., Any],
        args: tuple[Any, ...],
        tolerance: float | None,
        method: str,
        seed: int,
    ) -> None:
        self.gradient, self.f, self.original, self.method = gradient, f, args, method
        self.tolerance, self.seed = tolerance, seed
        self.remarks: list[str] = []
        self.got: Any = None

    def report(self) -> GradientReport:
        sentence = unfit(self.original)
        if sentence:
            return self._refuse("wrong_type", sentence)
        self.point, remark = tested_point(self.original, self.f, self.gradient)
        self.remarks += [remark] if remark else []
        if not np.all(np.isfinite(self.point.numbers)):
            return self._refuse(
                "not_finite", "The arguments contain nan or inf, where nothing can be compared."
            )
        found = manners_trouble(self.f, self.gradient, self.point)
        if found:
            return self._refuse(*found)
        self.got = numbers_of(self.gradient(*self.point.at()))
        found = form_trouble(self.got, numbers_of(self.point.at()))
        return self._refuse(*found) if found else self._compare()

    def _compare(self) -> GradientReport:
        given = flat(self.got)
        assert given is not None
        quotients = Quotients(self.f, self.point, self.method, self.tolerance, self.remarks)
        value = quotients.value
        if not np.isfinite(value):
            return self._refuse("unknown", f"f is {value:.6g} at this point: nothing to compare.")
        names = component_names(self.f, numbers_of(self.point.at()))
        ways = self._ways(given, names, quotients)
        quotients.compare(ways)
        if quotients.unknown:
            return self._refuse(
                "unknown",
                f"f is {value:.6g} at this point, and not finite beside it: nothing to compare.",
            )
        if not quotients.repeats():
            return self._refuse(
                "nondeterministic",
                "f gives another value now than at the beginning of the test, with the same "
                "arguments. Does it remember its calls? Nothing can be compared.",
            )
        if len(ways) < given.size:
            self._locate(ways, quotients, given, names)
        compared = [way for way in ways if not way.left_out]
        worst = max((way.error for way in compared), default=float("nan"))
        expected = np.full(given.size, np.nan)
        for way in ways:
            if way.component is not None:
                expected[way.component] = way.quotient
        shaped = self._shaped(expected)
        wrong = [way for way in compared if way.wrong]
        if wrong:
            first = max(wrong, key=lambda way: (way.component is not None, way.error))
            return self._wrong(first, compared, worst, shaped)
        kind = "correct"
        if quotients.single or any(each == np.float32 for each in _dtypes(self.got)):
            kind = "float32"
            if not quotients.single:
                self.remarks.append(
                    "The gradient came back in float32, which has about seven digits."
                )
        diagnosis = Diagnosis(kind, CATALOGUE[kind].sentence, got=self.got, expected=shaped)
        message = self._agreement(compared, given.size, worst)
        return GradientReport(
            True, worst, diagnosis, self._remarked(message), self.got, shaped, len(compared)
        )

    def _ways(self, given: np.ndarray, names: list[str], quotients: Quotients) -> list[Way]:
        """What is compared: every component, or of many components the largest, some drawn by lot,
        and some directions through all of them."""
        chosen = np.arange(given.size)
        rng = np.random.default_rng(self.seed)
        if given.size > _ALL:
            largest = np.argsort(-np.abs(given), kind="stable")[:_LARGEST]
            others = np.setdiff1d(chosen, largest)
            chosen = np.union1d(largest, rng.choice(others, _BY_LOT, replace=False))
        ways = [Way.along_one(k, given, names[k]) for k in chosen.tolist()]
        if given.size > _ALL:
            stretch = 1.0 + np.abs(self.point.numbers)
            if not quotients.single:  # in float32 only long steps rise above rounding
                stretch *= 8.0 / np.sqrt(given.size)
            for _ in range(_DIRECTIONS):
                signs = rng.choice([-1.0, 1.0], given.size)
                ways.append(Way.along_many(np.arange(given.size), signs * stretch, given))
        return ways

    def _locate(
        self, ways: list[Way], quotients: Quotients, given: np.ndarray, names: list[str]
    ) -> None:
        """Where only a direction disagrees, halve it, and halve the worse half again, until one
        component is left; add that to the ways."""
        if any(way.wrong and way.component is not None for way in ways):
            return
        suspects = [way for way in ways if way.wrong]
        if not suspects:
            return
        way = max(suspects, key=lambda each: each.error)
        while way.places.size > 1:
            half = way.places.size // 2
            halves = [
                Way.along_many(way.places[part], way.moves[part], given)
                for part in (slice(None, half), slice(half, None))
            ]
            quotients.compare(halves)
            way = max(halves, key=lambda each: each.distance)
        k = int(way.places[0])
        found = Way.along_one(k, given, names[k])
        quotients.compare([found])
        if found.wrong:
            ways.append(found)

    # How it is said ------------------------------------------------------------------------------

    def _agreement(self, compared: list[Way], size: int, worst: float) -> str:
        count = len(compared)
        if not count:
            return "Nothing was compared."
        error = f"(largest relative error {worst:.1e})"
        if size > _ALL:
            single = sum(way.component is not None for way in compared)
            return (
                f"Right, as far as {count} samples can tell: of {size} derivatives {single}, the "
                f"largest and some drawn by lot, and {count - single} directions in which all "
                f"numbers move at once agree with difference quotients {error}."
            )
        oracle = " and ".join(
            word
            for word, centred in (("complex steps", False), ("difference quotients", True))
            if any(way.centred == centred for way in compared)
        )
        return (
            f"Right: {count} derivative{'s' * (count != 1)} agree{'s' * (count == 1)} with "
            f"{oracle} {error}."
        )

    def _wrong(self, way: Way, compared: list[Way], worst: float, expected: Any) -> GradientReport:
        digits = 6 if way.error > 1e-5 else 13
        oracle = "difference quotient" if way.centred else "complex step"
        message = (
            f"Not right in {way.name}: {way.slope:.{digits}g} came back, and the {oracle} of f is "
            f"{way.quotient:.{digits}g}. "
        )
        if way.sides:
            left, right = way.sides
            message += (
                f"f has a kink there, but its slopes are {left:.6g} on the left and {right:.6g} on "
                "the right, and a slope that can be defended lies between them. "
            )
        diagnosis = self._diagnosis()
        if diagnosis.kind == "unknown" or (diagnosis.ok and worst > 1e-3):
            diagnosis = _of_the_whole(compared, self.got, expected) or diagnosis
        if diagnosis.ok:
            diagnosis = Diagnosis("unknown", CATALOGUE["unknown"].sentence, confidence=0.0)
            message += (
                "The rules of differentiation agree with the gradient, though: f may be noisy, "
                "jump, or bend too sharply here for a difference quotient."
                if way.centred
                else "So near, it is no mistake of derivation: look for an approximation or for "
                "float32 on the way."
            )
        else:
            message += str(diagnosis)
        return GradientReport(
            False, worst, diagnosis, self._remarked(message), self.got, expected, len(compared)
        )

    def _diagnosis(self) -> Diagnosis:
        count = self.point.numbers.size
        if count > _DIAGNOSED:
            return Diagnosis(
                "unknown",
                f"No diagnosis, because there are {count} numbers. Test a smaller case of the "
                "same function to learn what the mistake is.",
                confidence=0.0,
            )
        try:
            return diagnose(self.f, self.gradient, *self.point.at())
        except Exception as problem:  # f is not written for dpkit's numbers: that is allowed here
            return Diagnosis(
                "unknown",
                f"No diagnosis, because dpkit cannot follow f. {type(problem).__name__}: {problem}",
                confidence=0.0,
            )

    def _refuse(self, kind: str, message: str) -> GradientReport:
        diagnosis = Diagnosis(kind, message, got=self.got)
        return GradientReport(False, float("nan"), diagnosis, self._remarked(message), self.got)

    def _remarked(self, message: str) -> str:
        return " ".join([message.strip(), *self.remarks])

    def _shaped(self, numbers: np.ndarray) -> Any:
        """Numbers in the form of the gradient: of the argument, or a tuple of such."""
        parts = numbers_of(self.point.at(numbers))
        return parts if len(self.original) > 1 else parts[0]


def _of_the_whole(compared: list[Way], got: Any, expected: Any) -> Diagnosis | None:
    """What can be seen without following f: is all of the gradient zero, or some number times what
    it should be?"""
    compared = [way for way in compared if way.component is not None]
    given = np.array([way.slope for way in compared])
    truth = np.array([way.quotient for way in compared])
    scale = float(truth @ given / (truth @ truth)) if np.any(truth) else 0.0
    if not np.any(given):
        kind, sentence = "zero", CATALOGUE["zero"].sentence
    elif scale == 0.0 or np.max(np.abs(given - scale * truth)) > 3e-3 * np.max(np.abs(given)):
        return None
    elif np.max(np.abs(given - scale * truth)) > 0.1 * np.max(np.abs(given - truth)):
        return None  # it is not the scale
    elif abs(scale + 1.0) < 3e-3:
        kind, sentence = "sign", "the whole gradient points the opposite way"
    elif given.size > 1:
        times = f"{scale:.{4 if abs(scale - 1.0) > 1e-3 else 8}g}"
        kind, sentence = "factor", f"the whole gradient is {times} times what it should be"
    else:
        return None
    message = f"{sentence[:1].upper()}{sentence[1:]}."
    return Diagnosis(kind, message, got=got, expected=expected)


def _dtypes(answer: Any) -> list[Any]:
    if isinstance(answer, dict):
        answer = list(answer.values())
    if isinstance(answer, (tuple, list)):
        return [dtype for each in answer for dtype in _dtypes(each)]
    return [getattr(answer, "dtype", None)]
