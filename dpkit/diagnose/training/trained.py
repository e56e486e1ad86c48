"""What a training loop gave back: read, and compared with where some other loop leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dpkit.answers import flat
from dpkit.diagnose.training.loop import PLAIN, Loop, Run, states

__all__ = ["Answer", "Seen", "arrays", "last_of", "read", "shorter", "words"]


@dataclass(frozen=True)
class Seen:
    """One run of somebody's loop.

    states: what came back as the state after so many updates, shape (n,). updates: how many there
    were, if the answer shows it. apart: each state comes from a call of its own, which was asked for
    just so many updates. losses: what was recorded, or None. late: the first state in the list is
    the one after the first update.
    """

    run: Run
    states: dict[int, np.ndarray]
    updates: int | None = None
    apart: bool = False
    losses: np.ndarray | None = None
    late: bool = False

    def first(self) -> list[np.ndarray]:
        """The states from the start on that are known without a gap."""
        known = [self.run.start]
        while len(known) in self.states:
            known.append(self.states[len(known)])
        return known

    @property
    def last(self) -> np.ndarray:
        return self.states[max(self.states)]

    def finite(self) -> bool:
        return all(bool(np.all(np.isfinite(each))) for each in self.states.values())

    @property
    def single(self) -> bool:
        """Were all the states computed in float32?"""
        with np.errstate(over="ignore"):
            return all(np.array_equal(np.float32(w), w) for k, w in self.states.items() if k)

    def stands_still(self) -> bool:
        return all(np.array_equal(w, self.run.start) for w in self.states.values())

    def shows(self, loop: Loop, single: bool = False) -> bool:
        """Does this loop go through the states that came back?"""
        if self.apart:
            return all(
                self.near(last_of(states(loop, shorter(self.run, k))), given, single)
                for k, given in self.states.items()
            )
        asked = len(self.run.order)
        if self.updates is not None and self.updates != loop.updates(asked):
            return False
        if self.updates is None:
            return self.near(last_of(states(loop, self.run)), self.last, single)
        return all(
            k not in self.states or self.near(state, self.states[k], single)
            for k, state in enumerate(states(loop, self.run))
        )

    def near(self, state: np.ndarray, given: np.ndarray, single: bool = False) -> bool:
        """Relative to how far each parameter has moved, with a floor for those that hardly move and
        one for rounding. single: as near as numbers in float32 can be."""
        moved = np.abs(given - self.run.start)
        size = np.maximum(moved, 1e-3 * float(np.max(moved, initial=0.0)))
        tolerance, noise = (1e-4, 2e-6) if single else (1e-7, 1e-13)
        room = tolerance * size + noise * (np.abs(given) + np.abs(self.run.start))
        with np.errstate(all="ignore"):
            return bool(np.all(np.abs(state - given) <= room))

    def first_difference(self) -> tuple[int, float, float] | None:
        """After how many updates a parameter differs first from gradient descent, what it is, and
        what it would be."""
        for k, state in enumerate(states(PLAIN, self.run)):
            given = self.states.get(k)
            if given is not None and not self.near(state, given, self.single):
                worst = int(np.argmax(np.abs(state - given)))
                return k, float(given[worst]), float(state[worst])
        return None


def shorter(run: Run, updates: int) -> Run:
    """The same with fewer updates."""
    return replace(run, order=run.order[:updates])


def last_of(all_states: Iterator[np.ndarray]) -> np.ndarray:
    """The state at the end."""
    *_, last = all_states
    return last


def _like(x: Any, like: Any) -> np.ndarray | None:
    """The numbers of x, if it has the form of `like`; lists do for tuples and for arrays."""
    if isinstance(like, dict):
        if type(x) is not dict or set(x) != set(like):
            return None
        pairs = [(x[key], item) for key, item in like.items()]
    elif isinstance(like, (list, tuple)):
        if not _is_row(x) or len(x) != len(like):
            return None
        pairs = list(zip(x, like, strict=True))
    else:
        return flat(x) if _shape(x) == np.shape(like) else None
    parts = [_like(*pair) for pair in pairs]
    if any(part is None for part in parts):
        return None
    return np.concatenate([np.empty(0), *[part for part in parts if part is not None]])


def _is_row(x: Any) -> bool:
    """Can it hold several things, one after the other?"""
    return isinstance(x, (list, tuple)) or (isinstance(x, np.ndarray) and x.ndim > 0)


def _shape(x: Any) -> tuple[int, ...] | None:
    if flat(x) is None or isinstance(x, dict):
        return None
    try:
        return np.shape(x)
    except ValueError:  # lists of different lengths
        return None


@dataclass(frozen=True)
class Answer:
    """What a training loop returned.

    states: as flat arrays, shape (n,); listed: all of them, or else only the last. losses: shape
    (number of losses,), or None. raw: the states as they came.
    """

    states: list[np.ndarray]
    listed: bool
    losses: np.ndarray | None
    raw: list[Any]


def read(answer: Any, start: Any) -> Answer | None:
    """Understand what train returned; None if it has no form that we know."""

    def parameters(x: Any) -> Answer | None:
        last = _like(x, start)
        if last is not None:
            return Answer([last], False, None, [x])
        if not _is_row(x) or not len(x):
            return None
        every = [_like(each, start) for each in x]
        if any(each is None for each in every):
            return None
        return Answer([each for each in every if each is not None], True, None, list(x))

    def pair(x: Any) -> Answer | None:
        if not isinstance(x, (list, tuple)) or len(x) != 2 or not _is_row(x[1]):
            return None
        found, losses = parameters(x[0]), flat(x[1])
        if found is None or losses is None or losses.size != len(x[1]):
            return None
        return replace(found, losses=losses)

    alone = parameters(answer)
    if alone is not None and (isinstance(answer, list) or not alone.listed):
        return alone
    return pair(answer) or alone


def arrays(state: Any) -> Iterator[np.ndarray]:
    """The leaves of a state."""
    if isinstance(state, dict):
        state = list(state.values())
    if isinstance(state, (list, tuple)):
        for each in state:
            yield from arrays(each)
    else:
        yield state if isinstance(state, np.ndarray) else np.array(state)


def words(x: Any) -> str:
    """The form of an answer, in words."""
    if isinstance(x, np.ndarray):
        return f"an array of shape {x.shape}"
    if isinstance(x, dict):
        return f"a dict with the keys {list(x)}"
    if isinstance(x, (list, tuple)):
        return f"a {type(x).__name__} of {len(x)}"
    return "a number"
