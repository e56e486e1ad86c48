"""One set of functions for floats, arrays, Scalars, Duals and tensors."""

import math
import subprocess
import sys

import numpy as np
import pytest
import torch

import dpkit as dp

POINTS = {
    "log": (0.3, 2.0),
    "log1p": (-0.4, 2.0),
    "sqrt": (0.3, 2.0),
    "arcsin": (-0.7, 0.4),
    "arccos": (-0.7, 0.4),
}
UNARY = [
    "abs", "arccos", "arcsin", "arctan", "cos", "cosh", "exp", "expm1", "log", "log1p", "relu",
    "sigmoid", "sin", "sinh", "softplus", "sqrt", "tan", "tanh",
]  # fmt: skip
TRUTH = {
    "abs": math.fabs,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "relu": lambda x: max(0.0, x),
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
}


@pytest.mark.parametrize("name", UNARY)
def test_every_kind_of_number_gives_the_same_value(name):
    function = getattr(dp, name)
    for x in POINTS.get(name, (-1.3, 0.6)):
        truth = TRUTH.get(name, getattr(math, name, None))(x)
        assert function(x) == pytest.approx(truth, rel=1e-14)
        assert type(function(x)) is float
        assert function(dp.Scalar(x)).data == pytest.approx(truth, rel=1e-14)
        assert function(dp.Dual(x, 1.0)).primal == pytest.approx(truth, rel=1e-14)
        array = function(np.array([[x, x]]))
        assert array.shape == (1, 2)
        assert array[0, 1] == pytest.approx(truth, rel=1e-14)
        tensor = function(torch.tensor([x], dtype=torch.float64))
        assert isinstance(tensor, torch.Tensor)
        assert tensor.item() == pytest.approx(truth, rel=1e-14)


@pytest.mark.parametrize("name, truth", [("maximum", max), ("minimum", min), ("power", pow)])
def test_functions_of_two_numbers(name, truth):
    function = getattr(dp, name)
    x, y = 1.7, 0.6
    assert function(x, y) == truth(x, y)
    assert function(dp.Scalar(x), y).data == truth(x, y)
    assert function(x, dp.Dual(y, 1.0)).primal == truth(x, y)
    assert function(np.array([x]), y)[0] == pytest.approx(truth(x, y))
    mixed = function(torch.tensor(x, dtype=torch.float64), y)
    assert mixed.item() == pytest.approx(truth(x, y))


@pytest.mark.parametrize("x", [-1e4, -750.0, 750.0, 1e4])
def test_squashing_functions_do_not_overflow(x):
    with np.errstate(all="raise", under="ignore"):
        for function, low, high in ((dp.sigmoid, 0.0, 1.0), (dp.softplus, 0.0, max(x, 0.0))):
            expected = high if x > 0 else low
            assert function(x) == pytest.approx(expected, abs=1e-300)
            assert function(np.array([x]))[0] == pytest.approx(expected, abs=1e-300)
            assert math.isfinite(dp.grad(function)(x))


def test_numpy_functions_work_on_our_numbers_and_keep_the_derivative():
    x = dp.Scalar(0.7)
    y = np.exp(np.sin(x)) * np.float64(2.0) + np.tanh(x) * np.array(3.0)
    y.backward()
    truth = 2 * math.exp(math.sin(0.7)) * math.cos(0.7) + 3 * (1 - math.tanh(0.7) ** 2)
    assert x.grad == pytest.approx(truth, rel=1e-14)


def test_a_numpy_function_without_a_rule_refuses():
    with pytest.raises(TypeError, match="exp2"):
        np.exp2(dp.Scalar(1.0))


def test_arrays_of_scalars():
    w = np.array([dp.Scalar(1.0), dp.Scalar(2.0)])
    y = np.exp(w).sum() + dp.sigmoid(w) @ w + dp.maximum(w, 1.5).sum() + (2.0 * w - w / 4).sum()
    y.backward()

    def derivative(x):
        s = 1 / (1 + math.exp(-x))
        return math.exp(x) + s + x * s * (1 - s) + (x > 1.5) + 1.75

    assert [x.grad for x in w] == pytest.approx([derivative(1.0), derivative(2.0)], rel=1e-13)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: dp.log(-1.0), ["dp.log(-1)", "x > 0"]),
        (lambda: dp.sqrt(dp.Scalar(-4.0)), ["dp.sqrt(-4)", "x >= 0"]),
        (lambda: dp.power(-8.0, 1 / 3), ["dp.power(-8, 0.333333)", "whole number"]),
        (lambda: dp.exp(1000.0), ["dp.exp(1000)", "1.8e308"]),
        (lambda: dp.exp([1.0, 2.0]), ["[1.0, 2.0]", "list", "np.array"]),
        (lambda: dp.sin("pi"), ["'pi'", "str"]),
        (lambda: dp.maximum(dp.Scalar(1.0), None), ["None"]),
    ],
)
def test_errors_name_the_value(call, words):
    with pytest.raises((ValueError, TypeError, OverflowError)) as error:
        call()
    for word in words:
        assert word in str(error.value)


def test_importing_dpkit_is_light():
    code = (
        "import dpkit, sys; print(*{'torch', 'matplotlib', 'IPython', 'scipy'} & set(sys.modules))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
