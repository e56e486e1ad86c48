"""The systems to look at: faces, whom the recogniser takes them for, what the detector sees.

`python -m course.systems.pictures` trains them, for about two minutes, and writes the figures
`systems-*` of week 7. Nothing is marked by colour alone: a right answer has a thick frame and a
tick, a wrong one a dashed frame and words.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from PIL import Image
from torch import Tensor

from course.systems import detector, faces, portraits

BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"
LARGE = 72  # pixels of a face that is only looked at; the network gets portraits.SIZE
HERE = Path(__file__).parents[1] / "figures"


def contact_sheet(persons: int = 7, seed: int = 60) -> Figure:
    """A person in each column; from the second row on a moment in each row, and below all the last
    row again, as the network gets it."""
    rng = np.random.default_rng(seed)
    who, how = portraits.people(persons, rng), portraits.moments(4, rng)
    rows = [torch.zeros(1, how.shape[1]), *how[:, None], how[-1:]]
    names = ["plain", *(f"moment {k}" for k in range(1, 5)), "as the\nnetwork\nsees it"]
    figure, grid = plt.subplots(len(rows), persons, figsize=(persons, len(rows)), squeeze=False)
    for row, (cells, moment) in enumerate(zip(grid, rows, strict=True)):
        last = row == len(rows) - 1
        sizes = portraits.SIZE if last else LARGE
        for cell, shot in zip(
            cells, portraits.draw(who, moment.repeat(persons, 1), sizes), strict=True
        ):
            face(cell, shot)
        cells[0].set_ylabel(names[row], rotation=0, ha="right", va="center", fontsize=9, labelpad=6)
    for cell, name in zip(grid[0], "ABCDEFGHIJKLMNOP", strict=False):
        cell.set_title(name, fontsize=9)
    figure.subplots_adjust(0.13, 0.01, 0.99, 0.95, wspace=0.06, hspace=0.06)
    return figure


def face(axes: Axes, shot: Tensor) -> None:
    """A picture (3, h, w) without axes."""
    axes.imshow(shot.permute(1, 2, 0).numpy(), interpolation="none")
    axes.set(xticks=[], yticks=[])
    for edge in axes.spines.values():
        edge.set_visible(False)


@torch.no_grad()
def hits(model: faces.Embedder, probes: int = 5, nearest: int = 5, seed: int = 0) -> Figure:
    """Strangers, and the nearest of a gallery of 100: as many as there are, up to two, whose right
    picture is not the first, then some whose is. Drawn large; the network sees 32 × 32 and grain."""
    _, rng = faces.streams(seed)
    who, how = portraits.people(100, rng), portraits.moments(200, rng)
    points = model(portraits.snap(who.repeat(2, 1), how, rng))
    distances = torch.cdist(points[100:], points[:100])
    order = distances.argsort(1)
    place = (order == torch.arange(100)[:, None]).float().argmax(1)
    missed = torch.nonzero((place > 0) & (place < nearest)).flatten()[:2]
    found = torch.nonzero(place == 0).flatten()[: probes - len(missed)]
    large = portraits.draw(who.repeat(2, 1), how, LARGE)
    figure, grid = plt.subplots(probes, nearest + 1, figsize=(nearest + 1.3, 1.28 * probes))
    for cells, asked in zip(grid, [*found.tolist(), *missed.tolist()], strict=True):
        face(cells[0], large[100 + asked])
        for cell, other in zip(cells[1:], order[asked, :nearest].tolist(), strict=True):
            face(cell, large[other])
            right = other == asked
            cell.set_xlabel(
                f"{distances[asked, other]:.2f}{'  ✓ same' if right else ''}",
                fontsize=8, labelpad=3, color=BLUE if right else "black",
                fontweight="bold" if right else "normal",
            )  # fmt: skip
            if right:
                for edge in cell.spines.values():
                    edge.set(visible=True, linewidth=3.5, edgecolor=BLUE)
    grid[0, 0].set_title("Who is it?", fontsize=9)
    grid[0, 1].set_title("nearest of 100", fontsize=9, loc="left")
    figure.subplots_adjust(0.01, 0.05, 0.99, 0.95, wspace=0.1, hspace=0.22)
    return figure


def detections(model: torch.nn.Module, count: int = 8, seed: int = 0, least: float = 0.3) -> Figure:
    """New scenes with the boxes found in them, and their scores. What is wrong is dashed and says so: a
    box of a wrong kind, a box where nothing is, a shape without a box."""
    pictures, truths = detector.scenes(count, seed, judging=True)
    found = detector.detect(model, pictures, least)
    figure, grid = plt.subplots(2, count // 2, figsize=(1.9 * (count // 2), 3.9))
    for axes, picture, left, boxes in zip(grid.flat, pictures, truths, found, strict=True):
        face(axes, torch.tensor(picture))
        for score, kind, box in boxes:
            name = f"{detector.KINDS[kind]} {score:.2f}"
            near = np.flatnonzero(detector.overlap(box, left[:, :4]) >= 0.5)
            if not len(near):
                frame(axes, box, f"{name}: nothing there", right=False)
                continue
            true = detector.KINDS[int(left[near[0], 4])]
            right = true == detector.KINDS[kind]
            frame(axes, box, name if right else f"{name}: a {true}", right)
            left = np.delete(left, near[0], axis=0)
        for *box, kind in left:
            frame(axes, np.array(box), f"missed: {detector.KINDS[int(kind)]}", right=False)
    figure.subplots_adjust(0.01, 0.01, 0.99, 0.99, wspace=0.05, hspace=0.05)
    return figure


def frame(axes: Axes, box: np.ndarray, text: str, right: bool) -> None:
    """A box of a picture, with its text above it, or below where there is no room above."""
    x, y, width, height = (
        *(box[:2] - 0.5),
        *(box[2:] - box[:2]),
    )  # imshow counts from a pixel's middle
    looks = (("white", "-", 3.4), (BLUE, "-", 1.8) if right else (VERMILION, (0, (2, 1.5)), 1.8))
    for colour, line, thick in looks:
        axes.add_patch(
            Rectangle(
                (x, y), width, height, fill=False, edgecolor=colour, linestyle=line, linewidth=thick
            )
        )
    above = y > 6
    start = min(max(x, 0), detector.SIZE - 1.25 * len(text))
    axes.text(
        start, y - 1 if above else y + height + 1, text,
        fontsize=6.5, va="bottom" if above else "top",
        bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8, "alpha": 0.85},
    )  # fmt: skip


def collapse_curves(runs: dict[str, faces.Run]) -> Figure:
    """Of `faces.collapse()`: the spread of the points, step by step, the loss of both batch-hard
    trainings, and what was learnt in the end."""
    looks = (("-", VERMILION, 2.4), ("--", BLUE, 1.6), ("-.", GREEN, 1.8), (":", "black", 2.0))
    figure, (left, middle, right) = plt.subplots(
        1, 3, figsize=(9.8, 3.1), gridspec_kw={"width_ratios": (7, 4, 4)}
    )
    for (name, run), (line, colour, width) in zip(runs.items(), looks, strict=True):
        left.semilogy(run.spreads, line, color=colour, linewidth=width, label=name)
        if "batch-hard" in name:
            middle.plot(run.losses, line, color=colour, linewidth=width)
    left.set(xlabel="step", ylabel="spread of the points", ylim=(0.03, 1.5))
    left.legend(frameon=False, fontsize=7.5, loc="center right", bbox_to_anchor=(1.2, 0.45))
    middle.axhline(0.2, color=GREY, linewidth=1)
    middle.annotate("the margin", (len(run.losses), 0.215), color=GREY, fontsize=8, ha="right")
    middle.set(xlabel="step", ylabel="loss, batch-hard", ylim=(0, 0.5))
    for row, (run, (_, colour, _)) in enumerate(zip(runs.values(), looks, strict=True)):
        right.barh(row, run.recall, color=colour, height=0.55, hatch="//" if not row else "")
        right.annotate(f"{run.recall:.2f}", (run.recall + 0.03, row), va="center", fontsize=9)
    right.set(xlabel="recall at 1 of 100", xlim=(0, 1.25))
    names = [name.replace(" after", "\nafter") for name in runs]
    right.set_yticks(range(len(names)), names, fontsize=8)
    right.invert_yaxis()
    for axes in (left, middle, right):
        axes.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


FIGURES: dict[str, tuple[str, Callable[[], Figure]]] = {
    "faces": (
        "Seven drawn people at four moments, and what the network gets to see of them",
        contact_sheet,
    ),
    "hits": (
        "Five strangers, and the five nearest to each of a hundred people: some found, some mistaken",
        lambda: hits(faces.train()),
    ),
    "detections": (
        "Eight new scenes with the shapes that the detector finds in them",
        lambda: detections(detector.train()),
    ),
    "collapse": (
        "The points of batch-hard mining shrink to one; three ways to mend it",
        lambda: collapse_curves(faces.collapse()),
    ),
}


def main(folder: Path = HERE) -> None:
    """Write the four figures into `folder`."""
    torch.set_num_threads(1)
    plt.switch_backend("Agg")
    plt.rcParams.update({"svg.hashsalt": "systems", "svg.fonttype": "none", "font.size": 10})
    for name, (title, figure) in FIGURES.items():
        write(figure(), folder / f"systems-{name}", title)


def write(figure: Figure, path: Path, title: str) -> None:
    """As SVG, if it is small; as a PNG of 256 colours, a third as large, if it is full of faces."""
    made = io.BytesIO()
    figure.savefig(made, format="svg", bbox_inches="tight", metadata={"Title": title, "Date": None})
    kind = "svg"
    if len(made.getvalue()) > 150_000:
        made, kind = io.BytesIO(), "png"
        figure.savefig(made, format="png", dpi=115, bbox_inches="tight")
        drawn, made = Image.open(made).convert("RGB").quantize(256), io.BytesIO()
        drawn.save(made, "png", optimize=True)
    plt.close(figure)
    path.with_suffix(f".{kind}").write_bytes(made.getvalue())


if __name__ == "__main__":
    main()
