"""Answers in the wrong form: which mistake explains their shapes and their numbers?"""

import numpy as np
import pytest
from networks_by_hand import X, Y, backprop, loss, spoilt, weights

import dpkit as dp

NET = weights()


def samples(W, b, V, c):
    """The gradients of each sample by itself: one more axis, in front."""
    h = np.tanh(X @ W + b)
    g = 2 * (h @ V + c - Y) / Y.size
    a = (g @ V.T) * (1 - h * h)
    return X[:, :, None] * a[:, None, :], a, h[:, :, None] * g[:, None, :], g


ONE = [
    # argument, what was done to its gradient, kind, words in the sentence
    ("W", lambda g, x: g.T, "transposed", ("(3, 4)", "(4, 3)", "transposed", "are right")),
    ("V", lambda g, x: g.ravel(), "shape", ("reshaped",)),
    ("b", lambda g, x: g[None], "shape", ("axis of length 1",)),
    ("b", lambda g, x: g[:, None], "shape", ("axis of length 1",)),
    ("b", lambda g, x: g.sum(), "shape", ("summed",)),
    ("W", lambda g, x: g.sum(0), "shape", ("summed", "axis 0")),
    ("W", lambda g, x: g.mean(1), "averaged", ("averaged", "axis 1")),
    ("V", lambda g, x: g[-1], "shape", ("entry 3",)),
    ("b", lambda g, x: np.stack([g] * 7), "shape", ("repeated", "axis 0")),
    ("b", lambda g, x: np.diag(g), "not_summed", ("axis",)),
    ("b", lambda g, x: None, "missing", ("b is missing", "W, V and c are right")),
    ("c", lambda g, x: np.random.default_rng(0).normal(size=(2, 9)), "shape", ("neither",)),
]  # fmt: skip


@pytest.mark.parametrize("name, change, kind, words", ONE)
def test_one_gradient_in_the_wrong_shape(name, change, kind, words):
    diagnosis = dp.diagnose(loss, spoilt(None, **{name: change}), *NET)
    assert diagnosis.kind == kind, str(diagnosis)
    for word in words:
        assert word in diagnosis.message


@pytest.mark.parametrize("scale, words", [(1.0, ""), (7.0, "divided"), (-1.0, "sign")])
def test_gradients_of_single_samples(scale, words):
    """Nothing is summed over the batch; perhaps besides there is no mean, or a wrong sign."""

    def bias_not_summed(*args):
        gW, _, gV, gc = backprop(*args)
        return gW, scale * samples(*args)[1], gV, gc

    def nothing_summed(*args):
        return tuple(scale * g for g in samples(*args))

    for wrong in (bias_not_summed, nothing_summed):
        diagnosis = dp.diagnose(loss, wrong, *NET)
        assert diagnosis.kind == "not_summed", str(diagnosis)
        assert "axis 0 (of length 7)" in diagnosis.message and words in diagnosis.message
    assert len(dp.diagnose(loss, nothing_summed, *NET).also) == 3


def test_mixed_up_arguments():
    def reversed_order(*args):
        return backprop(*args)[::-1]

    def wrong_one(*args):
        gW, gb, gV, gc = backprop(*args)
        return gW, gc, gV, gc

    diagnosis = dp.diagnose(loss, reversed_order, *NET)
    assert diagnosis.kind == "swapped" and "another order" in diagnosis.message
    diagnosis = dp.diagnose(loss, wrong_one, *NET)
    assert diagnosis.kind == "wrong_argument"
    assert "came back for b is the gradient with respect to c" in diagnosis.message


@pytest.mark.parametrize(
    "regroup, words",
    [
        (lambda g: np.concatenate([each.ravel() for each in g]), "in one array"),
        (lambda g: dict(zip("WbVc", g, strict=True)), "dict"),
        (lambda g: g[:3], "with respect to c is missing"),
        (lambda g: (g[0], g[3]), "b and V is missing"),
        (lambda g: g[2], "with respect to V"),
    ],
)
def test_the_right_numbers_in_another_grouping(regroup, words):
    diagnosis = dp.diagnose(loss, lambda *args: regroup(backprop(*args)), *NET)
    assert diagnosis.kind == "shape" and words in diagnosis.message, str(diagnosis)


def test_one_argument_wrapped_or_flattened():
    f = lambda W: (dp.sin(W) * W).sum()  # noqa: E731
    right = lambda W: np.cos(W) * W + np.sin(W)  # noqa: E731
    W = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    wrapped = dp.diagnose(f, lambda W: (right(W),), W)
    assert wrapped.kind == "shape" and "wrapped in a tuple" in wrapped.message
    columns = dp.diagnose(f, lambda W: right(W).T.ravel(), W)
    assert columns.kind == "transposed" and "column by column" in columns.message
    jacobian = dp.diagnose(f, lambda W: np.diag(right(W).ravel()), W)
    assert jacobian.kind in {"not_summed", "shape"}
    number = dp.diagnose(lambda x: x * x, lambda x: np.array([2 * x]), 1.5)
    assert number.kind == "shape" and "number is right" in number.message


def test_dicts():
    def in_dict(p):
        return loss(p["W"], p["b"], p["V"], p["c"])

    def answer(p, **changes):
        return dict(zip("WbVc", backprop(*p.values()), strict=True)) | changes

    p = dict(zip("WbVc", NET, strict=True))

    def lost(p):
        g = answer(p)
        del g["b"]
        return g

    diagnosis = dp.diagnose(in_dict, lost, p)
    assert diagnosis.kind in {"shape", "missing"} and "b" in diagnosis.message
    diagnosis = dp.diagnose(in_dict, lambda p: answer(p, W=answer(p)["W"].T), p)
    assert diagnosis.kind == "transposed" and "p['W']" in diagnosis.message


def test_wrong_numbers_in_the_wrong_shape_are_not_explained():
    rng = np.random.default_rng(5)
    noise = {x.shape: rng.normal(size=x.shape) for x in NET}

    def strange(*args):
        return tuple((g + noise[g.shape]).T for g in backprop(*args))

    diagnosis = dp.diagnose(loss, strange, *NET)
    assert diagnosis.kind == "shape" and "neither" in diagnosis.message
