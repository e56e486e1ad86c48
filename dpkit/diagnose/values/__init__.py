"""Right derivatives of the wrong thing.

So far every mistake was one of differentiation. But a gradient may also be wrong because it is the
right gradient of *another function*, or of f *at other values*:

* `dpkit.diagnose.values.other_functions`: a step of f was computed otherwise, say with tanh for sigmoid;
* `dpkit.diagnose.values.samples`: f is a sum, and only some of its terms were counted;
* `dpkit.diagnose.values.updates`: the numbers it was computed with were those after the update of the
  parameters, those before the activation, or those of an earlier call;
* `dpkit.diagnose.values.turns`: or those of another turn of a loop.

Each is tried at one point. What reproduces the numbers there is tried at all the others.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

import numpy as np

from dpkit.diagnose.answer import Answer
from dpkit.diagnose.program import Program
from dpkit.diagnose.search import consequences
from dpkit.diagnose.sites import Mistake
from dpkit.diagnose.values.other_functions import other_constants, other_functions, other_slopes
from dpkit.diagnose.values.samples import some_samples
from dpkit.diagnose.values.turns import other_turns
from dpkit.diagnose.values.updates import confusions, earlier_calls, updates

__all__ = ["other_values"]

Family = Callable[[float], Mistake]
"""A mistake with a number in it that is not known, such as a learning rate."""


def other_values(
    answers: Sequence[Answer], wrong: np.ndarray, deadline: float
) -> tuple[list[Mistake], list[Mistake]]:
    """Mistakes of this sort that explain all components; and those that explain the wrong ones.

    answers: at several points; the last at the point that was asked about first. wrong: which
    components are wrong at some of them. deadline: in the time of `time.process_time`.
    """
    if any(each.run is None or not each.run.output for each in answers):
        return [], []
    whole: list[Mistake] = list(earlier_calls(answers))
    part: list[Mistake] = []
    for mistake in _candidates(answers, wrong):
        if (mistake.where, mistake.sentence) in {(each.where, each.sentence) for each in whole}:
            continue
        if _explains(mistake, answers, np.full(wrong.shape, True)):
            whole.append(mistake)
        elif mistake.kind in {"overwritten", "missing_term"} and not wrong.all():
            # Somebody who adds up by hand may do so rightly for one argument and not for another.
            if _explains(mistake, answers, wrong):
                part.append(mistake)
        if time.process_time() > deadline:
            break
    return whole, part


def _candidates(answers: Sequence[Answer], wrong: np.ndarray) -> Iterator[Mistake]:
    """From the likeliest and cheapest to the others."""
    first = answers[0]
    assert first.run is not None
    yield from some_samples(first, wrong)
    yield from other_functions(first.run)
    yield from other_slopes(first.run)
    yield from confusions(first.run)
    yield from other_turns(first.run)
    for family, start in (*updates(first.run, wrong), *other_constants(first.run)):
        yield from _solved(family, first, start)


def _explains(mistake: Mistake, answers: Sequence[Answer], among: np.ndarray) -> bool:
    return all(
        bool(np.all(each.agrees(_consequence(mistake, each.run))[among])) for each in answers
    )


def _consequence(mistake: Mistake, run: Program | None) -> np.ndarray:
    assert run is not None
    return consequences(run, [mistake])[:, 0]


def _solved(family: Family, answer: Answer, start: float) -> Iterator[Mistake]:
    """The mistake with the number that fits one point best, by Gauss and Newton's method.

    If some number fits exactly, the error shrinks quickly from step to step. If it does not, none
    does, or none that is near.
    """
    c, before, step = start, np.inf, np.inf
    for _ in range(12):
        here = _consequence(family(c), answer.run)
        gap = answer.given - here
        error = float(np.max(np.abs(gap)))
        if not error < 0.9 * before:
            break  # as near as it gets
        h = 1e-6 * max(abs(c), 1e-2)
        slope = (_consequence(family(c + h), answer.run) - here) / h
        size = float(slope @ slope)
        if not size > 0 or not np.isfinite(size):
            return
        step = float(slope @ gap) / size
        c, before = c + step, error
        if abs(step) <= 1e-9 * abs(c):
            break
    # It is not what it is in f; and a learning rate, which begins at 0, is positive.
    if abs(step) <= 1e-5 * abs(c) and abs(c - start) > 1e-6 * abs(start) and (start or c > 0):
        yield from (family(x) for x in dict.fromkeys((float(f"{c:.6g}"), c)))
