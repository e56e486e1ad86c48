"""What dpkit.physics says of wrong input: what it got, what it needs, and for which argument."""

import numpy as np
import pytest

import dpkit as dp
from benchmarks.films import BALL, BALLS, filmed, spring_tracks
from dpkit import physics
from dpkit.render import Canvas

ROD = physics.Rod(Canvas(32))
NAN = float("nan")


def pendulum(dt=0.05):
    return physics.leapfrog(physics.Pendulum().acceleration, dt)


def spring(numbers, starts, steps):
    law = physics.Spring(numbers["stiffness"], numbers["length"])
    return physics.rollout(physics.rk4(law.field, 0.1), starts, steps)


@pytest.mark.parametrize("name", ["euler", "rk4", "symplectic_euler", "leapfrog"])
@pytest.mark.parametrize("dt", [0.0, NAN, float("inf")])
def test_a_step_takes_time(name, dt):
    with pytest.raises(ValueError, match="dt is how much time a step takes; with dt = "):
        getattr(physics, name)(physics.Pendulum().acceleration, dt)


@pytest.mark.parametrize("name", ["naive_step", "reflecting_step", "impact_step"])
def test_a_bounce_takes_time_and_no_less(name):
    for dt in (0.0, -0.1, NAN):
        with pytest.raises(ValueError, match="The time dt of a step must be positive, but it is"):
            getattr(physics, name)(dt, 9.81, 0.8)


def test_what_comes_back_needs_gravity():
    with pytest.raises(ValueError, match="Gravity, which brings the ball back, must be positive"):
        physics.impact_step(0.1, 0.0, 0.8)
    with pytest.raises(ValueError, match="but bounces is 0"):
        physics.impact_step(0.1, 9.81, 0.8, bounces=0)
    with pytest.raises(ValueError, match="Gravity, which brings it down, must be positive"):
        physics.throw(physics.Javelin(gravity=-1.0), 28.0, 0.7)
    with pytest.raises(ValueError, match='its "speed" holds nan'):
        physics.throw(physics.Javelin(), NAN, 0.7)
    with pytest.raises(ValueError, match="dt of a step must be positive, but it is 0"):
        physics.throw(physics.Javelin(), 28.0, 0.7, dt=0.0)


def test_a_path_starts_somewhere():
    with pytest.raises(
        ValueError, match='state at the start must be finite, but its "v" holds nan'
    ):
        physics.rollout(pendulum(), {"q": 1.0, "v": NAN}, 3)
    with pytest.raises(ValueError, match="it holds inf"):
        physics.adaptive(lambda x: -x, np.array([1.0, np.inf]), [0.0, 1.0])
    with pytest.raises(ValueError, match="atol must be positive, but it is 0"):
        physics.adaptive(lambda x: -x, 1.0, [0.0, 1.0], atol=0.0)
    with pytest.raises(ValueError, match='its "q" holds nan'):
        physics.Planner(pendulum(), physics.swing_up_cost).plan({"q": NAN, "v": 0.0})
    with pytest.raises(ValueError, match="holds nan"):
        physics.jacobian_norms(lambda x: x, np.array([NAN]), steps=2)


def test_a_path_on_a_tape_starts_somewhere_too():
    def end(q):
        return physics.rollout(pendulum(), {"q": q, "v": 0.0 * q}, 3)["q"][-1]

    with pytest.raises(ValueError, match='its "q" holds nan'):
        dp.grad(end)(NAN)
    assert np.isfinite(dp.hessian(lambda q: dp.sum(end(q)))(np.array([0.3, 0.4]))).all()


def test_each_step_has_its_torque():
    state = {"q": 1.0, "v": 0.0}
    with pytest.raises(
        ValueError, match="5 steps need as many inputs, but there are 4. Their first"
    ):
        physics.rollout(pendulum(), state, 5, np.zeros(4))
    with pytest.raises(ValueError, match="5 steps need as many inputs, but there are 0"):
        physics.rollout(pendulum(), state, 5, 0.3)
    with pytest.raises(ValueError, match="The inputs must be finite, but it holds nan"):
        physics.rollout(pendulum(), state, 2, np.array([0.0, NAN]))
    with pytest.raises(ValueError, match="3 steps need as many inputs, but there are 2"):
        physics.jacobian_norms(lambda x, u: x + u, np.ones(1), np.zeros((2, 1)), steps=3)
    with pytest.raises(ValueError, match="at least once, but times is 0"):
        physics.repeated(pendulum(), 0)


def test_a_film_fits_its_look_and_its_paths():
    rng = np.random.default_rng(0)
    tracks = spring_tracks(4.0, 0.7, rng, clips=2, frames=6)
    film, guess = filmed(BALLS, tracks, rng), {"stiffness": 3.0, "length": 0.6}
    with pytest.raises(
        ValueError, match=r"shape \(…, 32, 32, 3\), but theirs is \(3, 2, 24, 24, 3"
    ):
        physics.physics_from_video(spring, film[:, :, 4:28, 4:28], BALLS, guess, 0.1)
    with pytest.raises(ValueError, match="but the film has 2"):
        physics.physics_from_video(spring, film[:2], BALLS, guess, 0.1)
    with pytest.raises(ValueError, match="The film must be finite"):
        physics.physics_from_video(spring, np.where(film > 0.99, NAN, film), BALLS, guess, 0.1)
    with pytest.raises(ValueError, match="dt between two frames must be positive"):
        physics.physics_from_video(spring, film, BALLS, guess, 0.0)
    with pytest.raises(ValueError, match="from 2 to the 6 that there are"):
        physics.physics_from_video(spring, film, BALLS, guess, 0.1, horizons=(3, 7))
    starts = physics.first_starts(tracks, 0.1)
    one = {name: x[:1] for name, x in starts.items()}
    with pytest.raises(
        ValueError, match=r"\(6, 1, 32, 32, 3\), and the one given of the shape \(6, 2"
    ):
        physics.physics_from_video(spring, film, BALLS, guess, 0.1, one, horizons=(6,))
    with pytest.raises(ValueError, match=r"places are of the shape \(6, 1, 2, 2\), and the tracks"):
        physics.fit_tracks(spring, tracks, guess, one, horizons=(6,))
    with pytest.raises(ValueError, match="The tracks must be finite"):
        physics.fit_tracks(spring, np.full_like(tracks, NAN), guess, starts)
    with pytest.raises(ValueError, match="goes through three places, but there are 2"):
        physics.first_starts(tracks[:2], 0.1)


def test_pictures_are_those_of_the_look():
    with pytest.raises(ValueError, match=r"\(…, 32, 32\), but theirs is \(32, 31\)"):
        ROD.see(np.ones((32, 31)), 0.0)
    with pytest.raises(ValueError, match="Pictures must be finite, but it holds nan"):
        ROD.see(np.full((32, 32), NAN), 0.0)
    with pytest.raises(ValueError, match="Pictures must be finite"):
        BALL.locate(np.full((32, 32, 3), NAN))
    film = np.ones((4, 1, 32, 32))
    with pytest.raises(
        ValueError, match=r"film of the shape \(…, 32, 32, 3\), but its shape is \(4"
    ):
        physics.learn_places(film, BALL.canvas, 0.1, 1)
    with pytest.raises(ValueError, match="but n is 0"):
        physics.learn_places(film, BALL.canvas, 0.1, 0)


def test_a_planner_and_its_world():
    with pytest.raises(ValueError, match="but horizon is 0 and plans is 8"):
        physics.Planner(pendulum(), physics.swing_up_cost, horizon=0)
    with pytest.raises(ValueError, match="horizon is 40 and plans is 1"):
        physics.Planner(pendulum(), physics.swing_up_cost, plans=1)
    with pytest.raises(ValueError, match="The largest push must be positive, but it is -1"):
        physics.Planner(pendulum(), physics.swing_up_cost, limit=-1.0)
    planner = physics.Planner(pendulum(), physics.swing_up_cost)
    with pytest.raises(ValueError, match="steps is 0"):
        physics.mpc(None, ROD, pendulum(), planner, steps=0, dt=0.05)
    with pytest.raises(ValueError, match="between two frames must be positive, but it is 0"):
        physics.mpc(None, ROD, pendulum(), planner, steps=3, dt=0.0)


def test_states_have_rates_and_echoes_come_in_time():
    net = physics.RateNetwork()
    with pytest.raises(ValueError, match=r"states' shape is \(5, 2\) and the rates' \(5, 1\)"):
        physics.train_rates(net, np.ones((5, 2)), np.ones((5, 1)))
    with pytest.raises(ValueError, match='its "rates" holds nan'):
        physics.train_rates(net, np.ones((5, 2)), np.full((5, 2), NAN))
    for delay in (-1, 7):
        with pytest.raises(ValueError, match=f"but the delay is {delay}"):
            physics.echo(np.random.default_rng(0), 2, delay, 6)


def test_long_work_says_how_far_it_is(capsys):
    rng = np.random.default_rng(0)
    tracks = spring_tracks(4.0, 0.7, rng, clips=1, frames=4)
    film, guess = filmed(BALLS, tracks, rng), {"stiffness": 3.0, "length": 0.6}
    works = {
        "loss": lambda **more: physics.physics_from_video(
            spring, film, BALLS, guess, 0.1, max_iter=4, **more
        ),
        "loss ": lambda **more: physics.learn_places(
            film, BALLS.canvas, BALLS.radius, 2, iterations=3, **more
        ),
        "cost": lambda **more: physics.mpc(
            _Still(), ROD, pendulum(),
            physics.Planner(pendulum(), physics.swing_up_cost, horizon=3, plans=2, iterations=1),
            2, 0.05, **more,
        ),
    }  # fmt: skip
    for what, work in works.items():
        work()
        assert capsys.readouterr().out == ""
        work(progress=True)
        *_, last = capsys.readouterr().out.split("\r")
        total = last.split()[1]
        assert f"█ {total} of {total}, {what.strip()} " in last and last.endswith("\n")


class _Still:
    """A pendulum that hangs, whatever one does."""

    def look(self):
        return ROD.draw_hard(0.0)

    def push(self, torque):
        pass
