"""Dice that depend on parameters.

Each distribution has

* ``sample(rng, n)``: n samples, of shape (n, …), without derivative;
* ``log_prob(x)``: the logarithm of the probability (density) of each sample in x, of shape (n,), as
  a function of the parameters. Where the parameters are arrays, a sample is an array of independent
  numbers, and their logarithms are added up.

`Normal` also knows the way from noise that no parameter touches to a sample,

* ``noise(rng, n)`` and ``from_noise(noise)``; ``rsample(rng, n)`` does both,

along which a sample has a derivative. A `Bernoulli` or `Categorical` sample jumps as its parameters
move: there is no such way.

A distribution of your own needs no base class, only these methods.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dpkit.arrays import expand_dims, log_softmax
from dpkit.arrays import sum as total
from dpkit.arrays.axes import as_array
from dpkit.backends import shape_of
from dpkit.functions import log, square
from dpkit.relax.given import alike, constant, need_generator, number_or_array, values_of

__all__ = ["Bernoulli", "Categorical", "Normal"]


class Normal:
    """Independent normal numbers.

    mean, scale: numbers or arrays that broadcast together; scale is the standard deviation.

    Raises ValueError if a scale is not positive or the shapes do not fit.
    """

    def __init__(self, mean: Any, scale: Any) -> None:
        self.mean, self.scale = number_or_array(mean), number_or_array(scale)
        try:
            self.shape = np.broadcast_shapes(shape_of(self.mean), shape_of(self.scale))
        except ValueError:
            raise ValueError(
                f"Each mean needs a scale, but the shapes are {shape_of(self.mean)} and "
                f"{shape_of(self.scale)}."
            ) from None
        scales = values_of(self.scale)
        if not np.all(scales > 0):
            raise ValueError(
                f"The scale of a normal distribution is positive, but {_first(scales, scales <= 0)} "
                "was given. The scale dp.exp(theta) is positive for any theta."
            )

    def noise(self, rng: Any, n: int) -> Any:
        """Standard normal numbers, of shape (n, …)."""
        return alike(rng.standard_normal(_size(rng, n, self.shape)), self.mean, self.scale)

    def from_noise(self, noise: Any) -> Any:
        """The samples that belong to this noise: ``mean + scale · noise``."""
        return self.mean + self.scale * noise

    def rsample(self, rng: Any, n: int) -> Any:
        """n samples that move as the parameters do, of shape (n, …)."""
        return self.from_noise(self.noise(rng, n))

    def sample(self, rng: Any, n: int) -> Any:
        """n samples, of shape (n, …)."""
        return constant(self.rsample(rng, n))

    def log_prob(self, x: Any) -> Any:
        """The logarithm of the density at each of n samples (n, …); of shape (n,)."""
        x = _samples(x, self.shape)
        off = (x - self.mean) / self.scale
        return _added(-square(off) / 2 - log(self.scale) - math.log(2 * math.pi) / 2)


class Bernoulli:
    """Independent coins: 1 with probability p, otherwise 0.

    p: a number or an array, each strictly between 0 and 1, or ValueError is raised.
    """

    def __init__(self, p: Any) -> None:
        self.p = number_or_array(p)
        self.shape = shape_of(self.p)
        found = values_of(self.p)
        inside = (found > 0) & (found < 1)
        if not np.all(inside):
            raise ValueError(
                f"A probability lies strictly between 0 and 1, but {_first(found, ~inside)} was "
                "given. dp.sigmoid(theta) does so for any moderate theta."
            )

    def sample(self, rng: Any, n: int) -> Any:
        """n samples of 0s and 1s, of shape (n, …)."""
        thrown = rng.random(_size(rng, n, self.shape)) < values_of(self.p)
        return alike(thrown.astype(float), self.p)

    def log_prob(self, x: Any) -> Any:
        """The logarithm of the probability of each of n samples (n, …); of shape (n,)."""
        x = _samples(x, self.shape)
        return _added(x * log(self.p) + (1.0 - x) * log(1.0 - self.p))


class Categorical:
    """Independent dice: k with the probability ``softmax(logits)[k]``.

    logits: an array (…, k). A sample is an array (…,) of whole numbers from 0 to k-1.

    Raises ValueError if there is nothing to choose from, or a logit is not finite.
    """

    def __init__(self, logits: Any) -> None:
        self.logits = as_array(logits)
        shape = shape_of(self.logits)
        if not shape or not shape[-1]:
            raise ValueError(
                f"The logits have one number for each side, (…, k), but their shape is {shape}."
            )
        self.shape, self.sides = shape[:-1], shape[-1]
        found = values_of(self.logits)
        if not np.all(np.isfinite(found)):
            raise ValueError(
                f"Logits are finite, but {_first(found, ~np.isfinite(found))} was given."
            )

    def sample(self, rng: Any, n: int) -> np.ndarray:
        """n samples as a numpy array of whole numbers, of shape (n, …).

        The largest of the logits wins, after Gumbel noise is added (see `dpkit.relax.gumbel`).
        """
        lots = rng.gumbel(size=_size(rng, n, (*self.shape, self.sides)))
        return np.argmax(values_of(self.logits) + lots, axis=-1)

    def log_prob(self, x: Any) -> Any:
        """The logarithm of the probability of each of n samples (n, …); of shape (n,)."""
        found = values_of(_samples(x, self.shape))
        wrong = ~np.isin(found, np.arange(self.sides))
        if np.any(wrong):
            raise ValueError(
                f"The sides are numbered 0 to {self.sides - 1}, but a sample is "
                f"{_first(found, wrong)}."
            )
        chosen = found[..., None] == np.arange(self.sides)
        return _added(total(alike(chosen.astype(float), self.logits) * self._logs(), -1))

    def _logs(self) -> Any:
        return expand_dims(log_softmax(self.logits), 0)


def _size(rng: Any, n: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    need_generator(rng)
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 1:
        raise ValueError(f"The number of samples is a whole number from 1, but n={n!r}.")
    return (int(n), *shape)


def _samples(x: Any, shape: tuple[int, ...]) -> Any:
    """x, if it holds samples of this shape."""
    x = as_array(x)
    if len(shape_of(x)) < 1 or shape_of(x)[1:] != shape:
        wanted = ", ".join(map(str, ("n", *shape)))
        raise ValueError(
            f"The samples of this distribution have the shape ({wanted}{',' * (not shape)}), but an "
            f"array of shape {shape_of(x)} was given."
        )
    return x


def _added(logs: Any) -> Any:
    """The sum over all axes but the first."""
    return total(logs, tuple(range(1, len(shape_of(logs)))))


def _first(values: np.ndarray, wrong: Any) -> str:
    return f"{np.ravel(values)[np.ravel(wrong)][0]:g}" if np.any(wrong) else "nan"
