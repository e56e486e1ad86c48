"""Networks that learn how a pendulum moves, and what becomes of its energy."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import physics

STIFF = 3.0


def energy(state):
    return state[..., 1] ** 2 / 2 + STIFF * (1 - np.cos(state[..., 0]))


def seen(rng, count=200, noise=0.05):
    """States with less energy than it takes to turn over, and their rates, with noise."""
    states = rng.uniform([-2.2, -3.0], [2.2, 3.0], (4 * count, 2))
    states = states[energy(states) < 5.0][:count]
    rates = np.stack([states[:, 1], -STIFF * np.sin(states[:, 0])], 1)
    return states, rates + noise * rng.normal(size=rates.shape)


def test_the_rates_are_the_slopes_of_the_energy():
    net, rng = physics.HamiltonianNetwork(2, (5,), rng=1), np.random.default_rng(0)
    state = rng.normal(size=(3, 4))
    rates, h = net(state), 1e-6
    for k in range(4):
        step = np.zeros(4)
        step[k] = h
        slope = (net.energy(state + step).numpy() - net.energy(state - step).numpy()) / (2 * h)
        goal = -slope if k < 2 else slope  # dp/dt = -∂H/∂q, dq/dt = ∂H/∂p
        np.testing.assert_allclose(rates.numpy()[:, (k + 2) % 4], goal, atol=1e-8)
    along = dp.grad(lambda state: dp.sum(net.energy(state)))(state)
    np.testing.assert_allclose(np.sum(along.numpy() * rates.numpy(), -1), 0, atol=1e-14)


def test_training_differentiates_the_slopes_again():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(2)
    net = physics.HamiltonianNetwork(1, (6,), rng=3)
    states, rates = seen(rng, 20)
    weights = {name: value.numpy() for name, value in net.named_parameters()}

    def loss(weights):
        return dp.mean((dp.nn.functional_call(net, weights, (states,)) - rates) ** 2)

    ours = dp.grad(loss)(weights)
    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in weights.items()}
    x = torch.tensor(states, requires_grad=True)
    one, two = "net.0", "net.2"
    h = torch.tanh(x @ theirs[f"{one}.weight"].T + theirs[f"{one}.bias"])
    h = h @ theirs[f"{two}.weight"].T + theirs[f"{two}.bias"]
    (slopes,) = torch.autograd.grad(h.sum(), x, create_graph=True)
    rate = torch.stack([slopes[:, 1], -slopes[:, 0]], 1)
    ((rate - torch.tensor(rates)) ** 2).mean().backward()
    for name, value in theirs.items():
        goal = np.zeros(value.shape) if value.grad is None else value.grad.numpy()
        np.testing.assert_allclose(ours[name], goal, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_over_100_seconds_energy_drifts_ten_times_less(seed):
    states, rates = seen(np.random.default_rng(seed))
    start, drift = np.array([[1.6, 0.0], [1.0, 0.0]]), []
    for kind in (physics.RateNetwork, physics.HamiltonianNetwork):
        net = kind(1, (32,), rng=seed)
        losses = physics.train_rates(net, states, rates, 300)
        assert losses[-1] < 0.005  # both have learnt the rates to their noise
        path = physics.rollout(physics.rk4(net.rates, 0.1), start, 1000)
        drift.append(abs(energy(path) / energy(start) - 1).max())
    assert drift[1] < 0.1 * drift[0]
