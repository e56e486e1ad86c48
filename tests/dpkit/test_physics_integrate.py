"""Integrators against their orders, SciPy's DOP853, and laws of conservation."""

import gc
import tracemalloc

import numpy as np
import pytest
from scipy.integrate import solve_ivp

import dpkit as dp
from dpkit import physics
from dpkit.physics.dormand_prince import _BETWEEN

pendulum = physics.Pendulum(length=1.0, gravity=9.81)
START = {"q": 1.0, "v": 0.5}


def truth(t):
    """The pendulum by another program."""
    found = solve_ivp(
        lambda _, y: [y[1], -9.81 * np.sin(y[0])], (0, t), [1.0, 0.5], "DOP853",
        rtol=1e-13, atol=1e-13,
    )  # fmt: skip
    return found.y[:, -1]


def make(name, dt):
    law = pendulum.field if name in ("euler", "rk4") else pendulum.acceleration
    return getattr(physics, name)(law, dt)


ORDERS = {"euler": 1, "symplectic_euler": 1, "leapfrog": 2, "rk4": 4}


@pytest.mark.parametrize("name", ORDERS)
def test_the_error_falls_with_the_order_of_the_method(name):
    counts, goal = np.array([200, 400, 800, 1600]) // (4 if name == "rk4" else 1), truth(1.0)
    errors = []
    for n in counts:
        path = physics.rollout(make(name, 1.0 / n), START, int(n))
        errors.append(np.hypot(path["q"][-1] - goal[0], path["v"][-1] - goal[1]))
    slope = np.polyfit(np.log(1.0 / counts), np.log(errors), 1)[0]
    assert abs(slope - ORDERS[name]) < 0.15


@pytest.mark.parametrize("name", ORDERS)
def test_the_derivative_of_a_path_has_the_order_of_the_path(name):
    h = 1e-5  # of DOP853's own path: centred differences
    far = [
        solve_ivp(lambda _, y: [y[1], -9.81 * np.sin(y[0])], (0, 1), [1 + s, 0.5], "DOP853",
                  rtol=1e-13, atol=1e-13).y[0, -1]
        for s in (-h, h)
    ]  # fmt: skip
    goal = (far[1] - far[0]) / (2 * h)

    def last(q, n):
        return physics.rollout(make(name, 1.0 / n), {"q": q, "v": 0.5}, n)["q"][-1]

    n = 40 if name == "rk4" else 200
    errors = [abs(dp.grad(last)(1.0, m) - goal) for m in (n, 2 * n)]
    assert errors[1] < errors[0]
    assert abs(np.log2(errors[0] / errors[1]) - ORDERS[name]) < 0.3


def test_symplectic_steps_keep_energy_where_explicit_ones_make_it():
    def drift(name):
        path = physics.rollout(make(name, 0.02), {"q": 1.0, "v": 0.0}, 5000)  # 100 seconds
        energy = pendulum.energy(path["q"], path["v"])
        return energy / energy[0] - 1.0

    assert drift("euler").max() > 5.0
    for name, bound in (("symplectic_euler", 0.05), ("leapfrog", 0.002)):
        error = drift(name)
        assert abs(error).max() < bound
        # It swings about its value: the last tenth is no further off than the first.
        assert abs(error[-500:]).max() < 1.1 * abs(error[:500]).max()


def test_leapfrog_can_be_walked_back():
    there = physics.rollout(physics.leapfrog(pendulum.acceleration, 0.05), START, 300)
    back = physics.rollout(
        physics.leapfrog(pendulum.acceleration, -0.05),
        {name: x[-1] for name, x in there.items()}, 300,
    )  # fmt: skip
    assert abs(back["q"][-1] - START["q"]) < 1e-10
    assert abs(back["v"][-1] - START["v"]) < 1e-10


# ------------------------------------------------------------------------------------------------
# rollout


@pytest.mark.parametrize("every", [1, 4, 7, 100])
def test_checkpoints_change_no_path_and_no_gradient(every):
    def loss(start, length, torques, every):
        step = physics.rk4(physics.Pendulum(length, drag=0.1).field, 0.05)
        path = physics.rollout(step, start, 30, torques, every)
        return dp.sum(path["q"] ** 2) + path["v"][17]

    start = {"q": np.array(1.0), "v": np.array(0.2)}
    args = (start, np.array(0.8), np.sin(np.arange(30.0)))
    plain, forgetful = (dp.value_and_grad(loss, (0, 1, 2))(*args, k) for k in (None, every))
    np.testing.assert_allclose(forgetful[0], plain[0], rtol=1e-14)
    np.testing.assert_allclose(forgetful[1][0]["q"], plain[1][0]["q"], rtol=1e-12)
    np.testing.assert_allclose(forgetful[1][1], plain[1][1], rtol=1e-12)
    np.testing.assert_allclose(forgetful[1][2], plain[1][2], rtol=1e-12, atol=1e-14)
    h = 1e-6
    slope = (loss(start, 0.8 + h, args[2], None) - loss(start, 0.8 - h, args[2], None)) / (2 * h)
    np.testing.assert_allclose(forgetful[1][1], slope, rtol=1e-7)


def test_inputs_may_be_containers():
    def step(x, given):
        return x * given["by"] + given["plus"]

    path = physics.rollout(step, np.array([1.0, 2.0]), 2, {"by": np.array([2.0, 3.0, 9.0]),
                                                           "plus": np.ones((3, 2))})  # fmt: skip
    np.testing.assert_array_equal(path, [[1, 2], [3, 5], [10, 16]])


def test_what_is_wrong_is_said():
    with pytest.raises(ValueError, match="as many inputs, but there are 2"):
        physics.rollout(lambda x, u: x + u, 1.0, 3, np.ones(2))
    with pytest.raises(ValueError, match="step 0 returned one of the form"):
        physics.rollout(lambda x: x[:1], np.ones(2), 3)
    with pytest.raises(ValueError, match="steps must not be negative"):
        physics.rollout(lambda x: x, 1.0, -1)
    with pytest.raises(ValueError, match="a rate for each number"):
        physics.rollout(physics.euler(lambda x: 1.0, 0.1), {"q": 1.0, "v": 0.0}, 1)


def test_torch_tensors_go_through_with_torchs_own_derivatives(device):
    torch = pytest.importorskip("torch")
    length = torch.tensor(0.8, dtype=torch.float64, device=device, requires_grad=True)
    one = torch.ones((), dtype=torch.float64, device=device)
    step = physics.rk4(physics.Pendulum(length).field, 0.05)
    physics.rollout(step, {"q": one, "v": 0.5 * one}, 20)["q"][-1].backward()

    def last(length):
        step = physics.rk4(physics.Pendulum(length).field, 0.05)
        return physics.rollout(step, {"q": 1.0, "v": 0.5}, 20)["q"][-1]

    assert abs(length.grad.item() - dp.grad(last)(0.8)) < 1e-12


def test_adaptive_steps_on_torch(device):
    torch = pytest.importorskip("torch")
    place = np.array([[1.0, 0.0], [0.7, 0.2]])
    start = {"q": place, "v": np.array([[0.0, 1.0], [-0.3, 1.1]])}
    there = {name: torch.tensor(x, device=device) for name, x in start.items()}
    ours = physics.adaptive(physics.TwoBody().field, start, [0.0, 1.0, 3.0])
    path = physics.adaptive(physics.TwoBody().field, there, [0.0, 1.0, 3.0])
    assert path["q"].device.type == device
    np.testing.assert_allclose(path["q"].cpu().numpy(), ours["q"], rtol=1e-9, atol=1e-12)


# ------------------------------------------------------------------------------------------------
# Steps that choose their size


def test_the_coefficients_are_scipys():
    from scipy.integrate import RK45

    np.testing.assert_allclose(_BETWEEN, RK45.P, rtol=1e-15)


@pytest.mark.parametrize("tolerance", [1e-4, 1e-7, 1e-10])
def test_adaptive_keeps_its_tolerance_at_all_times_asked(tolerance):
    times = np.array([0.0, 0.013, 0.5, 0.51, 2.0, 5.0])
    path = physics.adaptive(pendulum.field, START, times, rtol=tolerance, atol=tolerance)
    goal = solve_ivp(lambda _, y: [y[1], -9.81 * np.sin(y[0])], (0, 5), [1.0, 0.5], "DOP853",
                     t_eval=times, rtol=1e-13, atol=1e-13).y  # fmt: skip
    error = max(abs(path["q"] - goal[0]).max(), abs(path["v"] - goal[1]).max())
    assert error < 300 * tolerance
    assert path["q"].shape == (6,)


def test_an_eccentric_orbit_takes_small_steps_near_the_sun_only():
    planet, count = physics.TwoBody(), []

    def field(state):
        count.append(float(np.linalg.norm(state["q"])))
        return planet.field(state)

    e = 0.9  # starts furthest away; one period is 2π
    start = {"q": np.array([1 + e, 0.0]), "v": np.array([0.0, np.sqrt((1 - e) / (1 + e))])}
    path = physics.adaptive(field, start, [0.0, 2 * np.pi], rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(path["q"][-1], start["q"], atol=1e-5)
    assert np.mean(np.array(count) < 0.5) > 0.4  # two fifths of the work in 4 % of the time
    assert len(count) < 2500


def test_the_derivative_by_the_law_through_chosen_steps():
    def last(gravity):
        law = physics.Pendulum(gravity=gravity).field
        return physics.adaptive(law, START, [0.0, 2.0], rtol=1e-10, atol=1e-10)["q"][-1]

    def other(gravity):
        return solve_ivp(lambda _, y: [y[1], -gravity * np.sin(y[0])], (0, 2), [1.0, 0.5],
                         "DOP853", rtol=1e-13, atol=1e-13).y[0, -1]  # fmt: skip

    goal = (other(9.811) - other(9.809)) / 0.002
    assert abs(dp.grad(last)(9.81) - goal) < 1e-6 * abs(goal) + 1e-7


def test_a_path_to_infinity_is_refused():
    with pytest.raises(ArithmeticError, match="the step has become too small"):
        physics.adaptive(lambda x: x * x, 1.0, [0.0, 2.0])  # 1 / (1 - t)
    with pytest.raises(ArithmeticError, match="steps led only to time"):
        physics.adaptive(pendulum.field, START, [0.0, 100.0], max_steps=5)
    with pytest.raises(ValueError, match="must increase"):
        physics.adaptive(pendulum.field, START, [0.0, 1.0, 1.0])


# ------------------------------------------------------------------------------------------------
# Memory


def remembered(every, steps):
    """Bytes that a path's tape still holds between its forward and its backward pass."""
    start = {"q": np.linspace(0.1, 2.0, 5000), "v": np.zeros(5000)}  # 80 kB a state
    step = physics.rk4(physics.Pendulum(drag=dp.tensor(0.1, requires_grad=True)).field, 0.01)
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    path = physics.rollout(step, start, steps, checkpoint_every=every)
    end = dp.sum(path["q"][-1])
    del path
    gc.collect()
    held = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    end.backward()
    return held


def test_checkpoints_leave_one_state_in_ten():
    state, steps = 80_000, 100
    whole, sparse = remembered(None, steps), remembered(10, steps)
    assert whole > 4 * steps * state  # four looks at the field, and what each needs for its slope
    assert sparse < 0.15 * steps * state
