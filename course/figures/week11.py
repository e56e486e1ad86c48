"""The figures of week 11: `python course/figures/week11.py` writes them here."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
import torch
from matplotlib.patches import FancyBboxPatch

from dpkit import render
from dpkit.programs import npi

HERE = Path(__file__).parent
BLUE, VERMILION, GREEN, GREY = "#0072B2", "#D55E00", "#009E73", "#767676"

# Exact sums, of 20, of networks taught 800 steps with sums of at most three digits (seeds 0, 1, 2):
# what `python course/figures/week11.py measure` prints, after some minutes.
DIGITS = (3, 4, 40, 200, 1000)
LIKE, UNLIKE = (1.0, 0.95, 0.95, 0.7, 0.05), (1.0,) * 5
# Rows sorted, of 20, with an empty stack, by networks taught 400 steps with rows of at most five.
LONG, SORTED = (5, 6, 7, 8, 10, 20, 40), (1.0, 1.0, 1.0, 0.75, 0.05, 0.0, 0.0)
MARKS = {
    "ADD": ("o", VERMILION),
    "ADD1": ("s", BLUE),
    "CARRY": ("^", "black"),
    "LSHIFT": ("<", GREY),
}


def core() -> plt.Figure:
    """One step: what goes in, the LSTM, three answers."""
    figure, axes = plt.subplots(figsize=(8.4, 3.6))

    def box(x, y, text, colour, wide=1.7, high=0.62):
        corner = (x - wide / 2, y - high / 2)
        patch = FancyBboxPatch(corner, wide, high, boxstyle="round,pad=0.02", fc="white", ec=colour)
        axes.add_patch(patch)
        axes.text(x, y, text, ha="center", va="center")

    def arrow(start, end):
        axes.annotate("", end, start, arrowprops={"arrowstyle": "->", "color": GREY})

    for y, text in ((3, "what is seen,\narguments given"), (1, "which program\nis running")):
        axes.text(0, y, text, ha="center", va="center")
    box(2.2, 3, r"$f_{\rm enc}$", BLUE)
    box(2.2, 1, r"$M_{\rm prog}$ (a row)", VERMILION)
    box(4.9, 2, r"$f_{\rm lstm}$", BLUE)
    axes.text(4.9, 0.85, "state: fresh at each call", ha="center", color=GREY)
    for y, name, text in (
        (3.2, r"$f_{\rm end}$", "is it over?"),
        (2.0, r"$f_{\rm prog}$, $M_{\rm key}$", "which is called?"),
        (0.8, r"$f_{\rm arg}$", "with what?"),
    ):
        box(7.6, y, name, BLUE if "key" not in name else VERMILION, 2.0)
        arrow((5.8, 2), (6.55, y))
        axes.text(8.8, y, text, va="center")
    for y in (3, 1):
        arrow((0.75, y), (1.3, y))
        arrow((3.1, y), (4.0, 2 + (y - 2) * 0.2))
    axes.set(xlim=(-0.9, 10.6), ylim=(0.3, 3.7))
    axes.axis("off")
    return figure


def depths(teacher: type[npi.Teacher]) -> list[tuple[str, int]]:
    """The programs that are called in 959 + 43, and how many calls are open below each."""
    met, depth = [("ADD", 0)], 0

    class Watched(teacher):
        def call(self, program, *arguments):
            nonlocal depth
            depth += 1
            met.append((program, depth))
            super().call(program, *arguments)
            depth -= 1

    Watched(npi.Pad(959, 43)).record("ADD")
    return met


def calls() -> plt.Figure:
    """How deep the stack is at each call of 959 + 43, in a loop and by recursion."""
    figure, panels = plt.subplots(1, 2, figsize=(8.6, 3.0), sharey=True)
    kinds = ((npi.LoopAdder, "a loop"), (npi.Adder, "recursion"))
    for axes, (teacher, name) in zip(panels, kinds, strict=True):
        met = depths(teacher)
        axes.plot([depth for _, depth in met], drawstyle="steps-post", color=GREY)
        for program, (style, colour) in MARKS.items():
            at = [(k, depth) for k, (name_, depth) in enumerate(met) if name_ == program]
            axes.plot(*zip(*at, strict=True), style, color=colour, markersize=9, label=program)
        axes.set(title=f"ADD as {name}", xlabel="calls in their order", ylim=(-0.4, 4.6))
        axes.set_xticks(range(0, len(met), 3))
    panels[0].set(ylabel="calls open below it", yticks=range(5))
    panels[0].legend(frameon=False, ncols=2, loc="upper left")
    return figure


def car() -> plt.Figure:
    """What a camera sees on its way to the pose of the catalogue, and the commands that lead there."""
    view = npi.View(npi.Car(1_000_001), 6, 3)
    pictures, names = [view.picture()], [""]

    class Watched(npi.Parker):
        def act(self, *arguments):
            super().act(*arguments)
            names.append(view.words(*arguments))
            pictures.append(view.picture())

    Watched(view).record("GOTO")
    figure, panels = plt.subplots(1, len(pictures), figsize=(8.8, 2.1))
    for axes, picture, name in zip(panels, pictures, names, strict=True):
        axes.imshow(picture)
        axes.set(xticks=[], yticks=[], title=name or "a car")
        axes.spines[:].set_visible(False)
    return figure


def frames() -> plt.Figure:
    """How long a call of ADD is; and how many frames of it are new, after so many sums."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.0))
    digits = (1, 2, 3, 4, 6, 8, 10)
    for teacher, name, colour, style in (
        (npi.LoopAdder, "loop", VERMILION, "o--"),
        (npi.Adder, "recursion", BLUE, "s-"),
    ):
        longest = []
        for k in digits:
            made = [
                f for p in npi.problems(20, k, 11, True) for f in teacher(npi.Pad(*p)).record("ADD")
            ]
            longest.append(max(len(frame.steps) for frame in made if frame.program == "ADD"))
        left.plot(digits, longest, style, color=colour, label=name)
        met, shares, block = set(), [], 200
        sums = npi.problems(2000, 12, 12, True)
        for start in range(0, len(sums), block):
            keys = []
            for pair in sums[start : start + block]:
                made = teacher(npi.Pad(*pair)).record("ADD")
                keys += [frame.key for frame in made if frame.program == "ADD"]
            shares.append(np.mean([key not in met for key in keys]))
            met.update(keys)
        right.plot(np.arange(len(shares)) * block, shares, style, color=colour, label=name)
    left.set(xlabel="digits", ylabel="steps of the longest call of ADD", ylim=(0, None))
    right.set(xlabel="sums of 12 digits seen before", ylabel="frames never met", ylim=(0, 1.1))
    left.legend(frameon=False)
    right.legend(frameon=False, loc="lower left")
    return figure


def length() -> plt.Figure:
    """Rows sorted, and sums exact, by length; by recursion and by loops."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.8, 3.4), sharey=True)
    left.semilogx(LONG, [1.0] * 7, "s-", color=BLUE, linewidth=4, label="recursion")
    left.semilogx(LONG, SORTED, "o--", color=VERMILION, label="loop")
    left.axvspan(4, 5, color=GREY, alpha=0.2)
    left.set(
        title="bubble sort", xlabel="digits in the row", ylabel="share that is right", xticks=LONG
    )
    left.legend(frameon=False, loc="center right")
    right.semilogx(DIGITS, [1.0] * 5, "s-", color=BLUE, linewidth=6, label="recursion, three seeds")
    right.semilogx(DIGITS, UNLIKE, "^:", color="white", mec="black", linewidth=2)
    right.plot([], [], "^", color="white", mec="black", label="loop, seed 1")
    right.semilogx(DIGITS, LIKE, "o--", color=VERMILION, label="loop, seeds 0 and 2")
    right.axvspan(2, 3, color=GREY, alpha=0.2)
    right.set(title="addition", xlabel="digits", xticks=DIGITS, ylim=(-0.05, 1.1))
    right.legend(frameon=False, loc="lower left", bbox_to_anchor=(0.1, 0.0))
    for axes, ticks in ((left, LONG), (right, DIGITS)):
        axes.minorticks_off()
        axes.set_xticklabels([f"{k:,}" for k in ticks])
    return figure


def picture() -> plt.Figure:
    """A picture, the program as read, and refined."""
    drawn = npi.Program((
        npi.Command("square", 0.78, "blue", 5.2, 4.85),
        npi.Command("bar", 1.45, "red", 4.9, 4.1),
        npi.Command("circle", 0.72, "black", 3.85, 3.1, 2, 2.05),
    ))  # fmt: skip
    read = npi.Program((
        npi.Command("square", 0.75, "blue", 5, 5),
        npi.Command("bar", 1.4, "red", 5, 4),
        npi.Command("circle", 0.75, "black", 4, 3, 2, 2),
    ))  # fmt: skip
    canvas = render.Canvas(80, 96, (5.5, 4.5), 10)
    refined = npi.refine_constants(read, drawn.picture())
    figure, panels = plt.subplots(1, 3, figsize=(8.6, 2.5))
    names = ("the picture", "as read, in whole cells", "refined by its slopes")
    for axes, program, name in zip(panels, (drawn, read, refined), names, strict=True):
        axes.imshow(np.clip(program.picture(canvas), 0, 1)[18:66, 16:80])
        axes.set_title(f"{name}\noverlap {npi.overlap(program, drawn):.2f}")
        axes.axis("off")
    return figure


TITLES = {
    "core": "One step of the neural programmer-interpreter",
    "car": "A camera on its way round a car",
    "calls": "The depth of the stack in a sum, by a loop and by recursion",
    "frames": "How long a call of ADD is, and how many different ones a sum has",
    "length": "Rows sorted and sums exact by their length, for loops and recursion",
    "picture": "A picture of a car, its program as read, and refined",
}


def main(folder: Path = HERE) -> None:
    """Write the six figures into `folder`, the same every time."""
    plt.rcParams.update({"svg.hashsalt": "week11", "svg.fonttype": "none", "font.size": 10})
    for figure in (core, car, calls, frames, length, picture):
        plt.close(made := figure())
        for axes in made.axes:
            axes.spines[["top", "right"]].set_visible(False)
        made.tight_layout()
        path = folder / f"week11-{figure.__name__}.svg"
        title = {"Title": TITLES[figure.__name__], "Date": None}
        made.savefig(path, bbox_inches="tight", metadata=title)


def measure() -> None:
    """Teach loops and recursions for 800 steps, and print their shares of exact sums by DIGITS; and what
    becomes of twenty rows by bubble sort, taught for 400."""
    sys.set_int_max_str_digits(0)
    torch.set_num_threads(1)
    frames = npi.every_frame()
    for loop, seed in itertools.product((False, True), range(3)):
        net, _ = npi.learn_addition(loop=loop, steps=800, seed=seed)
        shares = []
        for digits in DIGITS:
            pairs = npi.problems(20, digits, 77, exactly=True)
            pads = [npi.Pad(*pair) for pair in pairs]
            endings = npi.run_batch(net, pads, "ADD", max_steps=20 * digits + 100)
            right = [
                ending.finished and pad.result == str(int(a) + int(b))
                for pad, ending, (a, b) in zip(pads, endings, pairs, strict=True)
            ]
            shares.append(float(np.mean(right)))
        print(
            f"{'loop' if loop else 'recursion'}, seed {seed}: {shares}; wrong, ADD aside in loops:"
        )
        known = [frame for frame in frames if not loop or frame.program != "ADD"]
        print(*npi.verify(net, known, margin=0.0), sep="\n")
    for loop in (False, True):
        net, _ = npi.learn_sorting(loop=loop, steps=400)
        for long in LONG:
            digits = npi.rows(20, long, 5, exactly=True)
            rows = [npi.Row(each) for each in digits]
            endings = npi.run_batch(net, rows, "BUBBLESORT", max_steps=20 * long**2 + 200)
            ended = sum(ending.finished for ending in endings)
            right = sum(
                ending.finished and row.digits == sorted(each)
                for row, ending, each in zip(rows, endings, digits, strict=True)
            )
            print(f"{'loop' if loop else 'recursion'}, rows of {long}: {ended} end, {right} sorted")


if __name__ == "__main__":
    measure() if "measure" in sys.argv[1:] else main()
