"""The figures of week 1, made with dpkit: `python course/figures/week01.py` writes them here."""

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
SPEED, GRAVITY = 28.0, 9.8  # metres and seconds
EPSILON = float(np.finfo(float).eps)


def javelin(theta):
    """How far it flies that is thrown at `theta` radians, from the ground: metres."""
    return SPEED**2 / GRAVITY * dp.sin(2 * theta)


def ascent(rate: float, steps: int, start: float = 0.1) -> list[float]:
    """The angles that gradient ascent on `javelin` visits, start first."""
    angles = [start]
    for _ in range(steps):
        angles.append(angles[-1] + rate * dp.grad(javelin)(angles[-1]))
    return angles


def bare(*panels: plt.Axes) -> None:
    """No frame on top and on the right."""
    for axes in panels:
        axes.spines[["top", "right"]].set_visible(False)


def secants() -> plt.Figure:
    """Three secants of x² at 1, and the tangent."""
    figure, axes = plt.subplots(figsize=(6.4, 3.8))
    across = np.linspace(0, 2.6, 60)
    axes.plot(across, across**2, color=GREY, linewidth=2)
    for h, style in ((1.5, "-"), (0.9, "--"), (0.4, "-.")):
        slope = 2 + h
        ends = np.array([0.6, 1 + h + 0.15])
        axes.plot(ends, 1 + slope * (ends - 1), style, color=VERMILION, linewidth=1.5,
                  label=f"secant, h = {h:g}: slope {slope:g}")  # fmt: skip
        axes.plot(1 + h, (1 + h) ** 2, "s", color=VERMILION)
    slope = dp.grad(lambda x: x**2)(1.0)
    ends = np.array([0.6, 2.4])
    axes.plot(ends, 1 + slope * (ends - 1), ":", color="black", label=f"tangent: slope {slope:g}")
    axes.plot(1, 1, "o", color=BLUE, markersize=8)
    axes.set(xlabel="x", ylabel="x²")
    axes.legend(frameon=False)
    bare(axes)
    return figure


def ucurve() -> plt.Figure:
    """Error against step for exp at 1: measured, and the two terms of the theory."""
    x = 1.0
    truth = dp.grad(dp.exp)(x)
    steps = 10.0 ** np.arange(-16, 0.01, 0.125)
    forward = [abs((math.exp(x + h) - math.exp(x)) / h - truth) for h in steps]
    central = [abs((math.exp(x + h) - math.exp(x - h)) / (2 * h) - truth) for h in steps]
    figure, axes = plt.subplots(figsize=(6.4, 4.2))
    axes.loglog(steps, forward, "s", color=VERMILION, markersize=3, label="secant, measured")
    axes.loglog(steps, central, "o", color=BLUE, markersize=3, label="central, measured")
    bend = math.exp(x)  # every derivative of exp
    seen = steps > 1e-9  # the theory, where it can be told from the legend
    axes.loglog(steps[seen], bend * steps[seen] / 2, color=VERMILION, linewidth=1)
    axes.loglog(steps, bend * steps**2 / 6, color=BLUE, linewidth=1)
    axes.loglog(steps, EPSILON * bend / steps, color="black", linestyle="--", linewidth=1)
    for order, colour in ((2, VERMILION), (3, BLUE)):
        axes.axvline(EPSILON ** (1 / order), color=colour, linestyle=":", linewidth=1)
    axes.annotate("rounding, ε f / h", (2e-15, 20), color="black", va="center")
    axes.annotate("h f″/ 2", (3e-5, 2e-3), color=VERMILION)
    axes.annotate("h² f‴/ 6", (1e-2, 3e-6), color=BLUE)
    axes.annotate("√ε", (EPSILON**0.5, 2e-13), color=VERMILION, ha="right")
    axes.annotate(" ∛ε", (EPSILON ** (1 / 3), 2e-13), color=BLUE)
    axes.set(xlabel="step h", ylabel="error of the slope of exp at 1", ylim=(1e-13, 100))
    axes.legend(frameon=False, loc="lower left", fontsize=9)
    bare(axes)
    return figure


def throws() -> plt.Figure:
    """Flights at nine angles, and beside them the range with its slope as arrows."""
    figure, (flights, hill) = plt.subplots(1, 2, figsize=(8.4, 3.1), width_ratios=(1.25, 1))
    for degrees in range(10, 90, 10):
        theta = math.radians(degrees)
        flight(flights, theta, GREY, 1)
    flight(flights, math.pi / 4, VERMILION, 2.5)
    flights.annotate("45°", (63, 20), color=VERMILION)
    flights.set(xlabel="along (m)", ylabel="up (m)", aspect="equal", ylim=(0, 41))
    degrees = np.linspace(0, 90, 100)
    hill.plot(degrees, javelin(np.radians(degrees)), color=GREY)
    for at in (10, 20, 30, 45, 60, 70, 80):
        theta = math.radians(at)
        slope = dp.grad(javelin)(theta)  # metres for each radian
        hill.plot(at, javelin(theta), "o", color=BLUE)
        if abs(slope) > 1:
            hill.annotate("", (at + slope / 12, javelin(theta)), xytext=(at, javelin(theta)),
                          arrowprops={"arrowstyle": "-|>", "color": BLUE, "linewidth": 1.5})  # fmt: skip
    hill.axvline(45, color=VERMILION, linestyle=":")
    hill.set(xlabel="angle (degrees)", ylabel="range (m)", xticks=range(0, 91, 15))
    bare(flights, hill)
    figure.tight_layout()
    return figure


def flight(axes: plt.Axes, theta: float, colour: str, width: float) -> None:
    """The path through the air of one throw."""
    t = np.linspace(0, 2 * SPEED * math.sin(theta) / GRAVITY, 40)
    up = SPEED * t * math.sin(theta) - GRAVITY * t**2 / 2
    axes.plot(SPEED * t * math.cos(theta), up, color=colour, linewidth=width)


def strides() -> plt.Figure:
    """Ten steps of gradient ascent with three rates."""
    figure, panels = plt.subplots(1, 3, figsize=(8.4, 2.9), sharey=True)
    degrees = np.linspace(0, 100, 120)
    for axes, (rate, name) in zip(
        panels, ((0.0003, "too small"), (1 / 320, "best, 1/320"), (0.01, "too large")), strict=True
    ):
        visited = np.array(ascent(rate, 10))
        axes.plot(degrees, javelin(np.radians(degrees)), color=GREY)
        axes.plot(
            np.degrees(visited), javelin(visited), "o-", color=BLUE, linewidth=1, markersize=5
        )
        axes.axvline(45, color=VERMILION, linestyle=":")
        axes.set(title=name, xlabel="angle (degrees)", xticks=(0, 45, 90))
    panels[0].set_ylabel("range (m)")
    bare(*panels)
    return figure


def fork() -> plt.Figure:
    """Where gradient ascent stands after many steps, for each rate."""
    rates = np.linspace(0.004, 0.0196, 900)
    angles = np.full(rates.size, 0.1)
    slope = 2 * SPEED**2 / GRAVITY
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    for step in range(360):
        angles = angles + rates * slope * np.cos(2 * angles)
        if step >= 300:
            turned = (np.degrees(angles) + 90) % 360 - 90
            axes.plot(rates, turned, ",", color=BLUE, alpha=0.5, rasterized=True)
    axes.axvline(1 / 160, color=VERMILION, linestyle="--")
    axes.annotate(" 1/160", (1 / 160, 240), color=VERMILION)
    axes.set(xlabel="learning rate", ylabel="angle (degrees)", yticks=range(-90, 271, 90))
    bare(axes)
    return figure


TITLES = {
    "secants": "Three secants of the parabola at 1 and the tangent to which they tend",
    "ucurve": "Error of difference quotients against the step, measured and predicted",
    "throws": "Javelin throws at nine angles, and the slope of the range by the angle",
    "strides": "Gradient ascent with a rate that is too small, the best, and too large",
    "fork": "Late places of gradient ascent against the learning rate: one, two, many, chaos",
}


def main(folder: Path = HERE) -> None:
    """Write the five figures into `folder`."""
    plt.rcParams.update({"svg.hashsalt": "week01", "svg.fonttype": "none", "font.size": 10})
    for figure in (secants, ucurve, throws, strides, fork):
        plt.close(made := figure())
        path = folder / f"week01-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
