"""The engine of lab 4: arrays that remember what they were made from.

Tensor(value)       an array: `.value`, `.shape`, and `.grad`, its adjoint, of the same shape
+ - * / ** - @ []   on Tensors, numbers and arrays, with numpy's broadcasting; a ** n for a number n
.sum .mean          with axis and keepdims; .reshape(*shape), .T
add mul power matmul mean reshape transpose take exp log tanh relu logsumexp   as functions
backward(y, seed)   fills in the `.grad` of the inputs that y was made from; seed: the adjoint of y, 1
                    if it is not given. Asked twice, it answers the same
gradient(f, *arrays)   the gradients of f, a function of Tensors with one number as result: a list
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.carry.suite import Broken, Suite
from dpkit.tensor import Tensor as DpkitTensor
from dpkit.tensor import tensor

__all__ = ["suite"]


def reference() -> SimpleNamespace:
    """dpkit's `Tensor`, under the names of the lab."""
    return SimpleNamespace(Tensor=Tensor, lift=lift, backward=backward, gradient=gradient, **MADE)


class Tensor:
    """A tensor of dpkit under another name: `.value` for `.data`."""

    __array_ufunc__ = None  # array * Tensor is ours, not numpy's

    def __init__(self, value: Any) -> None:
        if not isinstance(value, DpkitTensor):
            value = tensor(np.array(value, dtype=float), requires_grad=True)
        self.tensor = value

    @property
    def value(self) -> np.ndarray:
        return np.asarray(self.tensor.data)

    @value.setter
    def value(self, array: Any) -> None:
        """Another value for an input, as a step of training gives it."""
        self.tensor.data = np.array(array, dtype=float)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.tensor.shape)

    @property
    def grad(self) -> np.ndarray | None:
        return self.tensor.grad

    @property
    def T(self) -> Tensor:  # noqa: N802  numpy's name
        return MADE["transpose"](self)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return MADE["total"](self, axis, keepdims)

    def mean(self, axis: Any = None, keepdims: bool = False) -> Tensor:
        return MADE["mean"](self, axis, keepdims)

    def reshape(self, *shape: Any) -> Tensor:
        return MADE["reshape"](self, shape)

    def __pow__(self, n: float) -> Tensor:
        return Tensor(self.tensor**n)

    def __getitem__(self, index: Any) -> Tensor:
        return MADE["take"](self, index)

    def __repr__(self) -> str:
        return f"Tensor({np.array2string(self.value, precision=4, threshold=8)})"


def lift(x: Any) -> Tensor:
    """x as a Tensor."""
    return x if isinstance(x, Tensor) else Tensor(x)


def _plain(x: Any) -> Any:
    return x.tensor if isinstance(x, Tensor) else np.asarray(x, dtype=float)


def _operator(name: str) -> Callable[..., Tensor]:
    method = getattr(DpkitTensor, name)

    def operate(a: Tensor, *others: Any) -> Tensor:
        return Tensor(method(a.tensor, *(_plain(each) for each in others)))

    return operate


for _name in "add radd sub rsub mul rmul truediv rtruediv matmul rmatmul neg".split():
    setattr(Tensor, f"__{_name}__", _operator(f"__{_name}__"))


def _on_two(combine: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Tensor]:
    return lambda a, b: Tensor(combine(lift(a).tensor, _plain(b)))


def _on_one(function: Callable[..., Any]) -> Callable[..., Tensor]:
    return lambda a, *options: Tensor(function(lift(a).tensor, *options))


MADE: dict[str, Callable[..., Tensor]] = {
    "add": _on_two(lambda a, b: a + b),
    "mul": _on_two(lambda a, b: a * b),
    "matmul": _on_two(lambda a, b: a @ b),
    "power": _on_one(lambda a, n: a**n),
    "total": lambda a, axis=None, keepdims=False: Tensor(
        arrays.sum(lift(a).tensor, axis=axis, keepdims=keepdims)
    ),
    "mean": lambda a, axis=None, keepdims=False: Tensor(
        arrays.mean(lift(a).tensor, axis=axis, keepdims=keepdims)
    ),
    "reshape": _on_one(lambda a, shape: a.reshape(shape)),
    "transpose": _on_one(arrays.transpose),
    "take": _on_one(lambda a, index: a[index]),
    "logsumexp": lambda a, axis=-1: Tensor(arrays.logsumexp(lift(a).tensor, axis=axis)),
    **{name: _on_one(getattr(functions, name)) for name in ("exp", "log", "tanh", "relu")},
}


def backward(y: Tensor, seed: Any = 1.0) -> None:
    """Set the grad of every input that y was made from."""
    waiting, seen = [y.tensor], set()  # dpkit adds to the leaves' gradients, lab 4 begins afresh
    while waiting:  # a long program stands on several tapes, the older ones inputs of the newer
        each = waiting.pop()
        if each._tape is None:
            each.zero_grad()
        elif id(each._tape) not in seen:
            seen.add(id(each._tape))
            waiting.extend(each._tape.inputs.values())
    y.tensor.backward(np.broadcast_to(np.asarray(seed, float), y.shape).copy(), retain_graph=True)


def gradient(f: Callable[..., Tensor], *at: Any) -> list[np.ndarray]:
    """The gradient of f by each of the arrays."""
    inputs = [Tensor(array) for array in at]
    backward(f(*inputs))
    return [np.zeros(each.shape) if each.grad is None else each.grad for each in inputs]


suite = Suite(
    "tensor",
    parts=(  # and `total`, which an Engine already has: how many contracts there are
        "Tensor", "add", "mul", "power", "matmul", "mean", "reshape", "transpose", "take",
        "exp", "log", "tanh", "relu", "logsumexp", "backward", "gradient",
    ),
    extras=("lift", "unbroadcast", "topological_order", "checkpointed"),
    reference=reference,
)  # fmt: skip

A = np.array([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]])
B = np.array([[1.1, -0.4, 0.9], [-0.7, 1.3, 0.6]])
ROW = np.array([0.8, -1.6, 0.3])
SEED = np.array([[0.9, -1.1, 0.4], [1.7, 0.6, -0.8]])
for _array in (A, B, ROW, SEED):
    _array.flags.writeable = False  # an engine that changes its arguments spoils no other contract


def close(got: Any, expected: Any, what: str) -> None:
    """Raise Broken, with a sentence, unless `got` has the shape and the numbers of `expected`."""
    want = np.asarray(expected, dtype=float)
    if got is None or isinstance(got, str):
        raise Broken(f"{what} should be an array of shape {want.shape}, but is {got!r}.")
    have = np.asarray(got)
    if have.shape != want.shape:
        raise Broken(f"{what} should have the shape {want.shape}, but has {have.shape}.")
    if not np.all(np.abs(have - want) <= 1e-9 * np.maximum(1.0, np.abs(want))):
        k = np.unravel_index(np.argmax(np.abs(have - want)), want.shape) if want.shape else ()
        place = f" at {tuple(int(each) for each in k)}" if k else ""
        raise Broken(f"{what} should be {want[k]:.6g}{place}, but is {have[k]:.6g}.")


def brought(engine: Any, f: Callable[..., Any], *at: Any, seed: Any = 1.0) -> list[Any]:
    """What the engine's own sweep brings to each argument of f."""
    inputs = [engine.Tensor(x) for x in at]
    engine.backward(f(*inputs), seed)
    return [each.grad for each in inputs]


@suite.contract("an array keeps its value and its shape")
def _(engine: Any) -> None:
    close(engine.Tensor(A).value, A, "Tensor(A).value")
    if tuple(engine.Tensor(A).shape) != A.shape:
        raise Broken(f"Tensor(A).shape should be {A.shape}, but is {engine.Tensor(A).shape}.")


@suite.contract("operators give the right values")
def _(engine: Any) -> None:
    a, b = engine.Tensor(A), engine.Tensor(B)
    for what, got, expected in (
        ("a + b", a + b, A + B), ("a - b", a - b, A - B), ("a * b", a * b, A * B),
        ("a / b", a / b, A / B), ("-a", -a, -A), ("a ** 3", a**3, A**3), ("a @ b.T", a @ b.T, A @ B.T),
        ("3 - a", 3 - a, 3 - A), ("2 / a", 2 / a, 2 / A), ("array * a", B * a, B * A),
    ):  # fmt: skip
        close(got.value, expected, what)


@suite.contract("arithmetic, entry by entry")
def _(engine: Any) -> None:
    for what, f, expected in (
        ("a + b", lambda a, b: a + b, (SEED, SEED)),
        ("a - b", lambda a, b: a - b, (SEED, -SEED)),
        ("a * b", lambda a, b: a * b, (SEED * B, SEED * A)),
        ("a / b", lambda a, b: a / b, (SEED / B, -SEED * A / B**2)),
    ):
        for name, got, truth in zip(
            "ab", brought(engine, f, A, B, seed=SEED), expected, strict=True
        ):
            close(got, truth, f"the adjoint of {name} in {what}")
    close(
        brought(engine, lambda a: -(a**3), A, seed=SEED)[0], -3 * SEED * A**2, "that in -(a ** 3)"
    )


@suite.contract("numbers and arrays on either side")
def _(engine: Any) -> None:
    for what, f, expected in (
        ("3 + a", lambda a: 3 + a, SEED), ("3 - a", lambda a: 3 - a, -SEED),
        ("a * array", lambda a: a * B, SEED * B), ("array * a", lambda a: B * a, SEED * B),
    ):  # fmt: skip
        close(brought(engine, f, A, seed=SEED)[0], expected, f"the adjoint of a in {what}")


@suite.contract("what was copied is summed")
def _(engine: Any) -> None:
    _, row = brought(engine, lambda a, r: a + r, A, ROW, seed=SEED)
    close(row, SEED.sum(axis=0), "the adjoint of a row that was added to a matrix")
    column, _ = brought(engine, lambda c, a: c * a, A[:, :1], B, seed=SEED)
    close(column, (SEED * B).sum(axis=1, keepdims=True), "the adjoint of a column, times a matrix,")
    number, _ = brought(engine, lambda n, a: n * a, 0.7, A, seed=SEED)
    close(number, (SEED * A).sum(), "the adjoint of a number, times a matrix,")


@suite.contract("products of matrices")
def _(engine: Any) -> None:
    g = np.array([[0.3, -1.2], [0.8, 0.5]])
    a, b = brought(engine, lambda a, b: a @ b, A, B.T, seed=g)
    close(a, g @ B, "the adjoint of A in A @ B")
    close(b, A.T @ g, "the adjoint of B in A @ B")


@suite.contract("a matrix times a vector")
def _(engine: Any) -> None:
    g = np.array([0.3, -1.2])
    a, x = brought(engine, lambda a, x: a @ x, A, ROW, seed=g)
    close(a, g[:, None] * ROW, "the adjoint of A in A @ x")
    close(x, g @ A, "the adjoint of x in A @ x")


@suite.contract("sums and means over axes")
def _(engine: Any) -> None:
    g = np.array([0.3, -1.2])
    spread = np.repeat(g[:, None], 3, axis=1)
    for what, f, seed, expected in (
        ("a.sum()", lambda a: a.sum(), 1.5, np.full(A.shape, 1.5)),
        ("a.sum(axis=1)", lambda a: a.sum(axis=1), g, spread),
        ("a.sum(axis=-1, keepdims=True)", lambda a: a.sum(axis=-1, keepdims=True), g[:, None], spread),
        ("a.mean()", lambda a: a.mean(), 1.5, np.full(A.shape, 0.25)),
        ("a.mean(axis=1)", lambda a: a.mean(axis=1), g, spread / 3),
    ):  # fmt: skip
        close(brought(engine, f, A, seed=seed)[0], expected, f"the adjoint of a in {what}")


@suite.contract("reshaped and turned")
def _(engine: Any) -> None:
    g = SEED.reshape(3, 2)
    close(brought(engine, lambda a: a.reshape(3, 2), A, seed=g)[0], SEED, "that in a.reshape(3, 2)")
    close(brought(engine, lambda a: a.T, A, seed=g)[0], g.T, "the adjoint of a in a.T")


@suite.contract("what is read twice is paid twice")
def _(engine: Any) -> None:
    got = brought(engine, lambda r: r[[2, 0, 2]], ROW, seed=np.array([0.5, -1.5, 2.0]))[0]
    close(got, [-1.5, 0.0, 2.5], "the adjoint of r in r[[2, 0, 2]]")
    got = brought(engine, lambda a: a[:, 1], A, seed=np.array([0.5, -1.5]))[0]
    close(got, [[0, 0.5, 0], [0, -1.5, 0]], "the adjoint of a in a[:, 1]")


@suite.contract("exp, log, tanh and relu")
def _(engine: Any) -> None:
    positive = np.abs(A)
    for name, x, value, slope in (
        ("exp", A, np.exp(A), np.exp(A)), ("log", positive, np.log(positive), 1 / positive),
        ("tanh", A, np.tanh(A), 1 - np.tanh(A) ** 2), ("relu", A, np.maximum(A, 0), A > 0),
    ):  # fmt: skip
        function = getattr(engine, name)
        close(function(engine.Tensor(x)).value, value, f"{name}(x)")
        close(
            brought(engine, function, x, seed=SEED)[0], SEED * slope, f"the adjoint of x in {name}"
        )


@suite.contract("log-sum-exp, also of huge numbers")
def _(engine: Any) -> None:
    g = np.array([0.3, -1.2])
    raised = np.exp(A)
    softmax = raised / raised.sum(axis=1, keepdims=True)
    for shift in (0.0, 1e4, -1e4):
        value = engine.logsumexp(engine.Tensor(A + shift)).value
        close(value - shift, np.log(raised.sum(axis=1)), f"logsumexp of numbers near {shift:g}")
        got = brought(engine, engine.logsumexp, A + shift, seed=g)[0]
        close(got, g[:, None] * softmax, f"the adjoint in logsumexp, near {shift:g},")


@suite.contract("fan-out is a sum")
def _(engine: Any) -> None:
    got = brought(engine, lambda a: a * a + 3 * a, A, seed=SEED)[0]
    close(got, SEED * (2 * A + 3), "the adjoint of a in a·a + 3a")


@suite.contract("nobody speaks too early")
def _(engine: Any) -> None:
    def ladder(x: Any) -> Any:
        for _ in range(12):
            x = x + x
        return x

    close(
        brought(engine, ladder, ROW, seed=1.0)[0], np.full(3, 4096.0), "twelve doublings' adjoint"
    )


@suite.contract("asked twice, it answers the same")
def _(engine: Any) -> None:
    x = engine.Tensor(ROW)
    y = (x * x).sum()
    for turn in ("first", "second"):
        engine.backward(y)
        close(x.grad, 2 * ROW, f"the adjoint of x in sum(x²), the {turn} time,")


@suite.contract("arguments and seeds stay as they were")
def _(engine: Any) -> None:
    x, seed = A.copy(), SEED.copy()
    brought(engine, lambda a: engine.relu(a) * engine.exp(a) + a, x, seed=seed)
    close(x, A, "the array that was given")
    close(seed, SEED, "the seed")


@suite.contract("five thousand steps")
def _(engine: Any) -> None:
    def long(x: Any) -> Any:
        for _ in range(5_000):
            x = x + 0.5
        return x

    close(
        brought(engine, long, ROW, seed=1.0)[0], np.ones(3), "the adjoint through 5,000 additions"
    )


@suite.contract("gradient(f, …) of a small network")
def _(engine: Any) -> None:
    def loss(W: Any, b: Any) -> Any:
        return (engine.tanh(W @ A.T + b) ** 2).sum()

    b = np.array([[0.2], [-0.3], [0.5]])
    W = np.array([[0.4, -0.6, 0.1], [0.7, 0.2, -0.5], [-0.3, 0.9, 0.8]])
    got = engine.gradient(loss, W, b)
    if not isinstance(got, list | tuple) or len(got) != 2:
        raise Broken(f"it should be a list of two arrays, but is {got!r}.")
    h = np.tanh(W @ A.T + b)
    inner = 2 * h * (1 - h**2)
    close(got[0], inner @ A, "the gradient by the weights")
    close(got[1], inner.sum(axis=1, keepdims=True), "the gradient by the bias")
    if not math.isclose(float(loss(engine.Tensor(W), engine.Tensor(b)).value), float((h**2).sum())):
        raise Broken("the loss itself should be the sum of tanh² of W Aᵀ + b.")
