"""Gradient functions that do more than they should, or remember what they should forget."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

import dpkit as dp
from tests.diagnosis.case import Case


def manners(rng: np.random.Generator) -> Iterator[Case]:
    n, d = 6, 3
    X, y = rng.normal(size=(n, d)), rng.normal(size=n)

    def f(w, b):
        return dp.mean((X @ w + b - y) ** 2)

    def right(w, b):
        g = 2 * (X @ w + b - y) / n
        return X.T @ g, g.sum()

    args = rng.normal(size=d), 0.4

    def case(name, make, kinds, f=f, args=args, family="manners"):
        return Case(f"manners: {name}", f, make, args, kinds, family=family, fresh=True)

    def updates_argument():
        def gradient(w, b):
            dw, db = right(w, b)
            w -= 0.1 * dw
            return dw, db

        return gradient

    def overwrites_with_gradient():
        def gradient(w, b):
            dw, db = right(w, b)
            w[:] = dw
            return w, db

        return gradient

    def sorts_argument():
        def gradient(w, b):
            dw, db = right(w, b)
            w.sort()
            return dw, db

        return gradient

    def normalises_argument():
        def gradient(w, b):
            answer = right(w, b)
            w /= np.linalg.norm(w)
            return answer

        return gradient

    def piles_up():
        total = [np.zeros(d), 0.0]

        def gradient(w, b):
            dw, db = right(w, b)
            total[0] = total[0] + dw
            total[1] += db
            return tuple(total)

        return gradient

    def piles_up_in_place():
        total = np.zeros(d)

        def gradient(w, b):
            nonlocal total
            dw, db = right(w, b)
            total += dw
            return total, db

        return gradient

    def doubles():
        scale = 1.0

        def gradient(w, b):
            nonlocal scale
            dw, db = right(w, b)
            answer = scale * dw, scale * db
            scale *= 2
            return answer

        return gradient

    def only_b_piles_up():
        total = 0.0

        def gradient(w, b):
            nonlocal total
            dw, db = right(w, b)
            total += db
            return dw, total

        return gradient

    def same_buffer():
        buffer = np.zeros(d)

        def gradient(w, b):
            dw, db = right(w, b)
            buffer[:] = dw
            return buffer, db

        return gradient

    def gives_back_a_view():
        def gradient(w):
            w[:] = 2 * w
            return w

        return gradient

    def one_late():
        last = None

        def gradient(w, b):
            nonlocal last
            now = right(w, b)
            answer, last = (now if last is None else last), now
            return answer

        return gradient

    def remembers_the_first():
        first = None

        def gradient(w, b):
            nonlocal first
            first = right(w, b) if first is None else first
            return first

        return gradient

    def noisy():
        noise = np.random.default_rng(1)
        return lambda w, b: tuple(
            g + noise.normal(scale=1e-3, size=np.shape(g)) for g in right(w, b)
        )

    def dropout():
        noise = np.random.default_rng(2)

        def gradient(w, b):
            g = 2 * (X @ w + b - y) / n * (noise.random(n) > 0.3) / 0.7
            return X.T @ g, g.sum()

        return gradient

    def minibatch():
        noise = np.random.default_rng(3)

        def gradient(w, b):
            rows = noise.permutation(n)[:4]
            g = 2 * (X[rows] @ w + b - y[rows]) / 4
            return X[rows].T @ g, g.sum()

        return gradient

    def noisy_numbers():
        noise = np.random.default_rng(4)
        return lambda x: 2 * x * (1 + 0.1 * noise.normal())

    yield case("updates its argument", updates_argument, "mutated_input")
    yield case(
        "writes the gradient over its argument", overwrites_with_gradient, "mutated_input aliased"
    )
    yield case("sorts its argument", sorts_argument, "mutated_input",
               args=(np.array([2.0, 1.0, -1.0]), 0.4))  # fmt: skip
    yield case("normalises its argument", normalises_argument, "mutated_input")
    yield case("doubles its argument", gives_back_a_view, "mutated_input aliased",
               f=lambda w: dp.sum(w * w), args=(rng.normal(size=4),))  # fmt: skip
    yield case("piles up", piles_up, "accumulated")
    yield case("piles up in place", piles_up_in_place, "accumulated aliased")
    yield case("doubles", doubles, "accumulated")
    yield case("only b piles up", only_b_piles_up, "accumulated")
    yield case("the same buffer every time", same_buffer, "aliased")
    yield case("one call late", one_late, "stale")
    yield case("always the first answer", remembers_the_first, "stale")
    yield case("noise", noisy, "nondeterministic")
    yield case("dropout", dropout, "nondeterministic")
    yield case("another part of the data each time", minibatch, "nondeterministic")
    yield case("noisy number", noisy_numbers, "nondeterministic", f=lambda x: x * x, args=(1.3,))
    yield case("its argument itself", lambda: lambda w: w, "correct",
               f=lambda w: 0.5 * dp.sum(w * w), args=(rng.normal(size=4),), family="right")  # fmt: skip


def forms(rng: np.random.Generator) -> Iterator[Case]:
    """Answers in the wrong form."""
    W = rng.normal(size=(3, 2))
    X = rng.normal(size=(4, 3))

    def f(W, b):
        return dp.sum(dp.tanh(X @ W + b))

    def right(W, b):
        g = 1 - np.tanh(X @ W + b) ** 2
        return X.T @ g, g.sum(axis=0)

    args = W, rng.normal(size=2)
    table = {
        "None": (lambda W, b: None, "missing"),
        "one None": (lambda W, b: (right(W, b)[0], None), "missing"),
        "text": (lambda W, b: (right(W, b)[0], "0.5"), "wrong_type"),
        "complex": (lambda W, b: (right(W, b)[0] + 0j, right(W, b)[1]), "wrong_type"),
        "a function": (lambda W, b: right, "wrong_type shape"),
        "only the first": (lambda W, b: right(W, b)[0], "shape missing"),
        "three": (lambda W, b: (*right(W, b), 0.0), "shape"),
        "the transpose": (lambda W, b: (right(W, b)[0].T, right(W, b)[1]), "transposed"),
        "a row too many": (
            lambda W, b: (np.vstack([right(W, b)[0], [0, 0]]), right(W, b)[1]),
            "shape",
        ),
        "not a number": (lambda W, b: (right(W, b)[0] / 0, right(W, b)[1]), "not_finite"),
        "infinite b": (lambda W, b: (right(W, b)[0], right(W, b)[1] * np.inf), "not_finite"),
        "the value instead": (
            lambda W, b: float(np.tanh(X @ W + b).sum()),
            "shape wrong_seed missing",
        ),
        "booleans": (lambda W, b: (right(W, b)[0] > 0, right(W, b)[1] > 0), "wrong_type magnitude"),
    }
    for name, (wrong, kinds) in table.items():
        yield Case(f"form: {name}", f, wrong, args, kinds, family="manners")


def numerics(rng: np.random.Generator) -> Iterator[Case]:
    """The right derivative, computed too coarsely."""
    X = rng.normal(size=(5, 3))

    def f(w):
        return dp.sum(dp.sin(X @ w) * dp.exp(0.3 * w[0]))

    def right(w):
        z, e = X @ w, np.exp(0.3 * w[0])
        return X.T @ (np.cos(z) * e) + np.array([0.3 * e * np.sin(z).sum(), 0, 0])

    def value(w):
        return np.sum(np.sin(X @ w)) * np.exp(0.3 * w[0])

    def forward(w, h=1e-5):
        return np.array([(value(w + h * e) - value(w)) / h for e in np.eye(3)])

    def central(w, h=1e-2):
        return np.array([(value(w + h * e) - value(w - h * e)) / (2 * h) for e in np.eye(3)])

    def backward(w, h=1e-3):
        return np.array([(value(w) - value(w - h * e)) / h for e in np.eye(3)])

    def single(w):
        w, data = w.astype(np.float32), X.astype(np.float32)
        z, e = data @ w, np.exp(np.float32(0.3) * w[0])
        return data.T @ (np.cos(z) * e) + np.array([0.3 * e * np.sin(z).sum(), 0, 0], np.float32)

    w = rng.normal(size=3)
    while right(w).min() > -1 or right(w).max() < 1:  # so that there are signs to lose
        w = rng.normal(size=3)
    args = (w,)
    table = {
        "forward difference": (forward, "finite_difference"),
        "central difference": (central, "finite_difference"),
        "backward difference": (backward, "finite_difference"),
        "difference with the step forgotten": (
            lambda w: forward(w) * 1e-5,
            "factor finite_difference unknown",
        ),
        "forward difference over 2h": (
            lambda w: forward(w) / 2,
            "finite_difference factor unknown",
        ),
        "computed in float32": (single, "float32"),
        "handed over in float32": (lambda w: right(w).astype(np.float32), "float32"),
        "half precision": (lambda w: right(w).astype(np.float16), "rounded float32"),
        "two decimals": (lambda w: np.round(right(w), 2), "rounded"),
        "five decimals": (lambda w: np.round(right(w), 5), "rounded"),
        "whole numbers": (lambda w: right(w).astype(int), "rounded"),
        "rounded down": (lambda w: np.floor(right(w)), "rounded"),
        "plus 0.25 everywhere": (lambda w: right(w) + 0.25, "constant_offset"),
        "clipped": (lambda w: np.clip(right(w), -0.8, 0.8), "clipped"),
        "of length one": (lambda w: right(w) / np.linalg.norm(right(w)), "normalised"),
        "largest one": (lambda w: right(w) / np.abs(right(w)).max(), "normalised"),
        "signs": (lambda w: np.sign(right(w)), "magnitude"),
        "without signs": (lambda w: np.abs(right(w)), "magnitude"),
        "squared": (lambda w: right(w) ** 2, "magnitude repeated_factor unknown"),
        "scale and sign": (lambda w: -3.7 * right(w), "factor"),
        "in the other order": (lambda w: right(w)[::-1], "swapped"),
        "one place further": (lambda w: np.roll(right(w), 1), "swapped"),
        "with weight decay": (lambda w: right(w) + 0.05 * w, "weight_decay"),
        "zero": (lambda w: np.zeros(3), "zero"),
        "ones": (lambda w: np.ones(3), "unknown wrong_seed not_upstream missing_factor"),
    }
    for name, (wrong, kinds) in table.items():
        family = (
            "strange"
            if "unknown" in kinds
            else "manners"
            if kinds in ("finite_difference", "float32", "rounded")
            else "single"
        )
        yield Case(f"numerics: {name}", f, wrong, args, kinds, family=family)


PROBLEMS = (manners, forms, numerics)
