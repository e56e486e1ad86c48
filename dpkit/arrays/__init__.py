"""The functions of whole arrays, and the methods of tensors.

Like those of `dpkit.functions` they work on everything: numpy arrays, torch tensors, arrays of
`Scalar`s, tensors with derivatives, lists and plain numbers. The names and the order of the
arguments are numpy's (the array API standard's names work too); each is also a method of `Tensor`
where arrays have such a method, and each is what numpy's function of the same name does with a
`Tensor`.

Few of them are primitives, with a row in `dpkit.array_rules`; the others are written in terms of
those, and their derivatives come by themselves.

==============  =================================================================================
`reductions`    sums, means, extrema, sorting, running sums
`shapes`        reshaping, transposing, joining, splitting, padding
`indexing`      elements and parts of arrays: reading them, putting others in their place
`products`      matmul and einsum
`soft`          logsumexp, softmax and log_softmax
`convolution`   conv2d and pooling
`rest`          what fits nowhere else; and the methods
==============  =================================================================================

Equations and decompositions of matrices are in `dpkit.linalg`.
"""

from dpkit.arrays import convolution, indexing, products, reductions, rest, shapes, soft
from dpkit.arrays.convolution import *
from dpkit.arrays.indexing import *
from dpkit.arrays.products import *
from dpkit.arrays.reductions import *
from dpkit.arrays.rest import *
from dpkit.arrays.shapes import *
from dpkit.arrays.soft import *

__all__ = [
    *convolution.__all__,
    *indexing.__all__,
    *products.__all__,
    *reductions.__all__,
    *rest.__all__,
    *shapes.__all__,
    *soft.__all__,
]
