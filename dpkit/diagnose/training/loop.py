"""A training loop as a formula: the rule for the direction of its steps.

Gradient descent goes from state to state by

    w[k+1] = w[k] - rate * direction(k),    where direction(k) is the gradient of the loss at w[k].

A loop with a mistake goes in another direction, and that too can be written down (`Loop`); what it
leads to is computed by following it (`states`). `dpkit.diagnose.training.mistaken` has the formulas of
usual mistakes, and `dpkit.diagnose.training.solved` those with an unknown number in them, such as a
momentum.

The gradients come from `Slopes`, which remembers them. Nothing here knows whether they are the
gradients of dpkit or somebody else's.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from dpkit.diagnose.program import Program

__all__ = ["PLAIN", "Direction", "Loop", "Run", "Slopes", "States", "states"]

States = Sequence[np.ndarray]


class Slopes:
    """Values and gradients of a loss, each computed once.

    compute: takes the parameters, shape (n,), and the number of a batch; returns the loss and its
    gradient, shape (n,). Where it raises ArithmeticError or ValueError, both are nan.
    record: takes the same; returns the run of the loss, written down, or None.
    """

    def __init__(
        self,
        compute: Callable[[np.ndarray, int], tuple[float, np.ndarray]],
        record: Callable[[np.ndarray, int], Program | None] = lambda w, batch: None,
    ) -> None:
        self._compute, self.record = compute, record
        self._known: dict[tuple[bytes, int], tuple[float, np.ndarray]] = {}

    def both(self, w: np.ndarray, batch: int) -> tuple[float, np.ndarray]:
        """The loss, and its gradient of shape (n,)."""
        key = (w.tobytes(), batch)
        if key not in self._known:
            try:
                with np.errstate(all="ignore"):
                    self._known[key] = self._compute(w, batch)
            except (ArithmeticError, ValueError):
                self._known[key] = math.nan, np.full(w.shape, np.nan)
        return self._known[key]


@dataclass(frozen=True)
class Run:
    """What a loop was asked to do.

    start: shape (n,). rate: the learning rate. order: for each update the number of its batch.
    parts: the leaves of the parameters, each with its name and its place among the n numbers.
    batches: how many batches there are. examples: how many examples each of them has, if all have
    the same number, else 0.
    """

    start: np.ndarray
    rate: float
    order: tuple[int, ...]
    slopes: Slopes = field(repr=False)
    parts: tuple[tuple[str, slice], ...] = ()
    batches: int = 1
    examples: int = 0

    def slope(self, w: np.ndarray, k: int) -> np.ndarray:
        """The gradient at w of the batch that belongs to update k."""
        return self.slopes.both(w, self.order[k % len(self.order)])[1]


Direction = Callable[[Run, States], np.ndarray]
"""From the states so far, the newest last, to the direction of the next step."""


def _newest(run: Run, w: States) -> np.ndarray:
    return w[-1]


def _as_asked(asked: int) -> int:
    return asked


@dataclass(frozen=True)
class Loop:
    """A training loop, right or wrong.

    kind, sentence: as in `dpkit.catalogue`, and what to tell the person. rank: of loops that lead
    to the same numbers, the lowest is told first. direction: see above. updates: how many it makes
    if so many are asked for. shown: what it gives out as the newest state. also: kind and sentence
    of a further mistake that it contains.
    """

    kind: str
    sentence: str
    rank: float
    direction: Direction
    updates: Callable[[int], int] = _as_asked
    shown: Direction = _newest
    also: tuple[tuple[str, str], ...] = ()


def states(loop: Loop, run: Run) -> Iterator[np.ndarray]:
    """The states that the loop gives out, from the start on, each of shape (n,)."""
    w = [run.start]
    yield loop.shown(run, w)
    with np.errstate(all="ignore"):
        for _ in range(loop.updates(len(run.order))):
            w.append(w[-1] - run.rate * loop.direction(run, w))
            yield loop.shown(run, w)


PLAIN = Loop("correct", "", 0.0, lambda run, w: run.slope(w[-1], len(w) - 1))
