"""torch's derivatives of a function that runs in another process.

Whoever calls writes one step into torch's graph. Its backward asks the other process, which kept
its own graph of the call, for the product of adjoints with its Jacobian:

    value, pull = ask(order, args, kwargs)        # in the other process: `linearise(function, …)`
    pull([adjoint of each result]) = [adjoint of each argument]

The derivative of a derivative is the derivative of another function of the other process, `pulled`:
`order` counts how often it is applied. So `gradcheck` and `gradgradcheck` need nothing else."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from autograder.across.containers import items, mapped, refilled
from autograder.across.deeds import deed

__all__ = ["call", "is_tracked", "linearise"]

Ask = Callable[[int, list, dict], tuple[Any, Callable[[list], list] | None]]


def is_tracked(args: Any) -> bool:
    """Whether a derivative is wanted with respect to a tensor somewhere in `args`."""
    torch = sys.modules.get("torch")
    return torch is not None and torch.is_grad_enabled() and any(map(_moving, items(args)))


def _moving(item: Any) -> bool:
    torch, kind = sys.modules["torch"], type(item)
    return (kind is torch.Tensor or kind is torch.nn.Parameter) and item.requires_grad


# The process that asks


def call(ask: Ask, args: Sequence[Any], kwargs: dict[str, Any], order: int = 0) -> Any:
    """The value of the other process's function, connected to the tensors in `args` and
    `kwargs`."""
    given = (list(args), dict(kwargs))
    inputs = [item for item in items(given) if _moving(item)]
    try:
        leaves = [item.detach().requires_grad_() for item in inputs]
    except RuntimeError as error:
        raise TypeError(
            "torch.func's transforms do not reach into another process; use torch.autograd"
        ) from error
    value, pull = ask(order, *refilled(given, leaves, _moving))
    results = [item for item in items(value) if _moving(item)]
    if not results:
        return value
    if pull is None:
        raise ValueError("tensors with derivatives came back, and no way to ask for these")
    way_back = (ask, given, order, pull)
    connected = _crossing().apply(way_back, [item.detach() for item in results], *inputs)
    return refilled(value, connected, _moving)


_step: Any = None


def _crossing() -> Any:
    """The step in torch's graph; made on first use, since torch may not be there."""
    global _step
    if _step is not None:
        return _step
    import torch

    class Crossing(torch.autograd.Function):
        @staticmethod
        def forward(ctx: Any, way_back: tuple, results: list, *inputs: Any) -> tuple:
            ctx.way_back = way_back
            ctx.shapes = [item.shape for item in inputs]
            ctx.save_for_backward(*inputs)
            ctx.set_materialize_grads(False)
            return tuple(results)

        @staticmethod
        def backward(ctx: Any, *adjoints: Any) -> tuple:
            ask, given, order, pull = ctx.way_back
            if torch.is_grad_enabled():  # somebody wants the derivative of what comes now
                given = refilled(given, ctx.saved_tensors, _moving)
                found = call(ask, [*given, list(adjoints)], {}, order + 1)
            else:
                found = pull(list(adjoints))
            return None, None, *_fitting(found, ctx.shapes)

    _step = Crossing
    return _step


def _fitting(found: Any, shapes: list) -> list:
    """The adjoints that came, if they fit the arguments: None, or a tensor of the same shape."""
    import torch

    if type(found) is not list or len(found) != len(shapes):
        raise ValueError("a backward pass should give one gradient for each argument")
    for gradient, shape in zip(found, shapes, strict=True):
        if gradient is not None and (type(gradient) is not torch.Tensor or gradient.shape != shape):
            what = tuple(getattr(gradient, "shape", ())) if gradient is not None else ()
            raise ValueError(
                f"the gradient for an argument of shape {tuple(shape)} came with the shape {what}"
            )
    return found


# The process that is asked


@deed
def linearise(
    function: Callable[..., Any], order: int, args: list, kwargs: dict
) -> tuple[Any, Callable[[list], list] | None]:
    """The value of the function, and how to pull adjoints back through this very call."""
    import torch

    for _ in range(order):
        function = partial(pulled, function)
    inputs = [item for item in items((args, kwargs)) if _moving(item)]
    with torch.enable_grad():
        value = function(*args, **kwargs)
    results = [item for item in items(value) if _moving(item)]

    def shown(item: Any) -> Any:
        return item.detach().requires_grad_() if _moving(item) else item

    def pull(adjoints: list) -> list:
        return _pull(results, inputs, adjoints, create_graph=False)

    return mapped(shown, value), pull if results else None


def pulled(function: Callable[..., Any], args: list, kwargs: dict, adjoints: list) -> list:
    """The adjoints of the arguments of `function`: itself a function of arguments and adjoints."""
    inputs = [item for item in items((args, kwargs)) if _moving(item)]
    value = function(*args, **kwargs)
    results = [item for item in items(value) if _moving(item)]
    return _pull(results, inputs, adjoints, create_graph=True)


def _pull(results: list, inputs: list, adjoints: list, *, create_graph: bool) -> list:
    import torch

    pairs = [pair for pair in zip(results, adjoints, strict=True) if pair[1] is not None]
    if not pairs:
        return [None] * len(inputs)
    found = torch.autograd.grad(
        [result for result, _ in pairs],
        inputs,
        [adjoint for _, adjoint in pairs],
        allow_unused=True,
        retain_graph=True,
        create_graph=create_graph,
    )
    return list(found)
