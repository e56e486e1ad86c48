"""Whether Params are right: verification on examples; and search, which needs no gradient."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from dpkit.programs.terpret import given
from dpkit.programs.terpret.learn import Bank
from dpkit.programs.terpret.program import Program

__all__ = ["Examples", "search", "tensors", "verify"]

Examples = tuple[dict[str, Any], dict[str, Any]]  # inputs, outputs


def verify(
    program: Program, params: Mapping[str, Any], examples: Examples,
    learned: Mapping[str, Bank] | None = None,
) -> np.ndarray:  # fmt: skip
    """For each example, whether the program with these Params computes all of its outputs exactly.

    Everything is certain here: the likeliest class of each picture, the Params as whole numbers.
    """
    inputs, outputs = tensors(examples, "cpu")
    sure = {name: _certain(bank) for name, bank in (learned or {}).items()}
    values = program.whole_params(params)
    given.truths(
        outputs, program.outputs, given.examples(inputs, program.inputs) if program.inputs else None
    )
    with torch.no_grad():
        found = program.marginals(program.certain_params(values), inputs, sure)
    rights = [
        (found[name].argmax(-1) == truth).reshape(len(found[name]), len(truth), -1).all(-1)
        for name, truth in outputs.items()
    ]
    return torch.stack(rights).all(0)[0].numpy()


def search(
    program: Program, examples: Examples, learned: Mapping[str, Bank] | None = None,
    most: int = 1_000_000, chunk: int = 2048,
) -> list[dict[str, np.ndarray]]:  # fmt: skip
    """Every choice of Params that explains all the examples: no gradient, just all of them.

    Raises ValueError if there are more than `most` choices.
    """
    if program.count > most:
        raise ValueError(
            f"There are {program.count} programs, more than {most}: too many to try all."
        )
    inputs, outputs = tensors(examples, "cpu")
    sure = {name: _certain(bank) for name, bank in (learned or {}).items()}
    shapes = {name: (each.dims, each.size) for name, each in program.params.items()}
    sizes = [size for dims, size in shapes.values() for _ in range(math.prod(dims))]
    found = []
    for start in range(0, program.count, chunk):
        numbers = np.arange(start, min(start + chunk, program.count))
        digits = np.unravel_index(numbers, sizes) if sizes else ()
        values, used = {}, 0
        for name, (dims, _) in shapes.items():
            count = math.prod(dims)
            values[name] = np.stack(digits[used : used + count], -1).reshape(-1, *dims)
            used += count
        with torch.no_grad():
            loss = program.loss(program.certain_params(values), inputs, outputs, sure)
        for k in np.flatnonzero(loss.numpy() < 0.5):
            found.append({name: value[k] for name, value in values.items()})
    return found


def _certain(bank: Bank) -> Callable[[Tensor], Tensor]:
    """The same network, which has no doubts: its likeliest class gets everything."""

    def sure(pictures: Tensor) -> Tensor:
        logits = bank(pictures)
        return 1e4 * (torch.nn.functional.one_hot(logits.argmax(-1), logits.shape[-1]) - 1.0)

    return sure


def tensors(examples: Examples, device: str) -> Any:
    """Whole numbers stay whole, everything else is float32."""

    def convert(value: Any) -> Tensor:
        tensor = torch.as_tensor(value, device=device)
        return tensor.float() if tensor.is_floating_point() else tensor.long()

    if len(examples) != 2 or not all(isinstance(each, Mapping) for each in examples):
        raise ValueError("Examples are two dicts: (inputs, outputs).")
    return tuple({name: convert(value) for name, value in each.items()} for each in examples)
