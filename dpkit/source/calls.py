"""Expressions made plain: what is left is arithmetic, functions of the table, names and elements.

A sum over a generator becomes a loop, a choice becomes an if, and a call of the reader's own
function becomes that function's text, with names kept apart. What must be computed before the
expression is written as steps in front of it.
"""

from __future__ import annotations

import ast
import builtins
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from dpkit import functions
from dpkit.source.algebra import Spelling, known_function
from dpkit.source.read import MISSING, Program, literal, lookup, read, refuse
from dpkit.source.steps import Let, Names, Step, constant, name, names_in

__all__ = ["Expressions", "Scope"]

_ARRAYS = ("numpy", "torch", "dpkit")  # what is written in Python there is written for arrays
_COUNTING = {len, int, round, range, bool, math.floor, math.ceil, math.isqrt, math.comb}
_WHERE = (functions.where, np.where)
_OPEN = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow, ast.FloorDiv, ast.Mod)
_INSTEAD: dict[type, str] = {
    ast.NamedExpr: "give the name its value in a statement of its own",
    ast.JoinedStr: "text has no derivative; leave it to a print",
    ast.Dict: "use lists, or one name for each entry",
    ast.Set: "use lists",
    ast.Lambda: "give the function a name, with def",
    ast.List: "a list must have a name of its own, as in values = [...], and hold numbers",
    ast.Tuple: "a tuple must have a name of its own, as in values = (...), and hold numbers",
    ast.ListComp: "give the list a name of its own, as in values = [...]",
    ast.GeneratorExp: "a generator may stand inside sum(...); elsewhere write a loop",
    ast.Await: "write an ordinary function",
    ast.Yield: "return one number instead",
    ast.YieldFrom: "return one number instead",
    ast.Starred: "write the arguments one by one",
}


@dataclass(eq=False)
class Scope:
    """A function that is being translated: what its local names are called in the result."""

    program: Program
    names: dict[str, ast.expr]
    functions: dict[str, Any] = field(default_factory=dict)  # as `Expressions.callee` has them
    parent: Scope | None = None
    results: list[str] = field(default_factory=list)


class Expressions:
    """The half of the translator that deals with expressions; see `dpkit.source.plain`."""

    names: Names
    spelling: Spelling
    scope: Scope

    def __init__(self) -> None:
        self.constants: dict[str, str] = {}  # name: literal, of what was found outside
        # Names of comprehension variables, free to be used again, whole numbers apart.
        self.lent: dict[tuple[str, bool], str] = {}
        self.programs: dict[Any, Program] = {}
        self.homes: dict[Program, Scope] = {}  # where a function inside another was defined
        self.running: list[Program] = []
        self.out: list[Step] = []

    def body_of(self, program: Program, results: list[str]) -> None:
        raise NotImplementedError

    def loop_over(
        self,
        target: ast.expr,
        iterable: ast.expr,
        body: Callable[[], None],
        where: ast.AST,
        own: dict[str, str],
    ) -> None:
        raise NotImplementedError

    def inline(self, node: ast.Call, results: list[str], where: ast.AST) -> None:
        raise NotImplementedError

    def list_into(self, target: str, node: ast.expr) -> bool:
        raise NotImplementedError

    def branch(self, test: ast.expr, body: Any, orelse: Any, where: ast.AST) -> None:
        raise NotImplementedError

    def let(self, target: str, expr: ast.expr, where: ast.AST, augmented: bool = False) -> None:
        if isinstance(expr, ast.Name) and expr.id == target:
            return
        self.out.append(Let(target, expr, augmented=augmented, node=where))

    # Expressions --------------------------------------------------------------------------------

    def value(self, node: ast.expr) -> ast.expr:
        """The plain expression that has the value of this one."""
        if isinstance(node, ast.Constant):
            if not isinstance(node.value, (int, float)):
                refuse(node, f"{node.value!r} is not a number")
            return node
        if isinstance(node, ast.Name):
            return self.variable(node)
        if isinstance(node, ast.UnaryOp) and not isinstance(node.op, ast.Invert):
            return self.same(ast.UnaryOp(node.op, self.value(node.operand)), node)
        if isinstance(node, ast.BinOp):
            if not isinstance(node.op, _OPEN):
                refuse(node, "this operator has no derivative here; numbers are combined with "
                             "+ - * / ** (and // % where nothing varies)")  # fmt: skip
            return self.same(
                ast.BinOp(self.value(node.left), node.op, self.value(node.right)), node
            )
        if isinstance(node, ast.Compare):
            sides = [self.value(each) for each in node.comparators]
            return self.same(ast.Compare(self.value(node.left), node.ops, sides), node)
        if isinstance(node, ast.BoolOp):
            first = self.value(node.values[0])
            before = len(self.out)
            rest = [self.value(each) for each in node.values[1:]]
            if len(self.out) > before:
                refuse(node, "what stands behind and/or is computed only when it is needed; "
                             "write nested ifs instead")  # fmt: skip
            return self.same(ast.BoolOp(node.op, [first, *rest]), node)
        if isinstance(node, ast.Subscript):
            return self.element(node)
        if isinstance(node, ast.Attribute):
            return self.attribute(node)
        if isinstance(node, ast.Call):
            plain = self.call(node)
            if plain is not None:
                return plain
        if isinstance(node, (ast.IfExp, ast.Call)):
            target = self.names.fresh(self.called(node))
            self.into(target, node)
            return name(target)
        refuse(node, f"a {type(node).__name__} cannot be differentiated as text; "
                     f"{_INSTEAD.get(type(node), 'write it with arithmetic')}")  # fmt: skip

    def into(self, target: str, node: ast.expr, where: ast.AST | None = None) -> None:
        """Steps that give `target` the value of the expression."""
        where = where or node
        if isinstance(node, ast.IfExp):
            self.branch(
                self.value(node.test),
                lambda: self.into(target, node.body),
                lambda: self.into(target, node.orelse),
                where,
            )
        elif isinstance(node, ast.Call) and self.callee(node.func) is builtins.sum:
            self.sum(target, node, where)
        elif isinstance(node, ast.Call) and self.callee(node.func) in _WHERE:
            if len(node.args) != 3 or node.keywords:
                refuse(node, "where takes a condition and two values")
            self.into(target, ast.copy_location(ast.IfExp(*node.args), node), where)
        elif isinstance(node, ast.Call) and self.inlined(node) is not None:
            self.inline(node, [target], where)
        elif not self.list_into(target, node):
            self.let(target, self.value(node), where)

    def called(self, node: ast.expr) -> str:
        """A telling name for the value of an expression."""
        if isinstance(node, ast.Call) and self.inlined(node) is not None:
            return self.inlined(node).name  # type: ignore[union-attr]
        if isinstance(node, ast.Call) and self.callee(node.func) is builtins.sum:
            return "total"
        return "choice"

    def same(self, new: Any, old: ast.AST) -> Any:
        """The new node, standing where the old one stood."""
        new.program = getattr(old, "program", None)
        return ast.copy_location(new, old)

    # Names --------------------------------------------------------------------------------------

    def variable(self, node: ast.Name) -> ast.expr:
        scope: Scope | None = self.scope
        while scope is not None:
            if node.id in scope.names:
                return scope.names[node.id]
            if node.id in scope.functions:
                refuse(node, f"{node.id} is a function and can only be called")
            scope = scope.parent
        found = lookup(self.scope.program, node.id)
        if found is MISSING:
            refuse(node, f"{node.id} has no value when grad_source reads the text")
        return self.literal(node, node.id, found)

    def literal(self, node: ast.expr, called: str, found: Any) -> ast.expr:
        """A constant from outside, which the head of the text defines as it is now."""
        text = literal(found)
        if text is None:
            refuse(node, f"{called} comes from outside the function and is a "
                         f"{type(found).__name__}; outside stand numbers, short lists of numbers "
                         "and functions that are called. Pass it as an argument")  # fmt: skip
        if "np." in text:
            self.spelling.alias("numpy", "np")
        for known, value in self.constants.items():
            if value == text and (known == called or known.startswith(f"{called}_")):
                return name(known)
        unique = self.names.fresh(called)
        self.constants[unique] = text
        return name(unique)

    def attribute(self, node: ast.Attribute) -> ast.expr:
        found = self.callee(node)
        root = node.value
        if found is MISSING and node.attr in ("shape", "size", "ndim"):
            return self.same(ast.Attribute(self.value(root), node.attr, ast.Load()), node)
        if found is MISSING:
            refuse(node, "attributes of objects cannot be followed; pass the number itself")
        module = self.callee(root)
        if module in (math, np) and isinstance(root, ast.Name):
            alias = self.spelling.alias(module.__name__, root.id)
            return self.same(ast.Attribute(name(alias), node.attr, ast.Load()), node)
        return self.literal(node, node.attr, found)

    def element(self, node: ast.Subscript) -> ast.expr:
        if isinstance(node.slice, ast.Slice):
            refuse(node, "a part of a list must have a name of its own, as in part = x[1:]")
        base = self.element(node.value) if isinstance(node.value, ast.Subscript) else (
            self.value(node.value))  # fmt: skip
        if not isinstance(base, (ast.Name, ast.Subscript, ast.Attribute)):
            refuse(node, "only a list with a name can be indexed")
        if isinstance(node.slice, ast.Constant) and isinstance(node.slice.value, str):
            refuse(node, "a dict cannot be differentiated as text; use a list, or one name for "
                         "each entry")  # fmt: skip
        if isinstance(node.slice, ast.Tuple):
            places = [self.value(each) for each in node.slice.elts]
            return self.same(ast.Subscript(base, ast.Tuple(places, ast.Load())), node)
        return self.same(ast.Subscript(base, self.value(node.slice)), node)

    def mentions(self, node: ast.AST) -> set[str]:
        """The names of the result that an expression reads, also through functions inside."""
        found: set[str] = set()
        todo, seen = [node], set()
        while todo:
            for each in ast.walk(todo.pop()):
                if not isinstance(each, ast.Name) or each.id in seen:
                    continue
                seen.add(each.id)
                scope: Scope | None = self.scope
                while scope is not None:
                    found |= names_in(scope.names.get(each.id))
                    if isinstance(scope.functions.get(each.id), Program):
                        todo.append(scope.functions[each.id].tree)
                    scope = scope.parent
        return found

    # Calls --------------------------------------------------------------------------------------

    def callee(self, node: ast.expr) -> Any:
        """What a name, or a name with dots, stands for: an object, a `Program`, or `MISSING`."""
        if isinstance(node, ast.Name):
            scope: Scope | None = self.scope
            while scope is not None:
                if node.id in scope.functions:
                    return scope.functions[node.id]
                if node.id in scope.names:
                    return MISSING
                scope = scope.parent
            return lookup(self.scope.program, node.id)
        if isinstance(node, ast.Attribute):
            return getattr(self.callee(node.value), node.attr, MISSING)
        return MISSING

    def inlined(self, node: ast.Call) -> Program | None:
        """The program that a call runs, if it is one that can be written out."""
        found = self.callee(node.func)
        if isinstance(found, Program):
            return found
        home = getattr(found, "__module__", None) or ""
        if isinstance(found, FunctionType) and home.partition(".")[0] not in _ARRAYS:
            if known_function(found) is None and found not in _WHERE:
                if found not in self.programs:
                    self.programs[found] = read(found)
                return self.programs[found]
        return None

    def call(self, node: ast.Call) -> ast.expr | None:
        """A call as a plain expression; None if it takes steps of its own."""
        found = self.callee(node.func)
        if found is builtins.sum or found in _WHERE or self.inlined(node) is not None:
            return None
        shown = ast.unparse(node.func)
        if node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            refuse(node, f"give {shown} plain arguments, without names and stars")
        if known_function(found) is None:
            if not (isinstance(found, type) or callable(found)) or found not in _COUNTING:
                refuse(
                    node,
                    f"{shown} is not among the functions with a derivative in dpkit.rules, nor "
                    "one written in Python that could be written out. Write what it does with "
                    "arithmetic and dp functions, number by number: sum(v for v in x), not x.sum()",
                )
            args = [self.value(each) for each in node.args]
            return self.same(ast.Call(self.spelt(node.func, found, None), args, []), node)
        row = known_function(found)
        if found is math.log and len(node.args) == 2:  # to another base
            tops = [self.same(ast.Call(node.func, [each], []), node) for each in node.args]
            return self.value(self.same(ast.BinOp(tops[0], ast.Div(), tops[1]), node))
        if row in ("maximum", "minimum"):
            if len(node.args) < 2:
                refuse(node, f"{shown} takes two numbers or more; over a list, write a loop")
            while len(node.args) > 2:
                pair = self.same(ast.Call(node.func, node.args[:2], []), node)
                node = self.same(ast.Call(node.func, [pair, *node.args[2:]], []), node)
        wanted = 2 if row in ("maximum", "minimum", "power") else 1
        if len(node.args) != wanted:
            refuse(node, f"{shown} takes {wanted} number{'s' * (wanted > 1)} here")
        args = [self.value(each) for each in node.args]
        call = self.same(ast.Call(self.spelt(node.func, found, row), args, []), node)
        call.row, call.module = row, self.home(found)
        return call

    def home(self, found: Any) -> str:
        module = getattr(found, "__module__", None) or "numpy"  # a ufunc tells no module
        return "dpkit" if module == "dpkit.functions" else module.partition(".")[0]

    def spelt(self, func: ast.expr, found: Any, row: Any) -> ast.expr:
        """The function as the reader spells it, with what that needs at the head of the text."""
        home = self.home(found)
        if home == "builtins":
            return name(found.__name__)
        if isinstance(func, ast.Attribute):
            module = self.callee(func.value)
            assert isinstance(module, ModuleType)
            alias = self.spelling.alias(module.__name__, ast.unparse(func.value).split(".")[-1])
            return ast.Attribute(name(alias), func.attr, ast.Load())
        return self.spelling.function(row or found.__name__, home, qualified=False)

    def sum(self, target: str, node: ast.Call, where: ast.AST) -> None:
        """sum(...) as a loop."""
        start: ast.expr = constant(0.0)
        for each in [*node.args[1:], *(word.value for word in node.keywords)]:
            start = self.value(each)
        if not node.args or isinstance(node.args[0], ast.Starred):
            refuse(node, "sum takes a list or a generator")
        source = node.args[0]
        running = target
        if target in self.mentions(source):
            running = self.names.fresh("total")
        self.let(running, start, where)
        if isinstance(source, (ast.GeneratorExp, ast.ListComp)):

            def add() -> None:
                self.add(running, self.value(source.elt), where)

            self.comprehension(source.generators, add, where)
        else:
            loop = ast.comprehension(ast.Name("item", ast.Store()), source, [], 0)
            item = ast.Name("item", ast.Load())
            self.comprehension([loop], lambda: self.add(running, self.value(item), where), where)
        if running != target:
            self.let(target, name(running), where)

    def add(self, target: str, expr: ast.expr, where: ast.AST) -> None:
        self.let(target, ast.BinOp(name(target), ast.Add(), expr), where, augmented=True)

    def comprehension(
        self, generators: list[ast.comprehension], body: Callable[[], None], where: ast.AST
    ) -> None:
        """The loops of a comprehension, around the body."""
        if not generators:
            body()
            return
        first, *rest = generators

        def turn() -> None:
            if not first.ifs:
                self.comprehension(rest, body, where)
                return
            test = first.ifs[0]
            if len(first.ifs) > 1:
                test = self.same(ast.BoolOp(ast.And(), first.ifs), where)
            self.branch(
                self.value(test),
                lambda: self.comprehension(rest, body, where),
                lambda: None,
                where,
            )

        # The variable is the comprehension's own, but a later one may use its name again.
        own = [each.id for each in ast.walk(first.target) if isinstance(each, ast.Name)]
        whole = isinstance(first.iter, ast.Call) and self.callee(first.iter.func) is range
        lent = {each: self.lent.pop((each, whole), "") or self.names.fresh(each) for each in own}
        outer = self.scope.names
        self.loop_over(first.target, first.iter, turn, where, lent)
        self.scope.names = outer
        self.lent |= {(each, whole): unique for each, unique in lent.items()}
