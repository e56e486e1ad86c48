"""The contracts of lab 4's engine: the lab's own keeps them all, and each breach is named."""

from __future__ import annotations

import ast
import re

import numpy as np
import pytest

import dpkit as dp
from dpkit.carry import tensor as carried
from dpkit.carry.suite import load_suite
from tests.conftest import ROOT

LAB = ROOT / "labs" / "lab04_price_of_a_gradient" / "lab.py"


def engine_source():
    """The cells of the solved lab that define its engine, one after the other."""
    cells = re.split(r"^# %%.*\n", LAB.read_text(encoding="utf-8"), flags=re.M)
    wanted = {*carried.suite.parts, "total", "lift", "unbroadcast", "topological_order"}
    kept = ["import itertools", "import numpy as np"]
    for cell in cells:
        try:
            statements = ast.parse(cell).body
        except SyntaxError:  # a cell of text
            continue
        if wanted & {each.name for each in statements if hasattr(each, "name")}:
            kept.append(cell)
    return "\n\n".join(kept)


@pytest.fixture(scope="module")
def source():
    return engine_source()


def load(folder, text):
    (folder / "lab04.py").write_text(text, encoding="utf-8")
    return dp.carry.load("tensor", folder)


def test_the_engine_of_the_lab_keeps_every_contract(source, tmp_path):
    engine = load(tmp_path, source)
    assert engine.own
    assert engine.failures == []
    assert engine.passed == len(carried.suite.contracts) == len(set(carried.suite.contracts))


@pytest.mark.parametrize(
    ("right", "wrong", "contract"),
    [
        ("g = g.sum(axis=tuple", "g = g.mean(axis=tuple", "what was copied is summed"),
        ("unbroadcast(g * b.value, a.shape)", "g * b.value", "what was copied is summed"),
        ("lambda g: a.value.T @ g", "lambda g: a.value @ g", "products of matrices"),
        ("np.outer(g, b.value)", "np.outer(b.value, g).T * 2", "a matrix times a vector"),
        ("g = np.expand_dims(g, axis)", "pass", "sums and means over axes"),
        ("np.add.at(home, index, g)", "home[index] += g", "what is read twice is paid twice"),
        ("lambda g: g.T", "lambda g: g", "reshaped and turned"),
        ("(1 - value**2)", "(1 - value)", "exp, log, tanh and relu"),
        ("a.value - largest", "a.value - 0", "log-sum-exp, also of huge numbers"),
        ("parent.grad = parent.grad + part", "parent.grad = part", "fan-out is a sum"),
        ("node.grad = np.zeros_like(node.value)", "node.grad = node.grad if node.grad is not None "
         "else np.zeros_like(node.value)", "asked twice, it answers the same"),
        ("y.grad = y.grad + seed", "y.grad = np.ones_like(y.value)", "arithmetic, entry by entry"),
        ("np.maximum(a.value, 0)", "np.maximum(a.value, 0, out=a.value)",
         "arguments and seeds stay as they were"),
    ],
)  # fmt: skip
def test_a_breach_is_named(source, tmp_path, capsys, right, wrong, contract):
    """One slip in the lab's engine: the reference stands in, and the contract is told."""
    assert right in source
    with np.errstate(all="ignore"):
        engine = load(tmp_path, source.replace(right, wrong))
    assert not engine.own
    told = capsys.readouterr().out
    assert "using the reference engine" in told
    assert f"{contract}: " in told


def test_the_stand_in_works_as_the_lab_s_engine_does(source, tmp_path):
    """Both answer alike where later labs lean on them: values, gradients, shapes."""
    rng = np.random.default_rng(7)
    W, b, X = rng.normal(size=(4, 3)), rng.normal(size=(4, 1)), rng.normal(size=(3, 5))
    truth = np.eye(4)[:, rng.integers(0, 4, 5)]
    found = []
    for engine in (load(tmp_path, source), load_suite("tensor").reference()):

        def loss(W, b, engine=engine):
            scores = engine.relu(W @ X + b) / 2 - engine.power(b, 2)
            each = engine.logsumexp(scores, 0) - (scores * truth).sum(axis=0)
            return each.mean() + (W[[0, 0, 2]] ** 2).sum() + engine.reshape(b, (2, 2)).T[0].sum()

        found.append([loss(engine.Tensor(W), engine.Tensor(b)).value, *engine.gradient(loss, W, b)])
    for own, lent in zip(*found, strict=True):
        assert np.shape(own) == np.shape(lent)
        np.testing.assert_allclose(own, lent, rtol=1e-12, atol=1e-14)


def test_an_input_that_is_not_used_has_the_gradient_zero():
    engine = load_suite("tensor").reference()
    by_first, by_second = engine.gradient(lambda a, b: a.sum(), np.ones(3), np.ones((2, 2)))
    np.testing.assert_array_equal(by_first, np.ones(3))
    np.testing.assert_array_equal(by_second, np.zeros((2, 2)))


def test_an_input_can_be_given_another_value(source, tmp_path):
    """As a step of training does; the next run and sweep see it, in both engines."""
    for engine in (load(tmp_path, source), load_suite("tensor").reference()):
        W = engine.Tensor(np.array([1.0, -2.0]))
        for expected in ([2.0, -4.0], [6.0, 1.0]):
            engine.backward((W * W).sum())
            np.testing.assert_array_equal(W.grad, expected)
            W.value = np.array([3.0, 0.5])
        np.testing.assert_array_equal(W.value, [3.0, 0.5])


def test_a_program_longer_than_a_tape():
    """dpkit begins a new tape every few dozen rows; the sweep clears the leaves of all of them."""
    engine, turns = load_suite("tensor").reference(), 40
    weights = [engine.Tensor([[1.0 + k / 100]]) for k in range(turns)]
    x = np.array([[2.0]])
    for _ in range(2):
        y = x
        for w in weights:  # w.T begins a program of its own
            y = y @ w.T
        engine.backward(y.sum())
        for w in weights:
            np.testing.assert_allclose(w.grad, y.value / w.value)
