"""Running a program on whole numbers: no distributions, only the branch that is taken.

It reads the same graph as the soft run does. Where every distribution is certain, both must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dpkit.programs.terpret.declared import Lifted
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["execute"]


def execute(
    program: Unrolled,
    params: Mapping[str, Any],
    inputs: Mapping[str, Any],
    learned: Mapping[str, Callable[[Any], int]],
    wanted: Mapping[tuple[str, tuple[int, ...]], int],
) -> dict[tuple[str, tuple[int, ...]], int]:
    """The values of some nodes, for one example. A learned function takes a picture and gives a whole
    number. wanted: {a key: a node}, for instance the outputs of the graph."""
    graph = program.graph
    values: dict[int, int] = {}

    def known(k: int) -> None:
        """Put the value of node k into `values`, without recursion: programs can be long."""
        waiting = [k]
        while waiting:
            k = waiting[-1]
            node = graph.nodes[k]
            needs = [a for a in _needs(node.op, node.arguments, values) if a not in values]
            if needs:
                waiting.extend(needs)
                continue
            waiting.pop()
            of: Any = node.of
            if node.op == "const":
                values[k] = of[0]
            elif node.op == "input":
                values[k] = int(np.asarray(inputs[of[0]])[of[1]])
            elif node.op == "param":
                values[k] = int(np.asarray(params[of[0]])[of[1]])
            elif node.op == "learn":
                values[k] = _said(learned[of[0]](inputs[of[1]][of[2]]), of[0], node.size)
            elif node.op == "apply":
                function = program.declared[of[0]]
                assert isinstance(function, Lifted)
                values[k] = function(*(values[a] for a in node.arguments))
            else:
                values[k] = values[node.arguments[1 + values[node.arguments[0]]]]

    for k in wanted.values():
        known(k)
    return {key: values[k] for key, k in wanted.items()}


def _said(value: Any, name: str, size: int) -> int:
    """What a learned function says of a picture: a whole number in its range."""
    said = np.asarray(value)
    if (
        said.size != 1
        or said.dtype.kind not in "biuf"
        or said != np.round(said)
        or not 0 <= said < size
    ):
        raise ValueError(f"{name} gives whole numbers of 0 to {size - 1}, and it gave {value!r}.")
    return int(said.item())


def _needs(op: str, arguments: tuple[int, ...], values: Mapping[int, int]) -> tuple[int, ...]:
    """What must be known first. Of a choice: the chooser, then the one branch that is taken."""
    if op != "mix":
        return arguments
    chooser = arguments[0]
    return (arguments[1 + values[chooser]],) if chooser in values else (chooser,)
