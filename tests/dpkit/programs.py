"""Random programs, written once with dp functions, and what torch says about them."""

import math

import torch
from hypothesis import strategies as st

import dpkit as dp

UNARY = {
    "sin": dp.sin,
    "cos": dp.cos,
    "tanh": dp.tanh,
    "sigmoid": dp.sigmoid,
    "softplus": dp.softplus,
    "arctan": dp.arctan,
    "neg": lambda x: -x,
    "root": lambda x: dp.sqrt(1.0 + x * x),
    "log": lambda x: dp.log(2.0 + x * x),
    "square": lambda x: x**2,
    "over": lambda x: 1.5 / (2.0 + dp.sin(x)),
    "half": lambda x: x / 2,
    "less": lambda x: 3 - x,
}
BINARY = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (dp.cosh(y) + 1.0),
    "power": lambda x, y: (1.0 + x * x) ** (dp.tanh(y) + 1.5),  # at exponent 0, torch is wrong
}

numbers = st.floats(-2.0, 2.0).map(lambda x: round(x, 3))


@st.composite
def programs(draw, inputs=3, most=14):
    """A function of `inputs` numbers, as a list of steps and as the function itself."""
    steps = []
    for k in range(draw(st.integers(2, most))):
        places = st.integers(0, inputs + k - 1)
        if draw(st.booleans()):
            steps.append((draw(st.sampled_from(sorted(UNARY))), draw(places), None))
        else:
            steps.append((draw(st.sampled_from(sorted(BINARY))), draw(places), draw(places)))

    def f(*values):
        values = list(values)
        for name, i, j in steps:
            if j is None:
                values.append(UNARY[name](values[i]))
            else:
                values.append(BINARY[name](values[i], values[j]))
        return sum(values[inputs:], 0.0)

    f.steps = steps
    return f


def tame(f, point):
    """Whether all is of moderate size, so that rounding stays out of the comparison."""
    try:
        value = f(*point)
    except (OverflowError, ZeroDivisionError, ValueError):
        return False
    return math.isfinite(value) and abs(value) < 1e4


def by_torch(f, point):
    """Value and gradient from torch, in float64."""
    leaves = [torch.tensor(x, dtype=torch.float64, requires_grad=True) for x in point]
    y = f(*leaves)
    slopes = torch.autograd.grad(y, leaves, allow_unused=True)
    return y.item(), [0.0 if slope is None else slope.item() for slope in slopes]
