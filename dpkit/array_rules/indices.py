"""Rules of indices: elements are picked out, put in, put in order, chosen and limited."""

from __future__ import annotations

from typing import Any

from dpkit.array_rules._row import (
    JVP,
    ArrayMisreading,
    Pullback,
    linear,
    misread,
    row,
    still,
    unbroadcast,
)
from dpkit.backends import backend_of, shape_of
from dpkit.box import plain
from dpkit.box import words as xp
from dpkit.placing import Placing

__all__ = ["TABLE"]


def getitem_vjp(z: Any, x: Any, key: Any) -> Pullback:
    """z = x[key]: adjoints go back to where the elements came from."""
    return Placing(key, shape_of(x))


def overwritten(z: Any, x: Any, key: Any) -> Pullback:
    """The misreading that writes ``=`` where ``+=`` is needed."""
    nothing = still(x)
    return lambda g: xp.put(nothing, g, key=key)


def scatter_jvp(n: int, moves: Any, z: Any, *pieces: Any, keys: Any, shape: Any) -> Any:
    return xp.scatter(moves, keys=(keys[n],), shape=shape)


def put_into_vjp(z: Any, x: Any, v: Any, key: Any) -> Pullback:
    """z is x with v at the key: what was there before has no influence any more."""
    return lambda g: xp.put(g, 0.0, key=key)


def put_in_vjp(z: Any, x: Any, v: Any, key: Any) -> Pullback:
    shape = shape_of(v)
    return lambda g: unbroadcast(xp.getitem(g, key=key), shape)


def put_in_jvp(moves: Any, z: Any, x: Any, v: Any, key: Any) -> Any:
    return xp.put(still(x), moves, key=key)


def reorder_vjp(z: Any, x: Any, order: Any, axis: int) -> Pullback:
    """z[k] = x[order[k]], where order has every position once: put everything back."""
    return lambda g: xp.reorder(g, order=_inverse(order, axis), axis=axis)


def reorder_jvp(moves: Any, z: Any, x: Any, order: Any, axis: int) -> Any:
    return xp.reorder(moves, order=order, axis=axis)


def _inverse(order: Any, axis: int) -> Any:
    return backend_of(order).argsort(order, axis=axis)


def clip_parts(x: Any, lo: Any, hi: Any) -> tuple[Any, Any, Any]:
    """Where min(max(x, lo), hi) is x (the limits included), where it is lo, where it is hi."""
    x, lo, hi = plain(x), plain(lo), plain(hi)
    above = (x > hi) | (lo > hi)
    below = (x < lo) & (lo <= hi)
    return (x >= lo) & (x <= hi), below, above


def _clip_vjp(n: int) -> Any:
    def vjp(z: Any, x: Any, lo: Any, hi: Any) -> Pullback:
        here = clip_parts(x, lo, hi)[n]
        return lambda g: xp.where(here, g, 0.0)

    return vjp


def _clip_jvp(n: int) -> JVP:
    def jvp(moves: Any, z: Any, x: Any, lo: Any, hi: Any) -> Any:
        return xp.where(clip_parts(x, lo, hi)[n], moves, 0.0)

    return jvp


TABLE = (
    row(
        "getitem",
        misread("overwritten", "an element that is picked several times collects an adjoint for "
                "each time: add to what is there (+=), do not replace it (=)", overwritten),
        vjp=getitem_vjp, jvp=linear("getitem"),
    ),
    row(
        "scatter",
        vjp=lambda n, z, *pieces, keys, shape: lambda g: xp.getitem(g, key=keys[n]),
        jvp=scatter_jvp,
        any_number=True,
    ),
    row(
        "put",
        misread("double_counted", "an element that was replaced has no influence any more, and "
                "receives nothing", lambda z, x, v, key: lambda g: g),
        vjp=(put_into_vjp, put_in_vjp),
        jvp=(lambda moves, z, x, v, key: xp.put(moves, 0.0, key=key), put_in_jvp),
    ),
    row(
        "reorder",
        misread("swapped", "the adjoints are in the new order; they must be put back into the old "
                "one", lambda z, x, order, axis: lambda g: g),
        misread("swapped", "putting things back is not the same as putting them in order once more",
                lambda z, x, order, axis: lambda g: xp.reorder(g, order=order, axis=axis)),
        vjp=reorder_vjp, jvp=reorder_jvp,
    ),
    row(
        "where",
        ArrayMisreading(
            "swapped", "where the condition holds, the adjoint belongs to the first of the two "
            "choices, and elsewhere to the second",
            {1: lambda z, c, x, y: lambda g: xp.where(c, 0.0, g),
             2: lambda z, c, x, y: lambda g: xp.where(c, g, 0.0)},
        ),
        ArrayMisreading(
            "double_counted", "an element that was not chosen has no influence, and receives nothing",
            {1: lambda z, c, x, y: lambda g: g, 2: lambda z, c, x, y: lambda g: g},
        ),
        ArrayMisreading(
            "wrong_rule", "only the first of the two choices was differentiated, and that everywhere; "
            "the condition decides for each element",
            {1: lambda z, c, x, y: lambda g: g, 2: lambda z, c, x, y: lambda g: 0.0 * g},
            together=True,
        ),
        ArrayMisreading(
            "wrong_rule", "only the second of the two choices was differentiated, and that "
            "everywhere; the condition decides for each element",
            {1: lambda z, c, x, y: lambda g: 0.0 * g, 2: lambda z, c, x, y: lambda g: g},
            together=True,
        ),
        vjp=(
            None,
            lambda z, c, x, y: lambda g: xp.where(c, g, 0.0),
            lambda z, c, x, y: lambda g: xp.where(c, 0.0, g),
        ),
        jvp=(
            None,
            lambda moves, z, c, x, y: xp.where(c, moves, 0.0),
            lambda moves, z, c, x, y: xp.where(c, 0.0, moves),
        ),
        elementwise=True,
    ),
    row(
        "clip",
        misread("wrong_rule", "outside the limits the result does not move with x, so nothing "
                "passes", lambda z, x, lo, hi: lambda g: g),
        misread("swapped", "between the limits the result moves with x, and outside it stands still; "
                "here it is the other way round",
                lambda z, x, lo, hi: lambda g: xp.where(clip_parts(x, lo, hi)[0], 0.0, g)),
        misread("wrong_rule", "only one of the two limits was thought of: beyond either of them "
                "nothing passes",
                lambda z, x, lo, hi: lambda g: xp.where(clip_parts(x, lo, hi)[1], 0.0, g)),
        misread("wrong_rule", "only one of the two limits was thought of: beyond either of them "
                "nothing passes",
                lambda z, x, lo, hi: lambda g: xp.where(clip_parts(x, lo, hi)[2], 0.0, g)),
        misread("wrong_rule", "the value of clip was taken for its slope",
                lambda z, x, lo, hi: lambda g: g * z),
        vjp=(_clip_vjp(0), _clip_vjp(1), _clip_vjp(2)),
        jvp=(_clip_jvp(0), _clip_jvp(1), _clip_jvp(2)),
        elementwise=True,
    ),
)  # fmt: skip
