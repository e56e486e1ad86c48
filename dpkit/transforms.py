"""Functions of functions: give them f, and they give back its derivative.

    >>> def f(w):
    ...     return w[0] ** 2 * w[1]
    >>> grad(f)(np.array([3.0, 5.0]))
    array([30.,  9.])

The names and the order of the arguments are JAX's. All of them nest, in each other and in
themselves: ``grad(grad(f))`` is the second derivative. Inside f an array argument is an array of
`Scalar`s (or `Dual`s), so indexing, loops, ``sum``, ``@`` and ``np.exp`` work as usual.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from dpkit.containers import flatten, form
from dpkit.dual import Dual
from dpkit.number import Arithmetic, new_level
from dpkit.scalar import Scalar, Tape, explain_nan

__all__ = ["grad", "jvp", "value_and_grad"]


def value_and_grad(
    f: Callable[..., Any], argnums: int | Sequence[int] = 0
) -> Callable[..., tuple[Any, Any]]:
    """A function that returns both f and its gradient, by reverse mode.

    f: takes numbers, arrays or containers of them, and returns one number.
    argnums: the position of the argument to differentiate with respect to, or several positions.

    The function returned takes the same arguments as f and gives ``(value, gradient)``. The
    gradient has the shape of the argument, or is a tuple of such if argnums is a sequence.

    Raises TypeError if an argument cannot vary (text, bool, an array of integers) or if f does not
    return one number; ArithmeticError if the derivative does not exist.
    """
    need_function(f, "dp.grad(f)(x)")
    single = isinstance(argnums, (int, np.integer))
    positions: tuple[int, ...] = (argnums,) if single else tuple(argnums)  # type: ignore
    name = getattr(f, "__name__", "the function")

    @wraps(f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> tuple[Any, Any]:
        for position in positions:
            if not -len(args) <= position < len(args):
                raise TypeError(
                    f"The derivative of {name} was asked for argument {position}, but {name} was "
                    f"called with {len(args)} positional argument{'s' * (len(args) != 1)}."
                )
        if len({position % len(args) for position in positions}) < len(positions):
            raise TypeError(f"argnums names an argument of {name} twice: {positions}.")
        with new_level() as level:
            tape = Tape(level)
            traced, parts = list(args), []
            for position in positions:
                numbers, rebuild = flatten(args[position], f"Argument {position} of {name}")
                inputs = [tape.input(x) for x in numbers]
                traced[position] = rebuild(inputs)
                parts.append((inputs, rebuild))
            y = one_number(f(*traced, **kwargs), name)
            adjoints: list[Any] = []
            if isinstance(y, Scalar) and y._tape is tape:
                adjoints = tape.sweep({y._index: 1.0})
                y = y.data
            tape.closed = True

        def adjoint(x: Scalar) -> Any:
            value = adjoints[x._index] if x._index < len(adjoints) else 0.0
            if value != value:
                raise ArithmeticError(explain_nan(tape, adjoints, None))
            return value

        gradients = tuple(rebuild([adjoint(x) for x in inputs]) for inputs, rebuild in parts)
        return y, gradients[0] if single else gradients

    return gradient_of_f


def grad(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the gradient of f. See `value_and_grad`, of which it is a half."""
    both = value_and_grad(f, argnums)

    @wraps(f)
    def gradient_of_f(*args: Any, **kwargs: Any) -> Any:
        return both(*args, **kwargs)[1]

    return gradient_of_f


def jvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> tuple[Any, Any]:
    """How f moves when its arguments move: the Jacobian times a vector, by forward mode.

    primals: the arguments of f, one each. tangents: how fast each moves; the same shapes.

    Returns ``(y, ẏ)``: what f returns, which may be any container of numbers, and its derivative in
    that direction, in the same container.

    Raises TypeError if primals and tangents do not match, or something in them cannot vary.
    """
    need_function(f, "dp.jvp(f, (x,), (1.0,))")
    name = getattr(f, "__name__", "the function")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            "dp.jvp takes a tuple of primals and a tuple of tangents, one of each for every "
            f"argument of {name}, as in dp.jvp(f, (x,), (1.0,)). It was given "
            f"{primals!r} and {tangents!r}."
        )
    if len(primals) != len(tangents):
        raise TypeError(
            f"dp.jvp needs one tangent for each primal, but was given {len(primals)} primals and "
            f"{len(tangents)} tangents."
        )
    with new_level() as level:
        moving = []
        for position, (primal, tangent) in enumerate(zip(primals, tangents, strict=True)):
            values, rebuild = flatten(primal, f"Argument {position} of {name}")
            speeds, _ = flatten(tangent, f"Tangent {position}")
            if form(primal) != form(tangent):
                raise TypeError(
                    f"Tangent {position} has the shape {form(tangent)}, but argument {position} of "
                    f"{name} has the shape {form(primal)}; they must be the same."
                )
            duals = [Dual._at(level, x, dx) for x, dx in zip(values, speeds, strict=True)]
            moving.append(rebuild(duals))
        results, rebuild = flatten(f(*moving), f"The value of {name}")

    def split(x: Any) -> tuple[Any, Any]:
        return (x.primal, x.tangent) if isinstance(x, Dual) and x.level == level else (x, 0.0)

    pairs = [split(x) for x in results]
    return rebuild([y for y, _ in pairs]), rebuild([dy for _, dy in pairs])


def one_number(y: Any, name: str) -> Any:
    """The value of a function whose gradient is wanted; an error if it is not a single number."""
    if isinstance(y, np.ndarray):
        if y.ndim:
            raise TypeError(
                f"A gradient belongs to a function with one number as its value, but {name} "
                f"returned an array of shape {y.shape}. Sum it, or pick one element."
            )
        y = y.item()
    if isinstance(y, Arithmetic):
        return y
    if y is None:
        raise TypeError(f"{name} returned None. Is its return statement missing?")
    try:
        if not isinstance(y, (str, bool, np.bool_)):
            return float(y)
    except (TypeError, ValueError):
        pass
    raise TypeError(
        f"A gradient belongs to a function with one number as its value, but {name} returned "
        f"{y!r}, a {type(y).__name__}."
    )


def need_function(f: Any, usage: str) -> None:
    """An error for whoever gives f(x) where f was meant."""
    if not callable(f):
        raise TypeError(
            f"A function is needed here, but the {type(f).__name__} {f!r} was given. Give the "
            f"function itself, without calling it: {usage}."
        )
