"""Both tables of derivatives, staged for array engines.

`dpkit.rules` gives the derivative of an operation on numbers as text; `dpkit.array_rules` gives
that of an operation on arrays as functions. Engines want neither, but for each primitive, each
argument and each backend a pullback in two steps:

    pullback(xp, "mul", 0)(z, x, y)      runs in the forward pass, and gives a function …
                         …        (g)    … that runs in the backward pass

For a row of text the second step is compiled from the text: ``z, x, y -> (g -> g * y)``. Python
then keeps exactly the arrays that the text mentions, and forgets the others at once: the product
keeps the other factor, tanh keeps its result, a sum keeps nothing. Memory that is not kept can be
used again, which is worth more than any saved multiplication.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from dpkit import functions
from dpkit.array_rules import ARRAY_RULES
from dpkit.backends import Backend
from dpkit.rules import RULES

__all__ = ["is_elementwise", "primitives", "pullback", "pushforward"]


def primitives() -> list[str]:
    """The names of all operations that have a derivative."""
    return [*RULES, *ARRAY_RULES]


def is_elementwise(name: str) -> bool:
    """Does the operation treat each element alone, and broadcast its arguments?"""
    return name in RULES or ARRAY_RULES[name].elementwise


def pullback(xp: Backend, name: str, n: int) -> Callable[..., Any] | None:
    """How an adjoint passes through the primitive to argument n: ``(z, *args) -> (g -> …)``.

    None if nothing passes. Raises TypeError if the primitive has no row in the tables.
    """
    stage: Any = xp.stages.get((name, n))
    if stage is None:
        stage = xp.stages[name, n] = _stage(xp, name, n)
    return stage


def pushforward(xp: Backend, name: str, n: int) -> Callable[..., Any] | None:
    """How the result moves when argument n moves: ``(how it moves, z, *args) -> …``."""
    if name in RULES:  # element by element, pulling back and pushing forward are the same
        stage = pullback(xp, name, n)
        return lambda moves, *zxy: stage(*zxy)(moves)  # type: ignore[misc]
    rule = _array_rule(name)
    return partial(rule.jvps[0], n) if rule.any_number and rule.jvps[0] else rule.jvps[n]


def _stage(xp: Backend, name: str, n: int) -> Callable[..., Any] | None:
    if name in RULES:
        return staged(RULES[name].scaled[n], xp)
    rule = _array_rule(name)
    return partial(rule.vjps[0], n) if rule.any_number and rule.vjps[0] else rule.vjps[n]


def staged(text: str, xp: Backend) -> Callable[..., Any]:
    """The text of a rule, such as ``g * cos(x)``, as a function ``z, x, y -> (g -> …)``."""
    code = compile(f"lambda z, x, y=None: lambda g: {text}", f"<dpkit rule: {text}>", "eval")
    inner = compile(text, "", "eval").co_names
    words = {word: getattr(xp, word) for word in inner if word not in ("g", "x", "y", "z", "nan")}
    # g may have a derivative where z, x and y have none, so the word that takes it must allow that.
    return eval(
        code, words | {"nan": float("nan"), "where": functions.where}
    )  # the texts are those of dpkit.rules


def _array_rule(name: str) -> Any:
    rule = ARRAY_RULES.get(name)
    if rule is None:
        raise TypeError(
            f"dp.{name} has no row in dpkit.rules or dpkit.array_rules, so it has no derivative."
        )
    return rule
