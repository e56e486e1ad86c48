"""A controller with a memory beside it: the differentiable neural computer."""

from __future__ import annotations

from numbers import Integral

import torch
from torch import Tensor, nn

from dpkit.programs.dnc.access import Interface, State, step

__all__ = ["DNC", "Trace"]

Trace = list[tuple[Interface, State]]


class DNC(nn.Module):
    """An LSTM that reads and writes. The number of places is no part of it: it can be given more
    memory after training than it has ever seen.

    inputs, outputs: numbers in a step. hidden: of the LSTM; small is better, since a large one learns
    short sequences without its memory. width: numbers in a place. heads: reads in a step.
    links, allocation: see `access.step`. rng: the seed of the first weights.

    Raises ValueError where a size is not 1 at least.
    """

    def __init__(
        self, inputs: int, outputs: int, *, hidden: int = 32, width: int = 8, heads: int = 1,
        links: bool = True, allocation: bool = True, rng: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        if min(hidden, width, heads) < 1:
            raise ValueError(
                f"hidden, width and heads are 1 at least, not {hidden}, {width} and {heads}."
            )
        self.width, self.heads, self.links, self.allocation = width, heads, links, allocation
        with torch.random.fork_rng(devices=[]):  # the caller's own random numbers stay as they are
            torch.default_generator.manual_seed(rng)
            self.controller = nn.LSTMCell(inputs + heads * width, hidden)
            self.interface = nn.Linear(hidden, Interface.size(width, heads))
            self.output = nn.Linear(hidden + heads * width, outputs)

    def forward(self, x: Tensor, places: int, trace: Trace | None = None) -> Tensor:
        """x (steps, B, inputs) to (steps, B, outputs). Every call begins with an empty memory. trace: a
        list that gets every step's interface and state.

        Raises ValueError if x has another shape or dtype, or there is no place or step.
        """
        inputs = self.controller.input_size - self.heads * self.width
        if x.ndim != 3 or x.shape[-1] != inputs:
            raise ValueError(f"x has the shape (steps, examples, {inputs}), not {tuple(x.shape)}.")
        if not len(x):
            raise ValueError("x has no steps: there is nothing to read.")
        if x.dtype != self.output.weight.dtype:
            raise ValueError(
                f"The network's weights are {self.output.weight.dtype}, but x is {x.dtype}: use "
                "`x.to(…)`, or `network.to(…)`."
            )
        if not isinstance(places, Integral) or places < 1:
            raise ValueError(f"A memory has at least one place, not {places}.")
        batch = x.shape[1]
        state = State.empty(batch, places, self.width, self.heads, x)
        carried = None
        read, answers = x.new_zeros(batch, self.heads * self.width), []
        for each in x:
            carried = self.controller(torch.cat([each, read], -1), carried)
            says = Interface.of(self.interface(carried[0]), self.width, self.heads)
            found, state = step(says, state, self.links, self.allocation)
            read = found.flatten(1)
            answers.append(self.output(torch.cat([carried[0], read], -1)))
            if trace is not None:
                trace.append((says, state))
        return torch.stack(answers)
