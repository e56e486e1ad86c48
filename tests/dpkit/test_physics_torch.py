"""The same laws, steps and looks under torch, on each device: values and slopes as under numpy."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import physics

torch = pytest.importorskip("torch")

PLANE = np.array([[-0.4, 0.1], [0.5, 0.3]]), np.array([[0.3, -0.4], [0.1, 0.6]])
LAWS = {
    "spring": (lambda k: physics.Spring(k, 0.7), *PLANE),
    "pendulum": (lambda k: physics.Pendulum(0.8, k, 0.1), np.array([1.0, 2.0]), np.ones(2)),
    "cart-pole": (lambda k: physics.CartPole(k, 0.3), *PLANE),
    "two-body": (lambda k: physics.TwoBody(k), PLANE[0] + 1.0, PLANE[1]),
    "javelin": (lambda k: physics.Javelin(k, 0.02), *PLANE),
}
STEPS = {
    "euler": lambda law, dt: physics.euler(law.field, dt),
    "rk4": lambda law, dt: physics.rk4(law.field, dt),
    "symplectic_euler": lambda law, dt: physics.symplectic_euler(law.acceleration, dt),
    "leapfrog": lambda law, dt: physics.leapfrog(law.acceleration, dt),
}


def there(x, device):
    return torch.tensor(x, dtype=torch.float64, device=device, requires_grad=True)


def compare(f, inputs, device):
    """f's value and gradient by dpkit on numpy, and by torch's own tape."""
    value, slopes = dp.value_and_grad(f, tuple(range(len(inputs))))(*inputs)
    theirs = [there(x, device) for x in inputs]
    found = f(*theirs)
    assert found.device.type == device
    found.backward()
    np.testing.assert_allclose(found.item(), value, rtol=1e-11)
    for x, slope in zip(theirs, slopes, strict=True):
        np.testing.assert_allclose(x.grad.cpu().numpy(), slope, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("name", LAWS)
def test_each_law_by_each_step(name, step, device):
    law, q, v = LAWS[name]

    def end(k, q, v):
        system = law(k)
        walk = physics.repeated(STEPS[step](system, 0.03), 2)
        path = physics.rollout(walk, {"q": q, "v": v}, 8)
        return (path["q"] ** 2).sum() + system.energy(path["q"], path["v"]).sum()

    compare(end, [np.array(1.7), q, v], device)


def test_a_throw(device):
    def metres(speed, angle, drag):
        return physics.throw(physics.Javelin(drag=drag), speed, angle, 1.8)

    compare(metres, [np.array(28.0), np.array(0.7), np.array(0.006)], device)


def test_driven_and_with_checkpoints(device):
    def end(length, torques):
        step = physics.leapfrog(physics.Pendulum(length).acceleration, 0.05)
        start = {"q": 0.0 * length + 1.0, "v": 0.0 * length}
        path = physics.rollout(step, start, 12, torques, checkpoint_every=4)
        return path["q"][-1] + physics.swing_up_cost(path, 0.0 * path["q"]).sum()

    compare(end, [np.array(0.8), np.sin(np.arange(12.0))], device)


@pytest.mark.parametrize("samples", [1, 2])
def test_looks_with_some_places_a_pixel(samples, device):
    from benchmarks.films import BALLS

    weights = np.random.default_rng(0).random((32, 32))
    rod = physics.Rod(BALLS.canvas)

    def darkness(places, angle):
        both = BALLS.draw(places, 0.3, samples)[..., 0] * rod.draw(angle, 0.3, samples)
        here = (
            torch.as_tensor(weights, device=device) if isinstance(both, torch.Tensor) else weights
        )
        return (both * here).sum()

    compare(darkness, [np.array([[-0.3, 0.1], [0.2, 0.15]]), np.array(2.5)], device)
