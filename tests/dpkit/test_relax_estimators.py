"""Random choices and the slopes of expectations: z-tests against exact means and variances.

Every seed is fixed, so a test always gives the same answer. The margin is four standard deviations,
which an honest estimator exceeds for one seed in 16,000.
"""

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import dpkit as dp
from dpkit import relax

torch = pytest.importorskip("torch")
some = settings(max_examples=40, deadline=None)

Z = 4.0


def unit_normal(theta):
    return relax.Normal(theta, 1.0)


def normal_moments(term, theta):
    """Mean, variance and fourth central moment of term(x) for x ~ Normal(theta, 1).

    By Gauss-Hermite quadrature, which is exact for polynomials of a degree up to 59.
    """
    nodes, weights = np.polynomial.hermite_e.hermegauss(30)
    weights = weights / weights.sum()
    values = term(theta + nodes)
    mean = weights @ values
    return mean, weights @ (values - mean) ** 2, weights @ (values - mean) ** 4


def agrees(estimate, moments, n):
    mean, variance, fourth = moments
    close = abs(estimate.gradient - mean) < Z * math.sqrt(variance / n)
    spread = math.sqrt((fourth - variance**2) / n)  # of the variance of a sample of n
    return close and abs(estimate.variance - variance) < Z * spread + 1e-9


# ------------------------------------------------------------------------------------------------
# E[x²] for x ~ Normal(θ, 1), whose derivative is 2θ


@pytest.mark.parametrize(("baseline", "published"), [(0.0, 29.8), (2.0, 17.9), (4.0, None)])
def test_the_variance_by_the_score(baseline, published):
    """At θ = 1: 30, and 18 with the mean of f as baseline; the best baseline, θ² + 3, gives 14."""
    n, c = 100_000, 1.0 - baseline
    moments = normal_moments(lambda x: (x**2 - baseline) * (x - 1), 1.0)
    assert math.isclose(moments[0], 2.0)
    assert math.isclose(moments[1], c**2 + 6 * c + 15 + 12 - 4)  # by hand, from E[ε⁴], E[ε⁶]
    assert published is None or math.isclose(moments[1], published, rel_tol=0.01)
    rng = np.random.default_rng(11)
    found = relax.score_function(lambda x: x**2, unit_normal, 1.0, rng, n, baseline or None)
    assert agrees(found, moments, n)
    assert math.isclose(found.standard_error, math.sqrt(found.variance / n))


@pytest.mark.parametrize("theta", [1.0, -0.6])
def test_the_variance_by_the_path_is_four(theta):
    n = 50_000
    moments = normal_moments(lambda x: 2 * x, theta)
    assert math.isclose(moments[0], 2 * theta) and math.isclose(moments[1], 4.0)
    rng = np.random.default_rng(12)
    assert agrees(relax.reparameterize(lambda x: x**2, unit_normal, theta, rng, n), moments, n)


def test_the_formula_of_the_docstring():
    for theta in (0.0, 0.7, 2.0):
        _, variance, _ = normal_moments(lambda x, theta=theta: x**2 * (x - theta), theta)
        assert math.isclose(variance, theta**4 + 14 * theta**2 + 15)


def test_the_mean_of_the_others_as_baseline():
    n = 100_000
    moments = normal_moments(lambda x: (x**2 - 2) * (x - 1), 1.0)
    rng = np.random.default_rng(13)
    found = relax.score_function(lambda x: x**2, unit_normal, 1.0, rng, n, "mean")
    assert abs(found.gradient - 2.0) < Z * math.sqrt(moments[1] / n)
    assert math.isclose(found.variance, 18.0, rel_tol=0.05)


def test_the_mean_of_the_others_is_unbiased_for_three_samples():
    """The mean of all three would shrink the estimate to two thirds."""
    rng = np.random.default_rng(14)
    found = [
        relax.score_function(lambda x: x**2, unit_normal, 1.0, rng, 3, "mean").gradient
        for _ in range(1200)
    ]
    error = np.std(found) / math.sqrt(len(found))
    assert abs(np.mean(found) - 2.0) < Z * error
    assert abs(np.mean(found) - 4 / 3) > Z * error


@pytest.mark.parametrize("way", [relax.score_function, relax.reparameterize])
def test_standard_errors_are_honest(way):
    rng, repeats = np.random.default_rng(15), 400
    found = [way(lambda x: dp.sin(x), unit_normal, 0.4, rng, 200) for _ in range(repeats)]
    truth = math.exp(-0.5) * math.cos(0.4)  # E[sin x] = exp(-1/2) sin θ
    scores = np.array([(each.gradient - truth) / each.standard_error for each in found])
    assert abs(scores.mean()) < Z / math.sqrt(repeats)
    assert abs(scores.std() - 1) < Z / math.sqrt(2 * repeats)


# ------------------------------------------------------------------------------------------------
# Several parameters, other distributions, other libraries

WEIGHTS = np.array([0.5, -1.5, 2.0])


def both(theta):
    """Three normal numbers, with means and logarithms of scales in the rows of theta."""
    return relax.Normal(theta[0], dp.exp(theta[1]))


@pytest.mark.parametrize("on_torch", [False, True])
@pytest.mark.parametrize("way", [relax.score_function, relax.reparameterize])
def test_means_and_scales_at_once(way, on_torch):
    theta = np.array([[0.3, -1.0, 0.8], [-0.5, 0.1, 0.2]])
    truth = 2 * WEIGHTS * np.stack([theta[0], np.exp(2 * theta[1])])  # of Σ w (m² + s²)
    weights = torch.tensor(WEIGHTS) if on_torch else WEIGHTS
    given = torch.tensor(theta) if on_torch else theta
    rng = np.random.default_rng(16)
    found = way(lambda x: dp.sum(weights * x**2, 1), both, given, rng, 40_000)
    assert torch.is_tensor(found.gradient) == on_torch
    scores = (np.asarray(found.gradient) - truth) / np.asarray(found.standard_error)
    assert scores.shape == (2, 3)
    assert np.all(np.abs(scores) < Z)
    assert np.all(np.asarray(found.standard_error) < 0.2)


def test_a_coin_and_a_die():
    rng, n = np.random.default_rng(17), 50_000
    coin = relax.score_function(lambda x: 5 * x - 1, relax.Bernoulli, 0.3, rng, n)
    assert abs(coin.gradient - 5.0) < Z * coin.standard_error  # f(1) - f(0)
    assert coin.standard_error < 0.1
    logits, pays = np.array([0.2, -1.0, 0.9]), np.array([3.0, 10.0, -2.0])
    p = np.exp(logits) / np.exp(logits).sum()
    die = relax.score_function(lambda x: pays[x], relax.Categorical, logits, rng, n)
    scores = (die.gradient - p * (pays - p @ pays)) / die.standard_error
    assert np.all(np.abs(scores) < Z) and np.all(die.standard_error < 0.1)


def test_a_distribution_of_ones_own():
    """The exponential distribution, with θ the rate: E[x] = 1/θ."""

    class Exponential:
        def __init__(self, rate):
            self.rate = rate

        def sample(self, rng, n):
            return rng.exponential(size=n) / float(dp.stop_gradient(self.rate).item())

        def log_prob(self, x):
            return dp.log(self.rate) - self.rate * x

    rng = np.random.default_rng(18)
    found = relax.score_function(lambda x: x, Exponential, 2.0, rng, 50_000)
    assert abs(found.gradient + 1 / 4) < Z * found.standard_error
    assert found.standard_error < 0.01


def test_one_precision_in_the_same_out():
    theta = np.float32(1.0)
    found = relax.reparameterize(
        lambda x: x**2, lambda t: relax.Normal(t, np.float32(1)), theta, np.random.default_rng(0)
    )
    assert found.gradient.dtype == np.float32


@some
@given(arrays(float, (2, 3), elements=st.floats(-3, 3)), st.integers(0, 10**6))
def test_log_probabilities_are_torchs(theta, seed):
    rng = np.random.default_rng(seed)
    t = torch.tensor(theta, requires_grad=True)
    cases = [
        (lambda x: relax.Normal(x, dp.exp(x / 2)), torch.distributions.Normal(t, torch.exp(t / 2))),
        (lambda x: relax.Bernoulli(dp.sigmoid(x)), torch.distributions.Bernoulli(logits=t)),
        (relax.Categorical, torch.distributions.Categorical(logits=t)),
    ]
    for ours, theirs in cases:
        x = ours(theta).sample(rng, 4)
        expected = theirs.log_prob(torch.tensor(x)).reshape(4, -1).sum(1)
        np.testing.assert_allclose(ours(theta).log_prob(x), expected.detach(), rtol=1e-9)
        (slope,) = torch.autograd.grad(expected.sum(), t)
        found = dp.grad(lambda theta, ours=ours, x=x: dp.sum(ours(theta).log_prob(x)))(theta)
        np.testing.assert_allclose(found, slope, rtol=1e-8, atol=1e-10)


def test_samples_come_as_often_as_they_should():
    rng, n = np.random.default_rng(19), 40_000
    normal = relax.Normal(np.array([1.0, -2.0]), 0.5).sample(rng, n)
    assert normal.shape == (n, 2)
    for column, mean in zip(normal.T, (1.0, -2.0), strict=True):
        assert scipy.stats.kstest(column, "norm", (mean, 0.5)).pvalue > 1e-4
    coins = relax.Bernoulli(np.array([0.2, 0.7])).sample(rng, n)
    spread = np.sqrt(np.array([0.2 * 0.8, 0.7 * 0.3]) / n)
    assert np.all(np.abs(coins.mean(0) - [0.2, 0.7]) < Z * spread)
    p = np.array([0.1, 0.6, 0.3])
    dice = relax.Categorical(np.log(p)).sample(rng, n)
    assert scipy.stats.chisquare(np.bincount(dice, minlength=3), n * p).pvalue > 1e-4


def test_a_sample_moves_only_along_a_path():
    def total(way):
        def f(mean):
            made = relax.Normal(mean, 2.0)
            return dp.sum(getattr(made, way)(np.random.default_rng(0), 5))

        return dp.grad(f)(np.array([0.1, 0.2]))

    np.testing.assert_array_equal(total("rsample"), [5, 5])
    np.testing.assert_array_equal(total("sample"), [0, 0])
    mean = torch.tensor([0.1], requires_grad=True)
    assert not relax.Normal(mean, 1.0).sample(np.random.default_rng(0), 2).requires_grad


# ------------------------------------------------------------------------------------------------
# One of several, by lot

LOGITS = np.array([0.5, -0.7, 1.1, 0.0])


@pytest.mark.parametrize("temperature", [0.1, 3.0])
def test_the_largest_share_falls_as_often_as_softmax_says(temperature):
    n = 40_000
    many = np.tile(LOGITS, (n, 1))
    soft = relax.gumbel_softmax(many, np.random.default_rng(20), temperature)
    hard = relax.gumbel_softmax(many, np.random.default_rng(20), temperature, hard=True)
    np.testing.assert_allclose(soft.sum(1), 1)
    np.testing.assert_array_equal(hard, np.eye(4)[np.argmax(soft, axis=1)])
    p = np.exp(LOGITS) / np.exp(LOGITS).sum()
    assert scipy.stats.chisquare(hard.sum(0), n * p).pvalue > 1e-4


def test_soft_choices_are_biased_towards_equal_shares_until_cold():
    many, p = np.tile(LOGITS, (40_000, 1)), relax.softmax(LOGITS)
    means, errors = [], []
    for temperature in (0.02, 5.0):
        soft = relax.gumbel_softmax(many, np.random.default_rng(21), temperature)
        means.append(soft.mean(0))
        errors.append(soft.std(0) / math.sqrt(len(many)))
    assert np.all(np.abs(means[0] - p) < Z * errors[0] + 0.002)
    assert abs(means[1][2] - p[2]) > 10 * errors[1][2]
    assert p.mean() < means[1][2] < p[2]


def test_along_another_axis():
    down = relax.gumbel_softmax(np.ones((3, 5)), np.random.default_rng(1), hard=True, axis=0)
    np.testing.assert_array_equal(down.sum(axis=0), 1)


def test_straight_through_has_the_value_of_one_and_the_slope_of_the_other():
    x = np.array([-0.3, 0.1, 2.0])
    steps = (x > 0) * 1.0

    def f(x):
        return dp.sum(np.array([1.0, 2.0, 3.0]) * relax.straight_through(steps, dp.tanh(x)))

    assert f(x) == 5.0
    np.testing.assert_allclose(dp.grad(f)(x), np.array([1, 2, 3]) / np.cosh(x) ** 2)
    hard = torch.tensor([1.0], requires_grad=True)
    soft = torch.tensor([0.3], requires_grad=True)
    relax.straight_through(5 * hard, 2 * soft).backward()
    assert hard.grad is None or hard.grad.item() == 0
    assert soft.grad.item() == 2


# ------------------------------------------------------------------------------------------------
# What is refused


def square(x):
    return x**2


RNG = np.random.default_rng(0)
REFUSED = [
    (
        lambda: relax.reparameterize(square, relax.Bernoulli, 0.3, RNG),
        TypeError,
        "Bernoulli has none",
    ),
    (lambda: relax.score_function(square, lambda t: t, 0.3, RNG), TypeError, "has none"),
    (lambda: relax.score_function(np.mean, unit_normal, 1.0, RNG), ValueError, r"\(1000,\), but"),
    (lambda: relax.score_function(list, unit_normal, 1.0, RNG), ValueError, "returned a list"),
    (lambda: relax.score_function(3, unit_normal, 1.0, RNG), TypeError, "f must be a function"),
    (lambda: relax.score_function(square, None, 1.0, RNG), TypeError, "distribution must be"),
    (lambda: relax.score_function(square, unit_normal, [1.0], RNG), TypeError, "a list was given"),
    (lambda: relax.score_function(square, unit_normal, 1.0, 42), TypeError, "rng is 42"),
    (lambda: relax.score_function(square, unit_normal, 1.0, RNG, 1), ValueError, "n=1"),
    (
        lambda: relax.score_function(square, unit_normal, 1.0, RNG, 9, "median"),
        TypeError,
        "'median' was given",
    ),
    (
        lambda: dp.grad(lambda t: relax.reparameterize(square, unit_normal, t, RNG).gradient)(1.0),
        TypeError,
        "not differentiated itself",
    ),
    (lambda: relax.Normal(0.0, np.array([1.0, -0.5])), ValueError, "-0.5 was given"),
    (lambda: relax.Normal(np.zeros(2), np.ones(3)), ValueError, r"\(2,\) and \(3,\)"),
    (lambda: relax.Normal(0.0, math.nan), ValueError, "nan was given"),
    (lambda: relax.Normal(0.0, 1.0).log_prob(np.zeros((4, 2))), ValueError, r"shape \(n,\)"),
    (lambda: relax.Normal(np.zeros(3), 1.0).sample(RNG, 0), ValueError, "n=0"),
    (lambda: relax.Bernoulli(1.0), ValueError, "but 1 was given"),
    (lambda: relax.Categorical(2.0), ValueError, r"shape is \(\)"),
    (lambda: relax.Categorical(np.array([0.0, np.inf])), ValueError, "inf was given"),
    (lambda: relax.Categorical(np.zeros(3)).log_prob(np.array([3])), ValueError, "a sample is 3"),
    (lambda: relax.gumbel_softmax(LOGITS, 0), TypeError, "rng is 0"),
    (lambda: relax.straight_through(np.zeros(2), np.zeros(3)), ValueError, r"\(2,\) and \(3,\)"),
]


@pytest.mark.parametrize(("call", "error", "message"), REFUSED)
def test_refusals_say_what_is_wrong(call, error, message):
    with pytest.raises(error, match=message):
        call()
