"""Two mistakes at once: flagged, and called by one of the two, or honestly unknown.

Two switches of a derivation are set. Where both act on the same factor, there would be only one
mistake; such pairs are not in the table.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import numpy as np

from tests.diagnosis import engines, layers, networks, scalars
from tests.diagnosis.case import Case, Problem

TABLE = {
    "neuron": (("no 2", "tanh' left out"), ("tanh' twice", "b like w"), ("tanh' of the input", "upside down")),
    "rational": (("denominator held", "b without x"),),
    "cube root": (("2 left out", "3 left out"), ("exponent left out", "a not divided")),
    "recurrence": (("tanh' left out", "no w on the way"), ("overwritten", "no v on the way"),
                   ("1 - h", "w and u exchanged")),
    "oscillator": (("cos' = sin", "exp' left out"), ("w without t", "minus lost")),
    "surprise": (("not divided by s", "logarithm forgotten"), ("no 2", "m has lost its minus")),
    "molecules": (("12 left out", "1/r without minus"), ("4 left out", "no e")),
    "linear regression": (("no 2", "b averaged"), ("sum for mean", "b upside down")),
    "logistic regression": (("σ' left out", "regulariser forgotten"), ("sum for mean", "b regularised too")),
    "oblong classifier": (("sum for mean", "b averaged"), ("labels not taken off", "b last row")),
    "two layers": (("tanh' left out", "b1 averaged"), ("w2 left out", "input of tanh for w2"),
                   ("tanh' = 1 - h", "b2 forgotten"), ("no 2", "W1 upside down")),
    "three layers": (("σ' left out", "W for its transpose"), ("relu' left out", "b2 averaged"),
                     ("σ' = h", "clipped"), ("input for output of layer 1", "biases exchanged")),
    "recurrent network": (("W overwritten", "tanh' left out"), ("W for its transpose", "b overwritten")),
    "embedding": (("repeated words overwrite", "w averaged"), ("tanh' left out", "w left out")),
    "normalisation": (("variance held", "beta averaged"), ("root left out", "gamma by x")),
    "attention": (("only the diagonal", "scale left out"), ("sum not taken off", "weights not transposed")),
    "gaussian": (("no 2", "normaliser forgotten"), ("minus of rho lost", "mu averaged")),
    "rollout": (("stiffness overwritten", "dt left out"), ("sin' left out", "no 2")),
    "tape": (("-: both plus", "cos: itself"), ("sqrt: half lost", "overwritten")),
    "dual numbers": (("mul: minus", "sin: itself"), ("div: plus", "exp: left out")),
    "tensors": (("unbroadcast averages", "tanh: left out"), ("getitem: assigned", "mean: sums")),
    "contexts": (("scale: s averaged", "softmax: diagonal only"), ("linear: b averaged", "sigmoid: input saved")),
}  # fmt: skip


def pairs(source, rng: np.random.Generator) -> Iterator[Case]:
    drawn = list(source(rng))
    kinds = {each.name: each.kinds for each in drawn if isinstance(each, Case)}
    for problem in drawn:
        if isinstance(problem, Problem):
            for both in TABLE.get(problem.name, ()):
                either = " ".join(kinds[f"{problem.name}: {fault}"] for fault in both)
                yield Case(f"{problem.name}: {' + '.join(both)}", problem.f, problem.with_faults(*both),
                           problem.args, f"{either} unknown", family="pair")  # fmt: skip


SOURCES = (*scalars.PROBLEMS, *networks.PROBLEMS, *layers.PROBLEMS, *engines.PROBLEMS)
PROBLEMS = tuple(partial(pairs, source) for source in SOURCES)
