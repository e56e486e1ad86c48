"""f_enc: what the environment shows, and the arguments, as one vector (equation 1).

This is the only part that differs from one environment to another. Arguments always are whole numbers
and become one-hot vectors; observations are either symbols, which do too, or pictures.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["PictureEncoder", "SymbolEncoder"]


class _Encoder(nn.Module):
    """Features of the observation beside one-hot arguments, through a small network.

    width: of the vector that comes out.
    """

    def __init__(self, features: int, arguments: Sequence[int], width: int) -> None:
        super().__init__()
        self.width, self.argument_sizes = width, tuple(arguments)
        self.net = nn.Sequential(
            nn.Linear(features + sum(arguments), width), nn.ReLU(),
            nn.Linear(width, width), nn.ReLU(),
        )  # fmt: skip

    def features(self, observations: Tensor) -> Tensor:
        raise NotImplementedError

    def forward(self, observations: Tensor, arguments: Tensor) -> Tensor:
        """observations: (n, …); arguments: (n, places), whole numbers. Returns (n, width)."""
        given = _one_hot(arguments, self.argument_sizes, "arguments")
        together = torch.cat([self.features(observations), given], -1)
        return self.net(together.to(next(self.net.parameters()).dtype))


class SymbolEncoder(_Encoder):
    """For observations (n, cells) of symbols; symbols says how many there are for each cell."""

    def __init__(self, symbols: Sequence[int], arguments: Sequence[int], width: int = 64) -> None:
        super().__init__(sum(symbols), arguments, width)
        self.symbols = tuple(symbols)

    def features(self, observations: Tensor) -> Tensor:
        return _one_hot(observations, self.symbols, "symbols")


class PictureEncoder(_Encoder):
    """For pictures (n, height, width, channels) of bytes, from 0 to 255: two layers of convolutions,
    each of which halves the sides, before the rest.

    shape: (height, width, channels). channels: of the two layers. drop: the share of features that
    are hidden while it learns, so that none may be relied on alone.
    """

    def __init__(
        self, shape: Sequence[int], arguments: Sequence[int], width: int = 64,
        channels: tuple[int, int] = (16, 32), drop: float = 0.0,
    ) -> None:  # fmt: skip
        height, wide, deep = shape
        one, two = channels
        halved = [(((side - 5) // 2 + 1) - 3) // 2 + 1 for side in (height, wide)]
        super().__init__(two * halved[0] * halved[1], arguments, width)
        self.look = nn.Sequential(
            nn.Conv2d(deep, one, 5, stride=2), nn.ReLU(),
            nn.Conv2d(one, two, 3, stride=2), nn.ReLU(), nn.Flatten(), nn.Dropout(drop),
        )  # fmt: skip

    def features(self, observations: Tensor) -> Tensor:
        bytes_ = observations.permute(0, 3, 1, 2).to(next(self.net.parameters()).dtype)
        return self.look(bytes_ / 255 - 0.5)


def _one_hot(values: Tensor, sizes: Sequence[int], what: str) -> Tensor:
    """Whole numbers (n, places) as (n, sum of sizes), with a 1 in each place's part."""
    try:
        parts = [functional.one_hot(values[:, k].long(), size) for k, size in enumerate(sizes)]
    except RuntimeError:  # (which says that some number is too large, and not which)
        for k, size in enumerate(sizes):
            low, high = int(values[:, k].min()), int(values[:, k].max())
            if low < 0 or high >= size:
                raise ValueError(
                    f"Of the {what}, number {k} goes from 0 to {size - 1}; but there is "
                    f"{low if low < 0 else high}."
                ) from None
        raise
    empty = values.new_zeros((len(values), 0), dtype=torch.float32)
    return torch.cat([empty, *(part.float() for part in parts)], -1)
