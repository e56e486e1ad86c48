"""Arguments taken apart into single numbers, leaving a form that fits into a dictionary.

A *form* says everything about an argument but its numbers: which container, which shape, which
dtype, and whatever in it is no number that may vary. `take` gives the form and puts the numbers
into a list, `put` builds the argument (or its gradient) from the form and other numbers, and
`leaves` names them. Forms are tuples and can be hashed: arguments of the same form run the same
program.

====================================  ==========================================================
form                                  of
====================================  ==========================================================
("number",)                           a float
("numbers", list, 3)                  a list (or tuple) of 3 floats
("array", (2, 3), dtype)              an array of floats
("columns", (3,), dtype)              an array of shape (n, 3): one array of shape (3,) for each
                                      of n rows; its numbers are columns of length n
("sequence", list, (form, form, …))   a list, tuple or named tuple
("dict", (key, …), (form, …))         a dict
("fixed", type, value)                an integer, text, None, a function, …
("fixed array", shape, dtype, bytes)  an array of integers
====================================  ==========================================================
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from math import prod
from numbers import Real
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from dpkit.number import Arithmetic

__all__ = ["Form", "leaves", "put", "take", "take_columns"]

Form = tuple[Any, ...]

_FIXED = (int, str, bytes, type(None), np.integer, np.bool_, FunctionType, BuiltinFunctionType)


def take(tree: Any, what: str, numbers: list[Any], varies: bool) -> Form:
    """Add the numbers of an argument to the list, and return its form.

    tree: a number, an array, or a list, tuple or dict of them. what: how a message calls it.
    varies: will it be differentiated? Then integers are numbers; otherwise they are fixed.

    Raises TypeError for what is neither a number nor can be fixed in a program.
    """
    kind = type(tree)
    if isinstance(tree, (list, tuple)):
        if set(map(type, tree)) == {float} and not hasattr(kind, "_fields"):
            numbers.extend(tree)
            return ("numbers", kind, len(tree))
        return ("sequence", kind, tuple([take(each, what, numbers, varies) for each in tree]))
    if kind is float or isinstance(tree, Arithmetic):
        numbers.append(tree)
        return ("number",)
    if isinstance(tree, np.ndarray):
        return _take_array(tree, what, numbers, varies)
    if isinstance(tree, dict):
        parts = [take(each, what, numbers, varies) for each in tree.values()]
        return ("dict", tuple(tree), tuple(parts))
    if isinstance(tree, Real) and not isinstance(tree, bool):
        if varies or not isinstance(tree, (int, np.integer)):
            numbers.append(float(tree))
            return ("number",)
    if varies:
        raise TypeError(
            f"{what} holds {tree!r}, a {kind.__name__}, which has no derivative. Derivatives are "
            "taken of floats, arrays of floats, and lists, tuples and dicts of these."
        )
    if isinstance(tree, _FIXED):
        return ("fixed", kind, tree)
    raise TypeError(
        f"{what} holds {tree!r}, a {kind.__name__}. A compiled gradient sees numbers, arrays, and "
        "lists, tuples and dicts of them; it cannot see into this. Pass the numbers in it instead."
    )


def take_columns(tree: Any, what: str, numbers: list[Any], varies: bool) -> Form:
    """As `take`, for an argument with a leading batch axis: its numbers are columns.

    Raises TypeError or ValueError if something in it is not an array of real numbers with rows.
    """
    if isinstance(tree, (list, tuple)):
        parts = [take_columns(each, what, numbers, varies) for each in tree]
        return ("sequence", type(tree), tuple(parts))
    if isinstance(tree, dict):
        parts = [take_columns(each, what, numbers, varies) for each in tree.values()]
        return ("dict", tuple(tree), tuple(parts))
    if not isinstance(tree, np.ndarray):
        raise TypeError(
            f"{what} holds {tree!r}, a {type(tree).__name__}, but in_axes says that it has rows. "
            "Pass an array whose first axis counts the rows of the batch, or put None in in_axes."
        )
    if tree.ndim == 0 or tree.dtype.kind not in ("f" if varies else "fiub"):
        raise TypeError(
            f"{what} holds an array of dtype {tree.dtype} and shape {tree.shape}; where in_axes is "
            "0, an array of real numbers is needed whose first axis counts the rows of the batch"
            f"{', of dtype float if it is to be differentiated' * varies}."
        )
    columns = tree.reshape(len(tree), prod(tree.shape[1:])).T
    numbers.extend(np.ascontiguousarray(columns, dtype=float))
    return ("columns", tree.shape[1:], tree.dtype)


def _take_array(array: np.ndarray, what: str, numbers: list[Any], varies: bool) -> Form:
    kind = array.dtype.kind
    if kind == "f":
        numbers.extend(array.ravel().tolist())
    elif kind == "O" and all(isinstance(x, (Arithmetic, Real)) for x in array.flat):
        numbers.extend(x if isinstance(x, Arithmetic) else float(x) for x in array.flat)
    elif varies or kind not in "iub":
        raise TypeError(
            f"{what} holds an array of dtype {array.dtype} and shape {array.shape}, and only real "
            "numbers have a derivative. If these are numbers that may vary, pass x.astype(float)."
        )
    else:
        return ("fixed array", array.shape, array.dtype, array.tobytes())
    return ("array", array.shape, array.dtype)


def put(form: Form, values: Iterator[Any]) -> Any:
    """Build what has this form from as many of the values as it needs.

    An array becomes one of its own dtype if the values are floats, and otherwise of objects.
    """
    match form:
        case ("number",):
            return next(values)
        case ("numbers", kind, count):
            return kind(islice(values, count))
        case ("sequence", kind, parts):
            items = [put(part, values) for part in parts]
            return kind(*items) if hasattr(kind, "_fields") else kind(items)
        case ("dict", keys, parts):
            return {key: put(part, values) for key, part in zip(keys, parts, strict=True)}
        case ("fixed", _, value):
            return value
        case ("fixed array", shape, dtype, data):
            return np.frombuffer(data, dtype).reshape(shape).copy()
        case (_, shape, dtype):  # an array, or columns
            items = list(islice(values, prod(shape)))
            kinds = set(map(type, items))
            if np.ndarray in kinds:
                return np.stack(items, axis=-1).reshape(-1, *shape).astype(dtype)
            if shape == () and (form[0] == "columns" or kinds != {float}):
                return items[0]
            if kinds <= {float}:
                return np.array(items, dtype=float if dtype.kind == "O" else dtype).reshape(shape)
            objects = np.empty(len(items), dtype=object)
            objects[:] = items
            return objects.reshape(shape)


def leaves(form: Form, name: str) -> Iterator[tuple[str, bool]]:
    """For each number, in the order of `take`: a name for it, and whether it is a column."""
    match form:
        case ("number",):
            yield name, False
        case ("numbers", _, count):
            yield from ((f"{name}_{k}", False) for k in range(count))
        case ("sequence", kind, parts):
            for key, part in zip(getattr(kind, "_fields", range(len(parts))), parts, strict=True):
                yield from leaves(part, f"{name}_{key}")
        case ("dict", keys, parts):
            for key, part in zip(keys, parts, strict=True):
                yield from leaves(part, f"{name}_{key}")
        case ("array" | "columns", shape, _):
            for index in np.ndindex(shape):
                yield "_".join((name, *map(str, index))), form[0] == "columns"
