"""The losses that a training loop recorded: of which states are they?"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from dpkit.diagnose.training.loop import Loop, states
from dpkit.diagnose.training.trained import Seen

__all__ = ["wrong_losses"]


def wrong_losses(
    seen: Sequence[Seen], loop: Loop
) -> tuple[str, str, np.ndarray, np.ndarray] | None:
    """What is wrong with the losses that a loop recorded, or None if they are right.

    seen: its runs. loop: what it does otherwise.

    Returns the kind, the sentence, the losses of the first run, and what they should be.
    """
    records = [_Record(each, loop) for each in seen if each.losses is not None]
    if not records:
        return None
    kind, sentence = _explanation(records)
    if kind == "correct":
        return None
    return kind, sentence, records[0].losses, records[0].expected()


def _explanation(records: Sequence[_Record]) -> tuple[str, str]:
    for each in records:
        count, updates = len(each.losses), each.last
        if count not in (updates, updates + 1):
            return "shape", (
                f"one loss for each update makes {updates} losses, or {updates + 1} with that of "
                f"the last state; there are {count}"
            )
    for kind, sentence, formula in _RECORDS:
        if all(each.is_(formula) for each in records):
            return kind, sentence
    factors = [each.factor() for each in records]
    first = factors[0]
    if first and all(c and abs(c / first - 1) < 1e-6 for c in factors):
        kind = "sign" if abs(first + 1) < 1e-6 else "factor"
        return kind, f"the recorded losses are {first:.6g} times the loss"
    return "unknown", "the recorded losses are not those of the states that the loop went through"


class _Record:
    """The recorded losses of one run, and the states that they may belong to."""

    def __init__(self, seen: Seen, loop: Loop) -> None:
        assert seen.losses is not None
        self.losses, self.run, self.late = seen.losses, seen.run, seen.late
        self.states = list(states(loop, seen.run))
        self.tolerance = 1e-4 if seen.single else 1e-7
        self.last = len(self.states) - 1

    def value(self, state: int, batch: int) -> float:
        """The loss of a state, for a batch; both limited to those that there are."""
        order = self.run.order
        at = self.states[min(max(state, 0), self.last)]
        return self.run.slopes.both(at, order[min(max(batch, 0), len(order) - 1)])[0]

    def over_all(self, state: int) -> float:
        batches = range(len(self.run.order))
        return float(np.mean([self.value(state, b) for b in batches]))

    def is_(self, formula: Callable[[_Record, int], float]) -> bool:
        try:
            expected = np.array([formula(self, k) for k in range(len(self.losses))])
        except LookupError:
            return False
        scale = float(np.max(np.abs(expected), initial=0.0))
        return bool(np.all(np.abs(self.losses - expected) <= self.tolerance * scale + 1e-14))

    def expected(self) -> np.ndarray:
        return np.array([self.value(k, k) for k in range(len(self.losses))])

    def factor(self) -> float | None:
        """The factor by which all recorded losses differ from the right ones."""
        right = self.expected()
        c = float(self.losses @ right) / float(right @ right) if np.any(right) else 0.0
        near = np.abs(self.losses - c * right) <= self.tolerance * float(
            np.max(np.abs(self.losses))
        )
        return c if c and np.all(near) else None


def _together(record: _Record, k: int) -> float:
    """States and losses both recorded after each update: unusual, but consistent."""
    if not record.late:
        raise LookupError
    return record.value(k + 1, k)


def _after(record: _Record, k: int) -> float:
    if k + 1 > record.last:
        raise LookupError
    return record.value(k + 1, k)


def _other_batch(shift: int) -> Callable[[_Record, int], float]:
    return lambda record, k: record.value(k, (k + shift) % len(record.run.order))


_RECORDS: tuple[tuple[str, str, Callable[[_Record, int], float]], ...] = (
    ("correct", "", lambda record, k: record.value(k, k)),
    ("correct", "", lambda record, k: record.over_all(k)),
    ("correct", "", _together),
    (
        "late_evaluation",
        "each loss was recorded after the update instead of before it, so that it is not the loss "
        "whose gradient was used",
        _after,
    ),
    (
        "late_evaluation",
        "all the recorded losses are those of the last state",
        lambda record, k: record.value(record.last, k),
    ),
    (
        "stale",
        "the loss was computed once, at the start, and recorded again and again",
        lambda record, k: record.value(0, 0),
    ),
    (
        "stale",
        "all the recorded losses are those of the start",
        lambda record, k: record.value(0, k),
    ),
    (
        "stale",
        "each recorded loss is that of the step before",
        lambda record, k: record.value(k - 1, k),
    ),
    (
        "stale",
        "each recorded loss is that of the step before, with its batch",
        lambda record, k: record.value(k - 1, k - 1),
    ),
    (
        "stale",
        "all losses were recorded for the first batch",
        lambda record, k: record.value(k, 0),
    ),
    (
        "stale",
        "all losses were recorded for the last batch",
        lambda record, k: record.value(k, len(record.run.order) - 1),
    ),
    (
        "wrong_order",
        "each loss was recorded for the batch of the step after",
        _other_batch(1),
    ),
    (
        "wrong_order",
        "each loss was recorded for the batch of the step before",
        _other_batch(-1),
    ),
    (
        "accumulated",
        "each recorded loss is the sum of all losses so far",
        lambda record, k: sum(record.value(i, i) for i in range(k + 1)),
    ),
    (
        "averaged",
        "each recorded loss is the mean of all losses so far",
        lambda record, k: sum(record.value(i, i) for i in range(k + 1)) / (k + 1),
    ),
)
