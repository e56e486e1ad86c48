"""Three names for ordinary tests: `from autograder.helpers import inout, rng, trainable`.

In a notebook they do nothing in particular. Where a test is marked, the student's code is in
another process, and the judge has its own in their place; see `autograder.remote`."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["inout", "rng", "trainable"]

rng = np.random.default_rng(20260101)
"""A generator of random numbers. When marking, its seed comes from the course's key: nobody can
foresee the numbers, and each student has others, the same at every marking."""


def inout(value: Any) -> Any:
    """`value`, an argument whose changes in place the test wants to see: `scale(inout(x))`."""
    return value


def trainable(module: Any) -> Any:
    """`module`, a `torch.nn.Module` whose parameters the test trains: `net = trainable(Net())`."""
    return module
