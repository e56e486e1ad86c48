"""One engine, several libraries: random programs on arrays agree with torch.autograd."""

import array_api_strict
import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit.backends import backend_of
from dpkit.rules import RULES

# Every row of the table, with arguments brought to where it is defined and tame.
ELEMENTWISE = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * dp.tanh(y),
    "div": lambda x, y: x / (1.5 + dp.sin(y)),
    "neg": lambda x: -x,
    "power": lambda x, y: (0.5 + x * x) ** dp.tanh(y),
    "square": lambda x: dp.tanh(x) ** 2,
    "exp": lambda x: dp.exp(dp.tanh(x)),
    "expm1": lambda x: dp.expm1(dp.tanh(x)),
    "log": lambda x: dp.log(1.0 + x * x),
    "log1p": lambda x: dp.log1p(x * x),
    "sqrt": lambda x: dp.sqrt(x * x + 0.1),
    "sin": dp.sin,
    "cos": dp.cos,
    "tan": lambda x: dp.tan(0.5 * dp.tanh(x)),
    "arcsin": lambda x: dp.arcsin(0.9 * dp.tanh(x)),
    "arccos": lambda x: dp.arccos(0.9 * dp.tanh(x)),
    "arctan": dp.arctan,
    "sinh": lambda x: dp.sinh(dp.tanh(x)),
    "cosh": lambda x: dp.cosh(dp.tanh(x)),
    "tanh": dp.tanh,
    "sigmoid": dp.sigmoid,
    "softplus": dp.softplus,
    "relu": dp.relu,
    "abs": lambda x: abs(x),
    "maximum": dp.maximum,
    "minimum": dp.minimum,
}
WHOLE = {
    "total": lambda x: dp.sum(x) * 0.1,
    "row sums": lambda x: dp.sum(x, axis=0, keepdims=True) if x.shape else x,
    "last mean": lambda x: dp.mean(x, axis=-1) if x.shape else x,
    "first": lambda x: x[0] if x.shape else x,
    "reversed": lambda x: dp.flip(x, axis=0) if x.shape else x,
    "column": lambda x: x[..., None],
    "part": lambda x: x[..., :1] if x.shape else x,
    "turned": lambda x: dp.transpose(x),
    "flat": lambda x: dp.reshape(x, -1),
    "matrix": lambda x: dp.matmul(x, dp.transpose(x)) * 0.1 if len(x.shape) == 2 else x,
    "twice": lambda x: dp.concatenate([x, x], axis=0) if x.shape and x.shape[0] < 9 else x,
    "constant": lambda x: 2.0 - x / 3.0 + 1,
}
SHAPES = [(3, 4), (4,), (3, 1)]


def test_every_row_of_the_table_is_tried():
    assert set(ELEMENTWISE) == set(RULES)


@st.composite
def programs(draw, most=10):
    """A function of three arrays of the shapes above, whose value is one number."""
    steps = []
    for k in range(draw(st.integers(1, most))):
        places = st.integers(0, 2 + k)
        name = draw(st.sampled_from(sorted(ELEMENTWISE) + sorted(WHOLE)))
        steps.append((name, draw(places), draw(places)))

    def f(*values):
        values = list(values)
        for name, i, j in steps:
            x, y = values[i], values[j]
            if name in WHOLE:
                z = WHOLE[name](x)
            elif len(RULES[name].partials) == 1:
                z = ELEMENTWISE[name](x)
            elif fit(x.shape, y.shape):
                z = ELEMENTWISE[name](x, y)
            else:
                z = ELEMENTWISE[name](x, dp.mean(y))
            values.append(z)
        return sum((dp.sum(z * z) for z in values[3:]), 0.0)

    f.steps = steps
    return f


def fit(*shapes):
    try:
        return np.prod(np.broadcast_shapes(*shapes), dtype=int) < 100
    except ValueError:
        return False


points = st.integers(0, 2**32 - 1).map(
    lambda seed: [np.random.default_rng(seed).normal(size=shape) for shape in SHAPES]
)


def by_torch(f, arrays):
    leaves = [torch.tensor(x, requires_grad=True) for x in arrays]
    y = f(*leaves)
    slopes = torch.autograd.grad(y, leaves, allow_unused=True)
    zeros = [torch.zeros_like(x) for x in leaves]
    return y.item(), [
        (zero if slope is None else slope).numpy()
        for slope, zero in zip(slopes, zeros, strict=True)
    ]


def check(value, gradients, f, arrays):
    expected, slopes = by_torch(f, arrays)
    assert float(value) == pytest.approx(expected, rel=1e-9, abs=1e-9)
    for x, gradient, slope in zip(arrays, gradients, slopes, strict=True):
        gradient = np.asarray(gradient) if gradient is not None else np.zeros(x.shape)
        assert gradient.shape == slope.shape
        np.testing.assert_allclose(gradient, slope, rtol=1e-7, atol=1e-7 * (1 + abs(expected)))


MAKERS = {
    "numpy": np.array,
    "torch": torch.tensor,
    "strict": lambda x: array_api_strict.asarray(x, copy=True),
}


@pytest.mark.parametrize("library", MAKERS)
@settings(max_examples=60, deadline=None)
@given(f=programs(), arrays=points)
def test_random_programs_agree_with_torch(library, f, arrays):
    """In both ways of asking: leaves and backward(), and dp.value_and_grad."""
    make = MAKERS[library]
    leaves = [dp.tensor(make(x), requires_grad=True) for x in arrays]
    y = f(*leaves)
    y.backward()
    assert all(x.grad is None or type(x.grad) is type(make(1.0)) or x.grad.shape for x in leaves)
    check(y.item(), [x.grad for x in leaves], f, arrays)
    value, gradients = dp.value_and_grad(f, argnums=(0, 1, 2))(*[make(x) for x in arrays])
    check(value, gradients, f, arrays)


@pytest.mark.parametrize("library", MAKERS)
@settings(max_examples=25, deadline=None)
@given(f=programs(most=5), arrays=points)
def test_forward_mode_agrees_with_reverse_mode(library, f, arrays):
    """⟨∇f, ẋ⟩ from backwards is f's motion from forwards; and so for the gradient itself."""
    make = MAKERS[library]
    at = [make(x) for x in arrays]
    moves = [make(np.cos(x)) for x in arrays]

    def paired(gradients):
        return sum(
            (dp.sum(g * v) for g, v in zip(gradients, moves, strict=True)), 0.0 * dp.sum(at[0])
        )

    gradient = dp.grad(f, argnums=(0, 1, 2))
    _, motion = dp.jvp(f, at, moves)
    assert float(motion) == pytest.approx(float(paired(gradient(*at))), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("library", ["numpy", "torch"])  # strict arrays refuse to meet a box on
@settings(max_examples=25, deadline=None)  # their right, as adjoints in nested derivatives may
@given(f=programs(most=5), arrays=points)
def test_hessian_times_vector_in_both_orders(library, f, arrays):
    """Forwards over reverse and reverse over reverse."""
    make = MAKERS[library]
    at = [make(x) for x in arrays]
    moves = [make(np.cos(x)) for x in arrays]
    gradient = dp.grad(f, argnums=(0, 1, 2))

    def along(*x):
        return sum((dp.sum(g * v) for g, v in zip(gradient(*x), moves, strict=True)), 0.0 * x[1][0])

    _, forwards = dp.jvp(gradient, at, moves)
    backwards = dp.grad(along, argnums=(0, 1, 2))(*at)
    for a, b in zip(forwards, backwards, strict=True):
        a, b = np.asarray(a), np.asarray(b)
        np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-6 * (1 + np.abs(b).max()))


@pytest.mark.parametrize("name", sorted(RULES))
@pytest.mark.parametrize("library", MAKERS)
def test_single_precision_stays_single(library, name):
    """Values, gradients and tangents of every row, with Python numbers as constants beside."""
    make = MAKERS[library]
    x, y = (make(np.array(v, dtype=np.float32)) for v in ([0.3, -0.7, 1.2], [0.5, 0.4, -0.6]))
    given = (x, y)[: len(RULES[name].partials)]

    def f(*args):
        return ELEMENTWISE[name](*args) * 2.0 + 1

    leaves = [dp.tensor(v, requires_grad=True) for v in given]
    z = f(*leaves)
    z.backward(z.data)
    assert z.dtype == x.dtype
    assert [v.grad.dtype for v in leaves] == [x.dtype] * len(given)
    _, motion = dp.jvp(f, given, given)
    assert motion.dtype == x.dtype


@pytest.mark.parametrize("library", MAKERS)
def test_gradients_stay_in_the_library(library):
    make = MAKERS[library]
    x = make(np.arange(6.0).reshape(2, 3))
    leaf = dp.tensor(x, requires_grad=True)
    (leaf[0] * leaf[1]).sum().backward()
    for result in (leaf.grad, dp.grad(lambda v: dp.sum(v[0] * v[1]))(x)):
        assert type(result) is type(x)
        np.testing.assert_array_equal(np.asarray(result), [[3, 4, 5], [0, 1, 2]])


@pytest.mark.parametrize("library", MAKERS)
@pytest.mark.parametrize("base", [2, 2.0])
def test_plain_numbers_as_bases_and_exponents(library, base):
    leaf = dp.tensor(MAKERS[library](np.array([1.0, 2.0])), requires_grad=True)
    (base**leaf + leaf**base + dp.maximum(leaf, 1.5) + dp.minimum(base, leaf)).sum().backward()
    expected = 2.0 ** np.array([1, 2]) * np.log(2) + 2 * np.array([1, 2]) + [0, 1] + [1, 0.5]
    np.testing.assert_allclose(np.asarray(leaf.grad), expected, rtol=1e-12)


@pytest.mark.parametrize("library", MAKERS)
def test_mixed_precisions_flow_back_in_their_own(library):
    """A double constant makes the program double from there on; the leaf stays single."""
    make = MAKERS[library]
    w = dp.tensor(make(np.ones((2, 2), dtype=np.float32)), requires_grad=True)
    a, c = make(np.eye(2, dtype=np.float32)), make(np.full((2, 2), 3.0))
    v = dp.tensor(c, requires_grad=True)
    for combine in (lambda h, d: h * c, lambda h, d: h * d, lambda h, d: d * h):
        w.zero_grad()
        y = combine(dp.matmul(w, a), v * 1.0).sum()
        y.backward()
        assert (y.dtype, w.grad.dtype) == (c.dtype, a.dtype)
        np.testing.assert_array_equal(np.asarray(w.grad), np.full((2, 2), 3.0))


def test_a_torch_subclass_is_torch():
    weight = torch.nn.Parameter(torch.ones(2), requires_grad=False)
    assert backend_of(weight, torch.ones(2)).name == "torch"


def test_torch_functions_that_mean_the_same():
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]], dtype=torch.float64)
    ours = dp.tensor(x, requires_grad=True)
    theirs = x.clone().requires_grad_()
    for f in (
        lambda t: torch.exp(t).sum(),
        lambda t: torch.sum(t, dim=0, keepdim=True).sum(),
        lambda t: (x @ t).sum() + (x - t).sum() + (x / t).sum() + (x**t).sum(),
        lambda t: torch.softmax(t, dim=1)[0, 0],
        lambda t: torch.where(x > 2.0, t, x).sum(),
        lambda t: torch.matmul(t, x).sum() + torch.relu(t - x + 1.0).sum(),
    ):
        ours.zero_grad()
        f(ours).backward()
        (expected,) = torch.autograd.grad(f(theirs), theirs)
        torch.testing.assert_close(ours.grad, expected)


@pytest.mark.parametrize(
    "f",
    [
        lambda t, x: torch.add(x, t, alpha=2),
        lambda t, x: torch.div(t, x, rounding_mode="floor"),
        lambda t, x: torch.max(t, 0),
        lambda t, x: torch.var(t),
        lambda t, x: torch.split(t, 1),
        lambda t, x: x.clone().add_(t),
        lambda t, x: torch.add(x, t, out=x.clone()),
        lambda t, x: torch.nn.functional.linear(x, t),
    ],
)
def test_torch_functions_that_mean_something_else_are_refused(f):
    x = torch.tensor([[1.0, 2.0], [3.0, 5.0]])
    with pytest.raises(TypeError, match="has no derivative rule"):
        f(dp.tensor(x, requires_grad=True), x)
