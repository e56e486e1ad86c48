"""The graph of a computation, read from a `Scalar` or from anybody's own nodes.

A graph is a list of `Node`s, parents before children, the result last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dpkit.number import plain
from dpkit.rules import RULES
from dpkit.scalar import Scalar

__all__ = ["Node", "fold", "read_graph"]


@dataclass
class Node:
    """One value of a computation.

    label: what is written on it. value, grad: numbers, or None where they are not known.
    parents: places of the parents in the list; slopes: the local derivative with respect to each,
    or None where it is not known. name: what it is called in the text alternative.
    folded: how many values it stands for, if it is no value itself.
    """

    label: str
    value: float | None
    grad: float | None
    parents: list[int] = field(default_factory=list)
    slopes: list[float | None] = field(default_factory=list)
    name: str = ""
    folded: int = 0


def read_graph(result: Any) -> list[Node]:
    """The graph behind a result.

    result: a `Scalar`, or any object with ``value`` (or ``data``) and ``parents``, a sequence of
    such objects. ``partials`` (local derivatives, in the order of the parents), ``grad``, ``name``
    and ``op`` are used where they exist.

    Raises TypeError if it is neither.
    """
    nodes = _from_scalar(result) if isinstance(result, Scalar) else _from_objects(result)
    if all(node.grad is None or node.grad == 0 for node in nodes):
        for node in nodes:  # no backward pass has been here yet
            node.grad = None
    count = 0
    for node in nodes:
        if not node.name:
            count += 1
            node.name = f"v{count}"
    return nodes


# From dpkit's own tape ---------------------------------------------------------------------------


def _from_scalar(result: Scalar) -> list[Node]:
    tape = result._tape
    if tape is None:
        return [
            Node(result.name or "leaf", plain(result), plain(result.grad), name=result.name or "")
        ]
    needed = {result._index}
    for k in range(result._index, 0, -1):
        if k in needed:
            _, _, i, _, j, _ = tape.rows[k]
            needed |= {i, j} - {0}
    places: dict[int, int] = {}
    nodes: list[Node] = []
    for k in sorted(needed):
        operation, value, i, di, j, dj = tape.rows[k]
        source = tape.inputs.get(k)
        name = (source.name if source is not None else tape.names.get(k)) or ""
        adjoint = tape.adjoints[k] if k < len(tape.adjoints) else None
        if source is not None and source._tape is None:
            adjoint = source.grad
        places[k] = len(nodes)
        edges = [(places[p], plain(d)) for p, d in ((i, di), (j, dj)) if p]
        nodes.append(
            Node(
                _label(name, operation, i, di, j, dj),
                plain(value),
                plain(adjoint),
                [p for p, _ in edges],
                [d for _, d in edges],
                name,
            )
        )
    return nodes


def _label(name: str, operation: str, i: int, di: Any, j: int, dj: Any) -> str:
    """A name, an operation, or both; a constant stands beside the sign of its operation."""
    if operation == "input":
        return name or "input"
    rule = RULES[operation]
    text = rule.symbol
    if len(rule.partials) == 2:
        if not i:
            text = f"{plain(di):.4g} {text}"
        elif not j:
            text = f"{text} {plain(dj):.4g}"
    return f"{name} = {text}" if name else text


# From somebody's own nodes -----------------------------------------------------------------------

_SIGNS = {"*": "×", "/": "÷", "-": "−", "**": "^"}


def _from_objects(result: Any) -> list[Node]:
    if not hasattr(result, "parents") or not (hasattr(result, "value") or hasattr(result, "data")):
        raise TypeError(
            f"{result!r} is {type(result).__name__}, which has no graph. Draw a dp.Scalar, or a node "
            "with .value (or .data) and .parents; .partials, .grad, .name and .op are welcome."
        )
    # Parents before children, without recursion: a node is written when it is met again.
    order: list[Any] = []
    written: set[int] = set()
    waiting = [result]
    while waiting:
        node = waiting[-1]
        missing = [p for p in _parents_of(node) if id(p) not in written]
        if id(node) in written:
            waiting.pop()
        elif missing:
            if len(waiting) > 1_000_000:
                raise ValueError("This graph has a cycle: some node is among its own ancestors.")
            waiting += reversed(missing)
        else:
            written.add(id(node))
            order.append(waiting.pop())
    places = {id(node): k for k, node in enumerate(order)}
    return [_from_object(node, places) for node in order]


def _parents_of(node: Any) -> Sequence[Any]:
    return tuple(getattr(node, "parents", None) or ())


def _from_object(node: Any, places: dict[int, int]) -> Node:
    if not hasattr(node, "parents"):  # a bare number among the parents
        return Node("constant", _number(node), None)
    name = str(getattr(node, "name", "") or "")
    sign = str(getattr(node, "op", "") or "")
    sign = _SIGNS.get(sign, sign)
    parents = _parents_of(node)
    slopes = [_number(each) for each in getattr(node, "partials", ()) or ()]
    if len(slopes) != len(parents):
        slopes = [None] * len(parents)
    kind = "operation" if parents else "input"
    return Node(
        f"{name} = {sign}" if name and sign else name or sign or kind,
        _number(getattr(node, "value", getattr(node, "data", None))),
        _number(getattr(node, "grad", None)),
        [places[id(each)] for each in parents],
        slopes,
        name,
    )


def _number(x: Any) -> float | None:
    """x as a float if it is a number; whatever else a student's node may hold is not drawn."""
    if isinstance(x, Scalar):
        x = plain(x)
    try:
        return float(x)
    except (TypeError, ValueError):
        return None


# Large graphs ------------------------------------------------------------------------------------


def fold(nodes: list[Node], most: int) -> list[Node]:
    """The graph with at most about `most` nodes: its end in full, a few of its inputs, and one node
    that stands for all between them."""
    if len(nodes) <= most:
        return nodes
    end = set(range(len(nodes) - most // 2, len(nodes)))
    inputs = [k for k, node in enumerate(nodes) if not node.parents and k not in end][: most // 3]
    kept = sorted({*inputs, *end})
    hidden = [k for k in range(len(nodes)) if k not in set(kept)]
    middle = len(inputs)
    place = {k: n + (n >= middle) for n, k in enumerate(kept)}
    feeding = sorted({place[p] for k in hidden for p in nodes[k].parents if p in place})
    summary = Node(f"⋯ {len(hidden)} more", None, None, feeding, [None] * len(feeding),
                   f"{len(hidden)} folded values", len(hidden))  # fmt: skip
    folded: list[Node] = []
    for k in kept:
        if len(folded) == middle:
            folded.append(summary)
        node = nodes[k]
        parents, slopes = [], []
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            where = place.get(parent, middle)
            if where != middle or middle not in parents:
                parents.append(where)
                slopes.append(slope if where != middle else None)
        folded.append(Node(node.label, node.value, node.grad, parents, slopes, node.name))
    return folded
