"""Every step of time and every look against differences of its own values, to eight digits."""

import numpy as np
import pytest

import dpkit as dp
from benchmarks.films import BALL, BALLS
from dpkit import physics

PENDULUM, SPRING = {"q": 1.0, "v": 0.5}, np.array([[-0.4, 0.1], [0.5, 0.2]])
BY_FIELD, BY_FORCE = ("euler", "rk4"), ("symplectic_euler", "leapfrog")


def slopes(f, x, h):
    """The gradient of f at an array, by five points: the error is of order h⁴."""
    found = np.zeros_like(x)
    for index in np.ndindex(x.shape):
        e = np.zeros_like(x)
        e[index] = h
        found[index] = (8 * (f(x + e) - f(x - e)) - (f(x + 2 * e) - f(x - 2 * e))) / (12 * h)
    return found


def check(f, x, h=1e-3, tolerance=1e-8):
    """By reverse and by forward mode, relative to the longest slope."""
    x = np.array(x, float)
    goal, back = slopes(f, x, h), dp.grad(f)(x)
    scale = abs(goal).max()
    assert scale > 1e-3  # nothing to see otherwise
    assert abs(back - goal).max() <= tolerance * scale
    direction = np.cos(np.arange(x.size, dtype=float)).reshape(x.shape)
    along = dp.jvp(f, (x,), (direction,))[1]
    assert abs(along - np.sum(goal * direction)) <= tolerance * scale * x.size


def made(name, system, dt):
    law = system.field if name in BY_FIELD else system.acceleration
    return getattr(physics, name)(law, dt)


@pytest.mark.parametrize("name", [*BY_FIELD, *BY_FORCE])
def test_a_driven_pendulum_by_its_start_its_law_and_its_torques(name):
    def end(x):
        system = physics.Pendulum(x[2], x[3], x[4], x[5])
        step = physics.repeated(made(name, system, 0.02), 2)
        path = physics.rollout(step, {"q": x[0], "v": x[1]}, 12, x[6:])
        return path["q"][-1] + 0.3 * path["v"][-1] + dp.sum(path["q"] * path["v"])

    check(end, [1.0, 0.5, 0.9, 9.81, 0.2, 1.3, *np.sin(np.arange(12.0))])


@pytest.mark.parametrize("every", [None, 4])
@pytest.mark.parametrize("name", [*BY_FIELD, *BY_FORCE])
def test_a_spring_in_the_plane(name, every):
    def end(x):
        places, speeds = x[:4].reshape(2, 2), x[4:8].reshape(2, 2)
        step = made(name, physics.Spring(x[8], x[9], x[10]), 0.05)
        path = physics.rollout(step, {"q": places, "v": speeds}, 15, None, every)
        return dp.sum(path["q"] ** 2) + dp.sum(path["v"][-1] ** 3)

    check(end, [*SPRING.ravel(), 0.3, -0.4, 0.1, 0.6, 4.0, 0.7, 1.3])


@pytest.mark.parametrize("system", ["cart", "planet", "javelin"])
def test_the_other_laws(system):
    def end(x):
        q, v = x[:2], x[2:4]
        law = {
            "cart": lambda: physics.CartPole(x[4], x[5], x[6], x[7]),
            "planet": lambda: physics.TwoBody(x[4]),
            "javelin": lambda: physics.Javelin(x[7], x[5]),
        }[system]()
        path = physics.rollout(physics.rk4(law.field, 0.03), {"q": q, "v": v}, 20)
        return dp.sum(path["q"][-1]) + dp.sum(path["v"] ** 2) + dp.sum(law.energy(q, v))

    check(end, [1.0, 0.4, 0.3, 0.9, 1.2, 0.3, 0.6, 9.7])


def test_steps_that_choose_their_size():
    def end(x):
        start = {"q": x[0], "v": x[1]}
        law = physics.Pendulum(x[2], x[3], x[4]).field
        path = physics.adaptive(law, start, [0.0, 0.3, 1.1], rtol=1e-13, atol=1e-13)
        return path["q"][-1] + dp.sum(path["v"])

    # In the differences the sizes of the steps move, too: by as much as the tolerance lets them.
    check(end, [1.0, 0.5, 0.9, 9.81, 0.2], h=3e-3)


@pytest.mark.parametrize("n", [1, 3, 20])
def test_a_bounce_by_the_time_of_impact(n):
    def end(x):
        step = physics.impact_step(1.1 / n, x[4], x[5], floor=-0.1)
        path = physics.rollout(step, {"q": x[:2], "v": x[2:4]}, n)
        return dp.sum(path["q"][-1] * path["v"][-1]) + path["q"][-1, 0]

    check(end, [0.2, 1.1, 0.3, 0.4, 6.0, 0.8])


@pytest.mark.parametrize("method", ["naive_step", "reflecting_step"])
def test_a_naive_bounce_has_the_slope_of_its_terrace(method):
    def end(x):
        path = physics.rollout(
            getattr(physics, method)(0.05, x[2], x[3]), {"q": x[0], "v": x[1]}, 15
        )
        return path["q"][-1] + path["v"][-1]

    check(end, [1.1, 0.4, 6.0, 0.8], h=1e-5)  # shorter than the terrace is wide


@pytest.mark.parametrize("kind", [physics.RNN, physics.GRU])
def test_networks_with_a_state(kind):
    cell, rng = kind(2, 3, rng=0), np.random.default_rng(1)
    words = rng.normal(size=(6, 2))
    shapes = [(name, each.shape, each.size) for name, each in cell.named_parameters()]
    start = np.concatenate([each.numpy().ravel() for _, each in cell.named_parameters()])

    def end(x):
        weights, k = {}, 3
        for name, shape, size in shapes:
            weights[name], k = x[k : k + size].reshape(shape), k + size

        def step(h, word):
            return dp.nn.functional_call(cell, weights, (h, word))

        return dp.sum(physics.rollout(step, x[:3], 6, words) ** 2)

    check(end, [0.3, -0.2, 0.5, *start])


@pytest.mark.parametrize("samples", [1, 2])
@pytest.mark.parametrize("softness", [0.2, 1.0])
@pytest.mark.parametrize("look", ["ball", "balls", "rod"])
def test_pictures_by_the_places(look, softness, samples):
    look, x = {
        "ball": (BALL, [[0.13, -0.21]]),
        "balls": (BALLS, [[-0.1, 0.12], [0.11, 0.03]]),  # one before the other
        "rod": (physics.Rod(BALL.canvas), [0.7, -2.1]),
    }[look]
    weights = np.random.default_rng(3).random(np.shape(look.draw(np.array(x), softness)))

    def darkness(x):
        return dp.sum(weights * look.draw(x, softness, samples))

    check(darkness, x, h=1e-5 * softness * look.canvas.height)


def test_a_look_with_more_places_a_pixel_is_the_mean_of_a_finer_one():
    for look, x in ((BALLS, SPRING), (physics.Rod(BALL.canvas), np.array([0.4, 2.0]))):
        finer, hard = look.draw(x, 0.1, 2), look.draw_hard(x, 32)
        assert np.shape(finer) == np.shape(hard)
        off = [np.sqrt(np.mean((x - hard) ** 2)) for x in (look.draw(x), finer)]
        assert off[1] < 0.6 * off[0] < 0.01
