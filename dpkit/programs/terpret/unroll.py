"""Reading a program: everything that can be known without data is done, and checked, here.

Loops have known bounds, so they are unrolled. `with x as i:` reads its body once for every value
that x can have; `if x == 2:` reads both branches. Where branches meet again stands a `mix` node.
What remains is a `Graph`, without any names or loops.

On every path each variable must be set before it is read, and set once. That is checked on the way.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dpkit.programs.terpret.declare import Declarations
from dpkit.programs.terpret.declared import Variable
from dpkit.programs.terpret.graph import Graph
from dpkit.programs.terpret.names import Declaration, Element, Key, Wrong
from dpkit.programs.terpret.problems import Report

__all__ = ["Unrolled", "unroll"]

Written = dict[Key, Element]
MOST = 500_000  # statements, when all is unrolled
_SHORTER = "Say it in several shorter statements."


class _TooLong(Exception):
    """(The line in which so many statements have been read that it may never end.)"""


@dataclass(frozen=True)
class Unrolled:
    """A program that was read: what it declares, what it computes, and how it was written.

    variables: the node of every element that is set on all paths.
    """

    constants: dict[str, int]
    declared: dict[str, Declaration]
    graph: Graph
    tree: ast.Module
    variables: dict[Key, int] = field(default_factory=dict)


def unroll(source: str, constants: Mapping[str, int], report: Report) -> Unrolled:
    """Everything that a program says. What is wrong goes to the report."""
    try:
        tree = ast.parse(source)
    except SyntaxError as error:
        message = f"Python cannot read this: {error.msg}."
        report.add(error.lineno or 1, "syntax", message, _syntax(error.text or ""))
        return Unrolled({}, {}, Graph(), ast.Module([], []))
    except (RecursionError, MemoryError):
        report.add(0, "syntax", "Python cannot read this: it is nested too deeply.", _SHORTER)
        return Unrolled({}, {}, Graph(), ast.Module([], []))
    reader = _Reader(constants, report)
    try:
        reader.block(tree.body)
        reader.finish()
    except _TooLong as long:
        report.add(
            long.args[0], "size", f"Unrolled, this program has more than {MOST} statements.",
            "Let loops have fewer turns, and open variables of smaller ranges.",
        )  # fmt: skip
    variables = {key: each.node for key, each in reader.scopes[0].items()}
    return Unrolled(reader.constants, reader.declared, reader.graph, tree, variables)


_INSIDE = (ast.Expr, ast.Pass, ast.For, ast.If, ast.With)
_NO_SUCH_STATEMENT = (
    "form", "A program has no statement of this sort.",
    "It has constants, declarations, x.set_to(…), for … in range(…), if and with.",
)  # fmt: skip


def _named(statement: ast.stmt) -> set[str]:
    return {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}


def _declares(statement: ast.stmt) -> set[str]:
    if isinstance(statement, ast.FunctionDef):
        return {statement.name}
    targets = statement.targets if isinstance(statement, ast.Assign) else []
    return {each.id for each in targets if isinstance(each, ast.Name)}


def _syntax(line: str) -> str:
    if re.match(r"\s*\w+\s*=[^:]*:", line):
        return "Several statements in one line are separated by `;`."
    if re.search(
        r"\b(set to|max int|n instr|instr ptr|img grid|path len|hid sizes|init [XY])\b", line
    ):
        return "A name has no blank in it: write an underscore, as in `set_to` or `max_int`."
    return "A program is written in Python's own grammar: look at brackets, colons and indents."


class _Reader(Declarations):
    """Statements, one after the other, in each branch."""

    def __init__(self, overrides: Mapping[str, int], report: Report) -> None:
        super().__init__(overrides, report)
        self.read = 0  # statements so far
        self.wrong = 0  # of these could not be read,
        self.unread: set[str] = set()  # and name these
        self.skipped: set[int] = (
            set()
        )  # statements that no turn and no branch has come to, looked over

    def block(self, statements: Sequence[ast.stmt]) -> None:
        for statement in statements:
            self.read += 1
            if self.read > MOST:
                raise _TooLong(statement.lineno)
            try:
                try:
                    self.statement(statement)
                except RecursionError:
                    raise Wrong("syntax", "This is nested too deeply.", _SHORTER) from None
            except Wrong as wrong:
                if wrong.args:
                    self.report.add(statement.lineno, *wrong.args)
                self.failed |= _declares(statement) - self.declared.keys() - self.constants.keys()
                self.unread |= _named(statement)
                self.wrong += 1

    def skip(self, statements: Sequence[ast.stmt], known: Sequence[str] = ()) -> None:
        """What is never run here: its names must be known, and its statements such as there are."""
        for statement in statements:
            if id(statement) in self.skipped:
                continue
            self.skipped.add(id(statement))
            inside = list(ast.walk(statement))
            own = {n.id for n in inside if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
            own |= {*known, "range"}
            for node in inside:
                try:
                    if isinstance(node, ast.stmt) and not isinstance(node, _INSIDE):
                        raise Wrong(*_NO_SUCH_STATEMENT)
                    if isinstance(node, ast.Name) and not (
                        {node.id} & (own | self.constants.keys() | self.known.keys())
                    ):
                        self.must_be_declared(node.id)
                except Wrong as wrong:
                    if wrong.args:
                        self.report.add(node.lineno, *wrong.args)  # type: ignore[attr-defined]

    def statement(self, statement: ast.stmt) -> None:
        match statement:
            case ast.Expr(value=ast.Constant(value=str())) | ast.Pass():
                pass
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                self.declare(name, value, statement.lineno)
            case ast.FunctionDef():
                self.function(statement)
            case ast.Expr(ast.Call(ast.Attribute(target, "set_to"), [value], [])):
                self.set_to(target, value, statement.lineno)
            case ast.Expr(ast.Call(ast.Attribute(target, "set_to"))):
                raise Wrong(
                    "arguments", f"`{ast.unparse(statement)}`: set_to takes one value, without a name.",
                    f"Write `{ast.unparse(target)}.set_to(…)` with one value in it.",
                )  # fmt: skip
            case ast.Assign(targets=[ast.Subscript() as target]) | ast.AugAssign(target=target):
                raise Wrong(
                    "form", "A value is not given by `=` here.",
                    f"Write `{ast.unparse(target)}.set_to(…)` with one value in it.",
                )  # fmt: skip
            case ast.For(ast.Name(id=name), ast.Call(ast.Name(id="range"), bounds, []), _, []):
                self.loop(statement, name, bounds)
            case ast.For():
                raise Wrong(
                    "form", "A loop has no `else`." if statement.orelse else
                    f"`for {ast.unparse(statement.target)} in {ast.unparse(statement.iter)}:` is no loop "
                    "of a known number of turns.",
                    "Write `for t in range(3):` or `for t in range(1, 3):`, and what follows, below it.",
                )  # fmt: skip
            case ast.If():
                self.choose(statement)
            case ast.With():
                self.open(statement, statement.items)
            case _:
                raise Wrong(*_NO_SUCH_STATEMENT)

    def set_to(self, target: ast.expr, value: ast.expr, line: int) -> None:
        thing, index = self.place(target)
        if thing.kind not in ("Var", "Output"):
            raise Wrong(
                "not settable", f"{thing.name} is an {thing.kind}: it is given, and never set."
                .replace("an Param", "a Param"),
                "Set a Var or an Output.",
            )  # fmt: skip
        assert isinstance(thing, Variable)
        before = self.find((thing.name, index))
        try:
            node = self.value(value, thing.size)
        except Wrong as wrong:  # the element counts as set, so that one mistake is told once
            if wrong.args:
                self.report.add(line, *wrong.args)
            node = self.graph.add("unknown", (line,), (), thing.size)
        if before is not None:
            raise Wrong(
                "set twice", f"`{ast.unparse(target)}` was set in line {before.line} already.",
                "An element is set once on every path. Alternatives belong to one chain of if, elif, else.",
            )  # fmt: skip
        self.scopes[-1][thing.name, index] = Element(node, line, target)

    def loop(self, statement: ast.For, name: str, bounds: list[ast.expr]) -> None:
        limits = [self.number(each, "A bound of a loop") for each in bounds]
        if not 1 <= len(limits) <= 3 or limits[2:] == [0]:
            raise Wrong(
                "form", f"`{ast.unparse(statement.iter)}` is no range.",
                "Write `range(n)`, `range(first, end)`, or `range(first, end, step)` with a step that is not 0.",
            )  # fmt: skip
        numbers = range(*limits)
        self.new(name, statement.lineno)
        if not numbers:
            self.skip(statement.body, [name])
        for number in numbers:
            self.known[name] = number
            self.block(statement.body)
        self.known.pop(name, None)
        self.left[name] = statement

    def open(self, statement: ast.With, items: Sequence[ast.withitem]) -> None:
        """`with x as i, y as j:` is its body for every value of x, and for every value of y."""
        if not items:
            return self.block(statement.body)
        opened, name = items[0].context_expr, items[0].optional_vars
        if not isinstance(name, ast.Name):
            raise Wrong("form", "`with` gives no name here.", "Write `with x as i:`.")
        self.new(name.id, statement.lineno)
        self.left[name.id] = statement
        chooser = self.value(opened, None)
        branches, whens, wrong = [], [], self.wrong
        when = f"when {ast.unparse(opened)} is"
        for k in range(self.graph.nodes[chooser].size):
            self.known[name.id] = k
            branches.append(self.branch(lambda: self.open(statement, items[1:])))
            whens.append(f"{when} {k}")
        self.known.pop(name.id, None)
        self.left[name.id] = statement
        self.merge(chooser, branches, whens, told=self.wrong > wrong)

    def choose(self, statement: ast.If) -> None:
        """A chain of if and elif on one variable is one choice, with a branch for each of its values; so
        its weights are P(x = 0), P(x = 1), … and not products of gates. Where the chain asks for another
        variable, a new choice begins in the branch that is left over."""
        first = self.test(statement.test)
        if isinstance(first, bool):  # a question about constants, answered here
            self.skip(statement.orelse if first else statement.body)
            return self.block(statement.body if first else statement.orelse)
        chooser, _ = first
        size = self.graph.nodes[chooser].size
        whens: dict[int, str] = {}
        wrong = self.wrong
        done: dict[int, Written] = {}
        rest: list[ast.stmt] = [statement]
        told: set[tuple[str, int]] = set()  # what was asked, by name
        while len(rest) == 1 and isinstance(this := rest[0], ast.If):
            asked = first if this is statement else self.test(this.test)
            if isinstance(asked, bool) or asked[0] != chooser:
                break
            value, shown = asked[1], ast.unparse(this.test)
            assert isinstance(this.test, ast.Compare)
            question = ast.unparse(this.test.left), value
            if value in done and question not in told:  # of another name that is the same here
                self.skip(this.body)
            elif value in done or not 0 <= value < size:
                self.report.add(
                    this.test.lineno, "never", f"`{shown}` is never true here: "
                    + ("it was asked before in this chain." if value in done
                       else f"the values are 0 to {size - 1}."),
                    "Compare with a value that is left.",
                )  # fmt: skip
            else:
                whens[value] = f"when {shown}"
                done[value] = self.branch(lambda body=this.body: self.block(body))  # type: ignore
            told.add(question)
            rest = this.orelse
        if len(done) == size:
            self.skip(rest)
        others = self.branch(lambda: self.block(rest)) if len(done) < size else {}
        otherwise = "otherwise" if rest else "otherwise (there is no `else`)"
        self.merge(
            chooser,
            [done.get(k, others) for k in range(size)],
            [whens.get(k, otherwise) for k in range(size)],
            told=self.wrong > wrong,
        )

    def test(self, test: ast.expr) -> bool | tuple[int, int]:
        """What is asked: known already, or (the node that chooses, the value it must have)."""
        match test:
            case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
                value = self.number(right, "What a variable is compared with")
            case _:
                raise Wrong("form", f"`{ast.unparse(test)}` is no question.", "Ask `x == 2`.")
        if self.is_number(left) or not isinstance(left, (ast.Name, ast.Subscript, ast.Call)):
            return self.number(left, "This") == value
        return self.value(left, None), value

    def branch(self, run: Callable[[], None]) -> Written:
        """What is set on one of several ways."""
        self.scopes.append({})
        run()
        return self.scopes.pop()

    def merge(
        self, chooser: int, branches: list[Written], whens: list[str], told: bool = False
    ) -> None:
        """The ways meet: every element that one of them set must have been set on all. told: that
        something could not be read on the way, so that nobody knows what it would have set."""
        for key in {key: None for written in branches for key in written}:
            sets = [written.get(key) for written in branches]
            known = next(each for each in sets if each is not None)
            missing = [when for each, when in zip(sets, whens, strict=True) if each is None]
            if missing and not told:
                when = next(when for each, when in zip(sets, whens, strict=True) if each)
                self.report.add(
                    known.line, "not on every path",
                    f"`{known.text}` is set {when}, but not {missing[0]}.",
                    "Set it on every path: where nothing changes, to what it was before.",
                )  # fmt: skip
            nodes = tuple(each.node if each else known.node for each in sets)
            self.scopes[-1][key] = Element(
                self.graph.mix(chooser, nodes), known.line, known.written
            )

    def finish(self) -> None:
        if not self.wrong and not any(each.kind == "Output" for each in self.declared.values()):
            self.report.add(
                0, "never set", "This program has no Output: it computes nothing that could be seen.",
                "Declare one, `y = Output(n)`, and end with `y.set_to(…)`.",
            )  # fmt: skip
        for thing in self.declared.values():
            if thing.kind != "Output":
                continue
            assert isinstance(thing, Variable)
            for index in thing.places:
                found = self.find((thing.name, index))
                if found is None and thing.name in self.unread:
                    break  # it would have been, perhaps, in a statement that could not be read
                if found is None:
                    some = any((thing.name, each) in self.scopes[0] for each in thing.places)
                    which = "".join(f"[{k}]" for k in index) if some else ""
                    self.report.add(
                        thing.line, "never set",
                        f"{thing.name} is an Output and {f'{thing.name}{which} ' if which else ''}is never set.",
                        f"End with {thing.name}{'[…]' * len(index)}.set_to(…).",
                    )  # fmt: skip
                    break
                self.graph.outputs[thing.name, index] = found.node
        for name in sorted(self.overrides.keys() - self.constants.keys() - self.failed):
            self.report.add(
                0, "unknown name", f"{name} was to be changed, and is no constant of this program.",
                f"Its constants are {', '.join(self.constants) or 'none'}.",
            )  # fmt: skip
