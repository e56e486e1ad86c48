"""The figures of week 6, made with dpkit: `python course/figures/week06.py` writes them here."""

from __future__ import annotations

import math
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp
from dpkit import images, optim

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


def walk(kappa: float, steps: int, **options: float) -> np.ndarray:
    """The points of a walk in the valley ½(x² + κy²) from (√2, √2)."""
    found = optim.minimize(
        lambda x: 0.5 * (x[0] ** 2 + kappa * x[1] ** 2),
        np.full(2, math.sqrt(2)),
        "sgd",
        tol=0,
        max_iter=steps,
        **options,
    )
    return np.array(found.trace.x)


def steps() -> plt.Figure:
    """Gradient descent in a valley of condition 10: too small a step, too large a step, the best."""
    figure, panels = plt.subplots(1, 3, figsize=(9, 2.7), sharey=True)
    across, up = np.meshgrid(np.linspace(-2, 2, 80), np.linspace(-1.8, 1.8, 60))
    cases = ((0.02, "too small"), (0.205, "too large"), (2 / 11, "the best"))
    for axes, (step, name) in zip(panels, cases, strict=True):
        axes.contour(across, up, across**2 + 10 * up**2, 9, colors=GREY, linewidths=0.5)
        axes.plot(*walk(10, 18, lr=step).T, "o-", color=VERMILION, markersize=3, linewidth=1.1)
        axes.plot(0, 0, "k+", markersize=10)
        axes.set(title=f"τ = {step:.3f}: {name}", xlabel="x", xlim=(-2, 2), ylim=(-1.8, 1.8))
    panels[0].set_ylabel("y")
    return figure


def momentum() -> plt.Figure:
    """Distances for three methods, each with its best settings, κ = 100."""
    root = math.sqrt(100)
    ways = {
        "descent, 726 steps": (walk(100, 800, lr=2 / 101), VERMILION, "-"),
        "Nesterov, 162": (
            walk(100, 300, lr=0.01, momentum=(root - 1) / (root + 1), nesterov=True), GREEN, "--",
        ),
        "heavy ball, 97": (
            walk(100, 200, lr=(2 / (1 + root)) ** 2, momentum=((root - 1) / (root + 1)) ** 2),
            BLUE, "-.",
        ),
    }  # fmt: skip
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    for name, (way, colour, style) in ways.items():
        axes.semilogy(np.linalg.norm(way, axis=1), style, color=colour, label=name)
    axes.set(xlabel="steps", ylabel="distance", ylim=(1e-6, 5))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    return figure


def slow_lasso(n: int = 400, weight: float = 0.1) -> dict[str, np.ndarray]:
    """Errors of ISTA and FISTA on a lasso that is as slow as theory allows (see the notes)."""
    scale, zero = np.geomspace(1e-8, 1, n), np.arange(n) % 4 == 3
    best = np.where(zero, 0.0, 2.0)
    middle = np.where(zero, 0.5 * weight / scale, best + weight / scale)
    errors = {}
    for name, accelerated in (("ISTA", False), ("FISTA", True)):
        found = optim.minimize(
            lambda x: 0.5 * dp.sum(scale * (x - middle) ** 2), np.where(zero, 0.5, 3.0),
            "proximal", lr=1.0, accelerated=accelerated, tol=0, max_iter=2000,
            prox=lambda v, s: optim.soft_threshold(v, weight * s),
        )  # fmt: skip
        x = np.array(found.trace.x)
        smooth = 0.5 * np.sum(scale * (x - best) * (x + best - 2 * middle), axis=1)
        errors[name] = smooth + weight * np.sum(np.abs(x) - best, axis=1)
    return errors


def rates() -> plt.Figure:
    """Error against steps, both logarithmic, with the slopes of theory."""
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    k = np.arange(1, 2001)
    looks = {"ISTA": (VERMILION, "-", 1), "FISTA": (BLUE, "--", 2)}
    for name, error in slow_lasso().items():
        colour, style, order = looks[name]
        axes.loglog(k, error[1:], style, color=colour, label=name)
        guide = error[300] * (k / 300.0) ** -order * 2
        axes.loglog(k[99:], guide[99:], ":", color=GREY)
        axes.text(650, guide[650] * 1.5, {1: "1/k", 2: "1/k²"}[order], color=GREY)
    axes.set(xlabel="steps k", ylabel="cost above the lowest")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, loc="lower left")
    return figure


def variation(u, soft: float = 3e-3):
    down, right = u[1:, :-1] - u[:-1, :-1], u[:-1, 1:] - u[:-1, :-1]
    return dp.sum(dp.sqrt(down**2 + right**2 + soft**2))


def lighthouse() -> plt.Figure:
    """Four times as fine: the camera, bicubic, total variation, and the truth; two parts of each."""
    truth = images.lighthouse(256)
    small = images.shrink(truth, 4)
    usual = images.bicubic(small, 4)
    found = optim.minimize(
        lambda u: 0.5 * dp.sum((images.shrink(u, 4) - small) ** 2) + 2e-4 * variation(u),
        usual,
        max_iter=120,
    ).x
    shown = {"camera": np.kron(small, np.ones((4, 4))), "bicubic": usual, "total variation": found,
             "truth": truth}  # fmt: skip
    figure, panels = plt.subplots(2, 4, figsize=(9, 4), height_ratios=[1.15, 0.45])
    for (upper, lower), (name, u) in zip(panels.T, shown.items(), strict=True):
        upper.imshow(u[20:160, 130:250], cmap="gray", vmin=0, vmax=1)
        lower.imshow(u[190:218, 8:72], cmap="gray", vmin=0, vmax=0.65)
        upper.set(title=name, xticks=[], yticks=[])
        lower.set(xticks=[], yticks=[])
        if u is not truth:
            lower.set_xlabel(f"{images.psnr(u, truth):.2f} dB, {images.ssim(u, truth):.3f}")
    return figure


TITLES = {
    "steps": "Gradient descent in a valley with three step sizes",
    "momentum": "Plain descent, Nesterov and the heavy ball in a valley of condition 100",
    "rates": "The error of ISTA falls as 1/k, that of FISTA as 1/k²",
    "lighthouse": "Super-resolution with total variation beside bicubic interpolation",
}


def main(folder: Path = HERE) -> None:
    """Write the four figures into `folder`; the same bytes every time."""
    plt.rcParams.update({"svg.hashsalt": "week06", "svg.fonttype": "none", "font.size": 10})
    for figure in (steps, momentum, rates, lighthouse):
        plt.close(made := figure())
        path = folder / f"week06-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
