"""What fits nowhere else: limits, more products, questions; and the methods of tensors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from dpkit import functions
from dpkit.arrays import indexing, reductions, shapes
from dpkit.arrays.axes import as_array, axes_of, described
from dpkit.arrays.indexing import full_like
from dpkit.arrays.products import matmul
from dpkit.backends import backend_of, shape_of
from dpkit.box import Box, apply, plain

__all__ = [
    "clip", "dot", "full_like", "inner", "isfinite", "isinf", "isnan", "ndim", "ones_like",
    "outer", "shape", "size", "tensordot", "vdot", "zeros_like",
]  # fmt: skip


def clip(x: Any, min: Any = None, max: Any = None) -> Any:
    """x, but not below min and not above max; either may be None.

    The slope is 1 between the limits and on them, as in torch, and 0 outside, where the limit takes
    the derivative if it has one. If min is larger than max, the result is max, as in numpy.
    """
    lo = -math.inf if min is None else min
    hi = math.inf if max is None else max
    return apply("clip", as_array(x), *(v if _is_number(v) else as_array(v) for v in (lo, hi)))


# Products -----------------------------------------------------------------------------------------


def dot(x: Any, y: Any) -> Any:
    """The scalar product of vectors, the product of matrices; with more axes, the sum over the last
    of x and the last but one of y. If either is a single number, the ordinary product."""
    x, y = as_array(x), as_array(y)
    a, b = len(shape_of(x)), len(shape_of(y))
    if not a or not b:
        return x * y
    if a < 3 and b < 3:
        return matmul(x, y)
    return tensordot(x, y, ((-1,), (-1 if b == 1 else -2,)))


def inner(x: Any, y: Any) -> Any:
    """The sum of products over the last axis of both."""
    x, y = as_array(x), as_array(y)
    if not shape_of(x) or not shape_of(y):
        return x * y
    return tensordot(x, y, ((-1,), (-1,)))


def outer(x: Any, y: Any) -> Any:
    """Every element of x times every element of y, as a matrix."""
    return shapes.reshape(as_array(x), (-1, 1)) * shapes.reshape(as_array(y), (1, -1))


def vdot(x: Any, y: Any) -> Any:
    """The sum of the products of all elements, whatever the shapes are."""
    return matmul(shapes.ravel(x), shapes.ravel(y))


def tensordot(x: Any, y: Any, axes: int | Sequence[Any] = 2) -> Any:
    """The sum of products over some axes of x and as many of y.

    axes: those of x and those of y, in two sequences; or how many, the last ones of x and the first
    ones of y.

    Raises ValueError if the axes differ in length.
    """
    x, y = as_array(x), as_array(y)
    a, b = shape_of(x), shape_of(y)
    if isinstance(axes, int):
        axes = range(-axes, 0), range(axes)
    left, right = (
        axes_of(each, (these,) if isinstance(these, int) else tuple(these))
        for each, these in zip((x, y), axes, strict=True)
    )
    if [a[k] for k in left] != [b[k] for k in right]:
        raise ValueError(
            f"tensordot over the axes {left} of {described(x)} and {right} of {described(y)}: "
            "they must have the same lengths."
        )
    own = [k for k in range(len(a)) if k not in left]
    others = [k for k in range(len(b)) if k not in right]
    n = math.prod(a[k] for k in left)
    rows, columns = tuple(a[k] for k in own), tuple(b[k] for k in others)
    x = shapes.reshape(shapes.transpose(x, (*own, *left)), (math.prod(rows), n))
    y = shapes.reshape(shapes.transpose(y, (*right, *others)), (n, math.prod(columns)))
    return shapes.reshape(matmul(x, y), rows + columns)


# Arrays like others, and what can be asked about them ---------------------------------------------


def zeros_like(x: Any) -> Any:
    """Zeros in the shape of x; for a tensor, one to whose elements values can be assigned."""
    return full_like(x, 0.0)


def ones_like(x: Any) -> Any:
    """Ones in the shape of x; for a tensor, one to whose elements values can be assigned."""
    return full_like(x, 1.0)


def shape(x: Any) -> tuple[int, ...]:
    """The length of each axis."""
    return shape_of(as_array(x))


def ndim(x: Any) -> int:
    """The number of axes."""
    return len(shape(x))


def size(x: Any, axis: int | None = None) -> int:
    """The number of elements, or the length of an axis."""
    return math.prod(shape(x)) if axis is None else shape(x)[axis]


def isfinite(x: Any) -> Any:
    """Where x is neither infinite nor nan: an array of True and False, without derivative."""
    return _mask("isfinite", x)


def isinf(x: Any) -> Any:
    """Where x is infinite: an array of True and False, without derivative."""
    return _mask("isinf", x)


def isnan(x: Any) -> Any:
    """Where x is not a number: an array of True and False, without derivative."""
    return _mask("isnan", x)


def _mask(name: str, x: Any) -> Any:
    values = plain(as_array(x))
    return getattr(backend_of(values), name)(values)


def _is_number(x: Any) -> bool:
    return isinstance(x, (float, int))


# Methods ------------------------------------------------------------------------------------------


def _reshape(self: Any, *shape: Any) -> Any:
    """The same elements in another shape: t.reshape(2, 3) or t.reshape((2, 3))."""
    return shapes.reshape(self, shape[0] if len(shape) == 1 else shape)


def _transpose(self: Any, *axes: Any) -> Any:
    """The axes in another order: t.transpose(1, 0) or t.transpose((1, 0)); reversed, if none."""
    return shapes.transpose(self, axes[0] if len(axes) == 1 else axes or None)


_METHODS: dict[str, Any] = {
    name: getattr(home, name)
    for home, names in (
        (reductions, "argmax argmin cumprod cumsum max mean min prod std sum var"),
        (indexing, "argsort diagonal repeat take trace"),
        (shapes, "matrix_transpose ravel squeeze swapaxes"),
    )
    for name in names.split()
}
_METHODS |= {"clip": clip, "dot": dot}
_METHODS |= {"reshape": _reshape, "transpose": _transpose, "flatten": shapes.ravel}
_METHODS |= {"T": property(shapes.transpose), "mT": property(shapes.matrix_transpose)}
_METHODS |= {
    name: getattr(functions, name)
    for name in functions.__all__
    if name not in ("where", "maximum", "minimum", "power")
}
for _name, _method in _METHODS.items():
    setattr(Box, _name, _method)
