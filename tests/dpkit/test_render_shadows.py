"""Bodies and what light throws of them: the cells counted along the light, and their surface drawn."""

import numpy as np
import pytest

import dpkit as dp
from dpkit import render

N = 16
POINTS = render.Canvas(N).points()
ARROW = render.distance_of("arrow", POINTS, (0.0, 0.0), 0.6, 0.9) < 0
BOOT = (abs(POINTS[..., 0] + 0.3) < 0.4) | ((POINTS[..., 1] < -0.3) & (POINTS[..., 0] < 0.8))


def at_the_same_heights(front, side):
    both = front.any(axis=1) & side.any(axis=1)
    return front & both[:, None], side & both[:, None]


@pytest.fixture(scope="module")
def body():
    front, side = at_the_same_heights(ARROW, BOOT)
    return front, side, render.shadow_body(front, side)


def test_both_shadows_fit(body):
    front, side, found = body
    assert found.missed == 0
    np.testing.assert_array_equal(found.shadows()[0], front)
    np.testing.assert_array_equal(found.shadows()[1], side)


@pytest.mark.parametrize("angle", [0, 90])
def test_the_surface_looks_like_the_shadows(body, angle):
    """The body turned: its outline in a picture, by the depth buffer and by the soft one."""
    mesh = body[2].mesh()
    turn = render.rotation((0.0, np.radians(angle), 0.0))
    turned = mesh.with_vertices(mesh.vertices @ turn.T)
    black = np.zeros((len(mesh.faces), 3))
    camera, canvas = render.Camera(float("inf")), render.Canvas(N, span=2.0)
    drawn = 1 - render.draw_mesh_hard(turned, canvas, camera, black, samples=1)[..., 0]
    np.testing.assert_array_equal(drawn > 0.5, body[angle // 90])


def test_the_surface_encloses_the_cells(body):
    """By Gauss's theorem: its volume is that of the cells, and no face points inwards."""
    filled, mesh = body[2].filled, body[2].mesh()
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    volume = np.sum(a * np.cross(b, c)) / 6
    assert volume == pytest.approx(filled.sum() * (2 / N) ** 3)


def test_material_has_a_price(body):
    front, side, found = body
    block = (front[:, :, None] & side[:, None, ::-1]).sum()
    assert found.filled.sum() < 0.5 * block
    needed = max(front.sum(), side.sum())  # at least a cell for each of the shadow's
    assert found.filled.sum() >= needed


def test_what_cannot_be_is_counted():
    """The upper half of one shadow is empty: the other one's upper half has nothing to come from."""
    front, side = np.ones((8, 8)), np.ones((8, 8))
    side[:4] = 0
    found = render.shadow_body(front, side)
    assert found.missed == pytest.approx(0.25)
    assert not found.filled[:4].any()


def test_a_film_and_bad_pictures(body):
    film = body[2].film(3, size=24)
    assert film.pictures.shape == (3, 24, 24, 3)
    assert np.abs(film.pictures[0] - film.pictures[-1]).max() > 0.2
    with pytest.raises(ValueError, match=r"\(4, 5\) and \(4, 5\)"):
        render.shadow_body(np.ones((4, 5)), np.ones((4, 5)))
    with pytest.raises(ValueError, match=r"\(4, 4\) and \(5, 5\)"):
        render.shadow_body(np.ones((4, 4)), np.ones((5, 5)))
    for wrong in (np.nan, 255.0, -1.0):
        with pytest.raises(ValueError, match="from 0, light, to 1, shadow"):
            render.shadow_body(np.ones((4, 4)), np.full((4, 4), wrong))


def test_more_material_throws_no_less_shadow():
    """The soft shadow grows with every cell: all its slopes are at least 0."""
    filled = np.random.default_rng(0).uniform(size=(4, 4, 4))
    slope = dp.grad(lambda f: dp.sum(render.soft_or(f, axis=2)))(filled)
    assert slope.min() >= 0 and slope.max() <= 1
