"""Two layers whose forward pass is gradient descent: `python -m course.systems.inner`.

*Orders.* `Order` sorts a set of numbers without being told what "smaller" means. It learns what it
costs to have one number before another. Its forward pass descends on the total cost of a soft
order: a table of shares, which Sinkhorn's algorithm keeps doubly stochastic. It is trained on sets
beside their sorted rows, softly, and judged hard: by the permutation that its table says.

*Sets.* `SetDecoder` turns a summary into points, in no order: it descends on the points until their
own summary is the one that was given. A perceptron, `FlatDecoder`, writes the points down one after
another. Turn a hexagon by sixty degrees, and as a set it is what it was; but every point that the
perceptron writes has moved on by one place. Somewhere on the way its output must jump. Descent on
the points need not.

Both are trained *through* their inner loops, whose steps therefore stay on the tape.

Sources: Zhang, Hare and Prügel-Bennett, "Learning representations of sets through optimized
permutations", ICLR 2019 (arXiv:1812.03928), and "Deep set prediction networks", NeurIPS 2019.
"""

from __future__ import annotations

import time

import numpy as np
import torch
from scipy.optimize import linear_sum_assignment
from torch import nn

from dpkit import relax

# ------------------------------------------------------------------------------------------------
# Orders


class Order(nn.Module):
    """Sets of n numbers (batch, n) to tables of shares (batch, n, n): row k is the k-th place."""

    def __init__(self, hidden: int = 16, steps: int = 6) -> None:
        super().__init__()
        self.steps = steps
        self.compare = nn.Sequential(nn.Linear(2, hidden), nn.ReLU(), nn.Linear(hidden, 1))
        self.rate = nn.Parameter(torch.tensor(1.0))

    def costs(self, x: torch.Tensor) -> torch.Tensor:
        """What it costs to have number i before number j: (batch, n, n), from -1 to 1; the other
        way round costs as much less."""
        n = x.shape[1]
        pairs = torch.stack([x[:, :, None].expand(-1, n, n), x[:, None, :].expand(-1, n, n)], -1)
        one = self.compare(pairs)[..., 0]
        return torch.tanh(one - one.transpose(1, 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        costs = self.costs(x)
        scores = torch.zeros_like(costs)
        for _ in range(self.steps):
            table = relax.sinkhorn(scores, 1.0, 4)
            scores = scores - self.rate * cost_slope(table, costs)
        return relax.sinkhorn(scores, 1.0, 10)


def total_cost(table: torch.Tensor, costs: torch.Tensor) -> torch.Tensor:
    """The costs of all pairs, each as far as the first stands before the second: (batch,)."""
    later = table.flip(1).cumsum(1).flip(1) - table
    return torch.einsum("bki,bij,bkj->b", table, costs, later)


def cost_slope(table: torch.Tensor, costs: torch.Tensor) -> torch.Tensor:
    """The gradient of `total_cost` by the table. Moving a number past another changes which of the
    two comes first, so what counts is how much of the other stands after it, less how much before."""
    until = table.cumsum(1)
    after, before = table.sum(1, keepdim=True) - until, until - table
    return (after - before) @ costs.transpose(1, 2)


def places(tables: torch.Tensor) -> np.ndarray:
    """The permutation with the largest shares in each table: (batch, n), which number is where."""
    return np.array([linear_sum_assignment(-each)[1] for each in tables.detach().numpy()])


def train_order(n: int = 5, steps: int = 500, seed: int = 0) -> Order:
    """An order, learned from sets of n numbers in (0, 1) and their sorted rows."""
    torch.manual_seed(seed)
    model = Order()
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(steps):
        x = torch.rand(128, n)
        off = (model(x) @ x[:, :, None])[..., 0] - torch.sort(x, 1).values
        optimiser.zero_grad()
        (off**2).mean().backward()
        optimiser.step()
    return model


def exactly_sorted(model: Order, n: int = 5, sets: int = 2000, seed: int = 1) -> float:
    """The share of new sets of n numbers whose whole order, made hard, is right."""
    x = np.random.default_rng(seed).uniform(size=(sets, n)).astype(np.float32)
    with torch.no_grad():
        found = places(model(torch.tensor(x)))
    return float(np.mean(np.all(found == np.argsort(x, 1), axis=1)))


# ------------------------------------------------------------------------------------------------
# Sets

POINTS = 6


def hexagons(rng: np.random.Generator, count: int) -> torch.Tensor:
    """Corners of hexagons of any size, place and turn, in any order: (count, 6, 2)."""
    angles = rng.uniform(0, 2 * np.pi, (count, 1)) + 2 * np.pi / POINTS * np.arange(POINTS)
    radius, centre = rng.uniform(0.4, 1, (count, 1, 1)), rng.uniform(-0.3, 0.3, (count, 1, 2))
    corners = centre + radius * np.stack([np.cos(angles), np.sin(angles)], -1)
    order = np.argsort(rng.random((count, POINTS)), axis=1)[:, :, None]
    return torch.tensor(np.take_along_axis(corners, order, axis=1).astype(np.float32))


def chamfer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """How far two sets of points (batch, n, 2) are apart: the mean squared distance from each point
    to the nearest of the other set, there and back. (batch,)"""
    squares = ((a[:, :, None] - b[:, None]) ** 2).sum(-1)
    return squares.min(1).values.mean(1) + squares.min(2).values.mean(1)


class Summary(nn.Module):
    """Sets of points (batch, n, 2) to how crowded it is around 25 lookouts: (batch, 25).

    A sum over the points, so their order cannot be seen. Where the lookouts stand and how far they
    see is learned.
    """

    def __init__(self) -> None:
        super().__init__()
        line = torch.linspace(-1.2, 1.2, 5)
        self.lookouts = nn.Parameter(torch.cartesian_prod(line, line))
        self.sharpness = nn.Parameter(torch.full((25,), 0.5 / 0.3**2))

    def forward(self, points: torch.Tensor) -> torch.Tensor:
        squares = ((points[:, :, None] - self.lookouts) ** 2).sum(-1)
        return torch.exp(-self.sharpness * squares).sum(1)


class SetDecoder(nn.Module):
    """A summary to points: descent on the points, with momentum, from a start that is learned."""

    def __init__(self, summary: Summary, steps: int = 12) -> None:
        super().__init__()
        self.summary = summary
        self.start = nn.Parameter(0.4 * torch.randn(POINTS, 2))
        self.rates = nn.Parameter(torch.full((steps,), 0.05))
        self.momentum = nn.Parameter(torch.tensor(0.5))

    def forward(self, wanted: torch.Tensor) -> torch.Tensor:
        points = self.start.expand(len(wanted), -1, -1)
        speed = torch.zeros_like(points)
        for rate in self.rates:
            off = ((self.summary(points) - wanted) ** 2).sum()
            (slope,) = torch.autograd.grad(off, points, create_graph=True)
            speed = self.momentum * speed - rate * slope
            points = points + speed
        return points


class FlatDecoder(nn.Module):
    """A summary to points: a perceptron with two hidden layers, which writes them down in a row."""

    def __init__(self, summary: Summary, hidden: int) -> None:
        super().__init__()
        self.summary = summary  # for company in training: the decoder does not look at it
        self.write = nn.Sequential(
            nn.Linear(25, hidden), nn.SiLU(),
            nn.Linear(hidden, hidden), nn.SiLU(),
            nn.Linear(hidden, 2 * POINTS),
        )  # fmt: skip

    def forward(self, wanted: torch.Tensor) -> torch.Tensor:
        return self.write(wanted).reshape(-1, POINTS, 2)


def size(model: nn.Module) -> int:
    """How many numbers a model learns."""
    return sum(p.numel() for p in model.parameters())


def train_sets(hidden: int | None = None, steps: int = 400, seed: int = 0) -> nn.Module:
    """A summary and its decoder, which learned to give sets back: the one that descends, or a
    perceptron with so many hidden units. The same hexagons for all."""
    torch.manual_seed(seed)
    rng, summary = np.random.default_rng(seed), Summary()
    model = SetDecoder(summary) if hidden is None else FlatDecoder(summary, hidden)
    optimiser = torch.optim.Adam(model.parameters(), lr=3e-3)
    cooling = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    for _ in range(steps):
        points = hexagons(rng, 64)
        optimiser.zero_grad()
        chamfer(model(summary(points)), points).mean().backward()
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        cooling.step()
    return model


def judge_sets(model: nn.Module, seed: int = 99) -> float:
    """The mean chamfer distance between 500 new hexagons and what comes back."""
    points = hexagons(np.random.default_rng(seed), 500)
    return chamfer(model(model.summary(points)), points).mean().item()


def main() -> None:
    """Train both and say how well they do."""
    torch.set_num_threads(1)  # such small arrays gain nothing by more, and lose on a busy machine
    start = time.perf_counter()
    model = train_order()
    print(f"orders of 5: {exactly_sorted(model):.1%} exact; of 10, never seen: "
          f"{exactly_sorted(model, 10):.1%}; {time.perf_counter() - start:.0f} s")  # fmt: skip
    for hidden in (None, 4, 64):
        start = time.perf_counter()
        model = train_sets(hidden)
        name = "descent on the points" if hidden is None else f"a perceptron, {hidden} hidden"
        print(f"{name}: {size(model)} numbers learned, chamfer {judge_sets(model):.4f}; "
              f"{time.perf_counter() - start:.0f} s")  # fmt: skip


if __name__ == "__main__":
    main()
