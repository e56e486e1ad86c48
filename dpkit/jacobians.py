"""All first derivatives of all results, and second derivatives of one.

A Jacobian is asked for column by column (forward mode: how does everything move if this number
moves?) or row by row (reverse mode: what does this result depend on?). So the two cost as many runs
as f has numbers going in, or backward passes as it has numbers coming out. Take whichever is fewer.
The Hessian is the Jacobian of the gradient; often only its product with a vector is needed, which
costs no more than a few gradients.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from typing import Any

import numpy as np

from dpkit.arrays.shapes import reshape, stack
from dpkit.backends import backend_of, shape_of
from dpkit.box import Box, plain, words
from dpkit.containers import leaves
from dpkit.tensor import own_copy
from dpkit.transforms import checked, grad, jvp, need_function, positions_in, vjp

__all__ = ["hessian", "hvp", "jacfwd", "jacrev"]


def jacrev(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the Jacobian of f, row by row: reverse mode.

    f: takes and returns numbers, arrays or containers of them.
    argnums: the position of the argument to differentiate with respect to, or several positions.

    For a result of shape S and an argument of shape I, the Jacobian has the shape S + I. For
    containers it is the container of the results, in which the container of the arguments stands in
    the place of each array or number; a tuple of such, if argnums is a sequence. (The forms are
    JAX's.)

    Costs one run of f, and one backward pass for each number that f returns.
    """
    return _jacobian(f, argnums, _by_rows)


def jacfwd(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns the Jacobian of f, column by column: forward mode.

    It takes and gives what `jacrev` does. Costs one run of f in dual numbers for each number in the
    arguments to differentiate with respect to, and one more.
    """
    return _jacobian(f, argnums, _by_columns)


def hessian(f: Callable[..., Any], argnums: int | Sequence[int] = 0) -> Callable[..., Any]:
    """A function that returns all second derivatives of f: ``jacfwd(jacrev(f))``.

    f and argnums are those of `jacrev`. For a result of shape S and arguments of shapes I and J,
    the Hessian has the shape S + I + J. Costs n gradients of f in dual numbers, if n numbers vary.
    """
    return jacfwd(jacrev(f, argnums), argnums)


def hvp(f: Callable[..., Any], primals: Sequence[Any], tangents: Sequence[Any]) -> Any:
    """The Hessian of f times a vector, without the Hessian: how the gradient moves.

    f: takes numbers, arrays or containers of them, and returns one number.
    primals: the arguments of f, one each. tangents: the vector, in the same shapes.

    Returns the product, in the shape of the argument; for several arguments a tuple with one for
    each. It is ``jvp(grad(f))``, forward mode over reverse mode, and costs one gradient in dual
    numbers.

    Source: Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6, 1994.
    """
    need_function(f, "dp.hvp(f, (x,), (v,))")
    if not isinstance(primals, (tuple, list)) or not isinstance(tangents, (tuple, list)):
        raise TypeError(
            "dp.hvp takes a tuple of primals and a tuple of tangents, one of each for every "
            "argument, as in dp.hvp(f, (x,), (v,)). It was given "
            f"{primals!r} and {tangents!r}."
        )
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


# Row by row, column by column ---------------------------------------------------------------------


def _jacobian(
    f: Callable[..., Any], argnums: int | Sequence[int], way: Callable[..., Any]
) -> Callable[..., Any]:
    need_function(f, "dp.jacrev(f)(x)")
    name = getattr(f, "__name__", "the function")
    single, positions = positions_in(argnums)

    @wraps(f)
    def jacobian_of_f(*args: Any, **kwargs: Any) -> Any:
        chosen = [args[k] for k in checked(positions, args, name)]

        @wraps(f)
        def of_chosen(*some: Any) -> Any:
            given = list(args)
            for k, x in zip(positions, some, strict=True):
                given[k] = x
            return f(*given, **kwargs)

        _, rebuild_arguments = leaves(chosen[0] if single else tuple(chosen))
        blocks, rebuild_results = way(of_chosen, chosen)
        return rebuild_results([rebuild_arguments(row) for row in blocks])

    return jacobian_of_f


def _by_rows(f: Callable[..., Any], args: list[Any]) -> Any:
    """For each array among the results, the derivatives by each array among the arguments."""
    y, pullback = vjp(f, *args)
    results, rebuild = leaves(y, "The value")
    inputs = leaves(args)[0]
    blocks = []
    for n, result in enumerate(results):
        rows = [leaves(pullback(rebuild(one)))[0] for one in _directions(results, n)]
        shape = shape_of(result)
        blocks.append(
            [
                _joined([row[m] for row in rows], 0, shape + shape_of(x), x)
                for m, x in enumerate(inputs)
            ]
        )
    return blocks, rebuild


def _by_columns(f: Callable[..., Any], args: list[Any]) -> Any:
    inputs, rebuild_inputs = leaves(args)
    results, rebuild = leaves(jvp(f, args, rebuild_inputs([_unit(x, None) for x in inputs]))[0])
    columns = [
        [leaves(jvp(f, args, rebuild_inputs(one))[1])[0] for one in _directions(inputs, m)]
        for m in range(len(inputs))
    ]
    blocks = [
        [
            _joined([each[n] for each in columns[m]], -1, shape_of(y) + shape_of(x), y)
            for m, x in enumerate(inputs)
        ]
        for n, y in enumerate(results)
    ]
    return blocks, rebuild


def _directions(items: list[Any], n: int) -> Iterator[list[Any]]:
    """For each number in items[n]: the same items, but 1 in its place and 0 everywhere else."""
    still = [_unit(x, None) for x in items]
    for index in np.ndindex(shape_of(items[n])):
        yield [*still[:n], _unit(items[n], index), *still[n + 1 :]]


def _unit(x: Any, index: tuple[int, ...] | None) -> Any:
    """Zeros like x, with a 1 at the index."""
    if not isinstance(x, Box) and not hasattr(x, "shape"):
        return 0.0 if index is None else 1.0
    values = plain(x)
    if str(values.dtype) == "object":
        values = np.zeros(values.shape)
    unit = backend_of(values).zeros_like(values)
    if index is not None:
        unit[index] = 1.0
    return unit


def _joined(parts: list[Any], axis: int, shape: tuple[int, ...], like: Any) -> Any:
    """The derivatives in all directions as one array of this shape."""
    if not parts:  # nothing comes out, or nothing goes in
        own = shape_of(like)
        flat = own if axis == 0 else own + (1,) * (len(shape) - len(own))
        return own_copy(words.broadcast(words.reshape(like * 0.0, shape=flat), shape=shape))
    if len(shape) == len(shape_of(parts[0])):
        return parts[0]
    return reshape(stack(parts, axis=axis), shape)
