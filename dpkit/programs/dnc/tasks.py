"""What needs a memory: repeating a sequence, finding what followed something, riding a network.

A task draws (x, y, mask): inputs (steps, B, inputs), the bits to answer (steps, B, bits), and in which
steps an answer is wanted (steps,). All sequences of a batch have one length.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["Batch", "copy", "exact", "recall", "traversal"]

Batch = tuple[Tensor, Tensor, Tensor]
BITS = 6
NAMES, LINES = 8, 2  # of stations, and of the lines between them


def copy(length: int, batch: int, generator: torch.Generator | None = None) -> Batch:
    """`length` random words of 6 bits, a sign, and then the same words again. 7 inputs."""
    if length < 1:
        raise ValueError(f"There is at least 1 word to copy, not {length}.")
    words = torch.randint(0, 2, (length, batch, BITS), generator=generator).float()
    x = torch.zeros(2 * length + 1, batch, BITS + 1)
    x[:length, :, :BITS] = words
    x[length, :, BITS] = 1
    y = torch.zeros(2 * length + 1, batch, BITS)
    y[length + 1 :] = words
    return x, y, torch.arange(2 * length + 1) > length


def recall(items: int, batch: int, generator: torch.Generator | None = None) -> Batch:
    """A list of `items` words, a sign, one of the words: which came after it? 7 inputs.

    Words of one list are different from each other, and the last one is never asked for.
    """
    if not 2 <= items <= 2**BITS:
        raise ValueError(f"There are 2 to {2**BITS} items, not {items}.")
    order = torch.rand(batch, 2**BITS, generator=generator).argsort(-1)[:, :items]
    words = ((order[..., None] >> torch.arange(BITS)) & 1).float().transpose(0, 1)
    asked = torch.randint(0, items - 1, (batch,), generator=generator)
    each = torch.arange(batch)
    x = torch.zeros(items + 3, batch, BITS + 1)
    x[:items, :, :BITS] = words
    x[items, :, BITS] = 1
    x[items + 1, :, :BITS] = words[asked, each]
    y = torch.zeros(items + 3, batch, BITS)
    y[items + 2] = words[asked + 1, each]
    return x, y, torch.arange(items + 3) == items + 2


def traversal(
    stations: int, batch: int, generator: torch.Generator | None = None, stops: int = 8,
    on: float = 0.5,
) -> Batch:  # fmt: skip
    """A map in pieces, and then some rides: where is one after each line? 19 inputs, 8 outputs.

    Every line is a circle through all the stations, in an order of its own. First come its pieces,
    (from, line, to), those of both lines mixed at random. In each of the `stops` steps that follow a
    line is named, and the name of its next stop is wanted: of the station that is named with it,
    where a ride begins, and else of the stop before, so that a wrong answer is seldom followed by a
    right one. on: the chance that a ride goes on; 1 is one ride.

    For thousands of steps a DNC learns little more than which stations are on the map; as soon as it
    finds something in its memory, a few hundred bring all the rest.
    """
    if not 2 <= stations <= NAMES:
        raise ValueError(f"There are 2 to {NAMES} stations, not {stations}.")

    def shuffled(rows: int, count: int) -> Tensor:
        return torch.rand(rows, count, generator=generator).argsort(-1)

    each, pieces = torch.arange(batch), LINES * stations
    names = shuffled(batch, NAMES)[:, :stations]
    orders = names.gather(1, shuffled(LINES * batch, stations).view(batch, -1))
    orders = orders.view(batch, LINES, stations)  # of each line: the stations as it meets them
    follows = torch.zeros(batch, LINES, NAMES, dtype=torch.long)
    follows.scatter_(-1, orders, orders.roll(-1, -1))

    x = torch.zeros(pieces + stops, batch, NAMES + LINES + NAMES + 1)
    y = torch.zeros(pieces + stops, batch, NAMES)
    for k, piece in enumerate(shuffled(batch, pieces).T):
        line, start = piece // stations, names[each, piece % stations]
        x[k, each, start] = 1
        x[k, each, NAMES + line] = 1
        x[k, each, NAMES + LINES + follows[each, line, start]] = 1
    x[pieces:, :, -1] = 1
    here = names[:, 0]
    for k in range(stops):
        begins = (torch.rand(batch, generator=generator) >= on) | (k == 0)
        anew = names[each, torch.randint(0, stations, (batch,), generator=generator)]
        here = torch.where(begins, anew, here)
        x[pieces + k, each, here] = begins.float()
        line = torch.randint(0, LINES, (batch,), generator=generator)
        here = follows[each, line, here]
        x[pieces + k, each, NAMES + line] = 1
        y[pieces + k, each, here] = 1
    return x, y, torch.arange(pieces + stops) >= pieces


@torch.no_grad()
def exact(answer: Callable[[Tensor], Tensor], task: Batch) -> float:
    """The share of examples in which every bit of every answer is right.

    answer: from inputs to logits, such as `lambda x: network(x, places=64)`; where it computes is
    its own affair.
    """
    x, y, mask = task
    right = (answer(x).to(y.device) > 0)[mask] == (y > 0.5)[mask]
    return float(right.all(-1).all(0).float().mean())
