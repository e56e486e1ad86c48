"""Relaxations: beside the hard functions, published numbers, finite differences and torch."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import dpkit as dp
from dpkit import relax

torch = pytest.importorskip("torch")
some = settings(max_examples=40, deadline=None)

X = np.array([1.1, 4.0, -0.1, 2.3])
SQUARE = np.array([[0.3, 1.9, -0.4], [1.2, 0.1, 0.8], [-0.7, 0.6, 2.2]])
BOX, TARGET = np.array([0.0, 0.0, 1.0, 1.4]), np.array([3.0, 2.0, 4.5, 3.0])


def nearly(*shape):
    """Distinct moderate numbers, so that nothing ties."""
    return arrays(float, shape, elements=st.integers(-30, 30), unique=True).map(lambda x: x / 10)


# ------------------------------------------------------------------------------------------------
# Choosing the largest


def test_published_numbers():
    """COMP6248's worked example: mean index at temperature 1, mean value at 0.2."""
    assert math.isclose(relax.soft_argmax(X), 1.2606, abs_tol=5e-5)
    assert math.floor(1000 * relax.soft_choice(X, X, 0.2)) == 3999


@some
@given(nearly(3, 5))
def test_choices_become_hard_when_cold(x):
    cold = 0.002  # the smallest gap is 0.1: what is left over is exp(-50)
    winners = np.argmax(x, axis=1)
    np.testing.assert_allclose(relax.softmax(x, cold), np.eye(5)[winners], atol=1e-12)
    np.testing.assert_allclose(relax.soft_argmax(x, cold), winners, atol=1e-12)
    np.testing.assert_allclose(relax.soft_argmax(x, cold, axis=0), np.argmax(x, 0), atol=1e-12)
    np.testing.assert_allclose(relax.soft_max(x, cold), x.max(axis=1), atol=1e-12)
    values = np.array([7.0, -1.0, 3.0, 2.0, 11.0])
    np.testing.assert_allclose(relax.soft_choice(x, values, cold), values[winners], atol=1e-12)


@some
@given(nearly(6), st.floats(0.01, 50.0))
def test_soft_maxima_lie_on_either_side_of_the_maximum(x, temperature):
    above, below = relax.soft_max(x, temperature), relax.soft_choice(x, x, temperature)
    assert x.max() - 1e-9 <= above <= x.max() + temperature * math.log(6) + 1e-9
    assert x.mean() - 1e-9 <= below <= x.max() + 1e-9


@some
@given(nearly(6), st.floats(0.05, 50.0))
def test_the_winner_loses_less_than_promised(x, temperature):
    gap = np.diff(np.sort(x))[-1]
    lost = 1 - relax.softmax(x, temperature).max()
    assert lost <= 5 * math.exp(-gap / temperature) + 1e-12


def test_the_gradient_of_the_soft_maximum_is_softmax():
    gradient = dp.grad(lambda x: relax.soft_max(x, 0.7))(X)
    np.testing.assert_allclose(gradient, relax.softmax(X, 0.7), rtol=1e-12)


def test_equal_shares_when_hot_and_no_overflow_when_cold():
    np.testing.assert_allclose(relax.softmax(X, 1e9), 0.25, rtol=1e-8)
    np.testing.assert_allclose(relax.softmax(X, 1e-300), [0, 1, 0, 0])
    assert math.isclose(relax.soft_max(X, 1e-300), 4.0)


def test_the_axis_of_a_choice_is_that_of_the_scores():
    scores, values = np.array([0.3, -1.0, 2.0]), np.arange(15.0).reshape(5, 3)
    expected = [np.dot(np.exp(scores) / np.exp(scores).sum(), row) for row in values]
    np.testing.assert_allclose(relax.soft_choice(scores, values, axis=0), expected)
    with pytest.raises(ValueError, match=r"\(3,\) and the values \(4,\)"):
        relax.soft_choice(scores, np.zeros(4))
    with pytest.raises(ValueError, match="do not broadcast"):
        relax.soft_choice(np.zeros(1), np.zeros(4))


# ------------------------------------------------------------------------------------------------
# Branches and corners


@some
@given(st.floats(-3, 3).filter(lambda x: abs(x) > 0.05))
def test_steps_and_branches_become_hard_when_cold(x):
    assert math.isclose(relax.soft_step(x, 1e-3), float(x > 0), abs_tol=1e-20)
    assert math.isclose(relax.soft_if(x, 7.0, -2.0, 1e-3), 7.0 if x > 0 else -2.0, abs_tol=1e-18)


def test_a_soft_step_is_the_probability_of_a_noisy_one():
    rng, x, temperature = np.random.default_rng(3), 0.4, 0.3
    n = 200_000
    share = np.mean(x + temperature * rng.logistic(size=n) > 0)
    p = relax.soft_step(x, temperature)
    assert abs(share - p) < 4 * math.sqrt(p * (1 - p) / n)


def slope_of_the_smoothed_branch(sigma=0.1, a=0.5):
    """d/da E[b(a + σε)] for b = 0 if a > 0.5 else 2a, by hand, from the normal distribution.

    The branch 2a is taken with probability Φ(z), z = (0.5 - a)/σ; and the jump from 1 to 0 adds its
    height times the density there.
    """
    z = (0.5 - a) / sigma
    taken = 0.5 * (1 + math.erf(z / math.sqrt(2)))
    return 2 * taken - math.exp(-(z**2) / 2) / math.sqrt(2 * math.pi) / sigma


def branch(a):
    return dp.where(a > 0.5, 0.0 * a, 2.0 * a)


def test_a_derivative_along_the_branch_has_the_wrong_sign():
    assert round(slope_of_the_smoothed_branch(), 2) == -2.99
    assert dp.grad(lambda a: 0.0 * a if a > 0.5 else 2.0 * a)(0.5) == 2.0
    steepness = 0.1 * math.sqrt(2 * math.pi) / 4  # of the same density at the jump
    soft = dp.grad(lambda a: relax.soft_if(0.5 - a, 2 * a, 0.0, steepness))(0.5)
    assert math.isclose(soft, slope_of_the_smoothed_branch(), rel_tol=1e-12)


def test_of_a_smoothed_branch_the_score_sees_the_jump_and_the_path_does_not():
    def noisy(a):
        return relax.Normal(a, 0.1)

    rng, n = np.random.default_rng(4), 200_000
    by_score = relax.score_function(lambda a: np.where(a > 0.5, 0, 2 * a), noisy, 0.5, rng, n)
    by_path = relax.reparameterize(branch, noisy, 0.5, rng, n)
    assert abs(by_score.gradient - slope_of_the_smoothed_branch()) < 4 * by_score.standard_error
    assert by_score.standard_error < 0.02
    assert abs(by_path.gradient - 1.0) < 4 * by_path.standard_error  # 2, in half of the cases
    assert by_path.standard_error < 0.003


@some
@given(arrays(float, 7, elements=st.floats(-5, 5)), st.floats(0.1, 4))
def test_huber_is_torchs(x, delta):
    theirs = torch.nn.functional.huber_loss(
        torch.tensor(x), torch.zeros(7, dtype=torch.float64), delta=delta, reduction="none"
    )
    np.testing.assert_allclose(relax.huber(x, delta), theirs.numpy(), rtol=1e-12, atol=1e-12)
    below = np.abs(x) - relax.huber(x, delta) / delta
    assert np.all(below >= -1e-12) and np.all(below <= delta / 2 + 1e-12)
    slopes = dp.grad(lambda x: dp.sum(relax.huber(x, delta)))(x)
    inside = np.abs(np.abs(x) - delta) > 1e-9
    np.testing.assert_allclose(slopes[inside], np.clip(x, -delta, delta)[inside], atol=1e-12)


# ------------------------------------------------------------------------------------------------
# Boxes


def box_strategy():
    low = st.tuples(st.floats(-3, 3), st.floats(-3, 3))
    size = st.tuples(st.floats(0.2, 3), st.floats(0.2, 3))
    return st.tuples(low, size).map(
        lambda b: np.array([*b[0], b[0][0] + b[1][0], b[0][1] + b[1][1]])
    )


def test_iou_counts_squares():
    """Two rectangles on squared paper, and the squares in them counted."""
    a, b = np.array([0, 0, 4, 3.0]), np.array([2, 1, 7, 5.0])
    in_a, in_b = (
        {(x, y) for x in range(int(c[0]), int(c[2])) for y in range(int(c[1]), int(c[3]))}
        for c in (a, b)
    )
    assert relax.iou(a, b) == len(in_a & in_b) / len(in_a | in_b)
    assert relax.iou(a, a) == 1 and relax.iou(BOX, TARGET) == 0


@some
@given(box_strategy(), box_strategy(), st.floats(0.02, 20))
def test_soft_iou_is_symmetric_and_at_most_one(a, b, temperature):
    soft = relax.soft_iou(a, b, temperature)
    assert 0 <= soft <= 1 + 1e-9
    assert math.isclose(soft, relax.soft_iou(b, a, temperature), rel_tol=1e-7, abs_tol=1e-300)
    assert math.isclose(relax.soft_iou(a, a, temperature), 1.0, rel_tol=1e-9)


@some
@given(box_strategy(), box_strategy())
def test_soft_iou_becomes_iou_when_cold(a, b):
    assert math.isclose(relax.soft_iou(a, b, 1e-5), relax.iou(a, b), abs_tol=2e-3)


@pytest.mark.parametrize("temperature", [0.05, 0.4, 3.0])
def test_soft_iou_is_a_mean_over_shaken_boxes(temperature):
    """The overlaps by summing up hard ones, shifted, under the logistic density."""
    shift = np.linspace(-60, 60, 400_001) * temperature
    density = 1 / (4 * temperature * np.cosh(shift / (2 * temperature)) ** 2)

    def overlap(a0, a1, b0, b1):
        shared = np.minimum(a1 + shift, b1) - np.maximum(a0 + shift, b0)
        return np.sum(np.maximum(shared, 0) * density) * (shift[1] - shift[0])

    def product(a, b):
        return overlap(a[0], a[2], b[0], b[2]) * overlap(a[1], a[3], b[1], b[3])

    a, b = BOX, np.array([0.7, -0.5, 2.6, 0.9])
    shared = product(a, b)
    expected = shared / (product(a, a) + product(b, b) - shared)
    assert math.isclose(relax.soft_iou(a, b, temperature), expected, rel_tol=1e-6)


def test_soft_iou_moves_a_disjoint_box_where_iou_is_flat():
    hard = dp.grad(lambda box: relax.iou(box, TARGET))(BOX)
    np.testing.assert_array_equal(hard, 0)
    slope = dp.grad(lambda box: -dp.log(relax.soft_iou(box, TARGET, 0.25)))
    box = BOX.copy()
    for _ in range(2000):
        box = box - 0.01 * slope(box)
    assert relax.iou(box, TARGET) > 0.999


def test_the_pull_does_not_fade_with_distance():
    target = np.array([0.0, 0.0, 1.0, 1.0])
    for far in (10.0, 100.0):
        box = target + far * np.array([1, 0, 1, 0])
        slope = dp.grad(lambda box: dp.log(relax.soft_iou(box, target, 0.25)))(box)
        assert math.isclose(slope[0] + slope[2], -1 / 0.25, rel_tol=1e-6)


def test_all_pairs_of_boxes():
    a, b = np.stack([BOX, TARGET, BOX + 0.3]), np.stack([BOX + 0.1, TARGET - 0.4])
    for f in (relax.iou, lambda a, b: relax.soft_iou(a, b, 0.2)):
        pairs = [[f(one, other) for other in b] for one in a]
        np.testing.assert_allclose(f(a[:, None], b[None]), pairs)


def test_boxes_that_are_none():
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        relax.iou(np.zeros(3), BOX)
    with pytest.raises(ValueError, match=r"second argument holds \(1, 0, 0, 1\)"):
        relax.soft_iou(BOX, np.array([1.0, 0, 0, 1]), 0.1)
    with pytest.raises(ValueError, match="second argument holds"):
        relax.iou(BOX, np.array([0, 0, np.nan, 1]))
    with pytest.raises(ValueError, match="cannot be paired"):
        relax.iou(np.stack([BOX] * 3), np.stack([BOX] * 2))


# ------------------------------------------------------------------------------------------------
# Sorting and matching


@some
@given(nearly(2, 5))
def test_sorting_becomes_hard_when_cold(x):
    np.testing.assert_allclose(relax.soft_sort(x, 1e-3), np.sort(x, axis=1), atol=1e-9)
    down = relax.soft_sort(x, 1e-3, descending=True)
    np.testing.assert_allclose(down, -np.sort(-x, axis=1), atol=1e-9)
    matrix = relax.soft_permutation(x, 1e-3)
    np.testing.assert_allclose(matrix, np.eye(5)[np.argsort(x, axis=1)], atol=1e-9)


@some
@given(nearly(6), st.floats(0.05, 20))
def test_soft_sorting_stays_inside_and_its_rows_are_shares(x, temperature):
    np.testing.assert_allclose(relax.soft_permutation(x, temperature).sum(axis=1), 1)
    found = relax.soft_sort(x, temperature)
    assert found[0] >= x.min() - 1e-9 and found[-1] <= x.max() + 1e-9
    np.testing.assert_allclose(relax.soft_sort(x, temperature, descending=True), found[::-1])


def test_soft_permutation_row_by_row():
    """The paper's formula, an element at a time; in descending order, as there."""
    x, temperature = [0.4, -1.3, 2.2, 0.9], 1.7
    for k in range(1, 5):
        logs = [((5 - 2 * k) * a - sum(abs(a - b) for b in x)) / temperature for a in x]
        shares = np.exp(logs) / np.sum(np.exp(logs))
        found = relax.soft_permutation(x, temperature, descending=True)[k - 1]
        np.testing.assert_allclose(found, shares, rtol=1e-12)


@some
@given(nearly(2, 4, 4), st.floats(1, 9))
def test_sinkhorn_is_doubly_stochastic(scores, temperature):
    matrix = relax.sinkhorn(scores, temperature, iterations=500)
    assert np.all(matrix >= 0)
    np.testing.assert_allclose(matrix.sum(axis=-2), 1, rtol=1e-12)
    np.testing.assert_allclose(matrix.sum(axis=-1), 1, rtol=1e-4)


def test_sinkhorn_becomes_the_best_matching_when_cold():
    contested = np.array([[3.0, 2.4, 0.0], [3.1, 0.2, 0.4], [0.3, 0.1, 1.0]])  # two want the first
    for scores in (SQUARE, contested):
        best = max(itertools.permutations(range(3)), key=lambda p: sum(scores[range(3), p]))
        cold = relax.sinkhorn(scores, 0.05, iterations=2000)
        np.testing.assert_allclose(cold, np.eye(3)[list(best)], atol=0.01)


def test_matrices_that_cannot_be_matched_or_sorted():
    with pytest.raises(ValueError, match=r"\(2, 3\)"):
        relax.sinkhorn(np.zeros((2, 3)))
    with pytest.raises(ValueError, match="iterations=0"):
        relax.sinkhorn(np.zeros((2, 2)), 1.0, 0)
    with pytest.raises(ValueError, match=r"\(\)"):
        relax.soft_sort(1.0)


# ------------------------------------------------------------------------------------------------
# Every kind of array, and every order of derivative

FUNCTIONS = {
    "softmax": lambda x, t: relax.softmax(x, t)[1],
    "soft_choice": lambda x, t: relax.soft_choice(x, 3 * x, t),
    "soft_argmax": lambda x, t: relax.soft_argmax(x, t),
    "soft_max": lambda x, t: relax.soft_max(x, t),
    "soft_step": lambda x, t: dp.sum(relax.soft_step(x, t)),
    "soft_if": lambda x, t: dp.sum(relax.soft_if(x, x * x, 1.0 - x, t)),
    "huber": lambda x, t: dp.sum(relax.huber(x, t)),
    "iou": lambda x, t: relax.iou(x, TARGET_LIKE(x)),
    "soft_iou": lambda x, t: relax.soft_iou(x, TARGET_LIKE(x), t),
    "sinkhorn": lambda x, t: relax.sinkhorn(dp.reshape(x, (2, 2)), t, 3)[0, 1],
    "soft_sort": lambda x, t: relax.soft_sort(x, t)[1],
    "straight_through": lambda x, t: dp.sum(relax.straight_through(x, dp.sin(x / t))),
    "gumbel_softmax": lambda x, t: relax.gumbel_softmax(x, np.random.default_rng(0), t)[2],
    "hard gumbel": lambda x, t: relax.gumbel_softmax(x, np.random.default_rng(0), t, True)[2],
}
PLACE = np.array([0.31, -0.42, 1.73, 0.94])  # a box, too
SMOOTH = [name for name in FUNCTIONS if name not in ("straight_through", "hard gumbel")]


def TARGET_LIKE(x):
    target = np.array([0.5, 0.1, 2.2, 1.9])
    inside = x
    while hasattr(inside, "_inside"):
        inside = inside._inside
    return torch.tensor(target) if torch.is_tensor(inside) else target


@pytest.mark.parametrize("name", SMOOTH)
def test_derivatives_agree_with_finite_differences(name):
    f = FUNCTIONS[name]
    for t in (0.7, 0.37):
        assert dp.check_gradient(dp.grad(lambda x, t=t: f(x, t)), lambda x, t=t: f(x, t), PLACE).ok
    if name != "iou":
        by_temperature = dp.grad(lambda t: f(PLACE, t))
        assert dp.check_gradient(by_temperature, lambda t: f(PLACE, t), np.array(0.7)).ok


@pytest.mark.parametrize("name", FUNCTIONS)
def test_torch_alone_and_inside_dpkit_give_the_same(name):
    f = FUNCTIONS[name]
    value, gradient = dp.value_and_grad(lambda x: f(x, 0.7))(PLACE)
    x = torch.tensor(PLACE, requires_grad=True)
    theirs = f(x, 0.7)
    theirs.backward()
    assert math.isclose(theirs.item(), value, rel_tol=1e-12, abs_tol=1e-15)
    np.testing.assert_allclose(x.grad.numpy(), gradient, rtol=1e-9, atol=1e-12)
    within = dp.grad(lambda x: f(x, 0.7))(torch.tensor(PLACE))
    assert torch.is_tensor(within)
    np.testing.assert_allclose(within.numpy(), gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SMOOTH)
def test_both_modes_tensors_and_second_derivatives(name):
    def f(x):
        return FUNCTIONS[name](x, 0.7)

    gradient = dp.grad(f)(PLACE)
    np.testing.assert_allclose(dp.jacfwd(f)(PLACE), gradient, rtol=1e-9, atol=1e-12)
    x = dp.tensor(PLACE, requires_grad=True)
    f(x).backward()
    np.testing.assert_allclose(x.grad, gradient, rtol=1e-12)
    assert dp.check_gradient(lambda x: dp.hessian(f)(x)[1], lambda x: dp.grad(f)(x)[1], PLACE).ok


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_numbers_are_followed_too(name):
    def f(a, b):
        return FUNCTIONS[name](np.array([a, b, 1.73, 0.94]), 0.7)

    found = dp.grad(f, (0, 1))(0.31, -0.42)
    np.testing.assert_allclose(found, dp.grad(FUNCTIONS[name])(PLACE, 0.7)[:2], rtol=1e-9)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_single_precision_stays(name):
    value = FUNCTIONS[name](PLACE.astype(np.float32), 0.7)
    if name not in ("iou", "soft_iou"):  # whose second box, here, is in double precision
        assert value.dtype == np.float32
    assert math.isclose(value, FUNCTIONS[name](PLACE, 0.7), rel_tol=1e-4, abs_tol=1e-5)


# ------------------------------------------------------------------------------------------------
# What is refused

WITH_TEMPERATURE = {
    "softmax": lambda t: relax.softmax(X, t),
    "soft_choice": lambda t: relax.soft_choice(X, X, t),
    "soft_argmax": lambda t: relax.soft_argmax(X, t),
    "soft_max": lambda t: relax.soft_max(X, t),
    "soft_step": lambda t: relax.soft_step(1.0, t),
    "soft_if": lambda t: relax.soft_if(1.0, 2.0, 3.0, t),
    "soft_iou": lambda t: relax.soft_iou(BOX, TARGET, t),
    "sinkhorn": lambda t: relax.sinkhorn(SQUARE, t),
    "soft_permutation": lambda t: relax.soft_permutation(X, t),
    "soft_sort": lambda t: relax.soft_sort(X, t),
    "gumbel_softmax": lambda t: relax.gumbel_softmax(X, np.random.default_rng(0), t),
    "huber": lambda t: relax.huber(1.0, t),
    "anneal": lambda t: relax.anneal(t, 0.1, 3),
}


@pytest.mark.parametrize("name", WITH_TEMPERATURE)
def test_temperatures_that_are_none(name):
    f = WITH_TEMPERATURE[name]
    for value, shown in ((0.0, "it is 0"), (-2, "it is -2"), (math.nan, "nan"), (math.inf, "inf")):
        with pytest.raises(ValueError, match=f"must be positive and finite, but .*{shown}"):
            f(value)
    with pytest.raises(TypeError, match=r"is one number, but an array of shape \(2,\)"):
        f(np.ones(2))
    with pytest.raises(TypeError, match="is one number, but 'warm'"):
        f("warm")


def test_axes_that_are_none():
    for f in (relax.softmax, relax.soft_argmax, relax.soft_max):
        with pytest.raises(ValueError, match="There is no axis 3"):
            f(X, 1.0, axis=3)


def test_annealing_goes_down_by_equal_factors():
    steps = relax.anneal(2.0, 0.05, 7)
    assert len(steps) == 7 and steps[0] == 2.0 and steps[-1] == 0.05
    ratios = np.divide(steps[1:], steps[:-1])
    np.testing.assert_allclose(ratios, (0.05 / 2.0) ** (1 / 6))
    assert relax.anneal(3.0, 1.0, 1) == [3.0]
    with pytest.raises(ValueError, match="steps=0"):
        relax.anneal(1.0, 0.1, 0)
    with pytest.raises(TypeError, match=r"steps=2\.5"):
        relax.anneal(1.0, 0.1, 2.5)
