"""The mathematical functions: one set for every kind of number.

``dp.exp(x)`` works for a float, a `Scalar`, a `Dual`, a numpy array and a torch tensor, so a
program is written once and then evaluated, differentiated forwards or differentiated backwards.

Each function looks at what it is given and hands the work to whoever knows best:

====================  =========================================================================
given                 what happens
====================  =========================================================================
float, int            the `math` module; outside the domain, a `ValueError` that names the value
`Scalar`, `Dual`      the number applies the row of `dpkit.rules` that bears the function's name
`Tensor`              so does the tensor, to all its elements at once
numpy array           numpy, element by element; an array of `Scalar`s is mapped the same way
torch tensor          torch, element by element (torch is never imported unless you did)
====================  =========================================================================

Angles are in radians; ``log`` is the natural logarithm. Where a function has a kink, the slope is
the one that torch and JAX use: 0 for ``relu`` and ``abs`` at 0, one half to each argument where
``maximum`` or ``minimum`` meets a tie.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.backends import Number, backend_of, is_array

__all__ = [
    "abs",
    "arccos",
    "arcsin",
    "arctan",
    "cos",
    "cosh",
    "exp",
    "expm1",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "power",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "square",
    "tan",
    "tanh",
    "where",
]


def exp(x: Any) -> Any:
    """The exponential function, e to the power x."""
    return _evaluate("exp", x)


def expm1(x: Any) -> Any:
    """``exp(x) - 1``, accurate when x is tiny."""
    return _evaluate("expm1", x)


def log(x: Any) -> Any:
    """The natural logarithm, for x > 0."""
    return _evaluate("log", x)


def log1p(x: Any) -> Any:
    """``log(1 + x)``, accurate when x is tiny; for x > -1."""
    return _evaluate("log1p", x)


def sqrt(x: Any) -> Any:
    """The square root, for x >= 0. At 0 it has a value but no finite slope."""
    return _evaluate("sqrt", x)


def square(x: Any) -> Any:
    """x times x."""
    return _evaluate("square", x)


def sin(x: Any) -> Any:
    """The sine of x radians."""
    return _evaluate("sin", x)


def cos(x: Any) -> Any:
    """The cosine of x radians."""
    return _evaluate("cos", x)


def tan(x: Any) -> Any:
    """The tangent of x radians."""
    return _evaluate("tan", x)


def arcsin(x: Any) -> Any:
    """The angle in [-pi/2, pi/2] whose sine is x, for -1 <= x <= 1."""
    return _evaluate("arcsin", x)


def arccos(x: Any) -> Any:
    """The angle in [0, pi] whose cosine is x, for -1 <= x <= 1."""
    return _evaluate("arccos", x)


def arctan(x: Any) -> Any:
    """The angle in (-pi/2, pi/2) whose tangent is x."""
    return _evaluate("arctan", x)


def sinh(x: Any) -> Any:
    """The hyperbolic sine."""
    return _evaluate("sinh", x)


def cosh(x: Any) -> Any:
    """The hyperbolic cosine."""
    return _evaluate("cosh", x)


def tanh(x: Any) -> Any:
    """The hyperbolic tangent."""
    return _evaluate("tanh", x)


def sigmoid(x: Any) -> Any:
    """The logistic function ``1 / (1 + exp(-x))``, computed so that it never overflows."""
    return _evaluate("sigmoid", x)


def softplus(x: Any) -> Any:
    """The smooth ramp ``log(1 + exp(x))``, computed so that it never overflows."""
    return _evaluate("softplus", x)


def relu(x: Any) -> Any:
    """The ramp: x where x > 0, otherwise 0. Its slope at 0 is taken to be 0."""
    return _evaluate("relu", x)


def abs(x: Any) -> Any:
    """The absolute value. Its slope at 0 is taken to be 0."""
    return _evaluate("abs", x)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers. At a tie each receives half of the slope."""
    return _evaluate("maximum", x, y)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two numbers. At a tie each receives half of the slope."""
    return _evaluate("minimum", x, y)


def power(x: Any, y: Any) -> Any:
    """x to the power y, the same as ``x ** y``; a negative x needs a whole number y."""
    return _evaluate("power", x, y)


def where(condition: Any, x: Any, y: Any) -> Any:
    """x where the condition holds, otherwise y. The condition itself has no derivative."""
    for each in (x, y):
        if isinstance(each, Number) and each.whole:
            return each._apply("where", condition, x, y)
    if is_array(condition):
        return backend_of(condition).where(condition, x, y)
    return x if condition else y


# How each function is computed on a float ------------------------------------------------------


def _float_sigmoid(x: float) -> float:
    small = math.exp(-math.fabs(x))  # never larger than 1, so it cannot overflow
    return (1.0 if x >= 0 else small) / (1.0 + small)


def _float_softplus(x: float) -> float:
    return max(x, 0.0) + math.log1p(math.exp(-math.fabs(x)))


_ON_FLOATS: dict[str, Callable[..., float]] = {
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "sqrt": math.sqrt,
    "square": lambda x: x * x,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "sigmoid": _float_sigmoid,
    "softplus": _float_softplus,
    "relu": lambda x: x if x > 0 else 0.0,
    "abs": math.fabs,
    "maximum": max,
    "minimum": min,
    "power": math.pow,
}

_DOMAINS = {
    "log": "the logarithm needs x > 0",
    "log1p": "the logarithm of 1 + x needs x > -1",
    "sqrt": "the square root needs x >= 0",
    "arcsin": "a sine lies between -1 and 1",
    "arccos": "a cosine lies between -1 and 1",
    "power": "a negative base needs a whole number as exponent, and 0 a positive one",
}


def _evaluate(name: str, *args: Any) -> Any:
    """Apply the function called `name` to whatever kind of numbers it was given."""
    arrays = False
    number = None
    for x in args:
        if isinstance(x, Number):
            if x.whole:
                return x._apply(name, *args)
            number = x
        elif isinstance(x, np.ndarray):
            arrays = True
    if number is not None and not arrays:
        return number._apply(name, *args)
    if all(isinstance(x, (float, int)) for x in args):
        return _on_floats(name, [float(x) for x in args])
    if number is not None or any(getattr(x, "dtype", "") == "O" for x in args):
        return np.frompyfunc(lambda *each: _evaluate(name, *each), len(args), 1)(*args)
    for x in args:
        if not (is_array(x) or isinstance(x, (float, int))):
            raise TypeError(
                f"dp.{name} works on numbers and arrays of numbers, but was given {x!r}, "
                f"a {type(x).__name__}. (np.array(...) makes an array of a list of numbers.)"
            )
    return getattr(backend_of(*args), name)(*args)


def _on_floats(name: str, args: list[float]) -> float:
    try:
        return _ON_FLOATS[name](*args)
    except ValueError:
        given = ", ".join(f"{x:.6g}" for x in args)
        reason = _DOMAINS.get(name, "x is not finite")
        raise ValueError(f"dp.{name}({given}) is not a real number: {reason}.") from None
    except OverflowError:
        given = ", ".join(f"{x:.6g}" for x in args)
        raise OverflowError(
            f"dp.{name}({given}) is too large for a float, whose limit is about 1.8e308."
        ) from None
