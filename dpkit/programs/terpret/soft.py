"""Running a program on distributions: the forward pass of gradient descent (FMGD in the paper).

Every restart and every example goes through the graph at once. Gaunt et al., *TerpreT: A Probabilistic
Programming Language for Program Induction*, 2016.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor

from dpkit.programs.terpret.algebra import ALGEBRAS, Linear
from dpkit.programs.terpret.declared import Lifted, Variable
from dpkit.programs.terpret.unroll import Unrolled

__all__ = ["evaluate"]


def evaluate(
    program: Unrolled,
    params: Mapping[str, Tensor],
    inputs: Mapping[str, Tensor],
    learned: Mapping[str, Callable[[Tensor], Tensor]],
    space: str = "linear",
) -> dict[tuple[str, tuple[int, ...]], Tensor]:
    """The logarithms of the outputs' probabilities: {(name, index): (restarts, examples, size)}."""
    algebra = ALGEBRAS[space]
    graph, values = program.graph, {}
    like = _like(params, inputs)
    logits = {name: algebra.from_logits(each) for name, each in params.items()}
    looks = _looks(program, inputs, learned, algebra)
    stacks: dict[tuple[int, ...], tuple[list[list[int]], Tensor]] = {}  # of branches, built once
    for k in graph.needed():
        node = graph.nodes[k]
        if node.op == "const":
            values[k] = algebra.certain(node.of[0], node.size, like)  # type: ignore[arg-type]
        elif node.op == "input":
            values[k] = _input(inputs[node.of[0]], node.of[1], node.size, like, algebra)  # type: ignore
        elif node.op == "param":
            name, index = node.of
            values[k] = logits[name][(slice(None), *index)][:, None]  # type: ignore
        elif node.op == "learn":
            values[k] = looks[node.of[:2]][(slice(None), slice(None), *node.of[2])]  # type: ignore
        elif node.op == "apply":
            function = program.declared[node.of[0]]  # type: ignore[index]
            assert isinstance(function, Lifted)
            values[k] = algebra.apply(
                function.table, node.size, [values[a] for a in node.arguments]
            )
        else:
            # A mixture. Of four instructions three may leave X alone: then there are two branches, X and
            # MOVE(X), and the weight of X is the sum of three.
            chooser, *branches = node.arguments
            if (same := tuple(branches)) not in stacks:
                stacks[same] = _different(branches, values)
            members, stacked = stacks[same]
            weights = values[chooser]
            if len(members) < len(branches):
                weights = algebra.joined(weights, members)
            values[k] = algebra.mix(weights, stacked)
    return {key: algebra.log(values[k]) for key, k in graph.outputs.items()}


def _different(branches: list[int], values: Mapping[int, Tensor]) -> tuple[list[list[int]], Tensor]:
    """The branches that differ: for each, which values of the chooser lead to it; and the distributions
    of all of them, (…, branches, size)."""
    members: dict[int, list[int]] = {}
    for k, branch in enumerate(branches):
        members.setdefault(branch, []).append(k)
    each = torch.broadcast_tensors(*(values[branch] for branch in members))
    return list(members.values()), torch.stack(each, -2)


def _like(params: Mapping[str, Tensor], inputs: Mapping[str, Tensor]) -> Tensor:
    floats = [each for each in (*params.values(), *inputs.values()) if each.is_floating_point()]
    return floats[0] if floats else torch.zeros(())


def _input(given: Tensor, index: Any, size: int, like: Tensor, algebra: type[Linear]) -> Tensor:
    """Whole numbers (examples, …), or distributions (examples, …, size)."""
    one = given[(slice(None), *index)]
    if one.is_floating_point():
        return algebra.given(one)[None]
    return algebra.certain(one.long(), size, like)


def _looks(
    program: Unrolled,
    inputs: Mapping[str, Tensor],
    learned: Mapping[str, Callable[[Tensor], Tensor]],
    algebra: type[Linear],
) -> dict[tuple[object, ...], Tensor]:
    """What each learned function says of each array of pictures, all at once."""
    asked = {program.graph.nodes[k].of[:2] for k in program.graph.needed()
             if program.graph.nodes[k].op == "learn"}  # fmt: skip
    found: dict[tuple[object, ...], Tensor] = {}
    for function, images in asked:
        pictures = inputs[images]  # type: ignore[index]
        thing = program.declared[images]  # type: ignore[index]
        assert not isinstance(thing, (Variable, Lifted))
        flat = pictures.reshape(-1, *thing.shape)
        logits = learned[function](flat)  # type: ignore[index]
        out_of = program.declared[function].out  # type: ignore
        if logits.ndim != 3 or tuple(logits.shape[1:]) != (len(flat), out_of):
            raise ValueError(
                f"{function} is to make of {len(flat)} pictures logits of the shape (restarts, {len(flat)}, "
                f"{out_of}), and made {tuple(logits.shape)}."
            )
        out = algebra.from_logits(logits)
        found[function, images] = out.reshape(len(out), len(pictures), *thing.dims, out.shape[-1])  # type: ignore
    return found
