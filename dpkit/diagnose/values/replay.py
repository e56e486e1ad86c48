"""A recorded program, run again: with something computed otherwise, or from other numbers.

`replayed` changes the *values*: a step is replaced by another, all that depends on it is computed
anew, and the derivatives of that program are right ones, of another function. `seen` leaves the
values and changes what the *pullbacks* look at, as when a backward pass meets numbers that have
been overwritten since.

What was decided by values stays as it was recorded: branches, and the elements that were picked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from dpkit.backends import backend_of, shape_of
from dpkit.box import carry_out
from dpkit.diagnose.program import Program, Pull, Row, nothing, numbers
from dpkit.table import is_elementwise, pullback

__all__ = ["Change", "Copy", "Operand", "replayed", "seen"]

Operand = tuple[Any, int]
"""A value, and the row where it was computed; 0 for a constant."""


class Copy:
    """A program while it is being written; it may begin with the rows of another."""

    def __init__(self, rows: Sequence[Row] = (Row("constant", None),)) -> None:  # noqa: B008
        self.rows = [*rows]

    def write(self, name: str, *operands: Operand, **params: Any) -> Operand:
        """Carry out an operation, and write it down."""
        args, parents = (tuple(each) for each in zip(*operands, strict=True))
        value = carry_out(backend_of(*args), name, args, params)
        return self.add(Row(name, value, args, parents, params))

    def add(self, row: Row) -> Operand:
        self.rows.append(row)
        return row.value, len(self.rows) - 1


Change = Callable[[Copy, Sequence[Operand], Row], Operand]
"""What is done instead of a row: with which copy, which operands, and the row as it was."""


def replayed(
    run: Program,
    changes: Mapping[int, Change] | None = None,
    inputs: Mapping[int, Any] | None = None,
) -> Program:
    """The program with some of its rows changed, and from other inputs.

    Raises ValueError if a change does not keep the shape of the row, and whatever its operations
    raise.
    """
    changes, inputs = changes or {}, inputs or {}
    copy, now = Copy(), {0: 0}
    touched = {0: False}  # does the value of the row differ from the recorded one?
    needed = {*run.needed, *run.inputs}
    for k, row in enumerate(run.rows):
        if k not in needed:
            continue
        touched[k] = k in changes or k in inputs or any(touched[p] for p in row.parents)
        parents = tuple(now[p] for p in row.parents)
        if k in inputs:
            now[k] = copy.add(replace(row, value=inputs[k]))[1]
        elif not touched[k]:
            now[k] = copy.add(replace(row, parents=parents))[1]
        else:
            operands = [(copy.rows[p].value if p else x, p)
                        for x, p in zip(row.args, parents, strict=True)]  # fmt: skip
            if k in changes:
                value, now[k] = changes[k](copy, operands, row)
                if shape_of(value) != shape_of(row.value):
                    raise ValueError(f"{shape_of(value)} is no {shape_of(row.value)}.")
            else:
                now[k] = copy.write(row.name, *operands, **row.params)[1]
    output = now[run.output]
    value = float(numbers(copy.rows[output].value).item()) if output else run.value
    return Program(copy.rows, [now[k] for k in run.inputs], output, value, run.single)


def seen(run: Program, k: int, n: int, others: Mapping[int, Any], result: Any = None) -> Pull:
    """The pullback of row k towards operand n that sees other values in the place of its operands
    (by position), and of its result, if that is given; else it is computed from them."""
    row = run.rows[k]
    args = tuple(others.get(m, x) for m, x in enumerate(row.args))
    xp = backend_of(*args)
    if result is None:
        result = carry_out(xp, row.name, args, dict(row.params))
    stage = pullback(xp, row.name, n)
    pull = nothing if stage is None else stage(result, *args, **row.params)
    return run.fitted(pull, k, n) if is_elementwise(row.name) else pull
