"""Gradients that were changed on the way out: their sizes, their limits, their length."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dpkit.diagnose.answer import Answer
from dpkit.diagnose.sites import Mistake
from dpkit.diagnose.wholes.part import Part, ratio

__all__ = ["limited", "normalised", "sizes_only"]


def sizes_only(part: Part) -> Iterator[Mistake]:
    """Only the sizes or only the signs are left."""
    if part.obeys(lambda a: -part.truth(a)):
        return  # of negative numbers, the sizes are the opposites
    # One negative number may also have lost its sign by itself.
    turned = np.any([part.truth(a) < 0 for a in part.answers], axis=0)
    rank = 2.6 if turned.sum() > 1 or part.places.size == 1 else 3.7
    if part.obeys(lambda a: np.abs(part.truth(a))):
        yield Mistake("magnitude", f"{part.words} came back without its signs", rank)
    elif part.obeys(lambda a: -np.abs(part.truth(a))):
        yield Mistake(
            "magnitude", f"{part.words} came back with minus signs throughout", rank + 0.1
        )
    elif part.obeys(lambda a: np.sign(part.truth(a))):
        sentence = (
            f"of {part.words} only the signs came back: 1 for a positive derivative, -1 for a "
            "negative one"
        )
        yield Mistake("magnitude", sentence, rank)


def limited(part: Part) -> Iterator[Mistake]:
    """Cut off at some size: each number by itself, or the whole by its length."""
    truth = np.concatenate([part.truth(a) for a in part.answers])
    given = np.concatenate([part.given(a) for a in part.answers])
    same = np.concatenate([a.agrees(part.truth(a), part=part.places) for a in part.answers])
    if part.places.size > 1 and not same.any():
        limit = ratio(part, lambda a: np.sign(part.truth(a)))
        if limit is not None and 0.0 < limit < np.min(np.abs(truth)):
            between = _between(-limit, limit)
            yield Mistake("clipped", f"{part.words} was cut off {between}", 2.65)
            return
    if same.any() and not same.all():
        low, high = np.min(given), np.max(given)
        changed = given[~same]
        # One number alone is a limit of its own: then rounding, which is small, is not a cut.
        cut = np.max(np.abs(truth[~same] - changed)) > 1e-3 * np.max(np.abs(truth))
        at_a_limit = np.all((changed == low) | (changed == high))
        if cut and at_a_limit and not np.all(changed == 0.0):
            bottom = low if np.any(changed == low) else -np.inf
            top = high if np.any(changed == high) else np.inf
            if bottom < top and part.obeys(lambda a: np.clip(part.truth(a), bottom, top)):
                between = _between(bottom, top)
                yield Mistake("clipped", f"{part.words} was cut off {between}", 2.6)
                return
        if np.all(changed == 0.0) and _by_size(truth, same):
            yield Mistake("clipped", (
                f"in {part.words} all derivatives below some size came back as zero"
                if np.max(np.abs(truth[~same])) < np.min(np.abs(truth[same])) else
                f"in {part.words} all derivatives on one side of zero came back as zero"
            ), 2.7)  # fmt: skip
            return
    lengths = [float(np.linalg.norm(part.truth(a))) for a in part.answers]
    scaled = [
        n for n, a in enumerate(part.answers)
        if not np.all(a.agrees(part.truth(a), part=part.places))
    ]  # fmt: skip
    if not scaled or len(scaled) == len(part.answers) or part.places.size < 2:
        return
    limit = float(np.linalg.norm(part.given(part.answers[scaled[0]])))
    if (
        limit
        and part.obeys(
            lambda a: part.truth(a) * min(1.0, limit / float(np.linalg.norm(part.truth(a))))
        )
        and all(lengths[n] > limit for n in scaled)
    ):
        yield Mistake("clipped", f"{part.words} was shortened wherever it is longer than "
                                 f"{limit:.6g}", 2.6)  # fmt: skip


def _between(bottom: float, top: float) -> str:
    if not np.isfinite(bottom):
        return f"above {top:.6g}"
    if not np.isfinite(top):
        return f"below {bottom:.6g}"
    return f"below {bottom:.6g} and above {top:.6g}"


def _by_size(truth: np.ndarray, kept: np.ndarray) -> bool:
    """Were just the smallest numbers dropped, or just the negative ones, or the positive ones?"""
    dropped, rest = truth[~kept], truth[kept]
    if dropped.size < 2 or rest.size < 2:
        return False
    smallest = np.max(np.abs(dropped)) < np.min(np.abs(rest))
    return bool(smallest or np.max(dropped) < np.min(rest) or np.min(dropped) > np.max(rest))


def normalised(part: Part) -> Iterator[Mistake]:
    if part.places.size < 2 or len(part.answers) < 2:  # one vector is as long as one likes
        return
    norms: list[tuple[str, Callable[[np.ndarray], Any]]] = [
        ("its length", np.linalg.norm),
        ("its largest entry", lambda t: np.max(np.abs(t))),
        ("the sum of its sizes", lambda t: np.sum(np.abs(t))),
        ("the sum of its entries", np.sum),
        ("its standard deviation", np.std),
        ("its mean size", lambda t: np.sqrt(np.mean(t * t))),
    ]
    each = part.leaves() if part.leaf is None else []
    for name, norm in norms:
        times = ratio(part, lambda a, norm=norm: part.truth(a) / norm(part.truth(a)))  # type: ignore[misc]
        # Somebody who wants a certain length types it in: 1, 0.5 or 10.
        if times is not None and abs(float(f"{times:.3g}") / times - 1) < 1e-6:
            lengths = [float(norm(part.truth(a))) for a in part.answers]
            if abs(times - 1) > 1e-9 and np.ptp(lengths) <= 1e-6 * np.max(np.abs(lengths)):
                continue  # then it is a multiple of the gradient, and no more
            fixed = "" if abs(times - 1) < 1e-9 else f" and multiplied by {times:.6g}"
            yield Mistake("normalised", f"{part.words} was divided by {name}{fixed}", 2.75)
            return
        if len(each) > 1 and sum(leaf.size for leaf in each) == part.places.size:

            def apart(a: Answer, norm: Callable[..., Any] = norm) -> np.ndarray:
                pieces = [a.truth[leaf.part] for leaf in each]
                return np.concatenate([piece / norm(piece) for piece in pieces])

            if part.obeys(apart):
                yield Mistake("normalised", f"each argument's gradient was divided by {name}", 2.75)
                return
    if part.obeys(lambda a: part.truth(a) - np.mean(part.truth(a))):
        yield Mistake("normalised", f"the mean was subtracted from {part.words}", 2.75)
    elif part.obeys(lambda a: (part.truth(a) - np.mean(part.truth(a))) / np.std(part.truth(a))):
        yield Mistake("normalised", (
            f"{part.words} was standardised: its mean is 0 and its standard deviation 1"
        ), 2.75)  # fmt: skip
