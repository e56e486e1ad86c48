"""The tensor engine on a CUDA device, and the same on the CPU.

Differences of the values, and torch's own training, are the truth. Only dpkit, torch, numpy and pytest are needed.
"""

import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit import linalg
from dpkit.arrays import convolution, soft
from dpkit.backends import backend_of
from dpkit.rules import RULES
from dpkit.table import primitives

ROWS = {
    "add": lambda x, y: x + y,
    "sub": lambda x, y: x - y,
    "mul": lambda x, y: x * y,
    "div": lambda x, y: x / (y * y + 1.0),
    "neg": lambda x, y: -x,
    "power": lambda x, y: (x * x + 0.5) ** y,
    "square": lambda x, y: x**2,
    "exp": lambda x, y: dp.exp(x),
    "expm1": lambda x, y: dp.expm1(x),
    "log": lambda x, y: dp.log(x * x + 1.0),
    "log1p": lambda x, y: dp.log1p(x * x),
    "sqrt": lambda x, y: dp.sqrt(x * x + 1.0),
    "sin": lambda x, y: dp.sin(x),
    "cos": lambda x, y: dp.cos(x),
    "tan": lambda x, y: dp.tan(0.3 * x),
    "arcsin": lambda x, y: dp.arcsin(0.9 * dp.tanh(x)),
    "arccos": lambda x, y: dp.arccos(0.9 * dp.tanh(x)),
    "arctan": lambda x, y: dp.arctan(x),
    "sinh": lambda x, y: dp.sinh(x),
    "cosh": lambda x, y: dp.cosh(x),
    "tanh": lambda x, y: dp.tanh(x),
    "sigmoid": lambda x, y: dp.sigmoid(x),
    "softplus": lambda x, y: dp.softplus(x),
    "relu": lambda x, y: dp.relu(x),
    "abs": lambda x, y: abs(x),
    "maximum": lambda x, y: dp.maximum(x, y),
    "minimum": lambda x, y: dp.minimum(x, 0.25),
}
# x and y are 4 × 4.
WHOLE = {
    "sums": lambda x, y: dp.sum(x, axis=0) * dp.mean(y, axis=1),
    "extrema": lambda x, y: dp.max(x, axis=0) - dp.min(y),
    "matrices": lambda x, y: x @ y + dp.transpose(y) @ x[0],
    "stacks": lambda x, y: dp.matmul(x.reshape(2, 2, 4), y),
    "shapes": lambda x, y: dp.reshape(dp.concatenate([x, y], axis=1), (2, -1)),
    "broadcasting": lambda x, y: dp.broadcast_to(x[:, :1], (4, 4)) * dp.stack([y[0], y[1]])[0],
    "slices": lambda x, y: x[1:, ::2] * y[:-1, [2, 2]],
    "assignment": lambda x, y: put(x * 1.0 + 0.0 * y, y[1]) * y,
    "rows again": lambda x, y: x[[0, 0, 2]] @ y,
    "masks": lambda x, y: dp.where(x > y, x * y, dp.clip(y, -0.5, 0.5)),
    "order": lambda x, y: dp.sort(x, axis=1) * dp.flip(y, axis=0),
    "running": lambda x, y: dp.cumsum(x, axis=0) * y,
    "soft": lambda x, y: soft.softmax(x, axis=1) * soft.log_softmax(y, axis=0),
    "log of sums": lambda x, y: soft.logsumexp(x @ y, axis=1),
    "products": lambda x, y: dp.einsum("ij,kj->ik", x, y),
    "equations": lambda x, y: linalg.solve(x @ x.T + EYE * 4.0, y),
    "inverse": lambda x, y: linalg.inv(x @ x.T + EYE * 4.0) @ y,
    "determinants": lambda x, y: linalg.slogdet(x @ x.T + EYE)[1] + linalg.det(y * 0.5),
    "roots": lambda x, y: linalg.cholesky(x @ x.T + EYE) @ y,
    "norms": lambda x, y: linalg.norm(x) * y,
    "images": lambda x, y: convolution.conv2d(x.reshape(1, 1, 4, 4), y[:2, :2].reshape(1, 1, 2, 2)),
}


def put(t, row):
    t[0] = row
    return t


EYE = None  # set by each test, on its device


def points(device, dtype):
    global EYE
    rng = np.random.default_rng(5)
    EYE = torch.eye(4, dtype=dtype, device=device)
    return [torch.tensor(rng.normal(size=(4, 4)), dtype=dtype, device=device) for _ in "xy"]


def total(f):
    """A number that depends on every element of the value of f in its own way."""

    def number(x, y):
        z = f(x, y)
        weights = torch.linspace(
            1.0, 2.0, max(int(np.prod(z.shape)), 1), dtype=EYE.dtype, device=EYE.device
        )
        return dp.sum(z * weights.reshape(z.shape))

    return number


def by_differences(f, x, y, along):
    """The slope of f's total along a direction, from six points, in float64."""

    def at(h):
        return total(f)(dp.tensor(x + h * along[0]), dp.tensor(y + h * along[1])).item()

    return (
        sum(c * (at(k * 1e-3) - at(-k * 1e-3)) for k, c in ((1, 0.75), (2, -0.15), (3, 1 / 60)))
        / 1e-3
    )


@pytest.mark.parametrize("name", [*ROWS, *WHOLE])
def test_gradients(device, name):
    """By both ways of asking; the result stays on the device and is the slope of the values."""
    f = (ROWS | WHOLE)[name]
    x, y = points(device, torch.float64)
    leaves = [dp.tensor(each, requires_grad=True) for each in (x, y)]
    total(f)(*leaves).backward()
    gradients = dp.grad(total(f), argnums=(0, 1))(x, y)
    slope = 0.0
    along = [torch.cos(each * 7.0) for each in (x, y)]
    for each, leaf, gradient, move in zip((x, y), leaves, gradients, along, strict=True):
        assert gradient.device == each.device and gradient.dtype == each.dtype
        if leaf.grad is None:
            assert not gradient.any()
            continue
        assert leaf.grad.device == leaf.data.device == each.device
        torch.testing.assert_close(leaf.grad, gradient)
        slope += (gradient * move).sum().item()
    assert slope == pytest.approx(by_differences(f, x, y, along), rel=1e-7, abs=1e-7)


@pytest.mark.parametrize("name", [*ROWS, *WHOLE])
def test_single_precision(device, name):
    f = (ROWS | WHOLE)[name]
    double = dp.grad(total(f), argnums=(0, 1))(*points(device, torch.float64))
    single = dp.grad(total(f), argnums=(0, 1))(*points(device, torch.float32))
    for a, b in zip(single, double, strict=True):
        assert a.dtype == torch.float32
        torch.testing.assert_close(a.double(), b, rtol=2e-3, atol=2e-3)


@pytest.mark.parametrize("name", [*ROWS, *WHOLE])
def test_second_derivatives(device, name):
    """Hessian times vector: forwards over reverse agrees with reverse over reverse."""
    f = (ROWS | WHOLE)[name]
    x, y = points(device, torch.float64)
    along = [torch.cos(each * 7.0) for each in (x, y)]
    gradient = dp.grad(total(f), argnums=(0, 1))
    _, forwards = dp.jvp(gradient, (x, y), along)

    def slope(x, y):
        gx, gy = gradient(x, y)
        return dp.sum(gx * along[0]) + dp.sum(gy * along[1]) + 0.0 * x[0, 0]

    for a, b in zip(forwards, dp.grad(slope, argnums=(0, 1))(x, y), strict=True):
        assert a.device == b.device == x.device
        torch.testing.assert_close(a, b, rtol=1e-8, atol=1e-8)


def test_every_row_of_the_tables_was_tried(device):
    """The pullbacks that torch has been asked for are those of all primitives."""
    assert set(ROWS) == set(RULES)
    x, y = points(device, torch.float64)
    backend = backend_of(x)
    backend.stages.clear()
    for f in (ROWS | WHOLE).values():

        def squared(x, y, f=f):
            return total(f)(x, y) ** 2

        for n in (0, 1):
            inner = dp.grad(squared, argnums=n)
            dp.grad(lambda *z, g=inner, n=n: dp.sum(g(*z) ** 2) + 0.0 * z[n][0, 0], argnums=n)(x, y)
    assert set(primitives()) - {name for name, _ in backend.stages} <= {"cast"}


def test_a_training_loop_is_the_same_as_torchs(device):
    rng = np.random.default_rng(2)
    data = torch.tensor(rng.normal(size=(40, 3)), device=device)
    label = (data.sum(dim=1) > 0).double()
    ours = [dp.tensor(torch.zeros(n, device=device).double(), requires_grad=True) for n in (3, ())]
    theirs = [torch.zeros(n, device=device).double().requires_grad_() for n in (3, ())]

    def loss(w, b):
        score = data @ w + b
        return dp.mean(dp.softplus(score) - label * score)

    def loss_of_torch(w, b):
        score = data @ w + b
        return (torch.nn.functional.softplus(score) - label * score).mean()

    losses = []
    for _ in range(30):
        value = loss(*ours)
        value.backward()
        losses.append(value.item())
        slopes = torch.autograd.grad(loss_of_torch(*theirs), theirs)
        for p, q, slope in zip(ours, theirs, slopes, strict=True):
            assert p.grad.device == data.device
            p.data -= 0.5 * p.grad
            p.zero_grad()
            q.data -= 0.5 * slope
    assert losses[-1] < 0.5 * losses[0]
    for p, q in zip(ours, theirs, strict=True):
        torch.testing.assert_close(p.data, q.detach(), rtol=1e-10, atol=1e-10)


def test_a_changed_constant_is_noticed(device):
    w = dp.tensor(torch.ones(3, device=device), requires_grad=True)
    c = torch.ones(3, device=device)
    y = (w * c).sum()
    c += 1.0
    with pytest.raises(RuntimeError, match="changed in place"):
        y.backward()


def test_to_the_device_and_back(device):
    w = dp.tensor([1.0, 2.0], requires_grad=True, device=torch.device(device))
    y = (w * w).sum()
    assert str(w.device).startswith(device) and y.item() == 5.0
    assert isinstance(w.numpy(), np.ndarray) and w.numpy().tolist() == [1.0, 2.0]


@pytest.mark.gpu
def test_devices_do_not_mix():
    w = dp.tensor(torch.ones(3, device="cuda"), requires_grad=True)
    for f in (lambda: w * torch.ones(3), lambda: torch.ones(3) @ w):
        with pytest.raises(TypeError, match="different devices.*x.to"):
            f()
    with pytest.raises(TypeError, match="on the device cpu, but must be on cuda"):
        (w * 1.0).backward(torch.ones(3))
    with pytest.raises(TypeError, match="do not mix"):
        w * np.ones(3)


@pytest.mark.gpu
@pytest.mark.parametrize("name", [*ROWS, "sums", "matrices", "stacks", "soft", "log of sums"])
def test_nothing_waits_for_the_device(name):
    """No value is fetched from the GPU, nor sent there, between the start and the gradient."""
    f = (ROWS | WHOLE)[name]
    x, y = points("cuda", torch.float32)
    gradient = dp.grad(lambda x, y: dp.sum(f(x, y)), argnums=(0, 1))
    gradient(x, y)  # the first call compiles and allocates
    torch.cuda.synchronize()
    torch.cuda.set_sync_debug_mode("error")
    try:
        gradient(x, y)
    finally:
        torch.cuda.set_sync_debug_mode("default")
