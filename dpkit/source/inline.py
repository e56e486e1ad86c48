"""Functions of the reader's own, written out in the place where they are called.

The text of the function takes the place of the call. Its parameters become the arguments; its other
names keep their names where these are free, and otherwise get new ones, so that nothing is confused.
"""

from __future__ import annotations

import ast
from types import FunctionType
from typing import Any

from dpkit.source.calls import Expressions, Scope
from dpkit.source.read import Program, local_names, refuse
from dpkit.source.steps import constant, name, names_in

__all__ = ["Inlining"]


class Inlining(Expressions):
    """The part of the translator that deals with calls of functions; see `dpkit.source.plain`."""

    def inline(self, node: ast.Call, results: list[str], where: ast.AST) -> None:
        """The text of the reader's own function in the place of a call of it."""
        program = self.inlined(node)
        assert program is not None
        if program in self.running:
            refuse(node, f"{program.name} calls itself, and its text has no end when it is "
                         "written out; use a loop")  # fmt: skip
        given = self.bind(node, program)
        local = local_names(program.tree)
        stored = {each.id for each in ast.walk(program.tree)
                  if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)}  # fmt: skip
        inner = Scope(program, {}, parent=self.home_of(program), results=results)
        for parameter, (arg, outside) in given.items():
            caller = self.scope
            if outside:
                self.scope = inner
            handed = self.function(arg)
            plain = constant(0) if handed else self.value(arg)
            self.scope = caller
            if handed and parameter not in stored:
                inner.functions[parameter] = handed
                continue
            if isinstance(plain, (ast.Name, ast.Constant)) and parameter not in stored:
                inner.names[parameter] = plain
            else:
                unique = self.names.fresh(parameter, f"{program.name}_{parameter}")
                self.let(unique, plain, where)
                inner.names[parameter] = name(unique)
        last = program.tree.body[-1]
        returned = last.value if isinstance(last, ast.Return) else None
        returns = sum(isinstance(each, ast.Return) for each in ast.walk(program.tree))
        for each in sorted(local - set(given)):
            if (
                returns == 1 and isinstance(returned, ast.Name) and returned.id == each
                and inner.parent is None and len(results) == 1
                and results[0] not in {n for a in inner.names.values() for n in names_in(a)}
            ):  # fmt: skip
                inner.names[each] = name(results[0])  # what it returns has the caller's name
            else:
                inner.names[each] = name(self.names.fresh(each, f"{program.name}_{each}"))
        caller, self.scope = self.scope, inner
        self.running.append(program)
        self.body_of(program, results)
        self.running.pop()
        self.scope = caller

    def home_of(self, program: Program) -> Scope | None:
        """For a function defined inside another: the scope it was defined in."""
        return self.homes.get(program)

    def function(self, node: ast.expr) -> Any:
        """The function that is handed to another, as in ``newton(f, x)``; None for a number."""
        if not isinstance(node, (ast.Name, ast.Attribute)):
            return None
        found = self.callee(node)
        if isinstance(found, FunctionType):
            found = self.inlined(ast.Call(node, [], [])) or found
        return found if callable(found) or isinstance(found, Program) else None

    def bind(self, node: ast.Call, program: Program) -> dict[str, tuple[ast.expr, bool]]:
        """Each parameter with its argument, and whether that is a default from the definition."""
        args = program.tree.args
        if args.vararg or args.kwarg or any(isinstance(each, ast.Starred) for each in node.args):
            refuse(node, f"{program.name} is called with stars; write the arguments one by one")
        positional = [each.arg for each in [*args.posonlyargs, *args.args]]
        everything = positional + [each.arg for each in args.kwonlyargs]
        given: dict[str, tuple[ast.expr, bool]] = {}
        for parameter, default in zip(reversed(positional), reversed(args.defaults), strict=False):
            given[parameter] = (default, True)
        for each, word in zip(args.kwonlyargs, args.kw_defaults, strict=True):
            if word is not None:
                given[each.arg] = (word, True)
        given |= {p: (a, False) for p, a in zip(positional, node.args, strict=False)}
        given |= {word.arg: (word.value, False) for word in node.keywords if word.arg}
        if set(given) != set(everything) or len(node.args) > len(positional):
            refuse(node, f"{program.name} takes the arguments ({', '.join(everything)})")
        return {parameter: given[parameter] for parameter in everything}
