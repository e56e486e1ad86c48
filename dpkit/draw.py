"""Pictures of computations: what was computed from what, and how the chain rule comes back.

Values are blue and stand above, adjoints are orange, stand below and carry a ∂; so nothing is said
by colour alone. The pictures are SVG, written here, without any other program. Each has a text
alternative: print it.
"""

from __future__ import annotations

import hashlib
import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from dpkit.graph import Node, fold, read_graph
from dpkit.layout import Layout, lay_out

__all__ = ["Drawing", "animate_graph", "draw_graph"]

_MOST_NODES = 60
_BLUE, _ORANGE, _INK, _PALE = "#0067a5", "#b34700", "#1f2430", "#8a93a3"
_COLUMN, _ROW, _HEIGHT, _MARGIN = 62, 78, 58, 14  # gap between columns, rows, box height; pixels
_STEP = 0.7  # seconds for each step of an animation

_STYLE = f"""
text {{ font: 13px system-ui, 'Segoe UI', Helvetica, Arial, sans-serif; text-anchor: middle; }}
.box {{ fill: #fff; stroke: {_INK}; stroke-width: 1.2; }}
.leaf {{ fill: #f1f4f8; }}
.result {{ stroke-width: 2.6; }}
.folded {{ stroke-dasharray: 4 3; }}
.label {{ font-weight: 600; fill: {_INK}; }}
.value {{ fill: {_BLUE}; }}
.adjoint {{ fill: {_ORANGE}; font-weight: 600; }}
.edge {{ fill: none; stroke: {_PALE}; stroke-width: 1.4; }}
.passing {{ font-size: 12px; font-weight: 400; }}
.slope {{ font-size: 11px; fill: {_INK}; paint-order: stroke; stroke: #fff; stroke-width: 4px; }}
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


def draw_graph(result: Any, partials: bool | None = None) -> Drawing:
    """Draw the graph of a computation.

    result: a `Scalar`, or any object with ``value`` (or ``data``) and ``parents``; ``partials``,
    ``grad``, ``name`` and ``op`` are shown where they exist.
    partials: whether to write the local derivatives on the edges; by default, in small graphs.

    Each box shows a name or an operation, the value and, after a backward pass, the adjoint. Of a
    graph with more than 60 values, the end and some inputs are drawn and the rest is folded into
    one box.

    Raises TypeError if the result has no graph.
    """
    everything = read_graph(result)
    nodes = fold(everything, _MOST_NODES)
    if partials is None:
        partials = len(nodes) <= 16
    picture = _Picture(nodes, lay_out([node.parents for node in nodes]))
    text = _describe(nodes, len(everything))
    return Drawing(picture.svg(_shapes(picture, partials), text), text)


def animate_graph(result: Any) -> Drawing:
    """Draw the graph of a computation, and let it happen.

    First the values appear, in the order in which they were computed. Then the result receives the
    adjoint 1, and every value passes its adjoint back to its parents, times the local derivatives;
    a value that was used twice is seen to collect twice.

    result: as for `draw_graph`. Where the nodes know no local derivatives, the adjoints appear
    without being seen on their way.

    The picture is one SVG and moves by itself, once. Where movement is unwanted (the reader's
    system says so) or impossible, it is the still picture of `draw_graph`.
    """
    everything = read_graph(result)
    nodes = fold(everything, _MOST_NODES)
    picture = _Picture(nodes, lay_out([node.parents for node in nodes]))
    text = _describe(nodes, len(everything))
    return Animation(picture.svg(_moving_shapes(picture), text), text)


# The still picture -------------------------------------------------------------------------------


class _Picture:
    """The nodes with their places in pixels."""

    def __init__(self, nodes: list[Node], layout: Layout) -> None:
        self.nodes, self.layout = nodes, layout
        columns = 1 + max(layout.layer)
        self.widths = [
            max([_width(node) for node, column in zip(nodes, layout.layer, strict=True)
                 if column == c] or [20.0])
            for c in range(columns)
        ]  # fmt: skip
        self.lefts = [_MARGIN + sum(self.widths[:c]) + c * _COLUMN for c in range(columns)]
        heights = layout.height + [y for chain in layout.bends.values() for _, y in chain]
        self.top = min(heights)
        self.wide = self.lefts[-1] + self.widths[-1] + _MARGIN
        self.high = (max(heights) - self.top) * _ROW + _HEIGHT + 2 * _MARGIN

    def middle(self, column: int, height: float) -> tuple[float, float]:
        x = self.lefts[column] + self.widths[column] / 2
        return x, _MARGIN + _HEIGHT / 2 + (height - self.top) * _ROW

    def centre(self, k: int) -> tuple[float, float]:
        return self.middle(self.layout.layer[k], self.layout.height[k])

    def edge(self, parent: int, child: int) -> str:
        """The path of an edge, from the right of the parent to the left of the child."""
        x, y = self.centre(parent)
        x += _width(self.nodes[parent]) / 2
        points = [(x, y)]
        for column, height in self.layout.bends[parent, child]:
            _, y = self.middle(column, height)
            points += [(self.lefts[column], y), (self.lefts[column] + self.widths[column], y)]
        x, y = self.centre(child)
        points.append((x - _width(self.nodes[child]) / 2 - 5, y))
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
        return x1 - _width(self.nodes[child]) / 2 - _COLUMN * 0.44, y1 + (y0 - y1) * 0.4 - 5

    def svg(self, shapes: Iterator[str], text: str) -> str:
        body = "\n".join(shapes)
        name = hashlib.sha1((body + text).encode()).hexdigest()[:8]
        title = f"Graph of a computation with {len(self.nodes)} boxes"
        # Styles would reach everything else on the page without the name in front of them.
        style = "\n".join(
            f"#g{name} {line}" if line[:1] in {".", "t"} else line for line in _STYLE.split("\n")
        )
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" id="g{name}" role="img" '
            f'aria-labelledby="t{name} d{name}" viewBox="0 0 {self.wide:.0f} {self.high:.0f}" '
            f'width="{self.wide:.0f}" height="{self.high:.0f}" '
            'style="max-width:100%;height:auto;background:#fff">\n'
            f'<title id="t{name}">{title}</title>\n'
            f'<desc id="d{name}">{html.escape(text)}</desc>\n'
            f"<style>{style}</style>\n"
            f'<defs><marker id="a{name}" viewBox="0 0 8 8" refX="6" refY="4" markerWidth="9" '
            f'markerHeight="9" markerUnits="userSpaceOnUse" orient="auto">'
            f'<path d="M0 0L8 4L0 8z" fill="{_PALE}"/></marker></defs>\n'
            + body.replace("url(#arrow)", f"url(#a{name})").replace("#picture", f"#g{name}")
            + "\n</svg>"
        )


def _shapes(picture: _Picture, partials: bool) -> Iterator[str]:
    for child, node in enumerate(picture.nodes):
        for parent in dict.fromkeys(node.parents):
            yield _edge(picture, parent, child)
    for k, node in enumerate(picture.nodes):
        yield _box(picture, k)
        yield _text(picture, k, -13, node.label, "label")
        yield _text(picture, k, 5, _digits(node.value), "value")
        if node.grad is not None:
            yield _text(picture, k, 22, f"∂ {_digits(node.grad)}", "adjoint")
    if partials:
        yield from _slopes(picture)


def _edge(picture: _Picture, parent: int, child: int, more: str = "") -> str:
    path = picture.edge(parent, child)
    return f'<path class="edge" d="{path}" marker-end="url(#arrow)"{more}/>'


def _box(picture: _Picture, k: int, more: str = "") -> str:
    node = picture.nodes[k]
    x, y = picture.centre(k)
    wide = _width(node)
    kind = "box"
    kind += " folded" if node.folded else "" if node.parents else " leaf"
    kind += " result" if k == len(picture.nodes) - 1 else ""
    return (
        f'<rect class="{kind}" x="{x - wide / 2:.1f}" y="{y - _HEIGHT / 2:.1f}" '
        f'width="{wide:.1f}" height="{_HEIGHT}" rx="{10 if node.parents else 2}"{more}/>'
    )


def _text(picture: _Picture, k: int, below: float, text: str, kind: str, more: str = "") -> str:
    x, y = picture.centre(k)
    return (
        f'<text class="{kind}" x="{x:.1f}" y="{y + below:.1f}"{more}>{html.escape(text)}</text>'
        if text
        else ""
    )


def _slopes(picture: _Picture) -> Iterator[str]:
    for child, node in enumerate(picture.nodes):
        edges: dict[int, list[str]] = {}
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            if slope is not None:
                edges.setdefault(parent, []).append(_digits(slope, 3))
        for parent, texts in edges.items():
            x, y = picture.edge_label(parent, child)
            # A value used twice by one operation has one arrow, with both local derivatives.
            text = " and ".join(texts)
            yield f'<text class="slope" x="{x:.1f}" y="{y:.1f}">{text}</text>'


def _width(node: Node) -> float:
    longest = max(len(node.label) * 7.6, len(_digits(node.value)) * 7.4,
                  len(_digits(node.grad)) * 7.4 + 14)  # fmt: skip
    return max(78.0, longest + 18)


def _digits(x: float | None, count: int = 4) -> str:
    return "" if x is None else f"{x:.{count}g}".replace("-", "−")


# The moving picture ------------------------------------------------------------------------------


def _moving_shapes(picture: _Picture) -> Iterator[str]:
    nodes = picture.nodes
    forward, backward = _timetable(nodes)
    yield (
        "<style>"
        "@keyframes appear { from { opacity: 0; } to { opacity: 1; } }"
        "@keyframes stay { from, to { opacity: 1; } }"
        f"@keyframes glow {{ 0%, 100% {{ stroke: {_INK}; stroke-width: 1.2; }}"
        f" 50% {{ stroke: {_BLUE}; stroke-width: 4; }} }}"
        f"@keyframes flow {{ 0%, 100% {{ stroke: {_PALE}; stroke-width: 1.4; }}"
        f" 50% {{ stroke: {_ORANGE}; stroke-width: 4; }} }}"
        "#picture .passing { opacity: 0; }"
        "@media (prefers-reduced-motion: reduce)"
        " { #picture * { animation: none !important; } }"
        "</style>"
    )
    sending = {edge: time for time, edge, _ in backward}
    for child, node in enumerate(nodes):
        for parent in dict.fromkeys(node.parents):
            when = sending.get((parent, child))
            yield _edge(picture, parent, child, _animated("flow", when, 1.2 * _STEP))
    for k, node in enumerate(nodes):
        yield _box(picture, k, _animated("glow", forward[k], 1.2 * _STEP))
        yield _text(picture, k, -13, node.label, "label")
        yield _text(picture, k, 5, _digits(node.value), "value",
                    _animated("appear", forward[k], 0.4, "both"))  # fmt: skip
    yield from _collected(picture, backward, max(forward) + 2 * _STEP)


def _timetable(
    nodes: list[Node],
) -> tuple[list[float], list[tuple[float, tuple[int, int], float | None]]]:
    """When each value appears, and when each edge carries what back: (time, edge, contribution)."""
    forward = [_STEP * k for k in range(len(nodes))]
    time = forward[-1] + 2 * _STEP
    adjoints: list[float | None] = [0.0] * len(nodes)
    adjoints[-1] = 1.0
    backward: list[tuple[float, tuple[int, int], float | None]] = []
    for child in range(len(nodes) - 1, -1, -1):
        node = nodes[child]
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            time += _STEP
            above, known = adjoints[child], adjoints[parent]
            share = None if slope is None or above is None else above * slope
            adjoints[parent] = None if known is None or share is None else known + share
            backward.append((time, (parent, child), share))
    return forward, backward


def _collected(
    picture: _Picture, backward: list[tuple[float, tuple[int, int], float | None]], start: float
) -> Iterator[str]:
    """The adjoints: what has been collected so far, after each contribution, and at last in full."""
    nodes = picture.nodes
    arrivals: dict[int, list[tuple[float, float | None]]] = {len(nodes) - 1: [(start, 1.0)]}
    for time, (parent, _), share in backward:
        arrivals.setdefault(parent, []).append((time + _STEP / 2, share))
    for k, received in arrivals.items():
        total: float | None = 0.0
        for n, (time, share) in enumerate(received):
            total = None if total is None or share is None else total + share
            if n + 1 < len(received):
                if total is not None:
                    until = received[n + 1][0]
                    yield _text(picture, k, 22, f"∂ {_digits(total)} + …", "adjoint passing",
                                _animated("stay", time, until - time))  # fmt: skip
                continue
            final = nodes[k].grad if nodes[k].grad is not None else total
            if final is not None:
                yield _text(picture, k, 22, f"∂ {_digits(final)}", "adjoint",
                            _animated("appear", time, 0.4, "both"))  # fmt: skip


def _animated(name: str, when: float | None, seconds: float, fill: str = "none") -> str:
    if when is None:
        return ""
    return f' style="animation: {name} {seconds:.2f}s {when:.2f}s {fill}"'


# In words ----------------------------------------------------------------------------------------


def _describe(nodes: list[Node], count: int) -> str:
    """The text alternative: one line for each node."""
    values = "1 value" if count == 1 else f"{count} values, the last one is the result"
    lines = [f"Graph of a computation: {values}."]
    for node in nodes:
        if node.folded:
            lines.append(f"… {node.folded} values are not shown …")
            continue
        line = node.name
        _, _, operation = node.label.rpartition(" = ")
        if node.parents:
            sources = ", ".join(nodes[p].name for p in node.parents)
            line += f" = {operation} of {sources}"
        if node.value is not None:
            line += f"; value {node.value:.6g}"
        if node.grad is not None:
            line += f"; adjoint {node.grad:.6g}"
        lines.append(line)
    return "\n".join(lines)
