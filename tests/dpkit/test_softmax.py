"""logsumexp, softmax and log_softmax."""

import math

import jax
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import (
    assert_close,
    assert_first_order,
    assert_misreading_is_wrong,
    assert_same_elsewhere,
    assert_second_order,
    like,
)

import dpkit as dp
from dpkit.array_rules import softmax as rules
from dpkit.arrays.soft import log_softmax, logsumexp, softmax

shapes = st.lists(st.integers(1, 4), min_size=0, max_size=3).map(tuple)
FUNCTIONS = [
    (logsumexp, torch.logsumexp, jax.nn.logsumexp),
    (softmax, torch.softmax, jax.nn.softmax),
    (log_softmax, torch.log_softmax, jax.nn.log_softmax),
]
IDS = ["logsumexp", "softmax", "log_softmax"]


@pytest.mark.parametrize("f, by_torch, by_jax", FUNCTIONS, ids=IDS)
@settings(max_examples=60, deadline=None)
@given(shape=shapes, seed=st.integers(0, 10**6), data=st.data())
def test_one_axis_or_all(f, by_torch, by_jax, shape, seed, data):
    x = like(shape, np.random.default_rng(seed)) * 3
    axis = data.draw(st.sampled_from([None, *range(-len(shape), len(shape))]))

    def theirs(x):
        if axis is None:
            return by_torch(x.reshape(-1), -1).reshape(() if f is logsumexp else shape)
        return by_torch(x, axis)

    assert_first_order(lambda x: f(x, axis=axis), theirs, x, seed=seed)


@pytest.mark.parametrize("f, by_torch, by_jax", FUNCTIONS, ids=IDS)
@pytest.mark.parametrize("axis", [0, -1, (0, 2)])
def test_second_order_and_other_libraries(f, by_torch, by_jax, axis):
    x = like((2, 3, 2), np.random.default_rng(1))
    assert_second_order(lambda x: f(x, axis=axis), lambda x: by_jax(x, axis=axis), x)
    assert_same_elsewhere(lambda x: f(x, axis=axis), x)


@pytest.mark.parametrize("axis", [0, (0, 1), None])
def test_axes_that_are_kept(axis):
    x = like((3, 2), np.random.default_rng(2))
    assert_first_order(
        lambda x: logsumexp(x, axis, keepdims=True),
        lambda x: torch.logsumexp(x, (0, 1) if axis is None else axis, keepdim=True),
        x,
    )


@pytest.mark.parametrize("make", [np.asarray, torch.as_tensor])
def test_nothing_overflows(make):
    x = make(np.array([[1e4, 1e4 + 1.0, -1e4], [-1e4, -1e4, -2e4]]))
    value, gradient = dp.value_and_grad(lambda x: dp.sum(logsumexp(x, axis=1)))(x)
    assert float(value) == pytest.approx(1e4 + np.log1p(np.e) - 1e4 + np.log(2.0))
    s = 1 / (1 + np.e)
    assert_close(gradient, np.array([[s, 1 - s, 0.0], [0.5, 0.5, 0.0]]))
    assert_close(softmax(x), np.array([[s, 1 - s, 0.0], [0.5, 0.5, 0.0]]))
    assert float(log_softmax(x)[0, 2]) == pytest.approx(-2e4 - np.log(np.e + 1))
    gradient = dp.grad(lambda x: log_softmax(x)[0, 2])(x)
    assert_close(gradient, np.array([[-s, s - 1, 1.0], [0.0, 0.0, 0.0]]))


@pytest.mark.parametrize("make", [np.asarray, torch.as_tensor])
def test_minus_infinity_is_an_exponential_of_zero(make):
    x = make(np.array([[1.0, -np.inf, 1.0], [-np.inf, -np.inf, -np.inf]]))
    z, pull = dp.vjp(lambda x: logsumexp(x, axis=1), x)
    assert_close(z[0], 1 + np.log(2.0))
    assert float(z[1]) == -math.inf
    assert_close(pull(make(np.array([2.0, 3.0])))[0], np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 0.0]]))
    _, moves = dp.jvp(lambda x: logsumexp(x, axis=1), (x,), (make(np.ones((2, 3))),))
    assert_close(moves, np.array([1.0, 0.0]))


def test_infinity_and_nan_stay():
    assert logsumexp(np.array([1.0, np.inf])) == math.inf
    assert math.isnan(logsumexp(np.array([1.0, np.nan])))


def test_shares_of_single_numbers():
    v = [dp.Scalar(1.0), dp.Scalar(2.0), dp.Scalar(1000.0)]
    y = logsumexp(v)
    y.backward()
    assert y.data == 1000.0
    assert [each.grad for each in v] == [0.0, 0.0, 1.0]
    x = [0.3, -1.2, 0.5]
    for f in (softmax, log_softmax):
        numbers = [dp.Scalar(each) for each in x]
        f(numbers)[1].backward()
        assert_close([each.grad for each in numbers], dp.grad(lambda x, f=f: f(x)[1])(np.array(x)))
    assert logsumexp(3.0) == 3.0
    assert_close(softmax([0.0, 0.0]), np.array([0.5, 0.5]))


def test_axes_that_are_not_there():
    with pytest.raises(ValueError, match=r"no axis 2 in an array of shape \(3, 2\)"):
        logsumexp(np.ones((3, 2)), axis=2)
    with pytest.raises(ValueError, match="no axis -1"):
        softmax(1.0)
    with pytest.raises(ValueError, match=r"shape \(2, 0\).*no elements"):
        log_softmax(np.ones((2, 0)))


@pytest.mark.parametrize("f, by_jax", [(softmax, jax.nn.softmax), (logsumexp, jax.nn.logsumexp)])
def test_a_batch_without_examples(f, by_jax):
    none = np.ones((0, 2))
    assert f(none, axis=1).shape == by_jax(none, axis=1).shape
    assert dp.grad(lambda x: dp.sum(f(x, axis=1)))(none).shape == (0, 2)


# The table ------------------------------------------------------------------------------------------

EXAMPLES = {
    "logsumexp": {"axis": 1, "keepdims": False},
    "softmax": {"axis": 1},
    "log_softmax": {"axis": 1},
}
CASES = [(rule, m) for rule in rules.TABLE for m in rule.misreadings]


@pytest.mark.parametrize(
    "rule, misreading", CASES, ids=[f"{r.name}-{m.sentence[:30]}" for r, m in CASES]
)
def test_misreadings(rule, misreading):
    x = like((4, 3), np.random.default_rng(3))
    if misreading.kind == "not_finite":
        x = x + 800.0
    with np.errstate(over="ignore", invalid="ignore"):
        assert_misreading_is_wrong(rule, misreading, 0, x, **EXAMPLES[rule.name])


def test_forgetting_the_maximum_shows_at_large_numbers_only():
    (overflowing,) = [m for m in rules.TABLE[0].misreadings if m.kind == "not_finite"]
    x, g = np.array([0.5, 2.0]), np.array(1.0)
    z = logsumexp(x)
    right = rules.TABLE[0].vjps[0]
    assert_close(overflowing.wrong[0](z, x)(g), right(z, x)(g))
    with np.errstate(over="ignore", invalid="ignore"):
        assert np.isnan(overflowing.wrong[0](z + 1e3, x + 1e3)(g)).all()


def test_every_row_has_an_example_and_a_misreading():
    assert {rule.name for rule in rules.TABLE} == set(EXAMPLES)
    assert all(rule.misreadings for rule in rules.TABLE)
