"""The figures of week 6, made with dpkit: `python course/figures/week06.py` writes them here.

What the lab shows, too, is made with the lab's own code, solved: notes and lab tell the same numbers.
"""

from __future__ import annotations

import contextlib
import io
import math
from functools import cache
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import ListedColormap

import dpkit as dp
from autograder.build import read_lab
from dpkit import images, optim

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


@cache
def lab() -> dict[str, Any]:
    """The names of lab 6 after its given code and its solutions have run."""
    names: dict[str, Any] = {"__name__": "lab06"}
    folder = HERE.parents[1] / "labs" / "lab06_optimisation"
    for cell in read_lab(folder / "lab.py").cells:
        grader = cell.metadata.get("nbgrader")
        if cell.cell_type == "code" and grader and not grader.grade:
            with contextlib.redirect_stdout(io.StringIO()):
                exec(compile(cell.source, f"<{grader.grade_id}>", "exec"), names)
    return names


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


def resonance() -> plt.Figure:
    """Maximum likelihood: the curve of a resonance through counts at seven energies."""
    energy, fine = np.arange(88.2, 94.5), np.linspace(87.5, 95, 200)

    def expected(theta, at):
        mass, width, height = 91 + theta[0], theta[1], 10_000 * theta[2]
        return height * (at * width) ** 2 / ((at**2 - mass**2) ** 2 + (at**2 * width / mass) ** 2)

    counts = np.random.default_rng(6).poisson(expected([0.188, 2.495, 2.0], energy))

    def surprise(theta):
        mean = expected(theta, energy)
        return dp.sum(mean - counts * dp.log(mean))

    found = optim.minimize(surprise, np.array([0.0, 2.0, 1.5]), tol=1e-3)
    error = np.sqrt(np.diag(np.linalg.inv(dp.hessian(surprise)(found.x))))
    figure, (axes, near) = plt.subplots(1, 2, figsize=(9, 3.2), width_ratios=[1.6, 1])
    axes.plot(fine, expected([0, 2, 1.5], fine), ":", color=GREY, label="the start")
    axes.plot(fine, expected(found.x, fine), color=BLUE, label=f"after {found.nit} steps")
    axes.plot(energy, counts, "o", color=VERMILION, label="counted")
    axes.set(xlabel="energy (GeV)", ylabel="Z bosons", ylim=(0, None))
    axes.legend(frameon=False, loc="upper left")
    mass = np.linspace(-3.2, 3.2, 41) * error[0]
    bowl = [float(surprise(found.x + [each, 0, 0])) - found.fun for each in mass]
    near.plot(91 + found.x[0] + mass, bowl, color=BLUE)
    near.axhline(0.5, color=GREY, linestyle=":")
    near.text(91 + found.x[0], 0.65, f"± {1000 * error[0]:.1f} MeV", ha="center", color="#595959")
    near.set(xlabel="mass (GeV)", ylabel="surprise above the least", ylim=(0, 5))
    near.ticklabel_format(useOffset=False)
    for each in (axes, near):
        each.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    return figure


def basins() -> plt.Figure:
    """Where walks on Himmelblau's landscape end, by their start: plain descent and the ball."""
    names, u = lab(), np.linspace(-5.5, 5.5, 160)
    minima = np.array([[3, 2], [-2.805, 3.131], [-3.779, -3.283], [3.584, -1.848]])
    starts, slope = np.array(np.meshgrid(u, u)), dp.grad(lambda x: dp.sum(names["himmelblau"](x)))
    ends = {
        "where descent ends": names["descend"](slope, starts, 0.004, 150)[-1],
        "where the heavy ball ends": names["heavy_ball"](slope, starts, 0.004, 0.9, 150)[-1],
    }
    paint = ListedColormap(["#F0E442", "#56B4E9", "#20435C", "#D55E00"])
    figure, panels = plt.subplots(1, 2, figsize=(8, 4), sharey=True)
    for axes, (name, at) in zip(panels, ends.items(), strict=True):
        off = [np.hypot(*(at - m[:, None, None])) for m in minima]
        square = {"extent": [-5.5, 5.5] * 2, "origin": "lower", "interpolation": "none"}
        axes.imshow(np.argmin(off, axis=0), cmap=paint, **square)
        for letter, (x, y) in zip("ABCD", minima, strict=True):
            box = {"boxstyle": "circle,pad=.25", "fc": "white"}
            axes.text(x, y, letter, ha="center", va="center", bbox=box)
        axes.set(title=name, xlabel="start x")
    panels[0].set_ylabel("start y")
    return figure


def lighthouse() -> plt.Figure:
    """Four times as fine: the camera, bicubic, two priors, and the truth; two parts of each."""
    truth = images.lighthouse(256)
    small = images.shrink(truth, 4)
    usual = images.bicubic(small, 4)
    shown = {
        "camera": np.kron(small, np.ones((4, 4))),
        "bicubic": usual,
        "total variation": lab()["sharpened"](small, usual, shading=0)[-1],
        "with shading": lab()["sharpened"](small, usual)[-1],
        "truth": truth,
    }
    figure, panels = plt.subplots(2, 5, figsize=(11, 3.9), height_ratios=[1.15, 0.45])
    for (upper, lower), (name, u) in zip(panels.T, shown.items(), strict=True):
        upper.imshow(u[20:160, 130:250], cmap="gray", vmin=0, vmax=1)
        lower.imshow(u[190:218, 8:72], cmap="gray", vmin=0, vmax=0.65)
        upper.set(title=name, xticks=[], yticks=[])
        lower.set(xticks=[], yticks=[])
        if u is not truth:
            lower.set_xlabel(f"{images.psnr(u, truth):.2f} dB, {images.ssim(u, truth):.3f}")
    figure.tight_layout()
    return figure


def heads() -> plt.Figure:
    """Registration: two scans before, after the affine and the smooth map, and what is still wrong."""
    names = lab()
    still = images.phantom(names["SIZE"])
    moving, came = names["second_scan"](still)
    affine, smooth = names["register"](moving, still)
    ways = {"before": (names["ROWS"], names["COLUMNS"]), "affine": affine, "smooth": smooth}
    figure, panels = plt.subplots(1, 4, figsize=(11, 3.1), layout="constrained")
    for axes, (name, places) in zip(panels, ways.items(), strict=False):
        warped = images.warp(moving, *places)
        axes.imshow(np.clip(np.stack([warped, (warped + still) / 2, still], axis=-1), 0, 1))
        axes.contour(still, [0.5], colors="white", linewidths=0.7)
        overlap = images.dice(warped > 0.5, still > 0.5)
        axes.set(title=f"{name}: Dice {overlap:.2f}", xticks=[], yticks=[])
    wrong, across, along = names["off_by"](still, came, smooth)
    panels[3].set(title="places still off by", xticks=[], yticks=[],
                  xlabel=f"at edges: {across:.1f} px across, {along:.1f} along")  # fmt: skip
    map_ = panels[3].imshow(wrong, cmap="cividis", vmin=0, vmax=6)
    figure.colorbar(map_, ax=panels[3], label="px")
    return figure


TITLES = {
    "steps": "Gradient descent in a valley with three step sizes",
    "momentum": "Plain descent, Nesterov and the heavy ball in a valley of condition 100",
    "rates": "The error of ISTA falls as 1/k, that of FISTA as 1/k²",
    "resonance": "Counts at seven energies, the most likely resonance, and how sure its mass is",
    "basins": "Where walks on Himmelblau's landscape end, by their start",
    "heads": "Registration of two scans of one head, and where the map is still wrong",
    "lighthouse": "Super-resolution with total variation beside bicubic interpolation",
}


def main(folder: Path = HERE) -> None:
    """Write the figures into `folder`; the same bytes every time."""
    plt.rcParams.update({"svg.hashsalt": "week06", "svg.fonttype": "none", "font.size": 10})
    for figure in (steps, momentum, rates, resonance, basins, lighthouse, heads):
        plt.close(made := figure())
        path = folder / f"week06-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
