"""Forward mode, and nesting."""

import math

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from programs import by_torch, numbers, programs, tame

import dpkit as dp
from dpkit import Dual


@settings(max_examples=150, deadline=None)
@given(
    f=programs(),
    point=st.tuples(numbers, numbers, numbers),
    direction=st.tuples(numbers, numbers, numbers),
)
def test_random_programs_agree_with_torch(f, point, direction):
    assume(tame(f, point))
    y = f(*(Dual(x, dx) for x, dx in zip(point, direction, strict=True)))
    value, gradient = by_torch(f, point)
    slope = sum(g * dx for g, dx in zip(gradient, direction, strict=True))
    assert y.primal == pytest.approx(value, rel=1e-10, abs=1e-10)
    assert y.tangent == pytest.approx(slope, rel=1e-8, abs=1e-7)


def test_perturbation_confusion():
    """Siskind & Pearlmutter 2008: d/dx (x · d/dy (x + y) at y = 1) at x = 1 is 1, not 2."""

    def forward(f, x):
        return dp.jvp(f, (x,), (1.0,))[1]

    for outer in (forward, lambda f, x: dp.grad(f)(x)):
        for inner in (forward, lambda f, x: dp.grad(f)(x)):
            assert outer(lambda x, inner=inner: x * inner(lambda y: x + y, 1.0), 1.0) == 1.0  # noqa: B023


def test_a_closure_that_outlives_its_derivative():
    """Manzyuk et al. 2019 ("Perturbation confusion in forward automatic differentiation of
    higher-order functions"): s(u)(f)(x) = f(x + u); D(s)(0) applied twice to exp."""

    def derivative(f, x):
        return dp.jvp(f, (x,), (1.0,))[1]

    def shifted(f, x):
        return derivative(lambda u: f(x + u), 0.0)

    first = shifted(lambda x: shifted(dp.exp, x), 1.0)
    assert first == pytest.approx(math.e, rel=1e-15)


def test_a_dual_of_duals_carries_second_derivatives():
    x = Dual(Dual(2.0, 1.0), Dual(1.0, 0.0))
    y = x**3 + dp.sin(x)
    assert y.primal.primal == pytest.approx(8 + math.sin(2))
    assert y.primal.tangent == y.tangent.primal == pytest.approx(12 + math.cos(2))
    assert y.tangent.tangent == pytest.approx(12 - math.sin(2))


def test_scalars_inside_duals():
    x = dp.Scalar(2.0)
    y = Dual(x, 1.0) ** 3  # the tangent is 3x², which is a Scalar
    y.tangent.backward()
    assert x.grad == 12.0


def test_constants_comparisons_and_while():
    def newton_root(a):
        """Heron's method, stopped by a comparison."""
        x = a
        while abs(x * x - a) > 1e-12:
            x = (x + a / x) / 2
        return x

    y = newton_root(Dual(2.0, 1.0))
    assert y.primal == pytest.approx(math.sqrt(2))
    assert y.tangent == pytest.approx(0.5 / math.sqrt(2), rel=1e-6)


def test_errors():
    with pytest.raises(TypeError, match="primal.*'a'"):
        Dual("a", 1.0)
    with pytest.raises(TypeError, match="tangent.*None"):
        Dual(1.0, None)
    with pytest.raises(TypeError, match="x.primal"):
        math.sin(Dual(1.0, 1.0))
    assert repr(Dual(1, 2)) == "Dual(1.0, 2.0)"
