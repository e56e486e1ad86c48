"""grad, value_and_grad and jvp: containers, nesting, errors."""

import copy
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


def test_copying_the_argument_keeps_the_derivative():
    def f(w):
        v = copy.deepcopy(w)
        v[0] = v[0] * 2
        return (v * v).sum()

    w = np.array([1.0, 2.0])
    assert dp.grad(f)(w).tolist() == [8.0, 4.0]
    assert dp.jvp(f, (w,), (np.array([1.0, 0.0]),))[1] == 8.0
    assert w.tolist() == [1.0, 2.0]


def test_variance_and_standard_deviation():
    x = np.array([1.0, -2.0, 4.0])
    assert dp.grad(lambda x: x.var())(x) == pytest.approx(2 / 3 * (x - 1))
    assert dp.grad(lambda x: x.std())(x) == pytest.approx((x - 1) / (3 * x.std()))


def test_a_function_is_wanted_not_its_value():
    for ask in (
        lambda: dp.grad(ell(1.0, 2.0)),
        lambda: dp.jvp(3.0, (1.0,), (1.0,)),
        lambda: dp.diagnose(ell, (1.0, 2.0), 1.0, 2.0),
        lambda: dp.check_gradient(dp.grad(ell)(1.0, 2.0), ell, 1.0, 2.0),
    ):
        with pytest.raises(TypeError, match="without calling it"):
            ask()


def test_odd_argnums():
    product = lambda a, b: a * b  # noqa: E731
    assert dp.grad(product, np.int64(1))(2.0, 3.0) == 2.0
    assert dp.grad(product, [0, 1])(2.0, 3.0) == (3.0, 2.0)
    for twice in ((0, 0), (1, -1)):
        with pytest.raises(TypeError, match="twice"):
            dp.grad(product, twice)(2.0, 3.0)


def test_tangents_must_correspond():
    f = lambda p: p["a"] * p["b"]  # noqa: E731
    here = {"a": 1.0, "b": 2.0}
    assert dp.jvp(f, (here,), ({"a": 0.0, "b": 1.0},)) == (2.0, 1.0)
    with pytest.raises(TypeError, match="same"):
        dp.jvp(f, (here,), ({"b": 1.0, "a": 0.0},))
    with pytest.raises(TypeError, match="tuple"):
        dp.jvp(dp.sin, 1.0, 1.0)
    ragged = (1.0, [2.0, 3.0])
    assert dp.jvp(lambda t: t[0] * t[1][1], (ragged,), ((1.0, [0.0, 0.0]),)) == (3.0, 3.0)


@pytest.mark.parametrize("value", [1j, {1.0}, np.True_, lambda: 1.0])
def test_what_is_no_number_is_no_value(value):
    with pytest.raises(TypeError, match="one number as its value"):
        dp.grad(lambda x: value)(1.0)


def test_has_aux():
    def f(w, b):
        y = (w * w).sum() * b
        return y, {"w": w * 2.0, "note": "kept", "none": None}

    w = np.array([1.0, 2.0])
    (value, aux), (dw, db) = dp.value_and_grad(f, (0, 1), has_aux=True)(w, 3.0)
    assert (value, db) == (15.0, 5.0)
    assert dw.tolist() == [6.0, 12.0]
    assert type(aux["w"]) is np.ndarray and aux["w"].tolist() == [2.0, 4.0]
    assert (aux["note"], aux["none"]) == ("kept", None)
    gradient, aux = dp.grad(lambda x: (x * x, x), has_aux=True)(3.0)
    assert (gradient, aux) == (6.0, 3.0) and type(aux) is float
    y, pullback, aux = dp.vjp(lambda x: (x * x, x + 1.0), w, has_aux=True)
    assert pullback(np.ones(2))[0].tolist() == [2.0, 4.0] and aux.tolist() == [2.0, 3.0]
    curvature = dp.grad(lambda x: dp.grad(lambda x: (x**3, x), has_aux=True)(x)[0])
    assert curvature(2.0) == 12.0
    with pytest.raises(TypeError, match="pair"):
        dp.grad(lambda x: x, has_aux=True)(1.0)


def test_keyword_arguments_are_passed_on():
    f = lambda x, power=1: (x**power).sum()  # noqa: E731
    assert dp.grad(f)(np.array([2.0]), power=3).tolist() == [12.0]


def test_gradients_are_in_memory_of_their_own():
    w, b = np.ones(3), np.ones(3)
    kept = w.copy(), b.copy()
    for f in (
        lambda w, b: (w + b).sum(),
        lambda w, b: (w * 1.0 + b).sum(),
        lambda w, b: dp.sum(w) + dp.sum(b.reshape(1, 3)),
    ):
        dw, db = dp.grad(f, (0, 1))(w, b)
        again = dp.grad(f, (0, 1))(w, b)
        assert not any(np.shares_memory(x, y) for x in (dw, db) for y in (w, b, *again))
        assert not np.shares_memory(dw, db)
        dw += 1.0
        db[0] = 7.0
    y, pullback = dp.vjp(lambda w, b: w + b, w, b)
    adjoint = np.ones(3)
    dw, db = pullback(adjoint)
    dw += 1.0
    assert db.tolist() == adjoint.tolist() == [1.0] * 3
    y += 1.0
    assert (w == kept[0]).all() and (b == kept[1]).all()


def test_torch_in_torch_out_with_its_precision():
    for dtype in (torch.float32, torch.float64):
        w = torch.ones(3, dtype=dtype)
        gradient = dp.grad(lambda t: (t["w"] * t["w"]).sum() * t["s"])({"w": w, "s": 2.0})
        assert type(gradient["w"]) is torch.Tensor and gradient["w"].dtype == dtype
        assert gradient["w"].tolist() == [4.0] * 3 and gradient["s"] == 3.0
        assert not gradient["w"].requires_grad


def test_what_does_not_vary_has_gradient_zero_even_where_it_is_infinite():
    w = np.array([np.inf, 1.0])
    assert dp.grad(lambda a, b: a.sum(), 1)(np.ones(2), w).tolist() == [0.0, 0.0]
    assert dp.jvp(lambda a: (a, w), (np.ones(2),), (np.ones(2),))[1][1].tolist() == [0.0, 0.0]


@pytest.mark.parametrize("value, words", [(None, "return statement"), (True, "bool"), ("a", "str"),
                                          (np.arange(2), "int64")])  # fmt: skip
@pytest.mark.parametrize("x", [1.0, np.ones(2)], ids=["number", "array"])
def test_values_that_cannot_vary(value, words, x):
    with pytest.raises(TypeError, match=words):
        dp.vjp(lambda x: (x, value), x)
    with pytest.raises(TypeError, match=words):
        dp.jvp(lambda x: (x, value), (x,), (x,))


@pytest.mark.parametrize("x", [2.0, np.array([2.0, 3.0])], ids=["number", "array"])
def test_a_pullback_is_itself_differentiated_by_its_adjoint(x):
    pullback = dp.vjp(lambda t: t * t * t, x)[1]
    by_adjoint = dp.grad(lambda g: dp.sum(pullback(g * g)[0]))(x)
    np.testing.assert_allclose(by_adjoint, 6.0 * x**3)  # (g² 3x²)' at g = x


@pytest.mark.parametrize("of", [np.array, torch.tensor], ids=["numpy", "torch"])
def test_tangents_and_adjoints_take_the_precision_of_what_they_belong_to(of):
    library = np if of is np.array else torch
    x, v = of([1.0, 2.0], dtype=library.float32), of([1.0, 1.0], dtype=library.float64)
    assert dp.jvp(lambda t: t * t, (x,), (v,))[1].dtype == x.dtype
    assert dp.vjp(lambda t: t * t, x)[1](v)[0].dtype == x.dtype


def test_tangents_and_adjoints_of_another_library_are_refused():
    x = np.ones(2)
    with pytest.raises(TypeError, match="do not mix"):
        dp.jvp(lambda t: t * t, (x,), (torch.ones(2),))
    with pytest.raises(TypeError, match="do not mix"):
        dp.vjp(lambda t: t * t, x)[1](torch.ones(2))


@pytest.mark.parametrize("argnums", ["a", 1.0, ("a",), None])
@pytest.mark.parametrize("transform", [dp.grad, dp.jacrev])
def test_argnums_are_positions(transform, argnums):
    with pytest.raises(TypeError, match="argnums is a position"):
        transform(ell, argnums)
