"""The few kinds of step that a program consists of once it has been made plain.

`dpkit.source.plain` translates a function into these; everything after it works on these alone.
Expressions stay what they are in Python: trees of the standard `ast` module.

What the later stages find out about a step is written beside it: whether the value that it
overwrites must be kept (``save``), which numbers it depends on and how (``slopes``).
"""

from __future__ import annotations

import ast
import builtins
import itertools
import keyword
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

__all__ = [
    "Append",
    "Aside",
    "If",
    "Keep",
    "Let",
    "Loop",
    "MakeList",
    "Names",
    "Put",
    "Step",
    "Stop",
    "assigned",
    "constant",
    "name",
    "names_in",
    "walk",
]


@dataclass(eq=False, kw_only=True)
class Step:
    """node: what the reader wrote, for messages."""

    node: ast.AST


@dataclass(eq=False)
class Let(Step):
    """``target = expr``

    implicit: done by the head of a for loop; augmented: written ``+=``; moved: expr is the name of
    a list that is not used under that name again.
    """

    target: str
    expr: ast.expr
    implicit: bool = False
    augmented: bool = False
    moved: bool = False
    save: bool = False
    slopes: Any = None


@dataclass(eq=False)
class Put(Step):
    """``target[index] = expr``"""

    target: str
    index: ast.expr
    expr: ast.expr
    augmented: bool = False
    save: bool = False
    slopes: Any = None

    @property
    def place(self) -> ast.expr:
        return ast.Subscript(name(self.target), self.index)


@dataclass(eq=False)
class MakeList(Step):
    """``target = [item, item, …]``, or ``target = [item] * count``."""

    target: str
    items: list[ast.expr]
    count: ast.expr | None = None
    save: bool = False


@dataclass(eq=False)
class Append(Step):
    """``target.append(item)``"""

    target: str
    item: ast.expr


@dataclass(eq=False)
class Keep:
    """What a turn of a loop, or a branch in it, computed and a later turn will lose.

    tail: what is kept on stacks at its end; redo: what is so cheap that the way back does it again.
    """

    tail: list[str] = field(default_factory=list)
    redo: list[Let] = field(default_factory=list)


@dataclass(eq=False)
class If(Step):
    """flag: the name that remembers the branch, where asking again might get another answer."""

    test: ast.expr
    body: list[Step]
    orelse: list[Step]
    flag: str = ""
    save: bool = False
    keep: Keep = field(default_factory=Keep)  # of the body
    keep_other: Keep = field(default_factory=Keep)  # of the other branch


@dataclass(eq=False)
class Loop(Step):
    """``for target in iterable``, or with a test ``while test``.

    index, span: the loop takes its turns for each index in span. counter: the name that counts the
    turns, where they cannot be known beforehand. saves: what the loop overwrites before its first
    turn; matters: whether the way back has anything to do in it.
    """

    body: list[Step]
    test: ast.expr | None = None
    target: ast.expr | None = None
    iterable: ast.expr | None = None
    index: str = ""
    span: ast.expr | None = None
    counter: str = ""
    keep: Keep = field(default_factory=Keep)
    saves: list[str] = field(default_factory=list)
    matters: bool = True


@dataclass(eq=False)
class Stop(Step):
    """``break``: the last step of a turn of the innermost loop."""


@dataclass(eq=False)
class Aside(Step):
    """A statement with nothing to differentiate, such as print or assert."""

    stmt: ast.stmt


def walk(steps: list[Step]) -> Iterator[Step]:
    """Every step, with those inside branches and loops."""
    for step in steps:
        yield step
        if isinstance(step, If):
            yield from walk(step.body)
            yield from walk(step.orelse)
        elif isinstance(step, Loop):
            yield from walk(step.body)


def assigned(steps: list[Step]) -> set[str]:
    """The names that the steps may change."""
    found: set[str] = set()
    for step in walk(steps):
        if isinstance(step, (Let, Put, MakeList, Append)):
            found.add(step.target)
        elif isinstance(step, Loop):
            found |= {step.index, step.counter}
        elif isinstance(step, If):
            found.add(step.flag)
    return found - {""}


def names_in(*nodes: ast.AST | None) -> set[str]:
    return {each.id for node in nodes if node for each in ast.walk(node)
            if isinstance(each, ast.Name)}  # fmt: skip


def name(text: str) -> ast.Name:
    return ast.Name(text, ast.Load())


def constant(value: Any) -> ast.Constant:
    return ast.Constant(value)


class Names:
    """Names that are free: neither the reader's own, nor Python's."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken | set(keyword.kwlist) | set(dir(builtins))

    def fresh(self, *hints: str) -> str:
        """The first hint that is free, or the last with a number behind it."""
        numbered = (f"{hints[-1]}_{k}" for k in itertools.count(2))
        found = next(each for each in itertools.chain(hints, numbered) if each not in self.taken)
        self.taken.add(found)
        return found
