"""The bounce against the formula for it."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import physics

CASE = (0.5, 0.3, 6.0, 0.8)  # height, speed, gravity, restitution
FLOOR, TIME = -0.88, 0.75


def exact(y, v, g, e):
    """Height at TIME after one bounce, and its derivatives, by hand."""
    square = np.sqrt(v**2 + 2 * g * (y - FLOOR))
    t = (v + square) / g  # it hits with the speed -square
    left = TIME - t
    height = FLOOR + e * square * left - g * left**2 / 2
    dt = np.array([1 / square, t / square, -t * t / 2 / square])  # by y, v, g
    ds = np.array([g / square, v / square, (y - FLOOR) / square])
    slopes = e * ds * left - (e * square - g * left) * dt
    slopes[2] -= left**2 / 2
    return height, np.append(slopes, square * left)


def last(method, n):
    def height(y, v, g, e):
        return physics.rollout(method(TIME / n, g, e, FLOOR), {"q": y, "v": v}, n)["q"][-1]

    return height


def test_the_numbers_of_the_notes():
    value, slopes = exact(*CASE)
    assert round(value, 4) == -0.8161
    np.testing.assert_allclose(slopes, [-0.74726, -0.56150, 0.21059, 0.08131], atol=1e-5)


def test_the_naive_value_converges_and_its_derivative_stays_zero():
    value, _ = exact(*CASE)
    errors = []
    for n in (30, 480, 3840):
        height = last(physics.naive_step, n)
        errors.append(abs(height(*CASE) - value))
        assert dp.grad(height)(*CASE) == 0.0
    assert errors[1] < 0.01 and errors[2] < 0.0015


def test_reflecting_has_another_wrong_derivative():
    value, slopes = exact(*CASE)
    height = last(physics.reflecting_step, 3840)
    assert abs(height(*CASE) - value) < 0.002
    assert abs(dp.grad(height)(*CASE) - -0.8) < 1e-9
    assert abs(slopes[0] - -0.8) > 0.05


@pytest.mark.parametrize("n", [1, 2, 15, 97])
def test_by_the_time_of_impact_any_step_is_exact(n):
    value, slopes = exact(*CASE)
    height = last(physics.impact_step, n)
    assert abs(height(*CASE) - value) < 1e-12
    np.testing.assert_allclose(dp.grad(height, (0, 1, 2, 3))(*CASE), slopes, rtol=1e-10)
    moving = [dp.jvp(height, CASE, tuple(row))[1] for row in np.eye(4)]
    np.testing.assert_allclose(moving, slopes, rtol=1e-10)


def test_several_bounces_by_events_of_another_program():
    from scipy.integrate import solve_ivp

    def hit(_, y):
        return y[1]

    hit.terminal, hit.direction = True, -1
    g, e, end = 9.81, 0.7, 2.2
    now, y, path = 0.0, np.array([-0.4, 1.0, 0.7, 0.5]), None
    while now < end - 1e-12:
        run = solve_ivp(lambda _, y: [y[2], y[3], 0, -g], (now, end), y, "DOP853", events=hit,
                        rtol=1e-12, atol=1e-13)  # fmt: skip
        now, y, path = run.t[-1], run.y[:, -1], run.y
        if run.status == 1:
            y[1], y[3] = 0.0, -e * y[3]
    start = {"q": np.array([-0.4, 1.0]), "v": np.array([0.7, 0.5])}
    ours = physics.rollout(physics.impact_step(end / 11, g, e), start, 11)
    np.testing.assert_allclose(ours["q"][-1], path[:2, -1], atol=1e-9)
    np.testing.assert_allclose(ours["v"][-1], path[2:, -1], atol=1e-9)


def test_a_ball_comes_to_rest_and_stays_finite():
    def height(y):
        path = physics.rollout(physics.impact_step(0.1, 9.81, 0.5), {"q": y, "v": 0.0 * y}, 60)
        return dp.sum(path["q"]), path

    (_, path), slope = dp.value_and_grad(height, has_aux=True)(np.array([[1.0], [0.3]]))
    assert np.all(path["q"] >= 0) and np.all(path["q"][-1] < 1e-9)
    assert np.all(abs(path["v"][-1]) < 1e-9)
    assert np.all(np.isfinite(slope))


def test_a_ball_that_hits_at_the_end_of_a_step_bounces_in_the_next():
    # 0.2 m in 0.2 s at 10 m/s²: rounding decides in which of the two steps it hits.
    for height in np.nextafter([0.2, 0.2, 0.2], [0.0, 0.2, 1.0]):
        step = physics.impact_step(0.1, 10.0, 0.5)
        path = physics.rollout(step, {"q": float(height), "v": 0.0}, 3)
        assert abs(path["v"][2]) > 0.9
        assert abs(path["q"][3] - (1.0 * 0.1 - 0.05)) < 1e-9


@pytest.mark.parametrize("method", ["naive_step", "reflecting_step", "impact_step"])
def test_on_torch_as_on_numpy(method, device):
    torch = pytest.importorskip("torch")
    q, v = np.array([[0.0, 0.5], [0.3, 0.9]]), np.array([[0.2, 0.3], [-0.1, -1.0]])

    def end(q, v, gravity):
        step = getattr(physics, method)(0.05, gravity, 0.8, -0.2)
        path = physics.rollout(step, {"q": q, "v": v}, 30)
        return (path["q"] ** 2).sum() + path["v"][-1].sum()

    value, slopes = dp.value_and_grad(end, (0, 1, 2))(q, v, 6.0)
    theirs = [torch.tensor(x, device=device, requires_grad=True) for x in (q, v, np.array(6.0))]
    there = end(*theirs)
    there.backward()
    np.testing.assert_allclose(there.item(), value, rtol=1e-12)
    for x, slope in zip(theirs, slopes, strict=True):
        np.testing.assert_allclose(x.grad.cpu().numpy(), slope, rtol=1e-10, atol=1e-12)
