"""Lists, tuples and dictionaries, nested at will: what is in them, and the same shape again.

Exact types only; anything else is an item, and is not asked what it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as np

__all__ = ["items", "mapped", "refilled"]


def items(tree: Any) -> Iterator[Any]:
    """What stands at the ends, from left to right. An array of objects is a container too."""
    kind = type(tree)
    if kind is dict:
        for item in tree.values():
            yield from items(item)
    elif kind is list or kind is tuple:
        for item in tree:
            yield from items(item)
    elif kind is np.ndarray and tree.dtype.kind == "O":
        yield from tree.ravel().tolist()
    else:
        yield tree


def mapped(function: Callable[[Any], Any], tree: Any) -> Any:
    """The same shape with `function(item)` in the place of every item."""
    kind = type(tree)
    if kind is dict:
        return {key: mapped(function, item) for key, item in tree.items()}
    if kind is list or kind is tuple:
        return kind([mapped(function, item) for item in tree])
    if kind is np.ndarray and tree.dtype.kind == "O":
        filled = np.empty(tree.shape, object)
        filled.ravel()[:] = [function(item) for item in tree.ravel().tolist()]
        return filled
    return function(tree)


def refilled(tree: Any, values: Iterable[Any], where: Callable[[Any], bool]) -> Any:
    """The same shape with the next of `values` in the place of every item for which `where`
    holds."""
    following = iter(values)
    return mapped(lambda item: next(following) if where(item) else item, tree)
