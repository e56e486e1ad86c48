"""What the names of a program stand for: constants, variables, functions; and what is said with them."""

from __future__ import annotations

import ast
import difflib
import itertools
from collections.abc import Mapping
from dataclasses import dataclass

from dpkit.programs.terpret.declared import Images, Learned, Lifted, Variable
from dpkit.programs.terpret.graph import Graph
from dpkit.programs.terpret.problems import Report
from dpkit.programs.terpret.static import Unknown, integer

__all__ = ["Declaration", "Element", "Names", "Wrong", "subscripts"]

Declaration = Variable | Images | Lifted | Learned
Key = tuple[str, tuple[int, ...]]
VARIABLES = ("Input", "Output", "Param", "Var")
RESERVED = (*VARIABLES, "InputTensor", "Learn", "Runtime", "Tensor", "range")
# What a number may be made of, by where it stands.
_REMEDIES = {
    "A constant": "Write whole numbers and constants declared above, with + - * // % **.",
    "A size": "Write a whole number, or constants declared above.",
    "A bound of a loop": "How often a loop turns must be known beforehand: write numbers and constants.",
    "What a variable is compared with":
        "Ask `x == 2`, the variable left and the number right. Two variables are compared by a Runtime "
        "function of both.",
    "An index": "Index with constants, with the number of a loop, or with a name that `with … as` gave.",
}  # fmt: skip
_VALUE = "Give a variable, a number or a call. What is computed from variables, a Runtime function computes."


class Wrong(Exception):
    """A problem that ends the reading of a statement: (kind, message, remedy); or nothing, if what
    is wrong was told where it began."""


@dataclass(frozen=True)
class Element:
    """That an element was set: to which node, in which line, and how that is written there."""

    node: int
    line: int
    written: ast.expr

    @property
    def text(self) -> str:
        return ast.unparse(self.written)


class Names:
    """Everything that was declared so far, and the elements that were set on the way to here.

    scopes: what was set before the first branch, what was set in the branch that we are in, in the
    branch inside it, and so on. A branch may read what is set in any of them, and sets in the last one;
    where branches meet, theirs are compared and become one (`unroll`'s merge).
    """

    def __init__(self, overrides: Mapping[str, int], report: Report) -> None:
        self.overrides, self.report = dict(overrides), report
        self.constants: dict[str, int] = {}
        self.declared: dict[str, Declaration] = {}
        self.lines: dict[str, int] = {}  # where each name was declared
        self.known: dict[str, int] = {}  # the numbers of loops and of `with`, while inside
        self.left: dict[str, ast.stmt] = {}  # such names, after their block has ended
        self.failed: set[str] = set()  # declared, but wrongly: told there, and not again
        self.scopes: list[dict[Key, Element]] = [{}]
        self.graph = Graph()

    def number(self, expression: ast.expr, what: str) -> int:
        names = {**self.constants, **self.known}
        try:
            return integer(expression, names)
        except Unknown as unknown:
            for node in ast.walk(expression):
                if isinstance(node, ast.Name) and node.id not in names:
                    self.must_be_declared(node.id)
            raise Wrong(
                "not constant", f"{what} must be a whole number: {unknown}",
                _REMEDIES.get(what, _VALUE),
            ) from None  # fmt: skip

    def must_be_declared(self, name: str) -> None:
        if name in self.declared:
            return
        if name in self.failed:
            raise Wrong
        if name in self.constants or name in self.known:
            raise Wrong(
                "form", f"{name} is a number, and neither a variable nor a function.",
                "Use it as a number, or write the name of a variable.",
            )  # fmt: skip
        if name in self.left:
            block = self.left[name]
            raise Wrong(
                "out of scope",
                f"{name} is known only inside the block of lines {block.lineno} to {block.end_lineno}.",
                "Move this line into that block: indent it.",
            )  # fmt: skip
        if name in RESERVED:
            raise Wrong(
                "form", f"{name} is a word of the language, and no value.",
                "A declaration is a line such as `x = Var(3)` or `x = Var(3)[2]`.",
            )  # fmt: skip
        names = [*self.declared, *self.constants, *self.known]
        close = difflib.get_close_matches(name, names, 3, 0.5)
        hint = f" Did you mean {' or '.join(close)}?" if close else ""
        raise Wrong(
            "unknown name", f"{name} is not declared.{hint}",
            "Declare it above, or write the name of something that is.",
        )  # fmt: skip

    def value(self, expression: ast.expr, size: int | None) -> int:
        """The node of an expression. size: how many values it must have; None: any."""
        match expression:
            case ast.Call(func=ast.Name(id=name), args=arguments, keywords=[]):
                node = self.call(name, arguments)
            case ast.Call(func=ast.Name(id=name)):
                raise Wrong(
                    "arguments", f"{name} is given arguments by name.", "Give them in order."
                )
            case ast.Name() | ast.Subscript() if not self.is_number(expression):
                node = self.element(expression)
            case _:
                return self.literal(expression, size)
        got = self.graph.nodes[node].size
        if size is not None and got != size:
            raise Wrong(
                "size", f"`{ast.unparse(expression)}` has {got} values, and {size} are wanted here.",
                "Take the variable of the right range.",
            )  # fmt: skip
        return node

    def is_number(self, expression: ast.expr) -> bool:
        return isinstance(expression, ast.Name) and (
            expression.id in self.constants or expression.id in self.known
        )

    def literal(self, expression: ast.expr, size: int | None) -> int:
        if isinstance(expression, (ast.BinOp, ast.UnaryOp)) and any(
            isinstance(node, ast.Name) and node.id in self.declared for node in ast.walk(expression)
        ):
            raise Wrong(
                "form", f"`{ast.unparse(expression)}` computes with a variable.",
                "A function does that: write one with @Runtime, and call it.",
            )  # fmt: skip
        value = self.number(expression, "This")
        if size is None:
            raise Wrong(
                "form", f"`{ast.unparse(expression)}` is a constant: there is nothing to open or choose.",
                "Write a variable here.",
            )  # fmt: skip
        if not 0 <= value < size:
            raise Wrong(
                "range", f"{value} is outside the range 0 to {size - 1}.",
                "Give a value in the range, or declare a larger one.",
            )  # fmt: skip
        return self.graph.add("const", (value,), (), size)

    def call(self, name: str, arguments: list[ast.expr]) -> int:
        if name not in self.declared:
            self.must_be_declared(name)
        function = self.declared[name]
        if isinstance(function, Learned):
            if len(arguments) != 1:
                raise Wrong("arguments", f"{name} takes one picture.", "Give it one.")
            images, index = self.place(arguments[0])
            if not isinstance(images, Images) or images.shape != function.shape:
                raise Wrong(
                    "size", f"{name} takes a picture of {function.shape}, an element of an InputTensor.",
                    "Give it one of that shape.",
                )  # fmt: skip
            return self.graph.add("learn", (name, images.name, index), (), function.out)
        if not isinstance(function, Lifted):
            raise Wrong("form", f"{name} is no function.", "Write an index in square brackets.")
        if len(arguments) != len(function.sizes):
            raise Wrong(
                "arguments", f"{name} takes {len(function.sizes)} arguments, not {len(arguments)}.",
                "Give it those of its definition.",
            )  # fmt: skip
        if not arguments:  # always the same
            return self.graph.add("const", (int(function.table),), (), function.out)
        pairs = zip(arguments, function.sizes, strict=True)
        return self.graph.add(
            "apply", (name,), tuple(self.value(*pair) for pair in pairs), function.out
        )

    def place(self, expression: ast.expr) -> tuple[Declaration, tuple[int, ...]]:
        """What an expression such as `img_grid[x][y]` names, and at which index."""
        base, indices = subscripts(expression)
        if not isinstance(base, ast.Name):
            raise Wrong(
                "form", f"`{ast.unparse(expression)}` is not understood.", "Name a variable."
            )
        self.must_be_declared(base.id)
        thing = self.declared[base.id]
        if isinstance(thing, (Lifted, Learned)):
            raise Wrong("form", f"{base.id} is a function.", "Call it: round brackets.")
        if len(indices) < len(thing.dims):
            raise Wrong(
                "array", f"`{ast.unparse(expression)}` is an array of {_by(thing.dims, indices)} elements, "
                "and one value is wanted.",
                f"Say which element it is: {ast.unparse(expression)}[…].",
            )  # fmt: skip
        if len(indices) > len(thing.dims):
            raise Wrong(
                "array", f"{base.id} has {len(thing.dims)} dimensions, not {len(indices)}.",
                "Leave an index out.",
            )  # fmt: skip
        index = tuple(self.number(each, "An index") for each in indices)
        for each, k, length in zip(indices, index, thing.dims, strict=True):
            if not 0 <= k < length:
                raise Wrong(
                    "range", f"`{ast.unparse(expression)}`: index {_worth(each, k)} is outside 0 to {length - 1}.",
                    _remedy(thing.name, thing.dims, index),
                )  # fmt: skip
        return thing, index

    def element(self, expression: ast.expr) -> int:
        thing, index = self.place(expression)
        if thing.kind in ("Input", "Param"):
            assert isinstance(thing, Variable)
            return self.graph.add(thing.kind.lower(), (thing.name, index), (), thing.size)
        if isinstance(thing, Images):
            raise Wrong("form", f"{thing.name} holds pictures.", "Give them to a Learn function.")
        assert isinstance(thing, Variable)
        found = self.find((thing.name, index))
        if found is None:
            shown, here = ast.unparse(expression), _indexed(thing.name, index)
            raise Wrong(
                "read before set", f"`{shown}` is read before it is set{'' if shown == here else f' (here {here})'}.",
                "Set it above, on every path that leads here, or read an element that was set.",
            )  # fmt: skip
        return found.node

    def find(self, key: Key) -> Element | None:
        return next((scope[key] for scope in reversed(self.scopes) if key in scope), None)


def subscripts(expression: ast.expr) -> tuple[ast.expr, list[ast.expr]]:
    """`a[x][y]` and `a[x, y]` are a, [x, y]."""
    indices: list[ast.expr] = []
    while isinstance(expression, ast.Subscript):
        inner = expression.slice
        indices = (list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]) + indices
        expression = expression.value
    return expression, indices


def _indexed(name: str, index: tuple[int, ...]) -> str:
    return name + "".join(f"[{k}]" for k in index)


def _worth(index: ast.expr, value: int) -> str:
    """`3`, or `x = 3`."""
    return str(value) if isinstance(index, ast.Constant) else f"{ast.unparse(index)} = {value}"


def _remedy(name: str, dims: tuple[int, ...], index: tuple[int, ...]) -> str:
    """For an index that is too large: another order, if that one fits."""
    if any(
        all(0 <= k < n for k, n in zip(order, dims, strict=True))
        for order in itertools.permutations(index)
    ):
        return f"Exchange the indices: {name} is {_by(dims, [])}."
    return "Mend the bounds of the loop, or declare more elements."


def _by(dims: tuple[int, ...], indices: list[ast.expr]) -> str:
    return " × ".join(map(str, dims[len(indices) :]))
