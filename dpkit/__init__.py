"""dpkit: differentiable programming, small enough to read in an evening.

Read in this order:

* `functions`, what can be computed, and `rules`, the table of derivatives;
* `number`, operators and levels; `dual`, forward mode; `scalar`, reverse mode on a tape;
* `containers` and `transforms`, functions that turn f into its derivative;
* `gradcheck`, whether a gradient is right; `catalogue`, `trace`, `hypotheses` and `diagnose`, what
  the mistake is if it is not; `answers`, the form in which gradients come;
* `graph`, `layout` and `draw`, pictures of computations.
"""

from dpkit.diagnose import CATALOGUE, Diagnosis, diagnose
from dpkit.draw import Drawing, animate_graph, draw_graph
from dpkit.dual import Dual
from dpkit.functions import (
    abs,
    arccos,
    arcsin,
    arctan,
    cos,
    cosh,
    exp,
    expm1,
    log,
    log1p,
    maximum,
    minimum,
    power,
    relu,
    sigmoid,
    sin,
    sinh,
    softplus,
    sqrt,
    tan,
    tanh,
    where,
)
from dpkit.gradcheck import GradientReport, check_gradient
from dpkit.scalar import Scalar
from dpkit.transforms import grad, jvp, value_and_grad

__all__ = [
    "CATALOGUE",
    "Diagnosis",
    "Drawing",
    "Dual",
    "GradientReport",
    "Scalar",
    "abs",
    "animate_graph",
    "arccos",
    "arcsin",
    "arctan",
    "check_gradient",
    "cos",
    "cosh",
    "diagnose",
    "draw_graph",
    "exp",
    "expm1",
    "grad",
    "jvp",
    "log",
    "log1p",
    "maximum",
    "minimum",
    "power",
    "relu",
    "sigmoid",
    "sin",
    "sinh",
    "softplus",
    "sqrt",
    "tan",
    "tanh",
    "value_and_grad",
    "where",
]
