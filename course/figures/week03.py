"""The figures of week 3, made with dpkit: `python course/figures/week03.py` writes them here."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp

HERE = Path(__file__).parent
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # told apart by colour-blind readers
GRAVITY, WIDTH, DROP, PIECES = 9.81, 2.0, 1.0, 16  # metres and seconds


def ell() -> str:
    """The graph of the worked example, with values and adjoints, as SVG."""
    steps = [dp.Scalar(1.0), dp.Scalar(2.0)]
    steps.append(dp.exp(steps[0]))
    steps.append(steps[1] * steps[2])
    steps.append(steps[0] + steps[3])
    steps.append(dp.sqrt(steps[4]))
    steps.append(steps[3] * steps[5])
    for step, index in zip(steps, "₁₂₃₄₅₆₇", strict=True):
        step.name = f"θ{index}"
    steps[-1].backward()
    return dp.draw_graph(steps[-1]).svg


def visits_by_recursion(doublings: int) -> int:
    """How often a walk along all paths visits a node of the ladder b = b + b, counted."""
    visits, to_do = 0, [doublings]
    while to_do:
        level = to_do.pop()
        visits += 1
        if level:
            to_do += [level - 1, level - 1]
    return visits


def ladder() -> plt.Figure:
    """Visits of nodes against the number of doublings, for both ways of walking back."""
    doublings = np.arange(1, 20)
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    recursive = [visits_by_recursion(int(n)) for n in doublings]
    axes.semilogy(doublings, recursive, color=VERMILION, marker="o", markersize=4)
    axes.semilogy(doublings, doublings + 1, color=BLUE, marker="s", markersize=4)
    axes.annotate("along every path", (13, recursive[12]), xytext=(6.2, 2e4), color=VERMILION)
    axes.annotate("once each, in order", (13, 14), xytext=(12, 26), color=BLUE)
    axes.set(xlabel="doublings  b = b + b", ylabel="nodes visited", xticks=range(1, 20, 3))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def slide_time(depths):
    """Seconds to slide from rest at (0, 0) to (WIDTH, DROP) along straight pieces."""
    step = WIDTH / PIECES
    time, depth, speed = 0.0, 0.0, 0.0
    for next_depth in [*depths, DROP]:
        next_speed = dp.sqrt(2 * GRAVITY * next_depth)
        time = time + 2 * dp.sqrt(step**2 + (next_depth - depth) ** 2) / (speed + next_speed)
        depth, speed = next_depth, next_speed
    return time


def cycloid(points: int = 200) -> tuple[np.ndarray, np.ndarray, float]:
    """The curve of fastest descent to (WIDTH, DROP), across and down, and its time in seconds."""
    low, high = 1e-3, 2 * math.pi - 1e-3
    for _ in range(80):  # bisection for the angle at which the wheel has rolled far enough
        angle = (low + high) / 2
        too_far = (angle - math.sin(angle)) / (1 - math.cos(angle)) > WIDTH / DROP
        low, high = (low, angle) if too_far else (angle, high)
    radius = DROP / (1 - math.cos(angle))
    turns = np.linspace(0, angle, points)
    across, down = radius * (turns - np.sin(turns)), radius * (1 - np.cos(turns))
    return across, down, angle * math.sqrt(radius / GRAVITY)


def descend(steps: int = 300, rate: float = 0.2) -> list[tuple[list[float], float]]:
    """Gradient descent from the straight slide: after each step, the depths and the time."""
    depths = [DROP * (i + 1) / PIECES for i in range(PIECES - 1)]
    history = [(depths, slide_time(depths))]
    for _ in range(steps):
        slopes = dp.grad(slide_time)(depths)
        depths = [depth - rate * slope for depth, slope in zip(depths, slopes, strict=True)]
        history.append((depths, slide_time(depths)))
    return history


def slide() -> plt.Figure:
    """The straight slide on its way to the cycloid."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    across, down, best = cycloid()
    axes.plot(across, down, color="black", linestyle=":", zorder=3, label=f"cycloid, {best:.4f} s")
    history, shades = descend(), plt.colormaps["viridis"]
    for k, turn in enumerate((0, 3, 10, 30, 300)):
        depths, seconds = history[turn]
        axes.plot(
            np.linspace(0, WIDTH, PIECES + 1),
            [0, *depths, DROP],
            color=shades(0.85 - k / 5),
            linewidth=1 + k / 2,
            label=f"{'straight' if turn == 0 else f'after {turn} steps'}, {seconds:.4f} s",
        )
    axes.set(xlabel="across (m)", ylabel="depth (m)", aspect="equal")
    axes.invert_yaxis()
    axes.legend(frameon=False, fontsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


TITLES = {
    "ladder": "Nodes visited on a ladder of doublings, by the walk along all paths and in order",
    "slide": "Gradient descent turns a straight slide into the cycloid",
}


def main(folder: Path = HERE) -> None:
    """Write the three figures into `folder`; the same bytes every time."""
    (folder / "week03-ell.svg").write_text(ell(), encoding="utf-8")
    plt.rcParams.update({"svg.hashsalt": "week03", "svg.fonttype": "none", "font.size": 10})
    for figure in (ladder, slide):
        plt.close(made := figure())
        path = folder / f"week03-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
