"""Which lines of a student's own code a mistake stands in.

A judge knows what came out wrong, and a diagnosis knows which operation of the differentiated
function was wrong. Neither has seen the student's source. Here it is read, never run:

    place = find(finding, answers, others)
    place.words()               # "probably here: ex3_2, lines 21–25"

A place is *sure* in two cases only: the student's own traceback leads there, or the exercise itself
called the function that is defined there. A rule of the student's engine is recognised by its name
(a method ``__mul__``, a function or class ``Mul``, an entry ``"mul"`` of a table, a branch
``op == "mul"``), and a name may mislead: such a place is *probable*. Where nothing better is known,
the cell that answers the exercise is named, and no line.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from autograder.result import Finding

__all__ = ["Cell", "Place", "Written", "find", "written"]

MOST_SOURCE = 100_000  # characters: more is no exercise that anybody wants to read
MOST_LINES, MOST_WIDTH = 12, 160  # of the lines that are shown

TRACE = re.compile(r"^line (\d+), in .*\n {4}(.*)$", re.MULTILINE)


@dataclass(frozen=True)
class Cell:
    """A code cell of the student's: its name (`grade_id`; "" for one of their own), the id that
    Jupyter's pages know it by, and its text."""

    name: str
    anchor: str
    source: str


@dataclass(frozen=True)
class Place:
    """Lines `first` to `last` of a cell, counted from 1. certainty: "here", "probably here", or
    "somewhere in" where the lines are those of the whole cell."""

    cell: Cell
    first: int
    last: int
    certainty: str

    @property
    def lines(self) -> list[tuple[int, str]]:
        """(number, text) of the lines that say something: no comments, no docstrings, not too many."""
        told = _telling(self.cell.source, self.first, self.last)
        return [(n, _cut(text)) for n, text in told[:MOST_LINES]]

    @property
    def name(self) -> str:
        """Cell and lines: "ex3_2, lines 21–25"."""
        cell = self.cell.name or "a cell of their own"
        if self.certainty == "somewhere in":
            return cell
        if self.first == self.last:
            return f"{cell}, line {self.first}"
        return f"{cell}, lines {self.first}–{self.last}"

    def words(self) -> str:
        """ "here: ex3_2, line 7", "probably here: …", "somewhere in ex3_2"."""
        colon = "" if self.certainty == "somewhere in" else ":"
        return f"{self.certainty}{colon} {self.name}"


@dataclass(frozen=True)
class Written:
    """What a student wrote for one graded cell, and what else before it."""

    answers: tuple[Cell, ...] = ()
    others: tuple[Cell, ...] = ()


def written(cells: Sequence[Any], given: Collection[str] = ()) -> dict[str, Written]:
    """{graded cell: what the student wrote for it}, from the cells of a marked notebook.

    cells: as in a notebook's JSON, rebuilt on the source, so that their metadata is the teacher's.
    given: texts of the lab's own cells, which nobody else wrote.
    """
    found: dict[str, Written] = {}
    answers: list[Cell] = []
    others: list[Cell] = []
    for cell in cells:
        grader = cell["metadata"].get("nbgrader", {})
        if cell["cell_type"] != "code":
            continue
        source = "".join(cell["source"])  # a file keeps a list of lines
        here = Cell(grader.get("grade_id", ""), cell.get("id", ""), source)
        if grader.get("solution"):
            answers.append(here)
        elif grader.get("grade"):
            found[here.name] = Written(tuple(answers), tuple(others))
            others += answers
            answers = []
        elif not grader and here.source not in given:
            others.append(here)
    return found


def find(finding: Finding, answers: Sequence[Cell], others: Sequence[Cell] = ()) -> Place | None:
    """The best that can honestly be said; None where the student has no cell for this exercise.

    answers: the cells that answer the exercise. others: what else the student wrote before its
    check, such as the engine that it builds on.
    """
    cells = [*others, *answers]
    return (
        _traced(finding, cells)
        or _called(finding, cells)
        or _rule(finding, cells)
        or _mentioned(finding, answers)
        or _whole(answers)
    )


def _traced(finding: Finding, cells: Sequence[Cell]) -> Place | None:
    """The last line of the traceback, if it is a line of exactly one cell."""
    for number, text in reversed(TRACE.findall(finding.traceback)):
        homes = [cell for cell in cells if text and _line(cell, int(number)) == text.strip()]
        if len(homes) == 1:
            return Place(homes[0], int(number), int(number), "here")
    return None


def _called(finding: Finding, cells: Sequence[Cell]) -> Place | None:
    """The function that the exercise called, by the name that it knows it by."""
    return _defined(finding.function, cells, "here") if finding.function else None


def _rule(finding: Finding, cells: Sequence[Cell]) -> Place | None:
    """The rule of one operation in a student's engine.

    Only where every use of the operation is wrong: that is a fault of an engine. In a gradient
    derived by hand a name says nothing: `def sigmoid` will be the function, not its derivative.
    """
    if not finding.operation or not finding.where.startswith("every "):
        return None
    names = NAMES.get(finding.operation, {finding.operation})
    for looks_like in (_branches, _tables, _classes, _functions):
        for cell in reversed(cells):
            spans = list(looks_like(_tree(cell.source), names))
            if spans:  # the last one is what Python goes by
                return Place(cell, *spans[-1], "probably here")
    return None


def _mentioned(finding: Finding, answers: Sequence[Cell]) -> Place | None:
    """The one function of the answer that the message, or the name of the part, speaks of."""
    defined = {
        node.name
        for cell in answers
        for node in _tree(cell.source).body
        if isinstance(node, DEFINITIONS)
    }
    spoken = re.findall(r"`(\w+)[(`]", finding.message), re.findall(r"\w+", finding.part)
    for named in (defined & set(spoken[0]), defined & set(spoken[1]), defined):
        if len(named) == 1:
            return _defined(named.pop(), answers, "probably here")
    return None


def _whole(answers: Sequence[Cell]) -> Place | None:
    for cell in answers:
        if cell.source.strip():
            return Place(cell, 1, cell.source.count("\n") + 1, "somewhere in")
    return None


# ---------------------------------------------------------------------- what a rule looks like

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
BACKWARDS = {"backward", "gradient", "grad", "vjp", "pullback", "df"}  # of a class for an operation

# What people call an operation of `dpkit.rules` in their own engines; symbols stand in tables.
NAMES: dict[str, set[str]] = {
    operation: set(words.split())
    for operation, words in {
        "add": "add radd plus +",
        "sub": "sub rsub subtract minus -",
        "mul": "mul rmul multiply times product *",
        "div": "div divide truediv rtruediv quotient /",
        "neg": "neg negative negate",
        "power": "power pow rpow ** ^",
        "square": "square squared",
        "log": "log ln",
        "sigmoid": "sigmoid logistic",
        "abs": "abs absolute",
        "arcsin": "arcsin asin",
        "arccos": "arccos acos",
        "arctan": "arctan atan",
        "maximum": "maximum max",
        "minimum": "minimum min",
        "matmul": "matmul rmatmul dot mm @",
        "getitem": "getitem index slice",
        "permute": "permute transpose",
        "reshape": "reshape view flatten",
        "broadcast": "broadcast broadcastto expand",
        "sum": "sum summation reducesum",
    }.items()
}
# Words that say what the thing is for, not which operation it belongs to.
BESIDE = {
    "vjp",
    "grad",
    "gradient",
    "backward",
    "pullback",
    "rule",
    "op",
    "ewise",
    "scalar",
    "tensor",
}

Span = tuple[int, int]


def _same(name: str, names: set[str]) -> bool:
    """Whether `__mul__`, `Mul`, `EWiseMul`, `mul_vjp` is one of the names; `mul_add` is not."""
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    return "".join(word for word in snake.split("_") if word not in BESIDE) in names


def _branches(tree: ast.Module, names: set[str]) -> Iterator[Span]:
    """`if op == "mul": …` and `case "mul": …`"""
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and isinstance(node.test, ast.Compare):
            sides = [node.test.left, *node.test.comparators]
            if any(_same(_text(side), names) for side in sides if isinstance(side, ast.Constant)):
                yield node.lineno, _end(node.body[-1])
        elif isinstance(node, ast.match_case) and isinstance(node.pattern, ast.MatchValue):
            if _same(_text(node.pattern.value), names):
                yield node.pattern.lineno, _end(node.body[-1])


def _tables(tree: ast.Module, names: set[str]) -> Iterator[Span]:
    """`{"mul": …}`, `RULES["mul"] = …`, `Var.__mul__ = lambda …`, `defvjp(np.multiply, lambda …)`,
    `@rule("mul")`."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if key is not None and _same(_text(key), names) and _makes(value):
                    yield key.lineno, _end(value)
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                key = target.slice if isinstance(target, ast.Subscript) else target
                method = isinstance(target, ast.Attribute) and isinstance(node.value, ast.Lambda)
                if (key is not target or method) and _same(_text(key), names):
                    yield node.lineno, _end(node)
        elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and node.value.args:
            if _same(_text(node.value.args[0]), names) and any(
                isinstance(each, ast.Lambda) for each in node.value.args[1:]
            ):
                yield node.lineno, _end(node)
        elif isinstance(node, ast.FunctionDef):
            for mark in node.decorator_list:
                if isinstance(mark, ast.Call) and mark.args and _same(_text(mark.args[0]), names):
                    yield mark.lineno, _end(node)


def _classes(tree: ast.Module, names: set[str]) -> Iterator[Span]:
    """`class Mul: … def backward`: the part that goes back, if it has one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and _same(node.name, names):
            methods = [each for each in node.body if isinstance(each, ast.FunctionDef)]
            back = [each for each in methods if each.name in BACKWARDS]
            span = back[-1] if back else node
            yield span.lineno, _end(span)


def _functions(tree: ast.Module, names: set[str]) -> Iterator[Span]:
    """`def mul`, `def __mul__`; `__rmul__` only where there is nothing else."""
    found = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and _same(node.name, names)
    ]
    for node in sorted(found, key=lambda node: (not node.name.startswith("__r"), node.lineno)):
        yield node.lineno, _end(node)


def _text(node: ast.AST) -> str:
    """What a key says: "mul", or the name of a function."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _makes(value: ast.expr) -> bool:
    """Whether a table's entry can be a rule: a function, some of them, or text to be computed."""
    return isinstance(value, (ast.Lambda, ast.Tuple, ast.List, ast.Dict, ast.Name, ast.Constant))


# ------------------------------------------------------------------------------------- reading


def _tree(source: str) -> ast.Module:
    """The cell's syntax; an empty one where it has none, or is no exercise's answer."""
    lines = ("" if line.lstrip().startswith(("%", "!")) else line for line in source.split("\n"))
    try:
        if len(source) <= MOST_SOURCE:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return ast.parse("\n".join(lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        pass
    return ast.Module([], [])


def _defined(name: str, cells: Sequence[Cell], certainty: str) -> Place | None:
    """Where the last definition of `name` stands: `def`, `class`, or `name = lambda`."""
    for cell in reversed(cells):
        spans = []
        for node in _tree(cell.source).body:
            plain = isinstance(node, ast.Assign) and name in map(_text, node.targets)
            if plain or (isinstance(node, DEFINITIONS) and node.name == name):
                spans.append((node.lineno, _end(node)))
        if spans:
            return Place(cell, *spans[-1], certainty)
    return None


def _end(node: ast.stmt | ast.expr) -> int:
    return node.end_lineno or node.lineno


def _line(cell: Cell, number: int) -> str | None:
    lines = cell.source.split("\n")
    return lines[number - 1].strip() if 1 <= number <= len(lines) else None


def _telling(source: str, first: int, last: int) -> list[tuple[int, str]]:
    """The lines from `first` to `last`, without the docstrings, comments and empty ones."""
    silent: set[int] = set()
    for node in ast.walk(_tree(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            silent.update(range(node.lineno, _end(node) + 1))
    lines = enumerate(source.split("\n"), start=1)
    return [
        (n, text.rstrip())
        for n, text in lines
        if first <= n <= last and n not in silent and text.strip() and text.strip()[0] != "#"
    ]


def _cut(text: str) -> str:
    return text if len(text) <= MOST_WIDTH else f"{text[:MOST_WIDTH]} …"
