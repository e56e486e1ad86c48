"""A learned program, printed for a reader: Params filled in, what cannot happen left out.

A loop over time is printed once, and without the time: what `X[t + 1]` is set to is the new X. The time
stays where an old value is read after a new one was set. Setting a variable to itself is left out.
`with instr_ptr[t] as i:` becomes one block for each value, of which one is done, if Params depend on i;
otherwise i is just another name for the variable.
"""

from __future__ import annotations

import ast
import copy
import re
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dpkit.programs.terpret.declared import Variable
from dpkit.programs.terpret.names import subscripts
from dpkit.programs.terpret.static import Unknown, integer
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["listing"]

Cell = tuple[str, tuple[int, ...]]  # a variable, and its indices but the time


def listing(program: Unrolled, params: Mapping[str, Any]) -> str:
    """The text. params: {name: whole numbers}."""
    values = {name: np.asarray(value, int) for name, value in params.items()}
    head = [f"{name} = {value.tolist()}" for name, value in values.items()]
    lines = _Printer(program, values).block(program.tree.body, {})
    tidy = [line for k, line in enumerate(lines) if line or k and lines[k - 1]]
    return "\n".join([*head, "", *tidy]).strip() + "\n"


class _Printer:
    def __init__(self, program: Unrolled, params: Mapping[str, np.ndarray]) -> None:
        self.program, self.params = program, params
        self.axes = _axes(program)
        for name in _Order(self).late:
            del self.axes[name]

    def block(self, statements: Sequence[ast.stmt], known: dict[str, int]) -> list[str]:
        lines: list[str] = []
        for statement in statements:
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=target), args=[value])):
                    left, right = self.text(target, known), self.text(value, known)
                    lines += [f"{left} = {right}"] if left != right else []
                case ast.For():
                    lines += self.loop(statement, known)
                case ast.If():
                    lines += self.choice(statement, known)
                case ast.With():
                    lines += self.open(statement, list(statement.items), known)
        return lines

    def loop(self, statement: ast.For, known: dict[str, int]) -> list[str]:
        assert isinstance(statement.target, ast.Name) and isinstance(statement.iter, ast.Call)
        name, names = statement.target.id, {**self.program.constants, **known}
        numbers = range(*(integer(each, names) for each in statement.iter.args))
        if self.decides(statement.body, name, known):  # each turn does something else
            return [
                line for k in numbers for line in self.block(statement.body, {**known, name: k})
            ]
        inside = self.block(statement.body, known)
        if not inside or not numbers:
            return []
        step = "" if numbers.step == 1 else f" by {numbers.step}"
        used = any(name in _names(line) for line in inside)
        head = (
            f"for {name} from {numbers[0]} to {numbers[-1]}{step}:"
            if used
            else f"repeat {len(numbers)} times:"
        )
        return ["", head, *_indented(inside), ""]

    def choice(self, statement: ast.If, known: dict[str, int]) -> list[str]:
        """What Params decide is decided here; the rest is printed."""
        asked = statement.test
        assert isinstance(asked, ast.Compare)
        sides = (asked.left, asked.comparators[0])
        try:
            left, right = (self.number(each, known) for each in sides)
        except Unknown:
            pass
        else:
            return self.block(statement.body if left == right else statement.orelse, known)
        yes, no = self.block(statement.body, known), self.block(statement.orelse, known)
        question = f"if {self.text(sides[0], known)} == {self.text(sides[1], known)}:"
        if not yes:
            return [f"{question} nothing changes", *(["else:", *_indented(no)] if no else [])]
        return [question, *_indented(yes), *(["else:", *_indented(no)] if no else [])]

    def open(
        self, statement: ast.With, items: list[ast.withitem], known: dict[str, int]
    ) -> list[str]:
        if not items:
            return self.block(statement.body, known)
        item, *rest = items
        assert isinstance(item.optional_vars, ast.Name)
        name, opened = item.optional_vars.id, self.text(item.context_expr, known)
        if not self.decides(statement.body, name, known):
            renamed = _Renamed(name, item.context_expr)
            body = [renamed.visit(copy.deepcopy(each)) for each in statement.body]
            return self.open(ast.With(rest, body), rest, known)
        lines: list[str] = []
        for k in range(self.size(item.context_expr)):
            body = _jump_last(self.open(statement, rest, {**known, name: k}), opened)
            lines += [f"when {opened} is {k}:", *_indented(body)]
        if any(line.strip().startswith("goto L") for line in lines):
            lines = [line.replace(f"when {opened} is ", "L") for line in lines]
        return lines

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
            if any(name in _names(ast.unparse(each)) for each in indices):
                return True
            if isinstance(node, ast.Compare) and name in _names(ast.unparse(node.comparators[0])):
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


class _Order:
    """Follows a program in the order of its statements, with these Params, and notes where an old value
    is read after a new one was set: there a variable cannot be printed without its time.

    For each variable, and each of its other indices: the times whose value is the newest one, too.
    """

    def __init__(self, printer: _Printer) -> None:
        self.printer = printer
        self.newest: dict[Cell, frozenset[int]] = {}
        self.late: set[str] = set()
        self.block(printer.program.tree.body, {})

    def block(self, statements: Sequence[ast.stmt], known: dict[str, int]) -> None:
        for statement in statements:
            match statement:
                case ast.Expr(value=ast.Call(func=ast.Attribute(value=target), args=[value])):
                    self.read(value, known)
                    self.set(target, value, known)
                case ast.For(target=ast.Name(id=name), iter=ast.Call(args=bounds)):
                    for k in range(*(self.printer.number(each, known) for each in bounds)):
                        self.block(statement.body, {**known, name: k})
                case ast.If(test=ast.Compare(left=left, comparators=[right])):
                    try:
                        same = self.printer.number(left, known) == self.printer.number(right, known)
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
            if self.printer.decides(body, name, known):
                size = self.printer.size(item.context_expr)
                settings = [{**each, name: k} for each in settings for k in range(size)]
            else:
                renamed = _Renamed(name, item.context_expr)
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
        axis = self.printer.axes.get(base.id) if isinstance(base, ast.Name) else None
        if axis is None:
            return "", 0, []
        assert isinstance(base, ast.Name)
        numbers: list[int | None] = []
        for each in indices:
            try:
                numbers.append(self.printer.number(each, known))
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


class _Filled(ast.NodeTransformer):
    """Params become their values, known numbers theirs; the time falls away."""

    def __init__(self, printer: _Printer, known: dict[str, int]) -> None:
        self.printer, self.known = printer, known

    def visit_Name(self, node: ast.Name) -> ast.expr:
        names = {**self.printer.program.constants, **self.known}
        if node.id in names:
            return ast.Constant(names[node.id])
        param = self.printer.params.get(node.id)
        return ast.Constant(int(param)) if param is not None and not param.shape else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        """`3 - 2 + k` is printed as `1 + k`."""
        node = ast.BinOp(self.visit(node.left), node.op, self.visit(node.right))
        try:
            return ast.Constant(integer(node, {}))
        except Unknown:
            return node

    def visit_Subscript(self, node: ast.Subscript) -> ast.expr:
        name, indices = self.printer.param(node)
        if name:
            try:
                return ast.Constant(int(self.printer.params[name][tuple(
                    self.printer.number(each, self.known) for each in indices)]))  # fmt: skip
            except Unknown:
                pass
        base, indices = subscripts(node)
        if not isinstance(base, ast.Name):
            return node
        axis = self.printer.axes.get(base.id)
        built: ast.expr = base
        for k, each in enumerate(indices):
            if k != axis:
                built = ast.Subscript(
                    built, _computed(self.visit(each), self.printer.program.constants)
                )
        return built


class _Renamed(ast.NodeTransformer):
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
            if last and _names(ast.unparse(each)) & times:
                axes[base.id] = axis
    return axes


def _jump_last(lines: list[str], opened: str) -> list[str]:
    """`instr_ptr = 2` as `goto L2`, after all that is done before; not if that would need the new one."""
    goes = [k for k, line in enumerate(lines) if line.startswith(f"{opened} = ")]
    if len(goes) != 1 or not lines[goes[0]].removeprefix(f"{opened} = ").isdigit():
        return lines
    at, name = goes[0], opened.split("[")[0]
    if any(name in re.findall(r"\w+", line) for line in lines[at + 1 :]):
        return lines
    number = lines[at].removeprefix(f"{opened} = ")
    return [*lines[:at], *lines[at + 1 :], f"goto L{number}"]


def _names(text: str) -> set[str]:
    try:
        tree = ast.parse(text.removeprefix("goto ").removesuffix(":").removeprefix("if "))
    except SyntaxError:
        return set(text.replace(":", " ").replace("[", " ").replace("]", " ").split())
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


def _indented(lines: Sequence[str]) -> list[str]:
    return textwrap.indent("\n".join(lines), "    ").split("\n") if lines else []
