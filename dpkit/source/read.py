"""From a function to its syntax tree: where a program stands, and what its names mean.

`read` fetches the text of a Python function and parses it. It works wherever Python's own `inspect`
finds the text: in files, in notebooks, at the prompt of IPython.

Whatever the later stages cannot differentiate, they `refuse`, with the line and its text.
"""

from __future__ import annotations

import ast
import builtins
import inspect
import math
import textwrap
from dataclasses import dataclass, field
from types import CodeType, FunctionType
from typing import Any, NoReturn

import numpy as np

__all__ = [
    "MISSING", "Program", "SourceError", "literal", "local_names", "lookup", "read", "refuse",
]  # fmt: skip

MISSING = object()


class SourceError(NotImplementedError):
    """`grad_source` cannot differentiate this text; the message says which line, and what to do."""


@dataclass(eq=False)
class Program:
    """A function as text: its name, its tree, its lines, and what its free names stand for."""

    name: str
    tree: ast.FunctionDef
    lines: list[str]
    first: int
    outside: dict[str, Any] = field(repr=False)

    def __deepcopy__(self, memo: dict[int, Any]) -> Program:
        return self  # a copied node stands in the same program


def read(f: Any) -> Program:
    """The text of f, parsed.

    Raises TypeError if f is not a function and `SourceError` if its text cannot be had.
    """
    if inspect.ismethod(f) or isinstance(f, type):
        raise SourceError(
            f"grad_source differentiates plain functions, and {getattr(f, '__qualname__', f)} "
            "belongs to a class. Write a function that takes everything it needs as arguments."
        )
    if not callable(f):
        raise TypeError(
            f"A function is needed here, but the {type(f).__name__} {f!r} was given. Give the "
            "function itself, without calling it: grad_source(f)."
        )
    if not isinstance(f, FunctionType):
        raise SourceError(
            f"grad_source reads the text of a function that is written in Python, and {f!r} has "
            "none. Wrap it in a function with def."
        )
    name = f.__name__
    try:
        lines, first = inspect.getsourcelines(f)
    except (OSError, TypeError):
        raise SourceError(
            f"The text of {name} cannot be found: it was made by exec, or its file is gone. Write "
            "it with def in a file or in a notebook cell."
        ) from None
    lines = textwrap.dedent("".join(lines)).splitlines()
    outside = _outside(f)
    if name == "<lambda>":
        tree, lines = _lambda(f.__code__, lines)
    else:
        found = _parse(lines)
        if found is None or not found.body or not isinstance(found.body[0], ast.FunctionDef):
            raise SourceError(f"{name} is not an ordinary function; write it with def.")
        tree = found.body[0]
    _settle(tree.args, f)
    program = Program(tree.name, tree, lines, max(first, 1), outside)
    mark(program)
    if tree.decorator_list:
        refuse(tree, "a decorator may change the function in ways its text does not show; "
                     "differentiate the function without it")  # fmt: skip
    return program


def mark(program: Program) -> None:
    """Let every node of the tree know its program, so that a message can quote the line."""
    for node in ast.walk(program.tree):
        node.program = program  # type: ignore[attr-defined]


def refuse(node: ast.AST, sentence: str) -> NoReturn:
    """Raise `SourceError`: the line on which the node stands, its text, and the sentence."""
    program = getattr(node, "program", None)
    number = getattr(node, "lineno", None)
    if program is None or number is None:
        raise SourceError(f"`{ast.unparse(node)}`: {sentence}.")
    text = program.lines[number - 1].strip()
    raise SourceError(f"Line {program.first + number - 1} of {program.name}, `{text}`: {sentence}.")


def lookup(program: Program, name: str) -> Any:
    """What a name that is not local stands for when the program runs, or `MISSING`."""
    return program.outside.get(name, getattr(builtins, name, MISSING))


def local_names(tree: ast.FunctionDef) -> set[str]:
    """The parameters of a function and every name that it assigns."""
    arguments = tree.args
    found = {a.arg for a in [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]}
    todo: list[ast.AST] = list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        if isinstance(node, (ast.FunctionDef, ast.Lambda, ast.ListComp, ast.GeneratorExp)):
            continue  # they have names of their own
        todo.extend(ast.iter_child_nodes(node))
    return found


def literal(found: Any) -> str | None:
    """A number, or a short list of numbers, as Python text."""
    if isinstance(found, (bool, int)):
        return repr(found)
    if isinstance(found, (float, np.floating, np.integer)):
        plain = found.item() if isinstance(found, np.generic) else found
        return repr(plain) if math.isfinite(plain) else f'float("{plain}")'
    if isinstance(found, (list, tuple)) and len(found) <= 1000:
        parts = [literal(each) for each in found]
        if all(part is not None for part in parts):
            inside = ", ".join(str(part) for part in parts)
            if isinstance(found, list):
                return f"[{inside}]"
            return f"({inside},)" if len(parts) == 1 else f"({inside})"
    if isinstance(found, np.ndarray) and found.size <= 1000 and found.dtype.kind in "if":
        return f"np.array({literal(found.tolist())})"
    return None


def _settle(args: ast.arguments, f: FunctionType) -> None:
    """Write the default values as they are, and leave out what is said about types."""
    for each in [*args.posonlyargs, *args.args, *args.kwonlyargs]:
        each.annotation = None
    words = [(f.__kwdefaults__ or {}).get(each.arg) for each in args.kwonlyargs]
    for nodes, values in ((args.defaults, f.__defaults__ or ()), (args.kw_defaults, words)):
        for k, value in enumerate(values):
            text = literal(value)
            if text is not None and not isinstance(nodes[k], ast.Constant):
                nodes[k] = ast.parse(text, mode="eval").body


def _outside(f: FunctionType) -> dict[str, Any]:
    found = dict(f.__globals__)
    for name, cell in zip(f.__code__.co_freevars, f.__closure__ or (), strict=True):
        try:
            found[name] = cell.cell_contents
        except ValueError:  # not assigned yet
            found.pop(name, None)
    return found


def _parse(lines: list[str]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(lines))
    except SyntaxError:
        return None


def _lambda(code: CodeType, lines: list[str]) -> tuple[ast.FunctionDef, list[str]]:
    """The lambda with this code, as if it had been written with def."""
    module = _parse(lines)
    candidates: list[tuple[str, ast.Lambda]] = []
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Lambda):
            target = node.targets[0]
            candidates.append((target.id if isinstance(target, ast.Name) else "f", node.value))
    named = {id(each) for _, each in candidates}
    for node in ast.walk(module) if module else ():
        if isinstance(node, ast.Lambda) and id(node) not in named:
            candidates.append(("f", node))
    same = [each for each in candidates if _same_code(each[1], code)]
    if len(same) != 1:
        raise SourceError(
            "The text of this lambda cannot be told from the rest of its line, "
            f"`{lines[0].strip()}`. Write the function with def, or the lambda alone on its line."
        )
    name, found = same[0]
    body = ast.Return(found.body, lineno=found.lineno, col_offset=0)
    tree = ast.parse(f"def {name}(): pass").body[0]
    assert isinstance(tree, ast.FunctionDef)
    tree.args, tree.body, tree.lineno = found.args, [body], found.lineno
    return tree, lines


def _same_code(node: ast.Lambda, code: CodeType) -> bool:
    made = compile(ast.Expression(node), "<lambda>", "eval").co_consts
    inner = next((each for each in made if isinstance(each, CodeType)), None)
    return inner is not None and (inner.co_varnames, inner.co_consts, inner.co_names) == (
        code.co_varnames,
        code.co_consts,
        code.co_names,
    )
