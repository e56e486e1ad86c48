"""The figures of week 7: `python course/figures/week07.py` writes them here."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from dpkit import relax

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


def branch(a):
    """0 if a > 0.5, otherwise 2 a."""
    return dp.where(a > 0.5, 0.0 * a, 2.0 * a)


def noisy_branch(a: float, scale: float = 0.1) -> float:
    """The mean of branch(a + noise) for normal noise, in closed form."""
    u = (0.5 - a) / scale
    below = (1 + math.erf(u / math.sqrt(2))) / 2
    bell = math.exp(-u * u / 2) / math.sqrt(2 * math.pi)
    return 2 * (a * below - scale * bell)


def jump() -> plt.Figure:
    """The branch, the mean of noisy runs, and the two slopes at one half."""
    a = np.linspace(0, 1, 201)
    figure, axes = plt.subplots(figsize=(6.4, 3.2))
    axes.plot(a, [noisy_branch(each) for each in a], color=BLUE, linewidth=2)
    for part in (a[a <= 0.5], a[a > 0.5]):
        axes.plot(part, branch(part), color=GREY, linewidth=1.5, linestyle=":")
    ends, height = np.array([0.42, 0.58]), noisy_branch(0.5)
    axes.plot(ends, height + (ends - 0.5), "--", color=VERMILION, linewidth=2)
    true = 1 - 1 / (0.1 * math.sqrt(2 * math.pi))
    axes.plot(ends, height + true * (ends - 0.5), color="black", linewidth=1)
    axes.annotate("AD: +1.00", (0.585, height + 0.08), color=VERMILION)
    axes.annotate(f"truth: −{-true:.2f}", (0.595, 0.16), color="black")
    axes.annotate("mean of noisy runs", (0.02, 0.6), color=BLUE)
    axes.annotate("one run", (0.4, 0.92), color=GREY, ha="right")
    axes.set(xlabel="a", ylabel="b")
    return figure


def temperature() -> plt.Figure:
    """Shares of five candidates against the temperature, and the soft argmax."""
    x = np.array([1.0, 1.6, 0.3, 2.0, 1.4])
    t = np.geomspace(0.03, 10, 120)
    shares = np.array([relax.softmax(x, each) for each in t])
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.2))
    for k, style in enumerate(("-", "--", ":", "-", "-.")):
        winner = k == 3
        left.semilogx(
            t, shares[:, k], style, color=BLUE if winner else GREY, linewidth=2.5 if winner else 1.3
        )
        at, box = (62, 48, 84, 62, 69)[k], {"fc": "white", "ec": "none", "pad": 0.5}
        left.text(t[at], shares[at, k], f"{x[k]:g}", fontsize=8, ha="center", va="center", bbox=box)
    right.semilogx(t, [relax.soft_argmax(x, each) for each in t], color=BLUE, linewidth=2)
    slopes = [abs(dp.grad(lambda x, t=each: relax.soft_argmax(x, t))(x)).max() for each in t]
    right.semilogx(t, slopes, "--", color=VERMILION, linewidth=2)
    right.annotate("soft argmax", (6, 2.35), color=BLUE)
    right.annotate("largest slope", (6, 0.55), color=VERMILION)
    for axes in (left, right):
        axes.set(xlabel="temperature")
        axes.invert_xaxis()
    left.set(ylabel="share")
    return figure


def box() -> plt.Figure:
    """Overlap against distance, and a box on its way to its target."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.4))
    still = np.array([0.0, 0.0, 1.0, 1.0])
    away = np.linspace(-3, 3, 241)
    moved = still + away[:, None] * np.array([1, 0, 1, 0])
    left.plot(away, relax.iou(moved, still), color=GREY, linewidth=2, label="hard")
    for t, style, colour in ((0.25, "-", BLUE), (0.6, "--", VERMILION)):
        soft = relax.soft_iou(moved, still, t)
        left.plot(away, soft, style, color=colour, label=f"soft, t = {t:g}")
    left.set(xlabel="how far a box is from another of its size", ylabel="IoU", yscale="log")
    left.set(ylim=(1e-6, 2))
    left.legend(frameon=False, fontsize=8)
    here, target = np.array([0.5, 0.6, 1.9, 1.9]), np.array([6.0, 4.0, 8.0, 5.0])
    temperatures = np.geomspace(1, 0.02, 400)
    x0, y0, x1, y1 = target
    right.add_patch(plt.Rectangle((x0, y0), x1 - x0, y1 - y0, color=GREY, alpha=0.35))
    shades = plt.colormaps["viridis"]
    for step, t in enumerate(temperatures):
        if step in (0, 8, 16, 30, 399):
            x0, y0, x1, y1 = here
            right.add_patch(
                plt.Rectangle(
                    (x0, y0), x1 - x0, y1 - y0, fill=False, linewidth=2,
                    edgecolor=shades(0.9 - 0.9 * min(1, step / 60)),
                )
            )  # fmt: skip
            right.annotate(str(step), (x0 + 0.05, y0 - 0.05), fontsize=8, va="top")
        here = here - 0.5 * t * dp.grad(lambda b, t=t: -dp.log(relax.soft_iou(b, target, t)))(here)
    right.set(xlim=(0, 9), ylim=(0, 6), aspect="equal", xlabel="x", ylabel="y")
    return figure


def estimators() -> plt.Figure:
    """Estimates from 100 samples: the spread on x squared, and the bias on the branch."""
    rng = np.random.default_rng(7)
    figure, panels = plt.subplots(1, 2, figsize=(9.2, 3.2))
    jumped = 1 - 1 / (0.1 * math.sqrt(2 * math.pi))
    cases = ((lambda x: x * x, 1.0, 1.0, 2.0), (branch, 0.5, 0.1, jumped))
    for axes, (f, theta, sigma, truth), title in zip(
        panels, cases, ("x², smooth", "the branch, with a jump"), strict=True
    ):
        made = {"by the path": [], "by the score": []}
        for _ in range(400):
            noise = rng.standard_normal(100)
            x = theta + sigma * noise
            made["by the path"].append(dp.grad(lambda x, f=f: dp.sum(f(x)))(x).mean())
            made["by the score"].append((f(x) * noise / sigma).mean())
        low = min(map(min, made.values()))
        high = max(map(max, made.values()))
        bins = np.linspace(low, high, 60)
        for (name, values), colour, hatch in zip(
            made.items(), (VERMILION, BLUE), ("", "///"), strict=True
        ):
            axes.hist(values, bins, color=colour, alpha=0.55, hatch=hatch, label=name)
        axes.axvline(truth, color="black", linewidth=2)
        axes.text(truth, axes.get_ylim()[1] * 0.95, "truth  ", ha="right", fontsize=9)
        axes.set(title=title, xlabel="estimate from 100 samples", ylabel="of 400")
    panels[0].legend(frameon=False, fontsize=9)
    return figure


def order() -> plt.Figure:
    """A matching that cools: Sinkhorn's table at four temperatures."""
    rng = np.random.default_rng(4)
    scores = -(np.subtract.outer(np.sort(rng.uniform(0, 4, 8)), rng.uniform(0, 4, 8)) ** 2)
    figure, panels = plt.subplots(1, 4, figsize=(9.2, 2.6))
    for axes, t in zip(panels, (4.0, 0.6, 0.15, 0.02), strict=True):
        table = relax.sinkhorn(scores, t, 200)
        axes.imshow(table, cmap="Blues", vmin=0, vmax=1)
        axes.set(title=f"t = {t:g}", xticks=[], yticks=[])
    panels[0].set(ylabel="place")
    panels[0].set(xlabel="piece")
    return figure


TITLES = {
    "jump": "The branch, the mean of its noisy runs, and two slopes at one half",
    "temperature": "Shares of five candidates, and their soft argmax, as the temperature falls",
    "box": "Hard and soft overlap against distance, and a box on its way to its target",
    "estimators": "Estimates by the path and by the score, for a smooth function and for a jump",
    "order": "Sinkhorn's table of shares at four temperatures",
}


def main(folder: Path = HERE) -> None:
    """Write the five figures into `folder`, the same every time."""
    plt.rcParams.update({"svg.hashsalt": "week07", "svg.fonttype": "none", "font.size": 10})
    for figure in (jump, temperature, box, estimators, order):
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made.tight_layout()
        path = folder / f"week07-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
