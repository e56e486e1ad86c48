"""The figures of week 10: `python course/figures/week10.py` writes them here."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import FancyBboxPatch

from dpkit.programs import dnc, terpret
from dpkit.programs.terpret.algebra import Linear

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


# The maze of the lectures' example, by columns: from (0, 1) its signs lead to (4, 2), in seven steps.
MAZE = np.array([[1, 2, 0], [1, 3, 4], [4, 1, 2], [0, 4, 1], [2, 1, 0]])


def maze() -> plt.Figure:
    """A maze, and the walk through it that the robot's program takes."""
    rng = np.random.default_rng(2)
    shown = terpret.signs(30, rng)[MAZE, rng.integers(0, 30, MAZE.shape)]
    program = terpret.Program(terpret.SYMBOLS, W=5, H=3, T=45)
    instr, goto = terpret.RIGHT[0]
    inputs = {"img_grid": MAZE, "init_X": 0, "init_Y": 1}
    trace = program.trace({"instr": instr, "goto": goto}, inputs)
    figure, axes = plt.subplots(figsize=(6.4, 3.9))
    picture = np.hstack([np.vstack(list(column)) for column in shown])
    axes.imshow(1 - picture, cmap="gray", vmin=0, vmax=1, extent=(-0.5, 4.5, 2.5, -0.5))
    for k in range(6):
        axes.axvline(k - 0.5, color=GREY, linewidth=0.8)
    for k in range(4):
        axes.axhline(k - 0.5, color=GREY, linewidth=0.8)
    axes.plot(trace["X"], trace["Y"], color=BLUE, linewidth=6, alpha=0.4)
    for x, y, name, colour in (
        (0, 1, "begins", BLUE),
        (int(trace["final_X"]), int(trace["final_Y"]), "ends", VERMILION),
    ):
        axes.plot(x, y, "o", markersize=44, markerfacecolor="none", color=colour, markeredgewidth=3)
        axes.text(x, y + 0.42, name, ha="center", color=colour, fontweight="bold")
    axes.set(xticks=range(5), yticks=range(3), xlabel="X", ylabel="Y")
    return figure


def lifting() -> plt.Figure:
    """A distribution, through a function and through a branch."""
    x, chooses = np.array([0.1, 0.6, 0.2, 0.1]), 0.3
    moved = np.roll(x, 1)
    figure, panels = plt.subplots(1, 3, figsize=(8.8, 2.3), sharey=True)
    for axes, (title, values, colour) in zip(
        panels,
        (
            ("x", x, BLUE),
            ("INC(x) = (x + 1) % 4", moved, GREEN),
            (f"INC with probability {chooses}", chooses * moved + (1 - chooses) * x, VERMILION),
        ),
        strict=True,
    ):
        axes.bar(range(4), values, color=colour)
        axes.set(title=title, xticks=range(4), xlabel="value", ylim=(0, 0.7))
    panels[0].set_ylabel("probability")
    return figure


def _batch(draw, rng):
    inputs, outputs = draw(rng)
    return tuple({n: torch.as_tensor(v) for n, v in each.items()} for each in (inputs, outputs))


def simplex() -> plt.Figure:
    """How far sums are from 1, with the division at every merge and without it."""
    lengths, kept = (2, 5, 8, 11, 14, 17, 20, 22), Linear.mix
    off = {"renormalised at every merge": [], "not renormalised": []}

    def careless(weights, branches):
        return (weights[..., None] * branches).sum(-2)

    for name, mix in zip(off, (kept, careless), strict=True):
        Linear.mix = staticmethod(mix)
        for T in lengths:
            program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=T + 1)
            params = program.random_params(16, torch.Generator().manual_seed(0))
            inputs, _ = _batch(terpret.mazes(None, 3, 3, (0, 2), 16), np.random.default_rng(0))
            found = program.marginals(params, inputs)
            worst = max(float((each.exp().sum(-1) - 1).abs().max()) for each in found.values())
            off[name].append(max(worst, 6e-8))
    Linear.mix = staticmethod(kept)
    figure, axes = plt.subplots(figsize=(6.4, 2.8))
    for (name, values), colour, style in zip(
        off.items(), (BLUE, VERMILION), ("o-", "s--"), strict=True
    ):
        axes.semilogy(lengths, values, style, color=colour, label=name)
    axes.set(xlabel="turns of the machine", ylabel="largest |sum − 1|", xticks=lengths)
    axes.legend(frameon=False)
    return figure


def restarts() -> plt.Figure:
    """Forty descents on the maze of symbols."""
    program = terpret.Program(terpret.SYMBOLS, W=3, H=3, T=9)
    fitted = terpret.fit(
        program, terpret.mazes(None, 3, 3, (0, 2), 24), restarts=40, steps=180, rng=1
    )
    right = np.array([terpret.is_right(fitted.values(k)) for k in range(40)])
    figure, axes = plt.subplots(figsize=(7.2, 3))
    for kind, colour, style, name in (
        (~right, VERMILION, ":", "ends in a wrong program"),
        (right, BLUE, "-", "ends in a right one"),
    ):
        for k, path in enumerate(fitted.history.T[kind]):
            smooth = np.convolve(path, np.ones(8) / 8, "valid")
            label = f"{name} ({kind.sum()})" if not k else None
            axes.plot(
                range(0, len(smooth), 4),
                smooth[::4],
                style,
                color=colour,
                linewidth=0.9,
                label=label,
            )
    axes.set(xlabel="step", ylabel="surprise (nats an example)", ylim=(0, None))
    axes.legend(frameon=False)
    return figure


def local_optima() -> plt.Figure:
    """A ring of bits that should be alike: which share of descents gets there."""
    sizes, shares = (2, 4, 8, 12, 16, 24), []
    for K in sizes:
        data = ({}, {"unlike": np.zeros((1, K), int)})
        tried = terpret.fit(terpret.Program("parity", K=K), data, restarts=100, steps=60, rng=0)
        shares.append(tried.share(lambda values: len(set(values["x"].tolist())) == 1))
    figure, axes = plt.subplots(figsize=(6.4, 2.8))
    axes.semilogy(sizes, shares, "o-", color=VERMILION, label="of descents, found")
    axes.semilogy(sizes, [2.0 ** (1 - K) for K in sizes], "s:", color=GREY, label="of all choices")
    axes.set(xlabel="bits in the ring", ylabel="share that is right", xticks=sizes)
    axes.legend(frameon=False)
    return figure


def signs() -> plt.Figure:
    """What LOOK has to read: some of each sign."""
    pictures = terpret.signs(9, np.random.default_rng(4))
    figure, axes = plt.subplots(figsize=(7.2, 3.6))
    axes.imshow(1 - np.vstack([np.hstack(row) for row in pictures]), cmap="gray", vmin=0, vmax=1)
    names = ("halt", "right", "up", "left", "down")
    axes.set(xticks=[], yticks=[12 * k + 5.5 for k in range(5)])
    axes.set_yticklabels(names)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def addresses() -> plt.Figure:
    """Three ways to a place: by content, by what is free, by what was written next."""
    figure, panels = plt.subplots(1, 3, figsize=(9.2, 3.2))
    torch.manual_seed(0)
    memory = torch.randn(1, 6, 5)
    key = (memory[:, 2] + 0.5 * torch.randn(1, 5))[:, None]
    for strength, colour, mark in ((1.0, GREY, ":"), (4.0, GREEN, "--"), (16.0, BLUE, "-")):
        weights = dnc.addressing.content_weighting(memory, key, torch.tensor([[strength]]))
        panels[0].step(
            range(6),
            weights[0, 0].numpy(),
            mark,
            where="mid",
            color=colour,
            label=f"strength {strength:g}",
        )
    panels[0].set(title="by content", ylabel="weight", xlabel="place", ylim=(0, 1.6))
    panels[0].set(xticks=range(6), yticks=(0, 0.5, 1))
    panels[0].legend(frameon=False, loc="upper right")
    used = torch.tensor([[0.9, 0.2, 0.95, 0.5, 1.0, 0.7]])
    panels[1].bar(range(6), used[0].numpy(), color="#DDDDDD", edgecolor=GREY, label="usage")
    panels[1].bar(
        range(6),
        dnc.addressing.allocation_weighting(used)[0].numpy(),
        0.4,
        color=BLUE,
        label="allocated",
    )
    panels[1].set(title="the next free one", xlabel="place", ylim=(0, 1.6))
    panels[1].set(xticks=range(6), yticks=(0, 0.5, 1))
    panels[1].legend(frameon=False, loc="upper right")
    links, last = torch.zeros(1, 6, 6), torch.zeros(1, 6)
    for place in (1, 3, 5, 0):
        written = torch.nn.functional.one_hot(torch.tensor([place]), 6).float()
        links = dnc.addressing.temporal_link(links, written, last)
        last = dnc.addressing.precedence(last, written)
    panels[2].imshow(links[0].numpy(), cmap="Blues", vmin=0, vmax=1)
    panels[2].set(title="what came after", xlabel="read now", ylabel="written next")
    panels[2].set(xticks=range(6), yticks=range(6))
    return figure


def machine() -> plt.Figure:
    """The controller, what it says, the heads, the memory with what is kept beside it."""
    figure, axes = plt.subplots(figsize=(8.8, 4.2))

    def box(x, y, text, colour, wide=2.0, high=0.8):
        corner = (x - wide / 2, y - high / 2)
        patch = FancyBboxPatch(corner, wide, high, boxstyle="round,pad=0.03", fc="white", ec=colour)
        axes.add_patch(patch)
        axes.text(x, y, text, ha="center", va="center")

    def arrow(start, end, colour=GREY, bend=0.0):
        style = {"arrowstyle": "->", "color": colour, "connectionstyle": f"arc3,rad={bend}"}
        axes.annotate("", end, start, arrowprops={**style, "linewidth": 1.5})

    box(1.4, 2.5, "controller:\na small LSTM", BLUE, 2.2, 1.1)
    axes.text(1.4, 0.85, "input", ha="center", va="center")
    axes.text(1.4, 4.15, "output", ha="center", va="center")
    arrow((1.4, 1.05), (1.4, 1.85))
    arrow((1.4, 3.15), (1.4, 3.95))
    box(5.0, 3.7, "write head", VERMILION)
    box(5.0, 1.3, "read heads", GREEN)
    arrow((2.6, 2.85), (3.9, 3.6))
    arrow((2.6, 2.3), (3.9, 1.55))
    axes.text(3.0, 3.5, "keys,\nstrengths,\ngates", ha="center", va="center", color=GREY)
    axes.text(3.5, 2.35, "keys,\nmodes", ha="center", va="center", color=GREY)
    rng = np.random.default_rng(0)
    for row in range(7):
        for column in range(4):
            shade = 1 - 0.6 * rng.random() if row in (1, 2, 4, 6) else 1.0
            axes.add_patch(
                plt.Rectangle(
                    (7.4 + 0.36 * column, 1.24 + 0.36 * row), 0.36, 0.36, fc=str(shade), ec=GREY
                )
            )
    axes.text(8.12, 4.0, "memory", ha="center")
    axes.text(8.12, 0.92, "N places of W numbers", ha="center", va="center", color=GREY)
    arrow((6.1, 3.6), (7.3, 2.9), VERMILION)
    arrow((7.3, 2.1), (6.1, 1.45), GREEN)
    arrow((4.1, 0.86), (1.95, 1.88), GREEN, -0.15)
    axes.text(3.1, 0.85, "what was read", ha="center", color=GREEN, va="center")
    for y, text in (
        (3.4, "usage:\nhow full is each place?"),
        (1.7, "links:\nwhat came after what?"),
    ):
        box(10.5, y, text, GREY, 2.6, 0.9)
        arrow((9.0, 2.55), (9.15, y))
    axes.set(xlim=(0, 12.0), ylim=(0.4, 4.5))
    axes.axis("off")
    return figure


def copied() -> plt.Figure:
    """Where a memory is written and read while a text of eight words is repeated."""
    network = dnc.DNC(7, 6)
    dnc.train(network, dnc.copy, lengths=(1, 5), places=(8, 16), steps=1100, rng=1)
    x, _, _ = dnc.copy(8, 1, torch.Generator().manual_seed(3))
    trace: dnc.Trace = []
    with torch.no_grad():
        network(x, places=16, trace=trace)
    written = np.stack([state.written[0].numpy() for _, state in trace], 1)
    read = np.stack([state.reads[0, 0].numpy() for _, state in trace], 1)
    figure, panels = plt.subplots(1, 2, figsize=(8.8, 3.4), sharey=True)
    for axes, weights, name, cmap in (
        (panels[0], written, "written", "Oranges"),
        (panels[1], read, "read", "Blues"),
    ):
        axes.imshow(weights, cmap=cmap, vmin=0, vmax=1, aspect="auto")
        axes.axvline(8, color=GREY, linewidth=0.8, linestyle=":")
        axes.set(title=f"where it is {name}", xlabel="step", xticks=range(0, 17, 4))
    panels[0].set(ylabel="place", yticks=range(0, 16, 5))
    return figure


TITLES = {
    "maze": "A maze of signs, and a walk of seven steps",
    "lifting": "A distribution, moved by a function and mixed by a branch",
    "simplex": "How far sums are from 1, by the number of steps",
    "restarts": "The surprise of forty descents",
    "local_optima": "The share of descents that solve a ring of bits",
    "signs": "Pictures of five signs, in several styles",
    "addresses": "Three ways to address a memory",
    "machine": "A differentiable neural computer: controller, heads, memory",
    "copied": "Where a memory is written and read, by steps",
}


def main(folder: Path = HERE) -> None:
    """Write the figures into `folder`, the same every time."""
    torch.set_num_threads(1)
    plt.rcParams.update({"svg.hashsalt": "week10", "svg.fonttype": "none", "font.size": 10})
    drawn = (maze, lifting, simplex, restarts, local_optima, signs, addresses, machine, copied)
    for figure in drawn:
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made.tight_layout()
        path = folder / f"week10-{figure.__name__.replace('_', '-')}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
