"""Adam: each number gets a step size of its own."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dpkit.optim.optimizer import Optimizer, need_finite

__all__ = ["Adam"]


class Adam(Optimizer):
    """Adaptive moments (Kingma & Ba 2015, algorithm 1).

        m ← β₁ m + (1−β₁) g        v ← β₂ v + (1−β₂) g²
        x ← x − lr · m̂ / (√v̂ + ε)      m̂ = m / (1−β₁ᵗ),  v̂ = v / (1−β₂ᵗ)

    The hats mend the start, when m and v are still nearly zero; without them the first steps would
    be of the wrong size. The first step is lr in each number, whatever the gradient's size.

    Args:
        params: tensors or groups (see `Optimizer`).
        lr: about the largest step that a number takes.
        betas: how much of each mean is kept.
        eps: keeps the division harmless.
        weight_decay: λ of an added λ/2·‖x‖².
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0.0,
    ) -> None:
        need_finite("lr", lr)
        need_finite("eps", eps)
        need_finite("weight_decay", weight_decay)
        for k, beta in enumerate(betas):
            need_finite(f"betas[{k}]", beta, below=1.0)
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def step(self) -> None:
        for param, grad, state, group in self.moving():
            first, second = group["betas"]
            t = state["step"] = state.get("step", 0) + 1
            m = state["mean"] = first * state.get("mean", 0.0) + (1 - first) * grad
            v = state["square"] = second * state.get("square", 0.0) + (1 - second) * grad * grad
            size = (v / (1 - second**t)) ** 0.5 + group["eps"]
            param.data = param.data - group["lr"] / (1 - first**t) * m / size
