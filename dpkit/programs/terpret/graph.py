"""A program with its loops unrolled: a list of nodes, each made from earlier ones.

Two nodes that say the same are one node. So what is computed in three branches is computed once, and
a picture that is looked at in every step is looked at once.
"""

from __future__ import annotations

from dataclasses import dataclass, field

__all__ = ["Graph", "Node"]


@dataclass(frozen=True)
class Node:
    """op: "const" (of: its value), "input" and "param" (of: name, index), "apply" (of: the function's
    name), "learn" (of: function, pictures, index) or "mix": the first argument chooses which of the
    others it is. arguments: numbers of earlier nodes. size: how many values it can have."""

    op: str
    of: tuple[object, ...]
    arguments: tuple[int, ...]
    size: int


@dataclass
class Graph:
    """outputs: {(name, index): node}."""

    nodes: list[Node] = field(default_factory=list)
    outputs: dict[tuple[str, tuple[int, ...]], int] = field(default_factory=dict)
    _known: dict[Node, int] = field(default_factory=dict)

    def add(self, op: str, of: tuple[object, ...], arguments: tuple[int, ...], size: int) -> int:
        """The number of this node, a new one or an old one."""
        node = Node(op, of, arguments, size)
        if node not in self._known:
            self._known[node] = len(self.nodes)
            self.nodes.append(node)
        return self._known[node]

    def mix(self, chooser: int, branches: tuple[int, ...]) -> int:
        """Branch k where the chooser is k. Where nothing depends on it, nothing is chosen."""
        if len(set(branches)) == 1:
            return branches[0]
        return self.add("mix", (), (chooser, *branches), self.nodes[branches[0]].size)

    def needed(self) -> list[int]:
        """The nodes that some output depends on, each after its arguments."""
        needed: set[int] = set()
        waiting = list(self.outputs.values())
        while waiting:
            k = waiting.pop()
            if k not in needed:
                needed.add(k)
                waiting.extend(self.nodes[k].arguments)
        return sorted(needed)
