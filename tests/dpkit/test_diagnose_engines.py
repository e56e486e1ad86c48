"""Engines with one wrong rule, written as students write them: the rule must be found."""

from __future__ import annotations

import math

import numpy as np
import pytest

import dpkit as dp
from dpkit.diagnose.composed import composed
from dpkit.diagnose.recording import record


class Node:
    """An engine with rules for +, ·, powers and minus signs; Python makes the rest of them."""

    __array_ufunc__ = None
    wrong = ""

    def __init__(self, value, parents=(), pull=None):
        self.value, self.parents, self.pull = np.asarray(value, float), parents, pull
        self.grad = np.zeros(self.value.shape)

    @staticmethod
    def of(x):
        return x if isinstance(x, Node) else Node(x)

    def receive(self, g):
        g = np.asarray(g)
        total = np.mean if Node.wrong == "mean over what was broadcast" else np.sum
        while g.ndim > self.value.ndim:
            g = total(g, axis=0)
        for axis, n in enumerate(self.value.shape):
            if n == 1 < g.shape[axis]:
                g = total(g, axis=axis, keepdims=True)
        self.grad = self.grad + g

    def __add__(self, other):
        other = Node.of(other)
        second = 0.0 if Node.wrong == "second term lost" else 1.0
        return Node(self.value + other.value, (self, other), lambda g: (g, second * g))

    def __mul__(self, other):
        other = Node.of(other)

        def pull(g):
            if Node.wrong == "own factors":
                return g * self.value, g * other.value
            if Node.wrong == "nothing from above":
                return np.ones_like(g) * other.value, np.ones_like(g) * self.value
            if Node.wrong == "the product itself":
                z = self.value * other.value
                return g * z, g * z
            return g * other.value, g * self.value

        return Node(self.value * other.value, (self, other), pull)

    def __neg__(self):
        return Node(-self.value, (self,), lambda g: (g if Node.wrong == "minus lost" else -g,))

    def __pow__(self, n):
        return Node(self.value**n, (self,), lambda g: (g * n * self.value ** (n - 1),))

    def __sub__(self, other):
        return self + (-Node.of(other))

    def __rsub__(self, other):
        return Node.of(other) + (-self)

    def __truediv__(self, other):
        return self * Node.of(other) ** -1.0

    def __rtruediv__(self, other):
        return Node.of(other) * self**-1.0

    __radd__, __rmul__ = __add__, __mul__


def _unary(name, slope):
    def function(x):
        z = getattr(np, name)(x.value)
        return Node(z, (x,), lambda g: (g * slope(x.value, z),))

    return staticmethod(function)


class Words:
    tanh = _unary("tanh", lambda x, z: 1 - z * z)
    exp = _unary("exp", lambda x, z: z)
    sin = _unary("sin", lambda x, z: np.cos(x))

    @staticmethod
    def sum(x):
        return Node(x.value.sum(), (x,), lambda g: (np.broadcast_to(g, x.value.shape),))


def gradient(f, *args):
    nodes = [Node(arg) for arg in args]
    result = f(*nodes, Words)
    order, seen = [], set()

    def visit(node):
        if id(node) not in seen:
            seen.add(id(node))
            for parent in node.parents:
                visit(parent)
            order.append(node)

    visit(result)
    result.grad = np.ones(result.value.shape)
    first_only = Node.wrong == "first operand only"
    for node in reversed(order):
        if node.pull:
            shares = node.pull(node.grad)[: 1 if first_only else 2]
            for parent, share in zip(node.parents, shares, strict=False):
                parent.receive(share)
    return tuple(node.grad if node.grad.ndim else float(node.grad) for node in nodes)


def rational(a, b, m=dp):
    u = m.sin(a * b)
    v = m.exp(-a) + u
    return v / (b + u) - m.tanh(v)


def bumps(x, c, m=dp):
    w = m.exp(-m.sum((x - c) ** 2) / (1.0 + m.sum(c * c)))
    return w * m.sum(x * c) - m.sum(m.tanh(x) / (c * c + 2.0))


_RNG = np.random.default_rng(11)
PROGRAMS = {
    "rational": (rational, (0.7, 1.3)),
    "bumps": (bumps, (_RNG.normal(size=(3, 2)), _RNG.normal(size=(1, 2)))),
}


@pytest.fixture
def engine(monkeypatch):
    def choose(wrong):
        monkeypatch.setattr(Node, "wrong", wrong)
        return gradient

    return choose


@pytest.mark.parametrize("name", PROGRAMS)
def test_the_engine_itself_is_right(engine, name):
    f, args = PROGRAMS[name]
    assert dp.diagnose(f, lambda *x: engine("")(f, *x), *args).ok


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize(
    ("wrong", "kind", "operation"),
    [
        ("own factors", "swapped", "mul"),
        ("the product itself", "wrong_point", "mul"),
        ("minus lost", "sign", "neg"),
        ("second term lost", "missing_term", "add"),
        ("nothing from above", "not_upstream", "mul"),
        ("first operand only", "missing_term", ""),
    ],
)
def test_one_wrong_rule_is_named_though_other_operations_are_made_of_it(
    engine, name, wrong, kind, operation
):
    f, args = PROGRAMS[name]
    found = dp.diagnose(f, lambda *x: engine(wrong)(f, *x), *args, seconds=20.0)
    # Where no two terms are added but for differences, this is a mistake of differences.
    same = {"add", "sub"} if (name, operation) == ("bumps", "add") else {operation}
    assert found.kind == kind and found.operation in same


def test_the_function_that_sums_what_was_broadcast_serves_all_operations(engine):
    f, args = PROGRAMS["bumps"]
    wrong = engine("mean over what was broadcast")
    found = dp.diagnose(f, lambda *x: wrong(f, *x), *args, seconds=20.0)
    assert (found.kind, found.operation) == ("averaged", "broadcast")


@pytest.mark.parametrize("name", PROGRAMS)
@pytest.mark.parametrize("negatives_too", [False, True])
def test_a_rewritten_program_has_the_same_value_and_the_same_gradient(name, negatives_too):
    f, args = PROGRAMS[name]
    run = record(f, args)
    other = composed(run, negatives_too)
    names = {other.rows[k].name for k in other.needed}
    assert not names & ({"sub", "div"} if not negatives_too else {"neg"})
    np.testing.assert_allclose(other.rows[other.output].value, run.value, rtol=1e-12)
    np.testing.assert_allclose(other.truth, run.truth, rtol=1e-9, atol=1e-12)


# Dual numbers that hold arrays -------------------------------------------------------------------


def _dual(product, slope_of_square):
    """The gradient of sum(sin(A x)² x₀) forwards, one number of x at a time."""
    A = np.array([[0.4, -1.2], [0.9, 0.3]])

    def wrong(x):
        g = np.zeros(2)
        for k in range(2):
            dx = np.eye(2)[k]
            y, dy = np.sin(A @ x), np.cos(A @ x) * (A @ dx)
            s, ds = y * y, slope_of_square(y, dy)
            g[k] = np.sum(product(s, ds, x[0], dx[0]))
        return g

    return (lambda x: dp.sum(dp.sin(A @ x) ** 2 * x[0])), wrong


def _product_rule(u, du, v, dv):
    return du * v + u * dv


@pytest.mark.parametrize(
    ("product", "square", "kind", "operation"),
    [
        (_product_rule, lambda y, dy: 2 * y * dy, "correct", ""),
        (lambda u, du, v, dv: du * dv, lambda y, dy: 2 * y * dy, "wrong_rule", "mul"),
        (_product_rule, lambda y, dy: 2 * y, "missing_factor", "square"),
    ],
)
def test_mistakes_of_those_who_go_forwards_are_found_in_programs_of_arrays(
    product, square, kind, operation
):
    f, wrong = _dual(product, square)
    found = dp.diagnose(f, wrong, np.array([0.8, -0.5]))
    assert (found.kind, found.operation) == (kind, operation)


def test_a_mean_has_a_rule_of_its_own_beside_that_of_sums():
    A = np.array([[0.4, -1.2, 0.7], [0.9, 0.3, -0.6]])

    def f(x):
        return dp.mean(x * x) * dp.log(dp.sum(dp.exp(x))) + dp.sum(dp.sum(x * A, axis=1) ** 2)

    def shared_out(x):  # the rule for sums divides by the number of terms; that for means is right
        e = np.exp(x)
        of_log = np.mean(x * x) * e / e.sum() / x.size
        of_rows = 2 * (x * A).sum(axis=1, keepdims=True) / 2 * A / 3
        return 2 * x / x.size * math.log(e.sum()) + of_log + of_rows

    found = dp.diagnose(f, shared_out, np.array([[0.2, 0.5, -0.4], [1.1, -0.3, 0.6]]))
    assert (found.kind, found.operation, found.where) == ("averaged", "sum", "every sum")


@pytest.mark.parametrize("in_a_list", [False, True])
def test_dual_numbers_that_all_have_the_seed_one(in_a_list):
    def f(a, b):
        return a * dp.sin(b) + b * b

    def all_at_once(a, b):
        return math.sin(b) + a * math.cos(b) + 2 * b

    if in_a_list:
        found = dp.diagnose(lambda x: f(*x), lambda x: [all_at_once(*x)] * 2, [0.4, 1.3])
    else:
        found = dp.diagnose(f, lambda a, b: (all_at_once(a, b),) * 2, 0.4, 1.3)
    assert found.kind == "wrong_seed"
