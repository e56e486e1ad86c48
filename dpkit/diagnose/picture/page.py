"""What a picture is drawn on: an SVG that grows from top to bottom, and the colours of numbers."""

from __future__ import annotations

import hashlib
import html
import math
from dataclasses import dataclass

import numpy as np

__all__ = ["LINE", "MARGIN", "Page", "Scale", "clean"]

MARGIN, LINE = 6.0, 18.0  # pixels
_BLUE, _ORANGE, _GREY = (0x1D, 0x5F, 0xA9), (0xE0, 0x76, 0x0F), "#777777"

_STYLE = """
text { font: 12px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif;
 font-variant-numeric: tabular-nums; fill: var(--jp-content-font-color1, #1b1b1b); }
.name { font-weight: 600; }
.quiet { fill: var(--jp-content-font-color2, #555555); }
.cell { text-anchor: middle; }
.row { text-anchor: end; }
.raw { font-family: ui-monospace, Menlo, Consolas, monospace; }
"""


def clean(text: str) -> str:
    """One line of text without anything that XML forbids or a terminal would obey."""
    return "".join(c if c.isprintable() else " " for c in text)


class Page:
    """What has been drawn so far, from top to bottom."""

    def __init__(self) -> None:
        self.shapes: list[str] = []
        self.y, self.wide = MARGIN, 200.0

    def write(self, x: float, y: float, text: str, kind: str = "", fill: str = "") -> None:
        colour = f' style="fill:{fill}"' if fill else ""
        self.shapes.append(
            f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}"{colour}>{html.escape(clean(text))}</text>'
        )
        if kind != "cell":
            self.reach(x + 7.2 * len(text) if kind != "row" else x)

    def say(self, text: str, kind: str = "") -> None:
        """A line of text of its own."""
        self.y += LINE
        self.write(MARGIN, self.y - 5, text, kind)

    def reach(self, x: float) -> None:
        self.wide = max(self.wide, x + MARGIN)

    def svg(self, text: str) -> str:
        body = "\n".join(self.shapes)
        described = html.escape("\n".join(clean(line) for line in text.split("\n")))
        name = hashlib.sha1((body + described).encode()).hexdigest()[:8]
        high = self.y + MARGIN
        # Styles would reach everything else on the page without the name in front of them.
        style = "".join(
            f"#m{name} {line}" if line[:1] in {".", "t"} else line for line in _STYLE.split("\n")
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="m{name}" role="img" '
            f'aria-labelledby="mt{name} md{name}" viewBox="0 0 {self.wide:.0f} {high:.0f}" '
            f'width="{self.wide:.0f}" height="{high:.0f}" style="max-width:100%;height:auto">\n'
            f'<title id="mt{name}">What came back, what was expected, and the difference</title>\n'
            f'<desc id="md{name}">{described}</desc>\n<style>{style}</style>\n{body}\n</svg>'
        )


@dataclass(frozen=True)
class Scale:
    """Colours for the numbers from -limit to limit."""

    limit: float

    @staticmethod
    def over(*arrays: np.ndarray) -> Scale:
        sizes = (np.max(np.abs(a), initial=0.0, where=np.isfinite(a)) for a in arrays)
        return Scale(float(max(sizes, default=0.0)))

    def place(self, x: float) -> float:
        """From -1 to 1."""
        return x / self.limit if self.limit else 0.0

    def colour(self, x: float) -> str:
        if not math.isfinite(x):
            return _GREY
        place = self.place(x)
        end = _BLUE if place < 0 else _ORANGE
        return "#" + "".join(f"{round(255 + (c - 255) * abs(place)):02x}" for c in end)

    def ink(self, x: float) -> str:
        """The colour of a number that is written on its own colour: the one of more contrast."""
        colour = self.colour(x)
        red, green, blue = (int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5))
        # Relative luminance as in WCAG 2.2, with the power 2.2 for its two-piece curve.
        light = 0.2126 * red**2.2 + 0.7152 * green**2.2 + 0.0722 * blue**2.2
        return "#ffffff" if light < 0.18 else "#000000"
