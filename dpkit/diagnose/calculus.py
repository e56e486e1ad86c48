"""The calculus itself is wrong: rules for derivatives that there are not.

Who believes that (u·v)' = u'·v' does not go wrong in one pullback: the derivative of a product then
depends on how both factors move. So these mistakes are carried out forwards, one input at a time, on
programs of single numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from dpkit.diagnose.program import Program
from dpkit.diagnose.sites import Mistake, an, noun

__all__ = ["wrong_calculus"]

_MOST_INPUTS = 16  # each costs a sweep for each mistake


def wrong_calculus(program: Program) -> Iterator[Mistake]:
    """(u·v)' = u'·v' and (u/v)' = u'/v'; and, forwards, what is inside a function was forgotten."""
    operations = dict.fromkeys(program.rows[k].name for k in program.needed)
    if not program.single or len(program.inputs) > _MOST_INPUTS:
        return
    for operation, word in (("mul", "product"), ("div", "quotient")):
        if operation in operations:
            sentence = f"the derivative of a {word} was taken to be the {word} of the derivatives"
            for constants_too in (False, True):
                yield Mistake(
                    "wrong_rule", sentence, 2.0, operation=operation,
                    sweep=partial(_forwards, partial(_of_derivatives, operation, constants_too)),
                )  # fmt: skip
    for operation in operations:
        if operation not in ("input", "constant", "add", "sub", "neg"):
            sentence = (
                f"the derivative of {an(operation)} does not contain that of what is inside: the chain "
                "rule multiplies by how fast the operand moves"
            )
            yield Mistake("missing_factor", sentence, 2.4, f"every {noun(operation)}", operation,
                          sweep=partial(_forwards, partial(_inner_lost, operation)))  # fmt: skip


Rule = Callable[
    [Program, int, dict[int, Any]], Any
]  # run, row, moves -> how the row moves, or None


def _forwards(rule: Rule, run: Program) -> np.ndarray:
    """The derivatives forwards, one input at a time, with a wrong rule where it applies."""
    return np.array([_one_forwards(rule, run, start) for start in run.inputs])


def _one_forwards(rule: Rule, run: Program, start: int) -> float:
    moves: dict[int, Any] = {start: np.float64(1.0)}
    for k in range(1, run.output + 1):
        if k == start:
            continue
        wrong = rule(run, k, moves)
        if wrong is not None:
            moves[k] = wrong
            continue
        parents = run.rows[k].parents
        shares = [run.pull(k, n)(moves[p]) for n, p in enumerate(parents) if p in moves]
        if shares:
            moves[k] = sum(shares)
    return float(moves.get(run.output, 0.0))


def _of_derivatives(
    operation: str, constants_too: bool, run: Program, k: int, moves: dict[int, Any]
) -> Any:
    """The product, or quotient, of the derivatives. constants_too: also where one of them is 0."""
    row = run.rows[k]
    if row.name != operation or not any(parent in moves for parent in row.parents):
        return None
    if not constants_too and not all(parent in moves for parent in row.parents):
        return None
    u, v = (moves.get(parent, np.float64(0.0)) for parent in row.parents)
    return u * v if operation == "mul" else u / v


def _inner_lost(operation: str, run: Program, k: int, moves: dict[int, Any]) -> Any:
    row = run.rows[k]
    if row.name != operation:
        return None
    return sum(run.pull(k, n)(np.float64(1.0)) for n, parent in enumerate(row.parents) if parent)
