"""Elements: reading t[key], putting t[key] = value, and the functions that are made of these.

A key is what numpy takes: integers, slices (also with negative steps), None, an ellipsis, masks of
True and False, arrays or lists of integers, and mixtures in a tuple. An element that is picked
several times collects an adjoint for each time.

What an index gives is a new tensor, never a view: to assign to its elements does not change t.
Assigning to an element of t itself moves the name t to a new tensor, in which the value has been
put; what was computed from t before keeps the old one. So a program may be written as for numpy:

    t = dp.zeros_like(x)
    for k in range(3):
        t[k] = x[k] ** 2

Each assignment copies the array, so filling an array of n costs n² (dp.stack costs n).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.arrays.axes import Axis, as_array, axes_of, axis_of, described
from dpkit.arrays.shapes import broadcast_to, concatenate, flip, moveaxis, reshape
from dpkit.backends import Number, backend_of, is_array, is_torch, shape_of
from dpkit.backends._numpy import is_basic
from dpkit.box import Box, apply, plain
from dpkit.functions import where

__all__ = [
    "argsort", "diag", "diagonal", "pad", "repeat", "roll", "sort", "split", "take",
    "take_along_axis", "trace", "tril", "triu",
]  # fmt: skip


def getitem(x: Any, key: Any) -> Any:
    """x[key], for any array."""
    if type(key) is int or (type(key) is slice and key.step is None):
        return apply("getitem", x, key=key)
    key, turned = _read(x, key)
    return apply("getitem", flip(x, turned) if turned else x, key=key)


def put(x: Any, key: Any, value: Any) -> Any:
    """A copy of x with `value`, which is broadcast, in the place of x[key].

    Where the key names an element several times, the last value stays.
    """
    key, turned = _read(x, key)
    if turned:
        return flip(put(flip(x, turned), key, value), turned)
    value = _like(value, x)
    if not is_basic(key) and not isinstance(value, (float, int)):
        places = _places(shape_of(x), key)
        unique, last = np.unique(places.reshape(-1)[::-1], return_index=True)
        if unique.size < places.size:
            values = reshape(broadcast_to(value, places.shape), -1)
            values = getitem(values, places.size - 1 - last)
            return reshape(put(reshape(x, -1), unique, values), shape_of(x))
    return apply("put", x, value, key=key)


def _setitem(self: Box, key: Any, value: Any) -> None:
    if getattr(self, "requires_grad", False) and getattr(self, "_tape", self) is None:
        raise TypeError(
            f"t[{key!r}] = … on a leaf would leave it without a gradient. To give it another "
            "value, change its data: t.data[…] = …; to compute with a changed copy, assign to the "
            "elements of t.copy()."
        )
    result = put(self, key, value)
    if type(result) is not type(self):
        raise TypeError(
            f"t[{key!r}] = … was given a value that is followed forwards, into a tensor of shape "
            f"{self.shape} that is not. Begin with dp.zeros_like(…) of something that is."
        )
    self._move_to(result)


Box.__getitem__ = getitem  # type: ignore[method-assign]
Box.__setitem__ = _setitem  # type: ignore[method-assign]


# Functions ----------------------------------------------------------------------------------------


def cut(x: Any, axis: int, start: int, stop: int) -> Any:
    """The elements start, …, stop - 1 along an axis."""
    return getitem(x, (*[slice(None)] * axis, slice(start, stop), Ellipsis))


def take(x: Any, indices: Any, axis: int | None = None) -> Any:
    """The elements at these positions along an axis; through the whole array if axis is None."""
    x = as_array(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    (axis,) = axes_of(x, axis)
    return getitem(x, (*[slice(None)] * axis, indices, Ellipsis))


def take_along_axis(x: Any, indices: Any, axis: int = -1) -> Any:
    """For each line along an axis, the elements at positions of its own (also called gather).

    indices: an array of integers with as many axes as x, as `argsort` and `argmax` give it with
    keepdims; its other axes are broadcast against those of x.
    """
    x, indices = as_array(x), as_array(indices)
    shape, wanted = shape_of(x), shape_of(indices)
    if len(wanted) != len(shape):
        raise ValueError(
            f"take_along_axis needs indices with as many axes as the array, but they have the "
            f"shapes {wanted} and {shape}."
        )
    (axis,) = axes_of(x, axis)
    common = np.broadcast_shapes(
        (*shape[:axis], 1, *shape[axis + 1 :]), (*wanted[:axis], 1, *wanted[axis + 1 :])
    )
    grid = [np.arange(n).reshape((-1,) + (1,) * (len(shape) - k - 1)) for k, n in enumerate(common)]
    grid[axis] = indices
    return getitem(broadcast_to(x, (*common[:axis], shape[axis], *common[axis + 1 :])), tuple(grid))


def argsort(x: Any, axis: int | None = -1, *, descending: bool = False) -> Any:
    """The positions of the elements in increasing order along an axis; equal ones stay in theirs.
    An array of integers: it has no derivative."""
    values = plain(as_array(x))
    if axis is None:
        values, axis = reshape(values, -1), -1
    axis = axis_of(axis, len(shape_of(values)), described(values))
    return backend_of(values).argsort(values, axis=axis, descending=descending)


def sort(x: Any, axis: int | None = -1, *, descending: bool = False) -> Any:
    """The elements in increasing order along an axis. Equal ones stay in their order, and each
    keeps its own derivative."""
    x = as_array(x)
    if axis is None:
        x, axis = reshape(x, -1), -1
    (axis,) = axes_of(x, axis)
    return apply("reorder", x, order=argsort(x, axis, descending=descending), axis=axis)


def split(x: Any, indices_or_sections: int | Any, axis: int = 0) -> list[Any]:
    """Cut along an axis, into so many equal parts or at the indices given.

    Raises ValueError if equal parts do not come out.
    """
    x = as_array(x)
    (axis,) = axes_of(x, axis)
    n = shape_of(x)[axis]
    if isinstance(indices_or_sections, (int, np.integer)):
        parts = int(indices_or_sections)
        if parts < 1 or n % parts:
            raise ValueError(
                f"Axis {axis} of {described(x)} has the length {n}, and cannot be cut into {parts} "
                "equal parts. Give a list of the indices at which to cut."
            )
        ends = [n // parts * k for k in range(1, parts)]
    else:
        ends = [int(k) for k in indices_or_sections]
    return [cut(x, axis, a, b) for a, b in zip([0, *ends], [*ends, n], strict=True)]


def roll(x: Any, shift: int | tuple[int, ...], axis: Axis = None) -> Any:
    """Moved along an axis by so many places; what leaves at the end comes back at the beginning."""
    x = as_array(x)
    if axis is None:
        return reshape(roll(reshape(x, -1), shift, 0), shape_of(x))
    axes = axes_of(x, axis)
    shifts = shift if isinstance(shift, (tuple, list)) else (shift,) * len(axes)
    for k, by in zip(axes, shifts, strict=True):
        n = shape_of(x)[k]
        if n and by % n:
            x = concatenate([cut(x, k, n - by % n, n), cut(x, k, 0, n - by % n)], k)
    return x


def repeat(x: Any, repeats: int | Any, axis: int | None = None) -> Any:
    """Each element several times in succession; `repeats` may be a number for each."""
    x = as_array(x)
    if axis is None:
        x, axis = reshape(x, -1), 0
    (axis,) = axes_of(x, axis)
    return take(x, np.repeat(np.arange(shape_of(x)[axis]), repeats), axis)


def pad(x: Any, pad_width: Any, mode: str = "constant", constant_values: float = 0.0) -> Any:
    """With a margin, as numpy.pad.

    pad_width: how wide, one number for all sides, (before, after) for all axes, or such a pair for
    each axis. mode: "constant", or one of numpy's modes that repeat elements: "edge", "reflect",
    "symmetric", "wrap".
    """
    x = as_array(x)
    widths = np.broadcast_to(np.asarray(pad_width, dtype=int), (len(shape_of(x)), 2)).tolist()
    if mode == "constant":
        shape = tuple(n + a + b for n, (a, b) in zip(shape_of(x), widths, strict=True))
        inside = tuple(slice(a, a + n) for n, (a, _) in zip(shape_of(x), widths, strict=True))
        return put(_filled(x, shape, constant_values), inside, x)
    if mode not in ("edge", "reflect", "symmetric", "wrap"):
        raise ValueError(
            f"dp.pad knows the modes constant, edge, reflect, symmetric and wrap, not {mode!r}."
        )
    for axis, width in enumerate(widths):  # where the elements come from is padded in the same way
        if any(width):
            x = take(x, np.pad(np.arange(shape_of(x)[axis]), width, mode=mode), axis)  # type: ignore
    return x


def full_like(x: Any, fill_value: Any) -> Any:
    """An array like x, filled with one value. Like a tensor it is a tensor without derivative, to
    whose elements others can be assigned."""
    x = as_array(x)
    if isinstance(x, Box):
        return put(x, Ellipsis, fill_value)
    return backend_of(x).full_like(x, fill_value)


def _filled(x: Any, shape: tuple[int, ...], value: float) -> Any:
    """An array of another shape, of x's library, precision and device, without derivative."""
    values = plain(x)
    return backend_of(values).full(shape, value, dtype=values.dtype, device=values.device)


def diagonal(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The elements with the same place on two axes; offset: how far to the right."""
    x = as_array(x)
    if len(shape_of(x)) < 2:
        raise ValueError(f"A diagonal needs two axes, but this is {described(x)}.")
    x = moveaxis(x, (axis1, axis2), (-2, -1))
    rows, columns = shape_of(x)[-2:]
    first = np.arange(max(min(rows, columns - offset) - max(0, -offset), 0)) + max(0, -offset)
    return getitem(x, (Ellipsis, first, first + offset))


def trace(x: Any, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Any:
    """The sum of the diagonal."""
    return apply("sum", diagonal(x, offset, axis1, axis2), axis=-1, keepdims=False)


def diag(x: Any, k: int = 0) -> Any:
    """The diagonal of a matrix, or the matrix with this diagonal; k: how far to the right."""
    x = as_array(x)
    if len(shape_of(x)) == 2:
        return diagonal(x, k)
    if len(shape_of(x)) != 1:
        raise ValueError(f"dp.diag takes a vector or a matrix, but was given {described(x)}.")
    size, places = shape_of(x)[0] + abs(k), np.arange(shape_of(x)[0])
    return put(_filled(x, (size, size), 0.0), (places + max(0, -k), places + max(0, k)), x)


def tril(x: Any, k: int = 0) -> Any:
    """The lower triangle of each matrix, with zeros above; k: how far to the right it goes."""
    return _triangle(x, lambda rows, columns: columns <= rows + k)


def triu(x: Any, k: int = 0) -> Any:
    """The upper triangle of each matrix, with zeros below; k: how far to the right it begins."""
    return _triangle(x, lambda rows, columns: columns >= rows + k)


def _triangle(x: Any, inside: Any) -> Any:
    x = as_array(x)
    if len(shape_of(x)) < 2:
        raise ValueError(f"A triangle needs a matrix or a stack of them; this is {described(x)}.")
    rows, columns = np.ogrid[: shape_of(x)[-2], : shape_of(x)[-1]]
    return where(_index(inside(rows, columns), plain(x)), x, 0.0)


# Keys ---------------------------------------------------------------------------------------------


def _read(x: Any, key: Any) -> tuple[Any, tuple[int, ...]]:
    """The key in the form that x's library understands, and the axes along which x must be turned
    round before, because that library has no negative steps."""
    values = plain(x)
    parts = [_part(k, values) for k in (key if type(key) is tuple else (key,))]
    turned: tuple[int, ...] = ()
    if is_torch(values) and any(isinstance(k, slice) and (k.step or 1) < 0 for k in parts):
        turned = _turn(parts, shape_of(values))
    return (tuple(parts) if type(key) is tuple else parts[0]), turned


def _part(k: Any, values: Any) -> Any:
    if k is None or k is Ellipsis or type(k) in (int, slice, bool):
        return k
    if isinstance(k, np.integer):
        return int(k)
    if isinstance(k, Number):
        raise TypeError(
            f"An index was a tensor of shape {shape_of(k)}, but an index has no derivative. Use "
            "its values: k = t.numpy().astype(int), or dp.argmax and its like, which give integers."
        )
    if isinstance(k, (list, range)):
        k = np.asarray(k) if len(k) else np.zeros(0, dtype=int)
    kind = str(getattr(k, "dtype", type(k).__name__))
    if "int" not in kind and "bool" not in kind or not is_array(k):
        raise IndexError(
            f"An index is made of integers, slices, None, ... and arrays of integers or of True and "
            f"False, but there was {k!r}, of type {kind}."
        )
    if shape_of(k) == () and "int" in kind:
        return int(k)
    return _index(k, values)


def _index(k: Any, values: Any) -> Any:
    """An array of indices, or a mask, for the library of `values`; a copy, so that whoever made it
    may go on using it."""
    if is_torch(values):
        import torch

        return torch.as_tensor(k, device=values.device).clone()
    if is_torch(k):
        k = k.cpu().numpy()
    if isinstance(values, (np.ndarray, np.generic)):
        return np.array(k)
    library = backend_of(values)
    return library.asarray(k, copy=True, device=values.device)


def _turn(parts: list[Any], shape: tuple[int, ...]) -> tuple[int, ...]:
    """Replace slices with negative steps by ones that do the same on a turned axis."""
    uses = [0 if k is None or k is Ellipsis else _axes_used(k) for k in parts]
    axis, turned = 0, []
    for position, (k, used) in enumerate(zip(parts, uses, strict=True)):
        if k is Ellipsis:
            axis += len(shape) - sum(uses)
        if isinstance(k, slice) and (k.step or 1) < 0:
            n = shape[axis]
            start, stop, step = k.indices(n)
            parts[position] = slice(n - 1 - start, n - 1 - stop, -step)
            turned.append(axis)
        axis += used
    return tuple(turned)


def _axes_used(k: Any) -> int:
    return len(shape_of(k)) if "bool" in str(getattr(k, "dtype", "")) else 1


def _places(shape: tuple[int, ...], key: Any) -> np.ndarray:
    """The numbers, counted through the whole array, of the elements that a key names."""
    parts = key if type(key) is tuple else (key,)
    return np.arange(int(np.prod(shape)), dtype=int).reshape(shape)[
        tuple(_index(k, np.zeros(())) if hasattr(k, "dtype") else k for k in parts)
    ]


def _like(value: Any, x: Any) -> Any:
    """A value to put into x: a number, or an array of x's precision without leading axes of 1."""
    if isinstance(value, (float, int)):
        return value
    values = plain(x)
    if isinstance(value, (list, tuple)):
        value = backend_of(values).asarray(np.asarray(value, dtype=float))
    elif isinstance(value, np.generic) and not isinstance(values, (np.ndarray, np.generic)):
        return value.item()
    if is_array(value):
        value = backend_of(value).asarray(value, copy=True)  # whoever made it may go on using it
    if not isinstance(value, Box) and not is_array(value):
        raise TypeError(f"Only numbers can be put into {described(x)}, but {value!r} was given.")
    if isinstance(value, Box) and "float" not in str(values.dtype):
        raise TypeError(
            f"{described(x).capitalize()} and of dtype {values.dtype} cannot take in a value with a "
            "derivative. Make it an array of floats first."
        )
    shape = shape_of(value)
    while shape[:1] == (1,):
        shape = shape[1:]
    value = value if shape == shape_of(value) else reshape(value, shape)
    return value if value.dtype == values.dtype else apply("cast", value, like=values)
