"""Fresh points beside the one given, where nothing is special: no zero, no one, no symmetry."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.diagnose.asked import Reply
from dpkit.diagnose.differentiated import Differentiated
from dpkit.diagnose.leaves import Leaf
from dpkit.diagnose.program import Program

__all__ = ["Sample", "fresh_samples"]

_FRESH, _RETRIES = 3, 4


@dataclass(frozen=True)
class Sample:
    """The truth and the answer, whatever its form, at one point. before: the gradient at the point
    that was asked about just before, as a flat array."""

    numbers: np.ndarray
    run: Program | None
    value: float
    truth: np.ndarray
    plain: Any
    before: np.ndarray


def fresh_samples(
    true: Differentiated, leaves: Sequence[Leaf], here: Sample, ask: Callable[[np.ndarray], Reply]
) -> tuple[list[Sample], str]:
    """Truths and answers at three random points beside `here`, as far as there are such.

    A point outside the domain of f is drawn again, nearer; and one where `ask` raises, too, but
    after the fourth of these no more. Then what it raised is returned beside the samples; else "".
    The points are the same whenever the arguments are.
    """
    rng = np.random.default_rng(np.frombuffer(here.numbers.tobytes(), dtype=np.uint32))
    samples: list[Sample] = []
    spread, before, retries = 0.4, here.truth, _RETRIES
    sizes = _sizes(here.numbers, leaves)
    for _ in range(8 * _FRESH):
        step = spread * rng.uniform(-1.0, 1.0, here.numbers.size)
        numbers = np.where(here.numbers, here.numbers * (1 + step), sizes * step)
        try:
            run, value, truth = true.at(numbers)
            finite = np.isfinite(value) and np.all(np.isfinite(truth))
        except Exception:
            finite = False
        if not finite:
            spread /= 2
            continue
        try:
            plain = ask(numbers).plain
        except Exception as problem:
            spread /= 2
            retries -= 1
            if not retries:
                return samples, type(problem).__name__
            continue
        samples.append(Sample(numbers, run, value, truth, plain, before))
        before = truth
        if len(samples) == _FRESH:
            break
    return samples, ""


def _sizes(numbers: np.ndarray, leaves: Sequence[Leaf]) -> np.ndarray:
    """How far a number moves that is 0: as its neighbours in the same array do."""
    sizes = np.ones(numbers.size)
    for leaf in leaves:
        near = np.abs(numbers[leaf.part])
        if near.any():
            sizes[leaf.part] = near[near > 0].mean()
    return sizes
