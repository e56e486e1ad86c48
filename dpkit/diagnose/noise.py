"""How far may rounding go in a gradient?

Two right ways of computing one gradient differ in the last digits; and where large terms cancel,
few digits are left. 1 - tanh(20)² is 0 or 10⁻¹⁶, depending on how it is written, while 10⁻²⁰ x has
all its digits. So smallness alone says nothing. We find out by trying: all numbers on the record of
the program, and all adjoints, are shaken by relative amounts η at random, and the gradient is
computed again. What moves by δ then, may err by δ ε/η from rounding. (This is the idea of the
CESTAC method of Vignes, "A stochastic arithmetic for reliable scientific computation", Mathematics
and Computers in Simulation 35, 1993.)
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from dpkit.backends import backend_of, is_array, is_torch, shape_of
from dpkit.diagnose.program import Edge, Program, Pull, Row

__all__ = ["rounding"]

_PROBES, _SAFETY = 2, 32.0
# Where values are compared with each other, and a shaken one might lose.
_CHOOSING = {"maximum", "minimum", "max", "min", "clip", "where", "reorder", "abs", "relu"}
# Their slopes are differences of numbers around 1, in one way of writing or another.
_SATURATING = {"tanh", "sigmoid", "softplus", "softmax", "log_softmax", "logsumexp"}

Shake = Callable[[Any], Any]


def rounding(run: Program, single: bool = False) -> np.ndarray:
    """A bound for the rounding error of each component of the gradient, shape (n,).

    single: the computation went through float32.
    """
    epsilon = float(np.finfo(np.float32 if single else np.float64).eps)
    eta = 1e-3 if single else 1e-9
    rng = np.random.default_rng(1993)
    worst = np.zeros(run.truth.shape)
    with np.errstate(all="ignore"):
        for _ in range(_PROBES):

            def shake(x: Any) -> Any:
                return _shaken(x, eta, rng)

            other = replace(run, rows=[_shaken_row(row, shake) for row in run.rows])
            gradient = other.gradient(other.adjoints(_shaken_pulls(other, shake)))
            worst = np.fmax(worst, np.abs(gradient - run.truth))
    return _SAFETY * epsilon / eta * worst


def _shaken(x: Any, eta: float, rng: np.random.Generator) -> Any:
    if not is_array(x) or "float" not in str(x.dtype):
        return x
    moves = 1.0 + eta * rng.uniform(-1.0, 1.0, shape_of(x))
    if not is_torch(x):
        return x * moves
    return x * backend_of(x).asarray(moves, dtype=x.dtype, device=x.device)


def _shaken_row(row: Row, shake: Shake) -> Row:
    if row.name in _CHOOSING or not row.parents:
        return row
    args = tuple(
        x if row.name == "power" and n else shake(x)  # (-2)^1.99… is no number
        for n, x in enumerate(row.args)
    )
    return replace(row, value=shake(row.value), args=args)


def _shaken_pulls(run: Program, shake: Shake) -> dict[Edge, Pull]:
    def make(pull: Pull, saturating: bool) -> Pull:
        def shaken(g: Any) -> Any:
            share = pull(g)
            if share is None:
                return None
            if saturating and shape_of(share) == shape_of(g):
                share = share + (shake(g) - g)
            return shake(share)

        return shaken

    return {
        (k, n): make(run.pull(k, n), run.rows[k].name in _SATURATING)
        for k in run.needed
        for n, parent in enumerate(run.rows[k].parents)
        if parent
    }
