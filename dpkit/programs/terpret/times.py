"""Which axis of a variable is the time, and whether a reader can do without it."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence

import numpy as np

from dpkit.programs.terpret.declared import Variable
from dpkit.programs.terpret.filling import Filling, Renamed, names_in
from dpkit.programs.terpret.names import subscripts
from dpkit.programs.terpret.static import Unknown
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["times"]

Cell = tuple[str, tuple[int, ...]]  # a variable, and its indices but the time


def times(program: Unrolled, params: Mapping[str, np.ndarray]) -> dict[str, int]:
    """The axis of each variable's time, where it can be left out."""
    axes = _axes(program)
    late = _Order(Filling(program, params, axes)).late
    return {name: axis for name, axis in axes.items() if name not in late}


class _Order:
    """Follows a program in the order of its statements, with these Params, and notes where an old value
    is read after a new one was set: there a variable cannot be printed without its time.

    For each variable, and each of its other indices: the times whose value is the newest one, too.
    """

    def __init__(self, filling: Filling) -> None:
        self.filling = filling
        self.newest: dict[Cell, frozenset[int]] = {}
        self.late: set[str] = set()
        self.block(filling.program.tree.body, {})

    def block(self, statements: Sequence[ast.stmt], known: dict[str, int]) -> None:
        for statement in statements:
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=target), args=[value])):
                    self.read(value, known)
                    self.set(target, value, known)
                case ast.For(target=ast.Name(id=name), iter=ast.Call(args=bounds)):
                    for k in range(*(self.filling.number(each, known) for each in bounds)):
                        self.block(statement.body, {**known, name: k})
                case ast.If(test=ast.Compare(left=left, comparators=[right])):
                    try:
                        same = self.filling.number(left, known) == self.filling.number(right, known)
                    except Unknown:
                        self.read(left, known)
                        self.ways([(statement.body, known), (statement.orelse, known)])
                    else:
                        self.block(statement.body if same else statement.orelse, known)
                case ast.With():
                    self.open(statement.items, statement.body, known)

    def open(
        self, items: Sequence[ast.withitem], body: Sequence[ast.stmt], known: dict[str, int]
    ) -> None:
        for item in items:
            self.read(item.context_expr, known)
        settings = [known]
        for item in items:
            assert isinstance(item.optional_vars, ast.Name)
            name = item.optional_vars.id
            if self.filling.decides(body, name, known):
                size = self.filling.size(item.context_expr)
                settings = [{**each, name: k} for each in settings for k in range(size)]
            else:
                renamed = Renamed(name, item.context_expr)
                body = [renamed.visit(copy.deepcopy(each)) for each in body]
        self.ways([(body, each) for each in settings])

    def ways(self, ways: Sequence[tuple[Sequence[ast.stmt], dict[str, int]]]) -> None:
        """One of these is gone: afterwards is known what all of them have in common."""
        before, after = self.newest, []
        for body, known in ways:
            self.newest = dict(before)
            self.block(body, known)
            after.append(self.newest)
        cells = set.intersection(*(set(each) for each in after))
        self.newest = {
            cell: frozenset.intersection(*(each[cell] for each in after)) for cell in cells
        }

    def cell(
        self, expression: ast.expr, known: dict[str, int]
    ) -> tuple[str, int, list[int | None]]:
        """The name, the time, and the other indices as far as they are known; ("", …) if it has none."""
        base, indices = subscripts(expression)
        axis = self.filling.times.get(base.id) if isinstance(base, ast.Name) else None
        if axis is None:
            return "", 0, []
        assert isinstance(base, ast.Name)
        numbers: list[int | None] = []
        for each in indices:
            try:
                numbers.append(self.filling.number(each, known))
            except Unknown:
                numbers.append(None)
        time = numbers.pop(axis)
        assert time is not None
        return base.id, time, numbers

    def read(self, expression: ast.expr, known: dict[str, int]) -> None:
        if isinstance(expression, ast.Subscript):
            for index in subscripts(expression)[1]:
                self.read(index, known)
            name, time, others = self.cell(expression, known)
            if not name:
                return
            times = [
                newest for (of, place), newest in self.newest.items()
                if of == name and all(b is None or a == b for a, b in zip(place, others, strict=True))
            ]  # fmt: skip
            if not times or not all(time in each for each in times):
                self.late.add(name)
            return
        for each in ast.iter_child_nodes(expression):
            if isinstance(each, ast.expr):
                self.read(each, known)

    def set(self, target: ast.expr, value: ast.expr, known: dict[str, int]) -> None:
        name, time, others = self.cell(target, known)
        if not name:
            return
        place = tuple(-1 if each is None else each for each in others)
        if -1 in place:
            self.late.add(name)
        same = frozenset[int]()
        if isinstance(value, ast.Subscript):
            source, _, where = self.cell(value, known)
            if source == name and where == others:  # what was read just now: it is the newest
                same = self.newest.get((name, place), same)
        self.newest[name, place] = same | {time}


def _axes(program: Unrolled) -> dict[str, int]:
    """Which axis of a variable is the time: that of a loop in which an element `[t + 1]` is set."""
    targets = [
        subscripts(node.func.value) for node in ast.walk(program.tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]  # fmt: skip
    times, axes = set(), {}
    for _, indices in targets:
        for each in indices:
            if isinstance(each, ast.BinOp) and isinstance(each.left, ast.Name):
                times.add(each.left.id)
    for base, indices in targets:
        assert isinstance(base, ast.Name)
        thing = program.declared[base.id]
        for axis, each in enumerate(indices):
            last = isinstance(thing, Variable) and thing.kind == "Var"
            if last and names_in(ast.unparse(each)) & times:
                axes[base.id] = axis
    return axes
