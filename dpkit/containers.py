"""Arguments come as numbers, arrays, lists, tuples and dicts; derivatives go through plain lists.

Three ways to take a container apart. Each gives a list of what was in it, and a function that puts
a list of that length back into the same shape:

* `flatten`, down to single numbers;
* `leaves`, down to whole arrays;
* `spread`, likewise, where things that have no derivative (text, integers, None) may stand between.
"""

from __future__ import annotations

from collections.abc import Callable
from numbers import Real
from typing import Any

import numpy as np

from dpkit.backends import Number, is_array, shape_of
from dpkit.box import Box

__all__ = ["flatten", "form", "leaves", "spread"]

Rebuild = Callable[[list[Any]], Any]
Apart = tuple[list[Any], Rebuild]


def flatten(tree: Any, what: str = "The argument") -> Apart:
    """Take a container of real numbers apart.

    tree: a number, an array of floats, or a list, tuple or dict of such, nested at will.
    what: how an error message calls it.

    Returns ``numbers, rebuild``. The numbers are floats (or numbers with a derivative, as they
    are). ``rebuild(values)`` has the container's shape; an array becomes one of the same dtype if
    the values are floats, and otherwise an array of objects.

    Raises TypeError naming the value if something in it cannot have a derivative.
    """
    return _take_apart(tree, what, _numbers)


def leaves(tree: Any, what: str = "The argument") -> Apart:
    """Take a container apart like `flatten`, but leave arrays whole.

    Raises TypeError naming the value if something in it cannot have a derivative.
    """
    return _take_apart(tree, what, _whole)


def spread(tree: Any) -> Apart:
    """Take any container apart: arrays stay whole, except those made of Python objects, and what
    is neither a container nor a number stays as it is."""
    return _take_apart(tree, "", _anything)


def form(tree: Any) -> Any:
    """The shape of a container: the same for two of them if their numbers correspond."""
    if isinstance(tree, dict):
        return [(key, form(item)) for key, item in tree.items()]
    if isinstance(tree, (list, tuple)):
        return [form(item) for item in tree]
    return shape_of(tree)


def _take_apart(tree: Any, what: str, ends: Callable[[Any, str], Apart]) -> Apart:
    if isinstance(tree, dict):
        keys = list(tree)
        parts = [_take_apart(tree[key], f"{what}[{key!r}]", ends) for key in keys]
        return _join(parts, lambda items: dict(zip(keys, items, strict=True)))
    if isinstance(tree, (list, tuple)):
        parts = [_take_apart(item, f"{what}[{k}]", ends) for k, item in enumerate(tree)]
        if hasattr(tree, "_fields"):  # a namedtuple
            return _join(parts, lambda items: type(tree)(*items))
        return _join(parts, type(tree))
    return ends(tree, what)


# What stands at the ends --------------------------------------------------------------------------


def _numbers(x: Any, what: str) -> Apart:
    if isinstance(x, np.ndarray):
        _check_dtype(x, what)
        return x.ravel().tolist(), _refill(x)
    if isinstance(x, Number):
        return [x], _only
    if isinstance(x, Real) and not isinstance(x, bool):
        return [float(x)], _only
    if x is None and what.startswith("The value of"):
        raise TypeError(f"{what} is None. Is its return statement missing?")
    raise TypeError(
        f"{what} is {x!r}, a {type(x).__name__}, and has no derivative. Derivatives are "
        "taken of floats, arrays of floats, and lists, tuples and dicts of these."
    )


def _whole(x: Any, what: str) -> Apart:
    if isinstance(x, Box) or (is_array(x) and not isinstance(x, np.generic)):
        _check_dtype(x, what)
        return [x], _only
    return _numbers(x, what)


def _anything(x: Any, what: str) -> Apart:
    if isinstance(x, np.ndarray) and x.dtype.kind == "O":
        return x.ravel().tolist(), _refill(x)
    return [x], _only


def _only(values: list[Any]) -> Any:
    return values[0]


def _check_dtype(array: Any, what: str) -> None:
    if isinstance(array, np.ndarray) and array.dtype.kind in "fO":
        return
    kind = str(array.dtype)
    if "float" not in kind and kind != "object":
        raise TypeError(
            f"{what} is an array of dtype {kind} and shape {shape_of(array)}, and only real "
            "numbers have a derivative. If these are numbers that may vary, pass x.astype(float)."
        )


def _refill(array: np.ndarray) -> Rebuild:
    shape, dtype = array.shape, array.dtype

    def rebuild(values: list[Any]) -> Any:
        if any(isinstance(value, Number) for value in values):
            if shape == ():
                return values[0]
            objects = np.empty(len(values), dtype=object)
            objects[:] = values
            return objects.reshape(shape)
        return np.array(values, dtype=float if dtype.kind == "O" else dtype).reshape(shape)

    return rebuild


def _join(parts: list[Apart], container: Callable[[list[Any]], Any]) -> Apart:
    def rebuild(values: list[Any]) -> Any:
        items, start = [], 0
        for numbers, inner in parts:
            items.append(inner(values[start : start + len(numbers)]))
            start += len(numbers)
        return container(items)

    return [x for numbers, _ in parts for x in numbers], rebuild
