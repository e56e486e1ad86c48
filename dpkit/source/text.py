"""Pieces of Python text: statements, branches, and adjoints that are scaled."""

from __future__ import annotations

import ast
import copy

from dpkit.source.algebra import Product
from dpkit.source.steps import If, Let, MakeList, Put, Step, constant

__all__ = [
    "Lines", "bare", "display", "explained", "fork", "indent", "negated", "renamed", "scale",
    "statement",
]  # fmt: skip

Lines = list[str]


def indent(lines: Lines) -> Lines:
    return [f"    {line}" for line in lines or ["pass"]]


def bare(target: ast.expr) -> str:
    return ast.unparse(target).removeprefix("(").removesuffix(")")


def statement(place: ast.expr, step: Let | Put) -> str:
    left, expr = ast.unparse(place), step.expr
    if step.augmented and isinstance(expr, ast.BinOp) and ast.unparse(expr.left) == left:
        sign = ast.unparse(ast.AugAssign(ast.Name("a"), expr.op, constant(1))).split()[1]
        return f"{left} {sign} {ast.unparse(expr.right)}"
    return f"{left} = {ast.unparse(expr)}"


def display(step: MakeList) -> str:
    items = ", ".join(ast.unparse(each) for each in step.items)
    if step.count is None:
        return f"[{items}]"
    return ast.unparse(ast.BinOp(ast.List([*step.items], ast.Load()), ast.Mult(), step.count))


def negated(step: If, test: str) -> str:
    return f"not {test}" if step.flag else ast.unparse(ast.UnaryOp(ast.Not(), step.test))


def fork(test: str, body: Lines, orelse: Lines, negated: str) -> Lines:
    if not body and not orelse:
        return []
    if not body:
        return [f"if {negated}:", *indent(orelse)]
    lines = [f"if {test}:", *indent(body)]
    if orelse and orelse[0].startswith("if ") and all(
        each.startswith((" ", "elif ", "else:")) for each in orelse[1:]
    ):  # fmt: skip
        return [*lines, f"el{orelse[0]}", *orelse[1:]]
    return lines + (["else:", *indent(orelse)] if orelse else [])


def explained(lines: Lines, statement: str, step: Step) -> Lines:
    """The lines, with the statement that they undo beside the first."""
    if not lines or getattr(step, "implicit", False):
        return lines
    return [f"{lines[0]}  # {statement}", *lines[1:]]


def renamed(leaf: ast.expr, base: str, new: str) -> ast.expr:
    leaf = copy.deepcopy(leaf)
    place = leaf
    while isinstance(place, ast.Subscript):
        place = place.value
    assert isinstance(place, ast.Name) and place.id == base
    place.id = new
    return leaf


def scale(place: ast.expr, products: list[Product]) -> Lines:
    """The adjoint of a name that is computed from itself is multiplied by the slope."""
    text = ast.unparse(place)
    if len(products) > 1:
        slope: ast.expr = products[0].tree(None)
        for each in products[1:]:
            sign = ast.Sub() if each.number < 0 else ast.Add()
            term = Product(abs(each.number), each.factors, each.divisors)
            slope = ast.BinOp(slope, sign, term.tree(None))
        return [f"{text} *= {ast.unparse(slope)}"]
    (only,) = products
    if not only.factors and not only.divisors:
        if only.number == 1:
            return []
        if only.number == -1:
            return [f"{text} = -{text}"]
    if any(isinstance(each, ast.IfExp) for each in only.factors):
        return [f"{text} = {ast.unparse(only.tree(place))}"]
    if only.number == 1 and not only.factors and len(only.divisors) == 1:
        return [f"{text} /= {ast.unparse(only.divisors[0])}"]
    return [f"{text} *= {ast.unparse(only.tree(None))}"]
