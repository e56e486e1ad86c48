"""Branches and corners: if-else and the absolute value, rounded off.

A derivative through an if is that of the branch taken. It knows nothing of the other, nor of the
jump between them, and so it may point the wrong way. Here both branches are computed and mixed, in
shares that depend on how far the condition is from changing: the jump becomes a slope.
"""

from __future__ import annotations

from typing import Any

from dpkit.arrays import clip
from dpkit.functions import sigmoid
from dpkit.relax.given import need_positive, number_or_array

__all__ = ["huber", "soft_if", "soft_step"]


def soft_step(x: Any, temperature: Any = 1.0) -> Any:
    """How true ``x > 0`` is, from 0 to 1: ``sigmoid(x / temperature)``.

    Stands for the step, 1 where x > 0 and 0 elsewhere, which it becomes as the temperature goes to
    0 (at x = 0 it is ½). It is the probability that x + temperature · ε > 0 for a random ε from the
    logistic distribution. The error is ½ at the step, and exp(-|x| / temperature) far from it.

    x: a number, or an array of any shape; the result has the same.

    Raises ValueError if the temperature is not positive.
    """
    need_positive("temperature", temperature)
    return sigmoid(number_or_array(x) / temperature)


def soft_if(margin: Any, yes: Any, no: Any, temperature: Any = 1.0) -> Any:
    """`yes` as far as the margin is positive, otherwise `no`: a mean by shares.

    Stands for ``yes if margin > 0 else no``, which it becomes as the temperature goes to 0. The
    derivative has the branches' own, by shares, and (yes - no) · slope of the step: what the jump
    contributes. Near the step the value lies between the branches, where the program never was.

    The program  b = 0 if a > 0.5 else 2 · a  jumps down from 1 to 0, but its derivative along the
    branch taken at 0.5 is +2. Softened, it falls:

        >>> import dpkit as dp
        >>> b = lambda a: soft_if(0.5 - a, 2 * a, 0.0, temperature=1 / 16)
        >>> print(dp.grad(b)(0.5))
        -3.0

    margin: how far the condition is from changing, such as a - 0.5 for ``a > 0.5``, in the unit of
    the temperature. yes, no: numbers or arrays that broadcast with it. Both are computed, so both
    must be finite: a share of 0 does not undo an infinity.

    Raises ValueError if the temperature is not positive.

    Source: Chaudhuri & Solar-Lezama, "Smooth interpretation", Programming Language Design and
    Implementation, 2010.
    """
    need_positive("temperature", temperature)
    sure = number_or_array(margin) / temperature
    return sigmoid(sure) * number_or_array(yes) + sigmoid(-sure) * number_or_array(no)


def huber(x: Any, delta: Any = 1.0) -> Any:
    """The absolute value with a round bottom, times delta: x²/2 where |x| ≤ delta, straight beyond.

    Stands for delta · |x|; ``huber(x, delta) / delta`` becomes |x| as delta goes to 0, and is below
    it by at most delta/2. For a large delta it is the square x²/2. The slope is x, held between
    -delta and delta, so far outliers pull no harder than near ones.

    x: a number, or an array of any shape; the result has the same.

    Raises ValueError if delta is not positive.

    Source: Huber, "Robust estimation of a location parameter", Annals of Mathematical Statistics
    35, 1964.
    """
    need_positive("delta", delta)
    x = number_or_array(x)
    held = clip(x, -delta, delta)
    return held * (x - held / 2)
