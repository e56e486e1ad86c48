"""Pictures: Params as tables of probabilities, which sharpen as they are learnt; a robot in its maze.

Both stand still, showing the end, until they are clicked on.
"""

from __future__ import annotations

import base64
import hashlib
import html
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpkit.draw import Drawing, Moving
from dpkit.programs.terpret.fit import Fit
from dpkit.programs.terpret.program import Program
from dpkit.render.film import png

__all__ = ["draw_params", "sharpening", "walk"]

INK, GREY, BLUE, VERMILION, PAPER = "#222", "#555", "#0067a5", "#b34700", "#fff"
WIDE, HIGH, CELL = 46, 26, 44  # of a table's cells, and of a maze's; pixels
SIGNS = "■→↑←↓"


def draw_params(params: Mapping[str, Tensor], restart: int = 0) -> Drawing:
    """Each element of each Param as a row, each value that it may have as a column: the darker, the
    likelier. What is likeliest has a frame.

    params: logits {name: (restarts, *dims, size)}, as `Fit` has them.
    """
    table = _probabilities(params, restart)
    return Drawing(*_tables([(0, table)], ""))


def sharpening(fit: Fit, restart: int | None = None, seconds: float = 6.0) -> Moving:
    """The same tables, from the first step of a fit to its last; the best restart if none is named.
    Frames stand where they will be at the end."""
    k = fit.best if restart is None else restart
    frames = [(step, _probabilities(params, k)) for step, params in fit.path]
    return Moving(*_tables(frames, f"{seconds}s"))


def walk(
    program: Program, values: Mapping[str, Any], inputs: Mapping[str, Any],
    learned: Mapping[str, Callable[[Any], int]] | None = None, seconds: float = 8.0,
) -> Moving:  # fmt: skip
    """What the maze program does with one maze: where the robot is, what its register holds, and
    which line is at work.

    inputs: of one example, the signs as pictures or as numbers.
    """
    trace = program.trace(values, inputs, learned)
    halted = np.flatnonzero(trace["dir"] == 0)
    steps = int(halted[0]) + 1 if len(halted) else len(trace["dir"])
    x, y, at = trace["X"][:steps], trace["Y"][:steps], trace["instr_ptr"][:steps]
    signs = np.asarray(inputs["img_grid"])
    wide, high = signs.shape[0] * CELL, signs.shape[1] * CELL
    lines = program.listing(values).splitlines()
    left, top = wide + 40, 16

    def place(cells: np.ndarray) -> list[str]:
        return [str(CELL // 2 + CELL * int(each)) for each in cells]

    moving = _Timing(f"{seconds}s")
    body = [*_maze(signs)]
    points = " ".join(",".join(each) for each in zip(place(x), place(y), strict=True))
    body.append(f'<polyline points="{points}" fill="none" stroke="{BLUE}" stroke-width="3" '
                'stroke-dasharray="4 4" opacity="0.7"/>')  # fmt: skip
    body.append(f'<circle cx="{place(x)[-1]}" cy="{place(y)[-1]}" r="12" fill="{VERMILION}" '
                f'stroke="{PAPER}" stroke-width="3">{moving("cx", place(x))}'
                f"{moving('cy', place(y))}</circle>")  # fmt: skip
    blocks = _blocks(lines)
    for label, (first, last) in blocks.items():
        active = ["1" if k == label and trace["dir"][t] else "0" for t, k in enumerate(at)]
        body.append(f'<rect x="{left - 8}" y="{top + 16 * first}" width="300" rx="4" '
                    f'height="{16 * (last - first)}" fill="{BLUE}" fill-opacity="0.2" opacity='
                    f'"{active[-1]}">{moving("opacity", active)}</rect>')  # fmt: skip
    body += [
        f'<text x="{left}" y="{top + 16 * k + 12}" xml:space="preserve" '
        f'style="font-family:monospace">{html.escape(line)}</text>'
        for k, line in enumerate(lines)
    ]
    below = top + 16 * len(lines) + 24
    says = [
        f"t = {t}, X = {x[t]}, Y = {y[t]}, dir = {d} ({SIGNS[d]}), reg = {trace['reg'][t]}"
        for t, d in enumerate(trace["dir"][:steps])
    ]
    body += moving.words(says, left, below)
    end = "halts" if len(halted) else "is still on its way"
    cells = dict.fromkeys(zip(x.tolist(), y.tolist(), strict=True))
    text = (f"A robot walks through a maze of {signs.shape[0]} × {signs.shape[1]} signs, by the cells "
            f"{', '.join(map(str, cells))}, and {end} with reg = {trace['reg'][steps - 1]}.")  # fmt: skip
    return Moving(_svg(body, left + 320, max(high, below) + 34, text, click=True), text)


class _Timing:
    """Attributes that take one value after the other from the click on; nothing, if it is still."""

    def __init__(self, seconds: str) -> None:
        self.seconds = seconds

    def __call__(self, attribute: str, values: Sequence[str]) -> str:
        if not self.seconds or len(set(values)) == 1:
            return ""
        return (f'<animate attributeName="{attribute}" values="{";".join(values)}" '
                f'dur="{self.seconds}" calcMode="discrete" begin="#id.click" fill="freeze"/>')  # fmt: skip

    def words(self, texts: Sequence[str], x: float, y: float) -> Iterator[str]:
        """One text after the other, in the same place; the last stays."""
        for k, text in enumerate(texts):
            shown = ["1" if k == t else "0" for t in range(len(texts))]
            yield (f'<text x="{x}" y="{y}" opacity="{shown[-1]}">{html.escape(text)}'
                   f"{self('opacity', shown)}</text>")  # fmt: skip


def _tables(
    frames: Sequence[tuple[int, Mapping[str, np.ndarray]]], seconds: str
) -> tuple[str, str]:
    """The picture and its text. frames: (step, {name: probabilities (*dims, size)})."""
    moving, body, told = _Timing(seconds), [], []
    x, tallest = 12, 0
    for name, last in frames[-1][1].items():
        rows = last.reshape(-1, last.shape[-1])
        labels = [name + "".join(f"[{k}]" for k in index) for index in np.ndindex(last.shape[:-1])]
        left = x + 8 * max(map(len, labels)) + 8
        for k in range(rows.shape[1]):
            body.append(_middle(left + WIDE * (k + 0.5), 24, str(k), GREY))
        for j, label in enumerate(labels):
            y, best = 32 + HIGH * j, int(rows[j].argmax())
            told.append(f"{label} is {best} with probability {rows[j, best]:.2f}")
            body.append(f'<text x="{left - 6}" y="{y + 18}" text-anchor="end">{label}</text>')
            for k, p in enumerate(rows[j]):
                way = [f"{each[name].reshape(rows.shape)[j, k]:.2f}" for _, each in frames]
                body.append(f'<rect x="{left + WIDE * k + 2}" y="{y + 2}" width="{WIDE - 4}" '
                            f'height="{HIGH - 4}" fill="{BLUE}" stroke="{INK if k == best else "#ccc"}" '
                            f'stroke-width="{2.5 if k == best else 1}" fill-opacity="{p:.2f}">'
                            f"{moving('fill-opacity', way)}</rect>")  # fmt: skip
                if k == best:  # the number is that of the last frame, and seen in that alone
                    last_alone = moving("opacity", [*"0" * (len(frames) - 1), "1"])
                    body.append(_middle(left + WIDE * (k + 0.5), y + 18, f"{p:.2f}{last_alone}",
                                        PAPER if p > 0.5 else INK))  # fmt: skip
        x, tallest = left + WIDE * rows.shape[1] + 24, max(tallest, 32 + HIGH * len(labels))
    if seconds:
        texts = [f"after {step} steps" for step, _ in frames]
        body += moving.words(texts, 12, tallest + 22)
    text = "; ".join(told) + "."
    return _svg(
        body, max(x, 330), tallest + (46 if seconds else 8), text, click=bool(seconds)
    ), text


def _middle(x: float, y: float, text: str, ink: str, size: int = 13) -> str:
    return (f'<text x="{x:g}" y="{y:g}" text-anchor="middle" fill="{ink}" font-size="{size}">'
            f"{text}</text>")  # fmt: skip


def _maze(signs: np.ndarray) -> Iterator[str]:
    """The cells: pictures as one image, numbers as arrows."""
    wide, high = signs.shape[:2]
    if signs.ndim == 4:
        ink = signs.transpose(1, 2, 0, 3).reshape(high * signs.shape[2], wide * signs.shape[3])
        data = base64.b64encode(png(1 - np.clip(ink, 0, 1))).decode()
        yield (f'<image width="{wide * CELL}" height="{high * CELL}" preserveAspectRatio="none" '
               f'style="image-rendering:pixelated" href="data:image/png;base64,{data}"/>')  # fmt: skip
    else:
        for x, y in np.ndindex(wide, high):
            yield _middle(CELL * (x + 0.5), CELL * (y + 0.5) + 6, SIGNS[signs[x, y]], GREY, 22)
    for k in range(wide + 1):
        yield f'<path d="M{k * CELL} 0V{high * CELL}" stroke="#ccc"/>'
    for k in range(high + 1):
        yield f'<path d="M0 {k * CELL}H{wide * CELL}" stroke="#ccc"/>'


def _blocks(lines: Sequence[str]) -> dict[int, tuple[int, int]]:
    """The lines from … to … of each label L0, L1, … of a listing."""
    starts = {int(line.strip()[1:-1]): k for k, line in enumerate(lines)
              if line.strip()[:1] == "L" and line.strip()[1:-1].isdigit()}  # fmt: skip
    blocks = {}
    for label, first in starts.items():
        depth, last = len(lines[first]) - len(lines[first].lstrip()), first + 1
        while last < len(lines) and len(lines[last]) - len(lines[last].lstrip()) > depth:
            last += 1
        blocks[label] = first, last
    return blocks


def _probabilities(params: Mapping[str, Tensor], restart: int) -> dict[str, np.ndarray]:
    return {
        name: torch.softmax(each[restart].detach(), -1).cpu().numpy()
        for name, each in params.items()
    }


def _svg(body: Sequence[str], wide: float, high: float, text: str, click: bool) -> str:
    inside = "\n".join(body)
    name = "t" + hashlib.sha1(inside.encode()).hexdigest()[:8]
    if click:
        inside += f'<text x="12" y="{high - 4:.0f}" fill="{GREY}">Click to start.</text>'
    cursor = "cursor:pointer;" if click else ""
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" id="{name}" role="img" '
        f'viewBox="0 0 {wide:.0f} {high + 8:.0f}" width="{wide:.0f}" style="{cursor}max-width:100%;'
        f'height:auto;background:{PAPER};font:13px sans-serif"><title>{html.escape(text)}</title>\n'
        + inside.replace("#id", name)
        + "</svg>"
    )
