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
"""

from __future__ import annotations

import copy
import html
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.answers import component_names, flat, show, trouble
from dpkit.containers import flatten
from dpkit.diagnose import CATALOGUE, Diagnosis, diagnose
from dpkit.transforms import need_function, one_number

__all__ = ["GradientReport", "check_gradient"]

_CUBE_ROOT = float(np.finfo(float).eps) ** (1 / 3)


@dataclass(frozen=True)
class GradientReport:
    """The result of a gradient test. It is true, as in ``if report:``, when the gradient is right.

    max_error: the largest relative error of a component that was compared; NaN if none was.
    diagnosis: what kind of mistake it is, as far as can be told. message: the result in a sentence.
    got, expected: the gradient, and the difference quotients in its place.
    """

    ok: bool
    max_error: float
    diagnosis: Diagnosis
    message: str
    got: Any = None
    expected: Any = None

    def __bool__(self) -> bool:
        return self.ok

    def __str__(self) -> str:
        return self.message

    def _repr_html_(self) -> str:
        colour, mark = ("#0b6e4f", "✓") if self.ok else ("#b3441c", "✗")
        body = html.escape(self.message)
        if not self.ok and self.expected is not None:
            body += (
                f"<br>got <code>{html.escape(show(self.got))}</code>"
                f"<br>expected <code>{html.escape(show(self.expected))}</code>"
            )
        return (
            f"<div style='border-left:4px solid {colour};padding:.3em .8em'>"
            f"<strong style='color:{colour}'>{mark} Gradient test</strong>"
            f"<p style='margin:.3em 0'>{body}</p></div>"
        )


def check_gradient(
    grad_f: Callable[..., Any],
    f: Callable[..., Any],
    *args: Any,
    tolerance: float = 1e-5,
) -> GradientReport:
    """Compare a gradient with centred differences of f.

    grad_f: called as ``grad_f(*args)``; returns the gradient, shaped like the argument, if there is
    one argument, and a tuple of such if there are several.
    f: returns one number. It need not be differentiable by dpkit; if it is, a wrong gradient is
    also diagnosed.
    args: numbers, arrays of floats, or containers of these. All of them vary.
    tolerance: the largest error allowed, relative to the component or to a thousandth of the
    largest component, whichever is larger.

    At a kink of f, such as that of abs at 0, there is no derivative; those components are left out,
    and the message says which.

    Raises whatever f or grad_f raises, and TypeError if f does not return one number.
    """
    return _Check(grad_f, f, args, tolerance).report()


class _Check:
    """One test in the making."""

    def __init__(
        self,
        gradient: Callable[..., Any],
        f: Callable[..., Any],
        args: tuple[Any, ...],
        tolerance: float,
    ) -> None:
        if not args:
            raise TypeError("check_gradient needs the arguments at which to test the gradient.")
        for function in (gradient, f):
            need_function(function, "dp.check_gradient(my_gradient, f, x)")
        self.gradient, self.f, self.tolerance = gradient, f, tolerance
        self.original, self.several = args, len(args) > 1
        self.remarks: list[str] = []

    def report(self) -> GradientReport:
        whole = next((k for k, a in enumerate(self.original) if _has_integers(a)), None)
        if whole is not None:
            shape = np.shape(self.original[whole])
            return self._refuse(
                "wrong_type",
                f"Argument {whole + 1} is an array of integers of shape {shape}. It cannot vary by "
                "a little, so there is nothing to compare; pass x.astype(float).",
            )
        if any(getattr(a, "dtype", None) == np.float32 for a in self.original):
            self.remarks.append(
                "The arguments came in float32, too coarse for difference quotients, and were "
                "tested in float64."
            )
        args = tuple(_in_float64(a) for a in self.original)
        tree: Any = args if self.several else args[0]
        self.numbers, self.rebuild = flatten(tree, "The arguments" if self.several else "It")
        if not np.all(np.isfinite(self.numbers)):
            return self._refuse(
                "not_finite", "The arguments contain nan or inf, where nothing can be compared."
            )
        for step in (self._manners, self._form):
            found = step(args)
            if found is not None:  # a report of something wrong is false, so `or` would lose it
                return found
        return self._compare(args)

    # Each step answers, or returns None and leaves it to the next --------------------------------

    def _manners(self, args: tuple[Any, ...]) -> GradientReport | None:
        """Neither function may change its arguments or answer differently when asked again."""
        for function, name in ((self.f, "f"), (self.gradient, "the gradient")):
            point = copy.deepcopy(args)
            first = function(*point)
            if not np.array_equal(flatten(point)[0], self.numbers):
                return self._refuse(
                    "mutated_input",
                    f"Calling {name} changed the arguments it was given. Work on a copy.",
                )
            if name == "f":
                first = one_number(first, getattr(self.f, "__name__", "f"))
            again = flat(function(*copy.deepcopy(args)))
            known = flat(first)
            if known is None or again is None or known.shape != again.shape:
                continue
            if not np.allclose(known, again, rtol=1e-10, atol=1e-12, equal_nan=True):
                if name == "f":
                    return self._refuse(
                        "nondeterministic",
                        "f gives different values when called twice with the same arguments. Draw "
                        "its random numbers outside, or from a generator with a fixed seed.",
                    )
                return self._judged(self._diagnosis(args), first)
        return None

    def _form(self, args: tuple[Any, ...]) -> GradientReport | None:
        """The gradient must be numbers, in the shape of the arguments, and finite."""
        self.got = self.gradient(*copy.deepcopy(args))
        if self.several and isinstance(self.got, (tuple, list)) and len(self.got) == len(args):
            parts = list(zip(self.got, args, strict=True))
        elif self.several:
            return self._judged(self._diagnosis(args), self.got)
        else:
            parts = [(self.got, args[0])]
        for n, (answer, arg) in enumerate(parts):
            found = trouble(answer, arg, f"for argument {n + 1} " if self.several else "")
            if found:
                kind, sentence = found
                return self._refuse(kind, sentence[:1].upper() + sentence[1:])
        given = flat(self.got)
        if given is not None and not np.all(np.isfinite(given)):
            return self._refuse("not_finite", "The gradient contains nan or inf.")
        return None

    def _compare(self, args: tuple[Any, ...]) -> GradientReport:
        given = flat(self.got)
        assert given is not None
        value = self._value(self.numbers)
        noise = 1e-10 * abs(value) + 1e-13  # of rounding: about ε|f|/h
        quotients = np.array([self._quotient(k, given[k], noise) for k in range(given.size)])
        if not np.isfinite(value) or not np.all(np.isfinite(quotients)):
            return self._refuse(
                "unknown",
                f"f is {value:.6g} at this point, or not finite beside it: nothing to compare.",
            )
        largest = float(np.max(np.abs(quotients), initial=0.0))
        size = np.maximum(np.maximum(np.abs(quotients), np.abs(given)), 1e-3 * largest)
        distance = np.abs(given - quotients)
        error = distance / (size + noise)
        wrong = distance > self.tolerance * size + noise
        if np.any((distance > self.tolerance * size) & ~wrong):
            self.remarks.append(
                f"Differences below {noise:.0e} were not counted: so far rounding goes in f."
            )
        kinks = [k for k in np.flatnonzero(wrong).tolist() if self._is_kink(k, given[k])]
        wrong[kinks] = False
        names = component_names(self.f, args)
        if kinks:
            self.remarks.append(
                f"f has a kink in {', '.join(names[k] for k in kinks)}: the slopes on its two "
                "sides differ, so there is nothing to compare."
            )
        compared = np.delete(error, kinks)
        worst = float(np.max(compared, initial=0.0)) if compared.size else float("nan")
        expected = self.rebuild(quotients.tolist())
        if not wrong.any():
            kind = "correct"
            if any(getattr(part, "dtype", None) == np.float32 for part in _parts(self.got)):
                kind = "float32"
                self.remarks.append(
                    "The gradient came back in float32, which has about seven digits."
                )
            count = compared.size
            message = (
                f"Right: {count} derivative{'s' * (count != 1)} agree{'s' * (count == 1)} with "
                f"difference quotients (largest relative error {worst:.1e})."
                if count
                else "Nothing was compared."
            )
            diagnosis = Diagnosis(kind, CATALOGUE[kind].sentence, got=self.got, expected=expected)
            return GradientReport(
                True, worst, diagnosis, self._remarked(message), self.got, expected
            )
        bad = int(np.argmax(np.where(wrong, error, -1.0)))
        diagnosis = self._diagnosis(args)
        message = (
            f"Not right in {names[bad]}: {given[bad]:.6g} came back, and the difference quotient "
            f"of f is {quotients[bad]:.6g}. "
        )
        if diagnosis.ok:
            diagnosis = Diagnosis("unknown", CATALOGUE["unknown"].sentence, confidence=0.0)
            message += (
                "The rules of differentiation agree with the gradient, though: f may be noisy, "
                "jump, or bend too sharply here for a difference quotient."
            )
        else:
            message += str(diagnosis)
        return GradientReport(False, worst, diagnosis, self._remarked(message), self.got, expected)

    # How f moves ---------------------------------------------------------------------------------

    def _value(self, numbers: list[float]) -> float:
        tree = self.rebuild(list(numbers))
        return float(one_number(self.f(*(tree if self.several else (tree,))), "f"))

    def _moved(self, k: int, h: float) -> float:
        numbers = list(self.numbers)
        numbers[k] += h
        return self._value(numbers)

    def _centred(self, k: int, h: float) -> float:
        return (self._moved(k, h) - self._moved(k, -h)) / (2.0 * h)

    def _quotient(self, k: int, slope: float, noise: float) -> float:
        """The centred difference, at a smaller step where the usual one leaves the domain of f, or
        where the quotient comes a hundred times nearer to `slope` when the step shrinks: it does
        so, with h², if the slope is right and f bends sharply. If it is wrong, it stays away."""
        h = _CUBE_ROOT * (1.0 + abs(self.numbers[k]))
        best = math.nan
        for closer in (1.0, 1e-2, 1e-4):
            try:
                quotient = self._centred(k, h * closer)
            except (ArithmeticError, ValueError):
                if closer == 1e-4 and math.isnan(best):
                    raise
                continue
            gap = abs(slope - best)
            nearer = abs(slope - quotient) < 1e-2 * gap and gap > noise / closer
            if nearer or math.isnan(best):
                best = quotient
            if abs(slope - best) <= self.tolerance * abs(slope) + noise:
                break
        return best

    def _is_kink(self, k: int, slope: float) -> bool:
        """Do the slopes on the two sides differ, and not less so when one looks closer?

        The gradient given must lie between them: at a kink, any slope in between is defensible.
        """
        gaps = []
        for h in (1e-5, 1e-6):
            h *= 1.0 + abs(self.numbers[k])
            here = self._value(self.numbers)
            try:
                right, left = (self._moved(k, h) - here) / h, (here - self._moved(k, -h)) / h
            except (ArithmeticError, ValueError):  # one of the two sides lies outside the domain
                return False
            gaps.append(abs(right - left))
        slack = 1e-4 * (1.0 + abs(left) + abs(right))
        between = min(left, right) - slack <= slope <= max(left, right) + slack
        return between and gaps[1] > slack and gaps[1] > gaps[0] / 2

    # How it is said ------------------------------------------------------------------------------

    def _diagnosis(self, args: tuple[Any, ...]) -> Diagnosis:
        try:
            return diagnose(self.f, self.gradient, *args)
        except Exception as problem:  # f is not written for dpkit's numbers: that is allowed here
            return Diagnosis(
                "unknown",
                f"No diagnosis, because dpkit cannot follow f. {type(problem).__name__}: {problem}",
                confidence=0.0,
            )

    def _refuse(self, kind: str, message: str) -> GradientReport:
        got = getattr(self, "got", None)
        return GradientReport(
            False, float("nan"), Diagnosis(kind, message, got=got), self._remarked(message), got
        )

    def _judged(self, diagnosis: Diagnosis, got: Any) -> GradientReport:
        return GradientReport(
            False, float("nan"), diagnosis, self._remarked(diagnosis.message), got,
            diagnosis.expected,
        )  # fmt: skip

    def _remarked(self, message: str) -> str:
        return " ".join([message, *self.remarks])


def _parts(answer: Any) -> list[Any]:
    return list(answer) if isinstance(answer, (tuple, list)) else [answer]


def _has_integers(arg: Any) -> bool:
    return isinstance(arg, np.ndarray) and arg.dtype.kind in "iub"


def _in_float64(arg: Any) -> Any:
    if isinstance(arg, np.ndarray) and arg.dtype.kind == "f":
        return arg.astype(float)
    return arg
