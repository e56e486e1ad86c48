"""Rules of matrices: products, equations, decompositions.

The last two axes of an array are a matrix; axes before them count the matrices of a stack. Where a
rule wants a transposed matrix it says ``turned(x)``.

M. Giles, "Collected matrix derivative results for forward and reverse mode algorithmic
differentiation" (2008) derives most of them; for the Cholesky factor see I. Murray,
"Differentiation of the Cholesky decomposition" (2016).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.array_rules._row import (
    ArrayMisreading,
    Pullback,
    column,
    kept,
    linear,
    misread,
    row,
    turned,
    unbroadcast,
)
from dpkit.backends import backend_of, shape_of
from dpkit.box import Box, plain
from dpkit.box import words as xp

__all__ = ["TABLE"]

# Products -----------------------------------------------------------------------------------------


def matmul_left(z: Any, x: Any, y: Any) -> Pullback:
    """z = x @ y for vectors, matrices and stacks of matrices: the adjoint of x."""
    if x.ndim == 2 and y.ndim == 2:
        if y.shape[1] == 1:  # a column: the product of a column with a row needs no sums
            return lambda g: g * y.T
        return lambda g: g @ y.T
    shape, ranks = shape_of(x), (x.ndim, y.ndim)
    return lambda g: unbroadcast(_outer_left(g, y, ranks), shape)


def _outer_left(g: Any, y: Any, ranks: tuple[int, int]) -> Any:
    if ranks == (1, 1):
        return g * y
    if ranks[1] == 1:
        return column(g) * y
    if ranks[0] == 1:
        return xp.sum(_row_of(g) * y, axis=-1, keepdims=False)
    return g @ turned(y)


def matmul_right(z: Any, x: Any, y: Any) -> Pullback:
    """z = x @ y: the adjoint of y."""
    if x.ndim == 2 and y.ndim == 2:
        if x.shape[0] == 1:  # a row
            return lambda g: g * x.T
        return lambda g: _product(x.T, g)
    shape, ranks = shape_of(y), (x.ndim, y.ndim)
    return lambda g: unbroadcast(_outer_right(g, x, ranks), shape)


def _outer_right(g: Any, x: Any, ranks: tuple[int, int]) -> Any:
    if ranks == (1, 1):
        return g * x
    if ranks[0] == 1:
        return _row_of(g) * column(x)
    if ranks[1] == 1:
        return xp.sum(column(g) * x, axis=-2, keepdims=False)
    return xp.matmul(turned(x), g)


def _product(x: Any, g: Any) -> Any:
    """x @ g, directly if it can be: some libraries do not let g answer if it has a derivative."""
    return xp.matmul(x, g) if isinstance(g, Box) else x @ g


def _row_of(g: Any) -> Any:
    """The last axis of g as a matrix with one row."""
    shape = shape_of(g)
    return xp.reshape(g, shape=(*shape[:-1], 1, shape[-1]))


def one_of_the_stack(stacked: Any, shape: tuple[int, ...]) -> Any:
    """What is left if the last matrix of a stack overwrites the others instead of being added."""
    while len(shape_of(stacked)) > len(shape):
        stacked = xp.getitem(stacked, key=-1)
    for k, n in enumerate(shape):
        if n < shape_of(stacked)[k]:
            stacked = xp.getitem(stacked, key=(*[slice(None)] * k, slice(-1, None)))
    return stacked


def one_line(z: Any, x: Any, y: Any, g: Any, line: slice) -> Any:
    """The adjoint of the right factor, if only some lines of the left one are looked at."""
    if x.ndim < 2:
        return matmul_right(z, x, y)(g)
    key = (Ellipsis, line) if y.ndim == 1 else (Ellipsis, line, slice(None))
    part = xp.getitem(x, key=(Ellipsis, line, slice(None)))
    return matmul_right(xp.getitem(z, key=key), part, y)(xp.getitem(g, key=key))


# A product with many factors, summed over the letters that the result has not ---------------------


def einsum_vjp(n: int, z: Any, *arrays: Any, spec: str) -> Pullback:
    """The adjoint of factor n is the same product, with g in the place of that factor."""
    letters, out = spec.split("->")
    each = letters.split(",")
    others = [x for k, x in enumerate(arrays) if k != n]
    swapped = ",".join([out, *(s for k, s in enumerate(each) if k != n)]) + "->" + each[n]
    return lambda g: xp.einsum(g, *others, spec=swapped)


def einsum_jvp(n: int, moves: Any, z: Any, *arrays: Any, spec: str) -> Any:
    return xp.einsum(*arrays[:n], moves, *arrays[n + 1 :], spec=spec)


# Equations ----------------------------------------------------------------------------------------


def solve_matrix(z: Any, a: Any, b: Any) -> Pullback:
    """a @ z = b: the adjoint of the matrix a."""
    shape = shape_of(a)
    return lambda g: unbroadcast(-xp.matmul(xp.solve(turned(a), g), turned(z)), shape)


def solve_right_side(z: Any, a: Any, b: Any) -> Pullback:
    """a @ z = b: the adjoint of the right side b."""
    shape = shape_of(b)
    return lambda g: unbroadcast(xp.solve(turned(a), g), shape)


def between(left: Any, g: Any, right: Any) -> Any:
    """left @ g @ right."""
    return xp.matmul(xp.matmul(left, g), right)


def inv_vjp(z: Any, x: Any) -> Pullback:
    return lambda g: -between(turned(z), g, turned(z))


# Determinants -------------------------------------------------------------------------------------


def one_by_one(g: Any) -> Any:
    """Numbers, one for each matrix of a stack, as matrices with one element."""
    return column(column(g))


def trace_with(x: Any, y: Any) -> Any:
    """The sum of the products of corresponding elements, as a matrix with one element."""
    return xp.sum(x * y, axis=(-2, -1), keepdims=True)


def cofactor_vjp(z: Any, x: Any) -> Pullback:
    """The matrix of cofactors is the gradient of the determinant; this is its second derivative,
    which is symmetric, and so the jvp too. It divides by the determinant, which may not be 0."""
    return lambda g: (trace_with(g, z) * z - between(z, turned(g), z)) / one_by_one(xp.det(x))


def diagonal_of(x: Any) -> Any:
    """The matrix, with zeros beside its diagonal."""
    inside = plain(x)
    table = np.eye(inside.shape[-1])
    return x * backend_of(inside).asarray(table, dtype=inside.dtype, device=inside.device)


# The Cholesky factor ------------------------------------------------------------------------------


def half_lower(x: Any, diagonal: float = 0.5) -> Any:
    """The lower triangle, with half of the diagonal."""
    inside = plain(x)
    n = inside.shape[-1]
    table = np.tril(np.ones((n, n)), -1) + diagonal * np.eye(n)
    return x * backend_of(inside).asarray(table, dtype=inside.dtype, device=inside.device)


def cholesky_vjp(z: Any, x: Any, halved: Any = half_lower, symmetric: bool = True) -> Pullback:
    def pull(g: Any) -> Any:
        middle = halved(xp.matmul(turned(z), g))
        s = turned(xp.solve(turned(z), turned(xp.solve(turned(z), middle))))
        return 0.5 * (s + turned(s)) if symmetric else s

    return pull


def cholesky_jvp(moves: Any, z: Any, x: Any) -> Any:
    inner = xp.solve(z, turned(xp.solve(z, moves)))
    return xp.matmul(z, half_lower(0.5 * (inner + turned(inner))))


# Length -------------------------------------------------------------------------------------------


def unit(z: Any, x: Any, axis: Any) -> Any:
    """x divided by its length z; 0 where the length is 0."""
    z = xp.where(z == 0.0, 1.0, z)
    return x / xp.reshape(z, shape=kept(shape_of(x), axis))


def norm_vjp(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    middle = kept(shape_of(x), axis)
    return lambda g: xp.reshape(g, shape=middle) * unit(z, x, axis)


def norm_jvp(moves: Any, z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return xp.sum(moves * unit(z, x, axis), axis=axis, keepdims=keepdims)


TABLE = (
    row(
        "matmul",
        ArrayMisreading(
            "wrong_rule", "in the adjoint of a product of matrices the other factor is transposed",
            {0: lambda z, x, y: lambda g: unbroadcast(g @ y, shape_of(x)),
             1: lambda z, x, y: lambda g: unbroadcast(xp.matmul(x, g), shape_of(y))},
        ),
        ArrayMisreading(
            "transposed", "this is the transpose of the adjoint; at a square matrix only the "
            "numbers show it",
            {0: lambda z, x, y: lambda g: turned(matmul_left(z, x, y)(g)),
             1: lambda z, x, y: lambda g: turned(matmul_right(z, x, y)(g))},
        ),
        ArrayMisreading(
            "swapped", "matrices do not commute: the adjoint of the result stands where the result "
            "of the product stood, left or right of the other factor",
            {0: lambda z, x, y: lambda g: unbroadcast(xp.matmul(turned(y), g), shape_of(x)),
             1: lambda z, x, y: lambda g: unbroadcast(g @ turned(x), shape_of(y))},
        ),
        ArrayMisreading(
            "transposed", "what comes from above was transposed before it was multiplied, and it is "
            "the other factor that must be",
            {0: lambda z, x, y: lambda g: unbroadcast(xp.matmul(turned(g), turned(y)), shape_of(x)),
             1: lambda z, x, y: lambda g: unbroadcast(xp.matmul(turned(x), turned(g)), shape_of(y))},
        ),
        ArrayMisreading(
            "wrong_rule", "the product of matrices was differentiated as if it were taken element by "
            "element",
            {0: lambda z, x, y: lambda g: unbroadcast(g * y, shape_of(x)),
             1: lambda z, x, y: lambda g: unbroadcast(x * g, shape_of(y))},
        ),
        ArrayMisreading(
            "overwritten", "a matrix that meets every matrix of a stack collects one contribution "
            "from each; only the last was kept",
            {0: lambda z, x, y: lambda g: one_of_the_stack(g @ turned(y), shape_of(x)),
             1: lambda z, x, y: lambda g: one_of_the_stack(xp.matmul(turned(x), g), shape_of(y))},
        ),
        misread("overwritten", "a weight meets every row of the batch, and collects one contribution "
                "from each; only that of the last row was kept",
                lambda z, x, y: lambda g: one_line(z, x, y, g, slice(-1, None)), argument=1),
        misread("missing_term", "a weight meets every row of the batch, and collects one "
                "contribution from each; only that of the first row was counted",
                lambda z, x, y: lambda g: one_line(z, x, y, g, slice(0, 1)), argument=1),
        vjp=(matmul_left, matmul_right), jvp=(linear("matmul", 0), linear("matmul", 1)),
    ),
    row(
        "einsum",
        misread("transposed", "the last two letters of the adjoint changed places; at a square array "
                "only the numbers show it",
                lambda n, z, *arrays, spec: lambda g: turned(
                    einsum_vjp(n, z, *arrays, spec=spec)(g))),
        misread("transposed", "what comes from above was transposed before it was multiplied",
                lambda n, z, *arrays, spec: lambda g: einsum_vjp(n, z, *arrays, spec=spec)(turned(g))),
        vjp=einsum_vjp, jvp=einsum_jvp, any_number=True,
    ),
    row(
        "solve",
        ArrayMisreading(
            "wrong_rule", "the adjoint solves a system with the transposed matrix",
            {0: lambda z, a, b: lambda g: unbroadcast(-xp.matmul(xp.solve(a, g), turned(z)),
                                                      shape_of(a)),
             1: lambda z, a, b: lambda g: unbroadcast(xp.solve(a, g), shape_of(b))},
        ),
        misread("sign", "the larger the matrix, the smaller the solution; a sign is missing",
                lambda z, a, b: lambda g: unbroadcast(xp.matmul(xp.solve(turned(a), g), turned(z)),
                                                      shape_of(a))),
        misread("wrong_point", "the adjoint of the matrix contains the solution, not the right "
                "side", lambda z, a, b: lambda g: solve_matrix(b, a, b)(g)),
        misread("transposed", "this is the transpose of the adjoint of the matrix",
                lambda z, a, b: lambda g: turned(solve_matrix(z, a, b)(g))),
        misread("missing_factor", "what comes from above was multiplied with the solution, but "
                "was not sent through the transposed system first",
                lambda z, a, b: lambda g: unbroadcast(-xp.matmul(g, turned(z)), shape_of(a))),
        vjp=(solve_matrix, solve_right_side),
        jvp=(lambda moves, z, a, b: -xp.solve(a, xp.matmul(moves, z)), linear("solve", 1)),
    ),
    row(
        "inv",
        misread("sign", "the larger the matrix, the smaller its inverse; a sign is missing",
                lambda z, x: lambda g: between(turned(z), g, turned(z))),
        misread("missing_factor", "the inverse stands on both sides of what comes from above, as "
                "1/x² holds 1/x twice",
                lambda z, x: lambda g: -xp.matmul(turned(z), g)),
        misread("wrong_rule", "both inverses in the adjoint are transposed",
                lambda z, x: lambda g: -between(z, g, z)),
        misread("wrong_rule", "the inverse of a matrix is not taken element by element",
                lambda z, x: lambda g: -(g * z * z)),
        vjp=inv_vjp, jvp=lambda moves, z, x: -between(z, moves, z),
    ),
    row(
        "det",
        misread("missing_factor", "this is the derivative of the logarithm of the determinant; "
                "that of the determinant itself has one factor more",
                lambda z, x: lambda g: one_by_one(g) * turned(xp.inv(x))),
        misread("transposed", "the matrix of cofactors is transposed, compared with the adjugate",
                lambda z, x: lambda g: one_by_one(g) * turned(xp.cofactor(x))),
        vjp=lambda z, x: lambda g: one_by_one(g) * xp.cofactor(x),
        jvp=lambda moves, z, x: xp.sum(moves * xp.cofactor(x), axis=(-2, -1), keepdims=False),
    ),
    row(
        "cofactor",
        misread("missing_term", "the determinant in front of the inverse varies too",
                lambda z, x: lambda g: -between(z, turned(g), z) / one_by_one(xp.det(x))),
        vjp=cofactor_vjp, jvp=lambda moves, z, x: cofactor_vjp(z, x)(moves),
    ),
    row(
        "logabsdet",
        misread("transposed", "the inverse is transposed in the adjoint of a log-determinant",
                lambda z, x: lambda g: one_by_one(g) * xp.inv(x)),
        misread("wrong_rule", "this is the derivative of the determinant, without the logarithm",
                lambda z, x: lambda g: one_by_one(g) * xp.cofactor(x)),
        misread("wrong_rule", "as the derivative of a logarithm is a reciprocal, so is this one; but "
                "that of a matrix is not taken element by element",
                lambda z, x: lambda g: one_by_one(g) / x),
        misread("wrong_rule", "the matrix itself stands where its inverse belongs",
                lambda z, x: lambda g: one_by_one(g) * x),
        misread("missing_term", "all elements of the matrix influence the determinant, and here only "
                "those on the diagonal do",
                lambda z, x: lambda g: one_by_one(g) * diagonal_of(turned(xp.inv(x)))),
        vjp=lambda z, x: lambda g: one_by_one(g) * turned(xp.inv(x)),
        jvp=lambda moves, z, x: xp.sum(moves * turned(xp.inv(x)), axis=(-2, -1), keepdims=False),
    ),
    row(
        "cholesky",
        misread("factor", "the diagonal of the inner triangle counts half, since it is shared by "
                "the factor and its transpose",
                lambda z, x: cholesky_vjp(z, x, halved=lambda m: half_lower(m, diagonal=1.0))),
        misread("wrong_rule", "only one triangle matters inside; the other was not set to zero",
                lambda z, x: cholesky_vjp(z, x, halved=lambda m: 0.5 * m)),
        misread("wrong_rule", "the matrix is symmetric, and so is its adjoint",
                lambda z, x: cholesky_vjp(z, x, symmetric=False)),
        vjp=cholesky_vjp, jvp=cholesky_jvp,
    ),
    row(
        "norm",
        misread("missing_factor", "this is half the derivative of the square of the length; the "
                "root was forgotten",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * x),
        misread("factor", "the 2 of the square and the half of the root cancel",
                lambda z, x, axis=None, keepdims=False: lambda g: 2.0 * norm_vjp(
                    z, x, axis, keepdims)(g)),
        misread("wrong_rule", "this is the slope of the sum of absolute values, not of the length",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * xp.where(x < 0.0, -1.0, 1.0)),
        vjp=norm_vjp, jvp=norm_jvp,
    ),
)  # fmt: skip
