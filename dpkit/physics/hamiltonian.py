"""Learning a law that keeps its energy, without being told what energy is.

A plain network learns how fast a state changes, and every little mistake adds to the energy or takes
from it: the pendulum speeds up, or dies. A *Hamiltonian network* learns one number of each state, H, and
the rates follow from its slopes:

    dq/dt = ∂H/∂p            dp/dt = -∂H/∂q

Whatever H it has learnt, the path stays on it: dH/dt = ∂H/∂q · ∂H/∂p - ∂H/∂p · ∂H/∂q = 0. If H is a
little wrong, the energy swings a little, and does not drift.

It is trained on rates, so the loss contains a derivative of the network, and training differentiates
that again: reverse mode over reverse mode.

Source: Greydanus, Dzamba & Yosinski, "Hamiltonian neural networks", NeurIPS 2019.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.box import plain
from dpkit.nn import MLP, Module, functional_call
from dpkit.optim import minimize
from dpkit.physics.needs import need_finite
from dpkit.tensor import Tensor
from dpkit.transforms import grad

__all__ = ["HamiltonianNetwork", "RateNetwork", "train_rates"]


class _Rates(Module):
    def rates(self, state: Any) -> Any:
        """The rates as a field for `rk4`: plain numbers for a plain state."""
        found = self(state)
        return found if isinstance(state, Tensor) else plain(found)


class RateNetwork(_Rates):
    """The plain one: state (…, 2n) → its rates (…, 2n), nothing more known.

    n: the number of places; a state is places, then momenta. hidden: the widths between.
    rng: a seed or generator for the first weights.
    """

    def __init__(self, n: int = 1, hidden: tuple[int, ...] = (32,), rng: Any = None) -> None:
        self.net = MLP((2 * n, *hidden, 2 * n), rng=rng)

    def forward(self, state: Any) -> Any:
        return self.net(state)


class HamiltonianNetwork(_Rates):
    """State (…, 2n) → its rates (…, 2n), by the slopes of a network with one output.

    n, hidden, rng: as for `RateNetwork`.
    """

    def __init__(self, n: int = 1, hidden: tuple[int, ...] = (32,), rng: Any = None) -> None:
        self.n = n
        self.net = MLP((2 * n, *hidden, 1), rng=rng)

    def energy(self, state: Any) -> Any:
        """H, up to a constant that nobody can know: (…)."""
        return self.net(state)[..., 0]

    def forward(self, state: Any) -> Any:
        # The sum over states: each has its own slopes.
        slopes = grad(lambda state: arrays.sum(self.energy(state)))(state)
        return arrays.concatenate([slopes[..., self.n :], -slopes[..., : self.n]], -1)


def train_rates(
    network: Module, states: np.ndarray, rates: np.ndarray, max_iter: int = 300
) -> list[float]:
    """Fit a network's rates to those seen, by L-BFGS; returns the losses on the way.

    states, rates: (m, 2n), finite. max_iter: the most iterations.

    Raises ValueError if they are not of one shape, or not finite.
    """
    if np.shape(states) != np.shape(rates):
        raise ValueError(
            f"Each state has its rates, but the states' shape is {np.shape(states)} and the rates' "
            f"{np.shape(rates)}."
        )
    need_finite("The states and rates", {"states": states, "rates": rates})
    weights = {name: value.numpy() for name, value in network.named_parameters()}

    def loss(weights: dict[str, Any]) -> Any:
        difference = functional_call(network, weights, (states,)) - rates
        return arrays.mean(difference * difference)

    result = minimize(loss, weights, tol=1e-9, max_iter=max_iter)
    network.load_state_dict(result.x)
    return result.trace.fun
