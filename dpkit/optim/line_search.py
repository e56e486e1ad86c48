"""How far to go along a direction: a step that satisfies the strong Wolfe conditions.

    φ(a) ≤ φ(0) + c₁ a φ'(0)        it goes down enough
    |φ'(a)| ≤ c₂ |φ'(0)|            and far enough: the slope has become flat

Algorithms 3.5 and 3.6 of Nocedal & Wright, *Numerical Optimization* (2006), with the cubic of their
equation 3.59.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

__all__ = ["Point", "strong_wolfe"]


@dataclass(frozen=True)
class Point:
    """A step and what is there: φ and φ'."""

    step: float
    value: float
    slope: float


def strong_wolfe(
    phi: Callable[[float], tuple[float, float]],
    start: Point,
    first: float = 1.0,
    *,
    c1: float = 1e-4,
    c2: float = 0.9,
    tries: int = 25,
) -> Point | None:
    """A point that satisfies both conditions; the lowest that was seen if none was found in time,
    and None if nothing lower than `start` was.

    Args:
        phi: a → (φ(a), φ'(a)).
        start: the point at 0; its slope is negative.
        first: the step to try first.
    """
    best: Point | None = None
    left = tries

    def look(step: float) -> Point:
        nonlocal best, left
        left -= 1
        point = Point(step, *phi(step))
        if point.value < (best or start).value:
            best = point
        return point

    def low_enough(point: Point) -> bool:
        return point.value <= start.value + c1 * point.step * start.slope

    def flat_enough(point: Point) -> bool:
        return abs(point.slope) <= -c2 * start.slope

    before, step = start, first
    while left > 0:
        here = look(step)
        if not low_enough(here) or (before.step > 0 and here.value >= before.value):
            low, high = before, here
            break
        if flat_enough(here):
            return here
        if here.slope >= 0:
            low, high = here, before
            break
        before, step = here, min(10 * here.step, max(1.5 * here.step, _cubic(before, here)))
    else:
        return best
    while left > 0:  # a good step lies between low and high; low is the lowest that is low enough
        width = high.step - low.step
        step = _cubic(low, high)
        if not 0.1 <= (step - low.step) / width <= 0.9:
            step = low.step + width / 2
        here = look(step)
        if not low_enough(here) or here.value >= low.value:
            high = here
        else:
            if flat_enough(here):
                return here
            if here.slope * width >= 0:
                high = low
            low = here
        if abs(high.step - low.step) <= 1e-12 * max(1.0, low.step):
            break
    return best


def _cubic(a: Point, b: Point) -> float:
    """Where the cubic through both points with both slopes is lowest; the middle where it is not."""
    if a.step == b.step or not all(map(math.isfinite, (b.value, b.slope))):
        return (a.step + b.step) / 2
    d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    square = d1 * d1 - a.slope * b.slope
    if square < 0:
        return (a.step + b.step) / 2
    d2 = math.copysign(math.sqrt(square), b.step - a.step)
    below = b.slope - a.slope + 2 * d2
    if below == 0:
        return (a.step + b.step) / 2
    return b.step - (b.step - a.step) * (b.slope + d2 - d1) / below
