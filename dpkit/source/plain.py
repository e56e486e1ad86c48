"""A program made plain: the steps of `dpkit.source.steps` and nothing else.

Every statement that `grad_source` knows becomes one or several steps that do the same. Afterwards a
program has one way in and one way out: what follows a return, a break or a continue moves into the
other branch, so that walking backwards needs to know no more than which branch was taken.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable, Sequence
from typing import Any

from dpkit.source.algebra import Spelling
from dpkit.source.calls import Scope
from dpkit.source.loops import Loops, endless, inside
from dpkit.source.read import Program, local_names, refuse
from dpkit.source.steps import (
    Append,
    Aside,
    If,
    Let,
    Names,
    Put,
    Step,
    Stop,
    constant,
    name,
    names_in,
)

__all__ = ["Plain"]

_UNKNOWN: dict[type, str] = {
    ast.Try: "an exception cannot be followed backwards; use if",
    ast.With: "write the block without with",
    ast.Raise: "an exception cannot be followed backwards; use assert",
    ast.Global: "a function whose derivative is wanted returns its result and changes nothing else",
    ast.Nonlocal: "a function whose derivative is wanted returns its result and changes nothing "
    "else",
    ast.Delete: "leave the name alone",
    ast.Match: "use if and elif",
    ast.ClassDef: "define the class outside",
    ast.Import: "import at the head of the file",
    ast.ImportFrom: "import at the head of the file",
    ast.AsyncFor: "write an ordinary loop",
    ast.AsyncFunctionDef: "write an ordinary function",
}


class Plain(Loops):
    """One translation: ``Plain(program)`` has the ``steps`` that compute the value ``result``."""

    def __init__(self, program: Program) -> None:
        super().__init__()
        every = local_names(program.tree)
        self.names = Names(every)
        self.spelling = Spelling(self.names)
        self.result = self.names.fresh("value", f"{program.name}_value")
        self.scope = Scope(program, {each: name(each) for each in every})
        self.returns: list[str] = []  # for each loop we are in, the name that says it returned
        self.lists: set[str] = set()
        self.running.append(program)
        args = program.tree.args
        if args.vararg or args.kwarg:
            refuse(program.tree, "the arguments must be written out, without stars")
        self.body_of(program, [self.result])
        self.steps = self.out

    def body_of(self, program: Program, results: list[str]) -> None:
        """The steps of a function, which leave what it returns under the names in results."""
        self.scope.results, outer, self.returns = results, self.returns, []
        if self.block(program.tree.body):
            refuse(program.tree, f"{program.name} can come to its end without a return; return "
                                 "one number on every way through it")  # fmt: skip
        self.returns = outer

    def collect(self, write: Callable[[], Any]) -> tuple[list[Step], Any]:
        """The steps that a call of `write` writes, apart from the others; and what it returns."""
        outer, self.out = self.out, []
        answer = write()
        steps, self.out = self.out, outer
        return steps, answer

    def branch(self, test: ast.expr, body: Any, orelse: Any, where: ast.AST) -> None:
        yes, _ = self.collect(body)
        no, _ = self.collect(orelse)
        self.out.append(If(test, yes, no, node=where))

    # Statements -----------------------------------------------------------------------------------

    def block(self, stmts: Sequence[ast.stmt]) -> bool:
        """Translate statements; returns whether the program can go on after them."""
        for k, stmt in enumerate(stmts):
            rest = list(stmts[k + 1 :])
            if isinstance(stmt, ast.If) and _may_leave(stmt):
                return self.fork(stmt, rest)
            if isinstance(stmt, ast.Return):
                self.leave(stmt)
                return False
            if isinstance(stmt, ast.Break):
                self.out.append(Stop(node=stmt))
                return False
            if isinstance(stmt, ast.Continue):
                return False
            if isinstance(stmt, (ast.For, ast.While)):
                returned = self.loop(stmt)
                if returned:
                    return self.after_return(returned, rest, stmt)
                if endless(stmt):
                    return False
            else:
                self.statement(stmt)
        return True

    def fork(self, stmt: ast.If, rest: list[ast.stmt]) -> bool:
        """An if with a way out of the block: what follows it belongs to the branch that stays."""
        test = self.value(stmt.test)
        yes, on = self.collect(lambda: self.block([*stmt.body, *rest]))
        no, on_too = self.collect(lambda: self.block([*stmt.orelse, *rest]))
        self.out.append(If(test, yes, no, node=stmt))
        return on or on_too

    def leave(self, stmt: ast.Return) -> None:
        results = self.scope.results
        if stmt.value is None:
            refuse(stmt, "return what was computed, not nothing")
        if isinstance(stmt.value, ast.Tuple) or len(results) > 1:
            if not isinstance(stmt.value, ast.Tuple) or len(stmt.value.elts) != len(results):
                wanted = "one number" if len(results) == 1 else f"{len(results)} numbers"
                refuse(stmt, f"{wanted} must be returned here, as a gradient belongs to one number")
            for target, each in zip(results, stmt.value.elts, strict=True):
                self.let(target, self.value(each), stmt)
        elif len(self.running) == 1:  # the result itself is given its value once, at the end
            self.let(results[0], self.value(stmt.value), stmt)
        else:
            self.into(results[0], stmt.value, stmt)
            made = self.out[-1]
            if isinstance(made, Let) and isinstance(made.expr, ast.Name):
                made.moved = made.expr.id in self.lists  # it may go on under the caller's name
        if self.returns:
            self.let(self.returns[-1], constant(True), stmt)
            self.out.append(Stop(node=stmt))

    def after_return(self, returned: str, rest: list[ast.stmt], stmt: ast.stmt) -> bool:
        """What follows a loop with a return in it happens only if the loop did not return."""

        def left() -> None:
            if self.returns:
                self.let(self.returns[-1], constant(True), stmt)
                self.out.append(Stop(node=stmt))

        if endless(stmt):
            left()
            return False
        yes, _ = self.collect(left)
        no, on = self.collect(lambda: self.block(rest))
        self.out.append(If(name(returned), yes, no, node=stmt))
        return on

    def statement(self, stmt: ast.stmt) -> None:
        if isinstance(stmt, ast.Assign):
            first, *others = stmt.targets
            self.assign(first, stmt.value, stmt)
            for target in others:
                self.assign(target, first, stmt)
        elif isinstance(stmt, ast.AnnAssign):
            if stmt.value is not None:
                self.assign(stmt.target, stmt.value, stmt)
        elif isinstance(stmt, ast.AugAssign):
            value = self.same(ast.BinOp(stmt.target, stmt.op, stmt.value), stmt)
            self.assign(stmt.target, value, stmt, augmented=True)
        elif isinstance(stmt, ast.If):
            test = self.value(stmt.test)
            yes, _ = self.collect(lambda: self.block(stmt.body))
            no, _ = self.collect(lambda: self.block(stmt.orelse))
            self.out.append(If(test, yes, no, node=stmt))
        elif isinstance(stmt, ast.FunctionDef):
            if stmt.decorator_list:
                refuse(stmt, "a decorator may change the function; leave it off")
            outer = self.scope.program
            inner = Program(stmt.name, stmt, outer.lines, outer.first, outer.outside)
            self.scope.functions[stmt.name] = inner
            self.homes[inner] = self.scope
        elif isinstance(stmt, ast.Expr):
            self.expression(stmt)
        elif isinstance(stmt, ast.Assert):
            kept = ast.Assert(self.value(stmt.test), stmt.msg)
            self.out.append(Aside(self.same(kept, stmt), node=stmt))
        elif not isinstance(stmt, ast.Pass):
            refuse(stmt, f"a {type(stmt).__name__.lower()} statement cannot be differentiated; "
                         f"{_UNKNOWN.get(type(stmt), 'write it otherwise')}")  # fmt: skip

    def expression(self, stmt: ast.Expr) -> None:
        call = stmt.value
        if isinstance(call, ast.Constant):
            return  # a docstring
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            if call.func.attr == "append" and len(call.args) == 1:
                base = self.value(call.func.value)
                if isinstance(base, ast.Name):
                    self.own(call.func.value, stmt)
                    self.out.append(Append(base.id, self.value(call.args[0]), node=stmt))
                    return
        if isinstance(call, ast.Call) and self.callee(call.func) is builtins.print:
            return  # the derivative has nothing to say
        if not isinstance(call, ast.Call):
            self.value(call)
        refuse(stmt, "this statement computes something and keeps nothing of it; only "
                     "values.append(x) and print may stand alone")  # fmt: skip

    def own(self, node: ast.expr, stmt: ast.stmt) -> None:
        """Refuse to change a list that belongs to the caller, or to the function around."""
        args = self.scope.program.tree.args
        given = {each.arg for each in [*args.posonlyargs, *args.args, *args.kwonlyargs]}
        for each in names_in(node):
            if each in given or each not in self.scope.names:
                refuse(stmt, f"this changes the list {each} of whoever calls the function; work on "
                             f"a copy, as in values = list({each})")  # fmt: skip

    # Assignments ----------------------------------------------------------------------------------

    def assign(
        self, target: ast.expr, value: ast.expr, stmt: ast.stmt, augmented: bool = False
    ) -> None:
        if isinstance(target, ast.Name):
            unique = self.variable(target)
            assert isinstance(unique, ast.Name)
            if augmented:
                self.let(unique.id, self.value(value), stmt, augmented=True)
            else:
                self.into(unique.id, value, stmt)
        elif isinstance(target, ast.Subscript):
            place = self.element(target)
            assert isinstance(place, ast.Subscript)
            if not isinstance(place.value, ast.Name):
                refuse(stmt, "only elements of plain lists can be assigned; use a list of numbers")
            self.own(target.value, stmt)
            expr = self.value(value)
            self.out.append(Put(place.value.id, place.slice, expr, augmented, node=stmt))
        elif isinstance(target, (ast.Tuple, ast.List)):
            self.unpack(target.elts, value, stmt)
        else:
            refuse(stmt, "only names and elements of lists can be assigned")

    def unpack(self, targets: list[ast.expr], value: ast.expr, stmt: ast.stmt) -> None:
        """``a, b = …``: side by side, from a list, or from a function that returns several."""
        if any(isinstance(each, ast.Starred) for each in targets):
            refuse(stmt, "unpack into plain names, without stars")
        if isinstance(value, ast.Call) and self.inlined(value) is not None:
            program = self.inlined(value)
            hints = [each.id if isinstance(each, ast.Name) else "item" for each in targets]
            results = [self.names.fresh(f"next_{each}", f"{program.name}_{each}") for each in hints]  # type: ignore
            self.inline(value, results, stmt)
            for target, result in zip(targets, results, strict=True):
                self.scope.names[result] = name(result)
                self.assign(target, name(result), stmt)
            return
        if isinstance(value, (ast.Tuple, ast.List)):
            if len(value.elts) != len(targets):
                refuse(stmt, f"{len(targets)} names stand on the left and {len(value.elts)} values "
                             "on the right")  # fmt: skip
            # All values are computed before the first name changes.
            early: list[ast.expr] = []
            for k, each in enumerate(value.elts):
                changed = {n for target in targets[:k] for n in self.mentions(target)}
                if changed & self.mentions(each):
                    target = targets[k]
                    hint = f"next_{target.id}" if isinstance(target, ast.Name) else "next_item"
                    unique = self.names.fresh(hint)
                    self.into(unique, each, stmt)
                    self.scope.names[unique] = name(unique)
                    each = self.same(name(unique), each)
                early.append(each)
            for target, each in zip(targets, early, strict=True):
                self.assign(target, each, stmt)
            return
        source = self.value(value)
        if not isinstance(source, (ast.Name, ast.Subscript, ast.Attribute)) or any(
            self.mentions(each) & names_in(source) for each in targets[:-1]
        ):
            refuse(stmt, "several names can be given values from a list with another name, as in "
                         "a, b = w")  # fmt: skip
        for k, target in enumerate(targets):
            self.assign(target, self.same(ast.Subscript(value, constant(k)), stmt), stmt)


def _may_leave(stmt: ast.If) -> bool:
    """Whether a branch may end in a return, a break or a continue."""
    return any(isinstance(each, ast.Return) for each in inside([stmt], loops_too=True)) or any(
        isinstance(each, (ast.Break, ast.Continue)) for each in inside([stmt])
    )
