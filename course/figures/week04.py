"""The figures of week 4: `python course/figures/week04.py` writes them here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"


def brackets() -> str:
    """What each mode multiplies, for three square layers and a last row, as SVG."""
    rows, side = [], 44
    for k, (mode, colour, bill) in enumerate(
        (("forward", VERMILION, "2n³ + n²"), ("reverse", BLUE, "3n²"))
    ):
        y = 30 + 110 * k
        names = ("J₃", "J₃J₂", "J₃J₂J₁", "∂g") if k else ("J₀", "J₁J₀", "J₂J₁J₀", "∂g")
        costs = ("n²", "n²", "n²") if k else ("n³", "n³", "n²")
        rows.append(f'<text x="8" y="{y + 27}" font-weight="bold">{mode}</text>')
        for j, name in enumerate(names):
            x, height = 90 + 130 * j, 6 if k or j == 3 else side
            middle = x + side / 2
            rows.append(
                f'<rect x="{x}" y="{y + (side - height) / 2}" width="{side}" height="{height}" '
                f'fill="{colour}" fill-opacity="0.25" stroke="{colour}"/>'
                f'<text x="{middle}" y="{y + side + 15}" text-anchor="middle">{name}</text>'
            )
            if j:
                for down, sign in ((20, costs[j - 1]), (36, "⟶")):
                    place = f'x="{x - 43}" y="{y + down}" text-anchor="middle"'
                    rows.append(f"<text {place}>{sign}</text>")
        rows.append(f'<text x="565" y="{y + 27}" font-weight="bold">{bill}</text>')
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 660 230" width="660" '
        'height="230" font-family="sans-serif" font-size="14" fill="#222">\n'
        "<title>Forward mode makes two square products and a thin one; reverse mode makes three "
        "thin ones.</title>\n"
        '<rect width="660" height="230" fill="white"/>\n' + "\n".join(rows) + "\n</svg>\n"
    )


def prices() -> plt.Figure:
    """(run + sweep) / run for single steps, and for a matrix product as its inner size grows."""
    steps = [
        ("+", 1, 2), ("exp", 1, 2), ("relu", 1, 2), ("log", 1, 2), ("sum", 1, 1), ("move", 1, 1),
        ("lse", 4, 4), ("*", 1, 4), ("tanh", 1, 4),
    ]  # fmt: skip
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.6, 3.2), sharey=True)
    ratios = [(there + home) / there for _, there, home in steps]
    left.bar([name for name, *_ in steps], ratios, color=BLUE)
    inner = np.arange(1, 33)
    right.plot(inner, (2 * inner - 1 + 4 * inner) / (2 * inner - 1), "o-", color=BLUE, markersize=3)
    right.axhline(3, color=GREY, linestyle=":")
    for axes in (left, right):
        axes.axhline(5, color=VERMILION, linestyle="--")
        axes.spines[["top", "right"]].set_visible(False)
    left.set(ylabel="(run + sweep) / run", ylim=(0, 5.6), xlabel="step")
    left.tick_params(axis="x", labelsize=8)
    right.set(xlabel="inner size k of a matrix product")
    return figure


def held_and_run(steps: int, every: int) -> tuple[int, int]:
    """(states held at once, steps run) by a sweep with a checkpoint every `every` steps, counted."""
    kept, held, run = len(range(0, steps, every)), 0, steps
    for first in reversed(range(0, steps, every)):
        stretch = min(every, steps - first)
        run += stretch - 1
        held = max(held, kept - 1 + stretch)  # the last checkpoint is the stretch's first state
        kept -= 1
    return held, run


def checkpoints() -> plt.Figure:
    """Memory and price against the distance of checkpoints."""
    steps = 400
    gaps = [each for each in range(1, steps + 1) if steps % each == 0]
    counted = [held_and_run(steps, gap) for gap in gaps]
    figure, axes = plt.subplots(figsize=(6.4, 3.4))
    axes.loglog(gaps, [held for held, _ in counted], "o-", color=BLUE, markersize=4)
    axes.loglog(gaps, [run for _, run in counted], "s--", color=VERMILION, markersize=4)
    axes.axvline(math.sqrt(steps), color=GREY, linestyle=":")
    axes.annotate("states held at once", (2, 210), xytext=(1.05, 60), color=BLUE)
    axes.annotate("steps run", (5, 640), xytext=(5, 520), color=VERMILION)
    axes.annotate("√R", (20, 60), xytext=(21.5, 150), color=GREY)
    axes.set(xlabel="states between two checkpoints", ylabel="count")
    ticks, counts = [1, 5, 20, 80, 400], [50, 100, 200, 400, 800]
    axes.set(xticks=ticks, xticklabels=ticks, yticks=counts, yticklabels=counts)
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def racers() -> list[tuple[str, Callable, str, str]]:
    """Ways to the gradient of sum exp(x_i) x_{i+1}: (name, function of a list, colour, marker)."""

    def f(x, exp):
        return sum((exp(x[i - 1]) * x[i] for i in range(1, len(x))), exp(x[-1]) * x[0])

    def nudges(x, h=1e-7):
        base = f(x, math.exp)
        return [(f([*x[:i], x[i] + h, *x[i + 1 :]], math.exp) - base) / h for i in range(len(x))]

    def duals(x):
        one = [float(k == 0) for k in range(len(x))]
        slopes = []
        for i in range(len(x)):
            direction = tuple(one[-i:] + one[:-i]) if i else tuple(one)
            slopes.append(dp.jvp(lambda *v: f(v, dp.exp), tuple(x), direction)[1])
        return slopes

    def tape(x):
        inputs = [dp.Scalar(each) for each in x]
        f(inputs, dp.exp).backward()
        return [each.grad for each in inputs]

    def arrays(x):
        after = np.roll(np.arange(len(x)), -1)
        return dp.grad(lambda v: (dp.exp(v) * v[after]).sum())(np.array(x))

    return [
        ("nudges", nudges, GREY, "x"),
        ("forward, dual numbers", duals, VERMILION, "s"),
        ("reverse, numbers", tape, BLUE, "o"),
        ("reverse, arrays", arrays, GREEN, "^"),
    ]


def race() -> plt.Figure:
    """Seconds for one gradient against the number of inputs, measured where this is run."""
    rng = np.random.default_rng(4)
    figure, axes = plt.subplots(figsize=(6.4, 4))
    for name, way, colour, marker in racers():
        sizes, seconds = [], []
        for n in 2 ** np.arange(1, 16):
            x = rng.uniform(-1, 1, n).tolist()
            runs = []
            for _ in range(5):
                started = time.perf_counter()
                way(x)
                runs.append(time.perf_counter() - started)
            sizes.append(int(n))
            seconds.append(min(runs))
            if seconds[-1] > 0.04:
                break
        axes.loglog(sizes, seconds, color=colour, marker=marker, markersize=4, label=name)
    axes.set(xlabel="inputs n", ylabel="seconds for one gradient, best of 5")
    axes.legend(frameon=False, fontsize=9)
    axes.spines[["top", "right"]].set_visible(False)
    return figure


TITLES = {
    "prices": "The price of single steps: run and sweep in units of the run, at most five",
    "checkpoints": "States held and steps run against the distance of checkpoints, for 400 steps",
    "race": "Seconds for one gradient against the number of inputs, four ways",
}


def main(folder: Path = HERE) -> None:
    """Write the four figures into `folder`; all but the race are the same every time."""
    (folder / "week04-brackets.svg").write_text(brackets(), encoding="utf-8")
    plt.rcParams.update({"svg.hashsalt": "week04", "svg.fonttype": "none", "font.size": 10})
    for figure in (prices, checkpoints, race):
        plt.close(made := figure())
        path = folder / f"week04-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
