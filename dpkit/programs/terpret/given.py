"""What is given to a program: complete, of the right shape, whole numbers in their ranges."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from torch import Tensor

from dpkit.programs.terpret.declared import Images, Variable

__all__ = ["complete", "distributions", "examples", "one_example", "truths", "whole"]

TOLERANCE = 1e-3  # of the sum of a distribution that is given


def complete(given: Mapping[str, Any], wanted: Mapping[str, Any], what: str) -> None:
    missing = [name for name in wanted if name not in given]
    if missing:
        raise ValueError(f"No value is given for the {what} {', '.join(missing)}.")


def whole(value: Any, thing: Variable, several: bool = False) -> np.ndarray:
    """Whole numbers (*dims), or, if there may be several, (several, *dims)."""
    array = np.asarray(value.detach().cpu() if isinstance(value, Tensor) else value)
    shapes = _shape(thing.dims) + (f" or {_shape(('restarts', *thing.dims))}" if several else "")
    ahead = array.ndim - len(thing.dims)
    if array.shape[max(ahead, 0) :] != thing.dims or not 0 <= ahead <= several:
        raise ValueError(
            f"{thing.name} is to have the shape {shapes}, and {_shape(array.shape)} was given."
        )
    if not array.size:
        raise ValueError(f"{thing.name} was given no values.")
    if array.dtype.kind not in "biuf" or (array != np.round(array)).any():
        raise ValueError(f"{thing.name} is to be whole numbers, and {array.dtype} was given.")
    _in_range(int(array.min()), int(array.max()), thing)
    return array.astype(int)


def one_example(
    inputs: Mapping[str, Any], wanted: Mapping[str, Variable | Images]
) -> dict[str, Any]:
    """Inputs of one example: whole numbers (*dims), pictures (*dims, *shape)."""
    complete(inputs, wanted, "Input")
    out: dict[str, Any] = {}
    for name, each in wanted.items():
        if isinstance(each, Variable):
            out[name] = whole(inputs[name], each)
            continue
        out[name] = inputs[name] if isinstance(inputs[name], Tensor) else np.asarray(inputs[name])
        _must_be(each, tuple(out[name].shape), each.dims + each.shape)
    return out


def examples(inputs: Mapping[str, Tensor], wanted: Mapping[str, Variable | Images]) -> int:
    """How many examples there are; each input is checked. Of a program without inputs: one."""
    complete(inputs, wanted, "Input")
    counts = {}
    for name, each in wanted.items():
        value = inputs[name]
        counts[name] = len(value) if value.ndim else 0
        if not value.ndim or isinstance(each, Images):
            shape = each.shape if isinstance(each, Images) else ()
            _must_be(each, tuple(value.shape), ("examples", *each.dims, *shape))
        elif value.is_floating_point():
            _must_be(each, tuple(value.shape), ("examples", *each.dims, each.size),
                     ", for each value its probability; whole numbers must be of a whole number's type")  # fmt: skip
            if value.numel() and not (
                bool((value >= 0).all()) and bool(((value.sum(-1) - 1).abs() < TOLERANCE).all())
            ):
                raise ValueError(
                    f"{name} is given as probabilities that are negative or do not sum to 1."
                )
        else:
            _must_be(each, tuple(value.shape), ("examples", *each.dims))
            if value.numel():
                _in_range(int(value.min()), int(value.max()), each)
    if len(set(counts.values())) > 1:
        said = ", ".join(f"{count} of {name}" for name, count in counts.items())
        raise ValueError(f"Numbers of examples differ: {said}.")
    if 0 in counts.values():
        raise ValueError("There are no examples.")
    return next(iter(counts.values()), 1)


def distributions(params: Mapping[str, Tensor], wanted: Mapping[str, Variable]) -> int:
    """How many restarts there are; the logits of each Param are checked. Without Params: one."""
    complete(params, wanted, "Param")
    counts = set()
    for name, each in wanted.items():
        shape = tuple(params[name].shape)
        _must_be(each, shape, ("restarts", *each.dims, each.size), " of logits")
        counts.add(shape[0])
    if len(counts) > 1:
        raise ValueError(f"There are different numbers of restarts: {sorted(counts)}.")
    return next(iter(counts), 1)


def truths(
    outputs: Mapping[str, Tensor], wanted: Mapping[str, Variable], count: int | None
) -> None:
    """What should have come out: some of the outputs, whole numbers (count, *dims). Where there are no
    inputs to say how many examples there are, the count is None and any will do."""
    if outputs.keys() - wanted.keys() or not outputs:
        raise ValueError(
            f"The outputs are {', '.join(wanted)}; given: {', '.join(outputs) or 'none'}."
        )
    for name, value in outputs.items():
        each, first = wanted[name], len(value) if value.ndim else 0
        _must_be(each, tuple(value.shape), ("examples", *each.dims))
        if value.is_floating_point():
            raise ValueError(f"{name} is to be whole numbers, and {value.dtype} was given.")
        if first != (first if count is None else count):
            raise ValueError(f"Numbers of examples differ: {count} of inputs, {first} of {name}.")
        if not first:
            raise ValueError("There are no examples.")
        _in_range(int(value.min()), int(value.max()), each)


def _must_be(
    thing: Variable | Images, shape: tuple[int, ...], wanted: tuple[int | str, ...], more: str = ""
) -> None:
    """The right shape; where a word stands, any number will do."""
    fits = len(shape) == len(wanted) and all(
        isinstance(b, str) or a == b for a, b in zip(shape, wanted, strict=True)
    )
    if not fits:
        raise ValueError(
            f"{thing.name} is to have the shape {_shape(wanted)}{more}; {_shape(shape)} was given."
        )


def _in_range(least: int, most: int, thing: Variable) -> None:
    if least < 0 or most >= thing.size:
        wrong = least if least < 0 else most
        raise ValueError(
            f"{thing.name} has the values 0 to {thing.size - 1}, and {wrong} was given."
        )


def _shape(shape: tuple[int | str, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
