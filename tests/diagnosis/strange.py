"""What no mistake of differentiation explains: it is unknown, or has another name that is true.

Another function differentiated rightly ("other_function") is such a name.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def oddities(rng: np.random.Generator) -> Iterator[Case]:
    n, d, h = 8, 3, 4
    X, y = rng.normal(size=(n, d)), rng.normal(size=n)
    seed = int(rng.integers(1000))

    def f(W, b, v):
        H = dp.sigmoid(X @ W + b)
        return dp.mean((H @ v - y) ** 2) + 0.1 * dp.sum(v**2)

    def hidden(
        W, b, v, X=X, y=y, act=sigmoid, slope=lambda H: H * (1 - H), loss=None, strength=0.1
    ):
        H = act(X @ W + b)
        r = H @ v - y
        g = 2 * r / n if loss is None else loss(r) / n
        dA = np.outer(g, v) * slope(H)
        return X.T @ dA, dA.sum(axis=0), H.T @ g + 2 * strength * v

    args = rng.normal(size=(d, h)), rng.normal(size=h), rng.normal(size=h)
    shuffled, other = rng.permutation(n), rng.normal(size=(n, d))

    def noise(*arrays):
        """Irregular, but the same for the same arguments."""
        phase = sum(float(np.sum(a * np.arange(1, a.size + 1).reshape(a.shape))) for a in arrays)
        return [
            np.sin(phase * 17.3 + np.arange(a.size).reshape(a.shape) * 2.7 + k)
            for k, a in enumerate(arrays)
        ]

    def random_numbers(W, b, v):
        draw = np.random.default_rng(seed)
        return tuple(draw.normal(size=a.shape) for a in (W, b, v))

    def with_noise(amount):
        return lambda *p: tuple(g + amount * e for g, e in zip(hidden(*p), noise(*p), strict=True))

    def at_shifted_point(W, b, v):
        return hidden(W + 0.01, b + 0.01, v + 0.01)

    def three_bugs(W, b, v):
        H = sigmoid(X @ W + b)
        g = (H @ v - y) / n
        dA = np.outer(g, v) * H
        return X.T @ dA, dA.mean(axis=0), H.T @ g + 0.2 * v

    def three_other_bugs(W, b, v):
        H = sigmoid(X @ W + b)
        g = 2 * (H @ v - y)
        dA = np.outer(g, np.ones(h)) * H * (1 - H)
        return -(X.T @ dA), dA.sum(axis=0), H.T @ g

    def newton_step(W, b, v):
        dW, db, dv = hidden(W, b, v)
        H = sigmoid(X @ W + b)
        return dW, db, np.linalg.solve(2 * H.T @ H / n + 0.2 * np.eye(h), dv)

    def averaged_points(W, b, v):
        return tuple(
            (p + q) / 2 for p, q in zip(hidden(1.1 * W, b, v), hidden(0.9 * W, b, v), strict=True)
        )

    def curvature(W, b, v):
        H = sigmoid(X @ W + b)
        dW, db, _ = hidden(W, b, v)
        return dW, db, 2 * (H * H).mean(axis=0) + 0.2

    def only_for_positive(W, b, v):
        return tuple(np.where(g > 0, g, 0.3 * g**2) for g in hidden(W, b, v))

    def random_rows(W, b, v):
        dW, db, dv = hidden(W, b, v)
        return dW[[2, 0, 1]], db[[3, 1, 0, 2]], dv

    def times_parameter(W, b, v):
        return tuple(g * p for g, p in zip(hidden(W, b, v), (W, b, v), strict=True))

    def of_the_square(W, b, v):
        H = sigmoid(X @ W + b)
        value = np.mean((H @ v - y) ** 2) + 0.1 * np.sum(v**2)
        return tuple(2 * value * g for g in hidden(W, b, v))

    def squashed(W, b, v):
        return tuple(np.tanh(5 * g) for g in hidden(W, b, v))

    def last_left_empty(W, b, v):
        dW, db, dv = hidden(W, b, v)
        dv[-1] = 0.0
        return dW, db, dv

    table = {
        "random numbers": (random_numbers, ""),
        "noise of 1e-3": (with_noise(1e-3), ""),
        "noise of 0.1": (with_noise(0.1), ""),
        "a random part of it": (lambda *p: tuple(g * (1 + 0.2 * e) for g, e in zip(hidden(*p), noise(*p), strict=True)), ""),
        "labels shuffled": (lambda *p: hidden(*p, y=y[shuffled]), "other_function"),
        "labels shifted": (lambda *p: hidden(*p, y=np.roll(y, 1)), "other_function"),
        "other data": (lambda *p: hidden(*p, X=other), "other_function"),
        "data standardised": (lambda *p: hidden(*p, X=(X - X.mean(axis=0)) / X.std(axis=0)), "other_function"),
        "absolute error": (lambda *p: hidden(*p, loss=np.sign), "other_function"),
        "fourth power": (lambda *p: hidden(*p, loss=lambda r: 4 * r**3), "other_function"),
        "huber loss": (lambda *p: hidden(*p, loss=lambda r: np.clip(2 * r, -1, 1)), "other_function clipped"),
        "log-cosh loss": (lambda *p: hidden(*p, loss=np.tanh), "other_function"),
        "softsign for sigmoid": (lambda *p: hidden(*p, act=lambda z: z / (1 + abs(z)), slope=lambda H: (1 - abs(H)) ** 2), "other_function"),
        "stronger regulariser": (lambda *p: hidden(*p, strength=0.37), "other_function weight_decay factor"),
        "a point beside it": (at_shifted_point, "wrong_point stale"),
        "three bugs": (three_bugs, ""),
        "three other bugs": (three_other_bugs, ""),
        "Newton's step": (newton_step, ""),
        "mean of two points": (averaged_points, ""),
        "curvature for the last": (curvature, ""),
        "right where positive": (only_for_positive, ""),
        "rows in any order": (random_rows, "swapped"),
        "times the parameter": (times_parameter, "wrong_rule"),
        "of the square of f": (of_the_square, "other_function wrong_seed repeated_factor"),
        "squashed": (squashed, ""),
        "last component left empty": (last_left_empty, "missing_term zero"),
    }  # fmt: skip
    for name, (wrong, kinds) in table.items():
        yield Case(f"strange: {name}", f, wrong, args, f"unknown {kinds}", family="strange")

    # The right gradient of a function that differs in one operation has a name.
    others = {
        "tanh for sigmoid": (lambda *p: hidden(*p, act=np.tanh, slope=lambda H: 1 - H * H), "other_function"),
        "relu for sigmoid": (lambda *p: hidden(*p, act=lambda z: np.maximum(z, 0), slope=lambda H: (H > 0) * 1.0), "other_function"),
        "b forgotten": (lambda W, b, v: hidden(W, 0 * b, v), "other_function"),
        "plus for minus": (lambda *p: hidden(*p, y=-y), "other_function sign"),
    }  # fmt: skip
    for name, (wrong, kinds) in others.items():
        yield Case(f"another function: {name}", f, wrong, args, kinds)


def single_numbers(rng: np.random.Generator) -> Iterator[Case]:
    def f(a, b):
        return dp.sin(a * b) + dp.exp(a - b)

    def right(a, b):
        s, e = np.cos(a * b), np.exp(a - b)
        return b * s + e, a * s - e

    args = tuple(rng.uniform(0.4, 1.2, 2))
    table = {
        "noise of 1e-3": (lambda a, b: (right(a, b)[0] + 1e-3 * np.sin(91 * a), right(a, b)[1] - 1e-3 * np.sin(77 * b)), ""),
        "random numbers": (lambda a, b: (0.37, -1.13), ""),
        "polynomial in its place": (lambda a, b: (1 + a * b**2 - b, 0.5 + a**2 * b), ""),
        "three bugs": (lambda a, b: (-np.sin(a * b) + np.exp(a - b), 2 * a * np.cos(a * b)), ""),
        "b - a": (lambda a, b: (b * np.cos(a * b) - np.exp(b - a), a * np.cos(a * b) + np.exp(b - a)), "other_function"),
        "sum for product": (lambda a, b: (np.cos(a + b) + np.exp(a - b), np.cos(a + b) - np.exp(a - b)), "other_function"),
    }  # fmt: skip
    for name, (wrong, kinds) in table.items():
        yield Case(f"strange numbers: {name}", f, wrong, args, f"unknown {kinds}", family="strange")


def linear(rng: np.random.Generator) -> Iterator[Case]:
    """The gradient of a linear function is constant; a constant error says nothing about it."""
    c, drawn = rng.normal(size=5), rng.normal(size=5)

    def f(w):
        return dp.sum(c * w)

    args = (rng.normal(size=5),)
    for name, wrong in (("random numbers", drawn), ("a random part added", c + 0.1 * drawn)):
        yield Case(
            f"linear: {name}",
            f,
            lambda w, wrong=wrong: wrong.copy(),
            args,
            "unknown",
            family="strange",
        )


PROBLEMS = (oddities, single_numbers, linear)
