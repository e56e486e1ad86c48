"""The numbers and arrays among the arguments, and what an answer holds for each of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dpkit.answers import flat, items_of

__all__ = ["Leaf", "entry_name", "in_order", "leaves_of", "listed", "parts_of"]


@dataclass(frozen=True)
class Leaf:
    """A number or an array among the arguments.

    name: what it is called in f, such as ``w`` or ``p['k']``. argument: in which argument it is.
    shape: () for a number. part: its place among all numbers.
    """

    name: str
    argument: int
    shape: tuple[int, ...]
    part: slice

    @property
    def size(self) -> int:
        """How many numbers it holds."""
        return self.part.stop - self.part.start


def leaves_of(f: Callable[..., Any], args: Sequence[Any]) -> list[Leaf]:
    """The leaves of the arguments of f, in the order in which their numbers are counted."""
    code = getattr(f, "__code__", None)
    words = list(code.co_varnames[: code.co_argcount]) if code else []
    leaves: list[Leaf] = []
    start = 0
    for n, arg in enumerate(args):
        word = words[n] if n < len(words) else f"argument {n + 1}"
        for name, leaf in _named(arg, word):
            shape = np.shape(leaf)
            stop = start + int(np.prod(shape, dtype=int))
            leaves.append(Leaf(name, n, shape, slice(start, stop)))
            start = stop
    return leaves


def _named(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        pairs = list(tree.items())
    elif isinstance(tree, (list, tuple)):
        pairs = list(enumerate(tree))
    else:
        yield name, tree
        return
    for key, item in pairs:
        yield from _named(item, f"{name}[{key!r}]")


def parts_of(answer: Any, args: Sequence[Any]) -> list[np.ndarray | None]:
    """What an answer holds for each leaf of the arguments, as an array of floats in the shape in
    which it came; None where there is nothing, or nothing that consists of numbers.

    answer: a tuple with one part for each argument, or that part itself if there is only one.
    """
    whole: Any = tuple(args)
    if len(args) == 1:
        answer = (answer,)
    return list(_matched(answer, whole))


def _matched(answer: Any, tree: Any) -> Iterator[np.ndarray | None]:
    if isinstance(tree, dict):
        given = answer if type(answer) is dict else {}
        for key, item in tree.items():
            yield from _matched(given.get(key), item)
        return
    if isinstance(tree, (list, tuple)):
        items = answer.tolist() if type(answer) is np.ndarray else items_of(answer)
        # A list of numbers may come as one array, and numbers may be grouped otherwise.
        if items is None or len(items) != len(tree):
            items = [None] * len(tree)
        for each, item in zip(items, tree, strict=True):
            yield from _matched(each, item)
        return
    yield _numbers(answer)


def _numbers(answer: Any) -> np.ndarray | None:
    if answer is None or type(answer) is dict or flat(answer) is None:
        return None
    try:
        return np.array(answer, dtype=float)
    except (ValueError, TypeError):  # lists of different lengths
        return None


def listed(words: Sequence[str], most: int = 4) -> str:
    """Some words with commas between them, and "and" before the last."""
    if len(words) > most:
        return ", ".join(words[:most]) + ", …"
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def in_order(answer: Any, args: Sequence[Any], several: bool) -> Any:
    """The answer with its dicts in the order of the keys of the arguments, where they have the same
    keys."""
    if several:
        if type(answer) not in (list, tuple) or len(answer) != len(args):
            return answer
        return type(answer)(_ordered(a, b) for a, b in zip(answer, args, strict=True))
    return _ordered(answer, args[0])


def _ordered(answer: Any, tree: Any) -> Any:
    if type(answer) is not dict or not isinstance(tree, dict):
        return answer
    keys = {key for key in answer if type(key) in (str, int)}
    if len(keys) != len(answer) or keys != set(tree):
        return answer
    return {key: _ordered(answer[key], tree[key]) for key in tree}


def entry_name(leaf: Leaf, k: int) -> str:
    """What the k-th number of a leaf is called, such as ``w[2, 0]``."""
    index = ", ".join(str(int(i)) for i in np.unravel_index(k, leaf.shape))
    return f"{leaf.name}[{index}]" if leaf.shape else leaf.name
