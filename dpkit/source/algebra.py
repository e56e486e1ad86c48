"""Local derivatives as text: the rows of `dpkit.rules`, put in place and tidied.

    >>> square = ast.parse("(a - 1) * (a - 1)", mode="eval").body
    >>> [(leaf, chain)] = slopes(square, {"a"}, Spelling(Names({"a"})))
    >>> leaf.id, ast.unparse(chain.tree(name("dy")))
    ('a', '2 * dy * (a - 1)')

A derivative is a `Product`: a number, factors, divisors. In that form ``* 1.0`` vanishes, signs
meet, and ``x * dy + x * dy`` becomes ``2 * x * dy`` of itself.
"""

from __future__ import annotations

import ast
import builtins
import copy
import math
import operator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from dpkit import functions
from dpkit.rules import RULES
from dpkit.source.steps import Names, constant, name

__all__ = [
    "RESULT",
    "Product",
    "Spelling",
    "depends",
    "known_function",
    "operation",
    "slopes",
    "substitute",
    "tidy",
    "total",
]

RESULT = "<result>"  # in a derivative: the value that the statement has just computed

_OPERATORS: dict[type, str] = {
    ast.Add: "add", ast.Sub: "sub", ast.Mult: "mul", ast.Div: "div", ast.Pow: "power",
}  # fmt: skip
_FOLD: dict[type, Any] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
}  # fmt: skip
_COMPARE: dict[type, Any] = {
    ast.Eq: operator.eq, ast.NotEq: operator.ne, ast.Gt: operator.gt, ast.GtE: operator.ge,
    ast.Lt: operator.lt, ast.LtE: operator.le,
}  # fmt: skip
_IN_MATH = {"arcsin": "asin", "arccos": "acos", "arctan": "atan", "power": "pow", "abs": "fabs"}


def _known() -> dict[Any, str]:
    found: dict[Any, str] = {}
    for row in RULES:
        for module, spelling in ((functions, row), (np, row), (math, _IN_MATH.get(row, row))):
            if hasattr(module, spelling):
                found[getattr(module, spelling)] = row
    found |= {np.absolute: "abs", builtins.abs: "abs", builtins.pow: "power"}
    return found | {builtins.max: "maximum", builtins.min: "minimum", builtins.float: "float"}


_KNOWN = _known()


def known_function(f: Any) -> str | None:
    """The row of the table that a function stands for, in dpkit, math, numpy or Python."""
    try:
        return _KNOWN.get(f)
    except TypeError:  # not hashable
        return None


class Spelling:
    """How the reader writes functions, so that derivatives are written likewise.

    imports: the modules that the text needs, and what it calls them. bare: functions imported by
    name, as {function: module}. names: which names are free.
    """

    def __init__(self, names: Names) -> None:
        self.names = names
        self.imports: dict[str, str] = {}
        self.bare: dict[str, str] = {}

    def alias(self, module: str, preferred: str) -> str:
        """What the text calls a module."""
        if module not in self.imports:
            self.imports[module] = self.names.fresh(preferred, f"{preferred}_module")
        return self.imports[module]

    def function(self, row: str, module: str, qualified: bool = True) -> ast.expr:
        """The function of that row, from that module or, where that has none, from another."""
        if module not in ("math", "numpy", "dpkit"):
            module = "math"
        spelling = _IN_MATH.get(row, row) if module == "math" else row
        if not qualified and self.bare.get(spelling, module) == module:
            if spelling in self.bare or spelling not in self.names.taken:
                self.bare[spelling] = module
                self.names.taken.add(spelling)
                return name(spelling)
        preferred = {"numpy": "np", "dpkit": "dp"}.get(module, module)
        return ast.Attribute(name(self.alias(module, preferred)), spelling, ast.Load())


def operation(node: ast.expr) -> tuple[str, list[ast.expr]] | None:
    """The row of the table by which a node is computed, and its operands; None for anything else.

    The row "float" stands for what leaves a number as it is.
    """
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATORS:
        return _OPERATORS[type(node.op)], [node.left, node.right]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, (ast.USub, ast.UAdd)):
        return ("neg" if isinstance(node.op, ast.USub) else "float"), [node.operand]
    if isinstance(node, ast.Call):
        row = getattr(node, "row", None)  # written there by dpkit.source.calls
        if row:
            return row, node.args
    return None


def depends(node: ast.expr, varied: set[str]) -> bool:
    """Whether a node has a derivative in the varied names."""
    if isinstance(node, ast.Name):
        return node.id in varied
    if isinstance(node, ast.Subscript):
        return depends(node.value, varied)
    op = operation(node)
    return op is not None and any(depends(each, varied) for each in op[1])


# Products -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Product:
    """number · factors / divisors"""

    number: float = 1
    factors: tuple[ast.expr, ...] = ()
    divisors: tuple[ast.expr, ...] = ()

    def __mul__(self, other: Product) -> Product:
        return Product(
            self.number * other.number,
            self.factors + other.factors,
            self.divisors + other.divisors,
        )

    @classmethod
    def of(cls, node: ast.expr) -> Product:
        if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
            return cls(node.value)
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
            return cls(-1) * cls.of(node.operand)
        if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Mult, ast.Div)):
            left, right = cls.of(node.left), cls.of(node.right)
            if isinstance(node.op, ast.Mult):
                return left * right
            if right.number:
                return left * cls(_whole(1 / right.number), right.divisors, right.factors)
        return cls(1, (node,))

    def key(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The same for two products that differ by a number only."""
        return (
            tuple(sorted(ast.unparse(each) for each in self.factors)),
            tuple(sorted(ast.unparse(each) for each in self.divisors)),
        )

    def tree(self, adjoint: ast.expr | None) -> ast.expr:
        """The product as an expression, times the adjoint; None stands for an adjoint of 1."""
        factors = list(self.factors) if adjoint is None else [adjoint, *self.factors]
        choice = next((k for k, each in enumerate(factors) if isinstance(each, ast.IfExp)), None)
        if choice is not None:  # a · (p if c else q) reads better as a·p if c else a·q
            picked = factors.pop(choice)
            assert isinstance(picked, ast.IfExp)
            rest = replace(self, factors=tuple(factors))
            arms = ((rest * Product.of(arm)).tree(None) for arm in (picked.body, picked.orelse))
            return ast.IfExp(picked.test, *arms)
        if not self.number:
            return constant(0.0)
        number = _whole(self.number)
        if not factors:
            result: ast.expr = constant(float(self.number))
        else:
            if number == -1:
                factors[0] = ast.UnaryOp(ast.USub(), factors[0])
            elif number < 0:
                factors.insert(0, ast.UnaryOp(ast.USub(), constant(-number)))
            elif number != 1:
                factors.insert(0, constant(number))
            result = factors[0]
            for each in factors[1:]:
                result = ast.BinOp(result, ast.Mult(), each)
        if self.divisors:
            below = self.divisors[0]
            for each in self.divisors[1:]:
                below = ast.BinOp(below, ast.Mult(), each)
            result = ast.BinOp(result, ast.Div(), below)
        return result


def total(products: list[Product]) -> list[Product]:
    """The terms of a sum, with those that differ by a number only made one."""
    found: dict[Any, Product] = {}
    for each in products:
        key = each.key()
        known = found.get(key)
        found[key] = each if known is None else replace(known, number=known.number + each.number)
    return [each for each in found.values() if each.number]


def _whole(number: float) -> float:
    return int(number) if abs(number) < 1e15 and number == int(number) else number


# From a row to a derivative -----------------------------------------------------------------------


def slopes(node: ast.expr, varied: set[str], spelling: Spelling) -> list[tuple[ast.expr, Product]]:
    """The derivative of an expression with respect to each of its leaves that varies.

    Returns (leaf, product) pairs: a leaf that occurs twice comes twice, with terms to be added.
    """
    found: list[tuple[ast.expr, Product]] = []

    def visit(node: ast.expr, chain: Product, root: bool) -> None:
        if not depends(node, varied):
            return
        op = operation(node)
        if op is None:
            found.append((node, chain))
            return
        row, operands = op
        for k, operand in enumerate(operands):
            if depends(operand, varied):
                visit(operand, chain * partial(node, row, operands, k, root, spelling), False)

    visit(node, Product(), True)
    leaves: dict[str, tuple[ast.expr, list[Product]]] = {}
    for leaf, product in found:
        leaves.setdefault(ast.unparse(leaf), (leaf, []))[1].append(product)
    return [(leaf, term) for leaf, terms in leaves.values() for term in total(terms)]


def partial(
    node: ast.expr, row: str, operands: list[ast.expr], k: int, root: bool, spelling: Spelling
) -> Product:
    """The local derivative of one operation in its k-th operand."""
    if row == "float":
        return Product()
    meaning = dict(zip("xy", operands, strict=False))
    meaning["z"] = name(RESULT) if root else node
    return Product.of(tidy(substitute(_parsed(RULES[row].text[1 + k]), meaning, node, spelling)))


def mentions(row: str, k: int) -> set[str]:
    """Which of x, y and z the k-th local derivative of a row is written in."""
    if row == "float":
        return set()
    return {n.id for n in ast.walk(_parsed(RULES[row].text[1 + k]))
            if isinstance(n, ast.Name)} & set("xyz")  # fmt: skip


def _parsed(text: str) -> ast.expr:
    return ast.parse(text, mode="eval").body


def substitute(
    node: ast.expr, meaning: dict[str, ast.expr], like: ast.expr, spelling: Spelling
) -> ast.expr:
    """The text of a rule with the program's own operands in the place of x, y and z.

    like: the operation; other functions are written as its own is.
    """
    module = getattr(like, "module", "math")
    qualified = not (isinstance(like, ast.Call) and isinstance(like.func, ast.Name))

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            if node.id == "nan":
                return ast.Attribute(name(spelling.alias("math", "math")), "nan", ast.Load())
            return copy.deepcopy(meaning[node.id]) if node.id in meaning else node

        def visit_Call(self, node: ast.Call) -> ast.expr:
            assert isinstance(node.func, ast.Name)
            args = [self.visit(each) for each in node.args]
            if node.func.id == "where":
                return ast.IfExp(*args)
            if node.func.id == "power":
                return ast.BinOp(args[0], ast.Pow(), args[1])
            call = ast.Call(spelling.function(node.func.id, module, qualified), args, [])
            call.row, call.module = node.func.id, module  # type: ignore[attr-defined]
            return call

    return Replace().visit(copy.deepcopy(node))


# Tidying ------------------------------------------------------------------------------------------


def tidy(node: ast.expr) -> ast.expr:
    """The same expression without what a careful person would not write."""
    return _Tidy().visit(node)


class _Tidy(ast.NodeTransformer):
    def __init__(self) -> None:
        self.tests: list[str] = []  # of the choices that the node is inside of, on the true side

    def visit_IfExp(self, node: ast.IfExp) -> ast.expr:
        test = self.visit(node.test)
        if isinstance(test, ast.Constant):
            return self.visit(node.body if test.value else node.orelse)
        text = ast.unparse(test)
        if text in self.tests:
            return self.visit(node.body)
        self.tests.append(text)
        body = self.visit(node.body)
        self.tests.pop()
        return ast.IfExp(test, body, self.visit(node.orelse))

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        left, right = self.visit(node.left), self.visit(node.comparators[0])
        compare, a, b = _COMPARE.get(type(node.ops[0])), _value(left), _value(right)
        if compare and len(node.ops) == 1 and a is not None and b is not None:
            return constant(bool(compare(a, b)))
        return ast.Compare(left, node.ops, [right, *node.comparators[1:]])

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner = self.visit(node.operand)
        if isinstance(node.op, ast.USub) and isinstance(inner, ast.UnaryOp):
            if isinstance(inner.op, ast.USub):
                return inner.operand
        return ast.UnaryOp(node.op, inner)

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        left, right, op = self.visit(node.left), self.visit(node.right), node.op
        if isinstance(op, ast.BitAnd):  # between comparisons, in the rules
            sides = [each for each in (left, right) if not isinstance(each, ast.Constant)]
            if len(sides) == 2:
                return ast.BoolOp(ast.And(), [left, right])
            known = right if sides and sides[0] is left else left
            assert isinstance(known, ast.Constant)
            return constant(False) if not known.value else (sides[0] if sides else right)
        a, b = _value(left), _value(right)
        if a is not None and b is not None and type(op) in _FOLD:
            if not (isinstance(op, ast.Div) and not b):
                return _number(_whole(_FOLD[type(op)](a, b)))
        if isinstance(op, ast.Pow) and b in (0, 1):
            return left if b else constant(1.0)
        return ast.BinOp(left, op, right)


def _value(node: ast.expr) -> float | None:
    """The number that stands here, if one does."""
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        below = _value(node.operand)
        return None if below is None else -below
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    return None


def _number(value: float) -> ast.expr:
    # A minus sign binds less than a power: (-2) ** x must not be written from a constant -2.
    return constant(value) if value >= 0 else ast.UnaryOp(ast.USub(), constant(-value))
