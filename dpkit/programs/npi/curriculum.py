"""Which frames to learn from next: those that are not known yet.

Drawn evenly, frames teach what is common. In addition, one frame of ten thousand says that the sum is
finished when every row is blank; a network that misses it adds for ever. So frames are drawn by how
wrong they are.

The idea is the adaptive curriculum of Reed & de Freitas (2016, section 3.2). With them *programs*
compete: the one with the largest mean error is taught most. Here *frames* compete, within their program,
and each program has a fixed share of every batch. Otherwise programs with many frames would starve those
with few: of sums of three digits, ADD has 4,915 and ADD1 241.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

__all__ = ["AdaptiveCurriculum"]


class AdaptiveCurriculum:
    """Draws frames, hard ones more often.

    programs: of each frame, the number of its program; (n,).
    shares: of a batch, for each program's number; those that are not named share evenly what is left
        (all of it, where none is named).

    A frame is drawn in proportion to its loss plus the mean loss of its program: half of the draws go
    to what is wrong, half to all alike, so that what is known is not forgotten.
    """

    def __init__(
        self, programs: np.ndarray, shares: Mapping[int, float] | None = None, *,
        rng: np.random.Generator | int = 0,
    ) -> None:  # fmt: skip
        self.rng = np.random.default_rng(rng)
        present = sorted(set(np.asarray(programs).tolist()))
        named = {k: share for k, share in (shares or {}).items() if k in present}
        others = [k for k in present if k not in named]
        left = max(0.0, 1.0 - sum(named.values()))
        given = {**named, **{k: left / len(others) for k in others}}
        self.members = [np.flatnonzero(programs == k) for k in present]
        self.shares = np.array([given[k] for k in present])
        if not self.shares.sum() > 0 or self.shares.min() < 0:
            raise ValueError(f"The shares of programs must be positive, but they are {given}.")
        self.shares /= self.shares.sum()
        self.update(np.ones(len(programs)))

    def update(self, losses: np.ndarray) -> None:
        """Take the losses (n,) of all frames, as they are now."""
        of_each = [losses[frames].astype(float) + 1e-9 for frames in self.members]
        self.chances = [np.cumsum(each + each.mean()) for each in of_each]

    def draw(self, count: int) -> np.ndarray:
        """The numbers of `count` frames."""
        each = self.rng.multinomial(count, self.shares)
        drawn = [
            frames[np.searchsorted(chances, self.rng.uniform(0, chances[-1], k))]
            for frames, chances, k in zip(self.members, self.chances, each, strict=True)
        ]
        return np.concatenate(drawn)
