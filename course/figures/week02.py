"""The figures of week 2, made with dpkit: `python course/figures/week02.py` writes them here."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np

import dpkit as dp

HERE = Path(__file__).parent
BLUE, VERMILION, GREY = "#0072B2", "#D55E00", "#767676"  # told apart by colour-blind readers


def cube(a):
    b = 1
    for _ in range(3):
        b = b + b * a
    return b


def score() -> str:
    """The loop (1 + a)³ as a score: lines of code against time, with value and tangent, as SVG."""
    return dp.watch(cube, dp.Dual(0.5, 1.0)).svg


def difference(e: Any) -> Any:
    """The derivative of an expression by x, as an expression; trivial terms and factors dropped."""
    if e == "x":
        return 1
    if not isinstance(e, tuple):
        return 0
    op, a, b = e
    if op == "-":
        return _sum("-", difference(a), difference(b))
    return _sum("+", _product(difference(a), b), _product(a, difference(b)))


def _product(a: Any, b: Any) -> Any:
    if a == 0 or b == 0:
        return 0
    return b if a == 1 else a if b == 1 else ("*", a, b)


def _sum(op: str, a: Any, b: Any) -> Any:
    if b == 0:
        return a
    return b if a == 0 and op == "+" else (op, a, b)


def size(e: Any) -> int:
    """Symbols in an expression: operations, numbers and x's."""
    return 1 + size(e[1]) + size(e[2]) if isinstance(e, tuple) else 1


def swelling(turns: int = 10) -> list[tuple[int, int, int]]:
    """After each turn of x = 4x(1 − x): symbols of the formula, of its derivative; numbers of a Dual
    run (two for each operation)."""
    rows, e = [], "x"
    for turn in range(1, turns + 1):
        e = ("*", ("*", 4, e), ("-", 1, e))
        rows.append((size(e), size(difference(e)), 2 * 3 * turn))
    return rows


def swell() -> plt.Figure:
    """How formulas grow with the turns of a loop, and how dual numbers do."""
    rows, figure = np.array(swelling()), plt.figure(figsize=(6.4, 3.6))
    axes, turns = figure.add_subplot(), range(1, len(rows) + 1)
    for column, colour, mark in ((1, VERMILION, "o"), (0, GREY, "^"), (2, BLUE, "s")):
        axes.semilogy(turns, rows[:, column], color=colour, marker=mark, markersize=4)
    axes.text(6, 9000, "symbols in the derivative's formula", color=VERMILION, ha="right")
    axes.text(7.3, 300, "symbols in the formula", color=GREY)
    axes.text(6.5, 17, "numbers in a dual run", color=BLUE)
    axes.set(xlabel="turns of  x = 4x (1 − x)", ylabel="size", xticks=list(turns))
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def step_down(a: float) -> float:
    """The branch: 2a up to ½, and 0 beyond."""
    return 0.0 if a > 0.5 else 2 * a


def average(a: float, spread: float = 0.1) -> tuple[float, float]:
    """The mean of step_down(a + noise), noise normal with this spread, and its slope, exactly."""
    z = (0.5 - a) / spread
    below = 0.5 * (1 + math.erf(z / math.sqrt(2)))  # how often the noise leaves us on the slope
    bell = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    return 2 * (a * below - spread * bell), 2 * below - bell / spread


def cliff() -> plt.Figure:
    """The branch, its average under noise, and the two slopes at one half."""
    figure, axes = plt.subplots(figsize=(6.4, 3.6))
    across = np.linspace(0, 1, 401)
    for part in (across[across <= 0.5], across[across > 0.5]):
        axes.plot(part, [step_down(a) for a in part], color=GREY, linewidth=3)
    axes.plot(across, [average(a)[0] for a in across], color=BLUE)
    middle, true = average(0.5)
    for slope, colour, style in ((true, BLUE, "-."), (1.0, VERMILION, "--")):
        reach = np.array([-0.11, 0.11])
        axes.plot(0.5 + reach, middle + slope * reach, style, color=colour, linewidth=2)
    axes.text(0.62, 0.53, "mean of the derivatives: +1.00", color=VERMILION)
    axes.text(0.63, 0.12, f"slope of the average: {true:.2f}".replace("-", "−"), color=BLUE)
    axes.text(0.05, 0.5, "the program", color=GREY)
    axes.set(xlabel="a", ylabel="b")
    axes.spines[["top", "right"]].set_visible(False)
    return figure


def heron() -> plt.Figure:
    """How far value and tangent are from rest: Heron's iteration, and x = cos(a x)."""
    figure, both = plt.subplots(1, 2, figsize=(7.6, 3.2), sharey=True)
    cases = (
        ("Heron:  x = (x + a/x) / 2", 2.0, 1.0, lambda x, a: (x + a / x) / 2, 8),
        ("x = cos(a x)", 0.8, 0.0, lambda x, a: dp.cos(a * x), 70),
    )
    for axes, (title, at, start, step, turns) in zip(both, cases, strict=True):
        run, a = [], dp.Dual(at, 1.0)
        x = dp.Dual(start)
        for _ in range(3 * turns):
            x = step(x, a)
            run.append((x.primal, x.tangent))
        off = np.abs(np.array(run) - run[-1])[:turns]
        off[off == 0] = np.nan
        axes.semilogy(range(1, turns + 1), off[:, 0], "s-", color=BLUE, markersize=4, label="value")
        axes.semilogy(range(1, turns + 1), off[:, 1], "o--", color=VERMILION, markersize=4,
                      label="tangent")  # fmt: skip
        axes.set(title=title, xlabel="steps")
        axes.spines[["top", "right"]].set_visible(False)
    both[0].set_ylabel("distance from rest")
    both[1].legend(frameon=False)
    return figure


TITLES = {
    "swell": "Formulas grow exponentially with the turns of a loop, dual numbers do not",
    "cliff": "A branch, its average under noise, and two slopes at one half",
    "heron": "Value and tangent come to rest in two iterations",
}


def main(folder: Path = HERE) -> None:
    """Write the four figures into `folder`; the same bytes every time."""
    (folder / "week02-score.svg").write_text(score(), encoding="utf-8")
    plt.rcParams.update({"svg.hashsalt": "week02", "svg.fonttype": "none", "font.size": 10})
    for figure in (swell, cliff, heron):
        plt.close(made := figure())
        path = folder / f"week02-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


if __name__ == "__main__":
    main()
