"""The graph of a computation, read from a `Scalar` or from anybody's own nodes.

A graph is a list of `Node`s, parents before children, the result last.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dpkit.number import plain
from dpkit.rules import RULES
from dpkit.scalar import Scalar, Tape

__all__ = ["Node", "read_graph"]


@dataclass
class Node:
    """One value of a computation.

    label: what is written on it. value, grad: numbers, or None where they are not known.
    parents: places of the parents in the list; slopes: the local derivative with respect to each,
    or None where it is not known. name: what it is called in the text alternative.
    operation: what was done, without names and constants; "" for an input.
    folded: how many values it stands for, if it is no single value itself. times: how often the
    operations on it were repeated, if they were.
    """

    label: str
    value: float | None
    grad: float | None
    parents: list[int] = field(default_factory=list)
    slopes: list[float | None] = field(default_factory=list)
    name: str = ""
    operation: str = ""
    folded: int = 0
    times: int = 0


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
    if result._tape is None:
        return [
            Node(result.name or "leaf", plain(result), plain(result.grad), name=result.name or "")
        ]
    places: dict[object, int] = {}  # of a row of a tape, and of a leaf, which may be on several
    nodes: list[Node] = []
    chapters = _needed(result._tape, result._index)
    for tape, needed in chapters:
        rows, adjoints = tape.rows, tape.adjoints
        for k in needed:
            operation, value, i, di, j, dj = rows[k]
            source = tape.inputs.get(k)
            if source is not None:
                origin: object = (source._tape, source._index) if source._tape else id(source)
                if origin in places:
                    places[tape, k] = places[origin]
                    continue
                places[origin] = len(nodes)
            name = (tape.names.get(k) if source is None else source.name) or ""
            adjoint = adjoints[k] if k < len(adjoints) else None
            if source is not None and source._tape is None:
                adjoint = source.grad
            places[tape, k] = len(nodes)
            # (What passes through a function with a rule of its own may be no single number.)
            edges = [(places[tape, p], _number(plain(d))) for p, d in ((i, di), (j, dj)) if p]
            nodes.append(
                Node(
                    _label(name, operation, i, di, j, dj),
                    plain(value),
                    _number(plain(adjoint)),
                    [p for p, _ in edges],
                    [d for _, d in edges],
                    name,
                    "" if operation == "input" else _sign(operation),
                )
            )
    return nodes if len(chapters) == 1 else _in_order(nodes)


def _in_order(nodes: list[Node]) -> list[Node]:
    """The nodes in an order in which one might have computed them: each just before it is first
    needed. Where a program went over from one tape to the next, that order is torn."""
    places: dict[int, int] = {}
    order: list[int] = []
    waiting = [len(nodes) - 1]
    while waiting:
        k = waiting[-1]
        missing = [p for p in nodes[k].parents if p not in places]
        if k in places or not missing:
            waiting.pop()
            if k not in places:
                places[k] = len(order)
                order.append(k)
        else:
            waiting += reversed(missing)
    for node in nodes:
        node.parents = [places[p] for p in node.parents]
    return [nodes[k] for k in order]


def _needed(tape: Tape, end: int) -> list[tuple[Tape, list[int]]]:
    """The rows that took part in a result, upwards, tape by tape: a program may have drawn on the
    numbers of earlier tapes."""
    chapters = []
    wanted = {tape: {end}}
    while wanted:
        tape = max(wanted, key=lambda each: each.serial)
        ends, rows = wanted.pop(tape), tape.rows
        needed = bytearray(max(ends) + 1)
        for k in ends:
            needed[k] = True
        for k in range(max(ends), 0, -1):
            if needed[k]:
                _, _, i, _, j, _ = rows[k]
                needed[i] = needed[j] = True
                source = tape.inputs.get(k)
                if source is not None and source._tape is not None:
                    wanted.setdefault(source._tape, set()).add(source._index)
        chapters.append((tape, [k for k in range(1, len(needed)) if needed[k]]))
    return chapters[::-1]


def _label(name: str, operation: str, i: int, di: Any, j: int, dj: Any) -> str:
    """A name, an operation, or both; a constant stands beside the sign of its operation."""
    if operation == "input":
        return name or "input"
    rule = RULES.get(operation)
    text = _sign(operation)
    if rule is not None and len(rule.partials) == 2:
        if not i:
            text = f"{plain(di):.4g} {text}"
        elif not j:
            text = f"{text} {plain(dj):.4g}"
    return f"{name} = {text}" if name else text


def _sign(operation: str) -> str:
    """The sign of an operation; a word for calls of functions that have a rule of their own."""
    return RULES[operation].symbol if operation in RULES else operation


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
        (sign or kind) if parents else "",
    )


def _number(x: Any) -> float | None:
    """x as a float if it is a number; whatever else a student's node may hold is not drawn."""
    if isinstance(x, Scalar):
        x = plain(x)
    try:
        return float(x)
    except (TypeError, ValueError):
        return None
