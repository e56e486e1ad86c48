"""Where to put the nodes of a graph: in layers, from left to right, with few crossings.

The method is that of Sugiyama, Tagawa & Toda ("Methods for visual understanding of hierarchical
system structures", IEEE Transactions on Systems, Man, and Cybernetics 11, 1981): choose layers;
order each layer by the average place of the neighbours, back and forth; then shift the nodes as
near to their neighbours as their order and distance allow.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Layout", "lay_out"]


@dataclass(frozen=True)
class Layout:
    """layer: the column of each node, from 0 on the left; height: its vertical place, in units of
    one row; bends: for an edge (parent, child) the (layer, height) points it passes between."""

    layer: list[int]
    height: list[float]
    bends: dict[tuple[int, int], list[tuple[int, float]]]


def lay_out(parents: Sequence[Sequence[int]]) -> Layout:
    """Lay out a graph. parents: for each node the places of its parents, all before it."""
    layer = _layers(parents)
    chains, neighbours, layers = _with_bends(parents, layer)
    _order(layers, neighbours)
    heights = _heights(layers, neighbours)
    bends = {
        edge: [(layer[edge[0]] + n + 1, heights[bend]) for n, bend in enumerate(chain)]
        for edge, chain in chains.items()
    }
    return Layout(layer, [heights[k] for k in range(len(parents))], bends)


def _layers(parents: Sequence[Sequence[int]]) -> list[int]:
    """One to the right of the last parent; inputs just left of whoever uses them first."""
    layer: list[int] = []
    for mine in parents:
        layer.append(1 + max((layer[p] for p in mine), default=-1))
    first_use: dict[int, int] = {}
    for k, mine in enumerate(parents):
        for p in mine:
            first_use[p] = min(layer[k], first_use.get(p, layer[k]))
    for k, mine in enumerate(parents):
        if not mine:
            layer[k] = first_use.get(k, 1) - 1
    return layer


def _with_bends(
    parents: Sequence[Sequence[int]], layer: list[int]
) -> tuple[dict[tuple[int, int], list[int]], list[list[int]], list[list[int]]]:
    """Add a bend wherever an edge crosses a layer, so that every edge joins adjacent layers.

    Returns the bends of each edge, the neighbours of each node and bend, and the layers.
    """
    count = len(parents)
    layers: list[list[int]] = [[] for _ in range(1 + max(layer, default=0))]
    for k, column in enumerate(layer):
        layers[column].append(k)
    neighbours: list[list[int]] = [[] for _ in range(count)]
    chains: dict[tuple[int, int], list[int]] = {}
    for child, mine in enumerate(parents):
        for parent in dict.fromkeys(mine):
            chain = []
            before = parent
            for column in range(layer[parent] + 1, layer[child]):
                neighbours.append([])
                layers[column].append(count)
                chain.append(count)
                neighbours[before].append(count)
                neighbours[count].append(before)
                before = count
                count += 1
            neighbours[before].append(child)
            neighbours[child].append(before)
            chains[parent, child] = chain
    return chains, neighbours, layers


def _order(layers: list[list[int]], neighbours: list[list[int]]) -> None:
    """Sort each layer by the average place of its neighbours on one side, left and right in turn."""
    place = {k: float(n) for layer in layers for n, k in enumerate(layer)}
    column = {k: c for c, layer in enumerate(layers) for k in layer}
    for turn in range(8):
        step = -1 if turn % 2 == 0 else 1
        order = range(1, len(layers)) if step < 0 else range(len(layers) - 2, -1, -1)
        for c in order:
            average = {}
            for k in layers[c]:
                beside = [place[n] for n in neighbours[k] if column[n] == c + step]
                average[k] = sum(beside) / len(beside) if beside else place[k]
            layers[c].sort(key=average.__getitem__)
            place.update((k, float(n)) for n, k in enumerate(layers[c]))


def _heights(layers: list[list[int]], neighbours: list[list[int]]) -> dict[int, float]:
    """Pull each node towards the average of its neighbours, at least one unit from the next."""
    height = {k: n - (len(layer) - 1) / 2 for layer in layers for n, k in enumerate(layer)}
    for turn in range(12):
        for layer in layers if turn % 2 == 0 else reversed(layers):
            wishes = [
                sum(height[n] for n in neighbours[k]) / len(neighbours[k])
                if neighbours[k]
                else height[k]
                for k in layer
            ]
            height.update(zip(layer, _spread(wishes), strict=True))
    return height


def _spread(wishes: list[float]) -> list[float]:
    """The heights nearest to the wishes (least squares), in order and at least one unit apart.

    With u_n = height_n - n the condition is that u does not fall: isotonic regression, solved by
    pooling neighbours that violate it.
    """
    pools: list[tuple[float, int]] = []
    for n, wish in enumerate(wishes):
        total, size = wish - n, 1
        while pools and pools[-1][0] / pools[-1][1] > total / size:
            more, others = pools.pop()
            total, size = total + more, size + others
        pools.append((total, size))
    levels = [total / size for total, size in pools for _ in range(size)]
    return [level + n for n, level in enumerate(levels)]
