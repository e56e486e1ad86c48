"""The figures of week 0, made with dpkit: `python course/figures/week00.py` writes them here."""

from __future__ import annotations

from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

import dpkit as dp

HERE = Path(__file__).parent
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # told apart by colour-blind readers

# (week, title, what is built, which part of the course)
WEEKS = [
    (1, "Derivatives\nyou can trust", "nudges", "differentiate"),
    (2, "Differentiate\nthe program", "forward mode", "differentiate"),
    (3, "Your own\ntape", "reverse mode", "differentiate"),
    (4, "The price of\na gradient", "tensors", "differentiate"),
    (5, "One layer\nto many", "networks", "learn"),
    (6, "Downhill, and\nbackwards", "optimisers", "learn"),
    (7, "Almost\ndifferentiable", "relaxations", "learn"),
    (8, "Pictures that\nanswer", "a renderer", "the world"),
    (9, "Physics\nand control", "a simulator", "the world"),
    (10, "Programs that\nlearn programs", "an interpreter", "the world"),
    (11, "How sure\nare we?", "samplers", "the world"),
    (12, "Particle\nphysics", "an analysis", "the world"),
]
PARTS = {"differentiate": (BLUE, "-"), "learn": (VERMILION, "--"), "the world": (GREY, ":")}


def map_of_weeks() -> plt.Figure:
    """Twelve weeks as a path of three rows, each row a part of the course."""
    figure, axes = plt.subplots(figsize=(8.4, 4.6))
    places = {}
    for week, title, built, part in WEEKS:
        row, column = divmod(week - 1, 4)
        column = column if row % 2 == 0 else 3 - column  # the path turns at the end of a row
        x, y = 2.1 * column, -1.5 * row
        places[week] = x, y
        colour, line = PARTS[part]
        box = FancyBboxPatch((x - 0.8, y - 0.5), 1.6, 1.0, boxstyle="round,pad=0.04")
        box.set(facecolor="white", edgecolor=colour, linestyle=line, linewidth=2)
        axes.add_patch(box)
        axes.text(x, y + 0.33, f"week {week}", ha="center", va="center", fontsize=8, color=GREY)
        axes.text(x, y - 0.02, title, ha="center", va="center", fontsize=10)
        axes.text(x, y - 0.39, built, ha="center", va="center", fontsize=8, style="italic")
    for week in range(1, 12):
        (x0, y0), (x1, y1) = places[week], places[week + 1]
        gap = np.array([0.86 * np.sign(x1 - x0), 0.56 * np.sign(y1 - y0)])
        style = {"arrowstyle": "-|>", "mutation_scale": 12, "color": GREY}
        axes.add_patch(FancyArrowPatch((x0, y0) + gap, (x1, y1) - gap, **style))
    for part, (colour, line) in PARTS.items():
        axes.plot([], [], color=colour, linestyle=line, linewidth=2, label=part)
    axes.legend(loc="lower center", bbox_to_anchor=(0.5, -0.1), ncols=3, frameon=False)
    axes.set(xlim=(-1, 7.3), ylim=(-3.7, 0.7), aspect="equal")
    axes.axis("off")
    return figure


def ink_at(pixel: float, stroke: float, sigma: float) -> float:
    """The ink at a pixel of a stroke that lies elsewhere, in one dimension."""
    return float(np.exp(-((pixel - stroke) ** 2) / sigma**2))


def landscape() -> plt.Figure:
    """The loss as a stroke slides over five pixels, with hard pixels and with soft ones."""
    pixels, wanted = np.arange(5.0), np.array([0.0, 0, 0, 1, 0])
    slides = np.linspace(-1, 5, 601)
    hard, soft = [], []
    for place in slides:
        black = (pixels - 0.5 <= place) & (place < pixels + 0.5)
        grey = np.array([ink_at(pixel, place, 0.9) for pixel in pixels])
        hard.append(np.mean((black - wanted) ** 2))
        soft.append(np.mean((grey - wanted) ** 2))
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    axes.plot(slides, hard, color=VERMILION, linestyle="--", label="hard pixels: flat, with jumps")
    axes.plot(slides, soft, color=BLUE, label="soft ink: a slope nearly everywhere")
    axes.axvline(3, color=GREY, linestyle=":", linewidth=1)
    axes.annotate("the pixel that should be dark", (3.05, 0.5), color=GREY, fontsize=9)
    axes.set(xlabel="place of the stroke (pixels)", ylabel="loss", ylim=(-0.02, 0.54))
    axes.legend(frameon=False, fontsize=9, loc="upper center", bbox_to_anchor=(0.5, 1.2), ncols=2)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


SIZE = 48  # pixels in a row: enough for a figure
ACROSS, DOWN = (each.ravel() for each in np.meshgrid(*[(np.arange(SIZE) + 0.5) / SIZE] * 2))


def cat() -> np.ndarray:
    """How dark each pixel of a cat should be: (SIZE * SIZE,)."""
    page = np.zeros_like(ACROSS)

    def cover(inside, dark):
        share = np.clip(inside / 0.03 + 0.5, 0, 1)
        page[:] = page * (1 - share) + dark * share

    def oval(x, y, wide, high, dark):
        round_ = 1 - np.hypot((ACROSS - x) / wide, (DOWN - y) / high)
        cover(round_ * min(wide, high), dark)

    for side in (-1, 1):  # ears: inside of three lines
        u = side * (ACROSS - 0.5)
        inner, outer, below = DOWN - 0.06 - 1.3 * (0.32 - u), 0.38 - u, 0.5 - DOWN
        cover(np.minimum(np.minimum(inner * 0.6, outer), below), 0.8)
    oval(0.5, 0.57, 0.40, 0.33, 0.8)
    oval(0.5, 0.72, 0.20, 0.14, 0.1)
    for side in (-1, 1):
        oval(0.5 + 0.17 * side, 0.49, 0.10, 0.08, 0)
        oval(0.5 + 0.17 * side, 0.49, 0.032, 0.075, 0.95)
    oval(0.5, 0.66, 0.055, 0.035, 0.95)
    return page


def ink_of(strokes, sigma):
    """The ink of every stroke (x0, y0, x1, y1, strength) at every pixel."""
    numbers = strokes.detach().numpy() if isinstance(strokes, dp.Tensor) else strokes
    ends = [numbers[:, k : k + 1] for k in range(4)]
    u, v = ends[2] - ends[0], ends[3] - ends[1]
    along = ((ACROSS - ends[0]) * u + (DOWN - ends[1]) * v) / (u**2 + v**2 + 1e-9)
    along = np.clip(along, 0, 1)
    x0, y0, x1, y1, strength = (strokes[:, k : k + 1] for k in range(5))
    far = (ACROSS - x0 - along * (x1 - x0)) ** 2 + (DOWN - y0 - along * (y1 - y0)) ** 2
    return 0.95 * dp.sigmoid(8 * (strength - 0.5)) * dp.exp(far * (-1 / sigma**2))


def draw(target: np.ndarray, steps: int = 150, number: int = 160) -> list[np.ndarray]:
    """Random strokes on their way to the target, one array after each step."""
    rng = np.random.default_rng(2)
    middle, turn = rng.uniform(0.05, 0.95, (number, 2)), rng.uniform(0, np.pi, number)
    half = 0.06 * np.stack([np.cos(turn), np.sin(turn)], 1)
    film = [np.concatenate([middle - half, middle + half, np.full((number, 1), 0.5)], 1)]
    for k in range(steps):
        cooled = k / (steps - 1)

        def off(strokes, sigma=0.04 * 0.4**cooled):
            return dp.mean((1 - dp.prod(1 - ink_of(strokes, sigma), axis=0) - target) ** 2)

        uphill = dp.grad(off)(film[-1])
        rows = np.linalg.norm(uphill, axis=1)[:, None]
        film.append(film[-1] - 0.02 * 0.1**cooled * uphill / np.maximum(rows, 1e-30))
    return film


def strokes() -> plt.Figure:
    """A cat in 160 strokes: the model, and four moments."""
    target = cat()
    film = draw(target)
    figure, walls = plt.subplots(1, 5, figsize=(11, 2.5))
    walls[0].imshow(target.reshape(SIZE, SIZE), cmap="gray_r", vmin=0, vmax=1)
    walls[0].set_title("the model", fontsize=10)
    for wall, k in zip(walls[1:], (0, 10, 40, 150), strict=True):
        ends = film[k][:, :4].reshape(-1, 2, 2).round(3)
        shade = np.zeros((len(ends), 4))
        shade[:, 3] = (0.95 / (1 + np.exp(-8 * (film[k][:, 4] - 0.5)))).round(2)
        wall.add_collection(LineCollection(ends, colors=shade, linewidths=2.2, capstyle="round"))
        wall.set(xlim=(0, 1), ylim=(1, 0), aspect="equal")
        wall.set_title(f"after {k} steps" if k else "random strokes", fontsize=10)
    for wall in walls:
        wall.set(xticks=[], yticks=[])
    return figure


FIGURES = {
    "map": (map_of_weeks, "The map of the course: twelve weeks in three parts"),
    "landscape": (landscape, "The loss of a stroke that slides over hard and over soft pixels"),
    "strokes": (strokes, "One hundred and sixty strokes become a cat"),
}


def main(folder: Path = HERE) -> None:
    """Write the three figures into `folder`."""
    plt.rcParams.update({"svg.hashsalt": "week00", "svg.fonttype": "none", "font.size": 10})
    for name, (made, title) in FIGURES.items():
        figure = made()
        about = {"Title": title, "Date": None}
        figure.savefig(folder / f"week00-{name}.svg", bbox_inches="tight", metadata=about)
        plt.close(figure)


if __name__ == "__main__":
    main()
