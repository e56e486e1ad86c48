"""Numbers that somebody else has printed, from every engine."""

import array_api_strict
import numpy as np
import pytest
import torch

import dpkit as dp

LIBRARIES = {"numpy": np.asarray, "torch": torch.asarray, "strict": array_api_strict.asarray}


def gradients(f, point):
    """The gradient of f by every engine: f takes a sequence of numbers."""
    numbers = [float(x) for x in point]
    units = [[float(j == k) for j in range(len(point))] for k in range(len(point))]
    leaves = [dp.Scalar(x) for x in numbers]
    f(leaves).backward()
    yield "Scalar", [x.grad for x in leaves]
    yield "grad of numbers", dp.grad(f)(numbers)
    yield "Dual", [f([dp.Dual(x, dx) for x, dx in zip(numbers, unit, strict=True)]).tangent
                   for unit in units]  # fmt: skip
    yield "jvp of numbers", [dp.jvp(f, (numbers,), (unit,))[1] for unit in units]
    yield "jacfwd of numbers", dp.jacfwd(f)(numbers)
    for name, library in LIBRARIES.items():
        x = library(np.array(numbers))
        yield f"Tensor of {name}", np.asarray(dp.grad(f)(x))
        moves = [dp.jvp(f, (x,), (library(np.array(unit)),))[1] for unit in units]
        yield f"DualTensor of {name}", [float(dx) for dx in moves]
        leaf = dp.tensor(x, requires_grad=True)
        f(leaf).backward()
        yield f"backward of {name}", np.asarray(leaf.grad)


def ell(theta):
    """Peyré, "Course notes on optimization for machine learning", automatic differentiation:
    ℓ(θ₁, θ₂) = θ₂ exp(θ₁) sqrt(θ₁ + θ₂ exp(θ₁))."""
    b = theta[1] * dp.exp(theta[0])
    return b * dp.sqrt(theta[0] + b)


def test_peyres_ell():
    assert ell([1.0, 2.0]) == pytest.approx(13.792770562190322, rel=1e-15)
    for engine, gradient in gradients(ell, (1.0, 2.0)):
        expected = (20.689155843285484, 9.808858425286727)
        assert gradient == pytest.approx(expected, rel=1e-13), engine


def loop(a):
    """Hare, "Differentiable programming", lecture at Southampton: a loop …"""
    b = 1.0
    for _ in range(3):
        b = b + b * a[0]
    return b


def branch(a):
    """… and a branch."""
    return a[0] * 0.0 + 2.0 if a[0] > 0.5 else a[0] * 2.0


@pytest.mark.parametrize("a", [-0.3, 0.4, 2.0])
def test_the_lectures_loop_and_branch(a):
    for engine, gradient in gradients(loop, (a,)):
        assert gradient == pytest.approx([3 + 6 * a + 3 * a * a], rel=1e-13), engine
    for engine, gradient in gradients(branch, (a,)):
        assert list(gradient) == [0.0 if a > 0.5 else 2.0], engine


def heinrich(x):
    """Heinrich, IML workshop 2022, slide "Automatic Differentiation"; there ``y += …`` on an array."""
    y = [x[0], x[1], x[2]]
    for _ in range(4):
        step = x[0] ** 2 + dp.sin(x[1]) + dp.exp(-x[2])
        y = [each + step for each in y]
    return y[0] + y[1] + y[2]


def heinrich_whole(x):
    y = x
    for _ in range(4):
        y = y + (x[0] ** 2 + dp.sin(x[1]) + dp.exp(-x[2]))
    return dp.sum(y)


def test_heinrichs_program():
    """Printed from float32: 141.36212 and (49, -10.8799095, -87.66867)."""
    expected = (49.0, -10.879909959, -87.668673187)
    assert heinrich([2.0, 3.0, -2.0]) == pytest.approx(141.36211328388, rel=1e-13)
    for engine, gradient in gradients(heinrich, (2.0, 3.0, -2.0)):
        assert gradient == pytest.approx(expected, rel=1e-10), engine
    for f in (heinrich, heinrich_whole):
        for name, library in LIBRARIES.items():
            value, gradient = dp.value_and_grad(f)(library(np.float32([2.0, 3.0, -2.0])))
            gradient = np.asarray(gradient)
            assert gradient.dtype == np.float32, name
            # The printed numbers, to the last digit that float32 has.
            assert float(value) == pytest.approx(141.36212, rel=3e-7), name
            printed = np.float32([49.0, -10.8799095, -87.66867])
            np.testing.assert_array_max_ulp(gradient, printed, maxulp=4)
