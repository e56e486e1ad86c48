"""One diagnosis in the making: each step answers, or leaves it to the next.

What is asked of the student's function, and how often: once and once more at the point given; a
third time only if the two answers differ; and at three fresh points beside it. A fresh point is
drawn again, at most four times, where somebody's function raises. So it is asked five times as a
rule, and nine times at most.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np

from dpkit.answers import article, flat, trouble
from dpkit.catalogue import CATALOGUE
from dpkit.diagnose import forms, manners
from dpkit.diagnose.answer import Answer
from dpkit.diagnose.asked import Asked, Reply, plain_answer
from dpkit.diagnose.differentiated import Differentiated
from dpkit.diagnose.fresh import Sample, fresh_samples
from dpkit.diagnose.leaves import in_order, leaves_of, parts_of
from dpkit.diagnose.result import Diagnosis
from dpkit.jacobians import jacrev
from dpkit.points import Point, numbers_of, unfit
from dpkit.rules import RULES
from dpkit.transforms import need_function

__all__ = ["Question", "capital"]

_FAR_OUT = 60.0


class Question:
    """One diagnosis in the making: each step answers, or returns None and leaves it to the next.

    f: any function that dpkit or torch can differentiate. If its value has several numbers, a
    gradient of their sum is expected, or Jacobians, of the shape of the value and then of the
    argument. gradient: somebody's. weights: if the answers belong to a weighted sum of the numbers
    in the value instead, its weights, flat.

    args: the arguments, as numpy sees them. leaves: the arrays and numbers among them. numbers: all
    of them, flat. raw: what came back at the point given. truth: the gradient there, flat.
    answers: at three fresh points and then at this one, once `correctness` has been called; points:
    the numbers of these points.

    Raises whatever gradient raises at `args`, and TypeError if f or args are unfit.
    """

    def __init__(
        self,
        f: Callable[..., Any],
        gradient: Callable[..., Any],
        args: tuple[Any, ...],
        weights: np.ndarray | None = None,
    ) -> None:
        if not args:
            raise TypeError("diagnose needs the arguments at which the gradient is to be tested.")
        for function in (f, gradient):
            need_function(function, "dp.diagnose(f, my_gradient, x)")
        sentence = unfit(args)
        if sentence:
            raise TypeError(sentence)
        self.f, self.several = f, len(args) > 1
        self.point = _point(f, args)
        self.single = Point(args).single
        self.numbers = self.point.numbers
        self.args: tuple[Any, ...] = numbers_of(self.point.at())
        self.leaves = leaves_of(f, self.args)
        self.jacobian: tuple[int, ...] | None = None  # the shape of the value, if Jacobians came
        self.true, known = self._differentiated(weights)
        self.run, self.value, self.truth = known
        self.asked = Asked(gradient, self.point)
        self.raw = self._ask(self.numbers).plain
        if weights is None and self.true.weights is not None:
            self._look_for_jacobians()
        self.answers: list[Answer] = []
        self.points: list[np.ndarray] = []

    def _differentiated(self, weights: np.ndarray | None) -> tuple[Differentiated, Any]:
        """f with its true derivative; the sum of its numbers, if it has several."""
        true = Differentiated(self.f, self.point, weights)
        try:
            return true, true.at(self.numbers)
        except TypeError:
            value = flat(plain_answer(self.f(*self.point.at()))) if weights is None else None
            if value is None or value.size < 1:
                raise
            true = Differentiated(self.f, self.point, np.ones(value.size))
            return true, true.at(self.numbers)

    def _look_for_jacobians(self) -> None:
        value = np.shape(plain_answer(self.f(*self.point.at())))
        parts = parts_of(self.raw, self.args)
        for leaf, part in zip(self.leaves, parts, strict=True):
            shapes = value + leaf.shape, leaf.shape + value
            if part is not None and part.shape != leaf.shape and part.shape in shapes:
                self.jacobian = value
        if self.jacobian is not None:
            assert self.true.weights is not None
            rng = np.random.default_rng(1912)
            weights = rng.uniform(0.5, 1.5, self.true.weights.size)
            self.true = Differentiated(self.f, self.point, weights)
            self.run, self.value, self.truth = self.true.at(self.numbers)

    def _ask(self, numbers: np.ndarray) -> Reply:
        reply = self.asked.at(numbers)
        return replace(reply, plain=in_order(reply.plain, self.args, self.several))

    def ask_again(self) -> Any:
        """The answer at the point given, once more."""
        return self._ask(self.numbers).plain

    def rebuild(self, numbers: Any) -> Any:
        """Numbers in the form of the gradient: of the argument, or a tuple of such."""
        parts = numbers_of(self.point.at(np.asarray(numbers, dtype=float)))
        return parts if self.several else parts[0]

    @cached_property
    def expected(self) -> Any:
        """What should have come back at the point given."""
        if self.jacobian is None:
            return self.rebuild(self.truth)
        every = tuple(range(len(self.args))) if self.several else 0
        return numbers_of(jacrev(self.f, every)(*self.point.at()))

    def say(
        self, kind: str, message: str = "", *, got: Any = None, confidence: float = 1.0
    ) -> Diagnosis:
        """A diagnosis with the numbers at the point given."""
        return Diagnosis(
            kind,
            capital(message or CATALOGUE[kind].sentence + "."),
            confidence=confidence,
            got=self.raw if got is None else got,
            expected=self.expected,
            names=tuple(dict.fromkeys(leaf.name.partition("[")[0] for leaf in self.leaves)),
        )

    # 1 and 2: manners and form ------------------------------------------------------------------

    def manners(self) -> Diagnosis | None:
        """Does the function leave its arguments alone, and give the same answer when asked again?"""
        found = manners.trouble_with(self)
        return self.say(*found) if found else None

    def form(self) -> Diagnosis | None:
        """Is there a gradient for each argument, of numbers, in its shape, and finite?"""
        found = self._trouble(self.raw)
        if found:
            turned = self._turned()
            return (
                self.say(*turned) if turned else forms.explained(self, found[0]) or self.say(*found)
            )
        given = self.given(self.raw)
        assert given is not None
        if not np.all(np.isfinite(given)) and np.all(np.isfinite(self.truth)):
            return self.say("not_finite")
        return None

    def _trouble(self, raw: Any) -> tuple[str, str] | None:
        if self.jacobian is not None:
            parts = parts_of(raw, self.args)
            for leaf, part in zip(self.leaves, parts, strict=True):
                if part is None or part.shape != self.jacobian + leaf.shape:
                    found = "nothing" if part is None else f"one of shape {part.shape}"
                    return "shape", (
                        f"the Jacobian with respect to {leaf.name} should have the shape of the "
                        f"value and then of the argument, {self.jacobian + leaf.shape}; {found} "
                        "came back."
                    )
            return None
        if not self.several:
            return trouble(raw, self.args[0], "")
        if raw is None:
            return "missing", "nothing came back (None). Is there a return?"
        count = len(self.args)
        if not isinstance(raw, (tuple, list)):
            return "shape", (
                f"the function has {count} arguments, so a tuple of {count} gradients is "
                f"expected; a single {type(raw).__name__} came back."
            )
        if len(raw) != count:
            return "shape", (
                f"the function has {count} arguments, so {count} gradients are expected; "
                f"{len(raw)} came back."
            )
        every = (trouble(a, b, f"for argument {n + 1} ")
                 for n, (a, b) in enumerate(zip(raw, self.args, strict=True)))  # fmt: skip
        return next((found for found in every if found), None)

    def given(self, raw: Any, turned: bool = False) -> np.ndarray | None:
        """The numbers of an answer in the right form, flat; those of Jacobians weighted and summed.

        turned: take Jacobians for transposed ones. None if the form is not right.
        """
        if self.jacobian is None:
            return flat(raw)
        assert self.true.weights is not None
        weights = self.true.weights.reshape(self.jacobian)
        inner = []
        for leaf, part in zip(self.leaves, parts_of(raw, self.args), strict=True):
            shape = leaf.shape + self.jacobian if turned else self.jacobian + leaf.shape
            if part is None or part.shape != shape:
                return None
            rank = len(self.jacobian)
            axes = (-rank, 0)[not turned]
            own = tuple(range(part.ndim))[axes:][:rank] if rank else ()
            inner.append(np.tensordot(part, weights, (own, tuple(range(rank)))).ravel())
        return np.concatenate(inner)

    # 3: are the numbers right? -------------------------------------------------------------------

    @cached_property
    def _sampled(self) -> tuple[list[Sample], str]:
        here = Sample(self.numbers, self.run, self.value, self.truth, self.raw, self.truth)
        fresh, raised = fresh_samples(self.true, self.leaves, here, self._ask)
        return [*fresh, here], raised

    @property
    def samples(self) -> list[Sample]:
        """Truths and answers at fresh points, where nothing is special, and then at this one."""
        return self._sampled[0]

    @cached_property
    def noises(self) -> list[np.ndarray]:
        """How far rounding may go in each number of the gradient, at each of these points."""
        return [self._answer(sample, sample.truth).noise for sample in self.samples]

    def correctness(self) -> Diagnosis | None:
        """Compare at the point given and at fresh points beside it."""
        for sample in self.samples:
            found = self._trouble(sample.plain)
            if found:
                kind, sentence = found
                return self.say(kind, f"at a point beside this one, {sentence}", got=sample.plain)
            given = self.given(sample.plain)
            assert given is not None
            self.answers.append(self._answer(sample, given))
            self.points.append(sample.numbers)
        right = [bool(np.all(each.agrees(each.truth))) for each in self.answers]
        if all(right):
            return self._right()
        if not all(np.all(np.isfinite(each.given)) for each in self.answers[:-1]):
            return self.say(
                "not_finite", CATALOGUE["not_finite"].sentence + ", at a point beside this one."
            )
        if not all(right[:-1]) or len(right) == 1:
            found = manners.staleness(self) or self._turned()
            return self.say(*found) if found else None
        if self._at_kink(self.answers[-1]):
            return self.say(
                "correct",
                "the gradient is right. At this very point f has a kink, where more than one "
                "slope can be defended.",
            )
        return self.say(
            "unknown",
            "the gradient is right at points beside this one, but not at this one. Is there a "
            "branch in which this point takes the wrong way?",
            confidence=0.0,
        )

    def _answer(self, sample: Sample, given: np.ndarray) -> Answer:
        coarse = self.single and (_is_rounded(given) or self.point.keeps)
        return Answer(sample.run, sample.value, sample.truth, given, coarse)

    def _right(self) -> Diagnosis:
        # Rounded to single precision, and the truth is not: a right idea in the wrong dtype.
        rounded = all(_is_rounded(each.given) for each in self.answers)
        exact = all(bool(np.all(each.agrees(each.truth, 1e-9))) for each in self.answers)
        if rounded and not exact and not self.single:
            return self.say("float32")
        found = manners.aliasing(self.asked)
        if found:
            return self.say(*found)
        others, raised = len(self.answers) - 1, self._sampled[1]
        if raised:
            return self.say(
                "unknown",
                f"right here{' and at some points nearby' * bool(others)}; but at other points, "
                f"where f has a gradient, the function raised {article(raised)}.",
                confidence=0.0,
            )
        if not others:
            return self.say(
                "correct",
                "the gradient is right here. Beside this point f could not be differentiated, so "
                "no other one was tried.",
            )
        return self.say("correct", f"{CATALOGUE['correct'].sentence}. {self._far_out()}".rstrip())

    def _far_out(self) -> str:
        """A remark on a right gradient that overflows where the true one does not, as a sigmoid
        with the wrong sign in its exponential does; "" if it stays finite."""
        numbers = _FAR_OUT * self.numbers
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                _, value, truth = self.true.at(numbers)
                if not np.isfinite(value) or not np.all(np.isfinite(truth)):
                    return ""
                given = self.given(self._ask(numbers).plain)
        except Exception:
            return ""  # that far out, f or the gradient need not be defined
        if given is None or np.all(np.isfinite(given)):
            return ""
        return (
            f"With all arguments {_FAR_OUT:.0f} times as large it is no longer finite, though the "
            "true gradient is: look for an exponential that overflows, or a logarithm of 0."
        )

    def _turned(self) -> tuple[str, str] | None:
        """Are these Jacobians transposed?"""
        if self.jacobian is None:
            return None
        for sample in self.samples:
            given = self.given(sample.plain, turned=True)
            if given is None or not np.all(self._answer(sample, given).agrees(sample.truth)):
                return None
        return "transposed", (
            "the Jacobian is transposed: its first axes belong to the value of f, its last to the "
            "argument."
        )

    def remark(self) -> str:
        """What strikes one about numbers that nothing explains: a sentence, or "" if nothing does."""
        first, *others = [each.given for each in self.answers]
        varies = not np.allclose(self.answers[0].truth, self.truth, rtol=1e-6, atol=0.0)
        if others and varies and all(np.array_equal(first, each) for each in others):
            return "The same numbers came back at every point, as if they had been typed in."
        if np.all(self.answers[-1].agrees(self.truth)):
            return "At the point given they are right, at points beside it they are not."
        return ""

    def _at_kink(self, here: Answer) -> bool:
        """Does each component that differs lie between two one-sided slopes that disagree?"""
        for k in np.flatnonzero(~here.agrees(here.truth)).tolist():
            try:
                left, right = (self._quotient(k, sign * 1e-6) for sign in (-1.0, 1.0))
            except (ArithmeticError, ValueError):
                return False
            low, high = min(left, right), max(left, right)
            slack = 1e-4 * (abs(low) + abs(high)) + 1e-9 * abs(self.value)
            if high - low <= slack or not low - slack <= here.given[k] <= high + slack:
                return False
        return True

    def _quotient(self, k: int, h: float) -> float:
        """The difference quotient of f in its k-th number, forwards by h."""
        moved = self.numbers.copy()
        moved[k] += h
        with np.errstate(all="ignore"):
            return (self.true.value(moved) - self.value) / h

    def explains(
        self,
        gradient: Callable[[Answer], np.ndarray],
        part: slice | np.ndarray = slice(None),  # noqa: B008
    ) -> bool:
        """Is this what was given, at all points? part: the components that are looked at; then
        `gradient` returns only these."""
        return all(each.is_like(gradient(each), part) for each in self.answers)


def _point(f: Callable[..., Any], args: tuple[Any, ...]) -> Point:
    """The point, in float64, unless it came in float32 and f insists on that."""
    point = Point(args)
    if point.single:
        try:
            f(*point.at())
        except RuntimeError as problem:  # torch does not mix the two
            if not any(word in str(problem) for word in ("dtype", "Float", "Double", "Half")):
                raise
            return Point(args, keep=True)
    return point


def _is_rounded(numbers: np.ndarray) -> bool:
    with np.errstate(over="ignore"):
        return bool(np.array_equal(np.float32(numbers), numbers, equal_nan=True))


def capital(text: str) -> str:
    """With a capital letter, unless it begins with the name of a function."""
    return text if text.partition(" ")[0] in RULES else text[:1].upper() + text[1:]
