"""A point, whatever container its numbers came in, as one flat array that can be moved.

    >>> point = Point(({"w": np.array([1.0, 2.0]), "b": 3.0},))
    >>> point.numbers
    array([1., 2., 3.])
    >>> point.at(point.numbers + 1)
    ({'w': array([2., 3.]), 'b': 4.0},)

The tests of gradients evaluate somebody's function beside a point. They move it in float64, where
there are sixteen digits to be moved in, and hand every call its own copy, so that a function that
writes into its arguments spoils nothing but its own answer.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dpkit.containers import flatten
from dpkit.transforms import one_number

__all__ = ["Point", "is_single", "numbers_of", "unfit", "value_of"]


class Point:
    """The arguments of a call.

    args: numbers, arrays or torch tensors of floats, or containers of these.
    keep: hand float32 on as float32, instead of turning it into float64 (see `keeps`).

    numbers: all of them in a row, shape (n,), float64. single: whether some came in float32 or
    less.

    Raises TypeError naming the value if something in args is no real number.
    """

    def __init__(self, args: tuple[Any, ...], keep: bool = False) -> None:
        self._args, self.keeps = args, keep
        named = [
            each
            for position, arg in enumerate(args)
            for each in _leaves(arg, f"Argument {position + 1}")
        ]
        self._leaves = [leaf for _, leaf in named]
        parts = [_floats(leaf, name) for name, leaf in named]
        self._sizes = [part.size for part in parts]
        self.numbers = np.concatenate([np.empty(0), *parts])
        self.single = any(_digits(leaf) < 15 for leaf in self._leaves)

    def at(self, numbers: np.ndarray | None = None) -> tuple[Any, ...]:
        """The arguments with other numbers in them, of shape (n,), real or complex; fresh copies
        every time."""
        numbers = self.numbers if numbers is None else numbers
        pieces = np.split(numbers, np.cumsum(self._sizes)[:-1])
        leaves = (
            _like(leaf, piece, self.keeps) for leaf, piece in zip(self._leaves, pieces, strict=True)
        )
        return _refilled(self._args, leaves)


def value_of(f: Callable[..., Any], args: tuple[Any, ...]) -> float:
    """f at some arguments, as a float. Raises TypeError if f does not return one number."""
    return float(one_number(numbers_of(f(*args)), getattr(f, "__name__", "f")))


def numbers_of(answer: Any) -> Any:
    """What a function returned, with numpy arrays in the place of torch tensors."""
    if _is_tensor(answer):
        answer = answer.detach().cpu()
        brief = answer.dtype == sys.modules["torch"].bfloat16  # which numpy does not know
        return (answer.float() if brief else answer).numpy()
    if type(answer) in (list, tuple):
        return type(answer)(numbers_of(each) for each in answer)
    if type(answer) is dict:
        return {key: numbers_of(each) for key, each in answer.items()}
    return answer


def unfit(args: tuple[Any, ...]) -> str | None:
    """A sentence about an array of whole or complex numbers among the arguments, if there is one."""
    for position, arg in enumerate(args):
        for name, leaf in _leaves(arg, f"Argument {position + 1}"):
            dtype = str(getattr(leaf, "dtype", "")).removeprefix("torch.")
            if not np.ndim(leaf) and not _is_tensor(leaf):
                continue
            cure = "x.double()" if _is_tensor(leaf) else "x.astype(float)"
            if dtype.startswith(("int", "uint", "bool")):
                return (
                    f"{name} is an array of integers ({dtype}) of shape {tuple(leaf.shape)}. It "
                    f"cannot vary by a little, so there is nothing to compare; pass {cure}."
                )
            if dtype.startswith("complex"):
                return (
                    f"{name} is an array of complex numbers of shape {tuple(leaf.shape)}. "
                    "Gradients are tested with respect to real numbers; pass the real and the "
                    "imaginary part as two arguments."
                )
    return None


def is_single(values: list[float]) -> bool:
    """Do these numbers look as if they had been computed in float32? By chance, a float64 ends in
    29 zero bits once in five hundred million times."""
    several = np.array(values)
    with np.errstate(over="ignore"):
        return len(set(values)) > 2 and bool(np.all(several == np.float32(several)))


# Leaves of containers ----------------------------------------------------------------------------


def _leaves(tree: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(tree, dict):
        for key, item in tree.items():
            yield from _leaves(item, f"{name}[{key!r}]")
    elif isinstance(tree, (list, tuple)):
        for key, item in enumerate(tree):
            yield from _leaves(item, f"{name}[{key}]")
    else:
        yield name, tree


def _refilled(tree: Any, leaves: Iterator[Any]) -> Any:
    if isinstance(tree, dict):
        return {key: _refilled(item, leaves) for key, item in tree.items()}
    if isinstance(tree, (list, tuple)):
        items = [_refilled(item, leaves) for item in tree]
        return type(tree)(*items) if hasattr(tree, "_fields") else type(tree)(items)
    return next(leaves)


def _floats(leaf: Any, name: str) -> np.ndarray:
    if _is_tensor(leaf):
        return leaf.detach().cpu().double().numpy().ravel()
    if isinstance(leaf, np.ndarray) and leaf.dtype.kind == "f":
        return leaf.astype(float).ravel()
    return np.array(flatten(leaf, name)[0], dtype=float)


def _digits(leaf: Any) -> int:
    """Decimal digits of the type in which a leaf came."""
    if _is_tensor(leaf):
        return 15 if leaf.dtype == sys.modules["torch"].float64 else 6
    dtype = getattr(leaf, "dtype", None)
    return 15 if dtype is None or dtype.kind != "f" else np.finfo(dtype).precision


def _like(leaf: Any, numbers: np.ndarray, keep: bool) -> Any:
    """Numbers in the form of a leaf."""
    if _is_tensor(leaf):
        torch = sys.modules["torch"]
        tensor = torch.as_tensor(np.array(numbers), device=leaf.device).reshape(leaf.shape)
        if keep:
            tensor = tensor.to(leaf.dtype)
        return tensor.requires_grad_(leaf.requires_grad)
    if isinstance(leaf, np.ndarray):
        array = np.array(numbers).reshape(leaf.shape)
        return array.astype(leaf.dtype) if keep else array
    # numpy's complex number, unlike Python's, is known to numpy's functions.
    return np.complex128(numbers[0]) if np.iscomplexobj(numbers) else float(numbers[0])


def _is_tensor(x: object) -> bool:
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)
