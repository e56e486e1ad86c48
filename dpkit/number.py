"""What every number with a derivative can do: operators, comparisons, and knowing its level.

**Operators.** ``a * b`` and ``dp.exp(a)`` find their row in `dpkit.rules` and hand it to the engine
(`Scalar` or `Dual`). A plain number may stand on either side; it is a constant.

**Comparisons** look at values only and return a plain bool, so ``if`` and ``while`` work.

**Levels.** Derivatives nest: inside a derivative with respect to x we may take one with respect
to y. Each call of `grad` or `jvp` opens a *level*, higher than all before it, and marks its own
numbers with it. Where two levels meet, the higher one treats the lower one as a constant that may
itself be waiting for its derivative. Without that mark, d/dx (x · d/dy (x + y)) comes out as 2
instead of 1: *perturbation confusion* (Siskind & Pearlmutter, "Nesting forward-mode AD in a
functional framework", Higher-Order and Symbolic Computation 21, 2008).
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from numbers import Real
from typing import Any

import numpy as np

from dpkit.backends import Infix
from dpkit.rules import RULES, Rule

__all__ = ["Arithmetic", "level_of", "new_level", "newest_level", "outer_engine", "plain"]

_open_levels = [0.0]  # level 0: numbers made by hand, outside any transform
_engines: list[bool] = []  # of the transforms that run now: do they follow whole arrays?
_last_level = 0


@contextmanager
def new_level(whole: bool = False) -> Iterator[float]:
    """Open a level above every level there has been, and close it at the end of the block.

    whole: does the transform that opens it follow whole arrays, rather than single numbers?
    """
    global _last_level
    _last_level += 1
    level = float(_last_level)
    _open_levels.append(level)
    _engines.append(whole)
    try:
        yield level
    finally:
        _open_levels.remove(level)
        _engines.pop()


def outer_engine() -> bool | None:
    """Does the outermost transform that runs now follow whole arrays? None if none runs."""
    return _engines[0] if _engines else None


def newest_level() -> float:
    """The level of the innermost transform that is running now; 0 outside all of them."""
    return _open_levels[-1]


def level_of(x: Any) -> float:
    """The level of a number; plain numbers are constants to everybody, below every level."""
    return x.level if isinstance(x, Arithmetic) else -1.0


def plain(x: Any) -> Any:
    """The plain number inside x, with every derivative taken off."""
    while isinstance(x, Arithmetic):
        x = x._inside
    return x


class Arithmetic(Infix):
    """The operators, written once for every engine.

    An engine supplies ``_inside`` (the number without this derivative), ``level``, and
    ``_by(rule, *operands)``, which applies one row of the table.
    """

    __slots__ = ()

    _inside: Any
    level: float

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Any:
        raise NotImplementedError

    def _apply(self, name: str, *operands: Any) -> Any:
        """Apply the rule called `name`, by the engine of the operand with the highest level."""
        rule = RULES.get(name)
        if rule is None:
            raise TypeError(f"dp.{name} has no row in dpkit.rules, so it has no derivative.")
        highest: Arithmetic = self
        numbers = []
        for x in operands:
            if isinstance(x, Arithmetic):
                if x.level > highest.level:
                    highest = x
            elif isinstance(x, Real) or (isinstance(x, np.ndarray) and x.ndim == 0):
                x = float(x)
            else:
                raise TypeError(
                    f"{type(self).__name__} numbers combine with numbers, but dp.{name} met "
                    f"{x!r}, a {type(x).__name__}."
                )
            numbers.append(x)
        return highest._by(rule, *numbers)

    # Every operator (see `Infix`) asks the table. What is not a number is left to the other side: a
    # numpy array then maps the operation over its elements, and anything else is a TypeError.

    def _binary(self, name: str, x: Any, y: Any) -> Any:
        other = y if x is self else x
        if not isinstance(other, (Arithmetic, Real)):
            return NotImplemented
        return self._apply(name, x, y)

    def __neg__(self) -> Any:
        return self._apply("neg", self)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self._apply("abs", self)

    def conjugate(self) -> Any:
        """The number itself, which is real; numpy asks for this in ``x.var()`` and ``x.std()``."""
        return self

    def __format__(self, spec: str) -> str:
        return format(plain(self), spec) if spec else str(self)

    # Comparisons ---------------------------------------------------------------------------------

    def __lt__(self, other: Any) -> bool:
        return plain(self) < plain(other)

    def __le__(self, other: Any) -> bool:
        return plain(self) <= plain(other)

    def __gt__(self, other: Any) -> bool:
        return plain(self) > plain(other)

    def __ge__(self, other: Any) -> bool:
        return plain(self) >= plain(other)

    def __eq__(self, other: object) -> Any:
        return plain(self) == plain(other)

    def __ne__(self, other: object) -> Any:
        return plain(self) != plain(other)

    # Equal values are still different nodes of a graph, so a node is hashed by its identity.
    __hash__ = object.__hash__

    # What would quietly lose the derivative is refused ------------------------------------------

    def __bool__(self) -> bool:
        kind = type(self).__name__
        raise TypeError(
            f"A {kind} is neither true nor false. Compare it with something, as in x != 0 "
            "(comparisons look at the value and give an ordinary True or False)."
        )

    def __float__(self) -> float:
        kind = type(self).__name__
        raise TypeError(
            f"Turning a {kind} into a float would lose its derivative. Where you used the math "
            "module, use dp.exp, dp.sin and so on; for the value alone, write "
            f"{'x.data' if kind == 'Scalar' else 'x.primal'}."
        )

    __int__ = __float__
    __complex__ = __float__


# numpy looks for these methods on the elements of an array, so np.exp(array_of_scalars) works, and
# so does np.exp(scalar). A function that has no row has no method either: numpy refuses it loudly.


def _method(rule: Rule) -> Any:
    def method(self: Arithmetic) -> Any:
        return self._by(rule, self)

    method.__name__ = rule.name
    method.__doc__ = f"The same as ``dp.{rule.name}(self)``."
    return method


for _rule in RULES.values():
    if len(_rule.partials) == 1 and _rule.name not in {"neg", "abs"}:
        setattr(Arithmetic, _rule.name, _method(_rule))
