"""Forward mode: a number that carries its derivative along.

    >>> x = Dual(3.0, 1.0)          # x moves with speed 1 …
    >>> (x * x).tangent             # … so x² moves with speed 6
    6.0

A dual number is ``primal + tangent · ε`` with ``ε² = 0`` (Clifford 1873). Every operation computes
its value from the primals and, beside it, how fast that value moves:

    ż = ∂z/∂x · ẋ + ∂z/∂y · ẏ

One pass gives the derivative in one direction, at about twice the price of the program alone.
"""

from __future__ import annotations

from numbers import Real
from typing import Any

from dpkit.backends import backend_of, shape_of
from dpkit.box import Box, apply, constant, words
from dpkit.number import Arithmetic, level_of, newest_level
from dpkit.rules import Rule
from dpkit.table import is_elementwise, pushforward

__all__ = ["Dual", "DualTensor"]

_STEP = 2.0**-20  # numbers made by hand stand just above what is inside them


class Dual(Arithmetic):
    """A real number and how fast it moves.

    primal: the value; tangent: its derivative along the chosen direction (0 for a constant).
    Both are real numbers, or themselves numbers with a derivative: a Dual of Duals carries second
    derivatives.

    Raises TypeError if either is not a real number.
    """

    __slots__ = ("level", "primal", "tangent")

    primal: Any
    tangent: Any

    def __init__(self, primal: Any, tangent: Any = 0.0) -> None:
        for what, x in (("primal", primal), ("tangent", tangent)):
            if not isinstance(x, (Real, Arithmetic)) or isinstance(x, bool):
                raise TypeError(
                    f"The {what} of a Dual is one real number, but was {x!r}, a {type(x).__name__}. "
                    "(For whole arrays: dp.jvp(f, (array,), (tangent,)).)"
                )
        self.primal = primal if isinstance(primal, Arithmetic) else float(primal)
        self.tangent = tangent if isinstance(tangent, Arithmetic) else float(tangent)
        self.level = max(newest_level(), level_of(primal), level_of(tangent)) + _STEP

    @classmethod
    def _at(cls, level: float, primal: Any, tangent: Any) -> Dual:
        """A Dual of a given level: what transforms and operations make."""
        dual = cls.__new__(cls)
        dual.primal, dual.tangent, dual.level = primal, tangent, level
        return dual

    @classmethod
    def _by(cls, rule: Rule, *operands: Any) -> Dual:
        level = max(level_of(x) for x in operands)
        mine = [level_of(x) == level for x in operands]
        values = [x.primal if own else x for own, x in zip(mine, operands, strict=True)]
        z = rule.value(*values)
        moves: Any = 0.0
        for n, (own, x) in enumerate(zip(mine, operands, strict=True)):
            if own and not (type(x.tangent) is float and x.tangent == 0.0):
                moves = moves + rule.slope(n, z, *values) * x.tangent
        return cls._at(level, z, moves)

    @property
    def _inside(self) -> Any:
        return self.primal

    def __repr__(self) -> str:
        return f"Dual({self.primal!r}, {self.tangent!r})"


class DualTensor(Box):
    """An array and how fast it moves: forward mode for whole arrays. Made by `dpkit.jvp`.

    primal: the values. tangent: how they move, an array of the same shape; None stands for zero.
    """

    __slots__ = ("level", "primal", "tangent")

    def __init__(self, level: float, primal: Any, tangent: Any) -> None:
        self.level, self.primal, self.tangent = level, primal, tangent

    @classmethod
    def _by(cls, level: float, name: str, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        moving = [isinstance(x, DualTensor) and x.level == level for x in args]
        values = [x.primal if own else constant(x) for own, x in zip(moving, args, strict=True)]
        z = apply(name, *values, **params)
        moves = None
        for n, (own, x) in enumerate(zip(moving, args, strict=True)):
            if not own or x.tangent is None:
                continue
            push = pushforward(backend_of(*values), name, n)
            if push is not None:
                share = push(x.tangent, z, *values, **params)
                if is_elementwise(name) and shape_of(share) != shape_of(z):
                    share = words.broadcast(share, shape=shape_of(z))
                moves = share if moves is None else moves + share
        return cls(level, z, moves)

    @property
    def _inside(self) -> Any:
        return self.primal

    def detach(self) -> Any:
        """The same values as a constant, which does not move."""
        inside = self.primal
        return inside.detach() if isinstance(inside, Box) else inside

    def __repr__(self) -> str:
        return f"DualTensor({self.primal!r}, {self.tangent!r})"
