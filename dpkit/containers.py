"""Arguments come as numbers, arrays, lists, tuples and dicts; derivatives go through plain lists.

`flatten` takes a container apart into the list of its numbers and a function that puts a list of
that length back into the same shape.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from dpkit.functions import Number

__all__ = ["flatten", "form"]

Rebuild = Callable[[list[Any]], Any]


def flatten(tree: Any, what: str = "The argument") -> tuple[list[Any], Rebuild]:
    """Take a container of real numbers apart.

    tree: a number, an array of floats, or a list, tuple or dict of such, nested at will.
    what: how an error message calls it.

    Returns ``numbers, rebuild``. The numbers are floats (or numbers with a derivative, as they
    are). ``rebuild(values)`` has the container's shape; an array becomes one of the same dtype if
    the values are floats, and otherwise an array of objects.

    Raises TypeError naming the value if something in it cannot have a derivative.
    """
    if isinstance(tree, Number):
        return [tree], lambda values: values[0]
    if isinstance(tree, Real) and not isinstance(tree, bool):
        return [float(tree)], lambda values: values[0]
    if isinstance(tree, np.ndarray):
        return _flatten_array(tree, what)
    if isinstance(tree, dict):
        keys = list(tree)
        parts = [flatten(tree[key], f"{what}[{key!r}]") for key in keys]
        return _join(parts, lambda items: dict(zip(keys, items, strict=True)))
    if isinstance(tree, (list, tuple)):
        parts = [flatten(item, f"{what}[{k}]") for k, item in enumerate(tree)]
        if hasattr(tree, "_fields"):  # a namedtuple
            return _join(parts, lambda items: type(tree)(*items))
        return _join(parts, type(tree))
    raise TypeError(
        f"{what} is {tree!r}, a {type(tree).__name__}, and has no derivative. Derivatives are "
        "taken of floats, arrays of floats, and lists, tuples and dicts of these."
    )


def form(tree: Any) -> Any:
    """The shape of a container: the same for two of them if their numbers correspond."""
    if isinstance(tree, dict):
        return [(key, form(item)) for key, item in tree.items()]
    if isinstance(tree, (list, tuple)):
        return [form(item) for item in tree]
    return np.shape(tree)


def _flatten_array(array: np.ndarray, what: str) -> tuple[list[Any], Rebuild]:
    shape, dtype = array.shape, array.dtype
    if not np.issubdtype(dtype, np.floating) and dtype.kind != "O":
        raise TypeError(
            f"{what} is an array of dtype {dtype} and shape {shape}, and only real numbers have a "
            "derivative. If these are numbers that may vary, pass x.astype(float)."
        )

    def rebuild(values: list[Any]) -> Any:
        if any(isinstance(value, Number) for value in values):
            if shape == ():
                return values[0]
            objects = np.empty(len(values), dtype=object)
            objects[:] = values
            return objects.reshape(shape)
        return np.array(values, dtype=float if dtype.kind == "O" else dtype).reshape(shape)

    return array.ravel().tolist(), rebuild


def _join(
    parts: list[tuple[list[Any], Rebuild]], container: Callable[[list[Any]], Any]
) -> tuple[list[Any], Rebuild]:
    def rebuild(values: list[Any]) -> Any:
        items, start = [], 0
        for numbers, inner in parts:
            items.append(inner(values[start : start + len(numbers)]))
            start += len(numbers)
        return container(items)

    return [x for numbers, _ in parts for x in numbers], rebuild
