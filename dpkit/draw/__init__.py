"""Pictures of computations: what was computed from what, and how the chain rule comes back.

The pictures are SVG, written here, without any other program. Each has a text alternative: print
it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dpkit.draw.folding import cut, fold_repeats
from dpkit.draw.graph import Node, read_graph
from dpkit.draw.layout import lay_out
from dpkit.draw.moving import moving_shapes
from dpkit.draw.picture import (
    Animation,
    Drawing,
    Moving,
    Picture,
    badge,
    box,
    digits,
    edge,
    shown_value,
    write,
)
from dpkit.draw.watch import Score, watch

__all__ = ["Drawing", "Moving", "Score", "animate_graph", "draw_graph", "watch"]

_MOST_NODES = 60


def draw_graph(result: Any, partials: bool | None = None, fold: bool | None = None) -> Drawing:
    """Draw the graph of a computation.

    result: a `Scalar`, or any object with ``value`` (or ``data``) and ``parents``; ``partials``,
    ``grad``, ``name`` and ``op`` are shown where they exist.
    partials: whether to write the local derivatives on the edges; by default, in small graphs.
    fold: whether to draw what is done again and again, as in a loop, only once: as a stack of boxes
    that says how often, and shows the value and the adjoint of the last round. By default, so it is
    in graphs with more than 60 values; False draws every value, however large the picture. What is
    folded and still too large is cut short: its end and some inputs are drawn, and one box stands
    for the rest.

    Each box shows a name or an operation, the value and, after a backward pass, the adjoint.

    Raises TypeError if the result has no graph.
    """
    nodes, text = _shown(result, fold)
    if partials is None:
        partials = len(nodes) <= 16
    picture = Picture(nodes, lay_out([node.parents for node in nodes]))
    return Drawing(picture.svg(_shapes(picture, partials), text), text)


def animate_graph(result: Any, fold: bool | None = None) -> Drawing:
    """Draw the graph of a computation, and let it happen.

    First the values appear, in the order in which they were computed. Then the result receives the
    adjoint 1, and every value passes its adjoint back to its parents, times the local derivatives;
    a value that was used twice is seen to collect twice.

    result, fold: as for `draw_graph`. Where the nodes know no local derivatives, the adjoints appear
    without being seen on their way.

    The picture is one SVG and moves by itself, once. Where movement is unwanted (the reader's
    system says so) or impossible, it is the still picture of `draw_graph`.
    """
    nodes, text = _shown(result, fold)
    picture = Picture(nodes, lay_out([node.parents for node in nodes]))
    return Animation(picture.svg(moving_shapes(picture), text), text)


def _shown(result: Any, fold: bool | None) -> tuple[list[Node], str]:
    """The nodes that are drawn, and the text alternative."""
    everything = nodes = read_graph(result)
    if fold or (fold is None and len(everything) > _MOST_NODES):
        nodes = cut(fold_repeats(everything), _MOST_NODES)
    return nodes, _describe(nodes, len(everything))


def _shapes(picture: Picture, partials: bool) -> Iterator[str]:
    for child, node in enumerate(picture.nodes):
        for parent in dict.fromkeys(node.parents):
            yield edge(picture, parent, child)
    for k, node in enumerate(picture.nodes):
        yield box(picture, k)
        yield write(picture, k, -13, node.label, "label")
        yield write(picture, k, 5, shown_value(node), "value")
        yield from badge(picture, k)
        if node.grad is not None:
            yield write(picture, k, 22, f"∂ {digits(node.grad)}", "adjoint")
    if partials:
        yield from _slopes(picture)


def _slopes(picture: Picture) -> Iterator[str]:
    for child, node in enumerate(picture.nodes):
        edges: dict[int, list[str]] = {}
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            if slope is not None:
                edges.setdefault(parent, []).append(digits(slope, 3))
        for parent, texts in edges.items():
            x, y = picture.edge_label(parent, child)
            # A value used twice by one operation has one arrow, with both local derivatives.
            text = " and ".join(texts)
            yield f'<text class="slope" x="{x:.1f}" y="{y:.1f}">{text}</text>'


# In words ----------------------------------------------------------------------------------------


def _describe(nodes: list[Node], count: int) -> str:
    """The text alternative: one line for each node."""
    values = "1 value" if count == 1 else f"{count} values, the last one is the result"
    lines = [f"Graph of a computation: {values}."]
    if any(node.times for node in nodes):
        lines.append(
            f"What is repeated is folded into stacks: {len(nodes)} boxes are drawn. The value and "
            "the adjoint of a stack are those of the last round."
        )
    for node in nodes:
        if node.folded and not node.times:
            lines.append(f"… {node.folded} values are not shown …")
            continue
        line = node.name
        _, _, operation = node.label.rpartition(" = ")
        sources = ", ".join(nodes[p].name for p in node.parents)
        if node.times:
            line += f", {node.folded} values" + (f", of {sources}" if sources else "")
        elif node.parents:
            line += f" = {operation} of {sources}"
        if node.value is not None:
            line += f"; value {node.value:.6g}"
        if node.grad is not None:
            line += f"; adjoint {node.grad:.6g}"
        lines.append(line)
    return "\n".join(lines)
