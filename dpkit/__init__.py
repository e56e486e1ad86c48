"""dpkit: differentiable programming, small enough to read in an evening.

Read in this order:

* `functions`, what can be computed, and `rules`, the table of derivatives (`rule`: what a row is);
* `number`, operators and levels; `dual`, forward mode; `scalar`, reverse mode on a tape;
* `containers` and `transforms`, functions that turn f into its derivative;
* whole arrays: `arrays` and `linalg`, what can be computed, and `array_rules`, the table continued;
  `backends`, who computes; `box`, operators; `table`, both tables staged; `tape` and `tensor`,
  reverse mode;
* `jacobians`, `custom`, `checkpoint` and `implicit`, more transforms, and what they rest on: `joint`
  and `stretch`;
* `gradcheck`, whether a gradient is right; `catalogue` and `diagnose`, what the mistake is if it is
  not; `answers` and `points`, the form in which gradients and arguments come;
* `source` and `compiled`, gradients as Python text;
* `optim`, walking downhill; `nn`, networks from modules, and `logistic`, a classifier made of one;
* `relax`, soft versions of hard decisions, and slopes from samples;
* `images`, pictures as parameters: coarser, larger, moved, compared; `render`, pictures of shapes
  and solids that can be differentiated by where they are;
* `physics`, things that move: simulated, recognised in tracks and films, steered;
* `programs`, programs that are learnt, and networks that call programs; a memory with addresses;
* `draw`, pictures of computations.

What can wait: `stencils` and `operators`, the commonest operations once more, for speed;
`protocols`, how numpy's and torch's functions find ours; `placing` and `changes`, how the tape of
arrays stays quick and notices changes in place; `refusals` and `complaints`, error messages;
`allocator`, the memory of large arrays; `carry`, how an engine that somebody built in one lab gets
to the next.
"""

from dpkit import (
    arrays,
    carry,
    functions,
    images,
    linalg,
    nn,
    optim,
    physics,
    relax,
    render,
)
from dpkit.arrays import *
from dpkit.checkpoint import checkpoint, fori_loop
from dpkit.compiled import CompiledGradient, compile_grad
from dpkit.custom import custom_jvp, custom_vjp, stop_gradient
from dpkit.diagnose import (
    CATALOGUE,
    Diagnosis,
    diagnose,
    diagnose_jvp,
    diagnose_training,
    diagnose_vjp,
)
from dpkit.draw import Drawing, animate_graph, draw_graph, watch
from dpkit.dual import Dual
from dpkit.functions import *
from dpkit.gradcheck import (
    AdjointReport,
    GradientReport,
    TaylorReport,
    adjoint_test,
    check_gradient,
    taylor_test,
)
from dpkit.implicit import fixed_point
from dpkit.jacobians import hessian, hvp, jacfwd, jacrev
from dpkit.logistic import LogisticRegression
from dpkit.scalar import Scalar
from dpkit.source import SourceError, grad_source
from dpkit.tensor import Tensor, no_grad, tensor
from dpkit.transforms import grad, jvp, value_and_grad, vjp

__all__ = [
    *functions.__all__,
    *arrays.__all__,
    "CATALOGUE",
    "AdjointReport",
    "CompiledGradient",
    "Diagnosis",
    "Drawing",
    "Dual",
    "GradientReport",
    "LogisticRegression",
    "Scalar",
    "SourceError",
    "TaylorReport",
    "Tensor",
    "adjoint_test",
    "animate_graph",
    "check_gradient",
    "carry",
    "checkpoint",
    "compile_grad",
    "custom_jvp",
    "custom_vjp",
    "diagnose",
    "diagnose_jvp",
    "diagnose_training",
    "diagnose_vjp",
    "draw_graph",
    "fixed_point",
    "fori_loop",
    "grad",
    "grad_source",
    "hessian",
    "hvp",
    "images",
    "jacfwd",
    "jacrev",
    "jvp",
    "linalg",
    "nn",
    "no_grad",
    "optim",
    "physics",
    "relax",
    "render",
    "stop_gradient",
    "taylor_test",
    "tensor",
    "value_and_grad",
    "vjp",
    "watch",
]
