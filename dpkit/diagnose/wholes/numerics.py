"""Not mistakes of derivation, but of computing: precision, rounding, and finite differences."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dpkit.catalogue import CATALOGUE
from dpkit.diagnose.leaves import listed
from dpkit.diagnose.question import Question
from dpkit.diagnose.sites import Mistake

__all__ = ["last_resorts"]

_LONGEST_STEP = 1.0  # of a difference quotient that anybody takes for a derivative
_LOOKED_AT = 6  # numbers whose difference quotients are looked at
_EPS = float(np.finfo(float).eps)


def last_resorts(question: Question) -> Iterator[Mistake]:
    """Not mistakes of derivation, but of computing; and what is added is the same everywhere."""
    with np.errstate(all="ignore"):
        yield from _rounded(question)
        yield from _single(question)
        yield from _differences(question)
        yield from _offset(question)


def _offset(question: Question) -> Iterator[Mistake]:
    """The same amount is added at all points."""
    if len(question.answers) < 3:
        return
    offsets = np.array([each.given - each.truth for each in question.answers])
    sizes = np.max([np.abs(each.given) + np.abs(each.truth) for each in question.answers], axis=0)
    if not np.all(np.ptp(offsets, axis=0) <= 1e-9 * sizes):
        return
    truths = np.array([each.truth for each in question.answers])
    moving = np.ptp(truths, axis=0) > 1e-6 * sizes
    if not np.any(moving & (np.abs(offsets[0]) > 1e-6 * sizes)):
        return  # to numbers that never change, any others are a constant offset
    if np.max(np.abs(offsets) - 1e-6 * sizes) <= 0:
        return
    sentence = CATALOGUE["constant_offset"].sentence
    moved = [
        leaf.name
        for leaf in question.leaves
        if np.any(np.abs(offsets[:, leaf.part]) > 1e-9 * sizes[leaf.part])
    ]
    amounts = np.unique(np.round(offsets[0][np.abs(offsets[0]) > 1e-9 * sizes], 9))
    if len(moved) < len(question.leaves):
        sentence = f"with respect to {listed(moved)}: {sentence}"
    if amounts.size == 1:
        sentence += f" (here {amounts[0]:.6g})"
    yield Mistake("constant_offset", sentence, 8.0)


# Fewer digits ----------------------------------------------------------------------------------------


def _rounded(question: Question) -> Iterator[Mistake]:
    """To so many decimals, or to so many digits."""
    given = np.concatenate([each.given for each in question.answers])
    truth = np.concatenate([each.truth for each in question.answers])
    wrong = np.concatenate([~each.agrees(each.truth) for each in question.answers])
    for places in range(9):
        unit = 10.0**-places
        if not np.all(np.abs(given - np.round(given / unit) * unit) <= 1e-12 * np.abs(given)):
            continue
        what = "to whole numbers" if not places else f"to {places} decimal{'s' * (places > 1)}"
        # A zero or two may come from anywhere: some digits must be left to tell by.
        if np.unique(given).size < min(3, given.size):
            break
        if np.all(np.abs(given - truth) <= 0.5 * unit * (1 + 1e-9)):
            yield Mistake("rounded", f"the gradient is right, but rounded {what}", 6.0)
        elif np.all(np.abs(given - truth) < unit) and np.all(np.abs(given) <= np.abs(truth)):
            yield Mistake("rounded", f"the gradient is right, but cut off {what}", 6.0)
        elif np.all(given == np.floor(truth / unit) * unit) and not places:
            yield Mistake("rounded", "the gradient is right, but rounded down", 6.0)
        break
    for digits in range(2, 8):
        if all(float(f"{x:.{digits}g}") == x for x in given[wrong][:200]):
            if all(abs(x - float(f"{t:.{digits}g}")) <= 1e-12 * abs(t)
                   for x, t in zip(given[wrong][:200], truth[wrong][:200], strict=True)):  # fmt: skip
                sentence = f"the gradient is right, but rounded to {digits} digits"
                yield Mistake("rounded", sentence, 6.0)
            return


def _single(question: Question) -> Iterator[Mistake]:
    """In float32, on the way out, in, or throughout."""
    answers = question.answers
    if all(np.array_equal(np.float16(each.given), each.given) for each in answers):
        if all(np.all(each.agrees(each.truth, 1e-3)) for each in answers):
            sentence = "the gradient is right to about three digits, as numbers in float16 are"
            yield Mistake("rounded", sentence, 6.4)
        return
    if all(np.array_equal(np.float32(each.given), each.given) for each in answers):
        distances = np.concatenate([
            np.abs(each.given - each.truth)
            <= 1e-5 * np.abs(each.truth)
            + each.noise * (np.finfo(np.float32).eps / _EPS)
            + 1e-6 * np.max(np.abs(each.truth))
            for each in answers
        ])  # fmt: skip
        if distances.all():
            yield Mistake("float32", CATALOGUE["float32"].sentence, 6.5)
        return
    if not all(np.all(each.agrees(each.truth, 1e-4)) for each in answers):
        return
    for numbers, each in zip(question.points, answers, strict=True):
        _, _, truth = question.true.at(np.float32(numbers).astype(float))
        if not np.all(each.agrees(truth, 1e-10)):
            return
    yield Mistake("float32", (
        "the gradient belongs to arguments in single precision (float32), to which they were "
        "rounded on the way in; that leaves seven digits of them"
    ), 6.5)  # fmt: skip


# Finite differences ----------------------------------------------------------------------------------


def _differences(question: Question) -> Iterator[Mistake]:
    """A difference quotient has an error that is known: it is found again with the same step.

    Forwards the error is about h f''/2, so the step follows from the error in one number. It must
    then explain the others.
    """
    here = question.answers[-1]
    errors = np.abs(here.given - here.truth)
    scale = float(np.max(np.abs(here.truth)))
    wrong = np.any([~each.agrees(each.truth) for each in question.answers], axis=0)
    if not np.any(wrong) or np.max(errors) > 0.5 * (scale + 1e-12):
        return
    places = np.flatnonzero(wrong)
    places = places[np.argsort(-errors[places])][:_LOOKED_AT].tolist()
    sentence = CATALOGUE["finite_difference"].sentence
    found: list[tuple[float, str]] = []
    try:
        for word, offsets in (("forward", (0.0, 1.0)), ("backward", (-1.0, 0.0)),
                              ("centred", (-1.0, 1.0))):  # fmt: skip
            for relative in (False, True):
                step = _step(question, places[0], offsets, relative)
                left = _left_over(question, places, offsets, step, relative) if step else 1.0
                times = " times the size of the argument" if relative else ""
                found.append((left, f"{word} differences with a step of about {step:.2g}{times}"))
    except (ArithmeticError, ValueError, TypeError):
        return
    left, words = min(found)
    if left < _LEFT_OVER:
        # Of a quadratic function, a forward difference is off by a constant.
        yield Mistake("finite_difference", f"{sentence}: {words}", 7.0)
        return
    grain = _grid(question)
    if grain:
        yield Mistake("finite_difference", (
            f"{sentence}: they come in grains, as differences of f do that are divided by {grain:.2g}"
        ), 7.0)  # fmt: skip


_LEFT_OVER = 1e-3  # of the error, besides rounding; that must be explained by the step

Offsets = tuple[float, float]


def _quotient(question: Question, n: int, k: int, offsets: Offsets, h: float) -> float:
    """The difference quotient of f in its k-th number, at the n-th point."""
    values = []
    for offset in offsets:
        if not offset:
            values.append(question.answers[n].value)
            continue
        moved = question.points[n].copy()
        moved[k] += offset * h
        values.append(question.true.value(moved))
    return (values[1] - values[0]) / ((offsets[1] - offsets[0]) * h)


def _step(question: Question, k: int, offsets: Offsets, relative: bool) -> float:
    """The step with which the quotient in the k-th number has the error that was found; 0 if there
    is none."""
    n = len(question.answers) - 1
    here = question.answers[n]
    unit = max(abs(question.points[n][k]), 1e-300) if relative else 1.0
    order = 2 if offsets == (-1.0, 1.0) else 1
    wanted = here.given[k] - here.truth[k]
    h = 1e-3 * unit
    for _ in range(20):
        error = _quotient(question, n, k, offsets, h) - here.truth[k]
        if not error or wanted / error <= 0:
            return 0.0
        before, h = h, h * (wanted / error) ** (1 / order)
        if not 1e-13 * unit < h < _LONGEST_STEP * unit:
            return 0.0
        if abs(h - before) <= 1e-9 * h:
            break
    nice = 10.0 ** round(np.log10(h / unit))
    return nice if abs(h / unit - nice) < 0.02 * nice else h / unit


def _left_over(
    question: Question, places: list[int], offsets: Offsets, step: float, relative: bool
) -> float:
    """The largest part of an error that these quotients do not explain."""
    worst, tested = 0.0, 0
    for n, answer in enumerate(question.answers):
        for k in places:
            error = abs(answer.given[k] - answer.truth[k])
            h = step * (abs(question.points[n][k]) if relative else 1.0)
            noise = 4 * _EPS * abs(answer.value) / h
            if error <= 10 * noise + 1e-9 * abs(answer.truth[k]):
                continue
            off = abs(_quotient(question, n, k, offsets, h) - answer.given[k])
            worst = max(worst, (off - noise) / error)
            tested += 1
    return worst if tested >= min(3, len(question.answers)) else 1.0


def _grid(question: Question) -> float | None:
    """Are all numbers whole multiples of the last digit of f, divided by some usual step?

    Two neighbouring values of f differ by a whole number of last digits, exactly. No rule of
    differentiation leaves such grains.
    """
    answers = question.answers
    if not all(np.all(each.agrees(each.truth, 1e-2)) for each in answers):
        return None
    if all(np.array_equal(np.float32(each.given), each.given) for each in answers):
        return None  # few digits are grains, too
    steps = [c * 10.0**-k for k in range(4, 14) for c in (1.0, 2.0)]
    root = np.sqrt(_EPS)
    steps += [root, 2 * root, np.cbrt(_EPS), 2 * np.cbrt(_EPS)]
    for step in sorted(steps):
        good = count = 0
        for answer in question.answers:
            # The value nearby may lie below the next power of two.
            grain = np.spacing(abs(answer.value)) / 2
            counts = answer.given * step / grain
            usable = (np.abs(counts) > 0.5) & (np.abs(counts) < 1e12)
            count += int(usable.sum())
            off = np.abs(counts - np.round(counts))[usable]
            good += int(np.sum(off <= 1e-3 + 4 * _EPS * np.abs(counts[usable])))
        if count >= 3 and good == count:
            return step
    return None
