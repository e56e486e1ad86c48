"""The parts of a picture of a graph: boxes, arrows and words, at their places in pixels, as SVG.

Values are blue and stand above, adjoints are orange, stand below and carry a ∂; so nothing is said
by colour alone.
"""

from __future__ import annotations

import hashlib
import html
import re
import uuid
from collections.abc import Iterator
from pathlib import Path

from dpkit.draw.graph import Node
from dpkit.draw.layout import Layout

__all__ = [
    "Animation",
    "Drawing",
    "Picture",
    "badge",
    "box",
    "digits",
    "edge",
    "shown_value",
    "write",
]

BLUE, ORANGE, INK, PALE = "#0067a5", "#b34700", "#1f2430", "#8a93a3"
_COLUMN, _ROW, _HEIGHT, _MARGIN = 62, 78, 58, 14  # gap between columns, rows, box height; pixels
_WIDEST = 1600

_STYLE = f"""
text {{ font: 13px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; text-anchor: middle; }}
.box {{ fill: #fff; stroke: {INK}; stroke-width: 1.2; }}
.leaf {{ fill: #f1f4f8; }}
.result {{ stroke-width: 2.6; }}
.folded {{ stroke-dasharray: 4 3; }}
.times {{ font-size: 12px; font-weight: 600; fill: #fff; }}
.badge {{ fill: {INK}; }}
.label {{ font-weight: 600; fill: {INK}; }}
.value {{ fill: {BLUE}; }}
.adjoint {{ fill: {ORANGE}; font-weight: 600; }}
.edge {{ fill: none; stroke: {PALE}; stroke-width: 1.4; }}
.passing {{ font-size: 12px; font-weight: 400; }}
.slope {{ font-size: 11px; fill: {INK}; paint-order: stroke; stroke: #fff; stroke-width: 4px; }}
"""


class Drawing:
    """A picture: shown in a notebook as it is, elsewhere through `save`; `str` describes it.

    svg: the picture, complete in itself.
    """

    def __init__(self, svg: str, text: str) -> None:
        self.svg = svg
        self._text = text

    def _repr_svg_(self) -> str:
        return self.svg

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return self._text

    def save(self, path: str | Path) -> None:
        """Write the picture to a file; the name should end in .svg."""
        Path(path).write_text(self.svg, encoding="utf-8")


class Animation(Drawing):
    """A picture that moves once and then rests. In a notebook it has a box to pause it."""

    def _repr_html_(self) -> str:
        name = "pause-" + hashlib.sha1(self.svg.encode()).hexdigest()[:8]
        return (
            f"<div><input type='checkbox' id='{name}'><label for='{name}'> pause</label>"
            f"<style>#{name}:checked ~ svg * {{ animation-play-state: paused !important; }}</style>"
            f"<br>{self.svg}</div>"
        )


class Moving(Drawing):
    """A picture that moves when it is clicked on, and not before.

    Its SVG holds the motion: animations that begin with a click, `begin="name.click"`. A notebook
    shows a plain `Drawing` as an image, which cannot be clicked; this one is put into the page as it
    is, but for the names that are waited for. Those are new each time: of two pictures with the same
    name a page would start the first, whichever is clicked.
    """

    def _repr_html_(self) -> str:
        page, own = self.svg, uuid.uuid4().hex[:8]
        for name in set(re.findall(r"\b(\w+)\.click\b", page)):
            page = re.sub(rf"\b{name}(?=\.(?:click|begin|end)\b)", f"{name}_{own}", page)
            page = page.replace(f'id="{name}"', f'id="{name}_{own}"')
        return page


class Picture:
    """The nodes with their places in pixels."""

    def __init__(self, nodes: list[Node], layout: Layout) -> None:
        self.nodes, self.layout = nodes, layout
        columns = 1 + max(layout.layer)
        self.widths = [
            max([width(node) for node, column in zip(nodes, layout.layer, strict=True)
                 if column == c] or [20.0])
            for c in range(columns)
        ]  # fmt: skip
        self.lefts = [_MARGIN + sum(self.widths[:c]) + c * _COLUMN for c in range(columns)]
        # A stack and its badge reach beyond its box.
        self.above = _MARGIN + (18 if any(node.times for node in nodes) else 0)
        heights = layout.height + [y for chain in layout.bends.values() for _, y in chain]
        self.top = min(heights)
        self.wide = self.lefts[-1] + self.widths[-1] + _MARGIN
        self.high = (max(heights) - self.top) * _ROW + _HEIGHT + _MARGIN + self.above

    def middle(self, column: int, height: float) -> tuple[float, float]:
        x = self.lefts[column] + self.widths[column] / 2
        return x, self.above + _HEIGHT / 2 + (height - self.top) * _ROW

    def centre(self, k: int) -> tuple[float, float]:
        return self.middle(self.layout.layer[k], self.layout.height[k])

    def edge(self, parent: int, child: int) -> str:
        """The path of an edge, from the right of the parent to the left of the child."""
        x, y = self.centre(parent)
        x += width(self.nodes[parent]) / 2
        points = [(x, y)]
        for column, height in self.layout.bends[parent, child]:
            _, y = self.middle(column, height)
            points += [(self.lefts[column], y), (self.lefts[column] + self.widths[column], y)]
        x, y = self.centre(child)
        points.append((x - width(self.nodes[child]) / 2 - 5, y))
        path = [f"M{points[0][0]:.1f} {points[0][1]:.1f}"]
        for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
            half = (x1 - x0) / 2
            path.append(f"C{x0 + half:.1f} {y0:.1f} {x1 - half:.1f} {y1:.1f} {x1:.1f} {y1:.1f}")
        return " ".join(path)

    def edge_label(self, parent: int, child: int) -> tuple[float, float]:
        """Where the local derivative is written: on the way into the child."""
        x1, y1 = self.centre(child)
        bends = self.layout.bends[parent, child]
        y0 = self.middle(*bends[-1])[1] if bends else self.centre(parent)[1]
        return x1 - width(self.nodes[child]) / 2 - _COLUMN * 0.44, y1 + (y0 - y1) * 0.4 - 5

    def svg(self, shapes: Iterator[str], text: str) -> str:
        body = "\n".join(shapes)
        name = hashlib.sha1((body + text).encode()).hexdigest()[:8]
        title = f"Graph of a computation with {len(self.nodes)} boxes"
        # Shrunk to the width of a page, a very wide picture could not be read; let it be scrolled.
        fit = "max-width:100%;" if self.wide <= _WIDEST else ""
        # Styles would reach everything else on the page without the name in front of them.
        style = "\n".join(
            f"#g{name} {line}" if line[:1] in {".", "t"} else line for line in _STYLE.split("\n")
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="g{name}" role="img" '
            f'aria-labelledby="t{name} d{name}" viewBox="0 0 {self.wide:.0f} {self.high:.0f}" '
            f'width="{self.wide:.0f}" height="{self.high:.0f}" '
            f'style="{fit}height:auto;background:#fff">\n'
            f'<title id="t{name}">{title}</title>\n'
            f'<desc id="d{name}">{html.escape(text)}</desc>\n'
            f"<style>{style}</style>\n"
            f'<defs><marker id="a{name}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="9" '
            f'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{PALE}"/></marker></defs>\n'
            + body.replace("url(#arrow)", f"url(#a{name})").replace("#picture", f"#g{name}")
            + "\n</svg>"
        )


def edge(picture: Picture, parent: int, child: int, more: str = "") -> str:
    path = picture.edge(parent, child)
    return f'<path class="edge" d="{path}" marker-end="url(#arrow)"{more}/>'


def box(picture: Picture, k: int, more: str = "") -> str:
    node = picture.nodes[k]
    x, y = picture.centre(k)
    wide = width(node)
    kind = "box"
    cut_off = node.folded and not node.times
    kind += " folded" if cut_off else "" if node.parents else " leaf"
    kind += " result" if k == len(picture.nodes) - 1 else ""
    boxes = [
        f'<rect class="{kind}" x="{x - wide / 2 + off:.1f}" y="{y - _HEIGHT / 2 - off:.1f}" '
        f'width="{wide:.1f}" height="{_HEIGHT}" rx="{10 if node.parents else 2}"{more}/>'
        for off in ((8, 4, 0) if node.times else (0,))
    ]
    return "\n".join(boxes)


def badge(picture: Picture, k: int) -> Iterator[str]:
    """How often a stack was repeated, on a label at its upper right."""
    node = picture.nodes[k]
    if not node.times:
        return
    x, y = picture.centre(k)
    text = f"× {node.times}"
    wide = 7.0 * len(text) + 12
    x, y = x + width(node) / 2 + 8 - wide / 2, y - _HEIGHT / 2 - 12
    yield (
        f'<rect class="badge" x="{x - wide / 2:.1f}" y="{y - 9:.1f}" width="{wide:.1f}" '
        f'height="18" rx="9"/><text class="times" x="{x:.1f}" y="{y + 4.5:.1f}">{text}</text>'
    )


def shown_value(node: Node) -> str:
    """The value; of a stack, the one at which it arrives."""
    return (
        f"→ {digits(node.value)}" if node.times and node.value is not None else digits(node.value)
    )


def write(picture: Picture, k: int, below: float, text: str, kind: str, more: str = "") -> str:
    x, y = picture.centre(k)
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y + below:.1f}"{more}>{html.escape(text)}</text>'
        if text
        else ""
    )


def width(node: Node) -> float:
    longest = max(len(node.label) * 7.6, len(shown_value(node)) * 7.4,
                  len(digits(node.grad)) * 7.4 + 14)  # fmt: skip
    return max(78.0, longest + 18)


def digits(x: float | None, count: int = 4) -> str:
    return "" if x is None else f"{x:.{count}g}".replace("-", "−")
