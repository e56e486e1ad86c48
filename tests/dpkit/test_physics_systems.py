"""Each law against its energy, and against what is known of it without computing."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from scipy.special import ellipk

import dpkit as dp
from dpkit import physics

RNG = np.random.default_rng(5)
SYSTEMS = {
    "spring": (physics.Spring(4.0, 0.7, 1.3), RNG.normal(size=(2, 2)), RNG.normal(size=(2, 2))),
    "pendulum": (physics.Pendulum(0.8, 9.7), np.array(2.0), np.array(-1.0)),
    "cart-pole": (physics.CartPole(1.2, 0.3, 0.6), RNG.normal(size=2), RNG.normal(size=2)),
    "two-body": (physics.TwoBody(1.7), np.array([1.0, 0.2]), np.array([-0.3, 1.1])),
    "javelin": (physics.Javelin(9.7), np.array([0.0, 1.8]), np.array([20.0, 15.0])),
}


@pytest.mark.parametrize("name", SYSTEMS)
def test_the_law_keeps_the_energy(name):
    system, q, v = SYSTEMS[name]
    # dE/dt = ∂E/∂q · v + ∂E/∂v · a = 0, exactly
    along, across = dp.grad(lambda q, v: system.energy(q, v), (0, 1))(q, v)
    rate = np.sum(along * v) + np.sum(across * system.acceleration(q, v))
    assert abs(rate) < 1e-12 * (1 + abs(system.energy(q, v)))
    assert np.sum(abs(along * v)) > 1e-3 * (name != "javelin")  # and not because nothing moves


@pytest.mark.parametrize("name", SYSTEMS)
def test_many_at_a_time_are_each_alone(name):
    system, q, v = SYSTEMS[name]
    more = np.stack([q, q + 0.1, q - 0.2]), np.stack([v, v - 0.3, v])
    together = system.acceleration(*more), system.energy(*more)
    for k in range(3):
        np.testing.assert_allclose(together[0][k], system.acceleration(more[0][k], more[1][k]))
        np.testing.assert_allclose(together[1][k], system.energy(more[0][k], more[1][k]))


def test_two_balls_swing_at_the_frequency_of_the_reduced_mass():
    k, mass, length, small = 4.0, 1.3, 0.7, 0.05
    spring = physics.Spring(k, length, mass)
    start = {"q": np.array([[0.0, 0.0], [length + small, 0.0]]), "v": np.zeros((2, 2))}
    times = np.linspace(0, 3, 31)
    path = physics.adaptive(spring.field, start, times, rtol=1e-9, atol=1e-11)
    apart = path["q"][:, 1, 0] - path["q"][:, 0, 0]
    goal = length + small * np.cos(np.sqrt(2 * k / mass) * times)
    np.testing.assert_allclose(apart, goal, atol=1e-7)
    np.testing.assert_allclose(path["q"].mean(1)[:, 0], (length + small) / 2, atol=1e-10)


def test_a_pendulums_period_is_the_elliptic_integral():
    amplitude, system = 2.0, physics.Pendulum(0.8, 9.7)
    period = 4 * np.sqrt(0.8 / 9.7) * ellipk(np.sin(amplitude / 2) ** 2)
    path = physics.adaptive(
        system.field, {"q": amplitude, "v": 0.0}, [0.0, period / 4, period], 1e-10, 1e-12
    )
    np.testing.assert_allclose(path["q"], [amplitude, 0.0, amplitude], atol=1e-7)


def test_drag_and_torque_of_a_pendulum():
    system = physics.Pendulum(1.0, 0.0, drag=0.5, gain=3.0)  # no gravity: v' = -v/2 + 3u
    step = physics.rk4(system.field, 0.05)
    path = physics.rollout(step, {"q": 0.0, "v": 1.0}, 40, 0.2 * np.ones(40))
    np.testing.assert_allclose(path["v"][-1], 1.2 - 0.2 * np.exp(-1.0), atol=1e-7)


def test_a_cart_pole_as_lagrange_has_it():
    """The equations from the energies by automatic differentiation: d/dt ∂L/∂v = ∂L/∂q."""
    system, q, v = SYSTEMS["cart-pole"]
    force = 2.5
    still = system.energy(q, 0.0 * v)

    def lagrangian(q, v):
        return system.energy(q, v) - 2.0 * system.energy(q, 0.0 * v)

    mass = dp.hessian(lambda v: lagrangian(q, v))(v)
    along = dp.grad(lambda q: lagrangian(q, v))(q)
    turning = dp.jvp(lambda q: dp.grad(lambda v: lagrangian(q, v))(v), (q,), (v,))[1]
    goal = np.linalg.solve(mass, along - turning + np.array([force, 0.0]))
    np.testing.assert_allclose(system.acceleration(q, v, force), goal, rtol=1e-11)
    assert abs(still) > 0.01


def test_a_planet_keeps_its_spin_and_kepler_his_third_law():
    planet = physics.TwoBody(1.7)
    start = {"q": np.array([1.0, 0.0]), "v": np.array([0.0, 1.0])}
    axis = 1 / (2 / 1.0 - 1.0 / 1.7)  # vis viva
    period = 2 * np.pi * np.sqrt(axis**3 / 1.7)
    path = physics.adaptive(planet.field, start, [0.0, 0.4, period], 1e-10, 1e-12)
    np.testing.assert_allclose(path["q"][-1], start["q"], atol=1e-7)
    spin = planet.spin(path["q"], path["v"])
    np.testing.assert_allclose(spin, spin[0], rtol=1e-8)
    # Störmer–Verlet keeps it to rounding, whatever the step
    rough = physics.rollout(physics.leapfrog(planet.acceleration, 0.1), start, 500)
    np.testing.assert_allclose(planet.spin(rough["q"], rough["v"]), spin[0], rtol=1e-12)


def test_a_javelin_from_the_ground_and_from_the_shoulder():
    speed = np.sqrt(80 * 9.81)
    range_of = lambda angle, height: physics.throw(physics.Javelin(), speed, angle, height)  # noqa: E731
    angle = 0.6
    np.testing.assert_allclose(range_of(angle, 0.0), 80 * np.sin(2 * angle), rtol=1e-9)
    np.testing.assert_allclose(dp.grad(range_of)(angle, 0.0), 160 * np.cos(2 * angle), rtol=1e-7)
    best = np.radians(44.369)  # from 1.8 m: the textbook's arctan(v / √(v² + 2gh))
    formula = np.arctan(speed / np.sqrt(speed**2 + 2 * 9.81 * 1.8))
    np.testing.assert_allclose(best, formula, atol=np.radians(0.001))
    np.testing.assert_allclose(range_of(best, 1.8), 81.780, atol=1e-3)
    assert abs(dp.grad(range_of)(best, 1.8)) < 1e-2


def test_a_javelin_in_the_air_beside_scipy():
    drag, angle = 0.006, 0.65

    def ground(_, y):
        return y[1]

    ground.terminal, ground.direction = True, -1

    def fly(angle):
        def law(_, y):
            speed = np.hypot(y[2], y[3])
            return [y[2], y[3], -drag * speed * y[2], -9.81 - drag * speed * y[3]]

        start = [0, 1.8, 28 * np.cos(angle), 28 * np.sin(angle)]
        return solve_ivp(law, (0, 9), start, "DOP853", events=ground, rtol=1e-12,
                         atol=1e-12).y_events[0][0, 0]  # fmt: skip

    ours = lambda angle: physics.throw(physics.Javelin(drag=drag), 28.0, angle, 1.8)  # noqa: E731
    np.testing.assert_allclose(ours(angle), fly(angle), rtol=1e-7)
    slope = (fly(angle + 1e-5) - fly(angle - 1e-5)) / 2e-5
    np.testing.assert_allclose(dp.grad(ours)(angle), slope, rtol=1e-4)
    with pytest.raises(ValueError, match="would not leave the ground"):
        physics.throw(physics.Javelin(), 28.0, -0.1, 0.0)
    for gravity in (0.0, -1.62):
        with pytest.raises(
            ValueError,
            match=f"Gravity, which brings it down, must be positive, but it is {gravity:g}",
        ):
            physics.throw(physics.Javelin(gravity=gravity), 28.0, 0.7, 1.8)
