"""A run of the memory as a picture: where it wrote, where it read, when; and as a movie of it.

    trace = []
    network(x, places=16, trace=trace)
    movie.picture(trace)
    movie.film(trace)

Time goes to the right, places are rows. An orange square is a writing, a blue disc a reading, and the
grey behind them is how full the place is; their areas are the weights. The lower rows are the gates.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from dpkit.draw import Drawing, Moving
from dpkit.programs.dnc.network import Trace

__all__ = ["film", "picture"]

ORANGE, BLUE, INK, GREY = "#b34700", "#0067a5", "#1f2430", "#cdd4df"
CELL, LEFT, TOP = 18, 108, 34  # pixels: a cell; what is left of the first and above it
SECONDS = 0.5  # for each step


class Run(NamedTuple):
    """One example's run. written, read, usage (T, N); memory (T, N, W); gates name → (T,); places:
    the rows, as numbers of places, in the order in which they were first of use."""

    written: np.ndarray
    read: np.ndarray
    usage: np.ndarray
    memory: np.ndarray
    gates: dict[str, np.ndarray]
    places: list[int]


def run_of(trace: Trace, example: int, least: float) -> Run:
    if not trace:
        raise ValueError("The trace is empty: give a list to `network(x, places, trace=…)` first.")
    if not 0 <= example < len(trace[0][1].usage):
        raise ValueError(f"The trace has {len(trace[0][1].usage)} examples: there is no {example}.")

    def over_time(what: Callable[[Any, Any], Any]) -> np.ndarray:
        rows = [what(says, state)[example].detach().cpu().double() for says, state in trace]
        return np.stack([row.numpy() for row in rows])

    written = over_time(lambda says, state: state.written)
    read = over_time(lambda says, state: state.reads).max(1)
    gates = {
        "write": over_time(lambda says, state: says.gate)[:, 0],
        "in a new place": over_time(lambda says, state: says.allocate)[:, 0],
        "free": over_time(lambda says, state: says.free).max(1),
    }
    for k, name in enumerate(("read back", "read by content", "read on")):
        gates[name] = over_time(lambda says, state: says.modes)[:, :, k].max(1)
    touched = np.maximum(written, read) >= least
    places = [int(n) for n in np.flatnonzero(touched.any(0))]
    places.sort(key=lambda n: (touched[:, n].argmax(), -written[:, n].max()))
    usage = over_time(lambda says, state: state.usage)
    return Run(written, read, usage, over_time(lambda says, state: state.memory), gates, places)


def picture(trace: Trace, example: int = 0, least: float = 0.2) -> Drawing:
    """A still picture. With several heads, a disc is the one that reads most there.

    least: places that were never written to or read from so much are left out. Raises ValueError if
    the trace is empty or has no such example.
    """
    run = run_of(trace, example, least)
    drawn = "".join("".join(column) for column in columns(run))
    return Drawing(frame(run, drawn, wide(run), "", ""), told(run))


def film(trace: Trace, example: int = 0, least: float = 0.2) -> Moving:
    """It starts when it is clicked on: step by step, with what is in the memory beside it.

    A number in memory is a disc of its size: full if it is positive, hollow if it is negative.
    """
    run = run_of(trace, example, least)
    name = (
        "memory_" + hashlib.sha1(np.concatenate([run.written, run.read]).tobytes()).hexdigest()[:8]
    )
    steps, begin = len(run.written), f'begin="{name}.click"'
    drawn = []
    for t, column in enumerate(columns(run)):
        waits = f'<set attributeName="opacity" to="0" {begin} dur="{max(t, 0.01) * SECONDS:.3f}s"/>'
        drawn.append(f"<g>{waits}{''.join(column)}</g>")
    across = ";".join(str(LEFT + CELL * t) for t in range(steps))
    drawn.append(
        f'<rect x="{LEFT + CELL * (steps - 1)}" y="{TOP}" width="{CELL}" height="{high(run)}" '
        f'fill="none" stroke="{INK}" stroke-width="1.5">'
        f'<animate attributeName="x" values="{across}" {timed(begin, steps)}/></rect>'
    )
    drawn.extend(contents(run, begin))
    width = wide(run) + CELL * (run.memory.shape[-1] + 1)
    # (A dash in the name would be a minus to `begin`.)
    svg = frame(
        run, "".join(drawn), width, f' id="{name}" style="cursor:pointer"', "Click to start."
    )
    return Moving(svg, told(run))


def timed(begin: str, steps: int) -> str:
    return f'calcMode="discrete" dur="{steps * SECONDS:.1f}s" {begin}'


def wide(run: Run) -> int:
    return LEFT + CELL * len(run.written) + 20


def high(run: Run) -> int:
    return CELL * (len(run.places) + 1 + len(run.gates))


def columns(run: Run) -> Iterator[list[str]]:
    """For each step, what is drawn in it."""
    below = TOP + CELL * (len(run.places) + 1)
    for t in range(len(run.written)):
        x, column = LEFT + CELL * t, []
        for row, n in enumerate(run.places):
            y = TOP + CELL * row
            column.append(
                f'<rect x="{x}" y="{y}" width="{CELL}" height="{CELL}" fill="{GREY}" '
                f'opacity="{run.usage[t, n]:.2f}"/>'
            )
            column.append(square(x, y, run.written[t, n], ORANGE))
            column.append(disc(x, y, run.read[t, n]))
        for row, values in enumerate(run.gates.values()):
            column.append(square(x, below + CELL * row, values[t], INK))
        yield column


def square(x: float, y: float, value: float, colour: str) -> str:
    """Its area is the value."""
    side = (CELL - 2) * float(np.sqrt(max(value, 0.0)))
    if side < 1.5:
        return ""
    x, y = x + (CELL - side) / 2, y + (CELL - side) / 2
    return f'<rect x="{x:.1f}" y="{y:.1f}" width="{side:.1f}" height="{side:.1f}" fill="{colour}"/>'


def disc(x: float, y: float, value: float) -> str:
    radius = (CELL / 2 - 2) * float(np.sqrt(max(value, 0.0)))
    if radius < 0.8:
        return ""
    middle = f'cx="{x + CELL / 2}" cy="{y + CELL / 2}"'
    return f'<circle {middle} r="{radius:.1f}" fill="{BLUE}" stroke="#fff" stroke-width="1"/>'


def contents(run: Run, begin: str) -> Iterator[str]:
    """What is in the places shown, at the end and, after a click, from step to step."""
    left, steps = wide(run), len(run.written)
    memory = run.memory[:, run.places]
    memory = memory / max(float(np.abs(memory).max()), 1e-9)
    yield f'<text x="{left}" y="{TOP - 8}">in memory</text>'
    for row, column in np.ndindex(memory.shape[1:]):
        values = memory[:, row, column]
        radii = [f"{(CELL / 2 - 2) * np.sqrt(abs(v)):.1f}" for v in values]
        fills = [BLUE if v > 0 else "#fff" for v in values]
        yield (
            f'<circle cx="{left + CELL * (column + 0.5)}" cy="{TOP + CELL * (row + 0.5)}" '
            f'r="{radii[-1]}" fill="{fills[-1]}" stroke="{BLUE}">'
            f'<animate attributeName="r" values="{";".join(radii)}" {timed(begin, steps)}/>'
            f'<animate attributeName="fill" values="{";".join(fills)}" {timed(begin, steps)}/>'
            "</circle>"
        )


def frame(run: Run, drawn: str, width: int, attributes: str, hint: str) -> str:
    """The SVG around what is drawn: names of rows, the key, the text for who cannot see it."""
    names = [f"place {n}" for n in run.places] + [""] + list(run.gates)
    labels = "".join(
        f'<text x="{LEFT - 6}" y="{TOP + CELL * row + 13}" text-anchor="end">{name}</text>'
        for row, name in enumerate(names)
    )
    key = (
        f"{square(LEFT, 8, 1.0, ORANGE)}<text x='{LEFT + 22}' y='21'>written</text>"
        f"{disc(LEFT + 74, 8, 1.0)}<text x='{LEFT + 96}' y='21'>read</text>"
    )
    height = TOP + high(run) + 28
    width = max(width, LEFT + 240)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {width} {height}" '
        f'width="{width}"{attributes} font-family="system-ui, sans-serif" font-size="12">'
        f"<title>{html.escape(told(run))}</title>"
        f'<rect width="{width}" height="{height}" fill="#fff"/>{key}{labels}{drawn}'
        f'<text x="{LEFT}" y="{height - 8}">steps, from left to right. {hint}</text></svg>'
    )


def told(run: Run) -> str:
    """In words: where it wrote and read in each step, where it was sure of it."""

    def steps(weights: np.ndarray) -> str:
        found = [
            f"{n} in step {t}" for t, row in enumerate(weights) for n in run.places if row[n] > 0.5
        ]
        return ", ".join(found) or "nowhere for sure"

    count, of = len(run.places), run.usage.shape[-1]
    return (
        f"A memory in {len(run.written)} steps; {count} of its {of} places are shown. "
        f"Written: {steps(run.written)}. Read: {steps(run.read)}."
    )
