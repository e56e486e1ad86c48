"""`@Learn`: small networks that say what a picture is, one for each restart, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import torch
from torch import Tensor, nn

from dpkit.programs.terpret.declared import Learned

__all__ = ["Bank"]


class Bank(nn.Module):
    """As many perceptrons as there are restarts, computed together.

    dropout: the share of a hidden layer that is left out at random while training.
    """

    def __init__(
        self, restarts: int, sizes: Sequence[int], dropout: float = 0.5,
        generator: torch.Generator | None = None,
    ) -> None:  # fmt: skip
        super().__init__()
        if not 0 <= dropout < 1:
            raise ValueError(f"dropout is a share of 0 to less than 1, and {dropout} was given.")
        self.sizes, self.dropout = tuple(sizes), dropout
        self.masks: torch.Generator | None = None  # whence dropout draws; None: torch's own
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for wide, out in zip(sizes, sizes[1:], strict=False):
            uniform = torch.rand((restarts, wide, out), generator=generator)
            self.weights.append(nn.Parameter((2 * uniform - 1) * math.sqrt(3 / wide)))
            self.biases.append(nn.Parameter(torch.zeros(restarts, 1, out)))

    @property
    def restarts(self) -> int:
        return len(self.weights[0])

    @classmethod
    def of(
        cls, function: Learned, restarts: int, dropout: float = 0.5,
        generator: torch.Generator | None = None,
    ) -> Bank:  # fmt: skip
        return cls(restarts, (function.pixels, *function.hidden, function.out), dropout, generator)

    def forward(self, pictures: Tensor) -> Tensor:
        """Pictures (n, …) to logits (restarts, n, out). Each picture is brought to mean 0, spread 1."""
        x = pictures.reshape(len(pictures), -1)
        x = (x - x.mean(1, keepdim=True)) / (x.std(1, keepdim=True) + 1e-3)
        x = x.expand(len(self.weights[0]), *x.shape)
        for k, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            x = torch.baddbmm(bias, x, weight)
            if k < len(self.weights) - 1:
                x = self._dropped(torch.relu(x))
        return x

    def _dropped(self, x: Tensor) -> Tensor:
        if not self.training or not self.dropout:
            return x
        kept = torch.empty_like(x, dtype=torch.bool).bernoulli_(
            1 - self.dropout, generator=self.masks
        )
        return x * kept / (1 - self.dropout)

    def kept(self, restarts: Iterable[int]) -> Bank:
        """A copy of some of the networks, for use: without dropout, and not to be changed."""
        index = torch.as_tensor(list(restarts), device=self.weights[0].device)
        some = Bank(len(index), self.sizes, self.dropout, torch.Generator()).to(index.device)
        with torch.no_grad():
            for mine, each in zip(
                [*some.weights, *some.biases], [*self.weights, *self.biases], strict=True
            ):
                mine.copy_(each[index])
        return some.eval().requires_grad_(False)

    @torch.no_grad()
    def classify(self, pictures: Tensor, restart: int = 0) -> Tensor:
        """Whole numbers (n,)."""
        return self(torch.as_tensor(pictures, dtype=self.weights[0].dtype))[restart].argmax(-1)
