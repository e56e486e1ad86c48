"""dpkit's derivatives of a function that runs in another process: `dp.grad(f)(x)`, where f is over
there.

Whoever calls makes of it a function with a rule of its own (`dpkit.custom_vjp`): its value is a
plain call over there, its derivative a call of `dpkit.vjp` over there. So a function that brings
its own rule is differentiated by that rule. Forward mode, and derivatives of derivatives, follow
from the one rule; `order` counts how often it is applied.

The function is called once for its value and once more for each derivative asked of it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from autograder.across.containers import items, refilled
from autograder.across.deeds import deed

__all__ = ["call", "is_tracked", "value_at"]

Ask = Callable[[int, list, dict], Any]


def is_tracked(args: Any) -> bool:
    """Whether dpkit follows a number, or an array, somewhere in `args`."""
    return "dpkit" in sys.modules and any(map(_moving, items(args)))


def _moving(item: Any) -> bool:
    """A constant of dpkit's has the level -1."""
    from dpkit.backends import Number

    return isinstance(item, Number) and item.level >= 0  # type: ignore[attr-defined]


# The process that asks


def call(
    ask: Ask, args: Sequence[Any], kwargs: dict[str, Any], order: int = 0, name: str = "function"
) -> Any:
    """The value of the other process's function, on the tape of the numbers in `args`; messages
    call it `name`."""
    given: list[Any] = [list(args), dict(kwargs)]
    moving = [item for item in items(given) if _moving(item)]
    if not moving:
        return ask(order, *given)
    import dpkit

    places = [place for place, item in enumerate(items(given)) if _moving(item)]

    def function(*values: Any) -> Any:
        following = iter(values)
        return ask(order, *refilled(given, following, _moving))

    function.__name__ = name
    crossing = dpkit.custom_vjp(function)

    def forwards(*values: Any) -> tuple[Any, tuple]:
        inner, named = refilled(given, values, _moving)
        return call(ask, inner, named, order, name), values

    def backwards(values: tuple, adjoint: Any) -> tuple:
        again = refilled(given, values, _moving)
        return tuple(call(ask, [*again, places, adjoint], {}, order + 1, name=name))

    crossing.defvjp(forwards, backwards)
    return crossing(*moving)


# The process that is asked


@deed
def value_at(function: Callable[..., Any], order: int, args: list, kwargs: dict) -> Any:
    """The value of the function, or of what gives its adjoints (order 1), or theirs …"""
    for _ in range(order):
        function = _pulled(function)
    return function(*args, **kwargs)


def _pulled(function: Callable[..., Any]) -> Callable[..., list]:
    """A function of arguments and the adjoint of the value: the adjoints of the arguments at
    `places`."""

    def adjoints(args: list, kwargs: dict, places: list, adjoint: Any) -> list:
        import dpkit

        given = [args, kwargs]
        everything = list(items(given))

        def of_those(*values: Any) -> Any:
            filled = list(everything)
            for place, value in zip(places, values, strict=True):
                filled[place] = value
            inner, named = refilled(given, filled, lambda item: True)
            return function(*inner, **named)

        _, pull = dpkit.vjp(of_those, *[everything[place] for place in places])
        return list(pull(adjoint))

    return adjoints
