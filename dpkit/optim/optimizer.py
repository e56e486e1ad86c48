"""What all optimisers share: parameters, in groups with settings of their own, and their state."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from dpkit.tensor import Tensor

__all__ = ["Optimizer", "need_finite"]

Group = dict[str, Any]


class Optimizer:
    """Changes tensors by their gradients.

    Args:
        params: tensors with `requires_grad`, or dictionaries `{"params": tensors, "lr": …}` for
            groups with settings of their own.
        settings: what holds where a group says nothing else.

    `param_groups` may be changed between steps, as by a schedule for the step size; `state` holds
    what a method remembers of each tensor.

    Raises TypeError for anything but such tensors, ValueError where there are none.
    """

    def __init__(self, params: Iterable[Any], **settings: Any) -> None:
        given: list[Any] = list(params) if not isinstance(params, Tensor) else [params]
        if not given:
            raise ValueError(
                "There is nothing to optimise: the list of parameters is empty. (Layers kept in a "
                "plain Python list are not found by `parameters()`.)"
            )
        groups = given if isinstance(given[0], dict) else [{"params": given}]
        self.param_groups: list[Group] = [
            {**settings, **group, "params": list(group["params"])} for group in groups
        ]
        seen: set[int] = set()
        for param in self.params:
            if not isinstance(param, Tensor) or not param.requires_grad:
                raise TypeError(
                    "A parameter is a tensor with requires_grad=True, but one was "
                    f"{_what(param)}. Make it with dp.tensor(value, requires_grad=True)."
                )
            if id(param) in seen:
                raise ValueError("A parameter was given twice; it would be moved twice a step.")
            seen.add(id(param))
        self.state: dict[int, dict[str, Any]] = {id(param): {} for param in self.params}

    @property
    def params(self) -> list[Any]:
        return [param for group in self.param_groups for param in group["params"]]

    def zero_grad(self) -> None:
        """Forget all gradients; `backward` adds to what is there."""
        for param in self.params:
            param.zero_grad()

    def moving(self) -> Iterator[tuple[Any, Any, dict[str, Any], Group]]:
        """(parameter, gradient, state, group) of each parameter that has a gradient."""
        for group in self.param_groups:
            for param in group["params"]:
                if param.grad is not None:
                    grad = param.grad
                    if group.get("weight_decay"):
                        grad = grad + group["weight_decay"] * param.data
                    yield param, grad, self.state[id(param)], group

    def step(self) -> Any:
        """Move all parameters that have a gradient."""
        raise NotImplementedError

    def __repr__(self) -> str:
        groups = [
            ", ".join(f"{name}={value}" for name, value in group.items() if name != "params")
            for group in self.param_groups
        ]
        return f"{type(self).__name__}({'; '.join(groups)})"


def need_finite(
    name: str, value: float, *, least: float = 0.0, below: float = float("inf")
) -> None:
    """Raise ValueError unless least ≤ value < below."""
    if not least <= value < below:
        bounds = f"at least {least:g}" + (f" and below {below:g}" if below < float("inf") else "")
        raise ValueError(f"`{name}` should be {bounds}, but is {value!r}.")


def _what(x: Any) -> str:
    if isinstance(x, Tensor):
        return f"a tensor of shape {tuple(x.shape)} without requires_grad"
    return f"{x!r}, a {type(x).__name__}"[:100]
