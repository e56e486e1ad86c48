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

from dpkit.programs.terpret.filling import Filling, Renamed, names_in
from dpkit.programs.terpret.static import Unknown, integer
from dpkit.programs.terpret.times import times
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["listing"]


def listing(program: Unrolled, params: Mapping[str, Any]) -> str:
    """The text. params: {name: whole numbers}."""
    values = {name: np.asarray(value, int) for name, value in params.items()}
    head = [f"{name} = {value.tolist()}" for name, value in values.items()]
    lines = _Printer(program, values, times(program, values)).block(program.tree.body, {})
    tidy = [line for k, line in enumerate(lines) if line or k and lines[k - 1]]
    return "\n".join([*head, "", *tidy]).strip() + "\n"


class _Printer(Filling):
    """Statements, as lines."""

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
        used = any(name in names_in(line) for line in inside)
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
            renamed = Renamed(name, item.context_expr)
            body = [renamed.visit(copy.deepcopy(each)) for each in statement.body]
            return self.open(ast.With(rest, body), rest, known)
        lines: list[str] = []
        for k in range(self.size(item.context_expr)):
            body = _jump_last(self.open(statement, rest, {**known, name: k}), opened)
            lines += [f"when {opened} is {k}:", *_indented(body)]
        if any(line.strip().startswith("goto L") for line in lines):
            lines = [line.replace(f"when {opened} is ", "L") for line in lines]
        return lines


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


def _indented(lines: Sequence[str]) -> list[str]:
    return textwrap.indent("\n".join(lines), "    ").split("\n") if lines else []
