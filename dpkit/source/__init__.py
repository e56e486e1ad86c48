'''Write f, and get the text of its gradient: differentiation from source to source.

    >>> def loop(a):
    ...     b = 1.0
    ...     for i in range(3):
    ...         b = b + b * a
    ...     return b
    >>> print(grad_source(loop))
    def value_and_grad_loop(a):
        """The value of loop, and its gradient with respect to a."""
        # Forwards.
        kept_b = []
        b = 1.0
        for i in range(3):
            kept_b.append(b)
            b = b + b * a
        value = b
        # Backwards: da is the derivative of the value with respect to a, and so on.
        db = 1.0  # value = b
        da = 0.0
        for i in reversed(range(3)):
            b = kept_b.pop()
            da += db * b  # b = b + b * a
            db *= 1.0 + a
        return value, da
    <BLANKLINE>
    <BLANKLINE>
    def grad_loop(a):
        """The gradient of loop with respect to a."""
        return value_and_grad_loop(a)[1]
    <BLANKLINE>

The text is ordinary Python, in the reader's own names. It first runs the program forwards, as it
was written, then backwards, statement by statement, with the chain rule: the adjoint of ``a`` is
called ``da``. Loops stay loops and run backwards, a ``while`` counts its turns, an ``if`` goes back
through the branch that was taken, and a value that was overwritten is taken from a stack.

How it is made, in the order in which to read it:

* `read` parses the text of f; `steps` lists the few kinds of step there are;
* `plain`, `loops`, `inline` and `calls` translate f into such steps;
* `algebra` differentiates an expression, by the rows of `dpkit.rules`;
* `split` gives a name to what would be computed twice;
* `memory` decides what must be remembered for the way back;
* `sweeps`, with `text`, writes both ways as text.

The idea is as old as the field (Speelpenning's *Jake*, 1980); tools of this kind are Tapenade
(Hascoët and Pascual, ACM TOMS 39, 2013) and, for Python, Tangent (van Merriënboer et al., 2018).
'''

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit.compiled import compile_grad
from dpkit.source.memory import Memory
from dpkit.source.plain import Plain
from dpkit.source.read import SourceError, read, refuse
from dpkit.source.split import Splitter
from dpkit.source.steps import (
    Append,
    Let,
    Loop,
    MakeList,
    Put,
    Step,
    names_in,
    walk,
)
from dpkit.source.sweeps import Sweeps

__all__ = ["SourceError", "compile_grad", "grad_source"]


def grad_source(f: Callable[..., Any], argnums: int | Sequence[int] | None = None) -> str:
    """The gradient of f as Python text, which runs by itself: ``exec(text, {})``.

    f: a Python function of numbers and of lists or arrays that it indexes, which returns one number.
    argnums: the position of the argument to differentiate with respect to, or several positions;
    by default all arguments without a default value.

    The text defines two functions with the arguments of f (here called f): ``value_and_grad_f``
    returns ``(value, gradient)`` and ``grad_f`` the gradient alone. The gradient is like the
    argument: a float, a list for a list or tuple, an array for an array; a tuple of such if
    argnums is a sequence, or by default if f has several arguments.

    What f may consist of: assignments to names, to several names at once and to elements of lists,
    ``+=`` and the like; ``if``, ``for`` over range, lists, zip, enumerate and reversed,
    ``while``, ``break``, ``continue``, ``return`` anywhere; lists of numbers, comprehensions and
    ``append``; rows of matrices that are arguments;
    ``sum``, ``min``, ``max``, ``abs``, choices ``a if c else b``; all functions of `dpkit.rules`, be
    they taken from math, numpy or dpkit; and calls of other Python functions, whose text is written
    out in place. Of ``where(c, a, b)`` only the side that is chosen is computed. Numbers that f
    finds outside, in global variables or a closure, stand at the head of the text with the values
    they have now. Prints are left out.

    Where a slope is infinite, as that of the square root at 0, Python raises ZeroDivisionError.

    Raises `SourceError`, which says the line, its text and what to write instead, for everything
    else; TypeError if f is not a function or argnums do not fit it.
    """
    program = read(f)
    plain = Plain(program)
    args = program.tree.args
    parameters = [each.arg for each in [*args.posonlyargs, *args.args]]
    inputs, single = _inputs(parameters, len(args.defaults), argnums, program.name)
    split = Splitter(plain.steps, set(inputs), plain.names, plain.spelling)
    forms = _forms(split.steps)
    everything = {*parameters, *(each.arg for each in args.kwonlyargs)}
    memory = Memory(split.steps, everything, split.varied, plain.result, plain.names)
    sweeps = Sweeps(split.steps, memory, forms, plain.result, plain.spelling)
    body = ["# Forwards.", *sweeps.forwards]
    first, d_first = inputs[0], sweeps.d(inputs[0])
    body.append(
        f"# Backwards: {d_first} is the derivative of the value with respect to {first}, and so on."
    )
    body += sweeps.backwards
    body += [sweeps.begin(each) for each in inputs if each not in sweeps.live]
    gradients = []
    for each in inputs:
        gradient = sweeps.d(each)
        if forms.get(each, 0) > 0:
            np_name = plain.spelling.alias("numpy", "np")
            body.append(f"if isinstance({each}, {np_name}.ndarray):")
            body.append(f"    {gradient} = {np_name}.array({gradient})")
        gradients.append(gradient)
    gradient = gradients[0] if single else f"({', '.join(gradients)}{',' * (len(gradients) == 1)})"
    body.append(f"return {plain.result}, {gradient}")
    return _text(plain, program.name, args, inputs, body, parameters)


def _inputs(
    parameters: list[str], defaults: int, argnums: Any, name: str
) -> tuple[list[str], bool]:
    """The names of the arguments that vary, and whether the gradient is one, not a tuple."""
    if argnums is None:
        chosen = parameters[: len(parameters) - defaults]
        if not chosen:
            raise SourceError(
                f"{name} has no argument without a default value, so nothing varies. Say which "
                "arguments do, as in grad_source(f, argnums=0)."
            )
        return chosen, len(chosen) == 1
    single = isinstance(argnums, (int, np.integer))
    positions = [argnums] if single or not np.iterable(argnums) else list(argnums)
    for each in positions:
        if not isinstance(each, (int, np.integer)):
            raise TypeError(
                f"argnums counts the arguments of {name} from 0, as in argnums=0 or "
                f"argnums=(0, 1); it is {argnums!r}."
            )
        if not -len(parameters) <= each < len(parameters):
            raise TypeError(
                f"The derivative of {name} was asked for argument {each}, but {name} has "
                f"{len(parameters)} positional argument{'s' * (len(parameters) != 1)}."
            )
    if not positions or len({each % len(parameters) for each in positions}) < len(positions):
        raise TypeError(f"argnums must name arguments of {name}, each once; it is {argnums!r}.")
    return [parameters[each] for each in positions], single


def _forms(steps: list[Step]) -> dict[str, int]:
    """Which names are lists, and how many indices lead to a number; -1 for x[i, j].

    A row of a matrix may get a name, as in ``row = w[i]`` or ``for row in w``; then w has an index
    more than the row.

    Raises `SourceError` where a list is used as a number, or gets a second name.
    """
    forms: dict[str, int] = {}
    made = {each.target for each in walk(steps) if isinstance(each, (MakeList, Append))}
    changed = {each.target for each in walk(steps) if isinstance(each, (Put, Append))}
    bare: list[tuple[str, Step]] = []
    counted: set[str] = set()

    def visit(node: ast.expr, step: Step, more: int = 0) -> None:
        """more: how many indices what stands here takes itself."""
        depth, base = more, node
        while isinstance(base, ast.Subscript):
            depth, base = depth + 1, base.value
        if isinstance(node, ast.Subscript) and isinstance(base, ast.Name):
            form = -1 if isinstance(node.slice, ast.Tuple) else depth
            if form > 1 and base.id in made:
                refuse(step.node, f"{base.id} is a list of lists; a list that the function makes "
                                  "must hold numbers")  # fmt: skip
            if forms.setdefault(base.id, form) != form:
                refuse(step.node, f"{base.id} is indexed in two ways in this function; reach every "
                                  "number by all its indices, as in w[i][j]")  # fmt: skip
            while isinstance(node, ast.Subscript):
                visit(node.slice, step)
                node = node.value
        elif isinstance(node, ast.Name):
            bare.append((node.id, step))
        elif (
            isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len"
        ):
            for each in node.args:
                if isinstance(each, ast.Name):
                    counted.add(each.id)
        elif not isinstance(node, ast.Attribute):  # such as x.shape
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.expr) and child is not getattr(node, "func", None):
                    visit(child, step)

    parts = [(each, step) for step in walk(steps) for each in _parts(step)]
    elements = [(each, step) for each, step in parts
                if isinstance(step, Let) and isinstance(each, ast.Subscript)]  # fmt: skip
    for each, step in parts:
        if (each, step) not in elements:
            visit(each, step)
        if isinstance(step, (MakeList, Append)) or (isinstance(step, Let) and step.moved):
            forms.setdefault(step.target, 1)
    # Whether an element is a number or a row shows in what becomes of its name.
    while elements:
        indexed = names_in(*(each.value for each, _ in elements))
        ready = [pair for pair in elements if pair[1].target not in indexed] or elements
        for each, step in ready:
            row = step.target in forms or step.target in counted
            if row and forms.setdefault(step.target, 1) != 1:
                refuse(step.node, f"{step.target} is a list of lists; reach every number by all "
                                  "its indices, as in w[i][j]")  # fmt: skip
            if row and step.target in changed:
                refuse(step.node, f"{step.target} is a part of another list, and is changed in this "
                                  "function; work on a copy, as in values = list(w[i])")  # fmt: skip
            visit(each, step, more=int(row))
        elements = [pair for pair in elements if pair not in ready]
    forms = dict.fromkeys(counted, 1) | forms
    for each_name, step in bare:
        if each_name in forms and not (isinstance(step, Let) and step.moved):
            refuse(step.node, f"{each_name} is a list; use its elements, or make another list of "
                              f"them, as in copy = list({each_name})")  # fmt: skip
    return forms


def _parts(step: Step) -> list[ast.expr]:
    if isinstance(step, Let):
        return [step.expr]
    if isinstance(step, Put):
        return [step.place, step.expr]
    if isinstance(step, MakeList):
        return [*step.items, *([step.count] if step.count else [])]
    if isinstance(step, Append):
        return [step.item]
    if isinstance(step, Loop):
        return [each for each in (step.test, step.span) if each is not None]
    return [step.test] if hasattr(step, "test") else []


def _text(
    plain: Plain, name: str, args: ast.arguments, inputs: list[str], body: list[str],
    parameters: list[str],
) -> str:  # fmt: skip
    """The module: what it needs, and two functions."""
    head = []
    for module, alias in sorted(plain.spelling.imports.items()):
        head.append(f"import {module}" + (f" as {alias}" if alias != module else ""))
    for module in sorted(set(plain.spelling.bare.values())):
        names = sorted(f for f, home in plain.spelling.bare.items() if home == module)
        head.append(f"from {module} import {', '.join(names)}")
    if plain.constants:
        head += ["", "# From outside the function, as they were when this text was written:"]
        head += [f"{each} = {value}" for each, value in plain.constants.items()]
    signature = ast.unparse(args)
    passed = [*parameters, *(f"{each.arg}={each.arg}" for each in args.kwonlyargs)]
    words = inputs[0] if len(inputs) == 1 else f"{', '.join(inputs[:-1])} and {inputs[-1]}"
    lines = [*head, "", ""] if head else []
    lines += [f"def value_and_grad_{name}({signature}):"]
    lines += [f'    """The value of {name}, and its gradient with respect to {words}."""']
    lines += [f"    {line}" for line in body]
    lines += ["", "", f"def grad_{name}({signature}):"]
    lines += [f'    """The gradient of {name} with respect to {words}."""']
    lines += [f"    return value_and_grad_{name}({', '.join(passed)})[1]"]
    return "\n".join(lines) + "\n"
