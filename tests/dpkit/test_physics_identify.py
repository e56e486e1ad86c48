"""Numbers of a law from tracks and films that other programs made."""

import numpy as np
import pytest

import dpkit as dp
from benchmarks.films import BALL, BALLS, FLOOR, ball_tracks, filmed, spring_tracks
from dpkit import physics


def spring(numbers, starts, steps):
    law = physics.Spring(numbers["stiffness"], numbers["length"])
    return physics.rollout(physics.repeated(physics.rk4(law.field, 0.05), 2), starts, steps)


def ball(method):
    def simulate(numbers, starts, steps):
        step = method(0.05, numbers["gravity"], numbers["restitution"], FLOOR)
        return physics.rollout(step, starts, steps)

    return simulate


def off(found, **truth):
    """The relative errors in per cent."""
    return {name: abs(100 * (found.numbers[name] / value - 1)) for name, value in truth.items()}


# ------------------------------------------------------------------------------------------------
# The look


def test_drawn_hard_and_drawn_soft_are_alike():
    places = np.array([[[-0.3, 0.1], [0.4, -0.2]], [[0.0, 0.0], [0.1, 0.1]]])
    soft, hard = BALLS.draw(places), BALLS.draw_hard(places)
    assert soft.shape == hard.shape == (2, 32, 32, 3)
    assert np.sqrt(np.mean((soft - hard) ** 2)) < 0.01
    assert hard[1, 14, 17].argmax() == 2  # at (0.09, 0.09) the blue disc is on top


def test_discs_are_found_where_they_are():
    rng = np.random.default_rng(0)
    places = rng.uniform(-0.7, 0.7, (20, 2, 2))
    places[:, 1] = places[:, 0] + np.array([0.0, 0.8]) * np.sign(-places[:, :1, 1])  # apart
    found = BALLS.locate(filmed(BALLS, places, rng))
    assert abs(found - places).max() < 0.5 * BALLS.canvas.pixel


def test_a_film_pulls_its_discs_as_differences_say():
    places, goal = (
        np.array([[-0.3, 0.1], [0.2, 0.15]]),
        BALLS.draw_hard(np.array([[-0.25, 0.1], [0.2, 0.2]])),
    )

    def loss(places):
        return dp.mean((BALLS.draw(places, 1.0) - goal) ** 2)

    gradient, h = dp.grad(loss)(places), 1e-6
    for index in np.ndindex(2, 2):
        step = np.zeros((2, 2))
        step[index] = h
        slope = (loss(places + step) - loss(places - step)) / (2 * h)
        assert abs(gradient[index] - slope) < 1e-7 * abs(gradient).max()


def test_a_film_on_torch_is_the_film_on_numpy(device):
    torch = pytest.importorskip("torch")
    places, angles = np.array([[-0.3, 0.1], [0.2, 0.15]]), np.array([0.4, 2.5])

    def darkness(draw, x):
        return ((1.0 - draw(x, 0.5)) ** 3).sum()

    for draw, x in ((BALLS.draw, places), (physics.Rod(BALLS.canvas).draw, angles)):
        value, slope = dp.value_and_grad(lambda x, draw=draw: darkness(draw, x))(x)
        there = torch.tensor(x, device=device, requires_grad=True)
        darkness(draw, there).backward()
        np.testing.assert_allclose(darkness(draw, there).item(), value, rtol=1e-10)
        np.testing.assert_allclose(there.grad.cpu().numpy(), slope, rtol=1e-8, atol=1e-9)


def test_a_look_says_what_it_needs():
    with pytest.raises(ValueError, match=r"shape \(n, 3\), but theirs is \(3,\)"):
        physics.Discs(0.1, [1.0, 0.0, 0.0], BALL.canvas)
    with pytest.raises(ValueError, match=r"2 discs need places of the shape \(…, 2, 2\)"):
        BALLS.draw(np.zeros((5, 1, 2)))


# ------------------------------------------------------------------------------------------------
# Tracks


def test_from_tracks_to_many_digits():
    tracks = spring_tracks(4.3, 0.8, np.random.default_rng(1), clips=2)
    starts = physics.first_starts(tracks[:3], 0.1)
    found = physics.fit_tracks(spring, tracks, {"stiffness": 2.0, "length": 0.5}, starts)
    errors = off(found, stiffness=4.3, length=0.8)
    assert errors["stiffness"] < 0.05  # what is left is the integrator's own error
    assert errors["length"] < 0.02
    assert [horizon for horizon, _ in found.history][0] == 5


def test_the_horizon_finds_a_valley_that_the_whole_film_misses():
    tracks = spring_tracks(9.0, 0.8, np.random.default_rng(3), clips=2, frames=40)
    starts, guess = physics.first_starts(tracks[:3], 0.1), {"stiffness": 1.0, "length": 0.4}
    grown = physics.fit_tracks(spring, tracks, guess, starts, horizons=(5, 10, 20, 40))
    at_once = physics.fit_tracks(spring, tracks, guess, starts, horizons=(40,), max_iter=100)
    assert off(grown, stiffness=9.0)["stiffness"] < 0.2
    assert off(at_once, stiffness=9.0)["stiffness"] > 5
    assert grown.loss < 1e-3 * at_once.loss


def test_guesses_and_horizons_are_checked():
    tracks = np.zeros((5, 1, 2, 2))
    starts = physics.first_starts(tracks[:3], 0.1)
    with pytest.raises(ValueError, match="must be positive"):
        physics.fit_tracks(spring, tracks, {"stiffness": -1.0, "length": 0.5}, starts)
    with pytest.raises(ValueError, match="from 2 to the 5 that there are"):
        physics.fit_tracks(spring, tracks, {"stiffness": 1.0, "length": 0.5}, starts, horizons=(9,))


# ------------------------------------------------------------------------------------------------
# Films


def test_a_springs_numbers_from_a_film():
    rng = np.random.default_rng(1)
    tracks = spring_tracks(5.2, 0.75, rng, frames=60)
    film = filmed(BALLS, tracks[:20], rng)
    found = physics.physics_from_video(spring, film, BALLS, {"stiffness": 2.0, "length": 0.5}, 0.1)
    errors = off(found, stiffness=5.2, length=0.75)
    assert errors["stiffness"] < 0.5
    assert errors["length"] < 0.1
    path = spring(found.numbers, found.starts, 59)["q"]  # 40 frames that nobody saw
    assert np.linalg.norm(path - tracks, axis=-1).max() < 0.1 * BALLS.canvas.pixel


def test_a_balls_numbers_from_a_film_and_not_by_the_naive_bounce():
    rng = np.random.default_rng(0)
    film = filmed(BALL, ball_tracks(6.3, 0.82, rng), rng)
    guess = {"gravity": 4.0, "restitution": 0.5}
    right = physics.physics_from_video(ball(physics.impact_step), film, BALL, guess, 0.05)
    assert max(off(right, gravity=6.3, restitution=0.82).values()) < 0.3
    naive = physics.physics_from_video(ball(physics.naive_step), film, BALL, guess, 0.05)
    assert max(off(naive, gravity=6.3, restitution=0.82).values()) > 1.0
