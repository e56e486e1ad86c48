"""Rules of reductions: many elements become one, or are added up on the way."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

from dpkit.array_rules._row import Pullback, kept, linear, misread, row, turned
from dpkit.backends import backend_of, shape_of
from dpkit.box import plain
from dpkit.box import words as xp

__all__ = ["TABLE"]


def sum_vjp(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """Every term receives the adjoint of the sum."""
    shape = shape_of(x)
    if axis is None and not keepdims:
        return lambda g: xp.broadcast(g, shape=shape)
    middle = kept(shape, axis)
    return lambda g: xp.broadcast(xp.reshape(g, shape=middle), shape=shape)


def shared_out(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """The misreading that divides the adjoint among the terms."""
    right = sum_vjp(z, x, axis, keepdims)
    share = max(math.prod(shape_of(z)), 1) / max(math.prod(shape_of(x)), 1)
    return lambda g: right(g) * share


def to_one(z: Any, x: Any, axis: Any = None, keepdims: bool = False, position: int = 0) -> Pullback:
    """The misreading that gives the adjoint to one term only, the first (0) or the last (-1)."""
    shape, middle = shape_of(x), kept(shape_of(x), axis)
    one = slice(0, 1) if position == 0 else slice(-1, None)
    key = (*(one if n == 1 else slice(None) for n in middle), Ellipsis)
    return lambda g: xp.scatter(xp.reshape(g, shape=middle), keys=(key,), shape=shape)


def along_the_other(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """The misreading that gives the terms of a square matrix the adjoint of another sum."""
    right, shape = sum_vjp(z, x, axis, keepdims), shape_of(x)
    square = len(shape) > 1 and shape[-1] == shape[-2]
    return (lambda g: turned(right(g))) if square else right


def winners(z: Any, x: Any, axis: Any) -> Any:
    """Where x attains the extremum z: True or False, without derivative."""
    x, z = plain(x), plain(z)
    return x == backend_of(x).reshape(z, shape=kept(shape_of(x), axis))


def shared(moves: Any, hit: Any, axis: Any) -> Any:
    """What moves, divided equally among those of a line who attain the extremum."""
    hit = xp.cast(hit, like=moves)
    return moves * (hit / xp.sum(hit, axis=axis, keepdims=True))


def extremum_vjp(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """Those that attain the extremum share its adjoint."""
    hit, middle = winners(z, x, axis), kept(shape_of(x), axis)
    return lambda g: shared(xp.reshape(g, shape=middle), hit, axis)


def extremum_jvp(moves: Any, z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return xp.sum(shared(moves, winners(z, x, axis), axis), axis=axis, keepdims=keepdims)


def not_shared(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """The misreading that gives each of several equal extrema the whole adjoint."""
    hit, middle = winners(z, x, axis), kept(shape_of(x), axis)
    return lambda g: xp.where(hit, xp.reshape(g, shape=middle), 0.0)


def cumsum_vjp(z: Any, x: Any, axis: int) -> Pullback:
    """An element is in its own partial sum and in all later ones: add those up, from the end."""
    return lambda g: xp.flip(xp.cumsum(xp.flip(g, axis=axis), axis=axis), axis=axis)


def to_the_other_end(
    z: Any, x: Any, axis: Any = None, keepdims: bool = False, other: str = "min"
) -> Pullback:
    """The misreading that gives the adjoint of the largest element to the smallest, or reversely."""
    middle = kept(shape_of(x), axis)
    hit = winners(getattr(xp, other)(x, axis=axis, keepdims=keepdims), x, axis)
    return lambda g: shared(xp.reshape(g, shape=middle), hit, axis)


def valued(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    """The misreading that takes the value of the extremum for its slope."""
    right, middle = extremum_vjp(z, x, axis, keepdims), kept(shape_of(x), axis)
    return lambda g: right(g) * xp.reshape(z, shape=middle)


def _extremum(name: str, which: str, other: str) -> Any:
    return row(
        name,
        misread("wrong_rule", f"only the {which} element influences the {name}imum; the others "
                "receive nothing", sum_vjp),
        misread("double_counted", f"where several elements are the {which}, they share one adjoint; "
                "it is not given to each of them whole", not_shared),
        misread("swapped", f"the {which} element makes the {name}imum; its adjoint went to the "
                f"{other} one",
                partial(to_the_other_end, other="min" if name == "max" else "max")),
        misread("wrong_rule", f"the {name}imum's adjoint goes to where the {which} element is, "
                "wherever that is; here it always went to the first place", to_one),
        misread("wrong_rule", f"the {name}imum's adjoint goes to where the {which} element is, "
                "wherever that is; here it always went to the last place",
                partial(to_one, position=-1)),
        misread("averaged", f"the {name}imum is not a mean: its adjoint goes to the {which} "
                "element whole, and here it was divided among all", shared_out),
        misread("wrong_rule", f"the value of the {name}imum was taken for its slope", valued),
        vjp=extremum_vjp, jvp=extremum_jvp,
    )  # fmt: skip


TABLE = (
    row(
        "sum",
        misread("averaged", "the adjoint of a sum goes to every term whole; it is not divided among "
                "them", shared_out),
        misread("missing_term", "the adjoint of a sum goes to every term, not only to the first",
                partial(to_one, position=0)),
        misread("overwritten", "the adjoint of a sum goes to every term, and what the terms make of "
                "it adds up; only the contribution of the last term was kept",
                partial(to_one, position=-1)),
        misread("transposed", "the sum runs over one axis, but its adjoint was spread along the "
                "other one, which happens to be of the same length", along_the_other),
        vjp=sum_vjp, jvp=linear("sum"),
    ),
    _extremum("max", "largest", "smallest"),
    _extremum("min", "smallest", "largest"),
    row(
        "cumsum",
        misread("wrong_order", "an element is in its own partial sum and in all later ones, so "
                "adjoints are added up from the end, not from the beginning",
                lambda z, x, axis: lambda g: xp.cumsum(g, axis=axis)),
        misread("missing_term", "an element is in its own partial sum, but in all later ones too",
                lambda z, x, axis: lambda g: g),
        misread("swapped", "adjoints were added up from the end, as they must be, but came back in "
                "that order, and must be turned back",
                lambda z, x, axis: lambda g: xp.cumsum(xp.flip(g, axis=axis), axis=axis)),
        misread("missing_term", "an element is in its own partial sum too, and not only in the later "
                "ones", lambda z, x, axis: lambda g: cumsum_vjp(z, x, axis)(g) - g),
        misread("wrong_rule", "an element is in its own partial sum and in the later ones; here it "
                "received the adjoints of all of them, the earlier ones too",
                lambda z, x, axis: lambda g: xp.sum(g, axis=axis, keepdims=True) + 0.0 * g),
        vjp=cumsum_vjp, jvp=linear("cumsum"),
    ),
)  # fmt: skip
