"""What varies, and where an expression is cut in two.

A derivative often needs a value that the program computed only in passing: the slope of
``w * tanh(a)`` in w is ``tanh(a)``. Such a value is given a name, so that nothing is computed twice,
and so is an inner sum on which many numbers depend, so that the chain rule in front of it is written
once. Everything else stays as the reader wrote it.
"""

from __future__ import annotations

import ast

from dpkit.source.algebra import (
    RESULT,
    Product,
    Spelling,
    depends,
    mentions,
    operation,
    partial,
    slopes,
)
from dpkit.source.read import refuse
from dpkit.source.steps import (
    Append,
    If,
    Let,
    Loop,
    MakeList,
    Names,
    Put,
    Step,
    name,
    names_in,
    walk,
)

__all__ = ["Splitter", "expressions", "leaf_name"]

_ROLES = {
    "power": ("base", "exponent"), "div": ("numerator", "denominator"),
    "mul": ("factor", "factor"), "add": ("term", "term"), "sub": ("term", "term"),
    "neg": ("term",), "float": ("term",),
}  # fmt: skip


def leaf_name(leaf: ast.expr) -> str:
    """The variable that a leaf is, or is an element of."""
    while isinstance(leaf, ast.Subscript):
        leaf = leaf.value
    assert isinstance(leaf, ast.Name)
    return leaf.id


def expressions(step: Step) -> list[ast.expr]:
    """The expressions from which a step computes numbers."""
    if isinstance(step, (Let, Put)):
        return [step.expr]
    if isinstance(step, MakeList):
        return step.items
    return [step.item] if isinstance(step, Append) else []


class Splitter:
    """Cuts the expressions of a program where needed, and notes the slopes of every statement.

    inputs: the arguments that vary. Afterwards ``varied`` are all names that depend on them.
    """

    def __init__(self, steps: list[Step], inputs: set[str], names: Names, spelling: Spelling):
        self.names, self.spelling, self.inputs = names, spelling, inputs
        self.varied = set(inputs)
        size = 0
        while size < len(self.varied):
            size = len(self.varied)
            for step in walk(steps):
                if any(depends(each, self.varied) for each in expressions(step)):
                    self.varied.add(step.target)  # type: ignore[attr-defined]
        self.before: list[Step] = []
        self.named: dict[str, str] = {}  # what has a name already in this statement
        self.steps = self.block(steps)

    def block(self, steps: list[Step]) -> list[Step]:
        done: list[Step] = []
        for step in steps:
            outer, self.before, self.named = self.before, [], {}
            self.split(step)
            done += [*self.before, step]
            self.before = outer
        return done

    def split(self, step: Step) -> None:
        for each in expressions(step):
            self.check(each, step)
        if isinstance(step, If):
            step.body, step.orelse = self.block(step.body), self.block(step.orelse)
        elif isinstance(step, Loop):
            if step.span is not None:
                self.count(step.span, step, "a number of turns")
            step.body = self.block(step.body)
        elif isinstance(step, Let) and not step.moved:
            if not step.implicit:
                step.expr = self.cut(step.expr, step, True)
            self.note(step, {step.target})
        elif isinstance(step, Put):
            step.expr = self.cut(step.expr, step, True)
            self.note(step, {step.target})
        elif isinstance(step, MakeList):
            step.items = [self.item(each, step) for each in step.items]
        elif isinstance(step, Append):
            step.item = self.item(step.item, step)

    def note(self, step: Let | Put, own: set[str]) -> None:
        """Write the slopes beside the step. A slope in both the old and the new value of a name
        cannot be had at one time, so then the new value gets a name of its own first."""
        step.slopes = slopes(step.expr, self.varied, self.spelling)
        reads = names_in(*(part for _, p in step.slopes for part in (*p.factors, *p.divisors)))
        if RESULT in reads and (
            reads & own or (isinstance(step, Put) and own & names_in(step.expr))
        ):
            fresh = self.names.fresh(f"new_{step.target}")
            self.name(fresh, step.expr, step)
            step.expr = name(fresh)
            step.slopes = slopes(step.expr, self.varied, self.spelling)

    def name(self, target: str, expr: ast.expr, step: Step) -> None:
        """A step before this one that gives an expression a name."""
        let = Let(target, expr, node=step.node)
        if depends(expr, self.varied):
            self.varied.add(target)
        self.note(let, {target})
        self.before.append(let)

    def item(self, node: ast.expr, step: Step) -> ast.expr:
        """An item of a list: a number, or a name."""
        if operation(node) is None or not depends(node, self.varied):
            return node
        fresh = self.names.fresh("item", f"item_of_{step.target}")  # type: ignore[attr-defined]
        self.name(fresh, self.cut(node, step, True), step)
        return name(fresh)

    def cut(
        self, node: ast.expr, step: Step, root: bool, chain: int = 0, needed: bool = False,
        hint: str = "",
    ) -> ast.expr:  # fmt: skip
        """The expression, with names in the place of what is better named.

        root: it is the whole right-hand side. chain: how many operations the chain rule has
        gathered on the way from there. needed: whether a derivative contains this value.
        """
        op = operation(node)
        if op is None:
            return node
        text = ast.unparse(node)
        if text in self.named:
            return name(self.named[text])
        row, operands = op
        moving = [k for k, each in enumerate(operands) if depends(each, self.varied)]
        if not root:
            needed = needed or any("z" in mentions(row, k) for k in moving)
            if (
                (needed and (_is_call(node, row) or _size(node) >= 4))
                or (chain >= 2 and _leaves(node, self.varied) >= 2)
            ):  # fmt: skip
                if isinstance(node, ast.Call) or row == "power":
                    hint = f"{row}_{operands[0].id}" if isinstance(operands[0], ast.Name) else (
                        f"{row}_value")  # fmt: skip
                fresh = self.names.fresh(hint)
                self.name(fresh, self.cut(node, step, True), step)
                self.named[text] = fresh
                return name(fresh)
        used = {letter for k in moving for letter in mentions(row, k)}
        roles = _ROLES.get(row) or (f"{row}_input",) * 2
        parts = []
        for k, each in enumerate(operands):
            inside = needed or "xy"[k] in used
            cost = chain
            if k in moving:
                cost += _cost(partial(node, row, operands, k, root, self.spelling))
            parts.append(self.cut(each, step, False, cost, inside, roles[k]))
        return _with_operands(node, parts)

    # What does not vary ------------------------------------------------------------------------

    def check(self, node: ast.expr, step: Step) -> None:
        """Refuse what would lose a derivative."""
        for each in ast.walk(node):
            if isinstance(each, ast.Subscript):
                self.count(each.slice, step, "an index")
            elif isinstance(each, ast.BinOp) and isinstance(each.op, (ast.FloorDiv, ast.Mod)):
                if any(depends(side, self.varied) for side in (each.left, each.right)):
                    refuse(step.node, "// and % jump where the quotient is whole, and have no "
                                      "derivative here")  # fmt: skip
            elif isinstance(each, ast.Call) and operation(each) is None:
                if any(depends(arg, self.varied) for arg in each.args) and not _is_len(each):
                    refuse(
                        step.node,
                        f"{ast.unparse(each)} makes a whole number of one that varies, which "
                        "loses its derivative",
                    )

    def count(self, node: ast.expr, step: Step, what: str) -> None:
        counted = names_in(*(each for each in ast.walk(node) if isinstance(each, ast.Name)))
        counted -= names_in(*(each for each in ast.walk(node) if isinstance(each, ast.Attribute)
                              or (isinstance(each, ast.Call) and _is_len(each))))  # fmt: skip
        wrong = sorted(counted & self.varied)
        if wrong:
            refuse(
                step.node,
                f"{wrong[0]} is used as {what} and must be whole, so nothing can be "
                "differentiated with respect to it. If it is an argument, say which ones vary, as "
                "in grad_source(f, argnums=0); if it is the name of something else as well, use "
                "another name",
            )


def _is_len(node: ast.Call) -> bool:
    return isinstance(node.func, ast.Name) and node.func.id == "len"


def _is_call(node: ast.expr, row: str) -> bool:
    """Whether a value is worth a name rather than computing it again."""
    if row == "power":
        return not (isinstance(node, ast.BinOp) and isinstance(node.right, ast.Constant))
    return isinstance(node, ast.Call) and row != "float"


def _size(node: ast.expr) -> int:
    op = operation(node)
    return 0 if op is None else 1 + sum(_size(each) for each in op[1])


def _leaves(node: ast.expr, varied: set[str]) -> int:
    op = operation(node)
    if op is None:
        return int(depends(node, varied))
    return sum(_leaves(each, varied) for each in op[1])


def _cost(product: Product) -> int:
    parts = [*product.factors, *product.divisors]
    return (abs(product.number) != 1) + sum(1 + _size(each) for each in parts)


def _with_operands(node: ast.expr, parts: list[ast.expr]) -> ast.expr:
    if isinstance(node, ast.BinOp):
        node.left, node.right = parts
    elif isinstance(node, ast.UnaryOp):
        (node.operand,) = parts
    elif isinstance(node, ast.Call):
        node.args = parts
    return node
