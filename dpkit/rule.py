"""What a row of the table of derivatives looks like, and how its texts become functions."""

from __future__ import annotations

import ast
import math
from collections.abc import Callable
from dataclasses import dataclass
from types import CodeType
from typing import Any

from dpkit import functions

__all__ = ["Misreading", "Rule", "misread", "rule", "scaled"]

Partial = Callable[..., Any]


@dataclass(frozen=True)
class Misreading:
    """A local derivative as it is often, and wrongly, written.

    kind: identifier in `dpkit.catalogue.CATALOGUE`.
    wrong: the mistaken text for each argument it concerns, by position.
    sentence: what to tell the person who wrote it; it never gives the right expression away.
    rank: of the mistakes that explain the same numbers, the lowest is told first; the scale is in
    `dpkit.diagnose.sites`.
    """

    kind: str
    wrong: dict[int, str]
    sentence: str
    rank: float = 1.0

    def partials(self) -> dict[int, Partial]:
        """The mistaken local derivatives as functions of ``(z, x)`` or ``(z, x, y)``."""
        return {k: _function(text) for k, text in self.wrong.items()}


@dataclass(frozen=True)
class Rule:
    """One row of the table.

    name: as in ``dp.name``; symbol: as it is drawn in a graph.
    value: a function of ``(x)`` or ``(x, y)``.
    partials: for each argument, the local derivative as a function of ``(z, x)`` or ``(z, x, y)``,
    where z is the value. All of them accept any kind of number that dpkit knows.
    text: the row as printed: the value, then the local derivatives.
    scaled: for each argument, the text of ``g`` times the local derivative, as array engines want
    it: written so that no array of ones is made and the precision of g is kept.
    """

    name: str
    symbol: str
    value: Callable[..., Any]
    partials: tuple[Partial, ...]
    misreadings: tuple[Misreading, ...]
    text: tuple[str, ...]
    scaled: tuple[str, ...]

    def slope(self, argument: int, *zxy: Any) -> Any:
        """The local derivative in one argument; infinite where the graph of the value is vertical,
        as that of sqrt is at 0."""
        try:
            return self.partials[argument](*zxy)
        except (ZeroDivisionError, ValueError):
            return math.inf

    def __repr__(self) -> str:
        value, *partials = self.text
        slopes = ", ".join(f"d{a} = {p}" for a, p in zip("xy", partials, strict=False))
        return f"{self.name}: z = {value}, {slopes}"


_WORDS: dict[str, Any] = {name: getattr(functions, name) for name in functions.__all__}
_WORDS |= {"nan": math.nan}


def _function(text: str, arguments: str = "z, x, y=None") -> Partial:
    code: CodeType = compile(f"lambda {arguments}: {text}", f"<dpkit rule: {text}>", "eval")
    return eval(code, _WORDS)  # the texts are the literals below and nothing else


def rule(
    name: str,
    value: str,
    *misreadings: Misreading,
    dx: str,
    dy: str = "",
    gx: str = "",
    gy: str = "",
    symbol: str = "",
) -> Rule:
    texts = (dx, dy) if dy else (dx,)
    return Rule(
        name,
        symbol or name,
        _function(value, "x, y" if dy else "x"),
        tuple(_function(text, "z, x, y" if dy else "z, x") for text in texts),
        misreadings,
        (value, *texts),
        tuple(given or scaled(text) for given, text in zip((gx, gy), texts, strict=False)),
    )


def scaled(slope: str) -> str:
    """The text of g times a slope, given as text.

    >>> scaled("1.0"), scaled("-z / y"), scaled("1.0 / (1.0 + x)")
    ('g', 'g * (-z / y)', 'g / (1.0 + x)')
    """
    if slope in ("1.0", "-1.0"):
        return slope.replace("1.0", "g")
    tree = ast.parse(slope, mode="eval").body
    if isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.Div):
        if isinstance(tree.left, ast.Constant) and tree.left.value == 1.0:
            return slope.replace("1.0", "g", 1)
    return f"g * ({slope})"


def misread(
    kind: str, sentence: str, *, dx: str = "", dy: str = "", rank: float = 1.0
) -> Misreading:
    return Misreading(kind, {k: text for k, text in enumerate((dx, dy)) if text}, sentence, rank)
