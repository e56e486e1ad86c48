"""Who computes: one vocabulary, spoken by every array library.

The rules of differentiation are written in *words*: ``exp``, ``sum``, ``matmul``, ``scatter`` … A
`Backend` is one library's dictionary for them. There is one for numpy (`_numpy`), one for torch on
CPU and GPU (`_torch`, loaded when the first torch tensor comes by), and one for any other library
that follows the Python array API standard (`_standard`). A word that a library has under the same
name and with the same meaning is taken as it is; only the others are written out.

`backend_of` finds the backend of some values by looking up their type in a dict. Asking the values
themselves, as the standard foresees, costs twenty times as much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit.backends._numpy import WORDS

__all__ = [
    "Backend", "Infix", "Number", "backend_of", "is_array", "is_torch", "need_real",
    "register", "shape_of",
]  # fmt: skip


class Number:
    """A number, or an array of numbers, that knows about its derivative.

    It is empty, so that functions can recognise such a number without knowing any engine. Single
    numbers (`Scalar`, `Dual`) are in `dpkit.number`, whole arrays (`Tensor`) in `dpkit.box`.
    """

    __slots__ = ()
    whole = False  # one number; True for arrays

    def _apply(self, name: str, *args: Any) -> Any:
        raise NotImplementedError


class Infix(Number):
    """The operators, written once: each is ``_binary`` with the name of its primitive."""

    __slots__ = ()

    def _binary(self, name: str, x: Any, y: Any) -> Any:
        raise NotImplementedError

    def __add__(self, other: Any) -> Any:
        return self._binary("add", self, other)

    def __radd__(self, other: Any) -> Any:
        return self._binary("add", other, self)

    def __sub__(self, other: Any) -> Any:
        return self._binary("sub", self, other)

    def __rsub__(self, other: Any) -> Any:
        return self._binary("sub", other, self)

    def __mul__(self, other: Any) -> Any:
        return self._binary("mul", self, other)

    def __rmul__(self, other: Any) -> Any:
        return self._binary("mul", other, self)

    def __truediv__(self, other: Any) -> Any:
        return self._binary("div", self, other)

    def __rtruediv__(self, other: Any) -> Any:
        return self._binary("div", other, self)

    def __pow__(self, other: Any) -> Any:
        return self._binary("power", self, other)

    def __rpow__(self, other: Any) -> Any:
        return self._binary("power", other, self)


class Backend:
    """The words of one array library, as attributes.

    name: how messages call it.
    library: where words are looked up that are not written out.
    words: the words that are written out.
    stages: the pullbacks of each primitive in these words, filled as needed by `dpkit.table`.
    """

    def __init__(self, name: str, library: Any, words: dict[str, Any]) -> None:
        self.name, self.library = name, library
        self.stages: dict[tuple[str, int], Callable[..., Any] | None] = {}
        self.__dict__.update(words)

    def __getattr__(self, word: str) -> Any:
        if word.startswith("_"):
            raise AttributeError(word)
        found = getattr(self.library, word, None)
        if found is None:
            raise NotImplementedError(f"{self.name} has no {word}, which is needed here.")
        setattr(self, word, found)
        return found

    def __repr__(self) -> str:
        return f"Backend({self.name})"


BACKENDS: dict[type, Backend] = {}  # by the type of the values; where speed counts, look here first
_STRANGE = (np.matrix, np.ma.MaskedArray)  # arrays whose operators mean something else
_NUMPY = Backend("numpy", np, WORDS)


def register(kind: type, backend: Backend) -> None:
    """Let values of this type be computed by this backend."""
    BACKENDS[kind] = backend


for _kind in (np.ndarray, np.float64, np.float32):
    register(_kind, _NUMPY)


def backend_of(*values: Any) -> Backend:
    """The backend of the arrays among the values; numpy's, if all are plain numbers.

    Raises TypeError if arrays of several libraries are mixed, or if something is no number at all.
    """
    found = None
    for x in values:
        kind = type(x)
        if kind is float or kind is int:
            continue
        backend = BACKENDS.get(kind) or _introduce(x)
        if backend is not found:
            found = backend if found is None else _agree(found, backend, values)
    return found or _NUMPY


def is_array(x: Any) -> bool:
    """Is x an array of some library, and not a number with a derivative?"""
    if isinstance(x, (np.ndarray, np.generic)):
        return True
    return not isinstance(x, (Number, float, int)) and (
        is_torch(x) or hasattr(x, "__array_namespace__")
    )


def is_torch(x: object) -> bool:
    """Is x a torch tensor? torch is not imported to find out."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(x, torch.Tensor)


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array; () for a plain number."""
    shape = getattr(x, "shape", ())
    return shape if type(shape) is tuple else tuple(shape)


def need_real(x: Any) -> None:
    """Raise TypeError if x cannot be a constant in a program that is differentiated."""
    if isinstance(x, (np.ndarray, np.generic)):
        real = x.dtype.kind in "fiub"  # floats, integers and bools, in numpy's letters
    else:
        real = "complex" not in str(getattr(x, "dtype", ""))
    if not real:
        raise TypeError(
            f"Derivatives are for real numbers, but here an array of shape {shape_of(x)} and dtype "
            f"{x.dtype} met a tensor. Take .real of complex numbers; x.astype(float) makes real "
            "numbers of others, if they are such."
        )
    if is_torch(x) and x.requires_grad:
        raise TypeError(
            f"A torch tensor of shape {shape_of(x)} that requires grad met a tensor of dpkit, but "
            "the two follow derivatives separately. Use x.detach(), or dp.tensor(x, "
            "requires_grad=True)."
        )


def _introduce(x: Any) -> Backend:
    """Find the backend for a type that was not seen before, and remember it."""
    kind = type(x)
    if issubclass(kind, _STRANGE):
        raise TypeError(
            f"A {kind.__name__} of shape {shape_of(x)} follows rules of its own, which derivatives "
            "would get wrong. np.asarray(x) makes an ordinary array of it."
        )
    if isinstance(x, (np.ndarray, np.generic, bool)):
        backend = _NUMPY
    elif isinstance(x, Number):  # Scalars and Duals live in numpy's arrays of objects
        backend = next((BACKENDS[each] for each in kind.__mro__ if each in BACKENDS), _NUMPY)
    elif is_torch(x):
        from dpkit.backends import _torch

        torch = sys.modules["torch"]
        backend = BACKENDS.get(torch.Tensor) or Backend("torch", torch, _torch.WORDS)
        register(torch.Tensor, backend)
    elif hasattr(x, "__array_namespace__"):
        from dpkit.backends import _standard

        library, words = _standard.words_of(x)
        name = getattr(library, "__name__", "the library").split(".")[-1]
        backend = next((b for b in BACKENDS.values() if b.name == name), None) or Backend(
            name, library, words
        )
    else:
        raise TypeError(
            f"A number or an array of numbers is needed here, but {x!r}, a {kind.__name__}, was "
            "given. (np.array(...) makes an array of a list of numbers.)"
        )
    register(kind, backend)
    return backend


def _agree(a: Backend, b: Backend, values: Sequence[Any]) -> Backend:
    """Numbers with derivatives look after the arrays inside them; other mixtures are refused."""
    for backend in (a, b):
        if backend.name == "dpkit":
            return backend
    described = " and ".join(
        f"a {type(x).__module__.split('.')[0]} array of shape {shape_of(x)}"
        for x in values
        if type(x) is not float and type(x) is not int
    )
    raise TypeError(
        f"Arrays of different libraries do not mix: {described}. Turn one into the other's kind "
        "first, for example with torch.as_tensor(x) or x.numpy()."
    )
