"""Rules of soft maxima: logsumexp, and the shares that follow from it.

The derivative of ``log(sum(exp(x)))`` is ``softmax(x)``: numbers between 0 and 1 whose sum is 1,
which say how much each x has to do with the result. They are computed from the result z, as
``exp(x - z)``, which cannot overflow.
"""

from __future__ import annotations

import math
from typing import Any

from dpkit.array_rules._row import Pullback, kept, misread, positive, row
from dpkit.backends import shape_of
from dpkit.box import words as xp

__all__ = ["TABLE"]


def shares(z: Any, x: Any, axis: Any) -> Any:
    """The softmax of x, given its logsumexp z. Where all x are -inf, all shares are 0."""
    z = xp.where(z == -math.inf, 0.0, z)
    return xp.exp(x - xp.reshape(z, shape=kept(shape_of(x), axis)))


def other_axis(x: Any, axis: Any) -> int:
    """The axis that one takes by mistake: the one beside this one, if there is any."""
    ndim = len(shape_of(x))
    mine = positive(axis, ndim)[0]
    return mine if ndim == 1 else mine - 1 if mine else 1


def total(x: Any, axis: Any) -> Any:
    return xp.sum(x, axis=axis, keepdims=True)


def rivals(x: Any, axis: Any) -> Any:
    """The softmax of x along any axis."""
    x = xp.exp(x - xp.max(x, axis=None, keepdims=True))
    return x / total(x, axis)


def logsumexp_vjp(z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Pullback:
    middle = kept(shape_of(x), axis)
    return lambda g: xp.reshape(g, shape=middle) * shares(z, x, axis)


def logsumexp_jvp(moves: Any, z: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    return xp.sum(moves * shares(z, x, axis), axis=axis, keepdims=keepdims)


def log_softmax_vjp(z: Any, x: Any, axis: Any) -> Pullback:
    return lambda g: g - total(g, axis) * xp.exp(z)


TABLE = (
    row(
        "logsumexp",
        misread("missing_factor", "the derivative of the logarithm is missing: the exponentials "
                "are shares of a sum",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * xp.exp(x)),
        misread("missing_factor", "the exponentials, made smaller by the largest x, were not divided "
                "by their sum",
                lambda z, x, axis=None, keepdims=False: lambda g: (
                    xp.reshape(g, shape=kept(shape_of(x), axis))
                    * xp.exp(x - xp.max(x, axis=axis, keepdims=True)))),
        misread("missing_factor", "the derivative of the exponential is missing",
                lambda z, x, axis=None, keepdims=False: lambda g: (
                    xp.reshape(g, shape=kept(shape_of(x), axis))
                    * xp.exp(0.0 * x - xp.reshape(z, shape=kept(shape_of(x), axis))))),
        misread("wrong_rule", "everyone got the same share, as if this were a mean",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis))
                / total(0.0 * x + 1.0, axis) + 0.0 * x),
        misread("wrong_rule", "the shares add up to 1 along the axis that is summed over; these add "
                "up to 1 along another one",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * rivals(x, other_axis(x, axis))),
        misread("wrong_rule", "each sum has shares of its own, which add up to 1; here everything "
                "was divided by one sum over all",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * rivals(x, None)),
        misread("not_finite", "exponentials overflow beyond 709, although their shares are "
                "moderate numbers: take the largest x off first",
                lambda z, x, axis=None, keepdims=False: lambda g: xp.reshape(
                    g, shape=kept(shape_of(x), axis)) * xp.exp(x) / total(xp.exp(x), axis)),
        vjp=logsumexp_vjp, jvp=logsumexp_jvp,
    ),
    row(
        "softmax",
        misread("missing_term", "each share depends on all x, since the sum below them does; only "
                "the dependence on its own x was counted",
                lambda z, x, axis: lambda g: g * z * (1.0 - z)),
        misread("missing_term", "the sum below the shares varies too",
                lambda z, x, axis: lambda g: g * z),
        misread("missing_factor", "in the sum over what comes from above, each term counts with "
                "its share",
                lambda z, x, axis: lambda g: (g - total(g, axis)) * z),
        misread("sign", "the sum below the shares grows too, so its contribution is taken off; it was "
                "added",
                lambda z, x, axis: lambda g: (g + total(g * z, axis)) * z),
        misread("averaged", "what is taken off is the mean of what comes from above, weighted by the "
                "shares; here all counted alike",
                lambda z, x, axis: lambda g: (g - total(g, axis) / total(0.0 * g + 1.0, axis)) * z),
        misread("repeated_factor", "after the derivative of softmax, that of a sigmoid was "
                "multiplied in as well",
                lambda z, x, axis: lambda g: (g - total(g * z, axis)) * z * z * (1.0 - z)),
        misread("wrong_rule", "the shares add up to 1 along one axis; the sum in their adjoint ran "
                "along another one",
                lambda z, x, axis: lambda g: (g - total(g * z, other_axis(x, axis))) * z),
        misread("not_summed", "the shares of each line add up to 1, so each line has a sum of its "
                "own in the adjoint; here there is one sum over all",
                lambda z, x, axis: lambda g: (g - total(g * z, None)) * z),
        misread("missing_factor", "what is left after the weighted mean was taken off counts with "
                "the share once more",
                lambda z, x, axis: lambda g: g - total(g * z, axis)),
        misread("wrong_rule", "this is the rule of the logarithm of softmax; softmax itself weighs "
                "what comes from above by the shares",
                lambda z, x, axis: lambda g: g - total(g, axis) * z),
        vjp=lambda z, x, axis: lambda g: (g - total(g * z, axis)) * z,
        jvp=lambda moves, z, x, axis: (moves - total(moves * z, axis)) * z,
    ),
    row(
        "log_softmax",
        misread("missing_term", "each result depends on all x, since the sum inside does; only the "
                "dependence on its own x was counted",
                lambda z, x, axis: lambda g: g - g * xp.exp(z)),
        misread("missing_term", "the logarithm of the sum varies too",
                lambda z, x, axis: lambda g: g + 0.0 * x),
        misread("missing_factor", "what is taken off is shared among the x according to their "
                "exponentials",
                lambda z, x, axis: lambda g: g - total(g, axis)),
        misread("repeated_factor", "together with the logarithm, the derivative of softmax is "
                "already complete; it was multiplied in once more",
                lambda z, x, axis: lambda g: (
                    (g - total(g, axis) * xp.exp(z)) * xp.exp(z) * (1.0 - xp.exp(z)))),
        misread("sign", "the sum inside the logarithm is taken off, so its contribution is too; it was "
                "added", lambda z, x, axis: lambda g: g + total(g, axis) * xp.exp(z)),
        misread("wrong_rule", "this is the rule of softmax; here its logarithm is taken, and that "
                "cancels a factor",
                lambda z, x, axis: lambda g: (g - total(g * xp.exp(z), axis)) * xp.exp(z)),
        misread("wrong_rule", "the derivative of a sigmoid was used; here is the logarithm of shares "
                "that compete", lambda z, x, axis: lambda g: g * xp.exp(z) * (1.0 - xp.exp(z))),
        misread("wrong_rule", "the shares add up to 1 along one axis; the sum in their adjoint ran "
                "along another one",
                lambda z, x, axis: lambda g: g - total(g, other_axis(x, axis)) * xp.exp(z)),
        misread("wrong_point", "the result here is the logarithm of a share, not the share",
                lambda z, x, axis: lambda g: g - total(g, axis) * z),
        vjp=log_softmax_vjp,
        jvp=lambda moves, z, x, axis: moves - total(moves * xp.exp(z), axis),
    ),
)  # fmt: skip
