"""Gradients derived by hand, with the slips that go with loops, with steps in between, and with
operations on arrays. Each gradient is right as it stands, which is tested too; a slip is a line of it
that is exchanged for another."""

from __future__ import annotations

import numpy as np
import pytest

import dpkit as dp

RNG = np.random.default_rng(4)
TARGET = RNG.normal(size=4)
SIGNAL = RNG.normal(size=12)
DATA = RNG.normal(size=(5, 4))
WEIGHTS = np.array([1.1, -0.4, -2.0, 0.9, 1.3, 0.8])


def network(layers, x):
    h = x
    for W, b in layers:
        h = dp.tanh(W @ h + b)
    return dp.sum(h * TARGET)


NETWORK = """
def by_hand(layers, x):
    hs = [x]
    for W, b in layers:
        hs.append(np.tanh(W @ hs[-1] + b))
    dh = TARGET
    out = []
    for k in reversed(range(len(layers))):
        W, b = layers[k]
        dz = dh * (1 - hs[k + 1] ** 2)
        out.insert(0, [np.outer(dz, hs[k]), dz])
        dh = W.T @ dz
    return out, dh
"""


def iteration(A, x):
    for _ in range(3):
        y = A @ x
        x = y / dp.sum(y)
    return dp.sum(x * TARGET)


ITERATION = """
def by_hand(A, x):
    xs, ys = [x], []
    for _ in range(3):
        ys.append(A @ xs[-1])
        xs.append(ys[-1] / ys[-1].sum())
    dA = np.zeros_like(A)
    dx = TARGET
    for k in reversed(range(3)):
        y, s = ys[k], ys[k].sum()
        dy = dx / s - (dx @ y) / s**2
        dA += np.outer(dy, xs[k])
        dx = A.T @ dy
    return dA, dx
"""


def pendulum(angle, speed, k):
    energy = 0.0
    for _ in range(3):
        speed = speed - 0.1 * k * dp.sin(angle)
        angle = angle + 0.1 * speed
        energy = energy + angle**2
    return energy


PENDULUM = """
def by_hand(angle, speed, k):
    angles = [angle]
    for _ in range(3):
        speed = speed - 0.1 * k * np.sin(angles[-1])
        angles.append(angles[-1] + 0.1 * speed)
    da = ds = dk = 0.0
    for n in reversed(range(3)):
        da += 2 * angles[n + 1]
        ds += 0.1 * da
        dk -= 0.1 * np.sin(angles[n]) * ds
        da -= 0.1 * k * np.cos(angles[n]) * ds
    return da, ds, dk
"""


def pooled(w, V):
    s = dp.stack([w @ SIGNAL[k : k + 3] for k in range(8)])
    logits = V @ dp.max(dp.reshape(s, (2, 4)), axis=1)
    return dp.logsumexp(logits) - logits[1]


POOLED = """
def by_hand(w, V):
    s = np.array([w @ SIGNAL[k : k + 3] for k in range(8)]).reshape(2, 4)
    p = s.max(axis=1)
    logits = V @ p
    q = np.exp(logits - logits.max())
    q = q / q.sum()
    q[1] -= 1
    dp = V.T @ q
    ds = np.zeros((2, 4))
    ds[np.arange(2), s.argmax(axis=1)] = dp
    dw = sum(d * SIGNAL[k : k + 3] for k, d in enumerate(ds.ravel()))
    return dw, np.outer(q, p)
"""


def shares(S):
    return dp.sum(dp.softmax(S, axis=1) * DATA)


SHARES = """
def by_hand(S):
    A = np.exp(S)
    A = A / A.sum(axis=1, keepdims=True)
    return A * (DATA - (DATA * A).sum(axis=1, keepdims=True))
"""


def logarithms(S):
    return dp.sum(dp.log_softmax(S, axis=1) * DATA)


LOGARITHMS = """
def by_hand(S):
    A = np.exp(S)
    A = A / A.sum(axis=1, keepdims=True)
    return DATA - A * DATA.sum(axis=1, keepdims=True)
"""


def mixture(S):
    return dp.sum(dp.logsumexp(S, axis=1) ** 2)


MIXTURE = """
def by_hand(S):
    A = np.exp(S)
    z = np.log(A.sum(axis=1, keepdims=True))
    return 2 * z * A / A.sum(axis=1, keepdims=True)
"""


def running(x):
    c = dp.cumsum(x * WEIGHTS)
    return dp.sum(dp.where(c > 0, c**2, 0.3 * c)) + dp.sum(dp.clip(x, -0.5, 0.5) * WEIGHTS)


RUNNING = """
def by_hand(x):
    c = np.cumsum(x * WEIGHTS)
    dc = np.where(c > 0, 2 * c, 0.3)
    dx = np.cumsum(dc[::-1])[::-1] * WEIGHTS
    return dx + WEIGHTS * ((x > -0.5) & (x < 0.5))
"""


def evidence(W):
    return dp.linalg.logdet(W @ W.T + 0.5 * np.eye(4))


EVIDENCE = """
def by_hand(W):
    K = W @ W.T + 0.5 * np.eye(4)
    return 2 * np.linalg.inv(K) @ W
"""


def products(a, b, k):
    return k * dp.sin(a) + (-b) * a + dp.log(a + b) ** 2


PRODUCTS = """
def by_hand(a, b, k):
    L = np.log(a + b)
    da = k * np.cos(a) - b + 2 * L / (a + b)
    db = -a + 2 * L / (a + b)
    return da, db, np.sin(a)
"""


def correlated(Q, K):
    return dp.sum(dp.einsum("id,jd->ij", Q, K) * DATA[:4])


CORRELATED = """
def by_hand(Q, K):
    return DATA[:4] @ K, DATA[:4].T @ Q
"""

TASKS = {
    "network": (network, NETWORK, ([[RNG.normal(size=(4, 4)), RNG.normal(size=4)]
                                    for _ in range(3)], RNG.normal(size=4))),
    "iteration": (iteration, ITERATION, (0.5 + RNG.random((4, 4)), 0.5 + RNG.random(4))),
    "pendulum": (pendulum, PENDULUM, (0.8, -0.3, 2.0)),
    "pooled": (pooled, POOLED, (np.array([0.5, -1.0, 0.8]), RNG.normal(size=(3, 2)))),
    "shares": (shares, SHARES, (RNG.normal(size=(5, 4)),)),
    "logarithms": (logarithms, LOGARITHMS, (RNG.normal(size=(5, 4)),)),
    "mixture": (mixture, MIXTURE, (RNG.normal(size=(5, 4)),)),
    "running": (running, RUNNING, (np.array([0.3, -1.2, 0.8, 0.1, -0.2, 1.4]),)),
    "evidence": (evidence, EVIDENCE, (RNG.normal(size=(4, 3)),)),
    "products": (products, PRODUCTS, (1.4, 0.6, 2.3)),
    "correlated": (correlated, CORRELATED, (RNG.normal(size=(4, 3)), RNG.normal(size=(4, 3)))),
}  # fmt: skip

# task, what stands there, the slip, kind, words in the sentence
SLIPS = [
    ("network", "dh = W.T @ dz", "dh = W.T @ dh", "missing_factor", "further on"),
    ("network", "dh = W.T @ dz", "dh = dh + W.T @ dz", "double_counted", "turn"),
    ("network", "dh = W.T @ dz", "dh = layers[k - 1][0].T @ dz", "wrong_point", "turn before"),
    ("iteration", "dA += np.outer(dy", "dA += np.outer(dx", "missing_factor", "further on"),
    ("iteration", "dx = A.T @ dy", "dx = dx + A.T @ dy", "double_counted", "turn"),
    ("iteration", "reversed(range(3))", "range(3)", "wrong_order", "forwards"),
    ("iteration", "reversed(range(3))", "reversed(range(2))", "missing_term", "the last one"),
    ("iteration", "reversed(range(3))", "reversed(range(1, 3))", "missing_term", "the first one"),
    ("iteration", "np.outer(dy, xs[k])", "np.outer(dy, xs[0])", "wrong_point", "first turn"),
    ("pendulum", "ds += 0.1 * da", "ds = 0.1 * da", "overwritten", "every turn"),
    ("pendulum", "reversed(range(3))", "range(3)", "wrong_order", "forwards"),
    ("pooled", "s.argmax", "s.argmin", "swapped", "smallest"),
    ("pooled", "s.argmax(axis=1)", "0", "wrong_rule", "first place"),
    ("pooled", "s.argmax(axis=1)] = dp", "s.argmax(axis=1)] = dp * p", "wrong_rule", "value"),
    ("pooled", "q = q / q.sum()", "pass", "missing_factor", "divided"),
    ("pooled", "q[1] -= 1", "q[0] -= 1", "other_function", "index"),
    ("shares", "(DATA * A).sum(axis=1, keepdims=True)", "(DATA * A).sum()", "not_summed", "line"),
    ("shares", "A * (DATA", "(DATA", "missing_factor", "once more"),
    ("shares", "A * (DATA - (DATA * A).sum(axis=1, keepdims=True))",
     "DATA - A * DATA.sum(axis=1, keepdims=True)", "wrong_rule", "logarithm"),
    ("logarithms", "DATA - A", "DATA + A", "sign", "added"),
    ("logarithms", "DATA - A * DATA.sum(axis=1, keepdims=True)",
     "A * (DATA - (DATA * A).sum(axis=1, keepdims=True))", "wrong_rule", "softmax"),
    ("mixture", "A / A.sum(axis=1", "A / A.sum(axis=0", "wrong_rule", "another"),
    ("mixture", "A / A.sum(axis=1, keepdims=True)", "A / A.sum()", "wrong_rule", "one sum"),
    ("running", "np.cumsum(dc[::-1])[::-1]", "np.cumsum(dc[::-1])", "swapped", "turned back"),
    ("running", "np.cumsum(dc[::-1])[::-1]", "(np.cumsum(dc[::-1])[::-1] - dc)", "missing_term",
     "own partial sum"),
    ("running", "np.cumsum(dc[::-1])[::-1]", "dc.sum()", "wrong_rule", "all of them"),
    ("running", "np.where(c > 0, 2 * c, 0.3)", "2 * c", "wrong_rule", "first of the two"),
    ("running", "np.where(c > 0, 2 * c, 0.3)", "(2 * c + 0.3)", "double_counted", "not chosen"),
    ("running", "np.where(c > 0, 2 * c, 0.3)", "np.where(c > 0, 0.3, 2 * c)", "swapped",
     "choices"),
    ("running", "((x > -0.5) & (x < 0.5))", "((x < -0.5) | (x > 0.5))", "swapped", "limits"),
    ("running", "((x > -0.5) & (x < 0.5))", "(x < 0.5)", "wrong_rule", "two limits"),
    ("evidence", "np.linalg.inv(K)", "(1 / K)", "wrong_rule", "element by element"),
    ("evidence", "np.linalg.inv(K)", "K", "wrong_rule", "matrix itself"),
    ("evidence", "np.linalg.inv(K)", "np.diag(np.diag(np.linalg.inv(K)))", "missing_term",
     "diagonal"),
    ("products", "return da, db, np.sin(a)", "return da, db, np.cos(a)", "wrong_rule", "derivative"),
    ("products", "cos(a) - b +", "cos(a) - 1 +", "missing_factor", "minus"),
    ("products", "da = k * np.cos(a) - b + 2 * L", "da = k * np.cos(a) - b + 2", "missing_factor",
     "base"),
    ("correlated", "DATA[:4] @ K", "DATA[:4].T @ K", "transposed", "from above"),
]  # fmt: skip


def by_hand(source):
    names = {"np": np, "TARGET": TARGET, "SIGNAL": SIGNAL, "DATA": DATA, "WEIGHTS": WEIGHTS}
    exec(source, names)
    return names["by_hand"]


@pytest.mark.parametrize("task", TASKS)
def test_the_gradients_themselves_are_right(task):
    f, source, args = TASKS[task]
    assert dp.diagnose(f, by_hand(source), *args).ok


@pytest.mark.parametrize(("task", "right", "wrong", "kind", "words"), SLIPS)
def test_a_slip_by_hand_is_named(task, right, wrong, kind, words):
    f, source, args = TASKS[task]
    assert right in source
    found = dp.diagnose(f, by_hand(source.replace(right, wrong)), *args, seconds=20.0)
    told = [found, *found.alternatives]
    assert any(each.kind == kind and words in each.message for each in told), told
    assert found.kind == kind
    assert not found.also


def test_single_numbers_may_be_stacked():
    def f(a, b):
        return dp.sum(dp.tanh(dp.stack([a, b, a * b])))

    def strange(a, b):
        return a**1.7 + np.cos(b), b**2.2

    assert dp.diagnose(f, strange, 0.7, 0.4).kind == "unknown"


def test_nobody_takes_a_quotient_over_so_long_a_way_for_a_derivative():
    def f(x):
        return x * x

    for step, kinds in ((1e-3, {"finite_difference"}), (2.1, {"unknown", "constant_offset"})):
        found = dp.diagnose(f, lambda x, h=step: ((x + h) ** 2 - x**2) / h, 5.0)
        assert found.kind in kinds


def test_a_lost_constant_factor_is_called_by_its_value():
    found = dp.diagnose(lambda x: 0.5 * dp.sum(dp.sin(x)), lambda x: np.cos(x), TARGET)
    assert found.kind == "missing_factor"
    assert "constant 0.5" in found.message
