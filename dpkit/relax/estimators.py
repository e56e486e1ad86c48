"""The slope of an expectation, from samples: two ways.

How does E[f(x)] change with θ, if x is drawn from a distribution that depends on θ? The derivative
of f at the samples does not say: it is the dice that change.

*By the score* (`score_function`): samples stay where they are, and become more or less likely:

    d/dθ E[f(x)] = E[f(x) · d/dθ log p(x; θ)].

f may be anything, a game or a black box, with jumps. It is never differentiated, and so every
sample learns only how good it was, not in which direction to go: this varies widely.

*By the path* (`reparameterize`): the chances stay as they are, and the samples move:

    d/dθ E[f(x)] = E[d/dθ f(path(ε, θ))],      x = path(ε, θ), ε from a fixed distribution.

This usually varies far less. But f must be continuous: what jumps contribute is missing, however
many samples are taken. For x ~ Normal(θ, 1) and f(x) = x², where the derivative is 2θ, a single
sample's estimate has the variance 4 by the path and θ⁴ + 14θ² + 15 by the score.

Both are unbiased where they hold. Source: Mohamed, Rosca, Figurnov & Mnih, "Monte Carlo gradient
estimation in machine learning", Journal of Machine Learning Research 21, 2020.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from dpkit.arrays import mean, reshape
from dpkit.arrays import sum as total
from dpkit.arrays.axes import as_array
from dpkit.backends import Number, is_array, is_torch, shape_of
from dpkit.box import plain
from dpkit.functions import sqrt, square
from dpkit.jacobians import jacfwd
from dpkit.relax.given import alike, constant, need_generator, values_of

__all__ = ["Estimate", "reparameterize", "score_function"]


class Estimate(NamedTuple):
    """A derivative that was estimated from samples.

    gradient: the mean over the samples, in the shape of θ.
    standard_error: how far it is from the truth, typically; in the same shape. It falls as 1/√n.
    variance: of the estimate from a single sample, by which ways of estimating are compared.
    """

    gradient: Any
    standard_error: Any
    variance: Any


def score_function(
    f: Callable[[Any], Any],
    distribution: Callable[[Any], Any],
    theta: Any,
    rng: Any,
    n: int = 1000,
    baseline: Any = None,
) -> Estimate:
    """The derivative of E[f(x)] by θ, by the score. Also called REINFORCE.

    f: takes n samples (n, …) at once and returns one number for each, (n,). It need not be
        differentiable, nor even continuous.
    distribution: θ ↦ the distribution of x, such as ``lambda theta: relax.Normal(theta, 1.0)``. The
        density must be differentiable by θ, and what is possible must not depend on θ.
    theta: a number or an array.
    rng: np.random.default_rng(seed).
    baseline: a number that is subtracted from f, such as a guess of its mean. It changes the variance
        but not the mean, as long as it does not depend on the sample. "mean" takes for each
        sample the mean of f over the others.

    Costs one run of the density in dual numbers for each number in theta.

    Raises ValueError if n is less than 2 or f returns another shape, TypeError if an argument is of
    the wrong kind.

    Sources: Glynn, "Likelihood ratio gradient estimation for stochastic systems", Communications of
    the ACM 33, 1990; Williams, "Simple statistical gradient-following algorithms for connectionist
    reinforcement learning", Machine Learning 8, 1992; for the mean of the others, Kool, van Hoof &
    Welling, "Buy 4 REINFORCE samples, get a baseline for free!", ICLR workshop, 2019.
    """
    theta = _checked(f, distribution, theta, rng, n)
    drawn = _made(distribution, theta, ("sample", "log_prob"), "score_function").sample(rng, n)
    values = constant(_per_sample(f(drawn), n, "f"))
    if isinstance(baseline, str) and baseline == "mean":
        values = (values - mean(values)) * (n / (n - 1))  # the same as leaving each one out
    elif baseline is not None:
        values = values - _one_number(baseline)

    def log_density(theta: Any) -> Any:
        return _per_sample(distribution(theta).log_prob(drawn), n, "log_prob")

    scores = jacfwd(log_density)(theta)
    return _estimate(reshape(values, (n, *[1] * len(shape_of(theta)))) * scores, n)


def reparameterize(
    f: Callable[[Any], Any],
    distribution: Callable[[Any], Any],
    theta: Any,
    rng: Any,
    n: int = 1000,
) -> Estimate:
    """The derivative of E[f(x)] by θ, by the path from noise to samples.

    f: takes n samples (n, …) at once and returns one number for each, (n,), with operators and dp
        functions. It must be continuous, or the estimate is biased: jumps are not seen.
    distribution: θ ↦ the distribution of x, which needs ``noise`` and ``from_noise``, as
        ``relax.Normal`` has them.
    theta, rng: as in `score_function`.

    Costs one run of f in dual numbers for each number in theta.

    Raises ValueError if n is less than 2 or f returns another shape, TypeError if an argument is of
    the wrong kind, or the distribution has no path.

    Source: Kingma & Welling, "Auto-encoding variational Bayes", ICLR 2014.
    """
    theta = _checked(f, distribution, theta, rng, n)
    noise = _made(distribution, theta, ("noise", "from_noise"), "reparameterize").noise(rng, n)

    def along_the_path(theta: Any) -> Any:
        return _per_sample(f(distribution(theta).from_noise(noise)), n, "f")

    along_the_path.__name__ = getattr(f, "__name__", "f")  # for messages
    return _estimate(jacfwd(along_the_path)(theta), n)


def _estimate(each: Any, n: int) -> Estimate:
    """Mean, standard error and variance over the first axis."""
    gradient = mean(each, 0)
    variance = total(square(each - gradient), 0) / (n - 1.0)
    return Estimate(gradient, sqrt(variance / float(n)), variance)


def _checked(f: Any, distribution: Any, theta: Any, rng: Any, n: Any) -> Any:
    """theta as an array without derivative, after a look at the arguments."""
    for what, given in (("f", f), ("distribution", distribution)):
        if not callable(given):
            raise TypeError(
                f"{what} must be a function, but is {given!r}. (f takes samples; distribution takes "
                "theta, as in lambda theta: relax.Normal(theta, 1.0).)"
            )
    need_generator(rng)
    if not isinstance(n, (int, np.integer)) or isinstance(n, bool) or n < 2:
        raise ValueError(f"A spread needs a whole number of samples from 2, but n={n!r}.")
    if isinstance(theta, (dict, list, tuple)):
        raise TypeError(
            f"theta is one number or one array, but a {type(theta).__name__} was given. Several "
            "parameters go into one array, and are taken apart in distribution."
        )
    if isinstance(theta, Number) and theta.level > 0:  # type: ignore[attr-defined]
        raise TypeError(
            "theta has a derivative that a transform around the estimate wants, but an estimate is "
            "not differentiated itself. dp.stop_gradient(theta) makes a constant of it."
        )
    theta = constant(plain(as_array(theta)))
    return theta if is_torch(theta) else alike(values_of(theta), theta)


def _made(distribution: Any, theta: Any, methods: tuple[str, ...], way: str) -> Any:
    found = distribution(theta)
    missing = [name for name in methods if not hasattr(found, name)]
    if missing:
        kind = type(found).__name__
        hint = (
            "A sample that jumps has no path: relax.score_function does without, and "
            "relax.gumbel_softmax softens the choice."
            if way == "reparameterize"
            else "distribution takes theta and returns one, such as relax.Normal(theta, 1.0)."
        )
        raise TypeError(
            f"relax.{way} asks a distribution for {missing[0]}, but {kind} has none. {hint}"
        )
    return found


def _per_sample(values: Any, n: int, what: str) -> Any:
    if not (isinstance(values, Number) or is_array(values)) or shape_of(values) != (n,):
        kind = type(values).__name__
        shape = f"the shape {shape_of(values)}" if hasattr(values, "shape") else f"a {kind}"
        raise ValueError(
            f"{what} takes {n} samples at once and returns one number for each, an array of shape "
            f"({n},), but it returned {shape}."
        )
    return values


def _one_number(baseline: Any) -> Any:
    if isinstance(baseline, str) or shape_of(as_array(baseline)):
        raise TypeError(f'The baseline is one number, "mean" or None, but {baseline!r} was given.')
    return baseline
