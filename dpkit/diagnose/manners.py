"""Does somebody's function behave? What it should not do besides answering.

A gradient is a function of its arguments and of nothing else: it leaves them as they are, answers
the same when asked again, and hands out memory that belongs to nobody else. Each test here returns
the kind of trouble and a sentence, or None.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dpkit.answers import flat, grows
from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.asked import Asked

if TYPE_CHECKING:
    from dpkit.diagnose.question import Question

__all__ = ["aliasing", "staleness", "trouble_with"]

Trouble = tuple[str, str] | None


def trouble_with(question: Question) -> Trouble:
    """Ask again at the point given. Judged only where the answers are numbers at all."""
    second = flat(question.ask_again())
    if question.asked.mutated:
        return "mutated_input", CATALOGUE["mutated_input"].sentence + "."
    first = flat(question.raw)
    if first is None or second is None or first.shape != second.shape or _same(first, second):
        return None
    third = flat(question.ask_again())
    if third is not None and third.shape == first.shape:
        if grows(first, second, third, rtol=1e-6) or _fades(first, second, third):
            return "accumulated", CATALOGUE["accumulated"].sentence + "."
        if _same(second, third) and second.shape == question.truth.shape:
            # If so, the answer at the next point will be late as well.
            if np.allclose(second, question.truth, rtol=1e-6, atol=0.0) and _late(question):
                return "stale", (
                    "asked once, the function answers with something older; asked again at the "
                    "same point, it gives the gradient. It hands back what it had computed the "
                    "time before."
                )
    return "nondeterministic", CATALOGUE["nondeterministic"].sentence + "."


def _late(question: Question) -> bool:
    """Is the answer at the next point the gradient at the point before?"""
    sample = question.samples[0]
    given = flat(sample.plain)
    return (
        given is not None
        and given.shape == sample.before.shape
        and np.allclose(given, sample.before, rtol=1e-6, atol=0.0)
    )


def _same(first: np.ndarray, second: np.ndarray) -> bool:
    """The same, but for the order of a sum, which may vary from call to call."""
    if np.array_equal(first, second, equal_nan=True):
        return True
    with np.errstate(over="ignore"):
        single = np.array_equal(np.float32(first), first) and np.array_equal(
            np.float32(second), second
        )
    size = np.abs(first[np.isfinite(first)])
    coarse = 1e-5 if single else 1e-10
    return np.allclose(
        first, second, rtol=coarse, atol=1e-3 * coarse * np.max(size, initial=0.0), equal_nan=True
    )


def _fades(first: np.ndarray, second: np.ndarray, third: np.ndarray) -> bool:
    """Does a fixed part of the answer before come on top each time, as with momentum?"""
    one, other = second - first, third - second
    if not np.all(np.isfinite(one)) or not np.any(one):
        return False
    part = float(one @ other / (one @ one))
    return 0.0 < part < 1.0 and np.allclose(other, part * one, rtol=1e-6, atol=0.0)


def staleness(question: Question) -> Trouble:
    """Do the answers at fresh points belong to an earlier point?"""
    fresh = list(zip(question.samples, question.answers, strict=False))[:-1]
    if len(fresh) < 2 or len(question.samples) != len(question.answers):
        return None
    if all(np.all(answer.agrees(sample.before)) for sample, answer in fresh):
        return "stale", (
            "each answer is the gradient at the point of the call before: something that was "
            "computed then is still used now."
        )
    if all(np.all(answer.agrees(question.truth)) for _, answer in fresh):
        return "stale", (
            "whatever the point, the answer is the gradient at the first one: something that was "
            "computed once is never computed again."
        )
    return None


def aliasing(asked: Asked) -> Trouble:
    """Does an answer share its memory with the next one? (With an argument it may: the gradient of
    x²/2 is x, and whoever wants to write into it has to copy it anyway.)"""
    if asked.reused:
        return "aliased", (
            "the numbers are right, but every answer is written into the same memory: the gradient "
            "that was handed out before changes with the next call. Hand out a copy, or fresh "
            "memory each time."
        )
    return None
