"""Recurrent networks: a state, a step, an input at a time. `rollout` runs them like a pendulum.

    cell = GRU(inputs=1, hidden=16, rng=0)
    states = rollout(cell, cell.start(batch), steps, words)      # (steps + 1, batch, 16)

How far back can such a network learn? The derivative of the state at T by the state at 0 is a product
of T Jacobians. If they shrink, what happened at the start leaves no trace in the gradient; if they
stretch, the gradient explodes. `jacobian_norms` measures it, `clip_gradients` mends the second (and
nothing mends the first but another cell: a gate that can stay open keeps a Jacobian near 1).

Sources: Bengio, Simard & Frasconi, "Learning long-term dependencies with gradient descent is
difficult", IEEE Transactions on Neural Networks 5, 1994; Pascanu, Mikolov & Bengio, "On the difficulty of
training recurrent neural networks", ICML 2013 (clipping); Cho et al., EMNLP 2014 (the GRU).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.jacobians import jacfwd
from dpkit.nn import Linear, Module
from dpkit.physics.integrate import rollout
from dpkit.physics.needs import need_finite
from dpkit.relax.given import values_of
from dpkit.tensor import Tensor

__all__ = ["GRU", "RNN", "clip_gradients", "echo", "jacobian_norms", "run_network"]


class RNN(Module):
    """The simplest cell: ``h ← tanh(W h + U x + b)``.

    inputs, hidden: the widths. spread: if given, W is a random orthogonal matrix times this number,
        whose singular values are all `spread`. rng: a seed or a generator.

    Called as a step: (…, hidden), (…, inputs) → (…, hidden).
    """

    def __init__(
        self, inputs: int, hidden: int, spread: float | None = None, rng: Any = None
    ) -> None:
        rng = np.random.default_rng(rng)
        self.hidden = hidden
        self.recurrent = Linear(hidden, hidden, bias=False, rng=rng)
        self.read = Linear(inputs, hidden, rng=rng)
        if spread is not None:
            self.recurrent.weight.data = spread * np.linalg.qr(rng.normal(size=(hidden, hidden)))[0]

    def start(self, batch: int) -> np.ndarray:
        """A state of zeros, (batch, hidden)."""
        return np.zeros((batch, self.hidden))

    def forward(self, h: Any, x: Any) -> Any:
        return functions.tanh(self.recurrent(h) + self.read(x))


class GRU(Module):
    """The gated recurrent unit: the state is kept, as far as a gate says.

        z = σ(…)  how much is kept      r = σ(…)  how much of the state is looked at
        h ← z h + (1 - z) tanh(U x + W (r h) + b)

    inputs, hidden, rng: as for `RNN`. keep: added to what opens the gate z; with 2, nearly nine
        tenths of the state are kept at first, and so is its gradient.
    """

    def __init__(self, inputs: int, hidden: int, keep: float = 2.0, rng: Any = None) -> None:
        rng = np.random.default_rng(rng)
        self.hidden, self.keep = hidden, keep
        self.gates = Linear(inputs + hidden, 2 * hidden, rng=rng)
        self.read = Linear(inputs, hidden, rng=rng)
        self.recurrent = Linear(hidden, hidden, bias=False, rng=rng)

    def start(self, batch: int) -> np.ndarray:
        """A state of zeros, (batch, hidden)."""
        return np.zeros((batch, self.hidden))

    def forward(self, h: Any, x: Any) -> Any:
        both = self.gates(arrays.concatenate([h, x], -1))
        z = functions.sigmoid(both[..., : self.hidden] + self.keep)
        r = functions.sigmoid(both[..., self.hidden :])
        return z * h + (1.0 - z) * functions.tanh(self.read(x) + self.recurrent(r * h))


def jacobian_norms(
    step: Callable[..., Any], state: Any, inputs: Any = None, steps: int | None = None
) -> np.ndarray:
    """‖∂x_t/∂x_0‖₂ for t = 0, 1, …: how much the first state is felt in each later one.

    step: as for `rollout`. state: one vector, (n,). inputs: (steps, …), or None with `steps` given.

    Returns (steps + 1,), the largest singular value for each t, the first being 1. For one step after
    the other, the Jacobian is multiplied on: no gradient could, as it would hold all of it at once.

    Raises ValueError if the state is no vector or not finite, neither inputs nor steps are given, or
    there are fewer inputs than steps.
    """
    if len(shape_of(state)) != 1:
        raise ValueError(
            f"The norms are those of one vector's path, but the state's shape is {shape_of(state)}."
        )
    if steps is None and inputs is None:
        raise ValueError(
            "Without inputs, say how many steps there are: jacobian_norms(…, steps=50)."
        )
    need_finite("The state at the start", state)
    count = len(inputs) if steps is None else steps
    if inputs is not None and len(inputs) < count:
        raise ValueError(f"{count} steps need as many inputs, but there are {len(inputs)}.")
    x, total = values_of(state), np.eye(len(state))
    norms = [1.0]
    for k in range(count):
        given = () if inputs is None else (inputs[k],)
        one = jacfwd(lambda x, given=given: step(x, *given))
        total = values_of(one(x)) @ total
        x = values_of(step(x, *given))
        norms.append(float(np.linalg.norm(total, 2)))
    return np.array(norms)


def clip_gradients(parameters: Iterable[Tensor], largest: float) -> float:
    """Shorten all gradients together, so that their common length is at most `largest`; the
    direction stays. Returns the length before. torch's ``clip_grad_norm_``.

    Raises ValueError if `largest` is not positive, FloatingPointError if the length is not finite:
    there is no direction left to keep.
    """
    if not largest > 0:
        raise ValueError(f"The largest length must be positive, but it is {largest!r}.")
    moving = [each for each in parameters if each.grad is not None]
    length = float(np.sqrt(sum(np.sum(values_of(each.grad) ** 2) for each in moving)))
    if not np.isfinite(length):
        raise FloatingPointError(
            "A gradient is not finite, and clipping cannot mend that. Clip earlier, or take smaller "
            "steps."
        )
    if length > largest:
        for each in moving:
            each.grad = each.grad * (largest / length)
    return length


def echo(
    rng: np.random.Generator, batch: int, delay: int, steps: int
) -> tuple[np.ndarray, np.ndarray]:
    """The echo task: say what was heard `delay` steps ago.

    Returns inputs (steps, batch, 1), each -1 or 1 by chance, and goals of the same shape: the inputs
    delayed, 0 before anything was heard. Who always says 0 has the mean squared error
    1 - delay/steps.

    Raises ValueError if the delay is negative or longer than the steps.
    """
    if not 0 <= delay <= steps:
        raise ValueError(f"An echo comes 0 to {steps} steps later, but the delay is {delay}.")
    heard = rng.choice([-1.0, 1.0], (steps, batch, 1))
    goals = np.zeros_like(heard)
    goals[delay:] = heard[: steps - delay]
    return heard, goals


def run_network(cell: Module, readout: Module, inputs: Any) -> Any:
    """What a network with one cell says at each step: (steps, batch, …) → (steps, batch, …)."""
    steps, batch = shape_of(inputs)[:2]
    return readout(rollout(cell, cell.start(batch), steps, inputs)[1:])  # type: ignore[attr-defined]
