"""The commonest operations of tensors, written out for speed.

``x + y`` on tensors would find its way through `dpkit.box` and `Tensor._by`, which expect anything:
another level, another tape, another library. Nearly always, though, both operands stand on the same
tape, or one is a plain constant. Then two dozen lines do the same in a third of the time, which
counts where arrays are small. Everything else takes the long way.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit.array_rules import unbroadcast
from dpkit.backends import BACKENDS, Number, backend_of, shape_of
from dpkit.box import apply, plain, words
from dpkit.table import pullback
from dpkit.tape import pausing

__all__ = ["fitted", "install"]

Pullback = Callable[[Any], Any]

_SIGNS = {"add": "+", "sub": "-", "mul": "*", "truediv": "/"}


def fitted(pull: Pullback, x: Any, z: Any) -> Pullback:
    """The pullback, with its result summed and cast to the shape and type of the argument x.

    z: the result of the operation, which is larger or more precise if x was broadcast or promoted.
    """
    shape, same = shape_of(x), x.dtype == z.dtype
    if same:
        return lambda g: unbroadcast(pull(g), shape)
    like = x[(slice(0, 0),) * len(shape)]  # as little of x as there can be
    return lambda g: words.cast(unbroadcast(pull(g), shape), like=like)


def install(tensor: type) -> None:
    """Give the class `Tensor` its operators."""
    for name, symbol, value in (
        ("add", "add", operator.add),
        ("sub", "sub", operator.sub),
        ("mul", "mul", operator.mul),
        ("div", "truediv", operator.truediv),
        ("matmul", "matmul", operator.matmul),
    ):
        setattr(tensor, f"__{symbol}__", _operator(tensor, name, value))
        setattr(tensor, f"__r{symbol}__", _reversed_operator(tensor, name, value))
        if name != "matmul":
            setattr(tensor, f"__i{symbol}__", _assignment(tensor, symbol, value))
    tensor._apply = _function(tensor)  # type: ignore[attr-defined]


def _operator(tensor: Any, name: str, value: Callable[[Any, Any], Any]) -> Any:
    """x + y and the like."""
    number, new = np.float64, tensor.__new__
    # Their rules are written in operators alone, so they are the same for every library.
    left: Any = pullback(words, name, 0)
    right: Any = pullback(words, name, 1)

    def method(self: Any, other: Any) -> Any:
        tape, kind = self._tape, type(other)
        if tape is None or (pausing and not tape.fresh):
            return self._binary(name, self, other)
        x = self._array
        if other is self and name == "mul":
            return apply("square", self)
        if kind is tensor:
            y, j = other._array, other._index
            if other._tape is not tape and not (
                other._tape is None and other._serial == tape.serial  # a leaf that it knows
            ):
                return self._binary(name, self, other)
            if type(y) is not type(x) and BACKENDS.get(type(y)) is not BACKENDS.get(type(x)):
                return self._binary(name, self, other)  # arrays of two libraries, or a box inside
        elif kind is float or kind is int:
            y, j = other, 0
        elif kind is type(x) and not isinstance(other, Number):
            y, j = other, 0
            tape.watch(other)
        else:
            return self._binary(name, self, other)
        try:
            z = value(x, y)
            pull = left(z, x, y)
        except Exception:
            return self._binary(name, self, other)  # which knows what to say
        alike = name == "matmul" or type(x) is type(z) is number
        if not alike and (x.shape != z.shape or x.dtype != z.dtype):
            pull = fitted(pull, x, z)
        if j:
            push = right(z, x, y)
            if not alike and (y.shape != z.shape or y.dtype != z.dtype):
                push = fitted(push, y, z)
            row: Any = (self._index, pull, j, push)
        else:
            row = (self._index, pull)
        result = new(tensor)
        result._array = z
        result._tape = tape
        rows = tape.rows
        result._index = len(rows)
        rows.append(row)
        return result

    return method


def _reversed_operator(tensor: Any, name: str, value: Callable[[Any, Any], Any]) -> Any:
    """y + x and the like, where y is a constant."""
    number, new = np.float64, tensor.__new__
    right: Any = pullback(words, name, 1)

    def method(self: Any, other: Any) -> Any:
        tape, kind = self._tape, type(other)
        if tape is None or (pausing and not tape.fresh):
            return self._binary(name, other, self)
        x = self._array
        if kind is type(x) and not isinstance(other, Number):
            tape.watch(other)
        elif kind is not float and kind is not int:
            return self._binary(name, other, self)
        try:
            z = value(other, x)
            pull = right(z, other, x)
        except Exception:
            return self._binary(name, other, self)  # which knows what to say
        alike = name == "matmul" or type(x) is type(z) is number
        if not alike and (x.shape != z.shape or x.dtype != z.dtype):
            pull = fitted(pull, x, z)
        result = new(tensor)
        result._array = z
        result._tape = tape
        rows = tape.rows
        result._index = len(rows)
        rows.append((self._index, pull))
        return result

    return method


def _assignment(tensor: Any, symbol: str, value: Callable[[Any, Any], Any]) -> Any:
    """x += y and the like. A leaf stays the leaf it is, as a step of an optimiser wants it."""

    def method(self: Any, other: Any) -> Any:
        if self._tape is not None or not self._requires_grad:
            return getattr(self, f"__{symbol}__")(other)
        if threading.get_ident() not in pausing:
            raise TypeError(
                f"x {_SIGNS[symbol]}= … would make a computed tensor of the leaf x, of shape "
                f"{self.shape}, and x.grad would be gone. A step of an optimiser belongs under "
                "dp.no_grad(); for a new tensor, write y = x "
                f"{_SIGNS[symbol]} …"
            )
        self.data = value(self._array, plain(other))
        return self

    return method


def _function(tensor: Any) -> Any:
    """dp.exp(x) and the like."""
    new = tensor.__new__

    def method(self: Any, name: str, *args: Any) -> Any:
        tape = self._tape
        if tape is None or (pausing and not tape.fresh) or len(args) != 1:
            return apply(name, *args)
        x = self._array
        xp = BACKENDS.get(type(x)) or backend_of(x)
        z = getattr(xp, name)(x)
        stage: Any = xp.stages.get((name, 0)) or pullback(xp, name, 0)
        result = new(tensor)
        result._array = z
        result._tape = tape
        rows = tape.rows
        result._index = len(rows)
        rows.append((self._index, stage(z, x)))
        return result

    return method
