"""The two sweeps as text: forwards as the reader wrote it, and backwards by the chain rule.

The adjoint of a number ``a`` is called ``da``: the derivative of the result with respect to ``a``.
Going backwards, ``a = …`` hands ``da`` on to whatever stands on the right, and is done with it. The
text contains no ``da = 0.0`` that is not needed: we know at each place which adjoints are *live*,
that is, may differ from zero, and the first share that an adjoint receives is written with ``=``.
"""

from __future__ import annotations

import ast
import copy

from dpkit.source.algebra import RESULT, Product, Spelling, depends
from dpkit.source.memory import Memory
from dpkit.source.split import leaf_name
from dpkit.source.steps import (
    Append,
    Aside,
    If,
    Keep,
    Let,
    Loop,
    MakeList,
    Put,
    Step,
    Stop,
    name,
    names_in,
    walk,
)
from dpkit.source.text import (
    Lines,
    bare,
    display,
    explained,
    fork,
    indent,
    negated,
    renamed,
    scale,
    statement,
)

__all__ = ["Sweeps"]


class Sweeps:
    """Writes a program, with the notes of `Memory`, as text.

    forms: for each name that is a list, its number of indices. result: the name of the value.
    """

    def __init__(
        self,
        steps: list[Step],
        memory: Memory,
        forms: dict[str, int],
        result: str,
        spelling: Spelling,
    ) -> None:
        self.memory, self.forms = memory, forms
        self.spelling, self.names = spelling, spelling.names
        self.kept: dict[str, str] = {}
        self.adjoints: dict[str, str] = {}
        self.unmade: set[str] = set()  # lists that may never be made, and are empty until then
        in_loops = {
            id(s) for each in walk(steps) if isinstance(each, Loop) for s in walk(each.body)
        }
        once = not any(
            isinstance(each, Let) and each.target == result and id(each) in in_loops
            for each in walk(steps)
        )
        # Where the result is computed once, its adjoint is 1, and 1 need not be written.
        self.unit = result if once else ""
        self.forwards = self.forward(steps, [])
        live = {result} & memory.active
        start = [] if once or not live else [f"{self.d(result)} = 1.0"]
        backwards, self.live = self.reverse(steps, live)
        self.backwards = start + backwards
        stacks = [f"{each} = []" for each in self.kept.values()]
        self.unmade |= {each for each in memory.unset if each in forms}
        stacks += [f"{each} = []" for each in sorted(self.unmade)]
        stacks += [f"{each} = None" for each in sorted(memory.unset - self.unmade)]
        self.forwards = stacks + self.forwards

    def d(self, target: str) -> str:
        """The name of an adjoint."""
        if target not in self.adjoints:
            self.adjoints[target] = self.names.fresh(f"d{target}", f"d_{target}")
        return self.adjoints[target]

    def stack(self, target: str) -> str:
        if target not in self.kept:
            self.kept[target] = self.names.fresh(f"kept_{target}")
        return self.kept[target]

    def push(self, target: str, value: str = "") -> str:
        return f"{self.stack(target)}.append({value or target})"

    def pop(self, target: str) -> str:
        return f"{self.stack(target)}.pop()"

    # Forwards -------------------------------------------------------------------------------------

    def forward(self, steps: list[Step], tail: Lines) -> Lines:
        """tail: what must be kept before the innermost loop is left."""
        lines: Lines = []
        for step in steps:
            if isinstance(step, Let):
                if step.save and not step.implicit:
                    lines.append(self.push(step.target))
                if not step.implicit:
                    lines.append(statement(name(step.target), step))
            elif isinstance(step, Put):
                if step.save:
                    lines.append(self.push(step.target, ast.unparse(step.place)))
                lines.append(statement(step.place, step))
            elif isinstance(step, MakeList):
                if step.save:
                    lines.append(self.push(step.target))
                lines.append(f"{step.target} = {display(step)}")
            elif isinstance(step, Append):
                lines.append(f"{step.target}.append({ast.unparse(step.item)})")
            elif isinstance(step, If):
                lines += self.forward_branch(step, tail)
            elif isinstance(step, Loop):
                lines += self.forward_loop(step)
            elif isinstance(step, Stop):
                lines += [*tail, "break"]
            elif isinstance(step, Aside):
                lines.append(ast.unparse(step.stmt))
        return lines

    def forward_branch(self, step: If, tail: Lines) -> Lines:
        lines: Lines = []
        test = ast.unparse(step.test)
        if step.save:
            lines.append(self.push(step.flag))
        if step.flag:
            lines.append(f"{step.flag} = {test}")
            test = step.flag
        body = self.forward_arm(step.body, step.keep, tail)
        orelse = self.forward_arm(step.orelse, step.keep_other, tail)
        if body and body[-1] == "break":
            return [*lines, f"if {test}:", *indent(body), *orelse]
        if orelse and orelse[-1] == "break":
            return [*lines, f"if {negated(step, test)}:", *indent(orelse), *body]
        return lines + fork(test, body, orelse, negated(step, test))

    def forward_arm(self, steps: list[Step], keep: Keep, tail: Lines) -> Lines:
        own = [self.push(each) for each in keep.tail]
        lines = self.forward(steps, own + tail)
        return lines if lines[-1:] == ["break"] else lines + own

    def forward_loop(self, step: Loop) -> Lines:
        lines = [self.push(each) for each in step.saves]
        counted = bool(step.counter) and step.matters
        if counted:
            lines.append(f"{step.counter} = 0")
        if step.test is not None:
            lines.append(f"while {ast.unparse(step.test)}:")
        else:
            assert step.target is not None and step.iterable is not None
            lines.append(f"for {bare(step.target)} in {ast.unparse(step.iterable)}:")
        body = [f"{step.counter} += 1"] if counted else []
        body += self.forward_arm(step.body, step.keep, [])
        return lines + indent(body)

    # Backwards ------------------------------------------------------------------------------------

    def reverse(self, steps: list[Step], live: set[str]) -> tuple[Lines, set[str]]:
        """The steps backwards. live: the names whose adjoints may differ from zero after them;
        the second answer is the same before them."""
        lines: Lines = []
        for step in reversed(steps):
            if isinstance(step, Let):
                more, live = self.reverse_let(step, live)
            elif isinstance(step, Put):
                more, live = self.reverse_put(step, live)
            elif isinstance(step, MakeList):
                more, live = self.reverse_list(step, live)
            elif isinstance(step, Append):
                more, live = self.reverse_append(step, live)
            elif isinstance(step, If):
                more, live = self.reverse_branch(step, live)
            elif isinstance(step, Loop):
                more, live = self.reverse_loop(step, live)
            else:
                more = []
            lines += more
        return lines, live

    def reverse_let(self, step: Let, live: set[str]) -> tuple[Lines, set[str]]:
        target = step.target
        restore = [f"{target} = {self.pop(target)}"] if step.save and not step.implicit else []
        if target not in live:
            return restore, live
        if step.moved:
            assert isinstance(step.expr, ast.Name)
            live = live - {target} | {step.expr.id}
            return [f"{self.d(step.expr.id)} = {self.d(target)}", *restore], live
        if self.forms.get(target) and isinstance(step.expr, ast.Subscript):
            lines, live = self.row(step, step.expr, live)
            return restore + explained(lines, statement(name(target), step), step), live
        slopes = _with_result(step, name(target))
        own = [p for leaf, p in slopes if isinstance(leaf, ast.Name) and leaf.id == target]
        others = [(leaf, p) for leaf, p in slopes
                  if not (isinstance(leaf, ast.Name) and leaf.id == target)]  # fmt: skip
        adjoint = None if target == self.unit else name(self.d(target))
        lines, live = self.shares(others, adjoint, live)
        if own:
            lines += scale(name(self.d(target)), own)
        else:
            live = live - {target}
        lines = explained(lines, statement(name(target), step), step)
        return (lines + restore if _uses_result(step) else restore + lines), live

    def row(self, step: Let, place: ast.expr, live: set[str]) -> tuple[Lines, set[str]]:
        """``row = w[i]``: the adjoint of a row is added to that row of the adjoint."""
        base = leaf_name(place)
        lines = [] if base in live else [self.begin(base)]
        whole, part = ast.unparse(renamed(place, base, self.d(base))), self.d(step.target)
        lines.append(f"{whole} = [a + b for a, b in zip({whole}, {part})]")
        return lines, live - {step.target} | {base}

    def reverse_put(self, step: Put, live: set[str]) -> tuple[Lines, set[str]]:
        place = ast.unparse(step.place)
        restore = [f"{place} = {self.pop(step.target)}"] if step.save else []
        if step.target not in live:
            return restore, live
        adjoint: ast.expr = ast.Subscript(name(self.d(step.target)), step.index)
        slopes = _with_result(step, step.place)
        own = [p for leaf, p in slopes if ast.unparse(leaf) == place]
        others = [(leaf, p) for leaf, p in slopes if ast.unparse(leaf) != place]
        aliased = any(leaf_name(leaf) == step.target for leaf, _ in others)
        lines: Lines = []
        if aliased:  # x[i] = … x[j] …: hand the adjoint on only after it has left its place
            passing = name(self.d(f"{step.target}_item"))
            lines = [f"{passing.id} = {ast.unparse(adjoint)}", f"{ast.unparse(adjoint)} = 0.0"]
            more, live = self.shares(slopes, passing, live)
            lines += more
        else:
            lines, live = self.shares(others, adjoint, live)
            lines += scale(adjoint, own) if own else [f"{ast.unparse(adjoint)} = 0.0"]
        lines = explained(lines, statement(step.place, step), step)
        return (lines + restore if _uses_result(step) else restore + lines), live

    def reverse_list(self, step: MakeList, live: set[str]) -> tuple[Lines, set[str]]:
        lines: Lines = []
        if step.target in live:
            d = self.d(step.target)
            live = live - {step.target}
            for k, item in enumerate(step.items):
                share = f"{d}[{k}]" if step.count is None else f"sum({d})"
                if depends(item, self.memory.varied):
                    adjoint = ast.parse(share, mode="eval").body
                    more, live = self.shares([(item, Product())], adjoint, live)
                    lines += more
            lines = explained(lines, f"{step.target} = {display(step)}", step)
        if step.save:
            lines.append(f"{step.target} = {self.pop(step.target)}")
        return lines, live

    def reverse_append(self, step: Append, live: set[str]) -> tuple[Lines, set[str]]:
        lines: Lines = []
        if step.target in live:
            popped = ast.parse(f"{self.d(step.target)}.pop()", mode="eval").body
            if depends(step.item, self.memory.varied):
                lines, live = self.shares([(step.item, Product())], popped, live)
            else:
                lines = [ast.unparse(popped)]
            lines = explained(lines, f"{step.target}.append({ast.unparse(step.item)})", step)
        return [*lines, f"{step.target}.pop()"], live

    def reverse_branch(self, step: If, live: set[str]) -> tuple[Lines, set[str]]:
        _, yes = self.reverse(step.body, live)
        _, no = self.reverse(step.orelse, live)
        # An adjoint that one branch leaves alone and the other begins must begin before both.
        early = sorted(((yes | no) - (yes & no)) - live)
        before = [self.begin_early(each) for each in early]
        live = live | set(early)
        body, yes = self.reverse(step.body, live)
        orelse, no = self.reverse(step.orelse, live)
        body, orelse = self.recall(step.keep) + body, self.recall(step.keep_other) + orelse
        body += [self.begin_early(each) for each in sorted(no - yes)]
        orelse += [self.begin_early(each) for each in sorted(yes - no)]
        test = step.flag or ast.unparse(step.test)
        lines = before + fork(test, body, orelse, negated(step, test))
        if step.save:
            lines.append(f"{step.flag} = {self.pop(step.flag)}")
        return lines, yes | no

    def reverse_loop(self, step: Loop, live: set[str]) -> tuple[Lines, set[str]]:
        restore = [f"{each} = {self.pop(each)}" for each in reversed(step.saves)]
        if not step.matters:
            return restore, live
        start, inside = set(live), set(live)
        while True:
            body, end = self.reverse(step.body, inside)
            if end <= inside:
                break
            inside |= end
        lines = [self.begin_early(each) for each in sorted(inside - start)]
        recall = self.recall(step.keep)
        for each in sorted(inside - end):
            if each in step.keep.tail and self.forms.get(each):
                # Every turn makes a list of its own, perhaps of another length.
                d = self.d(each)
                body.append(f"{d} = []")
                recall.append(f"{d} = {d} or {self.zero(each)}")
            else:
                body.append(self.begin_early(each))
        body = recall + body
        if step.span is None:
            lines.append(f"for _ in range({step.counter}):")
        else:
            some = f"[:{step.counter}]" if step.counter else ""
            lines.append(f"for {step.index} in reversed({ast.unparse(step.span)}{some}):")
        own_lists = {each for each in step.keep.tail if self.forms.get(each)}
        return (lines + indent(body) if body else []) + restore, inside - own_lists

    def recall(self, keep: Keep) -> Lines:
        """What a turn or a branch, walked backwards, begins with: its values as they were."""
        lines = [f"{each} = {self.pop(each)}" for each in reversed(keep.tail)]
        return lines + [f"{each.target} = {ast.unparse(each.expr)}" for each in keep.redo]

    def shares(
        self, slopes: list[tuple[ast.expr, Product]], adjoint: ast.expr | None, live: set[str]
    ) -> tuple[Lines, set[str]]:
        """Each leaf receives its share of an adjoint; None stands for an adjoint of 1."""
        lines: Lines = []
        for leaf, product in slopes:
            base = leaf_name(leaf)
            if base not in self.memory.active:
                continue
            if isinstance(leaf, ast.Subscript) and base not in live:
                lines.append(self.begin(base))
                live = live | {base}
            place = ast.unparse(renamed(leaf, base, self.d(base)))
            sign = "="
            if base in live:
                sign = "-=" if product.number < 0 else "+="
                product = Product(abs(product.number), product.factors, product.divisors)
            lines.append(f"{place} {sign} {ast.unparse(product.tree(adjoint))}")
            live = live | {base}
        return lines, live

    def begin(self, target: str) -> str:
        """The statement that sets an adjoint to zero."""
        return f"{self.d(target)} = {self.zero(target)}"

    def begin_early(self, target: str) -> str:
        """The same where the target, if it is a list, may not have been made."""
        if target in self.forms and target not in self.memory.sure:
            self.unmade.add(target)
        return self.begin(target)

    def zero(self, target: str) -> str:
        form = self.forms.get(target, 0)
        if form == -1:  # an array, indexed as x[i, j]
            return f"{self.spelling.alias('numpy', 'np')}.zeros({target}.shape)"
        if form <= 1:
            return f"[0.0] * len({target})" if form else "0.0"
        inner, row = "[0.0] * len(row)", target
        for _ in range(form - 2):
            inner = f"[{inner} for row in row]"
        return f"[{inner} for row in {row}]"


def _uses_result(step: Let | Put) -> bool:
    return any(RESULT in names_in(*p.factors, *p.divisors) for _, p in step.slopes or ())


def _with_result(step: Let | Put, value: ast.expr) -> list[tuple[ast.expr, Product]]:
    """The slopes, with the place of the value in the place of `RESULT`."""

    class Replace(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return value if node.id == RESULT else node

    def put(nodes: tuple[ast.expr, ...]) -> tuple[ast.expr, ...]:
        return tuple(Replace().visit(copy.deepcopy(each)) for each in nodes)

    return [(leaf, Product(p.number, put(p.factors), put(p.divisors))) for leaf, p in step.slopes]
