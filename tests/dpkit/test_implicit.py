"""Fixed points: values and derivatives against formulas, JAX, and the loop differentiated step by
step."""

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch

import dpkit as dp


def root(a):
    """Heron's method, as the Babylonians did it: the mean of x and a/x."""
    return dp.fixed_point(lambda x, a: (x + a / x) / 2, 1.0, a)


def nested(ways, f):
    for way in ways:
        f = dp.grad(f) if way == "r" else (lambda g: lambda a: dp.jvp(g, (a,), (1.0,))[1])(f)
    return f


@pytest.mark.parametrize("ways", ["", "r", "f", "rr", "rf", "fr", "ff", "rrr", "frf", "rfr"])
def test_derivatives_of_the_square_root(ways):
    factors = [1.0, 0.5, -0.25, 0.375]
    truth = factors[len(ways)] * 2.0 ** (0.5 - len(ways))
    assert nested(ways, root)(2.0) == pytest.approx(truth, rel=1e-9)


def test_keplers_equation():
    """E - e sin E = M by Newton's method: dE/dM = 1 / (1 - e cos E), dE/de = sin E / (1 - e cos E)."""

    def anomaly(mean, e):
        def newton(E):
            return E - (E - e * dp.sin(E) - mean) / (1 - e * dp.cos(E))

        return dp.fixed_point(newton, 1.0, tol=1e-14)

    for mean, e in ((1.0, 0.3), (0.2, 0.9), (3.0, 0.0167)):
        E, gradient = dp.value_and_grad(anomaly, (0, 1))(mean, e)
        assert E - e * np.sin(E) == pytest.approx(mean, abs=1e-13)
        slope = 1 / (1 - e * np.cos(E))
        assert gradient == pytest.approx((slope, slope * np.sin(E)), rel=1e-12)
        curvature = dp.grad(dp.grad(anomaly))(mean, e)
        assert curvature == pytest.approx(-(slope**3) * e * np.sin(E), rel=1e-10)


rng = np.random.default_rng(0)
A = rng.normal(size=(4, 4))
A *= 0.6 / np.linalg.norm(A, 2)
B, V = rng.normal(size=(2, 4))


def equilibrium(A, b):
    """A deep-equilibrium layer (Bai, Kolter & Koltun 2019), with the input as a parameter."""
    return dp.fixed_point(lambda x, b: dp.tanh(A @ x + b), np.zeros(4), b, tol=1e-14)


def by_jax(A, b):
    x = jnp.zeros(4)
    for _ in range(90):  # 0.6 ** 90 is 1e-20
        x = jnp.tanh(A @ x + b)
    return x


def test_deep_equilibrium_layer_against_jax():
    def loss(layer):
        return lambda A, b: (layer(A, b) ** 3).sum()

    def squared(lib, f):
        return lib.grad(lambda A, b: (lib.grad(f)(A, b) ** 2).sum(), (0, 1))

    with jax.enable_x64(True):
        np.testing.assert_allclose(equilibrium(A, B), by_jax(A, B), rtol=1e-12)
        for ours, truth in (
            (dp.grad(loss(equilibrium), (0, 1)), jax.grad(loss(by_jax), (0, 1))),
            (squared(dp, loss(equilibrium)), squared(jax, loss(by_jax))),
        ):
            for mine, theirs in zip(ours(A, B), truth(A, B), strict=True):
                np.testing.assert_allclose(mine, theirs, rtol=1e-9, atol=1e-13)
        jacobian = jax.jacobian(by_jax, 1)(A, B)
        np.testing.assert_allclose(dp.jacfwd(equilibrium, 1)(A, B), jacobian, rtol=1e-9, atol=1e-13)
        np.testing.assert_allclose(dp.jacrev(equilibrium, 1)(A, B), jacobian, rtol=1e-9, atol=1e-13)
        product = jax.jvp(jax.grad(loss(by_jax), 1), (A, B), (A, V))[1]
        ours = dp.jvp(dp.grad(loss(equilibrium), 1), (A, B), (A, V))[1]
        np.testing.assert_allclose(ours, product, rtol=1e-9, atol=1e-13)


def test_containers():
    def step(state, p):
        return {"x": dp.cos(state["y"] * p["a"]), "y": 0.3 * state["x"] + p["b"], "c": 2.0}

    def f(p):
        end = dp.fixed_point(step, {"x": 0.0, "y": np.zeros(3), "c": 2.0}, p, tol=1e-14)
        return dp.sum(end["x"] * end["y"])

    def step_by_step(p):
        state = {"x": np.zeros(3), "y": np.zeros(3)}
        for _ in range(90):
            state = step(state, p)
        return dp.sum(state["x"] * state["y"])

    p = {"a": np.array([0.5, -0.2, 0.9]), "b": 0.3}
    with pytest.raises(TypeError, match="must return what it is given"):
        f(p)  # x began as a number
    step_whole = lambda q: dp.sum(  # noqa: E731
        (lambda end: end["x"] * end["y"])(
            dp.fixed_point(step, {"x": np.zeros(3), "y": np.zeros(3), "c": 2.0}, q, tol=1e-14)
        )
    )
    for order in (dp.grad, lambda f: dp.grad(lambda q: dp.sum(dp.grad(f)(q)["a"] ** 2))):
        ours, truth = order(step_whole)(p), order(step_by_step)(p)
        np.testing.assert_allclose(ours["a"], truth["a"], rtol=1e-10)
        assert ours["b"] == pytest.approx(truth["b"], rel=1e-10)


def test_the_start_has_no_derivative():
    assert dp.grad(lambda x: dp.fixed_point(lambda y: dp.cos(y), x))(0.5) == 0.0
    assert dp.grad(lambda x: dp.fixed_point(lambda y: dp.cos(y), x) * x)(0.5) == pytest.approx(
        0.7390851332151607
    )


@pytest.mark.parametrize("library", [torch.asarray, array_api_strict.asarray])
def test_other_libraries(library):
    def f(b):
        return dp.sum(dp.fixed_point(lambda x, b: dp.tanh(x * 0.5 + b), library(np.zeros(4)), b))

    at = library(B)
    x = equilibrium(0.5 * np.eye(4), B)
    truth = (1 - x**2) / (1 - 0.5 * (1 - x**2))
    np.testing.assert_allclose(np.asarray(dp.grad(f)(at)), truth, rtol=1e-8)
    assert float(dp.jvp(f, (at,), (at,))[1]) == pytest.approx(truth @ B, rel=1e-8)


def test_made_by_hand():
    b = dp.tensor(B, requires_grad=True)
    equilibrium(A, b).sum().backward()
    truth = dp.grad(lambda b: dp.sum(equilibrium(A, b)))(B)
    np.testing.assert_allclose(b.grad, truth, rtol=1e-12)
    a = dp.Scalar(2.0)
    root(a).backward()
    assert a.grad == pytest.approx(0.5 / 2**0.5, rel=1e-12)


def test_float32():
    b = B.astype(np.float32)
    f = lambda b: dp.fixed_point(lambda x: dp.tanh(0.5 * x + b), np.zeros(4, np.float32))  # noqa: E731
    assert f(b).dtype == np.float32
    gradient = dp.grad(lambda b: dp.sum(f(b)))(b)
    assert gradient.dtype == np.float32
    truth = dp.grad(lambda b: dp.sum(equilibrium(0.5 * np.eye(4), b)))(B)
    np.testing.assert_allclose(gradient, truth, rtol=1e-5)


def test_no_convergence():
    with pytest.raises(ArithmeticError, match=r"not converged after 50 steps.*contraction"):
        dp.fixed_point(lambda x: 1.0 - x, 0.3, max_iter=50)
    with np.errstate(over="ignore"), pytest.raises(ArithmeticError, match="left the finite"):
        dp.fixed_point(lambda x: x * x * np.ones(2), np.full(2, 3.0))
    # x = 2x - 1 has the solution 1, where the iteration starts; its derivative does not converge.
    f = lambda a: dp.fixed_point(lambda x: 2 * x - a, 1.0)  # noqa: E731
    assert f(1.0) == 1.0
    with pytest.raises(ArithmeticError, match="derivative of"):
        dp.grad(f)(1.0)


def test_no_step_at_all_is_refused():
    with pytest.raises(ValueError, match="max_iter=0"):
        dp.fixed_point(lambda x: 0.5 * x, 1.0, max_iter=0)
