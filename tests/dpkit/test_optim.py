"""Optimisers beside torch's and SciPy's, and against the rates that theory gives them."""

import math

import numpy as np
import pytest
import scipy.optimize
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit import optim
from dpkit.optim.line_search import Point, strong_wolfe

torch = pytest.importorskip("torch")


def rosenbrock(x):
    return dp.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2)


# ------------------------------------------------------------------------------------------------
# torch as the oracle, step by step

STEPPERS = {
    "plain": (optim.SGD, torch.optim.SGD, {"lr": 0.02}),
    "decay": (optim.SGD, torch.optim.SGD, {"lr": 0.02, "weight_decay": 0.3}),
    "heavy ball": (optim.SGD, torch.optim.SGD, {"lr": 0.01, "momentum": 0.9}),
    "nesterov": (optim.SGD, torch.optim.SGD, {"lr": 0.01, "momentum": 0.8, "nesterov": True}),
    "adam": (optim.Adam, torch.optim.Adam, {"lr": 0.05}),
    "adam, other betas": (
        optim.Adam, torch.optim.Adam,
        {"lr": 0.05, "betas": (0.7, 0.95), "eps": 1e-3, "weight_decay": 0.1},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", STEPPERS)
@pytest.mark.parametrize("on_torch", [False, True])
def test_the_same_way_as_torch(name, on_torch):
    ours, theirs, options = STEPPERS[name]
    rng = np.random.default_rng(7)
    start, matrix = rng.normal(size=5), rng.normal(size=(4, 5))
    bias = rng.normal(size=(2, 1))
    data = torch.tensor if on_torch else np.array
    x, b = (dp.tensor(data(each), requires_grad=True) for each in (start, bias))
    u, c = (torch.tensor(each, requires_grad=True) for each in (start, bias))
    a, at = data(matrix), torch.tensor(matrix)
    optimizer, oracle = ours([x, b], **options), theirs([u, c], **options)
    for _ in range(60):
        optimizer.zero_grad()
        (dp.sum((a @ x) ** 2) + dp.sum(dp.sin(b + x))).backward()
        optimizer.step()
        oracle.zero_grad()
        (((at @ u) ** 2).sum() + torch.sin(c + u).sum()).backward()
        oracle.step()
        np.testing.assert_allclose(x.numpy(), u.detach().numpy(), rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(b.numpy(), c.detach().numpy(), rtol=1e-12, atol=1e-12)


def test_groups_have_settings_of_their_own():
    slow, fast = (dp.tensor(np.ones(2), requires_grad=True) for _ in range(2))
    groups = [{"params": [slow], "lr": 0.1}, {"params": [fast]}]
    optimizer = optim.SGD(groups, lr=0.5)
    (dp.sum(slow) + dp.sum(fast)).backward()
    optimizer.step()
    assert list(slow.numpy()) == [0.9, 0.9]
    assert list(fast.numpy()) == [0.5, 0.5]
    optimizer.param_groups[0]["lr"] = 0.2
    optimizer.step()
    np.testing.assert_allclose(slow.numpy(), [0.7, 0.7])


def test_a_parameter_without_gradient_stays():
    x, y = (dp.tensor(np.ones(2), requires_grad=True) for _ in range(2))
    optimizer = optim.Adam([x, y], lr=0.1)
    dp.sum(x).backward()
    optimizer.step()
    assert list(y.numpy()) == [1.0, 1.0]
    np.testing.assert_allclose(x.numpy(), 0.9)


# ------------------------------------------------------------------------------------------------
# Theory as the oracle

CONDITION = 100.0
RATES = {  # step size, momentum, nesterov; the factor that the distance loses in an iteration
    "descent": (2 / (1 + CONDITION), 0.0, (CONDITION - 1) / (CONDITION + 1)),
    "heavy ball": ((2 / 11) ** 2, (9 / 11) ** 2, 9 / 11),
}


@pytest.mark.parametrize("name", RATES)
def test_predicted_rates(name):
    """On a quadratic with κ = 100 the measured rate is the predicted one, within 2 %."""
    lr, momentum, rate = RATES[name]
    scale = np.geomspace(1, CONDITION, 9)
    start = np.random.default_rng(3).normal(size=9)
    found = optim.minimize(
        lambda x: 0.5 * dp.sum(scale * x * x), start, "sgd",
        lr=lr, momentum=momentum, tol=0, max_iter=400,
    )  # fmt: skip
    size = [float(np.linalg.norm(x)) for x in found.trace.x]
    early, late = (100, 400) if name == "descent" else (60, 300)
    measured = (size[late] / size[early]) ** (1 / (late - early))
    # the heavy ball's worst modes have a double root: their size is k·rateᵏ
    expected = rate * (late / early) ** (1 / (late - early)) if momentum else rate
    assert math.log(measured) == pytest.approx(math.log(expected), rel=0.02)


def test_optimal_step_needs_the_published_number_of_iterations():
    """κ = 100, from distance 1 to 1e-6 in every mode: ln(1e-6)/ln(99/101) = 691 iterations."""
    found = optim.minimize(
        lambda x: 0.5 * (x[0] ** 2 + CONDITION * x[1] ** 2), np.array([1.0, 1.0]), "sgd",
        lr=2 / 101, tol=0, max_iter=1000,
    )  # fmt: skip
    needed = next(k for k, x in enumerate(found.trace.x) if np.abs(x).max() <= 1e-6)
    assert needed == math.ceil(math.log(1e-6) / math.log(99 / 101))


@pytest.mark.filterwarnings("ignore:overflow")
def test_too_long_steps_are_told():
    with pytest.raises(FloatingPointError, match="try a smaller `lr`"):
        optim.minimize(lambda x: dp.sum(x**4), np.ones(3), "sgd", lr=5.0)


# ------------------------------------------------------------------------------------------------
# L-BFGS


@pytest.mark.parametrize("n", [2, 5, 20, 60])
def test_lbfgs_beside_scipy_on_rosenbrock(n):
    start = np.random.default_rng(n).uniform(-2, 2, n)
    ours = optim.minimize(rosenbrock, start, tol=1e-6)
    theirs = scipy.optimize.minimize(
        scipy.optimize.rosen, start, jac=scipy.optimize.rosen_der, method="L-BFGS-B",
        options={"maxcor": 10, "gtol": 1e-6, "ftol": 0, "maxiter": 5000},
    )  # fmt: skip
    assert ours.success
    assert ours.nit <= 1.2 * theirs.nit
    np.testing.assert_allclose(ours.x, 1.0, atol=1e-5)


@pytest.mark.parametrize("seed", range(3))
def test_lbfgs_beside_scipy_on_a_logistic_fit(seed):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=(80, 6)) * np.geomspace(0.3, 3, 6)
    y = np.sign(x @ rng.normal(size=6) + rng.normal(size=80))

    def loss(w):
        return dp.mean(dp.softplus(-y * (x @ w))) + 0.01 * dp.sum(w * w)

    both = dp.value_and_grad(loss)
    ours = optim.minimize(loss, np.zeros(6), tol=1e-8)
    theirs = scipy.optimize.minimize(
        lambda w: tuple(map(np.asarray, both(w))), np.zeros(6), jac=True, method="L-BFGS-B",
        options={"maxcor": 10, "gtol": 1e-8, "ftol": 0},
    )  # fmt: skip
    assert ours.success
    assert ours.nit <= 1.2 * theirs.nit
    np.testing.assert_allclose(ours.x, theirs.x, atol=1e-5)


def test_lbfgs_as_an_optimizer():
    """Several calls go on where the last one ended, unless somebody moved the parameters."""
    x = dp.tensor(np.array([-1.2, 1.0]), requires_grad=True)
    optimizer = optim.LBFGS([x], max_iter=5)

    def closure():
        optimizer.zero_grad()
        loss = rosenbrock(x)
        loss.backward()
        return loss

    values = [optimizer.step(closure) for _ in range(12)]
    assert values == sorted(values, reverse=True)
    np.testing.assert_allclose(x.numpy(), 1.0, atol=1e-6)
    x.data = np.array([2.0, -1.0])
    for _ in range(12):
        optimizer.step(closure)
    np.testing.assert_allclose(x.numpy(), 1.0, atol=1e-6)


@settings(deadline=None, max_examples=60)
@given(st.floats(0.05, 20), st.floats(-3, 3), st.floats(0.01, 50))
def test_line_search_keeps_both_conditions(width, tilt, first):
    def phi(a):
        u = a / width
        return (u - 2) ** 2 + 0.3 * math.sin(tilt * u), (
            2 * (u - 2) + 0.3 * tilt * math.cos(tilt * u)
        ) / width

    start = Point(0.0, *phi(0.0))
    found = strong_wolfe(phi, start, first)
    assert found.value <= start.value + 1e-4 * found.step * start.slope
    assert abs(found.slope) <= -0.9 * start.slope


# ------------------------------------------------------------------------------------------------
# Corners


def lasso(seed=0, n=40, d=12):
    rng = np.random.default_rng(seed)
    a = rng.normal(size=(n, d))
    return a, a @ (rng.normal(size=d) * (rng.random(d) < 0.4)) + 0.1 * rng.normal(size=n)


def by_coordinates(a, b, weight, rounds=4000):
    """Lasso by coordinate descent, each coordinate solved exactly."""
    x = np.zeros(a.shape[1])
    for _ in range(rounds):
        for j in range(len(x)):
            rho = a[:, j] @ (b - a @ x + a[:, j] * x[j])
            x[j] = np.sign(rho) * max(abs(rho) - weight, 0) / (a[:, j] @ a[:, j])
    return x


@pytest.mark.parametrize("accelerated", [False, True])
def test_lasso(accelerated):
    a, b = lasso()
    found = optim.minimize(
        lambda x: 0.5 * dp.sum((a @ x - b) ** 2), np.zeros(12), "proximal",
        lr=1 / np.linalg.norm(a, 2) ** 2, accelerated=accelerated, tol=1e-10, max_iter=20000,
        prox=lambda v, s: optim.soft_threshold(v, 5.0 * s),
    )  # fmt: skip
    assert found.success
    truth = by_coordinates(a, b, 5.0)
    np.testing.assert_allclose(found.x, truth, atol=1e-6)
    assert 0 < np.sum(truth == 0) == np.sum(found.x == 0)


@pytest.mark.parametrize(("accelerated", "order"), [(False, -1), (True, -2)])
def test_rates_of_ista_and_fista(accelerated, order):
    """A lasso whose error falls as slowly as theory allows: as 1/k with ISTA, as 1/k² with FISTA.

    Diagonal, f = ½ Σ λ (x − m)² and w Σ |x|, so the solution is known. With curvatures spread evenly
    over many decades and every coordinate at distance 1, each k finds modes that just begin to move:
    no stretch of the walk is quicker than another. A quarter of the solution is 0.
    """
    n, weight = 400, 0.1
    scale = np.geomspace(1e-8, 1, n)
    zero = np.arange(n) % 4 == 3
    best = np.where(zero, 0.0, 2.0)
    middle = np.where(zero, 0.5 * weight / scale, best + weight / scale)
    found = optim.minimize(
        lambda x: 0.5 * dp.sum(scale * (x - middle) ** 2), np.where(zero, 0.5, 3.0), "proximal",
        lr=1.0, accelerated=accelerated, tol=0, max_iter=2000,
        prox=lambda v, s: optim.soft_threshold(v, weight * s),
    )  # fmt: skip
    x = np.array(found.trace.x)
    # F(x) − F(best), without the loss of digits that a difference of large sums would bring
    smooth = 0.5 * np.sum(scale * (x - best) * (x + best - 2 * middle), axis=1)
    error = smooth + weight * np.sum(np.abs(x) - best, axis=1)
    k = np.unique(np.geomspace(100, 2000, 60).astype(int))
    slope = np.polyfit(np.log(k), np.log(error[k]), 1)[0]
    assert slope == pytest.approx(order, abs=0.06)
    start = np.sum((x[0] - best) ** 2)
    assert np.all(error[k] <= (2 * start / (k + 1) ** 2 if accelerated else start / (2 * k)))
    assert np.all(found.x[zero] == 0) and np.all(found.x[~zero] > 0)


def test_soft_threshold():
    x = np.array([-3.0, -1.0, -0.2, 0.0, 0.5, 2.0])
    expected = [-2.0, 0.0, 0.0, 0.0, 0.0, 1.0]
    assert list(optim.soft_threshold(x, 1.0)) == expected
    assert optim.soft_threshold(torch.tensor(x), 1.0).tolist() == expected


# ------------------------------------------------------------------------------------------------
# minimize


def test_containers_and_the_trace():
    seen = []
    found = optim.minimize(
        lambda p: (p["a"] - 3) ** 2 + dp.sum((p["b"] - p["a"]) ** 2),
        {"a": 0.0, "b": np.zeros(3)},
        callback=lambda trace: seen.append(trace.fun[-1]),
    )
    assert found.success
    np.testing.assert_allclose(found.x["b"], 3.0, atol=1e-6)
    assert seen == found.trace.fun[1:] and len(found.trace.x) == found.nit + 1
    assert float(found.trace.x[0]["a"]) == 0.0
    assert found.nfev >= found.nit


def test_the_start_is_left_alone():
    start = np.array([2.0, -3.0])
    optim.minimize(rosenbrock, start, max_iter=3)
    assert list(start) == [2.0, -3.0]


def test_a_callback_may_end_it():
    found = optim.minimize(rosenbrock, np.zeros(4), callback=lambda trace: len(trace.fun) == 5)
    assert found.nit == 4 and not found.success and "callback" in found.message


def test_torch_tensors():
    found = optim.minimize(rosenbrock, torch.zeros(3, dtype=torch.float64))
    assert isinstance(found.x, torch.Tensor)
    np.testing.assert_allclose(found.x.numpy(), 1.0, atol=1e-5)


# ------------------------------------------------------------------------------------------------
# Errors are sentences


@pytest.mark.parametrize(
    ("make", "error", "says"),
    [
        (lambda x: optim.SGD([]), ValueError, "list of parameters is empty"),
        (lambda x: optim.SGD([np.ones(2)]), TypeError, "requires_grad=True, but one was array"),
        (lambda x: optim.SGD([dp.tensor(np.ones((2, 3)))]), TypeError, r"shape \(2, 3\) without"),
        (lambda x: optim.SGD([x, x]), ValueError, "given twice"),
        (lambda x: optim.SGD([x], lr=-0.1), ValueError, "`lr` should be at least 0, but is -0.1"),
        (lambda x: optim.SGD([x], momentum=1.0), ValueError, "`momentum` should be .* below 1"),
        (lambda x: optim.SGD([x], nesterov=True), ValueError, "but that is 0"),
        (lambda x: optim.Adam([x], betas=(0.9, 1.0)), ValueError, r"betas\[1\]"),
        (lambda x: optim.LBFGS([{"params": [x]}, {"params": [_x()]}]), ValueError, "one group"),
        (lambda x: optim.minimize(rosenbrock, np.ones(2), "newton"), ValueError, 'the methods are "'),
        (lambda x: optim.minimize(lambda x: 3.0, np.ones(2)), TypeError, "depends on x, but gave 3.0"),
    ],
)  # fmt: skip
def test_errors(make, error, says):
    with pytest.raises(error, match=says):
        make(_x())


def _x():
    return dp.tensor(np.ones(2), requires_grad=True)
