"""Lists and loops made plain.

Every list comes to be in one of two ways: written down, or empty and then filled by a loop. Every
for loop takes its turns for the indices in a `range`, which can be walked backwards; what the loop
runs over, a list, zip, enumerate, is read by index.
"""

from __future__ import annotations

import ast
import builtins
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dpkit.source.inline import Inlining
from dpkit.source.read import refuse
from dpkit.source.steps import (
    Append,
    If,
    Let,
    Loop,
    MakeList,
    Step,
    Stop,
    assigned,
    constant,
    name,
    names_in,
    walk,
)

__all__ = ["Loops", "endless", "inside"]


@dataclass
class _Course:
    """What a loop runs over: how many elements, which they are, and how the reader wrote it.

    span: a range, if the elements are simply its numbers. length, element: their number, and the
    element at an index: an expression, or for zip and enumerate a list of such.
    """

    head: ast.expr
    length: ast.expr
    element: Callable[[ast.expr], Any]
    span: ast.expr | None = None


class Loops(Inlining):
    """The part of the translator that deals with lists and loops; see `dpkit.source.plain`."""

    returns: list[str]
    lists: set[str]  # the names of lists that the program makes

    def block(self, stmts: Sequence[ast.stmt]) -> bool:
        raise NotImplementedError

    def collect(self, write: Callable[[], Any]) -> tuple[list[Step], Any]:
        raise NotImplementedError

    # Lists ---------------------------------------------------------------------------------------

    def list_into(self, target: str, node: ast.expr) -> bool:
        """Steps that make a list and call it `target`; False if the expression is no list."""
        if isinstance(node, (ast.List, ast.Tuple)):
            self.make(target, [self.value(each) for each in node.elts], None, node)
            return True
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
            for display, count in ((node.left, node.right), (node.right, node.left)):
                if isinstance(display, ast.List) and len(display.elts) == 1:
                    item = self.value(display.elts[0])
                    self.make(target, [item], self.value(count), node)
                    return True
        copied, part = None, None
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            copied, part = node.value, node.slice
        elif isinstance(node, ast.Call) and self.callee(node.func) is builtins.list:
            copied = node.args[0] if len(node.args) == 1 else None
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            if node.func.attr == "copy" and not node.args:
                copied = node.func.value
        generators: list[ast.comprehension]
        if isinstance(node, ast.ListComp):
            generators, item = node.generators, node.elt
        elif copied is not None:
            source: ast.expr = copied
            item, variable = ast.Name("item", ast.Load()), "item"
            if part is not None:
                places = ast.parse(f"range(len({ast.unparse(copied)}))[:]", mode="eval").body
                assert isinstance(places, ast.Subscript)
                places.slice = part
                variable = "place"
                item = ast.Subscript(copied, ast.Name(variable, ast.Load()), ast.Load())
                source = self.same(places, node)
            generators = [ast.comprehension(ast.Name(variable, ast.Store()), source, [], 0)]
        else:
            return False
        making = target
        if target in self.mentions(node):  # the list is made from one of the same name
            making = self.names.fresh(f"new_{target}")
        self.make(making, [], None, node)
        self.comprehension(
            generators,
            lambda: self.out.append(Append(making, self.value(item), node=node)),
            node,
        )
        if making != target:
            self.lists.add(target)
            self.out.append(Let(target, name(making), moved=True, node=node))
        return True

    def make(
        self, target: str, items: list[ast.expr], count: ast.expr | None, where: ast.AST
    ) -> None:
        self.lists.add(target)
        making = self.names.fresh(f"new_{target}") if target in names_in(*items) else target
        self.out.append(MakeList(making, items, count, node=where))
        if making != target:  # the list is made from one of the same name
            self.lists.add(making)
            self.out.append(Let(target, name(making), moved=True, node=where))

    # Loops ----------------------------------------------------------------------------------------

    def loop(self, stmt: ast.For | ast.While) -> str:
        """Translate a loop. Returns the name that says, afterwards, whether the loop returned."""
        if stmt.orelse:
            refuse(stmt, "a loop with else cannot be differentiated; remember in a name whether "
                         "it was left by break")  # fmt: skip
        returned = ""
        if any(isinstance(each, ast.Return) for each in inside(stmt.body, loops_too=True)):
            returned = self.names.fresh("returned")
            self.let(returned, constant(False), stmt)
            self.returns.append(returned)
        if isinstance(stmt, ast.For):
            self.loop_over(stmt.target, stmt.iter, lambda: self.block(stmt.body), stmt, {})
        else:
            self.while_loop(stmt)
        if returned:
            self.returns.pop()
        return returned

    def while_loop(self, stmt: ast.While) -> None:
        before, test = self.collect(lambda: self.value(stmt.test))
        body, _ = self.collect(lambda: self.block(stmt.body))
        if before:  # the test takes steps of its own, which belong to every turn
            body = [*before, If(test, body, [Stop(node=stmt)], node=stmt)]
            test = constant(True)
        self.out.append(Loop(body, test=test, counter=self.names.fresh("turns"), node=stmt))

    def loop_over(
        self,
        target: ast.expr,
        iterable: ast.expr,
        body: Callable[[], Any],
        where: ast.AST,
        own: dict[str, str],
    ) -> None:
        """A for loop. own: what its variables are called, where they are a comprehension's."""
        course = self.course(iterable)
        self.scope.names = self.scope.names | {k: name(v) for k, v in own.items()}
        head = self.renamed(target)
        bindings: list[tuple[ast.Name, ast.expr]] = []
        if course.span is not None:
            if not isinstance(head, ast.Name):
                refuse(where, "range gives one number at a time")
            index, span = head, course.span
        else:
            index = name("")
            self.pair(head, course.element(index), bindings, where)
            numbered = next((each.id for each, element in bindings if element is index), "")
            index.id = numbered or self.names.fresh("k", "j", "i", "index")
            span = ast.Call(name("range"), [course.length], [])
        steps: list[Step] = [Let(each.id, element, implicit=True, node=where)
                             for each, element in bindings if element is not index]  # fmt: skip
        turn, _ = self.collect(body)
        if index.id in assigned(turn):
            refuse(where, f"the loop gives {index.id} its value; inside it, use another name")
        grown = {each.target for each in walk(turn) if isinstance(each, (Let, MakeList, Append))}
        if course.span is None and grown & names_in(course.head):
            refuse(where, "the list changes while the loop runs over it; loop over range instead")
        if (grown | {index.id}) & names_in(span):  # the way back needs it as it was
            steady = self.names.fresh("span")
            self.let(steady, span, where)
            span = course.head = name(steady)
        steps += turn
        broken = any(isinstance(each, Stop) for each in _level(steps))
        counter = self.names.fresh("turns") if broken else ""
        self.out.append(Loop(steps, target=head, iterable=course.head, index=index.id, span=span,
                             counter=counter, node=where))  # fmt: skip

    def renamed(self, target: ast.expr) -> ast.expr:
        """The target of a loop, in the names of the result."""
        if isinstance(target, (ast.Tuple, ast.List)):
            return ast.Tuple([self.renamed(each) for each in target.elts], ast.Store())
        if isinstance(target, ast.Name):
            return self.scope.names.get(target.id, target)
        refuse(target, "a loop gives values to plain names")

    def pair(self, target: ast.expr, element: Any, bindings: list[Any], where: ast.AST) -> None:
        """Which name of a loop's target gets which element."""
        if isinstance(target, ast.Tuple) and isinstance(element, list):
            if len(target.elts) != len(element):
                refuse(where, f"{len(target.elts)} names do not fit {len(element)} values")
            for each, part in zip(target.elts, element, strict=True):
                self.pair(each, part, bindings, where)
        elif isinstance(target, ast.Tuple) and isinstance(element, ast.Subscript):
            for k, each in enumerate(target.elts):  # a row
                self.pair(each, ast.Subscript(element, constant(k)), bindings, where)
        elif isinstance(target, ast.Name) and not isinstance(element, list):
            bindings.append((target, element))
        else:
            refuse(where, "the names do not fit what the loop runs over")

    def course(self, node: ast.expr) -> _Course:
        """What `for … in node` runs over."""
        called = self.callee(node.func) if isinstance(node, ast.Call) else None
        if called is range and isinstance(node, ast.Call):
            call = ast.Call(name("range"), [self.value(each) for each in node.args], [])
            if len(call.args) == 1:
                return _Course(call, call.args[0], lambda i: i, call)
            return _Course(call, _len(call), lambda i: ast.Subscript(call, i), call)
        if called is enumerate and isinstance(node, ast.Call) and node.args:
            return self.enumerated(node)
        if called is zip and isinstance(node, ast.Call) and node.args:
            parts = [self.course(each) for each in node.args]
            length = parts[0].length
            if len(parts) > 1:
                length = ast.Call(name("min"), [each.length for each in parts], [])
            head = ast.Call(name("zip"), [each.head for each in parts], [])
            return _Course(head, length, lambda i: [each.element(i) for each in parts])
        if called is reversed and isinstance(node, ast.Call) and len(node.args) == 1:
            below = self.course(node.args[0])
            back = ast.Slice(None, None, ast.UnaryOp(ast.USub(), constant(1)))
            if below.span is not None:
                turned = ast.Subscript(below.span, back)
                return _Course(turned, below.length, lambda i: ast.Subscript(turned, i), turned)
            if isinstance(below.head, (ast.Name, ast.Subscript)):
                last: ast.expr = constant(-1)
                if isinstance(below.head, ast.Subscript) and isinstance(
                    below.head.slice, ast.Slice
                ):
                    last = ast.BinOp(copy.deepcopy(below.length), ast.Sub(), constant(1))
                return _Course(ast.Call(name("reversed"), [below.head], []), below.length,
                               lambda i: below.element(ast.BinOp(last, ast.Sub(), i)))  # fmt: skip
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            cut = node.slice
            if isinstance(node.value, ast.Call) and self.callee(node.value.func) is range:
                ends = [each and self.value(each) for each in (cut.lower, cut.upper, cut.step)]
                some = ast.Subscript(self.course(node.value).head, ast.Slice(*ends))
                return _Course(some, _len(some), lambda i: ast.Subscript(some, i), some)
            found = self.part(node, cut)
            if found is not None:
                return found
        listed = node
        if not isinstance(node, (ast.Name, ast.Subscript)):
            items = self.names.fresh("items")
            if called is None and self.list_into(items, node):
                listed = name(items)
            elif isinstance(node, ast.Call) and self.inlined(node) is not None:
                self.inline(node, [items], node)
                listed = name(items)
            else:
                refuse(node, "a loop runs over range, a list, zip, enumerate or reversed")
            self.scope.names = self.scope.names | {items: name(items)}
        elif isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice):
            items = self.names.fresh("part")
            self.list_into(items, node)
            self.scope.names = self.scope.names | {items: name(items)}
            listed = name(items)
        base = self.value(listed)
        return _Course(base, _len(base), lambda i: ast.Subscript(base, i))

    def enumerated(self, node: ast.Call) -> _Course:
        below = self.course(node.args[0])
        starts = [*node.args[1:], *(word.value for word in node.keywords)]
        head = ast.Call(name("enumerate"), [below.head], [])
        if not starts:
            return _Course(head, below.length, lambda i: [i, below.element(i)])
        start = self.value(starts[0])
        head.args.append(start)
        return _Course(head, below.length,
                       lambda i: [ast.BinOp(i, ast.Add(), start), below.element(i)])  # fmt: skip

    def part(self, node: ast.Subscript, cut: ast.Slice) -> _Course | None:
        """x[2:], read in place: the element at i is x[i + 2]. None if it has to be copied."""
        start = cut.lower.value if isinstance(cut.lower, ast.Constant) else 0
        simple = cut.lower is None or isinstance(cut.lower, ast.Constant)
        if cut.step is not None or not simple or not isinstance(node.value, ast.Name):
            return None
        if isinstance(start, int):
            base = self.value(node.value)
            upper = None if cut.upper is None else self.value(cut.upper)
            head = ast.Subscript(base, ast.Slice(cut.lower, upper))
            return _Course(
                head,
                _len(head),
                lambda i: ast.Subscript(
                    base, ast.BinOp(i, ast.Add(), constant(start)) if start else i
                ),
            )
        return None


def _len(node: ast.expr) -> ast.expr:
    return ast.Call(name("len"), [node], [])


def _level(steps: list[Step]) -> Iterator[Step]:
    """The steps with those inside branches, but not those inside loops."""
    for step in steps:
        yield step
        if isinstance(step, If):
            yield from _level(step.body)
            yield from _level(step.orelse)


def inside(stmts: Sequence[ast.stmt], loops_too: bool = False) -> Iterator[ast.AST]:
    """The statements within statements, but not those of functions defined there."""
    todo: list[ast.AST] = list(stmts)
    while todo:
        node = todo.pop()
        yield node
        if isinstance(node, (ast.FunctionDef, ast.Lambda)):
            continue
        if isinstance(node, (ast.For, ast.While)) and not loops_too:
            continue
        todo.extend(each for each in ast.iter_child_nodes(node) if isinstance(each, ast.stmt))


def endless(stmt: ast.stmt) -> bool:
    """Whether a loop ends by return only."""
    if not isinstance(stmt, ast.While) or not isinstance(stmt.test, ast.Constant):
        return False
    return bool(stmt.test.value) and not any(
        isinstance(each, ast.Break) for each in inside(stmt.body)
    )
