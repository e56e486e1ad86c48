"""The numbers that week 6 tells: counted, measured and gained by the lab's own solved code."""

import math

import numpy as np
import pytest

import dpkit as dp
from dpkit import images, optim
from tests.labs.conftest import ROOT, Bench


@pytest.fixture(scope="module")
def lab06():
    """The names of lab 6, solved."""
    return Bench(ROOT / "labs" / "lab06_optimisation").namespace()


# What a tenth of 1/L, 1/L, the best step, Nesterov and the heavy ball need from a distance of 2 to 1e-6.
STEPS = {
    (100, "0.1/L"): 14_156,
    (100, "1/L"): 1_410,
    (100, "best"): 726,
    (100, "Nesterov"): 162,
    (100, "heavy ball"): 97,
    (1000, "best"): 7_255,
    (1000, "Nesterov"): 531,
    (1000, "heavy ball"): 326,
}


@pytest.mark.parametrize(("kappa", "way"), STEPS)
def test_steps_from_two_metres_to_a_micrometre(lab06, kappa, way):
    slope, start, root = lab06["valley"](kappa), lab06["START"], math.sqrt(kappa)
    n, q = STEPS[kappa, way] + 5, (root - 1) / (root + 1)
    if way == "Nesterov":
        points = lab06["nesterov"](slope, start, 1 / kappa, q, n)
    elif way == "heavy ball":
        points = lab06["heavy_ball"](slope, start, (2 / (1 + root)) ** 2, q**2, n)
    else:
        step = {"0.1/L": 0.1 / kappa, "1/L": 1 / kappa, "best": 2 / (1 + kappa)}[way]
        points = lab06["descend"](slope, start, step, n)
    assert lab06["steps_taken"](points) == STEPS[kappa, way]


def test_too_long_a_step_never_arrives(lab06):
    points = lab06["descend"](lab06["valley"](100), lab06["START"], 2.05 / 100, 800)
    assert lab06["steps_taken"](points) is None
    assert np.linalg.norm(points[-1]) > 1e6


@pytest.mark.parametrize("kappa", [3, 10, 100, 1000])
def test_predicted_and_measured_rates_agree_within_two_percent(lab06, kappa):
    rng = np.random.default_rng(kappa)
    turn, _ = np.linalg.qr(rng.normal(size=(5, 5)))
    A = turn @ np.diag(np.linspace(1, kappa, 5)) @ turn.T
    step, rate = lab06["best_step"](A)
    n = 6 * kappa + 20
    way = lab06["descend"](lambda x: A @ x, rng.normal(size=5), step, n)
    measured = np.linalg.norm(way[-1]) / np.linalg.norm(way[n // 2])
    assert math.log(measured) / (n - n // 2) == pytest.approx(math.log(rate), rel=0.02)


def test_adam_keeps_step_with_torch(lab06):
    torch = pytest.importorskip("torch")
    start = np.array([-1.2, 1.0])
    points = lab06["adam"](
        dp.grad(lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2), start, 0.05, 500
    )
    x = torch.tensor(start, requires_grad=True)
    theirs = torch.optim.Adam([x], lr=0.05)
    for point in points[1:]:
        theirs.zero_grad()
        ((1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2).backward()
        theirs.step()
        np.testing.assert_allclose(point, x.detach().numpy(), rtol=0, atol=1e-12)


def test_stars_on_a_black_sky(lab06):
    """FISTA is ahead of ISTA by far, and finds a sky as black as the true one, nearly."""
    B, sky, seen = lab06["telescope"]()
    step, weight, black = 1 / np.linalg.norm(B, 2) ** 4, 3e-4, np.zeros_like(sky)

    def cost(X):
        return 0.5 * np.sum((B @ X @ B.T - seen) ** 2) + weight * np.sum(np.abs(X))

    ends = {
        name: lab06[name](lambda X: B.T @ (B @ X @ B.T - seen) @ B, black, step, weight, 1000)[-1]
        for name in ("ista", "fista")
    }
    assert cost(ends["fista"]) < cost(ends["ista"]) - 5e-4
    assert np.mean(sky == 0) > 0.97 and np.mean(np.abs(ends["fista"]) < 1e-3) > 0.93


def test_four_times_as_fine(lab06):
    """At least 0.6 dB and 0.03 SSIM over bicubic with total variation alone, more with shading."""
    truth = images.lighthouse(256)
    small = images.shrink(truth, 4)
    usual = images.bicubic(small, 4)
    for shading, more_dB, more_alike in ((0, 1.1, 0.0305), (0.15, 1.8, 0.043)):
        found = lab06["sharpened"](small, usual, shading=shading)[-1]
        assert images.psnr(found, truth) >= images.psnr(usual, truth) + more_dB
        assert images.ssim(found, truth) >= images.ssim(usual, truth) + more_alike


def test_registration_and_the_aperture_problem(lab06):
    """Dice 0.46, then 0.68, then 0.94; but places are right only across the edges."""
    still = images.phantom(lab06["SIZE"])
    moving, came = lab06["second_scan"](still)
    nowhere = (lab06["ROWS"], lab06["COLUMNS"])
    affine, smooth = lab06["register"](moving, still)
    overlaps = [
        images.dice(images.warp(moving, *places) > 0.5, still > 0.5)
        for places in (nowhere, affine, smooth)
    ]
    assert overlaps[0] < 0.47
    assert 0.6 < overlaps[1] < 0.75
    assert overlaps[2] >= 0.90
    _, across, along = lab06["off_by"](still, came, smooth)
    assert across < 0.5 < 1.5 < along


def line_shape(theta, energy):
    mass, width, height = 91 + theta[0], theta[1], 10_000 * theta[2]
    return (
        height
        * (energy * width) ** 2
        / ((energy**2 - mass**2) ** 2 + (energy**2 * width / mass) ** 2)
    )


def test_maximum_likelihood_and_its_errors():
    """The lab's fit on 100 simulated experiments: pulls of mean 0 and width 1, up to chance."""
    energy, truth = np.arange(88.2, 94.5), np.array([0.188, 2.495, 2.0])
    rng, pulls, steps = np.random.default_rng(6), [], []
    for _ in range(100):
        counts = rng.poisson(line_shape(truth, energy))

        def surprise(theta, counts=counts):
            mean = line_shape(theta, energy)
            return dp.sum(mean - counts * dp.log(mean))

        found = optim.minimize(surprise, np.array([0.0, 2.0, 1.5]), tol=1e-3)
        error = np.sqrt(np.diag(np.linalg.inv(dp.hessian(surprise)(found.x))))
        pulls.append((found.x - truth) / error)
        steps.append(found.nit)
    assert error[0] == pytest.approx(0.0067, rel=0.05)  # GeV
    assert max(steps) < 30
    assert np.all(np.abs(np.mean(pulls, axis=0)) < 0.3)
    assert np.all(np.abs(np.std(pulls, axis=0) - 1) < 0.22)
