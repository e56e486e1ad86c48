"""grad, value_and_grad and jvp: containers, nesting, errors."""

from collections import namedtuple

import numpy as np
import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import numbers, programs, tame

import dpkit as dp


def ell(t1, t2):
    b = t2 * dp.exp(t1)
    return b * dp.sqrt(t1 + b)


def test_argnums():
    assert dp.grad(ell)(1.0, 2.0) == pytest.approx(20.689155843285484)
    assert dp.grad(ell, 1)(1.0, 2.0) == pytest.approx(9.808858425286727)
    assert dp.grad(ell, -1)(1.0, 2.0) == dp.grad(ell, 1)(1.0, 2.0)
    value, gradient = dp.value_and_grad(ell, argnums=(1, 0))(1.0, 2.0)
    assert value == pytest.approx(13.792770562190322)
    assert gradient == pytest.approx((9.808858425286727, 20.689155843285484))
    assert type(value) is float and type(gradient[0]) is float


def test_gradients_have_the_shape_of_the_arguments():
    Point = namedtuple("Point", "x y")

    def f(tree, scale):
        w = tree["w"]
        return (w @ w.T).sum() * scale + tree["b"][0] ** 2 + tree["p"].x * tree["p"].y

    w = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
    tree = {"w": w, "b": [7.0, 8.0], "p": Point(2.0, 3.0)}
    gradient = dp.grad(f)(tree, 10)
    np.testing.assert_allclose(gradient["w"], 20 * w.sum(axis=0) * np.ones((2, 1)))
    assert gradient["w"].dtype == np.float64
    assert gradient["b"] == [14.0, 0.0]
    assert gradient["p"] == Point(3.0, 2.0)
    assert w[0, 0] == 1.0


def test_array_programs_agree_with_torch():
    rng = np.random.default_rng(0)
    W, x = rng.normal(size=(3, 4)), rng.normal(size=4)

    def f(W, x):
        h = dp.tanh(W @ x)
        return (h * h).sum() + dp.sigmoid(x[1:]).sum() - h[0] * x[-1]

    gW, gx = dp.grad(f, (0, 1))(W, x)
    tW, tx = (torch.tensor(a, requires_grad=True) for a in (W, x))
    f(tW, tx).backward()
    np.testing.assert_allclose(gW, tW.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(gx, tx.grad.numpy(), rtol=1e-12)


def test_float32_arguments_give_float32_gradients():
    x = np.array([1.0, 2.0], dtype=np.float32)
    assert dp.grad(lambda x: (x * x).sum())(x).dtype == np.float32


@settings(max_examples=60, deadline=None)
@given(f=programs(inputs=2, most=8), point=st.tuples(numbers, numbers))
def test_second_derivatives_agree_with_torch_in_every_way_of_nesting(f, point):
    assume(tame(f, point))
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]

    def by_torch():
        first = torch.autograd.grad(f(*leaves), leaves[0], create_graph=True, allow_unused=True)[0]
        if first is None or not first.requires_grad:
            return 0.0
        second = torch.autograd.grad(first, leaves[1], allow_unused=True)[0]
        return 0.0 if second is None else second.item()

    def forward(g, argument):
        def slope(*at):
            tangents = [float(k == argument) for k in range(2)]
            return dp.jvp(g, at, tangents)[1]

        return slope

    truth = by_torch()
    assume(abs(truth) < 1e6)
    for outer in (dp.grad, forward):
        for inner in (dp.grad, forward):
            mixed = outer(inner(f, 0), 1)(*point)
            assert mixed == pytest.approx(truth, rel=1e-7, abs=1e-7)


def test_high_orders():
    derivative = dp.sin
    for _ in range(5):
        derivative = dp.grad(derivative)
    assert derivative(0.7) == pytest.approx(np.cos(0.7), rel=1e-12)


def test_a_constant_has_gradient_zero():
    assert dp.grad(lambda x: 3.0)(1.0) == 0.0
    assert dp.grad(dp.grad(lambda x: 2.0 * x))(1.0) == 0.0
    np.testing.assert_array_equal(dp.grad(lambda w: w[0] * 1.0)(np.ones(3)), [1.0, 0.0, 0.0])
    assert dp.grad(lambda x: x)(5.0) == 1.0


def test_scalars_in_a_closure_keep_their_own_derivative():
    a = dp.Scalar(3.0)
    slope = dp.grad(lambda x: a * x * x)(2.0)  # 2ax, waiting for its derivative by a
    slope.backward()
    assert slope.data == 12.0
    assert a.grad == 4.0


def test_jvp_of_containers():
    def f(w, b):
        return {"sum": w.sum() * b, "outer": w * b, "plain": 1.0}

    w, dw = np.array([1.0, 2.0]), np.array([0.5, -1.0])
    y, dy = dp.jvp(f, (w, 3.0), (dw, 2.0))
    assert y["sum"] == 9.0 and dy["sum"] == 3 * -0.5 + 3.0 * 2.0
    np.testing.assert_allclose(dy["outer"], 3 * dw + 2 * w)
    assert (y["plain"], dy["plain"]) == (1.0, 0.0)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: dp.grad(lambda x: x)(np.arange(3)), ["int64", "(3,)", "astype(float)"]),
        (lambda: dp.grad(lambda x: x)("abc"), ["'abc'", "str"]),
        (lambda: dp.grad(lambda x: x)([1.0, None]), ["[1]", "None"]),
        (lambda: dp.grad(lambda x: x)(True), ["True", "bool"]),
        (lambda: dp.grad(lambda x: x)(np.ones((2, 3))), ["shape (2, 3)", "one number"]),
        (lambda: dp.grad(lambda x: (x, x))(1.0), ["tuple"]),
        (lambda: dp.grad(lambda x: None)(1.0), ["None", "return"]),
        (lambda: dp.grad(lambda x: x, 1)(1.0), ["argument 1", "1 positional argument"]),
        (lambda: dp.jvp(dp.sin, (1.0,), (1.0, 2.0)), ["1 primals", "2 tangents"]),
        (lambda: dp.jvp(np.sum, (np.ones(3),), (np.ones(2),)), ["(2,)", "(3,)"]),
    ],
)
def test_errors_name_the_value_and_its_shape(call, words):
    with pytest.raises(TypeError) as error:
        call()
    for word in words:
        assert word in str(error.value)


def test_a_derivative_that_does_not_exist_is_refused():
    with pytest.raises(ArithmeticError, match="power"):
        dp.grad(lambda n: (-2.0) ** n)(3.0)


def test_levels_are_closed_after_an_error():
    from dpkit.number import newest_level

    with pytest.raises(ZeroDivisionError):
        dp.grad(lambda x: x / 0)(1.0)
    assert newest_level() == 0
    assert dp.grad(lambda x: x * x)(3.0) == 6.0
