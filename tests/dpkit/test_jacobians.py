"""jacfwd, jacrev, hessian and hvp, against JAX."""

import array_api_strict
import jax
import jax.numpy as jnp
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp

sizes = st.integers(1, 3)


def f(np):
    """Containers in, containers out; np is dpkit or jax.numpy."""

    def program(tree, scale):
        a, b = tree["a"], tree["b"][0]
        hidden = np.tanh(a @ b * scale)
        return {"hidden": hidden, "more": (np.sum(a * a) * scale, [b * b[0], tree["b"][1] ** 2])}

    return program


def same(ours, theirs):
    assert jax.tree.structure(ours) == jax.tree.structure(theirs)
    for x, y in zip(jax.tree.leaves(ours), jax.tree.leaves(theirs), strict=True):
        assert np.shape(x) == y.shape
        np.testing.assert_allclose(x, y, rtol=1e-10, atol=1e-12)


@settings(max_examples=4, deadline=None)
@given(rows=sizes, columns=sizes, seed=st.integers(0, 99), argnums=st.sampled_from([0, 1, (1, 0)]))
def test_containers_in_containers_out(rows, columns, seed, argnums):
    rng = np.random.default_rng(seed)
    tree = {"a": rng.normal(size=(rows, columns)), "b": [rng.normal(size=columns), 0.7]}
    with jax.enable_x64(True):
        for name in ("jacrev", "jacfwd", "hessian"):
            ours = getattr(dp, name)(f(dp), argnums)(tree, 1.3)
            same(ours, getattr(jax, name)(f(jnp), argnums)(tree, 1.3))


def test_single_numbers():
    assert dp.jacrev(lambda x: x * x)(3.0) == 6.0
    assert dp.jacfwd(lambda x: [x, x * x, 1.0])(2.0) == [1.0, 4.0, 0.0]
    assert dp.hessian(lambda x, y: x * x * y, (0, 1))(3.0, 2.0) == ((4.0, 6.0), (6.0, 0.0))
    for jacobian in (dp.jacrev, dp.jacfwd):
        pair = jacobian(lambda x: np.array([x, x * x * x]))(2.0)
        np.testing.assert_allclose(pair, [1.0, 12.0])


@pytest.mark.parametrize("inner", [dp.jacrev, dp.jacfwd])
@pytest.mark.parametrize("middle", [dp.jacrev, dp.jacfwd])
@pytest.mark.parametrize("outer", [dp.jacrev, dp.jacfwd])
def test_third_derivatives_in_every_way_of_nesting(outer, middle, inner):
    def g(np):
        return lambda x: np.exp(x[0] * x[1]) * np.stack([x[2], np.sin(x[0])])

    x = np.array([0.3, -0.7, 1.1])
    with jax.enable_x64(True):
        truth = jax.jacfwd(jax.jacfwd(jax.jacfwd(g(jnp))))(x)
    np.testing.assert_allclose(outer(middle(inner(g(dp))))(x), truth, rtol=1e-10, atol=1e-12)


def test_single_numbers_around_arrays():
    def h(t):
        return dp.jacrev(lambda v: v[0] * v[1] ** 2)(np.array([t, 2 * t]))[1]  # 4 t²

    assert dp.grad(h)(1.5) == pytest.approx(12.0)


def test_hessian_times_vector():
    def energy(np):
        return lambda x, y: np.sum(np.sin(x) * y["y"]) ** 2 + np.sum(y["y"] ** 3)

    rng = np.random.default_rng(1)
    x, v = rng.normal(size=(2, 3))
    y, w = ({"y": rng.normal(size=3)} for _ in range(2))
    one = dp.hvp(lambda x: energy(dp)(x, y), (x,), (v,))
    with jax.enable_x64(True):
        hess = np.asarray(jax.hessian(lambda x: energy(jnp)(x, y))(x))
        both = jax.jvp(jax.grad(energy(jnp), (0, 1)), (x, y), (v, w))[1]
    np.testing.assert_allclose(one, hess @ v, rtol=1e-10)
    same(dp.hvp(energy(dp), (x, y), (v, w)), both)


@pytest.mark.parametrize("library", [torch.asarray, array_api_strict.asarray])
def test_other_libraries(library):
    x = np.array([0.5, -1.5])
    for name in ("jacrev", "jacfwd", "hessian"):
        truth = getattr(dp, name)(lambda x: dp.exp(x) * x[0])(x)
        ours = getattr(dp, name)(lambda x: dp.exp(x) * x[0])(library(x))
        assert type(ours) is type(library(x))
        np.testing.assert_allclose(np.asarray(ours), truth, rtol=1e-12)


def test_nothing_in_or_nothing_out():
    assert dp.jacfwd(lambda x: x * 2.0)(np.zeros(0)).shape == (0, 0)
    assert dp.jacrev(lambda x: x[:0] * 2.0)(np.zeros(3)).shape == (0, 3)


def test_float32():
    x = np.ones(2, dtype=np.float32)
    for name in ("jacrev", "jacfwd", "hessian"):
        assert getattr(dp, name)(lambda x: x * x)(x).dtype == np.float32


def test_errors():
    with pytest.raises(TypeError, match="argument 1"):
        dp.jacfwd(lambda x: x, 1)(1.0)
    with pytest.raises(TypeError, match="return statement"):
        dp.jacrev(lambda x: None)(1.0)
    with pytest.raises(TypeError, match="without calling it"):
        dp.hessian(3.0)


def test_hvp_needs_tuples():
    with pytest.raises(TypeError, match="dp.hvp takes a tuple"):
        dp.hvp(dp.sin, 2.0, 1.0)
