"""Arrays with derivatives: what `Tensor` (reverse mode) and `DualTensor` (forward mode) share.

A *box* holds an array and behaves like it: operators, indexing, methods, numpy's functions. Every
one of them ends in `apply`, which asks the engine of the box with the highest level (see
`dpkit.number`) to carry out a primitive from `dpkit.table`. The engine takes its own boxes open,
computes with what is inside, and wraps the result. What is inside may itself be a box, of a lower
level, and then the same happens again: that is all there is to derivatives of derivatives.

numpy's own functions work too: ``np.exp(t)`` and ``np.sum(t, axis=0)`` ask the box before they do
anything. What has no derivative rule raises a TypeError; nothing silently loses its gradient.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from dpkit.backends import (
    BACKENDS,
    Backend,
    Infix,
    Number,
    backend_of,
    need_real,
    register,
    shape_of,
)
from dpkit.complaints import complaint

__all__ = ["Box", "apply", "carry_out", "compared", "constant", "held", "plain", "words"]


def apply(name: str, *args: Any, **params: Any) -> Any:
    """Carry out a primitive on boxes and arrays.

    args: what may have a derivative. params: what may not, such as an axis.
    """
    if len(args) == 1 and isinstance(args[0], Box):
        return args[0]._by(args[0].level, name, args, params)
    top, level = None, -2.0
    for x in args:
        if isinstance(x, Box):
            if x.level > level:
                top, level = x, x.level
        elif isinstance(x, Number):
            raise TypeError(
                f"dp.{name} met {x!r} together with an array that has a derivative. Single numbers "
                "and arrays are followed by different engines: make the number an array too, as in "
                "dp.tensor(2.0, requires_grad=True) or dp.grad(f)(np.array(2.0))."
            )
    if top is not None:
        for x in args:
            if not isinstance(x, Box):
                need_real(x)
        return top._by(level, name, args, params)
    return carry_out(backend_of(*args), name, args, params)


def carry_out(xp: Backend, name: str, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Let a library carry out a primitive; if it cannot, say why in a sentence."""
    try:
        return getattr(xp, name)(*args, **params)
    except Exception as problem:
        explained = complaint(name, args, params, problem)
        if explained is problem:
            raise
        raise explained from problem


class Box(Infix):
    """An array with a derivative. An engine supplies `level`, `_inside` and `_by`."""

    __slots__ = ()
    whole = True

    level: float
    _inside: Any

    @classmethod
    def _by(cls, level: float, name: str, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        raise NotImplementedError

    def _apply(self, name: str, *args: Any) -> Any:
        return apply(name, *args)

    def detach(self) -> Any:
        """The same values as a constant: no derivative passes through it."""
        raise NotImplementedError

    # What the array says about itself ------------------------------------------------------------

    @property
    def shape(self) -> tuple[int, ...]:
        """The length of each axis."""
        return shape_of(self._inside)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return int(np.prod(self.shape, dtype=int))

    @property
    def dtype(self) -> Any:
        """The type of the elements, in the words of the library that holds them."""
        return self._inside.dtype

    @property
    def device(self) -> Any:
        """Where the elements are: "cpu", or a torch device."""
        return getattr(self._inside, "device", "cpu")

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("This tensor is a single number (its shape is ()), and has no length.")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        return (self[k] for k in range(len(self)))

    # Operators -----------------------------------------------------------------------------------

    def _binary(self, name: str, x: Any, y: Any) -> Any:
        return apply(name, x, y)

    def __matmul__(self, other: Any) -> Any:
        return self._binary("matmul", self, other)

    def __rmatmul__(self, other: Any) -> Any:
        return self._binary("matmul", other, self)

    def __pow__(self, other: Any) -> Any:
        if type(other) in (int, float) and other == 2:
            return apply("square", self)
        return self._binary("power", self, other)

    def __neg__(self) -> Any:
        return apply("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return apply("abs", self)

    def __getitem__(self, key: Any) -> Any:
        return apply("getitem", self, key=key)

    def __setitem__(self, key: Any, value: Any) -> None:
        self._move_to(apply("put", self, value, key=key))

    # (In the place of these two, `dpkit.arrays.indexing` puts others that understand every key.)

    # Comparisons look at the values only, and give the library's own arrays of True and False.

    def __lt__(self, other: Any) -> Any:
        return compared(operator.lt, self, other)

    def __le__(self, other: Any) -> Any:
        return compared(operator.le, self, other)

    def __gt__(self, other: Any) -> Any:
        return compared(operator.gt, self, other)

    def __ge__(self, other: Any) -> Any:
        return compared(operator.ge, self, other)

    def __eq__(self, other: object) -> Any:
        return NotImplemented if _no_number(other) else compared(operator.eq, self, other)

    def __ne__(self, other: object) -> Any:
        return NotImplemented if _no_number(other) else compared(operator.ne, self, other)

    __hash__ = object.__hash__

    # What would quietly lose the derivative is refused -------------------------------------------

    def __float__(self) -> float:
        raise TypeError(
            "Turning a tensor into a float would lose its derivative. Where you used the math "
            "module, use dp.exp, dp.sin and so on; for the value alone, write t.item()."
        )

    __int__ = __float__
    __complex__ = __float__

    def __format__(self, spec: str) -> str:
        return format(plain(self).item(), spec) if spec and self.size == 1 else str(self)

    def _stepwise(self, *_: Any) -> Any:
        raise TypeError(
            "Whole-number division, remainders and rounding go in steps, and have no useful "
            f"derivative; they were asked of a tensor of shape {self.shape}. t.detach() makes a "
            "constant of it; there are dp.maximum, dp.minimum and dp.where for what has kinks."
        )

    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _stepwise
    __round__ = __floor__ = __ceil__ = __trunc__ = _stepwise

    def __bool__(self) -> bool:
        raise TypeError(
            "A tensor is neither true nor false. Compare it with something, as in t > 0 "
            "(comparisons look at the values and give ordinary arrays of True and False)."
        )

    def __array__(self, *_: Any, **__: Any) -> Any:
        raise TypeError(
            f"numpy tried to make an ordinary array of a tensor of shape {self.shape}, which would "
            "lose its derivative. To put tensors together, use dp.stack or dp.concatenate; for the "
            "values alone, write t.numpy()."
        )

    # A box is a handle: assignment to an element, t[k] = v, moves it to a new value, and what was
    # computed before keeps the old one. A copy is a handle of its own, on the same value.

    def _twin(self) -> Any:
        twin = object.__new__(type(self))
        twin._move_to(self)
        return twin

    def _move_to(self, other: Any) -> None:
        slot: str
        for slot in type(self).__slots__:
            if hasattr(other, slot):
                setattr(self, slot, getattr(other, slot))

    def copy(self) -> Any:
        """The same values with the same derivative, in a tensor whose elements may be assigned to."""
        return self * 1.0 if getattr(self, "_tape", self) is None else self._twin()

    def __copy__(self) -> Any:
        return self._twin()

    def __deepcopy__(self, memo: dict[int, Any]) -> Any:
        return self.__copy__()

    # Methods, as arrays have them ----------------------------------------------------------------

    # (They are added by `dpkit.arrays`, which holds the functions of the same names.)

    # (numpy's and torch's functions, and how they find their way here, are in `dpkit.protocols`.)

    def __array_namespace__(self, api_version: str | None = None) -> Any:
        import dpkit

        return dpkit


def plain(x: Any) -> Any:
    """The ordinary array inside x, with every derivative taken off."""
    while isinstance(x, Box):
        x = x._inside
    return x


def held(x: Any) -> Any:
    """x for keeping: if it is a box, a handle that no later t[k] = v will move to a new value."""
    return x._twin() if isinstance(x, Box) else x


def constant(x: Any) -> Any:
    """The array inside x if nothing is ever differentiated with respect to x; otherwise x."""
    return x._inside if isinstance(x, Box) and x.level < 0 else x


def compared(relation: Callable[[Any, Any], Any], x: Any, y: Any) -> Any:
    x, y = plain(x), plain(y)
    try:
        backend_of(x, y)  # refuses what is no number, and mixtures
        return relation(x, y)
    except ValueError as problem:
        shapes = f"{shape_of(x)} and {shape_of(y)}"
        raise ValueError(f"Arrays of the shapes {shapes} cannot be compared.") from problem


def _no_number(x: Any) -> bool:
    """Is x something that no number is ever equal to?"""
    return x is None or isinstance(x, (str, bytes, list, tuple, dict, set, type))


class Words(Backend):
    """The vocabulary in which rules are written: ``xp.sum(g, axis=0)`` is the primitive sum.

    Arrays come by position, parameters by name. An array without derivative goes straight to the
    library that it belongs to.
    """

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)

        def word(x: Any, *others: Any, **params: Any) -> Any:
            if not others:
                xp = BACKENDS.get(type(x))
                if xp is not None and xp is not words:
                    return getattr(xp, name)(x, **params)
            return apply(name, x, *others, **params)

        setattr(self, name, word)
        return word


words = Words("dpkit", None, {})
register(Box, words)
