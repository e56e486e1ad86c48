"""Linear algebra, with derivatives: ``dp.linalg.solve(a, b)`` and the like.

The names and the arguments are those of ``numpy.linalg``, whose functions do the same when they are
given a tensor. The last two axes of an array are a matrix; axes before them count the matrices of a
stack, and each matrix is treated alone.

Functions of a matrix that has to have an inverse, or to be positive definite, raise
``numpy.linalg.LinAlgError`` where it has not, for every array library.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from dpkit import functions
from dpkit.arrays.axes import as_array, axes_of
from dpkit.arrays.soft import holds_numbers
from dpkit.backends import backend_of, shape_of
from dpkit.box import apply, plain

__all__ = ["cholesky", "det", "inv", "logdet", "norm", "slogdet", "solve"]


class SlogdetResult(NamedTuple):
    """What `slogdet` returns: the sign of the determinant, and the logarithm of its size."""

    sign: Any
    logabsdet: Any


def solve(a: Any, b: Any) -> Any:
    """The x with ``a @ x = b``.

    a: (…, n, n). b: a vector (n,), or the columns of a matrix (…, n, k). Returns the shape of b,
    with the axes of stacks that a adds.

    This takes fewer operations than ``inv(a) @ b``, and is more accurate.
    Raises ValueError if the shapes do not fit, LinAlgError if a matrix is singular.
    """
    a, b = _square("solve", a), as_array(b)
    shape, right = shape_of(a), shape_of(b)
    if not right or right[max(len(right) - 2, 0)] != shape[-1]:
        raise ValueError(
            f"dp.linalg.solve was given a matrix of shape {shape} and a right side of shape "
            f"{right}. The right side is a vector with {shape[-1]} elements, or a matrix with "
            f"{shape[-1]} rows, one column for each system to solve."
        )
    if len(right) > 1:
        return apply("solve", a, b)
    x = apply("solve", a, apply("reshape", b, shape=(*right, 1)))
    return apply("reshape", x, shape=shape_of(x)[:-1])


def inv(a: Any) -> Any:
    """The inverse of a matrix: ``a @ inv(a)`` is the identity. a: (…, n, n).

    Raises ValueError if the matrix is not square, LinAlgError if it is singular.
    """
    return apply("inv", _square("inv", a))


def det(a: Any) -> Any:
    """The determinant of a matrix. a: (…, n, n); returns (…).

    Its first derivative, the matrix of cofactors, is right for singular matrices too; the second
    divides by the determinant.
    Raises ValueError if the matrix is not square.
    """
    return apply("det", _square("det", a))


def slogdet(a: Any) -> SlogdetResult:
    """The sign of the determinant, and the logarithm of its absolute value; both (…).

    The determinant of a large matrix easily overflows, its logarithm does not. The sign is a plain
    array, since it does not vary. For a singular matrix they are 0 and -inf.
    Raises ValueError if the matrix is not square.
    """
    a = _square("slogdet", a)
    inside = plain(a)
    return SlogdetResult(backend_of(inside).slogdet(inside)[0], apply("logabsdet", a))


def logdet(a: Any) -> Any:
    """The logarithm of a determinant that is positive, as that of a covariance. a: (…, n, n).

    Raises ValueError if the matrix is not square or the determinant not positive.
    """
    sign, logarithm = slogdet(a)
    if not bool(backend_of(sign).all(sign > 0)):
        raise ValueError(
            f"dp.linalg.logdet was given an array of shape {shape_of(as_array(a))} with a "
            "determinant that is not positive, which has no logarithm. dp.linalg.slogdet gives "
            "the sign, and the logarithm of the absolute value."
        )
    return logarithm


def cholesky(a: Any) -> Any:
    """The lower triangular matrix L with ``L @ L.T = a``. a: symmetric, (…, n, n).

    Convention: the factor is that of ``(a + a.T) / 2``, as in JAX, so the gradient is symmetric:
    each element off the diagonal gets half of what changing it together with its mirror image does.

    Raises ValueError if the matrix is not square, LinAlgError if it is not positive definite.
    """
    a = _square("cholesky", a)
    ndim = len(shape_of(a))
    turned = apply("permute", a, axes=(*range(ndim - 2), ndim - 1, ndim - 2))
    return apply("cholesky", (a + turned) * 0.5)


def norm(x: Any, ord: Any = None, axis: Any = None, keepdims: bool = False) -> Any:
    """The length of a vector, the root of the sum of squares; of all elements, or along an axis.

    ord: None for the length, also of a matrix, whose name is then "fro" (Frobenius); of vectors
    also 2, 1 (the sum of absolute values) and inf (the largest absolute value).
    axis: one, or several whose elements are taken together.

    At 0, where the length has a kink, its slope is taken to be 0, as torch does.
    Raises ValueError for another ord, or for one of vectors that is given a matrix.
    """
    x = as_array(x)
    axes = axes_of(x, axis)
    if ord is None or (ord == "fro" and len(axes) == 2) or (ord == 2 and len(axes) == 1):
        if holds_numbers(x):
            return functions.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
        return apply("norm", x, axis=axis, keepdims=keepdims)
    if len(axes) == 1 and ord in (1, math.inf):
        return apply("sum" if ord == 1 else "max", abs(x), axis=axis, keepdims=keepdims)
    raise ValueError(
        f"dp.linalg.norm with ord={ord!r} of an array of shape {shape_of(x)} over {len(axes)} "
        "axes has no derivative rule. There are: no ord, for the root of the sum of squares; "
        "'fro', the same for matrices; and 1, 2 and inf for vectors (one axis)."
    )


def _square(name: str, a: Any) -> Any:
    a = as_array(a)
    shape = shape_of(a)
    if len(shape) < 2 or shape[-1] != shape[-2]:
        raise ValueError(
            f"dp.linalg.{name} takes square matrices, with as many rows as columns in the last two "
            f"axes, but was given an array of shape {shape}."
        )
    if holds_numbers(a):
        raise TypeError(
            f"dp.linalg.{name} was given an array of single numbers with derivatives, of shape "
            f"{shape}. Give dp.grad an array, and not a list of numbers: then the matrix is "
            "followed as a whole."
        )
    return a
