"""The engine of lab 3: numbers that remember what they were made from.

Var(value)          a number: `.value`, and `.grad`, its adjoint
+ - * / ** -        on Vars and plain numbers; exp log sqrt sin
backward(y)         fills in the `.grad` of all that y was made from; asked twice, it answers the same
gradient(f)(xs)     the gradient of f, which takes a list of Vars, as a list
"""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from dpkit import functions
from dpkit.carry.suite import Broken, Suite, near
from dpkit.scalar import Scalar

__all__ = ["suite"]


def reference() -> SimpleNamespace:
    """dpkit's `Scalar`, under the names of the lab."""
    return SimpleNamespace(Var=Var, backward=backward, gradient=gradient, **FUNCTIONS)


class Var:
    """A Scalar under another name: `.value` for `.data`."""

    def __init__(self, value: Any) -> None:
        self.scalar = value if isinstance(value, Scalar) else Scalar(float(value))

    @property
    def value(self) -> float:
        return float(self.scalar.data)

    @property
    def grad(self) -> float:
        return float(self.scalar.grad)

    def __repr__(self) -> str:
        return f"Var({self.value:.6g})"


def _operator(name: str) -> Callable[..., Var]:
    method = getattr(Scalar, name)

    def operate(*operands: Any) -> Var:
        return Var(method(*(each.scalar if isinstance(each, Var) else each for each in operands)))

    return operate


for _name in "add radd sub rsub mul rmul truediv rtruediv pow neg".split():
    setattr(Var, f"__{_name}__", _operator(f"__{_name}__"))


def _function(name: str) -> Callable[[Any], Var]:
    function = getattr(functions, name)
    return lambda a: Var(function((a if isinstance(a, Var) else Var(a)).scalar))


FUNCTIONS = {name: _function(name) for name in ("exp", "log", "sqrt", "sin")}


def backward(y: Var) -> None:
    tape = y.scalar._tape  # dpkit adds to the leaves' gradients, lab 3 begins afresh
    for leaf in [] if tape is None else tape.inputs.values():
        leaf.grad = 0.0
    y.scalar.backward()


def gradient(f: Callable[[list[Var]], Var]) -> Callable[[list[float]], list[float]]:
    def grad_f(x: list[float]) -> list[float]:
        inputs = [Var(number) for number in x]
        backward(f(inputs))
        return [each.grad for each in inputs]

    return grad_f


suite = Suite(
    "var",
    parts=("Var", "exp", "log", "sqrt", "sin", "backward", "gradient"),
    extras=("topological_order", "gradcheck"),
    reference=reference,
)


def slopes(engine: Any, f: Callable[..., Any], *at: float) -> list[float]:
    """The gradient of f, which takes its arguments one by one, by the engine's own backward sweep."""
    inputs = [engine.Var(x) for x in at]
    engine.backward(f(*inputs))
    return [each.grad for each in inputs]


@suite.contract("a number keeps its value")
def _(engine: Any) -> None:
    near(engine.Var(2.5).value, 2.5, "Var(2.5).value")


@suite.contract("arithmetic gives the right values")
def _(engine: Any) -> None:
    a, b = engine.Var(3.0), engine.Var(-0.5)
    for what, got, expected in (
        ("3 + (-0.5)", a + b, 2.5), ("3 - (-0.5)", a - b, 3.5), ("3 * (-0.5)", a * b, -1.5),
        ("3 / (-0.5)", a / b, -6.0), ("-3", -a, -3.0), ("3 ** 4", a**4, 81.0),
    ):  # fmt: skip
        near(got.value, expected, what)


@suite.contract("the functions give the right values")
def _(engine: Any) -> None:
    for name in FUNCTIONS:
        near(getattr(engine, name)(engine.Var(0.7)).value, getattr(math, name)(0.7), f"{name}(0.7)")


@suite.contract("a sum and a difference")
def _(engine: Any) -> None:
    by_a, by_b = slopes(engine, lambda a, b: a - b + a, 3.0, -0.5)
    near(by_a, 2.0, "the derivative of a - b + a by a")
    near(by_b, -1.0, "the derivative of a - b + a by b")


@suite.contract("a product and a quotient")
def _(engine: Any) -> None:
    for what, f, expected in (
        ("a * b", lambda a, b: a * b, (-0.5, 3.0)),
        ("a / b", lambda a, b: a / b, (-2.0, -12.0)),
    ):
        for name, got, truth in zip("ab", slopes(engine, f, 3.0, -0.5), expected, strict=True):
            near(got, truth, f"the derivative of {what} by {name} at (3, -0.5)")


@suite.contract("powers and negation")
def _(engine: Any) -> None:
    near(slopes(engine, lambda a: -(a**3), 2.0)[0], -12.0, "the derivative of -(a ** 3) at 2")
    near(slopes(engine, lambda a: a**-2, 2.0)[0], -0.25, "the derivative of a ** -2 at 2")


@suite.contract("plain numbers on either side")
def _(engine: Any) -> None:
    for what, f, expected in (
        ("3 + a", lambda a: 3 + a, 1.0), ("3 - a", lambda a: 3 - a, -1.0),
        ("a * 3", lambda a: a * 3, 3.0), ("3 / a", lambda a: 3 / a, -0.75),
    ):  # fmt: skip
        near(slopes(engine, f, 2.0)[0], expected, f"the derivative of {what} at 2")


@suite.contract("exp, log, sqrt and sin")
def _(engine: Any) -> None:
    x = 0.7
    truth = {"exp": math.exp(x), "log": 1 / x, "sqrt": 0.5 / math.sqrt(x), "sin": math.cos(x)}
    for name, expected in truth.items():
        near(
            slopes(engine, getattr(engine, name), x)[0],
            expected,
            f"the derivative of {name} at 0.7",
        )


@suite.contract("the chain rule, at the right points")
def _(engine: Any) -> None:
    got = slopes(engine, lambda x: engine.sin(engine.exp(x * x)), 0.6)[0]
    inner = math.exp(0.36)
    near(got, math.cos(inner) * inner * 1.2, "the derivative of sin(exp(x²)) at 0.6")


@suite.contract("what is used twice is paid twice")
def _(engine: Any) -> None:
    near(slopes(engine, lambda x: x * x + 3 * x, 2.0)[0], 7.0, "the derivative of x·x + 3x at 2")


@suite.contract("nobody speaks too early")
def _(engine: Any) -> None:
    def ladder(x: Any) -> Any:
        for _ in range(12):
            x = x + x
        return x

    near(slopes(engine, ladder, 1.0)[0], 4096.0, "twelve doublings' derivative")


@suite.contract("asked twice, it answers the same")
def _(engine: Any) -> None:
    x = engine.Var(2.0)
    y = x * x * x
    for turn in ("first", "second"):
        engine.backward(y)
        near(x.grad, 12.0, f"the derivative of x³ at 2, the {turn} time,")


@suite.contract("two results of the same numbers")
def _(engine: Any) -> None:
    x = engine.Var(3.0)
    square, triple = x * x, 3 * x
    engine.backward(square)
    engine.backward(triple)
    near(x.grad, 3.0, "after the sweep from 3x, the derivative by x")


@suite.contract("twenty thousand steps")
def _(engine: Any) -> None:
    def long(x: Any) -> Any:
        for _ in range(20_000):
            x = x + 0.5
        return x

    near(slopes(engine, long, 1.0)[0], 1.0, "the derivative through 20,000 additions")


@suite.contract("gradient(f) of a list")
def _(engine: Any) -> None:
    got = engine.gradient(lambda x: x[1] * engine.exp(x[0]) - x[2] / x[1])([0.5, 2.0, 3.0])
    if not isinstance(got, list | tuple) or len(got) != 3:
        raise Broken(f"it should be a list of three numbers, but is {got!r}.")
    truth = (2 * math.exp(0.5), math.exp(0.5) + 0.75, -0.5)
    for k, (number, expected) in enumerate(zip(got, truth, strict=True)):
        near(number, expected, f"entry {k}")
