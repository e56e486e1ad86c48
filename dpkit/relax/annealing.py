"""From warm to cold, step by step."""

from __future__ import annotations

import numpy as np

from dpkit.relax.given import need_positive

__all__ = ["anneal"]


def anneal(start: float, end: float, steps: int) -> list[float]:
    """Temperatures from start to end, both included, each the same factor from the one before.

    Warm, a relaxation has slopes everywhere but a minimum in the wrong place; cold, the reverse.
    Going from one to the other, the minimum is followed while it can still be felt. Equal factors,
    because what a temperature resolves is a matter of scale.

        >>> anneal(1.0, 0.01, 3)
        [1.0, 0.1, 0.01]

    Raises ValueError if start or end is not positive, or steps is less than 1; TypeError if steps is
    no whole number.

    Source: Kirkpatrick, Gelatt & Vecchi, "Optimization by simulated annealing", Science 220, 1983.
    """
    need_positive("temperature to start from", start)
    need_positive("temperature to end with", end)
    if not isinstance(steps, (int, np.integer)) or isinstance(steps, bool):
        raise TypeError(f"The number of steps is a whole number, but steps={steps!r}.")
    if steps < 1:
        raise ValueError(f"There must be at least one temperature, but steps={steps}.")
    return [float(each) for each in np.geomspace(start, end, steps)]
