"""Vector-Jacobian and Jacobian-vector products with a mistake in them."""

import math

import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit.diagnose.products import diagnose_jvp, diagnose_vjp

RNG = np.random.default_rng(0)
X, W, B = RNG.normal(size=(5, 4)), RNG.normal(size=(4, 3)), RNG.normal(size=3)


def layer(X, W, b):
    return dp.tanh(X @ W + b)


def backward(g, X, W, b, slope=lambda a, z: 1 - z * z, bias=lambda g: g.sum(0), above=None):
    a = X @ W + b
    g = (g if above is None else above(g)) * slope(a, np.tanh(a))
    return g @ W.T, X.T @ g, bias(g)


def forward(primals, tangents, slope=lambda z: 1 - z * z, bias=1.0, weight=1.0):
    (X, W, b), (dX, dW, db) = primals, tangents
    return slope(np.tanh(X @ W + b)) * (dX @ W + weight * (X @ dW) + bias * db)


@pytest.mark.parametrize(
    "faults, kinds, words",
    [
        ({}, {"correct"}, ""),
        ({"slope": lambda a, z: 1.0}, {"missing_factor"}, "tanh"),
        ({"slope": lambda a, z: 1 - a * a}, {"wrong_point", "wrong_rule"}, "tanh"),
        ({"slope": lambda a, z: 1 - z}, {"wrong_rule"}, "tanh"),
        ({"bias": lambda g: g.mean(0)}, {"averaged"}, ""),
        ({"bias": lambda g: g}, {"not_summed"}, "axis 0 (of length 5)"),
        ({"above": np.ones_like}, {"not_upstream"}, "g is 1 everywhere"),
        ({"above": np.square}, {"repeated_factor"}, "twice"),
        ({"above": np.negative}, {"sign"}, ""),
        ({"above": lambda g: np.sin(9 * g)}, {"unknown"}, ""),
    ],
)
def test_one_layer_backwards(faults, kinds, words):
    diagnosis = diagnose_vjp(layer, lambda g, *p: backward(g, *p, **faults), X, W, B)
    assert diagnosis.kind in kinds, str(diagnosis)
    assert words in diagnosis.message


@pytest.mark.parametrize(
    "faults, kinds",
    [
        ({}, {"correct"}),
        ({"slope": lambda z: 1.0}, {"missing_factor"}),
        ({"slope": lambda z: 1 - z}, {"wrong_rule"}),
        ({"bias": 0.0}, {"missing_term"}),
        ({"weight": -1.0}, {"sign"}),
        ({"weight": 0.0}, {"missing_term"}),
        ({"slope": lambda z: np.sin(9 * z)}, {"unknown"}),
    ],
)
def test_one_layer_forwards(faults, kinds):
    diagnosis = diagnose_jvp(layer, lambda p, t: forward(p, t, **faults), (X, W, B))
    assert diagnosis.kind in kinds, str(diagnosis)
    truth = dp.jvp(layer, (X, W, B), (X, W, B))[1]
    assert np.shape(diagnosis.expected) == np.shape(diagnosis.got) == truth.shape


def test_single_numbers():
    f = lambda a, b: a * dp.sin(b)  # noqa: E731
    right = lambda g, a, b: (g * math.sin(b), g * a * math.cos(b))  # noqa: E731
    assert diagnose_vjp(f, right, 2.0, 0.7).kind == "correct"
    wrong = diagnose_vjp(f, lambda g, a, b: (right(g, a, b)[0], g * a * math.sin(b)), 2.0, 0.7)
    assert (wrong.kind, wrong.operation) == ("wrong_rule", "sin")
    assert diagnose_vjp(f, lambda g, a, b: right(1.0, a, b), 2.0, 0.7).kind == "not_upstream"

    def tangent(p, t, sign=1):
        return t[0] * math.sin(p[1]) + sign * t[1] * p[0] * math.cos(p[1])

    assert diagnose_jvp(f, tangent, (2.0, 0.7)).kind == "correct"
    wrong = diagnose_jvp(f, lambda p, t: tangent(p, t, -1), (2.0, 0.7))
    assert (wrong.kind, wrong.operation) == ("sign", "sin")


def test_forms_of_values_and_answers():
    pair = lambda a: (2 * a, dp.sin(a))  # noqa: E731
    x = np.array([0.3, 0.6])
    assert diagnose_vjp(pair, lambda g, a: (2 * g[0] + g[1] * np.cos(a),), x).kind == "correct"
    half = diagnose_vjp(pair, lambda g, a: 2 * g[0], x)
    assert half.kind in {"missing_term", "overwritten"}
    both = lambda p, t: (2 * t[0], np.cos(p[0]) * t[0])  # noqa: E731
    assert diagnose_jvp(pair, both, (x,)).kind == "correct"
    with_value = lambda p, t: (pair(*p), both(p, t))  # noqa: E731
    assert diagnose_jvp(pair, with_value, (x,)).kind == "correct"
    oblong = diagnose_jvp(layer, lambda p, t: forward(p, t).T, (X, W, B))
    assert oblong.kind == "shape" and "tangent" in oblong.message
    jacobian = diagnose_vjp(
        lambda x: dp.tanh(x @ W), lambda g, x: (1 - np.tanh(x @ W) ** 2)[:, None] * W.T, X[0]
    )
    assert jacobian.kind == "not_upstream" and "Jacobian" in jacobian.message


def test_g_is_not_to_be_changed():
    def spoiling(g, x):
        g *= np.cos(x)
        return g

    diagnosis = diagnose_vjp(dp.sin, spoiling, X[0])
    assert diagnosis.kind == "mutated_input" and "g" in diagnosis.message


def test_tensors_of_torch():
    x = torch.tensor(X)
    right = lambda g, x: g * (1 - torch.tanh(x) ** 2)  # noqa: E731
    assert diagnose_vjp(dp.tanh, right, x).kind == "correct"
    assert diagnose_vjp(dp.tanh, lambda g, x: g, x).kind == "missing_factor"
    assert diagnose_jvp(dp.tanh, lambda p, t: right(t[0], p[0]), (x,)).kind == "correct"


def test_the_diagonal_of_a_jacobian_is_not_all_of_it():
    def softmax(x):
        return dp.exp(x) / dp.sum(dp.exp(x))

    def wrong(g, x):
        y = np.exp(x) / np.exp(x).sum()
        return g * y * (1 - y)

    found = dp.diagnose_vjp(softmax, wrong, np.array([0.3, -0.8, 1.1, 0.2]))
    assert found.kind == "missing_term" and "diagonal" in found.message


def test_a_mean_for_a_sum_in_a_linear_map_is_not_a_normalised_gradient():
    X = np.array([[0.3, 1.2], [-0.7, 0.4], [1.5, -0.2]])

    def wrong(g, W, b):
        return X.T @ g / 3, g.mean(0)

    found = dp.diagnose_vjp(lambda W, b: X @ W + b, wrong, np.ones((2, 2)), np.ones(2))
    assert found.kind == "averaged"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda p, t: (t[0] * p[1] - t[1] * p[0]) / p[1],
        lambda p, t: t[0] * p[1] - t[1] * p[0],
    ],
)
def test_a_quotient_rule_without_its_square_is_a_wrong_rule(wrong):
    found = dp.diagnose_jvp(lambda a, b: a / b, wrong, (2.0, 3.0))
    assert (found.kind, found.operation) == ("wrong_rule", "div")


def test_what_is_missing_is_said_at_once():
    with pytest.raises(TypeError, match="primals"):
        dp.diagnose_vjp(dp.sin, lambda g, x: g)
    with pytest.raises(TypeError, match="as a tuple.*An ndarray"):
        dp.diagnose_jvp(dp.sin, lambda p, t: t, np.ones(2))
