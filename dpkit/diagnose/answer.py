"""The true gradient and somebody's, at one point."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from dpkit.diagnose.noise import rounding
from dpkit.diagnose.program import Program

__all__ = ["Answer"]

_TOLERANCE, _SINGLE_TOLERANCE = 1e-7, 3e-5
_A_FEW = 500
_TOO_LONG = 3000  # rows of a program; then measuring its noise would take longer than all the rest


@dataclass(frozen=True)
class Answer:
    """The true gradient and the one that was given, both as flat arrays of the same length.

    run: the program at this point, or None if it could not be written down. value: of f.
    single: whether no more than the digits of float32 can be expected.
    """

    run: Program | None
    value: float
    truth: np.ndarray
    given: np.ndarray
    single: bool = False

    def agrees(
        self,
        other: np.ndarray,
        tolerance: float = _TOLERANCE,
        part: slice | np.ndarray = slice(None),  # noqa: B008
    ) -> np.ndarray:
        """Component by component: is `other`, of shape (n,) or (n, many), what was given?

        Relative to the component, with a floor where rounding drowns it (`dpkit.diagnose.noise`).
        What is given may itself be near the truth; then `other` must be a hundred times nearer.
        part: compare only these components; then `other` has only these.
        """
        if self.single:
            tolerance = max(tolerance, _SINGLE_TOLERANCE)
        given, off = self.given[part], self._off[part]
        if other.ndim == 2:
            given, off = given[:, None], off[:, None]
        with np.errstate(all="ignore"):
            # What is infinite is near nothing but itself.
            allowed = tolerance * np.where(np.isfinite(given), np.abs(given), 0.0)
            allowed = np.where(off <= allowed, allowed, np.minimum(allowed, 0.01 * off))
            # Equality is for infinite slopes, whose difference is not a number.
            distance = np.abs(other - given)
            near = (other == given) | (distance <= allowed)
            if near.all():
                return near
            noise = self.noise[part]
            return near | (distance <= (noise if other.ndim == 1 else noise[:, None]))

    def is_like(self, other: np.ndarray, part: slice | np.ndarray = slice(None)) -> bool:  # noqa: B008
        """Is `other`, of shape (n,), what was given, in all components of the part?

        Of long gradients a few components are looked at first: most that is wrong is wrong there.
        """
        places = np.arange(len(self.given))[part]
        if len(places) > 10 * _A_FEW:
            few = np.linspace(0, len(places) - 1, _A_FEW).astype(int)
            if not np.all(self.agrees(other[few], part=places[few])):
                return False
        return bool(np.all(self.agrees(other, part=part)))

    @cached_property
    def _off(self) -> np.ndarray:
        with np.errstate(all="ignore"):
            return np.abs(self.given - self.truth)

    @cached_property
    def noise(self) -> np.ndarray:
        """How far rounding may go in each component."""
        finite = np.where(np.isfinite(self.truth), np.abs(self.truth), 0.0)
        epsilon = float(np.finfo(np.float32 if self.single else np.float64).eps)
        if self.run is None or len(self.run.rows) > _TOO_LONG:
            return np.full(self.truth.shape, 64 * epsilon * np.max(finite, initial=0.0))
        return rounding(self.run, self.single) + epsilon * finite
