"""A pendulum swung up by somebody who only sees it."""

import numpy as np
import pytest

import dpkit as dp
from benchmarks.films import TruePendulum, filmed, pendulum_film
from dpkit import physics
from dpkit.render import Canvas

LOOK = physics.Rod(Canvas(32))
TRUTH = {"gravity": 9.9, "drag": 0.08, "gain": 4.4}
GUESS = {"gravity": 3.0, "drag": 0.3, "gain": 12.0}


def model(numbers):
    law = physics.Pendulum(1.0, numbers["gravity"], numbers["drag"], numbers["gain"])
    return physics.leapfrog(law.acceleration, 0.05)


def from_upright(angles):
    return abs(np.angle(np.exp(1j * (np.asarray(angles) - np.pi))))


# ------------------------------------------------------------------------------------------------
# Seeing


def test_a_rod_drawn_hard_and_drawn_soft_is_alike():
    angles = np.array([0.0, 0.7, 2.5, -1.9])
    soft, hard = LOOK.draw(angles), LOOK.draw_hard(angles)
    assert soft.shape == hard.shape == (4, 32, 32)
    assert np.sqrt(np.mean((soft - hard) ** 2)) < 0.02
    assert hard[1, :16].mean() > 0.99 > hard[1, 16:].mean()  # it hangs
    assert hard[1, :, 17:].mean() < hard[1, :, :15].mean()  # to the right


def test_angles_are_seen_to_a_few_thousandths():
    rng = np.random.default_rng(0)
    angles = rng.uniform(-np.pi, np.pi, 30)
    film = filmed(LOOK, angles, rng)
    seen = [LOOK.see(frame, angle + rng.uniform(-0.15, 0.15)) for frame, angle in
            zip(film, angles, strict=True)]  # fmt: skip
    assert abs(np.array(seen) - angles).max() < 0.02
    slow = np.linspace(0, 9, 40)  # more than once around
    found = LOOK.locate(filmed(LOOK, slow, rng))
    assert abs(found - slow).max() < 0.02


# ------------------------------------------------------------------------------------------------
# Planning


def test_a_plan_is_a_path_of_the_model_and_ends_upright():
    step = model(TRUTH)
    planner = physics.Planner(step, physics.swing_up_cost, rng=0)
    plan = planner.plan({"q": np.pi - 0.1, "v": 0.0})
    path = physics.rollout(step, {"q": np.pi - 0.1, "v": 0.0}, 40, plan.pushes)
    np.testing.assert_allclose(path["q"], plan.path["q"], rtol=1e-12)
    assert abs(plan.pushes).max() <= 1.0
    assert from_upright(plan.path["q"])[-10:].max() < 0.02
    residuals = physics.swing_up_cost({k: x[1:] for k, x in plan.path.items()}, plan.pushes)
    assert plan.cost == pytest.approx(np.sum(residuals**2) / 40)


def test_a_polished_plan_cannot_be_bettered():
    step, start = model(TRUTH), {"q": np.pi - 0.1, "v": 0.1}
    planner = physics.Planner(step, physics.swing_up_cost, polish=20, rng=0)
    pushes = planner.plan(start).pushes

    def cost(pushes):
        path = physics.rollout(step, start, 40, pushes)
        residuals = physics.swing_up_cost({k: x[1:] for k, x in path.items()}, pushes)
        return dp.sum(residuals * residuals) / 40

    assert abs(pushes).max() < 0.9  # no limit stops it, so all slopes vanish
    # The slope is in units of a cost that one push of 1 changes by hundreds.
    assert abs(dp.grad(cost)(pushes)).max() < 1e-3 * abs(dp.grad(cost)(pushes + 0.1)).max()


def test_a_rests_cost_is_zero_upright_and_two_hanging():
    residuals = physics.swing_up_cost({"q": np.array([np.pi, 0.0]), "v": np.zeros(2)}, np.zeros(2))
    np.testing.assert_allclose(np.sum(residuals**2, axis=0), [0.0, 2.0], atol=1e-15)


# ------------------------------------------------------------------------------------------------
# The whole


@pytest.mark.slow
def test_from_clips_to_upright_and_never_with_numbers_that_nobody_identified():
    rng = np.random.default_rng(4)
    film, torques = pendulum_film(LOOK, rng, clips=3, **TRUTH)

    def simulate(numbers, starts, steps):
        return physics.rollout(model(numbers), starts, steps, torques)

    found = physics.physics_from_video(simulate, film, LOOK, GUESS, 0.05).numbers
    assert abs(found["gravity"] / TRUTH["gravity"] - 1) < 0.02
    assert abs(found["gain"] / TRUTH["gain"] - 1) < 0.03
    for numbers, comes_up in ((found, True), (GUESS, False)):
        world = TruePendulum(LOOK, rng, **TRUTH)
        planner = physics.Planner(model(numbers), physics.swing_up_cost, rng=0)
        run = physics.mpc(world, LOOK, model(numbers), planner, steps=90, dt=0.05)
        off = from_upright(world.angles)
        assert (off.min() < 0.2) == comes_up
        if comes_up:
            assert off[-10:].max() < 0.1
            assert abs(run.angles - world.angles[:-1]).max() < 0.05
        assert run.frames.shape == (90, 32, 32) and run.ghosts.shape == (90, 41)
