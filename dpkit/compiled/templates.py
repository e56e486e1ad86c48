"""From the text of a derivative to a piece of program text.

`dpkit.rules` says that the slope of x ** y in x is
``y * power(where((x == 0.0) & (y == 0.0), 1.0, x), y - 1.0)``. Where y is known to be 2, a person
would write ``2.0 * x``. This module does the same: it reads the text of a rule as a tree, puts in
what is known, works out what follows, and says it with the words of Python: ``math.exp`` for a
number, ``np.exp`` for a column of numbers. What comes out is a `Template`, with places for names.
"""

from __future__ import annotations

import ast
import math
import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

from dpkit.rules import RULES

__all__ = ["Piece", "Template", "constant", "fill", "template"]

# How tightly an expression holds together, in the order of Python's grammar.
CHOICE, SUM, PRODUCT, SIGN, ATOM = range(5)


class Template(NamedTuple):
    """An expression with places in it: for x, y and z as in the table, for z's adjoint g."""

    text: str
    rank: int
    size: int  # how many operations
    needs: dict[str, int]  # name -> how tightly what stands there must hold without brackets
    mentions: Counter[str]


@lru_cache(maxsize=4096)
def template(name: str, part: int, column: bool, x: Any, y: Any, g: Any) -> Template:
    """The value of a rule (part 0), or what its adjoint g gives to operand 1 or 2 (part 1, 2).

    x, y, g: these places, where they are known numbers.
    """
    rule = RULES[name]
    source = rule.scaled[part - 1] if part else rule.text[0]
    tree: ast.expr = ast.parse(source, mode="eval").body
    tree = _Fold({"x": x, "y": y, "g": g}).visit(tree)
    tree = _Words(column).visit(tree)
    needs = list(_needs(tree))
    operations = (ast.BinOp, ast.UnaryOp, ast.Call, ast.IfExp)
    return Template(
        re.sub(r"\b([xyzg])\b", r"{\1}", ast.unparse(tree)),
        _rank(tree),
        sum(isinstance(node, operations) for node in ast.walk(tree)),
        dict(needs),
        Counter(word for word, _ in needs),
    )


class _Fold(ast.NodeTransformer):
    """Put known numbers into an expression, and work out what follows from them.

    The slope of x ** y is long, because it is right at 0 too; for y = 2 it folds to 2 * x.
    """

    def __init__(self, known: dict[str, Any]) -> None:
        self.known = known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        value = self.known.get(node.id)
        return node if value is None else ast.Constant(value)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return _worked_out(node) if isinstance(node.operand, ast.Constant) else node

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        self.generic_visit(node)
        sides = (node.left, node.comparators[0])
        return _worked_out(node) if all(isinstance(e, ast.Constant) for e in sides) else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.BinOp(ast.Constant(), ast.Add() | ast.Sub() | ast.Mult(), ast.Constant()):
                return _worked_out(node)
            case ast.BinOp(ast.Constant(False) as no, ast.BitAnd(), _):
                return no
            case ast.BinOp(_, ast.BitAnd(), ast.Constant(False) as no):
                return no
            case ast.BinOp(ast.Constant(1.0), ast.Mult(), other):
                return other
            case ast.BinOp(other, ast.Mult(), ast.Constant(1.0)):
                return other
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        match node:
            case ast.Call(ast.Name("where"), [ast.Constant(condition), yes, no]):
                return yes if condition else no
            case ast.Call(ast.Name("power"), [_, ast.Constant(0.0)]):
                return ast.Constant(1.0)
            case ast.Call(ast.Name("power"), [base, ast.Constant(1.0)]):
                return base
            case ast.Call(ast.Name("power"), [ast.Name() as base, ast.Constant(2.0)]):
                return ast.BinOp(base, ast.Mult(), base)
        return node


def _worked_out(node: ast.expr) -> ast.Constant:
    code = compile(ast.fix_missing_locations(ast.Expression(node)), "<constant>", "eval")
    return ast.Constant(eval(code, {}))


# What the words of the table are called in Python, where not math.word or np.word.
_ON_NUMBERS = {
    "arcsin": "math.asin", "arccos": "math.acos", "arctan": "math.atan", "power": "math.pow",
    "abs": "abs", "maximum": "max", "minimum": "min",
}  # fmt: skip
_ON_COLUMNS = {"sigmoid": "dpkit.sigmoid", "softplus": "dpkit.softplus"}
# Some words must be spelled with others; no intermediate result of these overflows.
_SPELLED_ON_NUMBERS = {
    "relu": "where(x > 0.0, x, 0.0)",
    "sigmoid": "where(x > -700.0, 1.0 / (1.0 + exp(-x)), exp(x))",
    "softplus": "maximum(x, 0.0) + log1p(exp(-abs(x)))",
}
_SPELLED_ON_COLUMNS = {"relu": "maximum(x, 0.0)"}


class _Words(ast.NodeTransformer):
    """Say it with the words of Python: math for numbers, numpy for columns."""

    def __init__(self, column: bool) -> None:
        self.column = column
        self.words = _ON_COLUMNS if column else _ON_NUMBERS
        self.spelled = _SPELLED_ON_COLUMNS if column else _SPELLED_ON_NUMBERS

    def visit_Call(self, node: ast.Call) -> ast.expr:
        match node:
            case ast.Call(ast.Name("where"), [condition, yes, no]) if not self.column:
                return ast.IfExp(self.visit(condition), self.visit(yes), self.visit(no))
            case ast.Call(ast.Name(word), [ast.Name("x")]) if word in self.spelled:
                return self.visit(ast.parse(self.spelled[word], mode="eval").body)
            case ast.Call(ast.Name(word), arguments):
                word = self.words.get(word, f"{'np' if self.column else 'math'}.{word}")
                return ast.Call(ast.Name(word), [self.visit(each) for each in arguments], [])
        return node

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Name("math.nan") if node.id == "nan" else node


def _rank(tree: ast.AST) -> int:
    match tree:
        case ast.BinOp(_, ast.Add() | ast.Sub(), _):
            return SUM
        case ast.BinOp():
            return PRODUCT
        case ast.UnaryOp():
            return SIGN
        case ast.IfExp() | ast.Compare():
            return CHOICE
    return ATOM


def _needs(tree: ast.AST, need: int = CHOICE) -> Iterator[tuple[str, int]]:
    """The places in an expression, each with the rank needed there."""
    match tree:
        case ast.Name(word):
            if len(word) == 1:
                yield word, need
        case ast.BinOp(left, _, right):
            yield from _needs(left, _rank(tree))
            yield from _needs(right, _rank(tree) + 1)
        case ast.Call(_, arguments):
            for argument in arguments:
                yield from _needs(argument)
        case _:
            for child in ast.iter_child_nodes(tree):
                yield from _needs(child, ATOM)


# From templates to pieces -------------------------------------------------------------------------


class Piece(NamedTuple):
    """A piece of text that stands for a value; of size 0 if it is a name or a constant."""

    text: str
    rank: int = ATOM
    size: int = 0
    column: bool = False


def constant(x: float) -> Piece:
    if math.isfinite(x):
        text = repr(x)
    else:
        text = f"{'-' * (x < 0)}math.{'nan' if x != x else 'inf'}"
    return Piece(text, SIGN if text[0] == "-" else ATOM)


def fill(form: Template, places: dict[str, Piece]) -> Piece:
    """The template with pieces in its places."""
    if form.text in ("{g}", "{x}"):
        return places[form.text[1]]
    texts, size, column = {}, form.size, False
    for word, need in form.needs.items():
        text, rank, more, varies = places[word]
        texts[word] = text if rank >= need else f"({text})"
        size += more
        column = column or varies
    return Piece(form.text.format_map(texts), form.rank, size, column)
