"""Training on a task: lengths drawn anew for each batch, and with the DNC the size of its memory."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from dpkit.programs.dnc.network import DNC
from dpkit.programs.dnc.tasks import Batch

__all__ = ["LSTM", "train"]


class LSTM(nn.Module):
    """What the DNC is compared with: the same steps, and no memory but its own state."""

    def __init__(self, inputs: int, outputs: int, hidden: int, rng: int = 0) -> None:
        super().__init__()
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(rng)
            self.controller, self.output = nn.LSTM(inputs, hidden), nn.Linear(hidden, outputs)

    def forward(self, x: Tensor) -> Tensor:
        return self.output(self.controller(x)[0])


def train(
    network: DNC | LSTM, task: Callable[[int, int, torch.Generator], Batch], *,
    lengths: tuple[int, int] = (1, 8), places: tuple[int, int] = (16, 40), steps: int = 2000,
    batch: int = 16, lr: float = 3e-3, clip: float = 10.0, rng: int = 0,
    callback: Callable[[int, float], Any] | None = None,
) -> list[float]:  # fmt: skip
    """The losses, in nats a bit.

    lengths, places: from … to (inclusive), drawn for each batch. A memory of one size teaches to rely
    on that size; one that varies does not.
    callback: called with each step's number and loss; ends the training by returning True.

    Raises ValueError where there is nothing to draw from, FloatingPointError when a loss is no number.
    """
    if batch < 1 or lengths[0] > lengths[1] or places[0] > places[1]:
        raise ValueError(
            f"A batch has 1 example at least, and lengths and places go from the smaller to the larger; "
            f"but batch is {batch}, lengths {lengths} and places {places}."
        )
    generator = torch.Generator().manual_seed(rng)
    optimizer = torch.optim.Adam(network.parameters(), lr)
    device = next(network.parameters()).device
    losses = []

    def draw(bounds: tuple[int, int]) -> int:
        return int(torch.randint(bounds[0], bounds[1] + 1, (), generator=generator))

    for k in range(steps):
        x, y, mask = (each.to(device) for each in task(draw(lengths), batch, generator))
        answer = network(x, draw(places)) if isinstance(network, DNC) else network(x)
        loss = nn.functional.binary_cross_entropy_with_logits(answer[mask], y[mask])
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), clip)
        optimizer.step()
        losses.append(float(loss.detach()))
        if not math.isfinite(losses[-1]):
            raise FloatingPointError(
                f"The loss of step {k} is {losses[-1]}. The steps were too long (lr is {lr:g}), or a "
                "weight was no number to begin with."
            )
        if callback and callback(k, losses[-1]):
            break
    return losses
