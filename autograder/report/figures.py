"""The report's two figures, as SVG that lives inside the page.

The page decides the colours: a figure is drawn in placeholder colours that are then replaced by the
page's variables, so light, dark and printed pages each have their own. Nothing is told by colour
alone: the shades differ in lightness, and two of them are hatched.
"""

from __future__ import annotations

import io
import re
from html import escape
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from autograder.panel import number
from autograder.report.classroom import Class

__all__ = ["OUTCOMES", "distribution", "success"]

# Placeholder colours, and the variables of the page that take their places.
VARIABLES = {
    "#000001": "var(--ink)",
    "#000002": "var(--rule)",
    "#000003": "var(--full)",
    "#000004": "var(--part)",
    "#000005": "var(--none)",
    "#000006": "var(--paper)",
    "#000007": "var(--quiet)",
}
INK, RULE, FULL, PART, NONE, PAPER, QUIET = VARIABLES

# outcome: (words, fill, hatch and edge)
OUTCOMES = {
    "full": ("all points", FULL, ""),
    "part": ("some", PART, ""),
    "none": ("none", PAPER, "/////"),
    "unanswered": ("not answered", PAPER, ""),
    "waiting": ("not read yet", PAPER, "....."),
}

STYLE: dict[Any, Any] = {
    "svg.fonttype": "none",  # text stays text: searchable, and in the page's own type
    "font.size": 10.5,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": RULE,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": QUIET,
    "ytick.color": QUIET,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "hatch.linewidth": 1.0,
}


def distribution(results: Class) -> str:
    """How many students have how many points: one bar a point (or more, where there are many points)."""
    scores = [standing.score for standing in results.marked]
    width = max(1, round(results.max_score / 25))
    edges = np.arange(-0.5, results.max_score + width + 0.5, width)
    counts, _ = np.histogram(scores, edges)
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "distribution"}):
        figure = Figure(figsize=(5.6, 3.2), layout="constrained")
        axes = figure.subplots()
        middles = edges[:-1] + width / 2
        axes.bar(middles, counts, width=0.82 * width, color=FULL)
        axes.set_xlim(-0.9, results.max_score + 0.9)
        axes.set_xlabel(f"points so far (of {number(results.max_score)})")
        axes.set_ylabel("students")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=11))
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
        axes.set_ylim(0, max(1, counts.max()) * 1.18)
        axes.tick_params(length=0)
        axes.spines["left"].set_visible(False)
        axes.grid(axis="y", color=RULE, linewidth=0.7)
        axes.set_axisbelow(True)
        if results.median is not None:
            axes.axvline(results.median, color=NONE, linewidth=1.6, linestyle=(0, (4, 3)))
            left = results.median > 0.7 * results.max_score
            axes.annotate(
                f"median {number(results.median)}",
                (results.median, 1),
                (-5 if left else 5, -2),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="right" if left else "left",
                va="top",
                color=INK,
            )
        told = "; ".join(
            f"{number(middle)} points: {count}"
            for middle, count in zip(middles, counts, strict=True)
            if count
        )
        return _inline(
            figure,
            "distribution",
            f"Histogram of the points of {len(scores)} students",
            f"Number of students by points so far, of {number(results.max_score)}. {told}.",
        )


def success(results: Class) -> str:
    """For each exercise how many students got all its points, some, none, or did not answer."""
    columns = results.columns
    most = len(results.marked)
    used = [name for name in OUTCOMES if any(results.outcomes(c)[name] for c in columns)]
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": "success"}):
        figure = Figure(figsize=(5.6, 1.0 + 0.34 * len(columns)), layout="constrained")
        axes = figure.subplots()
        left = np.zeros(len(columns))
        for name in used:
            words, fill, hatch = OUTCOMES[name]
            counts = np.array([results.outcomes(column)[name] for column in columns], dtype=float)
            edge = {"full": FULL, "part": PART, "none": NONE}.get(name, QUIET)
            axes.barh(
                range(len(columns)), counts, left=left, height=0.62, label=words,
                color=fill, hatch=hatch, edgecolor=edge, linewidth=1.0,
            )  # fmt: skip
            left += counts
        for row, column in enumerate(columns):
            share = results.success(column)
            label = "–" if share is None else f"{100 * share:.0f} %"
            axes.text(most * 1.02, row, label, va="center", color=INK)
        axes.set_yticks(range(len(columns)), [_shortened(column.label) for column in columns])
        axes.set_xlabel("students   (right: share of the points earned)")
        _calm(axes, most)
        figure.legend(
            loc="outside upper left", ncols=len(used), frameon=False,
            handlelength=1.3, columnspacing=1.4, handletextpad=0.5, fontsize=9.5,
        )  # fmt: skip
        told = ". ".join(
            f"{column.label}: "
            + ", ".join(f"{OUTCOMES[n][0]} {results.outcomes(column)[n]}" for n in used)
            for column in columns
        )
        return _inline(
            figure, "success", "How each exercise went", f"Number of students, by exercise. {told}."
        )


def _calm(axes: Axes, most: int) -> None:
    axes.invert_yaxis()
    axes.set_xlim(0, max(1, most) * 1.12)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)


def _shortened(text: str, most: int = 30) -> str:
    # $ would begin mathematics.
    text = text if len(text) <= most else f"{text[: most - 1].rstrip()}…"
    return text.replace("$", r"\$")


def _inline(figure: Figure, name: str, title: str, description: str) -> str:
    """The figure as an <svg> element for a page: its own ids, the page's colours and type, a text
    alternative."""
    written = io.StringIO()
    nothing = dict.fromkeys(("Date", "Creator", "Format", "Type"))
    figure.savefig(written, format="svg", transparent=True, metadata=nothing)
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>|<style.*?</style>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"font-family: [^;\"]*", "font-family: inherit", svg)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r"url\(#", f"url(#{name}-", svg)
    svg = re.sub(r'href="#', f'href="#{name}-', svg)
    for colour, variable in VARIABLES.items():
        svg = svg.replace(colour, variable)
    start, rest = svg.split(">", 1)
    width, height = re.search(r'viewBox="0 0 (\S+) (\S+)"', start).groups()  # type: ignore[union-attr]
    return (
        f'<svg viewBox="0 0 {width} {height}" role="img" aria-labelledby="{name}-title {name}-desc">'
        f'<title id="{name}-title">{escape(title)}</title>'
        f'<desc id="{name}-desc">{escape(description)}</desc>{rest}'
    )
