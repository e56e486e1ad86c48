"""Rules of shapes: elements move to other places, are repeated, or come together.

Every operation here is linear. It moves what moves as it moves the elements, and the pullback moves
adjoints the other way.
"""

from __future__ import annotations

import math
from typing import Any

from dpkit.array_rules._row import (
    Pullback,
    linear,
    misread,
    positive,
    row,
    still,
    turned,
    unbroadcast,
)
from dpkit.backends import shape_of
from dpkit.box import words as xp

__all__ = ["TABLE"]


def reshape_vjp(z: Any, x: Any, shape: Any = None) -> Pullback:
    was = shape_of(x)
    return lambda g: xp.reshape(g, shape=was)


def inverse_axes(axes: tuple[int, ...]) -> tuple[int, ...]:
    """The order of axes that undoes this one."""
    return tuple(sorted(range(len(axes)), key=lambda k: axes[k] % len(axes)))


def other_way_round(z: Any, x: Any, shape: Any) -> Pullback:
    """The misreading that runs through the elements column by column instead of row by row."""
    was = shape_of(x)
    back = tuple(range(len(shape_of(z))))[::-1]
    return lambda g: xp.reshape(xp.permute(g, axes=back), shape=was)


# Repetition ---------------------------------------------------------------------------------------


def broadcast_vjp(z: Any, x: Any, shape: Any) -> Pullback:
    """A number that was repeated receives the sum of what its copies receive."""
    was = shape_of(x)
    return lambda g: unbroadcast(g, was)


def averaged(z: Any, x: Any, shape: Any) -> Pullback:
    """The misreading that takes the mean over the axes of repetition."""
    was = shape_of(x)
    times = max(math.prod(shape), 1) / max(math.prod(was), 1)
    return lambda g: unbroadcast(g, was) / times


def one_copy(position: int, outermost: bool = False) -> Any:
    """The misreading that listens to one of the copies only.

    outermost: along the first axis of repetition, which often counts the samples; the copies along
    other axes are added up.
    """

    def vjp(z: Any, x: Any, shape: Any) -> Pullback:
        was = (1,) * (len(shape) - len(shape_of(x))) + shape_of(x)
        one = slice(0, 1) if position == 0 else slice(-1, None)
        axes = [k for k, (a, b) in enumerate(zip(was, shape, strict=True)) if a != b]
        axes = axes[:1] if outermost else axes
        key = tuple(one if k in axes else slice(None) for k in range(len(shape)))
        return lambda g: unbroadcast(xp.getitem(g, key=(*key, Ellipsis)), shape_of(x))

    return vjp


def other_axis(z: Any, x: Any, shape: Any) -> Pullback:
    """The misreading that sums a stack of square matrices over the other one of their axes."""
    was = shape_of(x)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        return broadcast_vjp(z, x, shape)
    return lambda g: unbroadcast(turned(g), was)


# Arrays come together -----------------------------------------------------------------------------


def concatenate_vjp(n: int, z: Any, *arrays: Any, axis: int) -> Pullback:
    """Each array receives its own piece."""
    lengths = [shape_of(x)[axis] for x in arrays]
    return _piece(z, axis, sum(lengths[:n]), lengths[n])


def wrong_piece(n: int, z: Any, *arrays: Any, axis: int) -> Pullback:
    """The misreading that deals the pieces out in the opposite order."""
    lengths = [shape_of(x)[axis] for x in arrays]
    return _piece(z, axis, sum(lengths[n + 1 :]), lengths[n])


def _piece(z: Any, axis: int, start: int, length: int) -> Pullback:
    before = [slice(None)] * positive(axis, len(shape_of(z)))[0]
    key = (*before, slice(start, start + length), Ellipsis)
    return lambda g: xp.getitem(g, key=key)


def concatenate_jvp(n: int, moves: Any, z: Any, *arrays: Any, axis: int) -> Any:
    parts = [moves if k == n else still(x) for k, x in enumerate(arrays)]
    return xp.concatenate(*parts, axis=axis)


def stack_vjp(n: int, z: Any, *arrays: Any, axis: int) -> Pullback:
    """Each array receives its own slice."""
    key = (*[slice(None)] * positive(axis, len(shape_of(z)))[0], n, Ellipsis)
    return lambda g: xp.getitem(g, key=key)


def stack_jvp(n: int, moves: Any, z: Any, *arrays: Any, axis: int) -> Any:
    parts = [moves if k == n else still(x) for k, x in enumerate(arrays)]
    return xp.stack(*parts, axis=axis)


TABLE = (
    row(
        "reshape",
        misread("swapped", "reshape runs through the elements row by row, there and back; this "
                "went column by column", other_way_round),
        vjp=reshape_vjp,
        jvp=linear("reshape"),
    ),
    row(
        "permute",
        misread("transposed", "giving the adjoint the shape of x is not enough: its axes must be "
                "exchanged back (transposed), not its numbers poured into another shape",
                lambda z, x, axes: reshape_vjp(z, x)),
        vjp=lambda z, x, axes: lambda g: xp.permute(g, axes=inverse_axes(axes)),
        jvp=linear("permute"),
    ),
    row(
        "broadcast",
        misread("averaged", "a number that was repeated influences every copy: the adjoints of the "
                "copies are added, not averaged", averaged),
        misread("missing_term", "a number that was repeated influences every copy; only the "
                "adjoint of the first was taken", one_copy(0)),
        misread("overwritten", "a number that was repeated influences every copy; only the adjoint "
                "of the last was kept", one_copy(-1)),
        misread("missing_term", "a number that is used for every sample collects a contribution from "
                "each; only that of the first sample was counted", one_copy(0, outermost=True)),
        misread("overwritten", "a number that is used for every sample collects a contribution from "
                "each; only that of the last sample was kept", one_copy(-1, outermost=True)),
        misread("not_summed", "a number that was repeated receives the sum over the axes of "
                "repetition; this is a sum over another axis, which happens to be of the same "
                "length", other_axis),
        vjp=broadcast_vjp,
        jvp=linear("broadcast"),
    ),
    row(
        "concatenate",
        misread("swapped", "the pieces of the adjoint went to the arrays in the wrong order",
                wrong_piece),
        vjp=concatenate_vjp, jvp=concatenate_jvp, any_number=True,
    ),
    row(
        "stack",
        misread("swapped", "the slices of the adjoint went to the arrays in the wrong order",
                lambda n, z, *arrays, axis: stack_vjp(len(arrays) - 1 - n, z, *arrays, axis=axis)),
        vjp=stack_vjp, jvp=stack_jvp, any_number=True,
    ),
    row(
        "flip",
        misread("swapped", "the adjoint comes in the reversed order, and must be turned back",
                lambda z, x, axis: lambda g: g),
        vjp=lambda z, x, axis: lambda g: xp.flip(g, axis=axis),
        jvp=linear("flip"),
    ),
    row(
        "cast",
        vjp=lambda z, x, like: lambda g: xp.cast(g, like=x),
        jvp=linear("cast"),
    ),
)  # fmt: skip
