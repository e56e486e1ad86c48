"""Descent on a smooth function plus one with corners: ISTA and FISTA."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from dpkit.functions import where
from dpkit.optim.optimizer import Optimizer, need_finite

__all__ = ["ProximalGradient", "soft_threshold"]

Prox = Callable[[Any, float], Any]


def soft_threshold(x: Any, threshold: float) -> Any:
    """What is left of each number when its size shrinks by `threshold`; 0 where it is smaller.

    The proximal operator of threshold·‖x‖₁. x: an array of any shape.
    """
    shrunk = abs(x) - threshold
    return where(shrunk > 0, shrunk * ((x > 0) * 2.0 - 1.0), 0.0 * x)


class ProximalGradient(Optimizer):
    """Minimises f + h, where f is smooth and h has a simple proximal operator.

        y: the point where the gradient of f is taken
        x ← prox(y − lr · ∇f(y), lr)
        y ← x + (t−1)/t' · (x − x before)        t' = (1 + √(1+4t²)) / 2

    With `accelerated` this is FISTA (Beck & Teboulle 2009), whose error falls as 1/k²; otherwise
    y = x, it is ISTA, and it falls as 1/k. Both for lr ≤ 1/L.

    Args:
        params: tensors or groups (see `Optimizer`).
        lr: the step size.
        prox: prox(v, s), an array like v: the minimiser of h(x) + ‖x−v‖²/(2s). For h = λ‖x‖₁ it is
            `lambda v, s: soft_threshold(v, λ * s)`.
        accelerated: FISTA.
    """

    def __init__(
        self, params: Iterable[Any], lr: float, prox: Prox, accelerated: bool = True
    ) -> None:
        need_finite("lr", lr)
        super().__init__(params, lr=lr, prox=prox, accelerated=accelerated)
        self._t = 1.0

    def step(self, closure: Callable[[], Any]) -> Any:  # type: ignore[override]
        """One step. `closure` clears the gradients, calls `backward` on f and returns f.

        Returns f where its gradient was taken; between steps the parameters are at x.
        """
        for param in self.params:
            state = self.state[id(param)]
            if "ahead" in state:
                param.data = state["ahead"]
        smooth = closure()
        t = self._t
        self._t = (1 + (1 + 4 * t * t) ** 0.5) / 2
        for param, grad, state, group in self.moving():
            start = param.data
            x = group["prox"](start - group["lr"] * grad, group["lr"])
            if group["accelerated"]:
                before = state.get("x", start)
                state["x"], state["ahead"] = x, x + (t - 1) / self._t * (x - before)
            param.data = x
        return smooth
