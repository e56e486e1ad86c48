"""The table of derivatives, continued: operations on whole arrays.

A row of `dpkit.rules` speaks of one number at a time. Here an operation moves, adds or multiplies
the elements of whole arrays, and its row says

* ``vjp``: for each argument, how an adjoint of the result becomes an adjoint of the argument (the
  *vector-Jacobian product*, or *pullback*). It is written in two steps, ``… -> (g -> …)``: the
  first runs in the forward pass and keeps only what the second will need;
* ``jvp``: for each argument, how the result moves when the argument moves (the *Jacobian-vector
  product*); for most it is the operation itself, which is linear in that argument;
* **misreadings**: pullbacks as they are often, and wrongly, written.

Every function gets the result z, then the arguments; parameters such as an axis come by name. The
rules are written in operators and in the words ``xp.…`` of `dpkit.box`, which every array library
understands and which have rows in the tables themselves: so rules can be differentiated like
anything else.
"""

from __future__ import annotations

from dpkit.array_rules import convolution, indices, matrices, reductions, shapes, softmax
from dpkit.array_rules._row import ArrayMisreading, ArrayRule, unbroadcast

__all__ = ["ARRAY_RULES", "ArrayMisreading", "ArrayRule", "unbroadcast"]

ARRAY_RULES: dict[str, ArrayRule] = {
    row.name: row
    for table in (shapes, reductions, indices, matrices, convolution, softmax)
    for row in table.TABLE
}
