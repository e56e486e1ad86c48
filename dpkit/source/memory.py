"""What the way back must remember.

Going backwards, every local derivative needs the values of its own moment. Most are still there. A
value that a later step overwrites, and that some derivative needs, is kept on a stack before it is
lost: ``save``. What a loop computes anew in every turn is kept at the end of the turn, ``tail``, or
computed again if that is cheap, ``redo``. What no derivative needs is not kept: the *to be recorded*
analysis of Hascoët, Naumann and Pascual ("To be recorded" analysis in reverse-mode automatic
differentiation, Future Generation Computer Systems 21, 2005).

The analysis goes forwards and knows two things of each moment: which values are *needed* by the
derivatives of the steps so far, and which names are *sure* to have a value.
"""

from __future__ import annotations

import ast
from collections import Counter

from dpkit.source.algebra import RESULT, depends, operation
from dpkit.source.split import expressions
from dpkit.source.steps import (
    Append,
    If,
    Keep,
    Let,
    Loop,
    MakeList,
    Names,
    Put,
    Step,
    assigned,
    names_in,
    walk,
)

__all__ = ["Memory"]


class Memory:
    """Notes beside every step what must be kept.

    parameters: the names that have values from the beginning. varied: the names that depend on the
    inputs. Afterwards: ``active``, the names that also have a share in the result; and ``unset``,
    the names that may be saved before they first have a value; ``sure``, those that have one in
    the end, whatever happens.
    """

    def __init__(
        self, steps: list[Step], parameters: set[str], varied: set[str], result: str, names: Names
    ) -> None:
        self.names = names
        self.varied = varied
        self.active = self._useful(steps, result) & varied
        self.unset: set[str] = set()
        self.steps, self.in_loop, self.result = steps, 0, result
        _, self.sure = self.block(steps, set(), set(parameters))

    def _useful(self, steps: list[Step], result: str) -> set[str]:
        useful, size = {result}, 0
        while size < len(useful):
            size = len(useful)
            for step in walk(steps):
                if getattr(step, "target", None) in useful and not isinstance(step, Loop):
                    for each in expressions(step):
                        useful |= {n for n in names_in(each) if n in self.varied}
        return useful

    def block(
        self, steps: list[Step], needed: set[str], sure: set[str]
    ) -> tuple[set[str], set[str]]:
        for step in steps:
            if isinstance(step, (Let, Put)):
                needed, sure = self.assignment(step, needed, sure)
            elif isinstance(step, MakeList):
                self.overwrite(step, step.target, needed, sure)
                reads = self.leaves(step)
                if step.count is not None and step.target in self.active:
                    reads |= names_in(step.count)
                if step.target in self.active:
                    reads |= {step.target}  # the adjoint of a list is as long as the list
                needed, sure = (needed - {step.target}) | reads, sure | {step.target}
            elif isinstance(step, Append):
                needed = needed | self.leaves(step) | {step.target}
            elif isinstance(step, If):
                needed, sure = self.branch(step, needed, sure)
            elif isinstance(step, Loop):
                needed, sure = self.loop(step, needed, sure)
        return needed, sure

    def overwrite(
        self, step: Let | MakeList | If, target: str, needed: set[str], sure: set[str]
    ) -> None:
        if target in needed and target != self.result:  # which is given its value only once
            step.save = True
            if target not in sure:
                self.unset.add(target)

    def leaves(self, step: MakeList | Append) -> set[str]:
        """What the adjoints of the items are found by: indices, and lists for their length."""
        if step.target not in self.active:
            return set()
        return {
            n for each in expressions(step) if depends(each, self.varied)
            and isinstance(each, ast.Subscript) for n in names_in(each)
        }  # fmt: skip

    def assignment(
        self, step: Let | Put, needed: set[str], sure: set[str]
    ) -> tuple[set[str], set[str]]:
        reads: set[str] = set()
        if step.target in self.active and step.slopes:
            for leaf, product in step.slopes:
                reads |= names_in(*product.factors, *product.divisors)
                if isinstance(leaf, ast.Subscript):
                    reads |= names_in(leaf)
        moved = isinstance(step, Let) and step.moved
        result = {step.target} if RESULT in reads or moved else set()
        needed = needed | (reads - {RESULT})
        if isinstance(step, Put):
            step.save = step.save or step.target in needed
            if step.save or step.target in self.active:
                needed = needed | names_in(step.index)
            if step.target in self.active:
                result = {step.target}
            return needed | result, sure
        if not step.implicit:
            self.overwrite(step, step.target, needed, sure)
        return (needed - {step.target}) | result, sure | {step.target}

    def branch(self, step: If, needed: set[str], sure: set[str]) -> tuple[set[str], set[str]]:
        before = needed
        yes, sure_yes = self.arm(step.body, step.keep, needed, sure)
        no, sure_no = self.arm(step.orelse, step.keep_other, needed, sure)
        needed, sure_after = yes | no, sure_yes & sure_no
        if not self.matters([*step.body, *step.orelse]):
            return needed, sure_after
        names = names_in(step.test)
        if not step.flag and (names & assigned([*step.body, *step.orelse]) or _computes(step.test)):
            step.flag = self.names.fresh("branch")
        if step.flag:
            self.overwrite(step, step.flag, before, sure)
            return needed | {step.flag}, sure_after | {step.flag}
        return needed | names, sure_after

    def arm(
        self, steps: list[Step], keep: Keep, needed: set[str], sure: set[str]
    ) -> tuple[set[str], set[str]]:
        """One branch. In a loop, what only this branch knows is kept at its end, as in a loop."""
        end, sure = self.block(steps, needed, sure)
        if not self.in_loop:
            return end, sure
        inside, everywhere = _mentions(steps), _mentions(self.steps)
        local = {each for each in self.anew(steps, set()) - needed
                 if inside[each] == everywhere[each]}  # fmt: skip
        reads = self.keep(keep, steps, local & end, set())
        return (end - local) | reads, sure

    def matters(self, steps: list[Step]) -> bool:
        """Whether the way back has anything to do there."""
        return any(
            getattr(each, "save", False)
            or isinstance(each, Append)
            or (isinstance(each, Loop) and each.saves)
            or (getattr(each, "target", None) in self.active and not isinstance(each, Loop))
            for each in walk(steps)
        )

    def loop(self, step: Loop, needed: set[str], sure: set[str]) -> tuple[set[str], set[str]]:
        given = {each.target for each in step.body if isinstance(each, Let) and each.implicit}
        given |= {step.index} | names_in(step.target)
        given.discard("")
        lost = ((given | {step.counter}) & needed) - {""}
        step.saves = sorted(set(step.saves) | lost)
        self.unset |= lost - sure
        start = needed - given - {step.counter}
        before: set[str] | None = None
        inside = set(start)
        self.in_loop += 1
        while inside != before:
            before = inside
            end, _ = self.block(step.body, inside, sure | given)
            anew = self.anew(step.body, given) - start
            inside = before | (end - anew - given - {step.counter})
        self.in_loop -= 1
        step.matters = self.matters(step.body)
        if not step.matters:
            return start, sure
        wanted = (anew | (given - {step.index})) & end
        reads = self.keep(step.keep, step.body, wanted, given)
        needed = ((end | start) - anew - given) | reads
        if step.span is not None:
            needed |= names_in(step.span)
        if step.counter:
            needed |= {step.counter}
            sure = sure | {step.counter}
        return needed, sure

    def keep(self, keep: Keep, steps: list[Step], wanted: set[str], given: set[str]) -> set[str]:
        """Note how each of the wanted values is had on the way back. Returns what that needs."""
        changed = assigned(steps)
        order = [each.target for each in steps if isinstance(each, (Let, MakeList))]
        wanted = wanted & changed
        while True:
            keep.tail, keep.redo = [], []
            for each in sorted(wanted, key=lambda n: (n not in order, [*order, n].index(n), n)):
                steady = changed - given - {let.target for let in keep.redo}
                again = _cheap(steps, each, steady)
                if again is not None:
                    keep.redo.append(again)
                else:
                    keep.tail.append(each)
            reads = names_in(*(let.expr for let in keep.redo))
            if reads & changed <= wanted:
                return reads - changed - given
            wanted = wanted | (reads & changed)

    def anew(self, body: list[Step], given: set[str]) -> set[str]:
        """The names to which every turn of a loop gives a value before it reads one."""
        exposed: set[str] = set()

        def reads(nodes: list[ast.expr], sure: set[str]) -> None:
            exposed.update(names_in(*nodes) - sure)

        def visit(steps: list[Step], sure: set[str]) -> set[str]:
            for step in steps:
                reads(expressions(step), sure)
                if isinstance(step, (Let, MakeList)):
                    if isinstance(step, MakeList) and step.count is not None:
                        reads([step.count], sure)
                    sure = sure | {step.target}
                elif isinstance(step, Put):
                    reads([step.place], sure)
                elif isinstance(step, Append):
                    exposed.update({step.target} - sure)
                elif isinstance(step, If):
                    reads([step.test], sure)
                    flag = {step.flag} - {""}
                    sure = (visit(step.body, sure) & visit(step.orelse, sure)) | flag
                elif isinstance(step, Loop):
                    reads([each for each in (step.test, step.span, step.iterable) if each], sure)
                    heads = {step.index, *names_in(step.target)}
                    visit(step.body, sure | heads)
                    sure = sure | ({step.counter} - {""})
            return sure

        return visit(body, given) - exposed - {self.result}


def _mentions(steps: list[Step]) -> Counter[str]:
    """How often each name occurs in the steps."""
    found: Counter[str] = Counter()
    for step in walk(steps):
        nodes: list[ast.AST | None] = [*expressions(step)]
        if isinstance(step, If):
            nodes.append(step.test)
            found[step.flag] += 1
        elif isinstance(step, Loop):
            nodes += [step.test, step.span, step.iterable, step.target]
            found[step.counter] += 1
        elif isinstance(step, (Let, Put, MakeList, Append)):
            found[step.target] += 1
            nodes.append(getattr(step, "index", None))
            nodes.append(getattr(step, "count", None))
        for node in nodes:
            for each in ast.walk(node) if node else ():
                if isinstance(each, ast.Name):
                    found[each.id] += 1
    return found


def _computes(test: ast.expr) -> bool:
    """Whether asking again costs a function call."""
    return any(isinstance(each, ast.Call) and operation(each) is not None
               for each in ast.walk(test))  # fmt: skip


def _cheap(body: list[Step], target: str, changed: set[str]) -> Let | None:
    """The step that computes a name, if it is the only one and can as well be done again."""
    lets = [each for each in walk(body) if target in assigned([each])
            and not isinstance(each, (If, Loop))]  # fmt: skip
    if len(lets) != 1 or lets[0] not in body or not isinstance(lets[0], Let) or lets[0].moved:
        return None
    nodes = list(ast.walk(lets[0].expr))
    dear = any(isinstance(n, (ast.Call, ast.Pow)) for n in nodes)
    if dear or sum(isinstance(n, (ast.BinOp, ast.UnaryOp)) for n in nodes) > 3:
        return None
    return None if names_in(lets[0].expr) & changed else lets[0]
