"""Declarations: constants, variables with a range, functions of small numbers and of pictures."""

from __future__ import annotations

import ast
import math
import operator

from dpkit.programs.terpret.declared import Images, Learned, Lifted, Variable
from dpkit.programs.terpret.names import RESERVED, VARIABLES, Names, Wrong, subscripts
from dpkit.programs.terpret.static import LARGEST, lift

__all__ = ["Declarations"]


class Declarations(Names):
    """What each declaration makes known."""

    def new(self, name: str, line: int) -> None:
        """A name is declared once."""
        if name in RESERVED:
            raise Wrong("form", f"{name} is a word of the language.", "Take another name.")
        if name in self.lines:
            raise Wrong(
                "declared twice", f"{name} was declared in line {self.lines[name]} already.",
                "Give one of the two another name; capital and small letters differ.",
            )  # fmt: skip
        if name in self.known:
            raise Wrong(
                "declared twice", f"{name} is in use as a number here.", "Take another name."
            )
        self.left.pop(name, None)

    def declare(self, name: str, value: ast.expr, line: int) -> None:
        """`name = …`: a constant, or something with a range."""
        if len(self.scopes) > 1 or self.known:
            raise Wrong(
                "form", f"{name} is declared inside a block.",
                "Declare at the top; inside, values are given by `x.set_to(…)`.",
            )  # fmt: skip
        base, dims = subscripts(value)
        call = isinstance(base, ast.Call) and isinstance(base.func, ast.Name)
        if name in self.declared and not call:
            raise Wrong(
                "declared twice", f"{name} was declared in line {self.lines[name]} already.",
                f"A value is given by `{name}.set_to(…)`, and `=` only declares.",
            )  # fmt: skip
        self.new(name, line)
        self.lines[name] = line
        if not call:
            self.constants[name] = self.constant(name, value)
            return
        assert isinstance(base, ast.Call) and isinstance(base.func, ast.Name)
        if base.func.id not in (*VARIABLES, "InputTensor") or base.keywords:
            raise Wrong(*_declares_nothing(base))
        shape = tuple(self.positive(each) for each in dims)
        sizes = tuple(self.positive(each) for each in base.args)
        if max(math.prod(shape), *sizes, 1) > LARGEST:
            raise Wrong(
                "size", f"{name} has more than {LARGEST} elements or values.", "Mend the constants."
            )
        if base.func.id in VARIABLES and len(sizes) == 1:
            self.declared[name] = Variable(name, base.func.id, sizes[0], shape, line)
        elif base.func.id == "InputTensor" and sizes:
            self.declared[name] = Images(name, sizes, shape, line)
        else:
            raise Wrong(*_declares_nothing(base))

    def constant(self, name: str, value: ast.expr) -> int:
        """The number that was written, or the one that is to be taken instead."""
        written = self.number(value, "A constant")
        try:
            return operator.index(self.overrides.get(name, written))
        except TypeError:
            raise Wrong(
                "not constant", f"{name} was to be {self.overrides[name]!r}, and a constant is a whole number.",
                f"Give a whole number for {name}.",
            ) from None  # fmt: skip

    def function(self, statement: ast.FunctionDef) -> None:
        """`@Runtime([sizes], out)` or `@Learn([Tensor(w, h)], out, hid_sizes=[…])` above a `def`."""
        name, line = statement.name, statement.lineno
        if len(self.scopes) > 1 or self.known:
            raise Wrong(
                "form", f"{name} is defined inside a block.", "Define functions at the top."
            )
        given = statement.args
        if given.posonlyargs or given.vararg or given.kwonlyargs or given.kwarg or given.defaults:
            raise Wrong(
                "arguments", f"{name} has arguments that are not just names.",
                "Write `def F(a, b):`, without `*`, `/` and defaults.",
            )  # fmt: skip
        match statement.decorator_list:
            case [ast.Call(ast.Name(id="Runtime"), [ast.List(elts=sizes), out], [])]:
                ranges = tuple(self.positive(each) for each in sizes)
                self.new(name, line)
                self.lines[name] = line
                if len(statement.args.args) != len(ranges):
                    raise Wrong(
                        "arguments", f"{name} has {len(statement.args.args)} arguments, and "
                        f"{len(ranges)} ranges are given.", "Give a range for each argument.",
                    )  # fmt: skip
                size = self.positive(out)
                table = lift(statement, ranges, size, self.constants, self.report)
                self.declared[name] = Lifted(name, ranges, size, line, table)
            case [
                ast.Call(
                    func=ast.Name(id="Learn"),
                    args=[ast.List(elts=[ast.Call(func=ast.Name(id="Tensor"), args=shape)]), out],
                    keywords=options,
                )
            ]:
                hidden: tuple[int, ...] = ()
                for option in options:
                    if option.arg != "hid_sizes" or not isinstance(option.value, ast.List):
                        raise Wrong(
                            "form", "Learn has one option: hid_sizes=[…].", "Leave others out."
                        )
                    hidden = tuple(self.positive(each) for each in option.value.elts)
                match [each for each in statement.body if not _says_nothing(each)], given.args:
                    case [], [_]:
                        pass
                    case _:
                        raise Wrong(
                            "form", f"{name} is to be learnt: it has one argument, a picture, and no body.",
                            f"Write `def {name}(img): pass`.",
                        )  # fmt: skip
                self.new(name, line)
                self.lines[name] = line
                sides = tuple(self.positive(each) for each in shape)
                self.declared[name] = Learned(name, sides, self.positive(out), hidden, line)
            case _:
                raise Wrong(
                    "form", f"Nothing says what sort of function {name} is.",
                    "Write `@Runtime([sizes], out)` or `@Learn([Tensor(w, h)], out)` above it.",
                )  # fmt: skip

    def positive(self, expression: ast.expr) -> int:
        for node in ast.walk(expression):
            name = node.id if isinstance(node, ast.Name) else ""
            if name and name not in self.constants and name not in self.failed:
                raise Wrong(
                    "not constant", f"{name} is no constant, and a size must be known beforehand.",
                    f"The constants above are {', '.join(self.constants) or 'none'}.",
                )  # fmt: skip
        size = self.number(expression, "A size")
        if size < 1:
            raise Wrong("size", f"A size is 1 at least, not {size}.", "Mend the constant.")
        return size


def _declares_nothing(call: ast.Call) -> tuple[str, str, str]:
    return (
        "form", f"`{ast.unparse(call)}` declares nothing.",
        "There are Input(n), Output(n), Param(n), Var(n) and InputTensor(w, h), each with [dims].",
    )  # fmt: skip


def _says_nothing(statement: ast.stmt) -> bool:
    """`pass`, `...` or a text."""
    return isinstance(statement, ast.Pass) or (
        isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    )
