"""Before numbers are compared: do the functions behave, and has the answer the right form?

Each question is answered with the kind of mistake, as in the catalogue, and a sentence; or with
None, if there is nothing to say.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.answers import flat, grows, trouble
from dpkit.catalogue import CATALOGUE
from dpkit.points import Point, numbers_of, value_of

__all__ = ["form_trouble", "manners_trouble", "tested_point"]

Trouble = tuple[str, str] | None


def tested_point(
    args: tuple[Any, ...], f: Callable[..., Any], gradient: Callable[..., Any]
) -> tuple[Point, str]:
    """The point at which to test, and what is to be said about it. float32 is too coarse for
    difference quotients, so the point moves in float64, if f and its gradient go along."""
    point = Point(args)
    if not point.single:
        return point, ""
    try:
        f(*point.at())
        gradient(*point.at())
    except RuntimeError as problem:  # torch does not mix the two
        if not any(word in str(problem) for word in ("dtype", "Float", "Double", "Half")):
            raise
        return Point(args, keep=True), ""
    return point, (
        "The arguments came in float32, too coarse for difference quotients, and were tested in "
        "float64."
    )


def manners_trouble(f: Callable[..., Any], gradient: Callable[..., Any], point: Point) -> Trouble:
    """Neither function may change its arguments, or answer differently when asked again."""
    values = []
    for _ in range(3):
        args = point.at()
        values.append(value_of(f, args))
        if _changed(point, args):
            return "mutated_input", "Calling f changed the arguments it was given. Work on a copy."
    if not _agree(values):
        return (
            "nondeterministic",
            "f gives different values when called twice with the same arguments. Draw its random "
            "numbers outside, or from a generator with a fixed seed.",
        )
    answers = []
    for _ in range(3):
        args = point.at()
        answers.append(flat(numbers_of(gradient(*args))))
        if _changed(point, args):
            return (
                "mutated_input",
                "Calling the gradient changed the arguments it was given. Work on a copy.",
            )
    first, second, third = answers
    if first is None or second is None or third is None:
        return None  # a matter of form
    if not first.shape == second.shape == third.shape or _agree(answers):
        return None
    kind = "accumulated" if grows(first, second, third, rtol=1e-5) else "nondeterministic"
    sentence = CATALOGUE[kind].sentence
    return kind, f"{sentence[:1].upper()}{sentence[1:]}."


def form_trouble(answer: Any, args: tuple[Any, ...]) -> Trouble:
    """The gradient is made of finite numbers, in the shape of the argument; if there are several
    arguments, it is a tuple with one for each."""
    if len(args) == 1:
        found = _within(answer, args[0], "")
    elif answer is None:
        found = "missing", "nothing came back (None). Is there a return?"
    elif not isinstance(answer, (tuple, list)) or len(answer) != len(args):
        came = (
            f"{len(answer)} came back"
            if isinstance(answer, (tuple, list))
            else f"a single {type(answer).__name__} came back"
        )
        sentence = (
            f"the function has {len(args)} arguments, so a tuple of {len(args)} gradients is "
            f"expected; {came}."
        )
        found = "shape", sentence
    else:
        each = (_within(a, b, f"for argument {n + 1} ")
                for n, (a, b) in enumerate(zip(answer, args, strict=True)))  # fmt: skip
        found = next((one for one in each if one), None)
    if found:
        kind, sentence = found
        return kind, sentence[:1].upper() + sentence[1:]
    numbers = flat(answer)
    if numbers is not None and not np.all(np.isfinite(numbers)):
        return "not_finite", "The gradient contains nan or inf."
    return None


def _within(answer: Any, arg: Any, which: str) -> Trouble:
    """The form as a whole; and then that of every array inside, which might be transposed."""
    found = trouble(answer, arg, which)
    containers = (dict, list, tuple)
    if found or not isinstance(arg, containers) or not isinstance(answer, containers):
        return found
    keys = list(arg) if isinstance(arg, dict) else range(len(arg))
    if isinstance(answer, dict) != isinstance(arg, dict) or len(answer) != len(arg):
        return None  # the same count of numbers, in another grouping
    word = which.rstrip() or "at "
    for key in keys:
        if isinstance(arg[key], (np.ndarray, dict, list, tuple)):
            found = _within(answer[key], arg[key], f"{word}[{key!r}] ")
            if found:
                return found
    return None


def _changed(point: Point, args: tuple[Any, ...]) -> bool:
    try:
        return not np.array_equal(Point(args).numbers, point.numbers)
    except TypeError:  # there are no longer numbers in it
        return True


def _agree(answers: list[Any]) -> bool:
    """All the same, but for the order of a sum, which may vary from call to call."""
    with np.errstate(over="ignore"):
        single = all(np.array_equal(np.float32(each), each, equal_nan=True) for each in answers)
    coarse = 1e-5 if single else 1e-10
    return all(
        bool(np.allclose(answers[0], each, rtol=coarse, atol=1e-12, equal_nan=True))
        for each in answers[1:]
    )
