"""Distributions over whole numbers, in two number systems: probabilities, or their logarithms.

A function of whole numbers becomes one of distributions (*lifting*):
P(f = k) is the sum of P(x = i) P(y = j) over all i, j with f(i, j) = k.
A choice becomes a mixture of what was chosen from. Both take their arguments for independent, which
is an approximation: exact where all are certain, and where nothing uncertain is used twice on its way to
an output. `F(p, p)` of an uncertain p is computed as if these were two, and so is `p` inside of `if p == 0`.

Probabilities end at 1e-37 in float32; what is less likely has no slope. Their logarithms do not end there.

Every mixture multiplies the sums of what it mixes, so a sum that is off by 1e-7 would be off by
more and more, exponentially in the number of steps. So each is brought back to 1 (renormalised).

Distributions are tensors (restarts, examples, size); either of the first two may be 1.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

__all__ = ["ALGEBRAS", "Linear", "Log"]

TINY = 1e-37  # the least probability whose logarithm is taken
IMPOSSIBLE = -1e4  # in place of a logarithm of zero, which has no slope that is a number


class Linear:
    """Probabilities."""

    @staticmethod
    def certain(value: Tensor | int, size: int, like: Tensor) -> Tensor:
        """One value, or one for each example: (1, examples, size)."""
        value = torch.as_tensor(value, device=like.device).reshape(1, -1)
        return torch.nn.functional.one_hot(value, size).to(like.dtype)

    @staticmethod
    def given(probabilities: Tensor) -> Tensor:
        return probabilities

    @staticmethod
    def from_logits(logits: Tensor) -> Tensor:
        return torch.softmax(logits, -1)

    @staticmethod
    def apply(table: np.ndarray, out: int, arguments: Sequence[Tensor]) -> Tensor:
        """The distribution of a function's value, from those of its arguments."""
        joint = arguments[0]
        for each in arguments[1:]:
            joint = (joint[..., :, None] * each[..., None, :]).flatten(-2)
        return joint @ _rows(table, out, joint)

    @staticmethod
    def mix(weights: Tensor, branches: Tensor) -> Tensor:
        """Branch k with the weight k: weights (…, branches), branches (…, branches, size)."""
        total = (weights[..., None] * branches).sum(-2)
        return total / total.sum(-1, keepdim=True)

    @staticmethod
    def joined(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
        """The weights of groups of values."""
        return torch.stack([weights[..., list(group)].sum(-1) for group in groups], -1)

    @staticmethod
    def log(distribution: Tensor) -> Tensor:
        return distribution.clamp_min(TINY).log()

    @staticmethod
    def probabilities(distribution: Tensor) -> Tensor:
        return distribution


class Log(Linear):
    """Logarithms of probabilities: products are sums, and sums a logsumexp."""

    @staticmethod
    def certain(value: Tensor | int, size: int, like: Tensor) -> Tensor:
        return Log.given(Linear.certain(value, size, like))

    @staticmethod
    def given(probabilities: Tensor) -> Tensor:
        logs = probabilities.clamp_min(TINY).log()
        return torch.where(probabilities > 0, logs, torch.full_like(logs, IMPOSSIBLE))

    @staticmethod
    def from_logits(logits: Tensor) -> Tensor:
        return torch.log_softmax(logits, -1)

    @staticmethod
    def apply(table: np.ndarray, out: int, arguments: Sequence[Tensor]) -> Tensor:
        joint = arguments[0]
        for each in arguments[1:]:
            joint = (joint[..., :, None] + each[..., None, :]).flatten(-2)
        # The logsumexp of each value's sets of arguments, relative to the likeliest of these.
        values = torch.as_tensor(table.reshape(-1), device=joint.device).expand(joint.shape)
        least = joint.new_full((*joint.shape[:-1], out), IMPOSSIBLE)
        largest = least.scatter_reduce(-1, values, joint.detach(), "amax")
        relative = torch.exp(joint - largest.gather(-1, values))
        summed = torch.zeros_like(least).scatter_add(-1, values, relative)
        return summed.clamp_min(TINY).log() + largest

    @staticmethod
    def mix(weights: Tensor, branches: Tensor) -> Tensor:
        return torch.log_softmax((weights[..., None] + branches).logsumexp(-2), -1)

    @staticmethod
    def joined(weights: Tensor, groups: Sequence[Sequence[int]]) -> Tensor:
        return torch.stack([weights[..., list(group)].logsumexp(-1) for group in groups], -1)

    @staticmethod
    def log(distribution: Tensor) -> Tensor:
        return distribution

    @staticmethod
    def probabilities(distribution: Tensor) -> Tensor:
        return distribution.exp()


def _rows(table: np.ndarray, out: int, like: Tensor) -> Tensor:
    """(all sets of arguments, out): a 1 at the value of each."""
    values = torch.as_tensor(table.reshape(-1), device=like.device)
    return torch.nn.functional.one_hot(values, out).to(like.dtype)


ALGEBRAS = {"linear": Linear, "log": Log}
