"""Large graphs made small: what a loop does again and again is drawn once, as a stack.

A tape is flat, and remembers neither loops nor calls. But a loop leaves its mark: the same
operations in the same order, over and over. `fold_repeats` looks for the shortest such repetition
in the sequence of operations, puts a stack in the place of each, and looks again, so that loops
within loops, as in a network of layers of neurons, become stacks of stacks.

What does not repeat and is still too large is cut short by `cut`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from dpkit.draw.graph import Node

__all__ = ["cut", "fold_repeats"]

_REPEATS = 3  # as often must something be done to be called a repetition
_NAMED = 6  # inputs with names that may stand by themselves beside a stack
_LONGEST = 2000  # operations in an iteration; beyond that nothing is looked for


@dataclass
class _Piece:
    """A stretch of the sequence of operations: one of them, or a repetition.

    key: the same for stretches that do the same. first, last: places of the first and the last
    operation. inside: the pieces of all repetitions, one after the other; times: how many.
    """

    key: int
    first: int
    last: int
    inside: list[_Piece]
    times: int = 1

    def of_one(self) -> list[_Piece]:
        """The pieces of one repetition."""
        return self.inside[: len(self.inside) // self.times]


def fold_repeats(nodes: list[Node]) -> list[Node]:
    """The graph with every repetition of operations folded into one node.

    nodes: as from `dpkit.draw.graph.read_graph`. The result stays; if it is the end of a loop, the last
    round of that loop is kept in full. Inputs of which several feed the same stacks become one.

    A stack shows the value and the adjoint of the last operation in it.
    """
    operations = [k for k, node in enumerate(nodes) if node.parents]
    pieces = _repetitions([nodes[k].operation for k in operations])
    while pieces and pieces[-1].times > 1:  # the result is in it
        pieces[-1:] = _without_last_round(pieces[-1])
    group = [-1] * len(nodes)
    members = [[operations[n] for n in range(piece.first, piece.last + 1)] for piece in pieces]
    for g, mine in enumerate(members):
        for k in mine:
            group[k] = g
    inputs = _input_groups(nodes, group, [piece.times > 1 for piece in pieces])
    places: dict[int, int] = {}  # of each value, the node that shows it
    folded: list[Node] = []
    for mine in inputs:
        places |= dict.fromkeys(mine, len(folded))
        folded.append(nodes[mine[0]] if len(mine) == 1 else _stack_of_inputs(nodes, mine))
    for piece, mine in zip(pieces, members, strict=True):
        places |= dict.fromkeys(mine, len(folded))
        if piece.times > 1:
            folded.append(_stack(nodes, operations, piece, mine, places, len(folded)))
        else:
            folded.append(_moved(nodes[mine[0]], places, folded))
    return folded


# Repetitions -------------------------------------------------------------------------------------


def _repetitions(operations: list[str]) -> list[_Piece]:
    """The sequence of operations as a sequence of pieces."""
    keys: dict[object, int] = {}
    pieces = [
        _Piece(keys.setdefault(operation, len(keys)), n, n, [])
        for n, operation in enumerate(operations)
    ]
    period = 1
    while period <= min(len(pieces) // _REPEATS, _LONGEST):
        runs = list(_runs(np.array([piece.key for piece in pieces]), period))
        if not runs:
            period += 1
            continue
        shorter, done = [], 0
        for start, times in runs:
            inside = pieces[start : start + times * period]
            pattern = times, *(piece.key for piece in inside[:period])
            key = keys.setdefault(pattern, len(keys))
            shorter += pieces[done:start]
            shorter.append(_Piece(key, inside[0].first, inside[-1].last, inside, times))
            done = start + times * period
        pieces = shorter + pieces[done:]
        period = 1
    return pieces


def _runs(keys: np.ndarray, period: int) -> Iterator[tuple[int, int]]:
    """Where something of that length is done at least three times in a row: (start, how often)."""
    same = np.concatenate([[False], keys[:-period] == keys[period:], [False]])
    edges = np.flatnonzero(same[1:] != same[:-1])
    done = 0
    for start, end in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        start = max(start, done)
        times = (end - start) // period + 1
        if times >= _REPEATS:
            yield start, times
            done = start + times * period


def _without_last_round(piece: _Piece) -> list[_Piece]:
    one = len(piece.inside) // piece.times
    before, last = piece.inside[:-one], piece.inside[-one:]
    return [_Piece(piece.key, piece.first, before[-1].last, before, piece.times - 1), *last]


# The graph of stacks -----------------------------------------------------------------------------


def _input_groups(nodes: list[Node], group: list[int], stacked: list[bool]) -> list[list[int]]:
    """Inputs that are fed into the same stacks and nowhere else belong together."""
    users: dict[int, set[int]] = {k: set() for k, node in enumerate(nodes) if not node.parents}
    for k, node in enumerate(nodes):
        for p in node.parents:
            if p in users:
                users[p].add(group[k])

    together: dict[object, list[int]] = {}
    for k, whose in users.items():
        # A name was given in order to be read.
        stack = any(stacked[g] for g in whose)
        fed = (frozenset(whose), _named(nodes[k])) if stack else k
        together.setdefault(fed, []).append(k)
    return [
        part
        for mine in together.values()
        for part in (
            [mine]
            if len(mine) > (_NAMED if _named(nodes[mine[0]]) else _REPEATS - 1)
            else [[k] for k in mine]
        )
    ]


def _named(node: Node) -> bool:
    return node.label == node.name


def _stack_of_inputs(nodes: list[Node], mine: list[int]) -> Node:
    first, last = nodes[mine[0]], nodes[mine[-1]]
    label = f"{first.name} … {last.name}" if _named(first) else "inputs"
    name = label if _named(first) else f"{len(mine)} inputs"
    return Node(label, None, None, name=name, folded=len(mine), times=len(mine))


def _stack(
    nodes: list[Node],
    operations: list[int],
    piece: _Piece,
    mine: list[int],
    places: dict[int, int],
    place: int,
) -> Node:
    parents = dict.fromkeys(places[p] for k in mine for p in nodes[k].parents)
    parents.pop(place, None)
    last = nodes[mine[-1]]
    size = (piece.last - piece.first + 1) // piece.times
    once = [nodes[operations[n]].operation for n in range(piece.first, piece.first + size)]
    kinds = list(dict.fromkeys(once))
    label = ", ".join(kinds) if len(kinds) <= 3 else f"{len(once)} operations"
    return Node(label, last.value, last.grad, list(parents), [None] * len(parents),
                f"{piece.times} times ({_recipe(piece, nodes, operations)})",
                folded=len(mine), times=piece.times)  # fmt: skip


def _recipe(piece: _Piece, nodes: list[Node], operations: list[int], most: int = 8) -> str:
    """One round of a repetition, in words."""
    words = [
        f"{inner.times} times ({_recipe(inner, nodes, operations, 4)})"
        if inner.times > 1
        else nodes[operations[inner.first]].operation
        for inner in piece.of_one()[: most + 1]
    ]
    return ", ".join(words[:most]) + (" …" if len(words) > most else "")


def _moved(node: Node, places: dict[int, int], folded: list[Node]) -> Node:
    """A node that is kept, with its parents where they are now. How the adjoint of a stack is
    collected from one of its values cannot be shown, so such a slope is left out."""
    parents = [places[p] for p in node.parents]
    slopes = [
        None if folded[p].times else slope for p, slope in zip(parents, node.slopes, strict=True)
    ]
    return Node(node.label, node.value, node.grad, parents, slopes, node.name, node.operation)


# Where nothing repeats ---------------------------------------------------------------------------


def cut(nodes: list[Node], most: int) -> list[Node]:
    """The graph with at most about `most` nodes: its end in full, a few of its inputs, and one node
    that stands for all between them."""
    if len(nodes) <= most:
        return nodes
    end = set(range(len(nodes) - most // 2, len(nodes)))
    inputs = [k for k, node in enumerate(nodes) if not node.parents and k not in end][: most // 3]
    kept = sorted({*inputs, *end})
    hidden = sorted(set(range(len(nodes))) - set(kept))
    middle = len(inputs)
    place = {k: n + (n >= middle) for n, k in enumerate(kept)}
    feeding = sorted({place[p] for k in hidden for p in nodes[k].parents if p in place})
    count = sum(max(1, nodes[k].folded) for k in hidden)
    summary = Node(f"⋯ {count} more", None, None, feeding, [None] * len(feeding),
                   f"{count} folded values", folded=count)  # fmt: skip
    result: list[Node] = []
    for k in kept:
        if len(result) == middle:
            result.append(summary)
        node = nodes[k]
        parents, slopes = [], []
        for parent, slope in zip(node.parents, node.slopes, strict=True):
            where = place.get(parent, middle)
            if where != middle or middle not in parents:
                parents.append(where)
                slopes.append(slope if where != middle else None)
        result.append(Node(node.label, node.value, node.grad, parents, slopes, node.name,
                           node.operation, node.folded, node.times))  # fmt: skip
    return result
