"""Right gradients in unusual dress: none of them may be called wrong."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterator
from functools import lru_cache
from math import cosh, exp, sin

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case


def case(name, f, gradient, *args, fresh=False) -> Case:
    return Case(f"right: {name}", f, gradient, args, "correct", family="right", fresh=fresh)


def algebra(rng: np.random.Generator) -> Iterator[Case]:
    """The same number written in another way."""
    x = rng.uniform(0.4, 1.2)
    yield case("sin 2x", lambda x: dp.sin(x) ** 2, lambda x: sin(2 * x), x)
    yield case("1/cosh²", dp.tanh, lambda x: 1 / cosh(x) ** 2, x)
    yield case("1/cosh², saturated", dp.tanh, lambda x: 1 / cosh(x) ** 2, 17.0)
    yield case("σ' by exponentials", dp.sigmoid, lambda x: exp(-x) / (1 + exp(-x)) ** 2, -3.0)
    yield case("σ' far out", dp.sigmoid, lambda x: exp(-x) / (1 + exp(-x)) ** 2, 30.0)
    yield case("logarithm of a power", lambda x: dp.log(x**5), lambda x: 5 / x, x)
    yield case("power by exp", lambda x: x**2.5, lambda x: 2.5 * exp(1.5 * np.log(x)), x)
    yield case("a constant", lambda x: 3.0 + 0 * x, lambda x: 0, x)
    yield case("an integer", lambda x: 3 * x, lambda x: 3, x)
    yield case(
        "quotient as a product", lambda a, b: a / b, lambda a, b: (b**-1, -a * b**-2), x, 1.7
    )

    X, y = rng.normal(size=(6, 3)), rng.normal(size=6)

    def square(w):
        return dp.mean((X @ w - y) ** 2)

    def normal_equations(w):
        return 2 / 6 * ((X.T @ X) @ w - X.T @ y)

    def by_loops(w):
        slope = [0.0, 0.0, 0.0]
        for row, target in zip(X, y, strict=True):
            error = sum(a * b for a, b in zip(row, w, strict=True)) - target
            for k in range(3):
                slope[k] += 2 * error * row[k] / 6
        return slope

    w = rng.normal(size=3)
    yield case("normal equations", square, normal_equations, w)
    yield case("loops and a list", square, by_loops, w)
    yield case("einsum", square, lambda w: np.einsum("ij,i->j", X, X @ w - y) / 3, w)
    yield case("row by row, averaged", square,
               lambda w: np.mean([2 * (r @ w - t) * r for r, t in zip(X, y, strict=True)], axis=0), w)  # fmt: skip
    yield case("complex step", lambda w: dp.sum(dp.exp(w) * dp.sin(w)),
               lambda w: np.array([np.imag(np.exp(v + 1e-30j) * np.sin(v + 1e-30j)) / 1e-30 for v in w]), w)  # fmt: skip

    def logsumexp(z):
        return dp.log(dp.sum(dp.exp(z)))

    def shifted(z):
        e = np.exp(z - z.max())
        return e / e.sum()

    yield case("stable softmax", logsumexp, shifted, rng.normal(size=4))
    yield case(
        "unstable softmax",
        lambda z: dp.logsumexp(z),
        lambda z: np.exp(z) / np.exp(z).sum(),
        rng.normal(size=4),
    )

    A = rng.normal(size=(3, 3))
    S = A @ A.T + np.eye(3)
    yield case(
        "inverse for a determinant",
        lambda M: dp.linalg.slogdet(M)[1],
        lambda M: np.linalg.inv(M).T,
        S,
    )
    yield case("trace of a product", lambda M: dp.trace(M @ A), lambda M: A.T, S)


def containers(rng: np.random.Generator) -> Iterator[Case]:
    """The right numbers in another container or dtype."""
    W, b = rng.normal(size=(4, 3)), rng.normal(size=3)

    def f(W, b):
        return dp.sum(dp.sin(W) * b)

    def right(W, b):
        return np.cos(W) * b, np.sin(W).sum(axis=0)

    yield case("a list for the tuple", f, lambda W, b: list(right(W, b)), W, b)
    yield case("lists for the arrays", f, lambda W, b: tuple(g.tolist() for g in right(W, b)), W, b)
    yield case(
        "Fortran order", f, lambda W, b: (np.asfortranarray(right(W, b)[0]), right(W, b)[1]), W, b
    )
    yield case(
        "a view with steps",
        f,
        lambda W, b: (np.repeat(right(W, b)[0], 2, axis=1)[:, ::2], right(W, b)[1][::-1][::-1]),
        W,
        b,
    )
    yield case("Fortran arguments", f, right, np.asfortranarray(W), b)
    yield case("read-only", f, lambda W, b: tuple(frozen(g) for g in right(W, b)), W, b)
    yield case("objects", f, lambda W, b: (right(W, b)[0].astype(object), right(W, b)[1]), W, b)
    yield case(
        "long doubles", f, lambda W, b: tuple(g.astype(np.longdouble) for g in right(W, b)), W, b
    )

    def by_torch(W, b):
        import torch

        leaves = [torch.tensor(each, requires_grad=True) for each in (W, b)]
        (torch.sin(leaves[0]) * leaves[1]).sum().backward()
        return tuple(leaf.grad for leaf in leaves)

    yield case("torch tensors", f, by_torch, W, b)
    yield case("a torch number", lambda x: x * x, lambda x: torch_number(2 * x), 1.5)
    yield case("an array of no dimensions", lambda x: x * x, lambda x: np.array(2 * x), 1.5)
    yield case("a numpy number", lambda x: x * x, lambda x: np.float64(2 * x), 1.5)
    yield case("argument of no dimensions", lambda x: x * x, lambda x: 2 * x, np.array(1.5))
    yield case("numpy argument", lambda x: x * x, lambda x: 2 * x, np.float64(1.5))
    yield case(
        "whole numbers",
        lambda w: dp.sum(np.array([1.0, 2.0, 3.0]) * w),
        lambda w: np.array([1, 2, 3]),
        rng.normal(size=3),
    )

    Pair = namedtuple("Pair", "slope offset")
    line = Pair(rng.normal(size=3), 0.2)
    x = rng.normal(size=3)

    def predict(p):
        return dp.tanh(dp.sum(x * p.slope) + p.offset)

    def by_hand(p):
        d = 1 / np.cosh(x @ p.slope + p.offset) ** 2
        return Pair(d * x, d)

    yield case("a named tuple", predict, by_hand, line)

    nested = {"layers": [rng.normal(size=(2, 2)), rng.normal(size=2)], "scale": 0.7}
    yield case("nested containers", lambda p: p["scale"] * dp.sum(p["layers"][0] @ p["layers"][1]),
               lambda p: {"layers": [p["scale"] * np.tile(p["layers"][1], (2, 1)), p["scale"] * p["layers"][0].sum(axis=0)],
                          "scale": (p["layers"][0] @ p["layers"][1]).sum()}, nested)  # fmt: skip

    def wave(w):
        return dp.sum(dp.exp(w) * w)

    def wave_slope(w):
        return np.exp(w) * (w + 1)

    yield case("float32 throughout", wave, wave_slope, rng.normal(size=5).astype(np.float32))

    def single_net(W, b):
        return dp.mean(dp.tanh(W @ b) ** 2)

    def single_net_slope(W, b):
        t = np.tanh(W @ b)
        g = 2 * t / t.size * (1 - t * t)
        return np.outer(g, b), W.T @ g

    yield case(
        "float32 network", single_net, single_net_slope, W.astype(np.float32), b.astype(np.float32)
    )


def frozen(array):
    array.flags.writeable = False
    return array


def torch_number(x):
    import torch

    return torch.tensor(x, dtype=torch.float64)


def extremes(rng: np.random.Generator) -> Iterator[Case]:
    """Very large, very small, zero, and the points where a choice must be made."""
    w = rng.normal(size=4)

    def scaled(scale):
        return lambda w: scale * dp.sum(dp.sin(w)), lambda w: scale * np.cos(w)

    for scale in (1e-20, 1e-9, 1e9, 1e20):
        yield case(f"times {scale:g}", *scaled(scale), w)
    yield case("arguments of 1e8", lambda w: dp.sum(w**2), lambda w: 2 * w, 1e8 * w)
    yield case("arguments of 1e-12", lambda w: dp.sum(w**2), lambda w: 2 * w, 1e-12 * w)
    yield case("very different sizes", lambda w: dp.sum(np.array([1e-8, 1.0, 1e8, 1.0]) * w**2),
               lambda w: 2 * np.array([1e-8, 1.0, 1e8, 1.0]) * w, w)  # fmt: skip
    yield case("negative zero", lambda w: dp.sum(w * 0.0), lambda w: -0.0 * np.ones(4), w)
    yield case("zero where it is least", lambda w: dp.sum(w**2), lambda w: 2 * w, np.zeros(3))
    yield case(
        "relu at its kink",
        lambda w: dp.sum(dp.relu(w)),
        lambda w: (w >= 0) * 1.0,
        np.array([0.0, 1.0, -1.0]),
    )
    yield case(
        "relu at its kink, half",
        lambda w: dp.sum(dp.relu(w)),
        lambda w: (np.sign(w) + 1) / 2,
        np.array([0.0, 1.0, -1.0]),
    )
    yield case(
        "abs at its kink",
        lambda w: dp.sum(dp.abs(w)),
        lambda w: np.where(w >= 0, 1.0, -1.0),
        np.array([0.0, 1.0, -2.0]),
    )
    yield case(
        "a tie", lambda w: dp.amax(w), lambda w: np.eye(3)[np.argmax(w)], np.array([1.0, 1.0, 0.5])
    )
    yield case(
        "an inactive unit",
        lambda w: dp.sum(dp.relu(w - 5.0)),
        lambda w: 0 * w,
        rng.uniform(0, 1, 3),
    )
    yield case("one datum", lambda w: dp.mean((np.ones((1, 3)) @ w - 2.0) ** 2),
               lambda w: 2 * (np.ones((1, 3)) @ w - 2.0) @ np.ones((1, 3)), rng.normal(size=3))  # fmt: skip
    yield case("one by one", lambda W: dp.sum(W @ W), lambda W: 2 * W, rng.normal(size=(1, 1)))


def habits(rng: np.random.Generator) -> Iterator[Case]:
    """Ways of working that look like bad manners and are none."""
    X = rng.normal(size=(4, 3))

    def linear(W):
        return dp.sum(X * W)

    W = rng.normal(size=(4, 3))
    yield case("the data themselves", linear, lambda W: X, W)
    yield case(
        "a copy changed", lambda w: dp.sum(w**2), lambda w: doubled(w.copy()), rng.normal(size=3)
    )

    def remembering():
        @lru_cache
        def slow(numbers):
            return 2 * np.array(numbers)

        return lambda w: slow(tuple(w))

    yield case(
        "remembers by argument", lambda w: dp.sum(w**2), remembering, rng.normal(size=3), fresh=True
    )

    def counting():
        calls = []

        def gradient(w):
            calls.append(w)
            return 2 * w

        return gradient

    yield case("keeps a history", lambda w: dp.sum(w**2), counting, rng.normal(size=3), fresh=True)

    def any_order():
        shuffled = np.random.default_rng(0)
        data = rng.normal(size=50)

        def f(w):
            return dp.mean((w * data) ** 2)

        def gradient(w):
            return float(sum(2 * w * x * x for x in shuffled.permutation(data)) / 50)

        return f, gradient

    yield case("sums in any order", *any_order(), 0.7)
    yield case("dp.grad", lambda w, b: dp.sum(dp.tanh(X @ w + b)), lambda w, b: dp.grad(
        lambda w, b: dp.sum(dp.tanh(X @ w + b)), (0, 1))(w, b), rng.normal(size=3), 0.3)  # fmt: skip


def doubled(array):
    array *= 2
    return array


PROBLEMS = (algebra, containers, extremes, habits)
