"""Convolution, its two adjoints, and pooling."""

import jax
import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
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
from dpkit.array_rules import convolution as rules
from dpkit.arrays.convolution import avg_pool2d, conv2d, max_pool2d
from dpkit.box import apply

small = st.integers(1, 3)
PLACES = [((1, 1), (0, 0)), ((2, 1), (1, 0)), ((1, 3), (0, 2)), ((2, 2), (1, 1)), ((3, 3), (2, 2))]


@pytest.mark.parametrize("stride, padding", PLACES)
@settings(max_examples=30, deadline=None)
@given(
    n=small, channels=small, o=small, h=st.integers(1, 6), w=st.integers(1, 6),
    kh=small, kw=small, seed=st.integers(0, 10**6),
)  # fmt: skip
def test_convolution(stride, padding, n, channels, o, h, w, kh, kw, seed):
    assume(kh <= h + 2 * padding[0] and kw <= w + 2 * padding[1])
    rng = np.random.default_rng(seed)
    assert_first_order(
        lambda x, w: conv2d(x, w, stride, padding),
        lambda x, w: torch.nn.functional.conv2d(x, w, stride=stride, padding=padding),
        like((n, channels, h, w), rng), like((o, channels, kh, kw), rng), seed=seed,
    )  # fmt: skip


@pytest.mark.parametrize("stride, padding", PLACES)
def test_second_order_and_other_libraries(stride, padding):
    rng = np.random.default_rng(1)
    x, w = like((2, 2, 5, 6), rng), like((3, 2, 3, 2), rng)

    def by_jax(x, w):
        return jax.lax.conv_general_dilated(x, w, stride, [(p, p) for p in padding])

    assert_second_order(lambda x, w: conv2d(x, w, stride, padding), by_jax, x, w)
    assert_same_elsewhere(lambda x, w: conv2d(x, w, stride, padding), x, w)


@pytest.mark.parametrize("stride, padding", PLACES)
def test_the_two_adjoints_have_adjoints_themselves(stride, padding):
    """Each is differentiated as a function of its own, in both arguments."""
    rng = np.random.default_rng(2)
    x, w = like((2, 2, 5, 7), rng), like((3, 2, 3, 2), rng)
    g = like(conv2d(x, w, stride, padding).shape, rng)
    assert_first_order(
        lambda g, w: apply("conv2d_input", g, w, shape=(5, 7), stride=stride, padding=padding),
        lambda g, w: torch.nn.grad.conv2d_input((2, 2, 5, 7), w, g, stride, padding),
        g, w,
    )  # fmt: skip
    assert_first_order(
        lambda x, g: apply("conv2d_weight", x, g, size=(3, 2), stride=stride, padding=padding),
        lambda x, g: torch.nn.grad.conv2d_weight(x, (3, 2, 3, 2), g, stride, padding),
        x, g,
    )  # fmt: skip


def test_third_derivatives():
    """(k * x)³, whose third derivative in x along v is 6 (k * v)³."""
    rng = np.random.default_rng(3)
    x, w, v = like((1, 1, 4, 4), rng), like((1, 1, 2, 2), rng), like((1, 1, 4, 4), rng)

    def f(x):
        z = conv2d(x, w)
        return dp.sum(z * z * z)

    def along_v(f):
        return lambda x: dp.jvp(f, (x,), (v,))[1]

    assert along_v(along_v(along_v(f)))(x) == pytest.approx(6 * np.sum(conv2d(v, w) ** 3))


def test_a_kernel_is_slid_as_it_is():
    x = np.arange(9.0).reshape(1, 1, 3, 3)
    w = np.array([[[[1.0, 0.0], [0.0, -1.0]]]])
    assert np.all(conv2d(x, w) == -4.0)
    assert conv2d(x, np.ones((1, 1, 3, 3)), padding=1)[0, 0, 0, 0] == 0 + 1 + 3 + 4


def test_images_that_are_views_and_integers():
    rng = np.random.default_rng(4)
    x, w = like((2, 3, 6, 5), rng), like((2, 3, 2, 2), rng)
    assert_close(conv2d(x[:, ::-1].transpose(0, 1, 3, 2)[::-1], w), conv2d(np.ascontiguousarray(
        x[:, ::-1].transpose(0, 1, 3, 2)[::-1]), w))  # fmt: skip
    counts = np.arange(16).reshape(1, 1, 4, 4)
    assert conv2d(counts, np.ones((1, 1, 2, 2), int)).dtype.kind == "i"


def test_images_of_single_numbers():
    numbers = np.array([[[[dp.Scalar(float(i + 3 * j)) for i in range(3)] for j in range(3)]]])
    w = np.array([[[[1.0, 2.0], [3.0, 4.0]]]])
    conv2d(numbers, w).sum().backward()
    gradient = np.vectorize(lambda each: each.grad)(numbers)
    assert np.all(gradient == [[[[1, 3, 2], [4, 10, 6], [3, 7, 4]]]])


@pytest.mark.parametrize(
    "images, kernels, options, words",
    [
        ((3, 4, 4), (2, 3, 2, 2), {}, r"\(3, 4, 4\).*reshape"),
        ((1, 3, 4, 4), (2, 1, 2, 2), {}, "3 channels.*for 1"),
        ((1, 1, 2, 4), (1, 1, 3, 3), {}, "no place"),
        ((1, 1, 4, 4), (1, 1, 3, 3), {"stride": 0}, "stride.*at least 1.*0"),
        ((1, 1, 4, 4), (1, 1, 3, 3), {"padding": (1, -1)}, r"padding.*\(1, -1\)"),
        ((1, 1, 4, 4), (1, 1, 3, 3), {"padding": 0.5}, "padding.*0.5"),
    ],
)
def test_shapes_that_do_not_fit(images, kernels, options, words):
    with pytest.raises(ValueError, match=words):
        conv2d(np.ones(images), np.ones(kernels), **options)


# Pooling --------------------------------------------------------------------------------------------

POOLS = [
    (avg_pool2d, torch.nn.functional.avg_pool2d),
    (max_pool2d, torch.nn.functional.max_pool2d),
]


@pytest.mark.parametrize("pool, by_torch", POOLS, ids=["mean", "max"])
@settings(max_examples=40, deadline=None)
@given(h=st.integers(1, 7), w=st.integers(1, 7), size=st.tuples(small, small), seed=st.integers(0))
def test_pooling(pool, by_torch, h, w, size, seed):
    assume(size[0] <= h and size[1] <= w)
    x = like((2, 2, h, w), np.random.default_rng(seed))
    assert_first_order(lambda x: pool(x, size), lambda x: by_torch(x, size), x, seed=seed)


@pytest.mark.parametrize("pool, by_torch", POOLS, ids=["mean", "max"])
def test_pooling_in_other_libraries(pool, by_torch):
    assert_same_elsewhere(lambda x: pool(x, 2), like((2, 1, 5, 4), np.random.default_rng(5)))


def test_the_largest_elements_share_at_a_tie():
    gradient = dp.grad(lambda x: dp.sum(max_pool2d(x, 2)))(np.ones((1, 1, 2, 2)))
    assert np.all(gradient == 0.25)


def test_tiles_larger_than_the_image():
    with pytest.raises(ValueError, match=r"\(1, 1, 2, 2\) and tiles of 3 by 3"):
        max_pool2d(np.ones((1, 1, 2, 2)), 3)


# The table ------------------------------------------------------------------------------------------

RNG = np.random.default_rng(6)
X, W = like((3, 2, 5, 5), RNG), like((2, 2, 3, 3), RNG)
G = like((3, 2, 2, 2), RNG)
HOW = {"stride": (2, 2), "padding": (0, 0)}
EXAMPLES = {
    "conv2d": ([X, W], HOW),
    "conv2d_input": ([G, W], HOW | {"shape": (5, 5)}),
    "conv2d_weight": ([X, G], HOW | {"size": (3, 3)}),
}
CASES = [(rule, m, n) for rule in rules.TABLE for m in rule.misreadings for n in m.wrong]


@pytest.mark.parametrize(
    "rule, misreading, argument", CASES, ids=[f"{r.name}-{m.kind}-{n}" for r, m, n in CASES]
)
def test_misreadings(rule, misreading, argument):
    arrays, params = EXAMPLES[rule.name]
    assert_misreading_is_wrong(rule, misreading, argument, *arrays, **params)


def test_every_row_has_an_example_and_a_misreading():
    assert {rule.name for rule in rules.TABLE} == set(EXAMPLES)
    assert all(rule.misreadings for rule in rules.TABLE)
