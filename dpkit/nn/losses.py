"""Losses: how wrong the outputs are, as one number to be minimised.

The two for classification take *logits*, before any sigmoid or softmax. The logarithm of a sigmoid
that was rounded to 0 or 1 is infinite, and its derivative nan; taken together, the two functions
are harmless:

    −log σ(z) = softplus(−z)        −log softmax(z)ₖ = logsumexp(z) − zₖ
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.arrays.axes import as_array
from dpkit.backends import is_torch, shape_of
from dpkit.box import plain
from dpkit.nn.module import Module

__all__ = [
    "BCEWithLogitsLoss", "CrossEntropyLoss", "MSELoss",
    "binary_cross_entropy_with_logits", "cross_entropy", "mse_loss",
]  # fmt: skip


def binary_cross_entropy_with_logits(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The negative log-likelihood of yes and no: −t log σ(z) − (1 − t) log(1 − σ(z)).

    input: logits z of any shape. target: 0, 1, or the probability of 1, of the same shape.
    reduction: "mean", "sum", or "none" for one loss an element.

    Accurate to the last digits for logits of any size: its derivative is σ(z) − t.

    Raises ValueError if the shapes differ or a target is not between 0 and 1.
    """
    z, t = as_array(input), as_array(target)
    _need_the_same_shape("binary_cross_entropy_with_logits", z, t)
    values = _numpy(t)
    if values.size and not (values.min() >= 0 and values.max() <= 1):
        raise ValueError(
            "The targets of binary_cross_entropy_with_logits are 0 and 1, or probabilities, but "
            f"they range from {values.min():g} to {values.max():g}. For labels −1 and 1, give it "
            "(y + 1) / 2; for more than two classes, take cross_entropy."
        )
    t = t * 1.0  # no whole numbers or truth values
    loss = t * functions.softplus(-z) + (1.0 - t) * functions.softplus(z)
    return _reduced(loss, reduction)


def cross_entropy(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The negative log-likelihood of one class among K: logsumexp(z) − z[target].

    input: logits (N, K). target: the numbers of the classes, 0 to K − 1, of shape (N,), or
    probabilities of shape (N, K). reduction: "mean", "sum", or "none" for one loss a row.

    Raises ValueError if the shapes do not fit or there is no such class, TypeError if the numbers of
    classes are not whole.
    """
    z, t = as_array(input), as_array(target)
    shape, given = shape_of(z), shape_of(t)
    if len(shape) != 2:
        raise ValueError(
            f"The logits of cross_entropy are (N, classes), but were of shape {shape}."
        )
    if given == shape and "float" in str(t.dtype):
        return _reduced(-arrays.sum(t * arrays.log_softmax(z, axis=1), axis=1), reduction)
    if given != shape[:1]:
        raise ValueError(
            f"cross_entropy was given logits of shape {shape} and targets of shape {given}. There "
            f"should be {shape[0]} targets, one for each row, in an array of shape {shape[:1]}."
        )
    classes = _numpy(t)
    if classes.dtype.kind not in "iu":
        raise TypeError(
            f"The targets of cross_entropy are the numbers of the classes, but the array of shape "
            f"{given} holds {t.dtype}: give it y.astype(int)."
        )
    if classes.size and not (classes.min() >= 0 and classes.max() < shape[1]):
        hint = " For one logit a row, take binary_cross_entropy_with_logits." * (shape[1] == 1)
        raise ValueError(
            f"With logits of shape {shape}, the classes are 0 to {shape[1] - 1}, but the targets "
            f"range from {classes.min()} to {classes.max()}.{hint}"
        )
    return _reduced(-arrays.log_softmax(z, axis=1)[np.arange(shape[0]), classes], reduction)


def mse_loss(input: Any, target: Any, reduction: str = "mean") -> Any:
    """The squared differences; reduction: their "mean", "sum", or "none" for each of them.

    Raises ValueError if the shapes differ: (N, 1) and (N,) would make N × N differences.
    """
    x, t = as_array(input), as_array(target)
    _need_the_same_shape("mse_loss", x, t)
    return _reduced((x - t) ** 2, reduction)


class _Loss(Module):
    def __init__(self, reduction: str = "mean") -> None:
        self.reduction = reduction


class BCEWithLogitsLoss(_Loss):
    """`binary_cross_entropy_with_logits` as a module."""

    def forward(self, input: Any, target: Any) -> Any:
        return binary_cross_entropy_with_logits(input, target, self.reduction)


class CrossEntropyLoss(_Loss):
    """`cross_entropy` as a module."""

    def forward(self, input: Any, target: Any) -> Any:
        return cross_entropy(input, target, self.reduction)


class MSELoss(_Loss):
    """`mse_loss` as a module."""

    def forward(self, input: Any, target: Any) -> Any:
        return mse_loss(input, target, self.reduction)


def _reduced(loss: Any, reduction: str) -> Any:
    if reduction == "mean":
        return arrays.mean(loss)
    if reduction == "sum":
        return arrays.sum(loss)
    if reduction == "none":
        return loss
    raise ValueError(f'`reduction` is "mean", "sum" or "none", but was {reduction!r}.')


def _need_the_same_shape(name: str, x: Any, t: Any) -> None:
    if shape_of(x) != shape_of(t):
        raise ValueError(
            f"{name} was given outputs of shape {shape_of(x)} and targets of shape {shape_of(t)}. "
            "They should be the same; reshape one of them."
        )


def _numpy(x: Any) -> np.ndarray:
    """The values, to be looked at."""
    x = plain(x)
    return x.detach().cpu().numpy() if is_torch(x) else np.asarray(x)
