"""Coverage beside the area that is covered, and soft-or and over beside sums over all cases."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dpkit as dp
from dpkit import render

shares = st.lists(st.floats(0, 1), min_size=1, max_size=6)


def area_of_half_plane(normal, offset, samples=400):
    """Of a pixel of side 1 around 0: how much has normal · x < -offset."""
    u = (np.arange(samples) + 0.5) / samples - 0.5
    return np.mean(normal[0] * u + normal[1] * u[:, None] + offset < 0)


@pytest.mark.parametrize("degrees", [0, 20, 45])
def test_a_straight_border_looks_as_if_the_area_had_been_measured(degrees):
    normal = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))])
    offsets = np.linspace(-1.5, 1.5, 61)
    areas = np.array([area_of_half_plane(normal, d) for d in offsets])

    def error(softness):
        return np.sqrt(np.mean((render.coverage(offsets, softness) - areas) ** 2))

    assert error(0.18) < 0.03
    assert error(0.18) < 0.7 * error(0.1) and error(0.18) < 0.2 * error(0.5)


def test_coverage_and_its_limits():
    distance = np.array([-1e9, -0.3, 0.0, 0.3, 1e9])
    covered = render.coverage(distance, 0.1)
    assert covered[[0, 2, 4]] == pytest.approx([1, 0.5, 0])
    assert covered[1] + covered[3] == pytest.approx(1)
    for softness in (1e-200, 1e300):
        slope = dp.grad(lambda d, s=softness: dp.sum(render.coverage(d, s)))(distance)
        assert np.all(np.isfinite(slope))
    with pytest.raises(ValueError, match="0"):
        render.coverage(distance, 0.0)


@given(shares)
def test_soft_or_is_the_chance_of_one_or_more(covered):
    """Beside the sum over all the ways to hit and miss."""
    chance = 0.0
    for hits in itertools.product((0, 1), repeat=len(covered)):
        if any(hits):
            chance += np.prod([c if hit else 1 - c for c, hit in zip(covered, hits, strict=True)])
    assert render.soft_or(np.array(covered)) == pytest.approx(chance, abs=1e-12)


@given(shares, st.integers(0, 2**32 - 1))
def test_soft_or_in_any_order_and_at_least_the_largest(covered, seed):
    covered = np.array(covered)
    together = render.soft_or(covered)
    other = render.soft_or(np.random.default_rng(seed).permutation(covered))
    assert other == pytest.approx(together, abs=1e-12)
    assert covered.max() - 1e-12 <= together <= min(1, covered.sum()) + 1e-12


def test_over_beside_one_pixel_after_another():
    rng = np.random.default_rng(0)
    layers = [(rng.uniform(size=(3, 4)), rng.uniform(size=3)) for _ in range(3)]
    paper = rng.uniform(size=3)
    picture = render.over(layers, paper)
    for i, j in np.ndindex(3, 4):
        colour = paper
        for covered, ink in layers:
            colour = (1 - covered[i, j]) * colour + covered[i, j] * ink
        assert picture[i, j] == pytest.approx(colour)
    grey = render.over([(layers[0][0], 0.25)], 1.0)
    np.testing.assert_allclose(grey, 1 - 0.75 * layers[0][0])


def test_the_canvas_is_the_world_seen_through_a_window():
    canvas = render.Canvas(4, 6, centre=(10.0, 5.0), span=8.0)
    assert canvas.pixel == 2
    points = canvas.points()
    assert points.shape == (4, 6, 2)
    assert points[0, 0].tolist() == [5.0, 8.0]  # the topmost row first, y grows upwards
    np.testing.assert_allclose(points[0, 1] - points[0, 0], [2, 0])
    columns, rows = np.meshgrid(np.arange(6), np.arange(4))
    np.testing.assert_allclose(canvas.to_pixels(points), np.stack([columns, rows], -1), atol=1e-12)
    fine = canvas.finer(3).points().reshape(4, 3, 6, 3, 2).mean((1, 3))
    np.testing.assert_allclose(fine, points)
    assert canvas.finer(3).coarser(3) == canvas
    with pytest.raises(ValueError, match="4 × 6 pixels cannot be divided by 4"):
        canvas.coarser(4)
    with pytest.raises(ValueError, match="-1 × 6"):
        render.Canvas(-1, 6)
    with pytest.raises(ValueError, match="span must be positive, but it is 0"):
        render.Canvas(4, span=0)
