"""Other shapes for the same elements: numpy's functions, under numpy's names.

A result is a new array, never a view: assigning to its elements leaves the original as it is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from dpkit.arrays.axes import Axis, as_array, axes_of, axis_of, described
from dpkit.backends import shape_of
from dpkit.box import apply

__all__ = [
    "broadcast_to", "concat", "concatenate", "expand_dims", "flip", "hstack", "matrix_transpose",
    "moveaxis", "permute_dims", "ravel", "reshape", "squeeze", "stack", "swapaxes", "tile",
    "transpose", "vstack",
]  # fmt: skip


def reshape(x: Any, shape: int | Sequence[int]) -> Any:
    """The same elements, row by row, in another shape; one length may be -1, and follows.

    Raises ValueError if that shape has room for more or fewer elements.
    """
    x = as_array(x)
    was, wanted = shape_of(x), _lengths(shape)
    size = math.prod(was)
    if wanted.count(-1) == 1:
        known = math.prod(n for n in wanted if n != -1)
        if known and size % known == 0:
            wanted = tuple(size // known if n == -1 else n for n in wanted)
    if -1 in wanted or math.prod(wanted) != size:
        raise ValueError(
            f"{described(x).capitalize()} has {size} elements, which do not fit into the shape "
            f"{_lengths(shape)}."
        )
    return apply("reshape", x, shape=wanted)


def ravel(x: Any) -> Any:
    """All elements in one row."""
    return reshape(x, -1)


def squeeze(x: Any, axis: Axis = None) -> Any:
    """Without the axes of length 1: all of them, or those named.

    Raises ValueError if an axis that is named is longer.
    """
    x = as_array(x)
    shape = shape_of(x)
    gone = [k for k, n in enumerate(shape) if n == 1] if axis is None else axes_of(x, axis)
    for k in gone:
        if shape[k] != 1:
            raise ValueError(f"Axis {k} of {described(x)} has the length {shape[k]}, not 1.")
    return reshape(x, tuple(n for k, n in enumerate(shape) if k not in gone))


def expand_dims(x: Any, axis: int | tuple[int, ...]) -> Any:
    """With new axes of length 1, at these places in the result."""
    x = as_array(x)
    several = axis if isinstance(axis, (tuple, list)) else (axis,)
    ndim = len(shape_of(x)) + len(several)
    new = {axis_of(a, ndim, f"a result of {ndim} axes") for a in several}
    if len(new) < len(several):
        raise ValueError(f"The new axes {tuple(several)} name one place twice.")
    old = iter(shape_of(x))
    return reshape(x, tuple(1 if k in new else next(old) for k in range(ndim)))


def transpose(x: Any, axes: Sequence[int] | None = None) -> Any:
    """The axes in another order; by default, in reverse."""
    x = as_array(x)
    ndim = len(shape_of(x))
    order = tuple(range(ndim))[::-1] if axes is None else axes_of(x, tuple(axes))
    if len(order) != ndim:
        raise ValueError(f"The order {order} must name each axis of {described(x)} once.")
    return apply("permute", x, axes=order)


permute_dims = transpose


def swapaxes(x: Any, axis1: int, axis2: int) -> Any:
    """With two axes exchanged."""
    x = as_array(x)
    (a,), (b,) = axes_of(x, axis1), axes_of(x, axis2)
    order = list(range(len(shape_of(x))))
    order[a], order[b] = b, a
    return transpose(x, order)


def matrix_transpose(x: Any) -> Any:
    """With the last two axes exchanged: every matrix of a stack, transposed."""
    return swapaxes(x, -1, -2)


def moveaxis(x: Any, source: int | Sequence[int], destination: int | Sequence[int]) -> Any:
    """With some axes moved to other places, and the others in their order."""
    x = as_array(x)
    there, here = axes_of(x, destination), axes_of(x, source)
    if len(here) != len(there):
        raise ValueError(
            f"moveaxis needs as many destinations as sources: {source}, {destination}."
        )
    order = [k for k in range(len(shape_of(x))) if k not in here]
    for place, axis in sorted(zip(there, here, strict=True)):
        order.insert(place, axis)
    return transpose(x, order)


def broadcast_to(x: Any, shape: int | Sequence[int]) -> Any:
    """Repeated along new axes in front, and along axes of length 1, to have this shape.

    Raises ValueError if another axis would have to change its length.
    """
    x = as_array(x)
    was, wanted = shape_of(x), _lengths(shape)
    fits = len(was) <= len(wanted) and all(
        a in (1, b) for a, b in zip(was[::-1], wanted[::-1], strict=False)
    )
    if not fits:
        raise ValueError(
            f"{described(x).capitalize()} cannot be repeated to have the shape {wanted}: counted "
            "from the right, every axis must have that length already, or the length 1."
        )
    return x if was == wanted else apply("broadcast", x, shape=wanted)


def tile(x: Any, reps: int | Sequence[int]) -> Any:
    """Several copies beside each other along each axis, as numpy.tile."""
    x = as_array(x)
    times = _lengths(reps)
    ndim = max(len(times), len(shape_of(x)))
    times = (1,) * (ndim - len(times)) + times
    shape = (1,) * (ndim - len(shape_of(x))) + shape_of(x)
    apart = tuple(m for n in shape for m in (1, n))
    together = tuple(m for k, n in zip(times, shape, strict=True) for m in (k, n))
    copies = broadcast_to(reshape(x, apart), together)
    return reshape(copies, tuple(k * n for k, n in zip(times, shape, strict=True)))


def flip(x: Any, axis: Axis = None) -> Any:
    """The elements in reverse order along some axes, or along all."""
    x = as_array(x)
    axes = axes_of(x, axis)
    return apply("flip", x, axis=axes) if axes else x


def concatenate(arrays: Sequence[Any], axis: int | None = 0) -> Any:
    """Arrays one after the other along an axis that they have; all in one row if axis is None.

    Raises ValueError if their shapes differ in another axis.
    """
    found = [as_array(x) for x in _several(arrays, "concatenate")]
    if axis is None:
        found, axis = [reshape(x, -1) for x in found], 0
    shapes = [shape_of(x) for x in found]
    axis = axis_of(axis, len(shapes[0]), described(found[0]))
    if len({(*shape[:axis], *shape[axis + 1 :]) for shape in shapes}) > 1 or any(
        len(shape) != len(shapes[0]) for shape in shapes
    ):
        raise ValueError(
            f"Arrays of shapes {', '.join(map(str, shapes))} cannot be joined along axis {axis}: "
            "apart from this axis, their shapes must be the same."
        )
    return apply("concatenate", *found, axis=axis)


concat = concatenate


def stack(arrays: Sequence[Any], axis: int = 0) -> Any:
    """Arrays of one shape beside each other, along a new axis.

    Raises ValueError if their shapes differ.
    """
    found = [as_array(x) for x in _several(arrays, "stack")]
    shapes = [shape_of(x) for x in found]
    if len(set(shapes)) > 1:
        raise ValueError(
            f"Arrays of shapes {', '.join(map(str, shapes))} cannot be stacked: their shapes must "
            "be the same. To join them along an axis that they have, use dp.concatenate."
        )
    axis = axis_of(axis, len(shapes[0]) + 1, f"a stack of arrays of shape {shapes[0]}")
    return apply("stack", *found, axis=axis)


def vstack(arrays: Sequence[Any]) -> Any:
    """Arrays one below the other: joined along the first axis; vectors become rows."""
    found = [as_array(x) for x in _several(arrays, "vstack")]
    return concatenate([reshape(x, (1, -1)) if len(shape_of(x)) < 2 else x for x in found])


def hstack(arrays: Sequence[Any]) -> Any:
    """Arrays side by side: joined along the second axis; vectors along their only one."""
    found = [as_array(x) for x in _several(arrays, "hstack")]
    found = [reshape(x, -1) if len(shape_of(x)) < 1 else x for x in found]
    return concatenate(found, 0 if len(shape_of(found[0])) == 1 else 1)


def _lengths(shape: Any) -> tuple[int, ...]:
    lengths = (shape,) if isinstance(shape, (int, np.integer)) else tuple(shape)
    return tuple(int(n) for n in lengths)


def _several(arrays: Any, name: str) -> list[Any]:
    """The arrays as a list: one array of arrays will do too."""
    several = list(arrays)
    if not several:
        raise ValueError(f"dp.{name} needs at least one array, but was given none.")
    return several
