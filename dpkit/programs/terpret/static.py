"""What is known before a program runs: whole numbers, and the tables of its functions."""

from __future__ import annotations

import ast
import builtins
import copy
import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from dpkit.programs.terpret.problems import Report

__all__ = ["LARGEST", "Unknown", "integer", "lift"]

LARGEST = 1_000_000  # entries of a function's table
MOST = 2**1000  # of the numbers on the way
_ALLOWED = ("abs", "bool", "int", "len", "max", "min", "range", "sum")
# All that a Runtime function is made of. What is not listed could do anything: attributes and imports
# lead out of a program, a `while` may never end.
_PARTS = (
    ast.Return, ast.If, ast.For, ast.Assign, ast.AugAssign, ast.Pass, ast.Expr, ast.Break, ast.Continue,
    ast.Constant, ast.Name, ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.Compare, ast.IfExp, ast.Call,
    ast.Tuple, ast.List, ast.Subscript, ast.ListComp, ast.GeneratorExp, ast.comprehension,
    ast.operator, ast.unaryop, ast.boolop, ast.cmpop, ast.expr_context,
)  # fmt: skip
_CALLED = {
    "ImportFrom": "import", "NamedExpr": "`:=`", "JoinedStr": "f-string", "FunctionDef": "function inside it",
    "ClassDef": "class", "DictComp": "dictionary", "Dict": "dictionary", "SetComp": "set", "Slice": "slice `:`",
    "Starred": "`*`", "keyword": "argument with a name",
}  # fmt: skip
_OPERATORS = {
    ast.Add: lambda a, b: a + b, ast.Sub: lambda a, b: a - b, ast.Mult: lambda a, b: a * b,
    ast.FloorDiv: lambda a, b: a // b, ast.Mod: lambda a, b: a % b, ast.Pow: lambda a, b: a**b,
}  # fmt: skip


class Unknown(Exception):
    """This is no whole number that is known before the program runs."""


def integer(expression: ast.expr, names: Mapping[str, int]) -> int:
    """The value of an expression of constants. Raises `Unknown` where there is more in it."""
    match expression:
        case ast.Constant(value=int(value)):
            return int(value)
        case ast.Name(id=name) if name in names:
            return names[name]
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -integer(operand, names)
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            a, b = integer(left, names), integer(right, names)
            if b == 0 and isinstance(op, (ast.FloorDiv, ast.Mod)):
                raise Unknown(f"`{ast.unparse(expression)}` divides by zero.")
            if isinstance(op, ast.Pow) and not 0 <= b <= 64:
                raise Unknown(f"`{ast.unparse(expression)}` is no whole number of a sensible size.")
            if abs(value := int(_OPERATORS[type(op)](a, b))) >= MOST:
                raise Unknown(f"`{ast.unparse(expression)}` is no whole number of a sensible size.")
            return value
    if isinstance(expression, ast.Constant):
        raise Unknown(f"`{ast.unparse(expression)}` is none.")
    raise Unknown(f"`{ast.unparse(expression)}` is not known before the program runs.")


def lift(
    function: ast.FunctionDef,
    sizes: tuple[int, ...],
    out: int,
    names: Mapping[str, int],
    report: Report,
) -> np.ndarray:
    """The table of all values of a function of whole numbers, called once for each set of arguments.

    Anything amiss goes to the report, and the table has a 0 there.
    """
    table = np.zeros(sizes, int)
    if math.prod(sizes) > LARGEST:
        report.add(
            function.lineno, "size",
            f"{function.name} has {math.prod(sizes)} different sets of arguments, more than {LARGEST}.",
            "Let it take fewer arguments, or of smaller ranges.",
        )  # fmt: skip
        return table
    if not _is_arithmetic(function, report) or not _only_known_names(function, names, report):
        return table
    arguments = ast.arguments(
        [], [ast.arg(each.arg) for each in function.args.args], None, [], [], None, []
    )
    body = [_Guarded().visit(copy.deepcopy(each)) for each in function.body]
    plain = ast.FunctionDef(function.name, arguments, body, [], lineno=1, col_offset=0)
    around: dict[str, Any] = {
        "__builtins__": {each: getattr(builtins, each) for each in _ALLOWED} | {"range": _range},
        **{f"{each.__name__}!": each for each in (_power, _shift, _times)},
        **names,
    }
    module = ast.fix_missing_locations(ast.Module([plain], []))
    try:
        exec(compile(module, "<program>", "exec"), around)
    except SyntaxError as error:  # such as a `break` outside of any loop
        report.add(
            function.lineno, "syntax", f"Python cannot read {function.name}: {error.msg}.",
            "It is arithmetic of its arguments and constants, with if, for and return.",
        )  # fmt: skip
        return table
    for values in itertools.product(*map(range, sizes)):
        shown = f"{function.name}({', '.join(map(str, values))})"
        try:
            value = around[function.name](*values)
        except Exception as error:  # whatever a function may do
            report.add(
                function.lineno, "runtime", f"{shown} raised {type(error).__name__}: {error}.",
                "It is called with every set of arguments in its ranges, before the program runs.",
            )  # fmt: skip
            break
        if isinstance(value, (bool, int, np.integer)) and 0 <= value < out:
            table[values] = int(value)
            continue
        report.add(
            function.lineno, "range",
            f"{shown} is {_said(value)}; its range is 0 to {out - 1}.",
            "Return in every case, and take the remainder (`% n`) where a number can grow beyond it."
            if value is None or isinstance(value, int) else "Return a whole number.",
        )  # fmt: skip
        break
    return table


def _said(value: object) -> str:
    if isinstance(value, int) and abs(value) >= MOST:
        return "a number of more than 300 digits"
    return str(value)


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > LARGEST:
        raise OverflowError(f"a range of more than {LARGEST} numbers")
    return numbers


def _power(a: Any, b: Any) -> Any:
    if isinstance(a, int) and isinstance(b, int) and abs(b) * a.bit_length() > MOST.bit_length():
        raise OverflowError("a power of more than 300 digits")
    return a**b


def _shift(a: Any, b: Any) -> Any:
    if b > MOST.bit_length():
        raise OverflowError("a shift by more than 1000 bits")
    return a << b


def _times(a: Any, b: Any) -> Any:
    for many, count in ((a, b), (b, a)):
        if (
            isinstance(many, (list, tuple))
            and isinstance(count, int)
            and len(many) * count > LARGEST
        ):
            raise OverflowError(f"a list of more than {LARGEST} elements")
    product = a * b
    if isinstance(product, int) and abs(product) >= MOST:
        raise OverflowError("a product of more than 300 digits")
    return product


class _Guarded(ast.NodeTransformer):
    """What could grow without end is asked first whether it does."""

    guards = {ast.Pow: _power, ast.LShift: _shift, ast.Mult: _times}  # noqa: RUF012

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        if type(node.op) not in self.guards:
            return node
        name = f"{self.guards[type(node.op)].__name__}!"  # nothing in a program can have this name
        return ast.Call(ast.Name(name, ast.Load()), [node.left, node.right], [])

    def visit_AugAssign(self, node: ast.AugAssign) -> ast.stmt:
        read = copy.deepcopy(node.target)
        read.ctx = ast.Load()
        return ast.Assign([node.target], self.visit(ast.BinOp(read, node.op, node.value)))


def _is_arithmetic(function: ast.FunctionDef, report: Report) -> bool:
    """Whether there is nothing in a function but what has no effect outside of it, and ends."""
    fine = True
    for node in (inner for each in function.body for inner in ast.walk(each)):
        line = getattr(node, "lineno", function.lineno)
        what, remedy = (
            "",
            "It is arithmetic of its arguments and constants, with if, for and return.",
        )
        if isinstance(node, (ast.stmt, ast.expr, ast.keyword)) and not isinstance(node, _PARTS):
            what = _CALLED.get(type(node).__name__, type(node).__name__.lower())
        elif isinstance(node, ast.Call) and not isinstance(node.func, ast.Name):
            what = f"call such as `{ast.unparse(node)}`"
            remedy = f"It may call {', '.join(_ALLOWED)}."
        elif isinstance(node, ast.MatMult):
            what = "`@`"
        if what:
            report.add(line, "form", f"A Runtime function has no {what}.", remedy)
            fine = False
    return fine


def _only_known_names(function: ast.FunctionDef, names: Mapping[str, int], report: Report) -> bool:
    inside = list(ast.walk(ast.Module(function.body, [])))
    own = {each.arg for each in function.args.args}
    own |= {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
    fine = True
    for node in inside:
        if not isinstance(node, ast.Name) or not isinstance(node.ctx, ast.Load):
            continue
        if node.id not in own and node.id not in names and node.id not in _ALLOWED:
            arguments = ", ".join(each.arg for each in function.args.args)
            itself = node.id == function.name
            report.add(
                node.lineno, "unknown name",
                f"{node.id} calls itself, and there is no recursion here." if itself else
                f"{node.id} is neither an argument nor a constant.",
                f"{function.name} knows {arguments} and the constants declared above it.",
            )  # fmt: skip
            fine = False
    return fine
