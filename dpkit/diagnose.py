"""What kind of mistake is in this gradient?

    >>> import dpkit as dp
    >>> def f(a, b):
    ...     return a * dp.sin(b)
    >>> def my_gradient(a, b):
    ...     return dp.sin(b), a * dp.sin(b)
    >>> print(dp.diagnose(f, my_gradient, 2.0, 0.7))
    Wrong rule (`dp.sin(b)`, line 2 of f): sin was taken to be its own derivative.

An ordinary gradient test says that two numbers differ. This one goes on and asks *what mistake
gives exactly these numbers*. It looks, in this order, at

1. manners: does the gradient change its arguments, or answer differently when asked again?
2. form: number, array or tuple, in the right shape, finite?
3. the numbers, at the point given and at fresh points beside it: are they right?
4. the whole: is everything 0, turned round, scaled, or in the wrong order?
5. single mistakes on the tape of f (`dpkit.hypotheses`), hundreds of them;
6. the way it was computed: in float32, or by finite differences?

A mistake is named only if it reproduces the numbers at *all* points. If none does, the answer is
"unknown", with the numbers. Several mistakes may have the same consequence; then the likeliest is
told first and the others are in ``.alternatives``.
"""

from __future__ import annotations

import copy
import html
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import combinations
from typing import Any

import numpy as np

from dpkit.answers import component_names, flat, grows, show, trouble
from dpkit.catalogue import CATALOGUE, Kind
from dpkit.containers import flatten
from dpkit.hypotheses import Hypothesis, consequences, hypotheses
from dpkit.rules import RULES
from dpkit.tracing import Trace, trace
from dpkit.transforms import need_function

__all__ = ["CATALOGUE", "Diagnosis", "Kind", "diagnose"]


@dataclass(frozen=True)
class Diagnosis:
    """What is known about a gradient.

    kind: identifier in `CATALOGUE`. message: the sentence for whoever wrote the gradient.
    where: the expression in the source of f and its line, or ""; line: its number in the file or
    cell; operation: the name of the operation, as in `dpkit.rules`.
    confidence: 1 when only this kind of mistake explains the numbers, 1/n when n kinds do, 0 when
    nothing does. alternatives: other mistakes with the same consequence, as Diagnoses.
    got, expected: the gradients at the point that was given.
    """

    kind: str
    message: str
    where: str = ""
    confidence: float = 1.0
    alternatives: tuple[Diagnosis, ...] = ()
    got: Any = None
    expected: Any = None
    line: int | None = None
    operation: str = field(default="", compare=False)

    @property
    def ok(self) -> bool:
        """Whether the gradient is right."""
        return self.kind == "correct"

    @property
    def title(self) -> str:
        """The name of the mistake."""
        return CATALOGUE[self.kind].title

    @property
    def reread(self) -> str:
        """The anchor in the notes where this is explained."""
        return CATALOGUE[self.kind].reread

    def __str__(self) -> str:
        where = f" ({self.where})" if self.where else ""
        return f"{self.title}{where}: {self.message}"

    def _repr_html_(self) -> str:
        colour, mark = ("#0b6e4f", "✓") if self.ok else ("#b3441c", "✗")
        rows = [("Where", self.where)] if self.where else []
        if not self.ok and self.expected is not None:
            rows += [("Got", show(self.got)), ("Expected", show(self.expected))]
        if self.alternatives:
            others = "; ".join(dict.fromkeys(str(each) for each in self.alternatives[:3]))
            rows.append(("The same numbers also come from", others))
        table = "".join(
            f"<tr><th style='text-align:left;padding-right:1em'>{html.escape(name)}</th>"
            f"<td style='text-align:left'><code>{html.escape(text)}</code></td></tr>"
            for name, text in rows
        )
        return (
            f"<div style='border-left:4px solid {colour};padding:.3em .8em'>"
            f"<strong style='color:{colour}'>{mark} {html.escape(self.title)}</strong>"
            f"<p style='margin:.3em 0'>{html.escape(self.message)}</p>"
            f"<table>{table}</table></div>"
        )


def diagnose(
    f: Callable[..., Any],
    wrong_grad: Callable[..., Any],
    *args: Any,
    prefer: Iterable[str] = (),
    seconds: float = 1.5,
) -> Diagnosis:
    """Find out what is wrong with somebody's gradient of f.

    f: takes `args`, written with operators and dp functions; returns one number.
    wrong_grad: called as ``wrong_grad(*args)``; returns the gradient, shaped like the argument, if
    there is one argument, and a tuple of such if there are several. It is asked about six times, at
    `args` and at fresh points beside it.
    args: numbers, arrays of floats, or containers of these. All of them vary.
    prefer: kinds of mistake to name first when several explain the same numbers. The numbers cannot
    always tell a faulty engine (prefer "overwritten", "not_upstream") from a faulty derivation.
    seconds: after this time the search ends with what it has.

    Raises whatever wrong_grad raises at `args`, and TypeError if f or args are unfit for it.
    """
    question = _Question(f, wrong_grad, args)
    return (
        question.manners()
        or question.form()
        or question.correctness()
        or question.explanation(tuple(prefer), time.monotonic() + seconds)
    )


_TOLERANCE = 1e-7


@dataclass(frozen=True)
class _Answer:
    """The true gradient and somebody's at one point, both as flat arrays."""

    point: tuple[Any, ...]
    run: Trace
    truth: np.ndarray
    given: np.ndarray

    def agrees(self, other: np.ndarray, tolerance: float = _TOLERANCE) -> np.ndarray:
        """Component by component: is `other`, of shape (n,) or (n, many), what was given?

        Relative to the component, with a floor relative to the whole gradient, and another at the
        noise of rounding: 1 - tanh(x)² is 0 or 1e-16, depending on how it is written.
        """
        given = self.given if other.ndim == 1 else self.given[:, None]
        scale = float(np.max(np.abs(self.truth), initial=0.0))
        size = np.maximum(np.abs(given), 1e-3 * scale)
        noise = 1e-14 * (1.0 + abs(self.run.value))
        with np.errstate(all="ignore"):
            # Equality is for infinite slopes, whose difference is not a number.
            return (other == given) | (np.abs(other - given) <= tolerance * size + noise)


class _Question:
    """One diagnosis in the making: each step answers, or returns None and leaves it to the next."""

    def __init__(
        self, f: Callable[..., Any], gradient: Callable[..., Any], args: tuple[Any, ...]
    ) -> None:
        if not args:
            raise TypeError("diagnose needs the arguments at which the gradient is to be tested.")
        for function in (f, gradient):
            need_function(function, "dp.diagnose(f, my_gradient, x)")
        self.f, self.gradient, self.args = f, gradient, args
        self.several = len(args) > 1
        tree: Any = args if self.several else args[0]
        self.numbers, self.rebuild = flatten(tree, "The arguments" if self.several else "It")
        self.run = trace(f, args)
        self.truth = _truth(self.run)
        self.raw = self._ask(args)
        self.answers: list[_Answer] = []

    def _ask(self, point: Sequence[Any]) -> Any:
        return self.gradient(*copy.deepcopy(tuple(point)))

    def _say(
        self, kind: str, message: str = "", *, got: Any = None, confidence: float = 1.0
    ) -> Diagnosis:
        return Diagnosis(
            kind,
            _capital(message or CATALOGUE[kind].sentence + "."),
            confidence=confidence,
            got=self.raw if got is None else got,
            expected=self.rebuild(self.truth.tolist()),
        )

    # 1 and 2: manners and form ------------------------------------------------------------------

    def manners(self) -> Diagnosis | None:
        """Is the function pure? Judged only where its answers are numbers at all."""
        point = copy.deepcopy(self.args)
        again = self.gradient(*point)
        if not np.array_equal(flatten(point)[0], self.numbers, equal_nan=True):
            return self._say("mutated_input")
        first, second = flat(self.raw), flat(again)
        if first is None or second is None or first.shape != second.shape:
            return None
        if np.array_equal(first, second, equal_nan=True):
            return None
        third = flat(self._ask(self.args))
        if np.allclose(first, second, rtol=1e-10, atol=1e-12):
            return None  # the order of a sum may vary from call to call
        if (
            third is not None
            and third.shape == first.shape
            and grows(first, second, third, rtol=1e-6)
        ):
            return self._say("accumulated")
        return self._say("nondeterministic")

    def form(self) -> Diagnosis | None:
        """Is there a gradient for each argument, of numbers, in its shape, and finite?"""
        if self.several:
            if self.raw is None:
                return self._say("missing", "nothing came back (None). Is there a return?")
            count = len(self.args)
            if not isinstance(self.raw, (tuple, list)):
                return self._say(
                    "shape",
                    f"the function has {count} arguments, so a tuple of {count} gradients is "
                    f"expected; a single {type(self.raw).__name__} came back.",
                )
            if len(self.raw) != count:
                return self._say(
                    "shape",
                    f"the function has {count} arguments, so {count} gradients are expected; "
                    f"{len(self.raw)} came back.",
                )
            parts = list(zip(self.raw, self.args, strict=True))
        else:
            parts = [(self.raw, self.args[0])]
        for n, (answer, arg) in enumerate(parts):
            which = f"for argument {n + 1} " if self.several else ""
            found = trouble(answer, arg, which)
            if found:
                return self._say(*found)
        given = flat(self.raw)
        assert given is not None
        if not np.all(np.isfinite(given)) and np.all(np.isfinite(self.truth)):
            return self._say("not_finite")
        return None

    # 3: are the numbers right? -------------------------------------------------------------------

    def correctness(self) -> Diagnosis | None:
        """Compare at the point given and at fresh points beside it, where nothing is special."""
        given = flat(self.raw)
        assert given is not None
        here = _Answer(self.args, self.run, self.truth, given)
        self.answers = [*self._fresh_answers(3), here]
        right = [bool(np.all(each.agrees(each.truth))) for each in self.answers]
        if all(right):
            # Rounded to single precision, and the truth is not: a right idea in the wrong dtype.
            rounded = [np.array_equal(np.float32(each.given), each.given) for each in self.answers]
            exact = [bool(np.all(each.agrees(each.truth, 1e-9))) for each in self.answers]
            return self._say("float32" if all(rounded) and not all(exact) else "correct")
        if not all(right[:-1]) or len(right) == 1:
            return None
        if self._at_kink(here):
            return self._say(
                "correct",
                "the gradient is right. At this very point f has a kink, where more than one "
                "slope can be defended.",
            )
        return self._say(
            "unknown",
            "the gradient is right at points beside this one, but not at this one. Is there a "
            "branch in which this point takes the wrong way?",
            confidence=0.0,
        )

    def _fresh_answers(self, count: int) -> list[_Answer]:
        """True and given gradients at random points; a point outside a domain is drawn again."""
        seed = np.frombuffer(np.array(self.numbers, dtype=float).tobytes(), dtype=np.uint32)
        rng = np.random.default_rng(seed)
        answers: list[_Answer] = []
        spread = 0.4
        for _ in range(4 * count):
            step = rng.uniform(-1.0, 1.0, len(self.numbers))
            numbers = [x * (1 + spread * u) if x else spread * u
                       for x, u in zip(self.numbers, step, strict=True)]  # fmt: skip
            tree = self.rebuild(numbers)
            point = tree if self.several else (tree,)
            try:
                run = trace(self.f, point)
                answer = self._ask(point)
            except Exception:
                spread /= 2
                continue
            given, truth = flat(answer), _truth(run)
            if given is None or given.shape != truth.shape or not np.all(np.isfinite(truth)):
                spread /= 2
                continue
            answers.append(_Answer(tuple(point), run, truth, given))
            if len(answers) == count:
                break
        return answers

    def _at_kink(self, here: _Answer) -> bool:
        """Does each component that differs lie between two one-sided slopes that disagree?"""
        for k in np.flatnonzero(~here.agrees(here.truth)).tolist():
            try:
                left, right = (self._quotient(k, sign * 1e-6) for sign in (-1.0, 1.0))
            except (ArithmeticError, ValueError):
                return False
            low, high = min(left, right), max(left, right)
            slack = 1e-4 * (1.0 + abs(low) + abs(high))
            if high - low <= slack or not low - slack <= here.given[k] <= high + slack:
                return False
        return True

    def _quotient(self, k: int, h: float) -> float:
        """The difference quotient of f in its k-th number, forwards by h."""
        value = self._value(self.numbers)
        moved = list(self.numbers)
        moved[k] += h
        return (self._value(moved) - value) / h

    def _value(self, numbers: list[float]) -> float:
        tree = self.rebuild(list(numbers))
        return float(self.f(*(tree if self.several else (tree,))))

    # 4, 5 and 6: what explains them? -------------------------------------------------------------

    def explanation(self, prefer: tuple[str, ...], deadline: float) -> Diagnosis:
        """The likeliest mistake that reproduces the numbers at all points, or "unknown"."""
        wrong = np.any([~each.agrees(each.truth) for each in self.answers], axis=0)
        found = [h for h in self._of_the_whole() if h is not None]
        found += self._single_mistakes(wrong, deadline)
        if not found:
            found = [h for h in self._last_resorts() if h is not None]
        if not found:
            return self._unknown(wrong)
        found.sort(key=lambda h: (h.kind not in prefer, h.rank))
        kinds = list(dict.fromkeys(h.kind for h in found))
        confidence = 1.0 / len(kinds) if len(self.answers) > 1 else 0.5 / len(kinds)
        likely: dict[tuple[str, str, str], Hypothesis] = {}
        for h in found:
            likely.setdefault((h.kind, h.where, h.sentence), h)
        first, *rest = [
            Diagnosis(
                h.kind,
                _capital(h.sentence) + ".",
                h.where,
                confidence,
                got=self.raw,
                expected=self.rebuild(self.truth.tolist()),
                line=h.line,
                operation=h.operation,
            )
            for h in likely.values()
        ]
        return Diagnosis(**{**vars(first), "alternatives": tuple(rest[:5])})

    def _explains(self, gradient: Callable[[_Answer], np.ndarray]) -> bool:
        return all(bool(np.all(each.agrees(gradient(each)))) for each in self.answers)

    def _of_the_whole(self) -> Iterator[Hypothesis | None]:
        """Mistakes that one sees in the gradient as a whole, without the program."""

        def global_mistake(
            kind: str, sentence: str, rank: float, gradient: Callable[[_Answer], np.ndarray]
        ) -> Hypothesis | None:
            return Hypothesis(kind, sentence, rank) if self._explains(gradient) else None

        yield global_mistake(
            "zero",
            CATALOGUE["zero"].sentence + ". Somewhere on the way the derivative was lost",
            0.0, lambda a: 0.0 * a.truth,
        )  # fmt: skip
        yield global_mistake(
            "sign", "the whole gradient points the opposite way", 2.9, lambda a: -a.truth
        )
        yield global_mistake(
            "wrong_seed",
            "the whole gradient is multiplied by the value of f, as if the sweep had begun with "
            "the result itself instead of its derivative with respect to itself",
            2.8, lambda a: a.run.value * a.truth,
        )  # fmt: skip
        scale = self._constant_scale()
        if scale is not None:
            sentence = f"the whole gradient is {scale:.6g} times what it should be"
            yield Hypothesis("factor", sentence, 3.8)
        for sentence, order in self._exchanges():
            if self._explains(partial(_reordered, order)):
                yield Hypothesis("swapped", sentence, 1.7)

    def _constant_scale(self) -> float | None:
        """The number that, times the true gradient, gives the given one at all points."""
        truth = np.concatenate([each.truth for each in self.answers])
        given = np.concatenate([each.given for each in self.answers])
        scale = float(truth @ given / (truth @ truth)) if np.any(truth) else 0.0
        trivial = min(abs(scale), abs(scale - 1), abs(scale + 1)) < 1e-9
        if trivial or not self._explains(lambda a: scale * a.truth):
            return None
        return scale

    def _exchanges(self) -> Iterator[tuple[str, np.ndarray]]:
        """Gradients in the wrong order: two arguments or two components exchanged, or an array
        reversed or transposed."""
        names = component_names(self.f, self.args)
        shapes = [np.shape(arg) if isinstance(arg, np.ndarray) else () for arg in self.args]
        sizes = [len(flatten(arg)[0]) for arg in self.args]
        places = np.split(np.arange(sum(sizes)), np.cumsum(sizes)[:-1])  # of each argument

        def order(at: Iterable[int], taken_from: Iterable[int]) -> np.ndarray:
            everything = np.arange(len(names))
            everything[list(at)] = list(taken_from)
            return everything

        for (a, mine), (b, other) in combinations(enumerate(places), 2):
            if (sizes[a], shapes[a]) == (sizes[b], shapes[b]):
                yield (
                    f"the gradients with respect to argument {a + 1} and argument {b + 1} changed "
                    "places"
                ), order([*mine, *other], [*other, *mine])  # fmt: skip
        for mine, size, shape in zip(places, sizes, shapes, strict=True):
            if size > 1:
                yield (
                    "the components of the gradient are in the opposite order",
                    order(mine, mine[::-1]),
                )
            if len(shape) == 2 and shape[0] == shape[1] and size > 1:
                yield "the gradient is transposed", order(mine, mine.reshape(shape).T.ravel())
            for i, j in combinations(mine.tolist(), 2) if 2 < size <= 8 else ():
                yield (
                    f"the derivatives with respect to {names[i]} and {names[j]} changed places"
                ), order([i, j], [j, i])  # fmt: skip

    def _single_mistakes(self, wrong: np.ndarray, deadline: float) -> list[Hypothesis]:
        """All single mistakes on the tape that give these numbers.

        An engine makes its mistake in all components. Somebody who derives each component by hand
        may have only one of them wrong; so a mistake also counts if it explains the wrong ones.
        """
        first = self.answers[0]
        if any(
            row[0] not in RULES and row[0] not in ("input", "constant") for row in first.run.rows
        ):
            return []  # a function with a rule of its own, or a checkpoint: f has rows of no table
        rows = max(1, len(first.run.rows))
        found: list[Hypothesis] = []
        candidates = hypotheses(first.run)
        batch = max(8, min(512, 2_000_000 // rows))
        for start in range(0, len(candidates), batch):
            if start and time.monotonic() > deadline:
                break
            some = candidates[start : start + batch]
            everywhere = np.ones(len(some), dtype=bool)
            where_wrong = np.ones(len(some), dtype=bool)
            for answer in self.answers:
                alive = np.flatnonzero(everywhere | where_wrong)
                if not alive.size:
                    break
                same = answer.agrees(consequences(answer.run, [some[h] for h in alive]))
                everywhere[alive] &= same.all(axis=0)
                where_wrong[alive] &= same[wrong].all(axis=0)
            for h, mistake in enumerate(some):
                if everywhere[h]:
                    found.append(mistake)
                elif where_wrong[h] and mistake.slopes is not None:
                    found.append(self._in_part(mistake, wrong))
        return found

    def _in_part(self, mistake: Hypothesis, wrong: np.ndarray) -> Hypothesis:
        """A mistake that was made in some components only: so by hand, not by an engine."""
        kind = "missing_term" if mistake.kind == "overwritten" else mistake.kind
        names = component_names(self.f, self.args)
        which = ", ".join(names[k] for k in np.flatnonzero(wrong)[:4])
        subject = "derivative" if int(wrong.sum()) == 1 else "derivatives"
        verb = "is" if int(wrong.sum()) == 1 else "are"
        sentence = f"only the {subject} with respect to {which} {verb} wrong: {mistake.sentence}"
        return Hypothesis(kind, sentence, mistake.rank + 0.6, mistake.where, mistake.operation,
                          mistake.line)  # fmt: skip

    def _last_resorts(self) -> Iterator[Hypothesis | None]:
        """Not mistakes of derivation, but of computing."""
        offsets = np.array([each.given - each.truth for each in self.answers])
        scale = max(float(np.max(np.abs(each.given))) for each in self.answers)
        if len(self.answers) > 2 and np.all(np.ptp(offsets, axis=0) <= 1e-9 * max(scale, 1.0)):
            yield Hypothesis("constant_offset", CATALOGUE["constant_offset"].sentence, 8.0)
        if self._explains_difference():
            # Of a quadratic function, a forward difference is off by a constant.
            yield Hypothesis("finite_difference", CATALOGUE["finite_difference"].sentence, 7.9)
        close = all(bool(np.all(each.agrees(each.truth, 1e-4))) for each in self.answers)
        if close and all(np.array_equal(np.float32(a.given), a.given) for a in self.answers):
            yield Hypothesis("float32", CATALOGUE["float32"].sentence, 8.0)
        elif close and all(bool(np.all(each.agrees(each.truth, 3e-6))) for each in self.answers):
            sentence = (
                "the gradient is right to about six digits and no further; look for an "
                "approximation on the way, or for float32"
            )
            yield Hypothesis("float32", sentence, 8.2)

    def _explains_difference(self) -> bool:
        """Is some difference quotient of f far nearer to these numbers than the gradient is?"""
        here = self.answers[-1]
        error = float(np.max(np.abs(here.given - here.truth)))
        scale = float(np.max(np.abs(here.truth)))
        if error > 0.2 * (scale + 1e-12) or len(self.numbers) > 50:
            return False
        try:
            for h in 10.0 ** -np.arange(1.0, 13.0):
                for step in (h, -h):
                    quotients = [self._quotient(k, step) for k in range(len(self.numbers))]
                    if np.max(np.abs(quotients - here.given)) <= error / 50:
                        return True
                pairs = [(self._quotient(k, h) + self._quotient(k, -h)) / 2
                         for k in range(len(self.numbers))]  # fmt: skip
                if np.max(np.abs(pairs - here.given)) <= error / 50:
                    return True
        except (ArithmeticError, ValueError, TypeError):
            return False
        return False

    def _unknown(self, wrong: np.ndarray) -> Diagnosis:
        """Say what can be said: which components are wrong, and how far the worst is off."""
        here = self.answers[-1]
        names = component_names(self.f, self.args)
        bad = [names[k] for k in np.flatnonzero(wrong)]
        good = [names[k] for k in np.flatnonzero(~wrong)]
        message = CATALOGUE["unknown"].sentence + "."
        if good and bad:
            message += (
                f" Right with respect to {', '.join(good[:4])}{' …' * (len(good) > 4)}; wrong with "
                f"respect to {', '.join(bad[:4])}{' …' * (len(bad) > 4)}."
            )
        difference = np.abs(here.given - here.truth)
        if np.any(difference):
            worst = int(np.argmax(difference))
            message += (
                f" The largest difference is in {names[worst]}: {here.given[worst]:.6g} came back, "
                f"and the derivative is {here.truth[worst]:.6g}."
            )
        return self._say("unknown", message, confidence=0.0)


# Small things ------------------------------------------------------------------------------------


def _truth(run: Trace) -> np.ndarray:
    """The gradient that the tape gives."""
    return consequences(run, [Hypothesis("correct", "", 0.0)])[:, 0]


def _reordered(order: np.ndarray, answer: _Answer) -> np.ndarray:
    return answer.truth[order]


def _capital(text: str) -> str:
    """With a capital letter, unless it begins with the name of a function."""
    return text if text.partition(" ")[0] in RULES else text[:1].upper() + text[1:]
