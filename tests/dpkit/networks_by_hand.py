"""A network with two layers, and its gradient derived by hand: the truth for tests of `diagnose`."""

import numpy as np

import dpkit as dp

X = np.random.default_rng(0).normal(size=(7, 3))
Y = np.random.default_rng(1).normal(size=(7, 2))
NAMES = ("W", "b", "V", "c")


def loss(W, b, V, c):
    h = dp.tanh(X @ W + b)
    return ((h @ V + c - Y) ** 2).mean()


def backprop(W, b, V, c):
    h = np.tanh(X @ W + b)
    g = 2 * (h @ V + c - Y) / Y.size
    a = (g @ V.T) * (1 - h * h)
    return X.T @ a, a.sum(0), h.T @ g, g.sum(0)


def weights(hidden=4, seed=2):
    """Random weights; with three hidden units W is square."""
    rng = np.random.default_rng(seed)
    shapes = (3, hidden), (hidden,), (hidden, 2), (2,)
    return tuple(rng.normal(size=shape) for shape in shapes)


def spoilt(change, **changes):
    """backprop with some gradients changed: change=None, or a function of all; W=..., b=... of one.

    A change takes the gradient and the argument.
    """

    def gradient(*args):
        right = backprop(*args)
        if change is not None:
            return tuple(change(g, x) for g, x in zip(right, args, strict=True))
        return tuple(
            changes[name](g, x) if name in changes else g
            for name, g, x in zip(NAMES, right, args, strict=True)
        )

    return gradient
