"""The engine of lab 2: numbers that carry their derivative along.

Dual(primal, tangent=0.0)           a number: `.primal`, and `.tangent`, how fast it moves
+ - * / ** -, < <= > >=             on Duals and plain numbers; sin cos exp log sqrt
derivative(f)(x)                    the derivative of f, a function of one number
jvp(f, primals, tangents)           (y, y_dot) of f(*primals) in a direction; of lists where f returns one
jacobian(f, xs)                     the derivatives of the list f(*xs): an array (outputs, inputs)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from dpkit import functions
from dpkit.carry.suite import Broken, Suite, near
from dpkit.dual import Dual

__all__ = ["suite"]

NAMES = ("sin", "cos", "exp", "log", "sqrt")


def reference() -> SimpleNamespace:
    """dpkit's `Dual`, under the names of the lab."""
    return SimpleNamespace(
        Dual=Dual, derivative=derivative, jvp=jvp, jacobian=jacobian, **FUNCTIONS
    )


def _lift(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(x)


def _function(name: str) -> Callable[[Any], Dual]:
    function = getattr(functions, name)
    return lambda a: function(_lift(a))


FUNCTIONS = {name: _function(name) for name in NAMES}


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    y = f(*(Dual(x, speed) for x, speed in zip(primals, tangents, strict=True)))
    if not isinstance(y, list | tuple):
        return _lift(y).primal, _lift(y).tangent
    moving = [_lift(each) for each in y]
    return [each.primal for each in moving], [each.tangent for each in moving]


def derivative(f: Callable[[Any], Any]) -> Callable[[float], Any]:
    return lambda x: jvp(f, [x], [1.0])[1]


def jacobian(f: Callable[..., Any], xs: Sequence[float]) -> np.ndarray:
    columns = [jvp(f, xs, [float(k == j) for k in range(len(xs))])[1] for j in range(len(xs))]
    return np.array(columns, dtype=float).T


suite = Suite(
    "dual",
    parts=("Dual", *NAMES, "derivative", "jvp", "jacobian"),
    extras=("lift", "value_and_gradient", "settle"),
    reference=reference,
)


def holds(number: Any, primal: float, tangent: float, what: str) -> None:
    """Raise Broken, with a sentence, unless `number` is a Dual of that primal and that tangent."""
    for name, expected in (("primal", primal), ("tangent", tangent)):
        if not hasattr(number, name):
            raise Broken(f"{what} should be a Dual, but is {number!r}, which has no `{name}`.")
        near(getattr(number, name), expected, f"the {name} of {what}")


def hold_all(cases: Sequence[tuple[str, Any, float, float]]) -> None:
    for what, number, primal, tangent in cases:
        holds(number, primal, tangent, what)


@suite.contract("a number keeps its value and its speed")
def _(engine: Any) -> None:
    holds(engine.Dual(2.5, -3.0), 2.5, -3.0, "Dual(2.5, -3)")
    holds(engine.Dual(2.5), 2.5, 0.0, "Dual(2.5)")


@suite.contract("a sum and a difference")
def _(engine: Any) -> None:
    a, b = engine.Dual(3.0, 2.0), engine.Dual(-0.5, 7.0)
    hold_all([("a + b", a + b, 2.5, 9.0), ("a - b", a - b, 3.5, -5.0)])


@suite.contract("a product and a quotient")
def _(engine: Any) -> None:
    a, b = engine.Dual(3.0, 2.0), engine.Dual(-0.5, 7.0)
    hold_all([("a * b", a * b, -1.5, 20.0), ("a / b", a / b, -6.0, -88.0)])


@suite.contract("powers and negation")
def _(engine: Any) -> None:
    a = engine.Dual(2.0, 3.0)
    hold_all([("-a", -a, -2.0, -3.0), ("a ** 3", a**3, 8.0, 36.0), ("a ** -2", a**-2, 0.25, -0.75)])


@suite.contract("plain numbers on either side")
def _(engine: Any) -> None:
    a = engine.Dual(2.0, 3.0)
    hold_all([
        ("5 + a", 5 + a, 7.0, 3.0), ("a + 5", a + 5, 7.0, 3.0),
        ("5 - a", 5 - a, 3.0, -3.0), ("a - 5", a - 5, -3.0, 3.0),
        ("5 * a", 5 * a, 10.0, 15.0), ("a * 5", a * 5, 10.0, 15.0),
        ("5 / a", 5 / a, 2.5, -3.75), ("a / 5", a / 5, 0.4, 0.6),
    ])  # fmt: skip


@suite.contract("sin, cos, exp, log and sqrt")
def _(engine: Any) -> None:
    x = 0.7
    slopes = {"sin": math.cos(x), "cos": -math.sin(x), "exp": math.exp(x)}
    slopes |= {"log": 1 / x, "sqrt": 0.5 / math.sqrt(x)}
    for name, slope in slopes.items():
        got = getattr(engine, name)(engine.Dual(x, -2.0))
        holds(got, getattr(math, name)(x), -2 * slope, f"{name} of Dual(0.7, -2)")


@suite.contract("functions of plain numbers")
def _(engine: Any) -> None:
    for name in NAMES:
        holds(getattr(engine, name)(0.7), getattr(math, name)(0.7), 0.0, f"{name}(0.7)")


@suite.contract("the chain rule, at the right points")
def _(engine: Any) -> None:
    got = engine.derivative(lambda x: engine.sin(engine.exp(x * x)))(0.6)
    inner = math.exp(0.36)
    near(got, math.cos(inner) * inner * 1.2, "the derivative of sin(exp(x²)) at 0.6")


@suite.contract("the value decides")
def _(engine: Any) -> None:
    a, b = engine.Dual(1.0, 9.0), engine.Dual(2.0, -9.0)
    answers = [a < b, a <= b, a > b, a >= b, a < 1.5, 0.5 < a, a <= 1, a >= 1]
    if answers != [True, True, False, False, True, True, True, True]:
        raise Broken(f"comparisons with 1 and 2, 1.5, 0.5 and 1 gave {answers}.")


@suite.contract("a loop and a branch")
def _(engine: Any) -> None:
    def loop(a: Any) -> Any:
        b = 1
        for _ in range(3):
            b = b + b * a
        return b

    def branch(a: Any) -> Any:
        return 0 if a > 0.5 else 2 * a

    near(engine.derivative(loop)(0.5), 6.75, "the derivative of the loop (1 + a)³ at 0.5")
    near(engine.derivative(branch)(0.4), 2.0, "the derivative of the branch 2a at 0.4")
    near(
        engine.derivative(branch)(0.6),
        0.0,
        "the derivative of the branch 0, a plain number, at 0.6",
    )


@suite.contract("a direction")
def _(engine: Any) -> None:
    y, y_dot = engine.jvp(lambda a, b: a * b + 3 * a, [2.0, 5.0], [1.0, -2.0])
    near(y, 16.0, "the value of a·b + 3a at (2, 5)")
    near(y_dot, 4.0, "its derivative in the direction (1, -2)")


@suite.contract("a direction, for several outputs")
def _(engine: Any) -> None:
    y, y_dot = engine.jvp(lambda a, b: [a * b, 7.0, a - b], [2.0, 5.0], [1.0, -2.0])
    pairs = (("the values of [a·b, 7, a - b]", y, (10.0, 7.0, -3.0)),
             ("their derivatives", y_dot, (1.0, 0.0, 3.0)))  # fmt: skip
    for what, got, truth in pairs:
        if not isinstance(got, list | tuple) or len(got) != 3:
            raise Broken(f"{what} should be a list of three numbers, but are {got!r}.")
        for k, (number, expected) in enumerate(zip(got, truth, strict=True)):
            near(number, expected, f"{what}: entry {k}")


@suite.contract("a Jacobian has a row for each output")
def _(engine: Any) -> None:
    got = engine.jacobian(lambda a, b, c: [a * b, c / a], [2.0, 5.0, 3.0])
    if np.shape(got) != (2, 3):
        raise Broken(
            f"two outputs of three inputs need the shape (2, 3), but it is {np.shape(got)}."
        )
    truth = ((5.0, 2.0, 0.0), (-0.75, 0.0, 0.5))
    for i, row in enumerate(truth):
        for j, expected in enumerate(row):
            near(got[i][j], expected, f"the derivative of output {i} by input {j}")
