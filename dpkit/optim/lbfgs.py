"""L-BFGS: Newton's method with a curvature that is remembered, not computed."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any

from dpkit.optim.line_search import Point, strong_wolfe
from dpkit.optim.optimizer import Optimizer, need_finite

__all__ = ["LBFGS"]

Arrays = list[Any]


class LBFGS(Optimizer):
    """Limited-memory BFGS (Liu & Nocedal 1989; algorithm 7.5 of Nocedal & Wright 2006).

    The last steps s and the changes of the gradient y that came with them tell the curvature along
    s. Two loops over them turn the gradient into a direction, and the line search goes along it.

    Args:
        params: tensors (one group).
        lr: the step that the line search tries first.
        max_iter: iterations in one call of `step`.
        history_size: how many pairs are remembered.
        tolerance_grad: no iteration where no derivative is larger.
    """

    def __init__(
        self,
        params: Iterable[Any],
        lr: float = 1.0,
        max_iter: int = 20,
        history_size: int = 10,
        tolerance_grad: float = 1e-7,
    ) -> None:
        need_finite("lr", lr)
        super().__init__(params, lr=lr, max_iter=max_iter, tolerance_grad=tolerance_grad)
        if len(self.param_groups) != 1:
            raise ValueError("L-BFGS moves all parameters together: give it one group.")
        self.pairs: deque[tuple[Arrays, Arrays, float]] = deque(maxlen=history_size)
        self.evaluations = 0
        self.stuck = False
        self._known: tuple[float, Arrays] | None = None

    def step(self, closure: Callable[[], Any]) -> float:  # type: ignore[override]
        """At most `max_iter` iterations; returns the value at their end.

        `closure` clears the gradients, computes the value, calls its `backward` and returns it. It
        is called several times. `stuck` says whether the line search found nothing lower, which
        near a minimum is a matter of rounding.
        """
        group = self.param_groups[0]
        value, grads = self._evaluate(closure)
        for _ in range(group["max_iter"]):
            if _largest(grads) <= group["tolerance_grad"]:
                break
            value, grads = self._iterate(closure, value, grads, group["lr"])
            if self.stuck:
                break
        return value

    def _iterate(
        self, closure: Callable[[], Any], value: float, grads: Arrays, lr: float
    ) -> tuple[float, Arrays]:
        """One direction and one search along it; the value and the gradient where it ended."""
        direction = self._direction(grads)
        slope = _dot(direction, grads)
        if slope >= 0:  # the memory misleads; begin again with the gradient
            self.pairs.clear()
            direction = [-grad for grad in grads]
            slope = -_dot(grads, grads)
        origin = [param.data for param in self.params]
        seen: dict[float, tuple[float, Arrays]] = {}

        def phi(step: float) -> tuple[float, float]:
            self._go(origin, step, direction)
            self._known = None
            seen[step] = self._evaluate(closure)
            return seen[step][0], _dot(direction, seen[step][1])

        first = lr if self.pairs else lr * min(1.0, 1 / math.sqrt(-slope))
        found = strong_wolfe(phi, Point(0.0, value, slope), first)
        self.stuck = found is None
        self._go(origin, found.step if found else 0.0, direction)
        self._known = seen[found.step] if found else (value, grads)
        if found:
            step = [found.step * each for each in direction]
            change = [new - old for new, old in zip(self._known[1], grads, strict=True)]
            if (curvature := _dot(step, change)) > 1e-12 * _dot(change, change):
                self.pairs.append((step, change, curvature))
        return self._known

    def _evaluate(self, closure: Callable[[], Any]) -> tuple[float, Arrays]:
        """The value here and the gradient; computed unless known from the last step."""
        if self._known is not None and self._unmoved():
            return self._known
        self.evaluations += 1
        value = float(closure().item())
        grads = [0.0 * param.data if param.grad is None else param.grad for param in self.params]
        self._known, self._at = (value, grads), [param.data for param in self.params]
        return self._known

    def _unmoved(self) -> bool:
        """Whether the parameters are where we left them: nobody else has moved them."""
        return all(param.data is kept for param, kept in zip(self.params, self._at, strict=True))

    def _go(self, origin: Arrays, step: float, direction: Arrays) -> None:
        for param, start, way in zip(self.params, origin, direction, strict=True):
            param.data = start + step * way
        self._at = [param.data for param in self.params]

    def _direction(self, grads: Arrays) -> Arrays:
        """−H·gradient, by the two loops; H starts as the latest curvature times the identity."""
        q, weights = list(grads), []
        for step, change, curvature in reversed(self.pairs):
            weight = _dot(step, q) / curvature
            q = [each - weight * y for each, y in zip(q, change, strict=True)]
            weights.append(weight)
        if self.pairs:
            _, change, curvature = self.pairs[-1]
            q = [curvature / _dot(change, change) * each for each in q]
        for (step, change, curvature), weight in zip(self.pairs, reversed(weights), strict=True):
            missing = weight - _dot(change, q) / curvature
            q = [each + missing * s for each, s in zip(q, step, strict=True)]
        return [-each for each in q]


def _dot(a: Arrays, b: Arrays) -> float:
    return sum(float((x * y).sum()) for x, y in zip(a, b, strict=True))


def _largest(arrays: Arrays) -> float:
    return max(float(abs(each).max()) for each in arrays)
