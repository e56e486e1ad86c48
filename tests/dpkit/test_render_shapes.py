"""Distances beside borders sampled densely, and their slopes beside differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from laws import slope_by_differences
from matplotlib.path import Path
from scipy.spatial import KDTree

import dpkit as dp
from dpkit import render

STAR = np.array(
    [[0.0, 1.0], [0.2, 0.3], [0.9, 0.2], [0.3, -0.1], [0.5, -0.9], [-0.4, -0.2], [-1, 0.4]]
)
KITE = np.array([[0.1, -0.8], [0.7, 0.1], [0.0, 0.9], [-0.5, 0.2]])
CONTROLS = np.array([[-0.9, -0.3], [-0.2, 1.1], [0.4, -1.2], [0.8, 0.5]])


def along(vertices, closed=True, count=20_001):
    """Points on the edges, some 0.0001 apart."""
    ends = np.roll(vertices, -1, axis=0) if closed else vertices[1:]
    t = np.linspace(0, 1, count)[:, None]
    return np.concatenate([a + t * (b - a) for a, b in zip(vertices, ends, strict=False)])


def circle_border(count=60_000):
    angle = np.linspace(0, 2 * np.pi, count)
    return np.array([0.2, -0.1]) + 0.7 * np.stack([np.cos(angle), np.sin(angle)], -1)


BOX = np.array([[-0.3, -0.5], [0.7, -0.5], [0.7, 0.1], [-0.3, 0.1]])
FILLED = {
    "circle": (lambda p: render.circle(p, (0.2, -0.1), 0.7), circle_border()),
    "box": (lambda p: render.box(p, (0.2, -0.2), (0.5, 0.3)), along(BOX)),
    "star": (lambda p: render.polygon(p, STAR), along(STAR)),
    "kite": (lambda p: render.polygon(p, KITE), along(KITE)),
}
LINES = {
    "segment": (lambda p: render.segment(p, KITE[0], KITE[1]), along(KITE[:2], closed=False)),
    "polyline": (lambda p: render.polyline(p, STAR), along(STAR, closed=False)),
    "loop": (lambda p: render.polyline(p, STAR, closed=True), along(STAR)),
}


@pytest.fixture
def points():
    return np.random.default_rng(0).uniform(-1.5, 1.5, (400, 2))


@pytest.mark.parametrize("name", FILLED)
def test_signed_distance_beside_a_sampled_border(name, points):
    f, border = FILLED[name]
    inside = Path(border).contains_points(points)
    nearest = KDTree(border).query(points)[0]
    np.testing.assert_allclose(f(points), np.where(inside, -nearest, nearest), atol=2e-4)
    assert inside.any() and not inside.all()


@pytest.mark.parametrize("name", LINES)
def test_distance_from_lines_beside_a_sampled_line(name, points):
    f, line = LINES[name]
    np.testing.assert_allclose(f(points), KDTree(line).query(points)[0], atol=2e-4)


def bernstein(controls, t):
    """De Casteljau's construction, 1959: means of means."""
    while len(controls) > 1:
        controls = (1 - t) * controls[:-1] + t * controls[1:]
    return controls[0]


@pytest.mark.parametrize("count", [2, 3, 4])
def test_bezier_curves_beside_de_casteljau(count, points):
    controls = CONTROLS[:count]
    truth = np.array([bernstein(controls, t) for t in np.linspace(0, 1, 17)])
    np.testing.assert_allclose(render.curve(controls), truth, atol=1e-14)
    fine = np.array([bernstein(controls, t) for t in np.linspace(0, 1, 4001)])
    distance = KDTree(fine).query(points)[0]
    np.testing.assert_allclose(render.bezier(points, controls, pieces=64), distance, atol=1.5e-3)


def test_the_ellipse_is_right_at_its_border():
    """To first order: the error shrinks with the square of the distance."""
    axes, angle = np.array([0.9, 0.4]), np.linspace(0.1, 6.2, 50)
    border = axes * np.stack([np.cos(angle), np.sin(angle)], -1)
    out = border / axes**2
    out /= np.linalg.norm(out, axis=-1, keepdims=True)
    errors = [np.abs(render.ellipse(border + d * out, axes) - d).max() for d in (0.02, 0.01)]
    assert errors[0] < 0.002 and errors[1] < 0.3 * errors[0]
    assert np.isfinite(render.ellipse(np.zeros((1, 2)), axes)).all()
    assert render.ellipse(np.zeros((1, 2)), axes)[0] < 0


GRADIENTS = {
    "circle": (render.circle, (np.array([0.2, -0.1]), np.array(0.7))),
    "ellipse": (render.ellipse, (np.array([0.9, 0.4]),)),
    "box": (render.box, (np.array([0.2, -0.2]), np.array([0.5, 0.3]))),
    "segment": (render.segment, (KITE[0], KITE[1])),
    "polyline": (render.polyline, (STAR,)),
    "polygon": (render.polygon, (STAR,)),
    "bezier": (render.bezier, (CONTROLS,)),
    "place": (
        lambda p, at, turn, size: render.place(p, at, turn, size)[..., 0],
        (np.array([0.3, 0.1]), np.array(0.4), np.array(1.3)),
    ),
}


@pytest.mark.parametrize("name", GRADIENTS)
def test_gradients_beside_differences(name):
    """By points and by each parameter, along random directions; where the nearest border changes
    within the differences (and the distance has a kink) a point does not count."""
    f, parameters = GRADIENTS[name]
    rng = np.random.default_rng(3)
    points = rng.uniform(-1.5, 1.5, (200, 2))
    everything = (points, *parameters)
    for k, value in enumerate(everything):
        direction = rng.normal(size=value.shape)

        def moved(x, k=k):
            return f(*everything[:k], x, *everything[k + 1 :])

        # a point's own slope: its row of the Jacobian, times the direction
        slope = dp.jvp(moved, (value,), (direction,))[1]
        fine, finer = (
            slope_by_differences(lambda t, g=moved, x=value, d=direction: g(x + t * d), h)
            for h in (1e-3, 5e-4)
        )
        smooth = np.abs(fine - finer) < 1e-8
        assert smooth.mean() > 0.8
        np.testing.assert_allclose(slope[smooth], fine[smooth], rtol=1e-8, atol=1e-8)
        weights = rng.normal(size=len(points)) * smooth
        back = dp.grad(lambda x, w=weights, g=moved: dp.sum(w * g(x)))(value)
        assert np.sum(back * direction) == pytest.approx(np.sum(weights * fine), rel=1e-8)


@pytest.mark.parametrize("name", GRADIENTS)
def test_everything_is_finite_in_awkward_places(name):
    """On the corners, on the edges, in the centre, very far away."""
    f, parameters = GRADIENTS[name]
    centre = np.array([[0.2, -0.1], [0.2, -0.2], [0.0, 0.0]])
    far = np.array([[1e8, -1e8], [1e150, 0.0]])
    awkward = np.concatenate([STAR, KITE, along(STAR, count=3), BOX, CONTROLS, centre, far])

    def total(points, *parameters):
        return dp.sum(f(points, *parameters))

    for gradient in dp.grad(total, argnums=tuple(range(1 + len(parameters))))(awkward, *parameters):
        assert np.all(np.isfinite(gradient))
    assert np.all(np.isfinite(f(awkward, *parameters)))


@pytest.mark.parametrize(
    "same",
    [[[0.3, 0.2]] * 3, [[0.0, 0.0], [1.0, 1.0], [0.5, 0.5]], [[0.0, 0.0], [0.0, 0.0], [1.0, 0]]],
)
def test_triangles_without_an_area(same, points):
    vertices = np.array(same)
    assert np.all(render.polygon(points, vertices) >= 0)
    assert np.all(np.isfinite(dp.grad(lambda v: dp.sum(render.polygon(points, v)))(vertices)))


def test_a_segment_of_no_length_is_a_point(points):
    at = np.array([0.3, -0.2])
    truth = np.linalg.norm(points - at, axis=-1)
    np.testing.assert_allclose(render.segment(points, at, at), truth, atol=1e-12)


@given(seed=st.integers(0, 2**32 - 1), count=st.integers(3, 8))
def test_a_polygon_either_way_round_and_from_any_corner(seed, count):
    rng = np.random.default_rng(seed)
    vertices, points = rng.normal(size=(count, 2)), rng.normal(size=(30, 2))
    distance = render.polygon(points, vertices)
    np.testing.assert_allclose(render.polygon(points, vertices[::-1]), distance, atol=1e-12)
    start = int(rng.integers(count))
    np.testing.assert_allclose(
        render.polygon(points, np.roll(vertices, start, axis=0)), distance, atol=1e-12
    )


@given(
    kind=st.sampled_from(sorted(render.SHAPES)),
    turn=st.floats(-3, 3),
    size=st.floats(0.1, 4),
    x=st.floats(-2, 2),
    y=st.floats(-2, 2),
)
def test_a_placed_shape_is_the_shape_moved(kind, turn, size, x, y):
    """Points moved with the shape keep their distances, in its size."""
    points = np.random.default_rng(1).normal(size=(20, 2))
    matrix = np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    at = np.array([x, y])
    there = render.distance_of(kind, at + size * points @ matrix.T, at, turn, size)
    np.testing.assert_allclose(there, size * render.SHAPES[kind](points), atol=1e-9)


def test_what_is_no_shape_is_said():
    with pytest.raises(ValueError, match=r"At least 3 points .* shape \(2, 2\)"):
        render.polygon(np.zeros((1, 2)), KITE[:2])
    with pytest.raises(ValueError, match=r"At least 2 points .* shape \(3,\)"):
        render.polyline(np.zeros((1, 2)), np.zeros(3))
    with pytest.raises(ValueError, match=r"no shape 'heart'; there are 'circle'"):
        render.distance_of("heart", np.zeros((1, 2)), (0.0, 0.0))
