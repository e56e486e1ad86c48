"""What could have gone wrong, continued: the calculus is wrong.

The derivative of a product is taken to be the product of the derivatives, or what is inside a
function is not differentiated. Such mistakes belong to somebody who goes forwards, by hand or with
dual numbers, and makes one input vary at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from dpkit.backends import backend_of, shape_of
from dpkit.box import words as xp
from dpkit.diagnose.program import Program, numbers, spread_out
from dpkit.diagnose.sites import Mistake, an, noun
from dpkit.rules import RULES
from dpkit.table import pushforward

__all__ = ["wrong_calculus"]

_MOST_NUMBERS, _MOST_WORK = 16, 3000  # inputs of single numbers; inputs times rows, for arrays
_WITH_ARRAYS = 1.5  # in rank: whoever derives a gradient of arrays by hand goes backwards
_ADDITIVE = {"add", "sub", "neg"}


def wrong_calculus(program: Program) -> Iterator[Mistake]:
    """(u·v)' = u'·v' and (u/v)' = u'/v'; and, forwards, what is inside a function was forgotten."""
    operations = dict.fromkeys(program.rows[k].name for k in program.needed)
    count = program.truth.size
    if program.single and count > _MOST_NUMBERS:
        return
    if not program.single and count * len(program.needed) > _MOST_WORK:
        return
    rare = 0.0 if program.single else _WITH_ARRAYS
    for operation, word in (("mul", "product"), ("div", "quotient"), ("matmul", "matrix product")):
        if operation in operations:
            sentence = f"the derivative of a {word} was taken to be the {word} of the derivatives"
            for constants_too in (False, True):
                yield Mistake(
                    "wrong_rule", sentence, 2.0 + rare, operation=operation,
                    sweep=partial(_forwards, partial(_of_derivatives, operation, constants_too)),
                )  # fmt: skip
    for operation in operations:
        if operation in RULES and operation not in _ADDITIVE:
            sentence = (
                f"the derivative of {an(operation)} does not contain that of what is inside: the chain "
                "rule multiplies by how fast the operand moves"
            )
            yield Mistake("missing_factor", sentence, 2.4 + rare, f"every {noun(operation)}", operation,
                          sweep=partial(_forwards, partial(_inner_lost, operation)))  # fmt: skip


Rule = Callable[[Program, int, Sequence[Any]], Any]
"""Run, row, how the rows before it move -> how the row moves, or None if the rule is right here."""


def _forwards(rule: Rule, run: Program) -> np.ndarray:
    """The derivatives forwards, one input at a time, with a wrong rule where it applies."""
    return np.array([_one_forwards(rule, run, k, move) for k, move in _moves(run)])


def _moves(run: Program) -> Iterator[tuple[int, Any]]:
    """Each input, and each number in it, by itself."""
    for k in run.inputs:
        value = run.rows[k].value
        if run.single:
            yield k, np.float64(1.0)
            continue
        shape = shape_of(value)
        for place in np.ndindex(shape):
            move = np.zeros(shape)
            move[place] = 1.0
            yield (
                k,
                backend_of(value).asarray(
                    move, dtype=value.dtype, device=getattr(value, "device", None)
                ),
            )


def _one_forwards(rule: Rule, run: Program, start: int, move: Any) -> float:
    moves: list[Any] = [None] * len(run.rows)
    moves[start] = move
    for k in range(1, run.output + 1):
        row = run.rows[k]
        if k == start or not row.parents:
            continue
        moves[k] = rule(run, k, moves)
        if moves[k] is None:
            shares = [_pushed(run, k, n, moves[p]) for n, p in enumerate(row.parents)
                      if moves[p] is not None]  # fmt: skip
            moves[k] = sum(shares[1:], shares[0]) if shares else None
    last = moves[run.output]
    return 0.0 if last is None else float(numbers(last).sum())


def _pushed(run: Program, k: int, n: int, move: Any) -> Any:
    """How row k moves because its operand n does."""
    if run.single:
        return run.pull(k, n)(move)
    row = run.rows[k]
    push = pushforward(backend_of(*row.args), row.name, n)
    if push is None:
        return None
    share = push(move, row.value, *row.args, **row.params)
    return spread_out(share, row.value) if row.name in RULES else share


def _of_derivatives(
    operation: str, constants_too: bool, run: Program, k: int, moves: Sequence[Any]
) -> Any:
    """The product, or quotient, of the derivatives. constants_too: also where one of them is 0."""
    row = run.rows[k]
    moved = [moves[parent] for parent in row.parents]
    if row.name != operation or all(each is None for each in moved):
        return None
    if not constants_too and any(each is None for each in moved):
        return None
    u, v = (0.0 * arg if move is None else move for move, arg in zip(moved, row.args, strict=True))
    if operation == "matmul":
        return xp.matmul(u, v)
    return spread_out(u * v if operation == "mul" else u / v, row.value)


def _inner_lost(operation: str, run: Program, k: int, moves: Sequence[Any]) -> Any:
    row = run.rows[k]
    if row.name != operation:
        return None
    shares = []
    for n, parent in enumerate(row.parents):
        if parent and (run.single or moves[parent] is not None):
            value = run.rows[parent].value
            one = np.float64(1.0) if run.single else backend_of(value).ones_like(value)
            shares.append(_pushed(run, k, n, one))
    return sum(shares[1:], shares[0]) if shares else None
