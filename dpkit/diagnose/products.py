"""What kind of mistake is in this vector-Jacobian product, or this Jacobian-vector product?

    >>> import numpy as np, dpkit as dp
    >>> def wrong(g, x):
    ...     return g * np.sin(x)
    >>> print(diagnose_vjp(dp.sin, wrong, np.array([0.3, 0.5])).kind)
    wrong_rule

Neither is a gradient, but each becomes one. For a fixed g, the product gᵀJ that reverse mode
computes is the gradient of ⟨g, f(x)⟩. And the products J v₁, J v₂, … that forward mode computes,
multiplied with a fixed g, are the gradient with respect to s at s = 0 of

    ⟨g, f(x + s₁ v₁ + s₂ v₂ + …)⟩.

So we ask for the product, and then look for the mistake as in any other gradient.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from dpkit.answers import article, flat, trouble
from dpkit.backends import is_array
from dpkit.containers import flatten, leaves
from dpkit.diagnose.asked import plain_answer
from dpkit.diagnose.differentiated import Differentiated
from dpkit.diagnose.explanation import explanation, until
from dpkit.diagnose.program import like
from dpkit.diagnose.question import Question, capital
from dpkit.diagnose.result import Diagnosis
from dpkit.points import Point, numbers_of
from dpkit.transforms import jvp, need_function

__all__ = ["diagnose_jvp", "diagnose_vjp"]

_DIRECTIONS, _ALL_DIRECTIONS = 3, 4
_MOST_ROWS = 32  # of a Jacobian that is looked at row by row


def diagnose_vjp(
    f: Callable[..., Any],
    wrong_vjp: Callable[..., Any],
    *primals: Any,
    prefer: Iterable[str] = (),
    seconds: float = 1.2,
) -> Diagnosis:
    """Find out what is wrong with somebody's vector-Jacobian product: one step of reverse mode.

    f: takes `primals`; returns numbers or arrays, or containers of these.
    wrong_vjp: called as ``wrong_vjp(g, *primals)``, with g in the form of what f returns; gives the
    cotangent of the primal, in its shape, if there is one, and a tuple of such if there are
    several. (A tuple of one is welcome too.) g holds random numbers, the same at all points. It is
    asked as often as `diagnose` asks.
    primals: numbers, arrays of floats, or containers of these.
    prefer, seconds: as in `dpkit.diagnose`.

    Raises whatever wrong_vjp raises at `primals`, and TypeError if f or primals are unfit for it.
    """
    started = time.process_time()
    for function in (f, wrong_vjp):
        need_function(function, "dp.diagnose_vjp(f, my_vjp, x)")
    if not primals:
        raise TypeError("diagnose_vjp needs the primals at which the product is to be tested.")
    cotangent = Point((_value(f, primals),))
    weights = _random(cotangent.numbers.size)
    spoiled = False

    def gradient(*args: Any) -> Any:
        nonlocal spoiled
        (g,) = cotangent.at(weights)
        answer = wrong_vjp(g, *args)
        spoiled |= not np.array_equal(Point((g,)).numbers, weights)
        alone = len(args) == 1 and type(args[0]) is not tuple
        return answer[0] if alone and type(answer) is tuple and len(answer) == 1 else answer

    question = Question(f, gradient, primals, weights)
    if spoiled:
        return question.say(
            "mutated_input",
            "the function changed g, the derivative that was handed to it from above; whoever "
            "handed it out may need it again. Work on a copy.",
        )
    return (
        question.manners()
        or question.form()
        or question.correctness()
        or _without_g(question, weights)
        or _diagonal(question, weights)
        or explanation(question, tuple(prefer), until(started, seconds))
    )


def _without_g(question: Question, weights: np.ndarray) -> Diagnosis | None:
    """Is g forgotten, or multiplied in twice?"""
    cases = (
        (np.ones_like(weights), "not_upstream", (
            "the derivative from above, g, is missing: these numbers are right if g is 1 "
            "everywhere, and only then."
        )),
        (weights**2, "repeated_factor", (
            "the derivative from above, g, was multiplied in twice."
        )),
    )  # fmt: skip
    for other, kind, sentence in cases:
        true = Differentiated(question.f, question.point, other)
        try:
            truths = [true.at(numbers)[2] for numbers in question.points]
        except (TypeError, ValueError):
            return None
        if all(np.all(a.agrees(t)) for a, t in zip(question.answers, truths, strict=True)):
            return question.say(kind, sentence)
    return None


def _diagonal(question: Question, weights: np.ndarray) -> Diagnosis | None:
    """Does each entry of the value get an influence from its own entry of the primal only?"""
    count = weights.size
    if not 1 < count == question.numbers.size <= _MOST_ROWS:
        return None
    rows = [Differentiated(question.f, question.point, row) for row in np.eye(count)]
    try:
        for answer, numbers in zip(question.answers, question.points, strict=True):
            own = np.array([row.at(numbers)[2][k] for k, row in enumerate(rows)])
            if not answer.is_like(weights * own):
                return None
    except (TypeError, ValueError):
        return None
    return question.say(
        "missing_term",
        "only the diagonal of the Jacobian was used: each number in the value of f depends on the "
        "other numbers of the argument too, and what comes from there is missing.",
    )


def diagnose_jvp(
    f: Callable[..., Any],
    wrong_jvp: Callable[..., Any],
    primals: Sequence[Any],
    *,
    prefer: Iterable[str] = (),
    seconds: float = 1.2,
) -> Diagnosis:
    """Find out what is wrong with somebody's Jacobian-vector product: forward mode.

    f: takes `primals`; returns numbers or arrays, or containers of these.
    wrong_jvp: called as ``wrong_jvp(primals, tangents)`` with two tuples; gives the tangent of what
    f returns, in its form; or, as `dpkit.jvp` does, a pair of the value and the tangent.
    primals: numbers, arrays of floats, or containers of these.
    prefer, seconds: as in `dpkit.diagnose`.

    Up to four numbers move one at a time; more of them move together, in three random directions.
    wrong_jvp is asked for each of these at every point: about fifteen times. In the sentences,
    ``s[k]`` stands for the k-th direction.

    Raises whatever wrong_jvp raises at `primals`, and TypeError if f or primals are unfit for it.
    """
    started = time.process_time()
    for function in (f, wrong_jvp):
        need_function(function, "dp.diagnose_jvp(f, my_jvp, (x,))")
    if not isinstance(primals, (tuple, list)) or not primals:
        raise TypeError(
            f"diagnose_jvp needs the primals as a tuple, one for each argument of f: (x,) if there "
            f"is one. {capital(article(type(primals).__name__))} was given."
        )
    primals = tuple(primals)
    point = Point(primals)
    target = Point((_value(f, primals),))
    directions = _directions(point.numbers)
    weights = _random(target.numbers.size)

    def product(s: np.ndarray, k: int) -> Any:
        """The tangent along one direction, as it came."""
        here = point.at(point.numbers + directions.T @ s)
        answer = plain_answer(wrong_jvp(here, point.at(directions[k])))
        if type(answer) in (tuple, list) and len(answer) == 2 and _is_pair(answer, example):
            return answer[1]
        return answer

    (example,) = numbers_of(target.at())
    start = np.zeros(len(directions))
    got = product(start, 0)
    found = _form(got, example)
    expected = numbers_of(jvp(f, point.at(), point.at(directions[0]))[1])
    if found:
        return Diagnosis(found[0], found[1], got=got, expected=expected)

    def gradient(s: Any) -> Any:
        at = Point((s,)).numbers
        return [float(weights @ _flat(product(at, k))) for k in range(len(directions))]

    along, s = _along(f, point, directions)
    question = Question(along, gradient, (s,), weights)
    diagnosis = (
        question.manners()
        or question.form()
        or question.correctness()
        or explanation(question, tuple(prefer), until(started, seconds))
    )
    return replace(diagnosis, got=got, expected=expected, names=())


def _flat(answer: Any) -> np.ndarray:
    numbers = flat(answer)
    return np.full(1, np.nan) if numbers is None else numbers


def _is_pair(answer: Any, example: Any) -> bool:
    """Is this a value and a tangent, rather than a tangent with two parts?"""
    wanted = np.size(example) if not isinstance(example, (tuple, list, dict)) else -1
    if wanted < 0:
        return flat(answer[1]) is not None and trouble(answer, example, "") is not None
    return flat(answer[1]) is not None and _flat(answer[1]).size == wanted != _flat(answer).size


def _form(answer: Any, example: Any) -> tuple[str, str] | None:
    """Trouble with the form of a tangent, in the words that fit a tangent."""
    found = trouble(answer, example, "")
    if found is None:
        return None
    kind, sentence = found
    sentence = sentence.replace("the gradient", "the tangent").replace(
        "The gradient", "The tangent"
    )
    sentence = sentence.replace("of the argument", "of what f returns")
    return kind, capital(sentence if sentence.endswith((".", "?")) else sentence + ".")


def _along(
    f: Callable[..., Any], point: Point, directions: np.ndarray
) -> tuple[Callable[..., Any], Any]:
    """f as a function of how far one has gone in each direction, and the start."""
    apart = [leaves(arg) for arg in point.at()]
    values = [x for items, _ in apart for x in items]
    arrays = [x for x in values if is_array(x) and not isinstance(x, float)]
    if not arrays:
        apart = [flatten(arg) for arg in point.at()]

        def moved(s: Any, x: Any, part: slice) -> Any:
            for speed, far in zip(directions[:, part.start], s, strict=True):
                x = x + float(speed) * far
            return x

        start: Any = [0.0] * len(directions)
    else:

        def moved(s: Any, x: Any, part: slice) -> Any:
            shape = tuple(getattr(x, "shape", ()))
            for n, speeds in enumerate(directions[:, part]):
                x = x + like(arrays[0], speeds.reshape(shape)) * s[n]
            return x

        start = like(arrays[0], np.zeros(len(directions)))

    def along(s: Any) -> Any:
        position, args = 0, []
        for items, rebuild in apart:
            mine = []
            for x in items:
                size = int(np.prod(getattr(x, "shape", ()), dtype=int))
                mine.append(moved(s, x, slice(position, position + size)))
                position += size
            args.append(rebuild(mine))
        return f(*args)

    return along, start


def _directions(numbers: np.ndarray) -> np.ndarray:
    """One direction a row: each number by itself, or random ones through all."""
    if numbers.size <= _ALL_DIRECTIONS:
        return np.eye(numbers.size)
    sizes = 1.0 + np.abs(numbers)
    return sizes * np.random.default_rng(1964).uniform(-1.0, 1.0, (_DIRECTIONS, numbers.size))


def _value(f: Callable[..., Any], primals: Sequence[Any]) -> Any:
    """What f returns, computed in float64 as its gradient will be."""
    return f(*Point(tuple(primals)).at())


def _random(count: int) -> np.ndarray:
    """Numbers of which none is 0, 1 or like another."""
    rng = np.random.default_rng(1960)
    return rng.uniform(0.5, 1.5, count) * rng.choice([-1.0, 1.0], count)
