"""Gradient descent, and the two ways to give it momentum."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dpkit.optim.optimizer import Optimizer, need_finite

__all__ = ["SGD"]


class SGD(Optimizer):
    """(Stochastic) gradient descent.

        v ← momentum · v + g          the heavy ball (Polyak 1964)
        x ← x − lr · v                or, with nesterov,   x ← x − lr · (g + momentum · v)

    On a quadratic with curvatures between μ and L, κ = L/μ, plain descent does best with lr =
    2/(μ+L) and gains a factor (κ−1)/(κ+1) a step; the heavy ball, with lr = (2/(√L+√μ))² and
    momentum = ((√κ−1)/(√κ+1))², gains (√κ−1)/(√κ+1).

    Args:
        params: tensors or groups (see `Optimizer`).
        lr: the step size.
        momentum: what is kept of the last step, from 0 to below 1.
        nesterov: look ahead (Nesterov 1983, in the form of Sutskever et al. 2013).
        weight_decay: λ of an added λ/2·‖x‖².
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
    ) -> None:
        need_finite("lr", lr)
        need_finite("momentum", momentum, below=1.0)
        need_finite("weight_decay", weight_decay)
        if nesterov and not momentum:
            raise ValueError("Nesterov's step looks ahead along the momentum, but that is 0.")
        super().__init__(
            params, lr=lr, momentum=momentum, nesterov=nesterov, weight_decay=weight_decay
        )

    def step(self) -> None:
        for param, grad, state, group in self.moving():
            if group["momentum"]:
                kept = state.get("velocity")
                state["velocity"] = grad if kept is None else group["momentum"] * kept + grad
                ahead = group["momentum"] * state["velocity"] + grad
                grad = ahead if group["nesterov"] else state["velocity"]
            param.data = param.data - group["lr"] * grad
