"""What a program says once its Params are known: they become numbers, and what they decide is decided."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence

import numpy as np

from dpkit.programs.terpret.names import subscripts
from dpkit.programs.terpret.static import Unknown, integer
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["Filling", "Renamed", "names_in"]


class Filling:
    """A program and its Params. times: which axis of a variable is the time, and not to be printed."""

    def __init__(
        self, program: Unrolled, params: Mapping[str, np.ndarray], times: Mapping[str, int]
    ) -> None:
        self.program, self.params, self.times = program, params, times

    def size(self, opened: ast.expr) -> int:
        """How many values a variable, or a function's result, can have."""
        called = isinstance(opened, ast.Call)
        base = opened.func if isinstance(opened, ast.Call) else subscripts(opened)[0]
        assert isinstance(base, ast.Name)
        thing = self.program.declared[base.id]
        return int(thing.out if called else thing.size)  # type: ignore[union-attr]

    def decides(self, body: Sequence[ast.stmt], name: str, known: dict[str, int]) -> bool:
        """Whether it makes a difference which number a name is: a Param is read there, or it is
        compared with something that is known."""
        for node in ast.walk(ast.Module(list(body), [])):
            _, indices = self.param(node)
            if any(name in names_in(ast.unparse(each)) for each in indices):
                return True
            if isinstance(node, ast.Compare) and name in names_in(ast.unparse(node.comparators[0])):
                base, _ = self.param(node.left)
                if base:
                    return True
        return False

    def param(self, node: ast.AST) -> tuple[str, list[ast.expr]]:
        """`goto[i][j]` is ("goto", [i, j]), if goto is a Param; anything else is ("", [])."""
        if isinstance(node, ast.Subscript):
            base, indices = subscripts(node)
            if isinstance(base, ast.Name) and base.id in self.params:
                return base.id, indices
        return "", []

    def number(self, expression: ast.expr, known: dict[str, int]) -> int:
        return integer(self.filled(expression, known), {**self.program.constants, **known})

    def filled(self, expression: ast.expr, known: dict[str, int]) -> ast.expr:
        return _Filled(self, known).visit(copy.deepcopy(expression))

    def text(self, expression: ast.expr, known: dict[str, int]) -> str:
        return ast.unparse(ast.fix_missing_locations(self.filled(expression, known)))


class _Filled(ast.NodeTransformer):
    """Params become their values, known numbers theirs; the time falls away."""

    def __init__(self, filling: Filling, known: dict[str, int]) -> None:
        self.filling, self.known = filling, known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        names = {**self.filling.program.constants, **self.known}
        if node.id in names:
            return ast.Constant(names[node.id])
        param = self.filling.params.get(node.id)
        return ast.Constant(int(param)) if param is not None and not param.shape else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """`3 - 2 + k` is printed as `1 + k`."""
        node = ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
        try:
            return ast.Constant(integer(node, {}))
        except Unknown:
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name, indices = self.filling.param(node)
        if name:
            try:
                return ast.Constant(int(self.filling.params[name][tuple(
                    self.filling.number(each, self.known) for each in indices)]))  # fmt: skip
            except Unknown:
                pass
        base, indices = subscripts(node)
        if not isinstance(base, ast.Name):
            return node
        axis = self.filling.times.get(base.id)
        built: ast.expr = base
        for k, each in enumerate(indices):
            if k != axis:
                built = ast.Subscript(
                    built, _computed(self.visit(each), self.filling.program.constants)
                )
        return built


class Renamed(ast.NodeTransformer):
    """What a name was given for stands in its place."""

    def __init__(self, name: str, by: ast.expr) -> None:
        self.name, self.by = name, by

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return copy.deepcopy(self.by) if node.id == self.name else node


def _computed(index: ast.expr, constants: Mapping[str, int]) -> ast.expr:
    """`3 - 2 + 1` is printed as 2."""
    try:
        return ast.Constant(integer(index, constants))
    except Unknown:
        return index


def names_in(text: str) -> set[str]:
    """Of a printed line."""
    try:
        tree = ast.parse(text.removeprefix("goto ").removesuffix(":").removeprefix("if "))
    except SyntaxError:
        return set(text.replace(":", " ").replace("[", " ").replace("]", " ").split())
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}
