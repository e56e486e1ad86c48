"""The moving picture: first the values appear, then the adjoints come back."""

from __future__ import annotations

from collections.abc import Iterator

from dpkit.draw.graph import Node
from dpkit.draw.picture import (
    BLUE,
    INK,
    ORANGE,
    PALE,
    Picture,
    badge,
    box,
    digits,
    edge,
    shown_value,
    write,
)

__all__ = ["moving_shapes"]

_STEP = 0.7  # seconds for each step


def moving_shapes(picture: Picture) -> Iterator[str]:
    nodes = picture.nodes
    forward, backward = _timetable(nodes)
    yield (
        "<style>"
        "@keyframes appear { from { opacity: 0; } to { opacity: 1; } }"
        "@keyframes stay { from, to { opacity: 1; } }"
        f"@keyframes glow {{ 0%, 100% {{ stroke: {INK}; stroke-width: 1.2; }}"
        f" 50% {{ stroke: {BLUE}; stroke-width: 4; }} }}"
        f"@keyframes flow {{ 0%, 100% {{ stroke: {PALE}; stroke-width: 1.4; }}"
        f" 50% {{ stroke: {ORANGE}; stroke-width: 4; }} }}"
        "#picture .passing { opacity: 0; }"
        "@media (prefers-reduced-motion: reduce)"
        " { #picture * { animation: none !important; } }"
        "</style>"
    )
    sending = {edge: time for time, edge, _ in backward}
    for child, node in enumerate(nodes):
        for parent in dict.fromkeys(node.parents):
            when = sending.get((parent, child))
            yield edge(picture, parent, child, _animated("flow", when, 1.2 * _STEP))
    for k, node in enumerate(nodes):
        yield box(picture, k, _animated("glow", forward[k], 1.2 * _STEP))
        yield write(picture, k, -13, node.label, "label")
        yield write(picture, k, 5, shown_value(node), "value",
                    _animated("appear", forward[k], 0.4, "both"))  # fmt: skip
        yield from badge(picture, k)
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
    picture: Picture, backward: list[tuple[float, tuple[int, int], float | None]], start: float
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
                    yield write(picture, k, 22, f"∂ {digits(total)} + …", "adjoint passing",
                                _animated("stay", time, until - time))  # fmt: skip
                continue
            final = nodes[k].grad if nodes[k].grad is not None else total
            if final is not None:
                yield write(picture, k, 22, f"∂ {digits(final)}", "adjoint",
                            _animated("appear", time, 0.4, "both"))  # fmt: skip


def _animated(name: str, when: float | None, seconds: float, fill: str = "none") -> str:
    if when is None:
        return ""
    return f' style="animation: {name} {seconds:.2f}s {when:.2f}s {fill}"'
