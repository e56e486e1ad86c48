"""Solids and their pictures: beside a depth buffer, beside areas, beside differences."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from laws import slope_by_differences
from scipy.spatial.transform import Rotation

import dpkit as dp
from dpkit import render

CAMERA = render.Camera(4.0)
SQUARE = render.Mesh(
    np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]]),
    np.array([[0, 1, 2], [0, 2, 3]]),
    (0.0, 0.0, 0.0),
)


def turned(mesh, vector):
    return mesh.with_vertices(mesh.vertices @ render.rotation(np.array(vector)).T)


def two_solids():
    """One cube in front of another, in the same picture: (vertices, mesh)."""
    near, far = render.cube(0.7), render.cube(0.7)
    vertices = np.concatenate([
        near.vertices @ render.rotation((0.3, 0.4, 0.0)).T + [0.3, 0.1, 0.6],
        far.vertices @ render.rotation((0.5, -0.4, 0.3)).T + [-0.1, -0.1, -0.6],
    ])  # fmt: skip
    faces = np.concatenate([near.faces, far.faces + 8])
    return render.Mesh(vertices, faces, np.concatenate([near.colours, far.colours[::-1]]))


def rms(x):
    return np.sqrt(np.mean(np.square(x)))


# Solids -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mesh, volume", [(render.cube(1.3), 1.3**3), (render.icosphere(3), 4.1888)]
)
def test_solids_are_closed_and_point_out(mesh, volume):
    """By Gauss's theorem: the volume under the faces is that of the solid, and positive."""
    a, b, c = (mesh.vertices[mesh.faces[:, k]] for k in range(3))
    assert np.sum(a * np.cross(b, c)) / 6 == pytest.approx(volume, rel=0.02)
    assert np.all(mesh.neighbours() >= 0)
    out = render.normals(mesh.vertices, mesh.faces)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1)
    assert np.all(np.sum(out * (a + b + c), axis=1) > 0)


@given(st.lists(st.floats(-3, 3), min_size=3, max_size=3))
def test_rotations_beside_scipy(vector):
    ours = render.rotation(vector)
    np.testing.assert_allclose(ours, Rotation.from_rotvec(vector).as_matrix(), atol=1e-9)


def test_the_derivative_of_a_turn_at_none():
    """Of R(w) x at w = 0: the cross product."""
    x = np.array([0.3, -1.2, 0.7])
    slope = dp.jacrev(lambda w: render.rotation(w) @ x)(np.zeros(3))
    np.testing.assert_allclose(slope, np.cross(np.eye(3), x).T, atol=1e-9)


def test_random_turns_are_turns_and_angles_are_angles():
    rng = np.random.default_rng(0)
    for _ in range(20):
        start, turn = render.random_rotation(rng), rng.normal(size=3)
        np.testing.assert_allclose(start @ start.T, np.eye(3), atol=1e-12)
        assert np.linalg.det(start) == pytest.approx(1)
        turn *= rng.uniform(0, np.pi) / np.linalg.norm(turn)
        angle = render.angle_between(render.rotation(turn) @ start, start)
        assert angle == pytest.approx(np.degrees(np.linalg.norm(turn)))
    with pytest.raises(ValueError, match="not finite"):
        render.angle_between(np.full((3, 3), np.nan), np.eye(3))


def test_light_by_lamberts_law():
    mesh = render.cube()
    bright = render.shade(render.Mesh(mesh.vertices, mesh.faces, (1.0, 1.0, 1.0)), (0, 0, 5.0), 0.2)
    facing = render.normals(mesh.vertices, mesh.faces)[:, 2]
    expected = np.where(facing > 0.5, 1.0, 0.2)
    np.testing.assert_allclose(bright, np.repeat(expected[:, None], 3, axis=1), atol=1e-12)


def test_a_smooth_surface_is_less_rough():
    mesh = render.icosphere(2)
    bumps = 0.05 * np.random.default_rng(0).normal(size=mesh.vertices.shape)
    smooth = render.laplacian(mesh.vertices, mesh.faces)
    assert render.laplacian(mesh.vertices + bumps, mesh.faces) > 3 * smooth
    moved = render.laplacian(mesh.vertices + np.array([3.0, -2.0, 1.0]), mesh.faces)
    assert moved == pytest.approx(smooth)


# Pictures -----------------------------------------------------------------------------------------


def one_softmax(distances, nearness, softness, sharing):
    """Coverage and visibility by one softmax over faces and background (the blend of Liu et al.,
    2019): how much of each pixel is not background, whose nearness is 0."""
    weights = [render.coverage(d, softness) * np.exp(nearness / sharing) for d in distances]
    return sum(weights) / (sum(weights) + 1.0)


def test_a_unit_square_has_the_area_one_and_by_one_softmax_nearly_three():
    canvas = render.Canvas(96)

    def area(covered):
        return np.sum(covered) * canvas.pixel**2

    # the diagonal between its two faces runs through centres of pixels
    assert area(render.silhouette(SQUARE, canvas, CAMERA)) == pytest.approx(1, abs=0.002)
    picture = render.draw_mesh(SQUARE, canvas, CAMERA)
    assert area(1 - picture[..., 0]) == pytest.approx(1, abs=0.002)

    # Far from the border the face is faint, but so near, against the background, that it still wins:
    # as far as softness · nearness / sharing = 0.36 beyond it.
    corners = CAMERA.project(SQUARE.vertices)[0]
    distances = [render.polygon(canvas.points(), corners[face]) for face in SQUARE.faces]
    blended = [
        area(one_softmax(distances, 0.6, softness, sharing))
        for softness, sharing in ((0.006, 0.01), (0.003, 0.01), (0.006, 0.1))
    ]
    assert blended == pytest.approx([2.85, 1.83, 1.15], abs=0.03)


@pytest.mark.parametrize("vector", [(0.5, 0.6, 0.2), (-1.0, 0.3, 2.0), (2.0, -1.0, 0.4)])
def test_a_cube_beside_a_depth_buffer(vector):
    canvas = render.Canvas(48, span=2.4)
    mesh = turned(render.cube(), vector)
    hard = render.draw_mesh_hard(mesh, canvas, CAMERA, samples=8)
    assert rms(render.draw_mesh(mesh, canvas, CAMERA, softness=0.18) - hard) < 0.012
    covered = render.silhouette(mesh, canvas, CAMERA, softness=0.18)
    assert rms(covered - render.silhouette_hard(mesh, canvas, CAMERA, samples=8)) < 0.015


@pytest.mark.parametrize(("size", "samples"), [(13, 1), (40, 6)])
def test_the_depth_buffer_face_by_face(size, samples):
    """A triangle soup, so many faces that they are drawn in groups; some are seen from behind."""
    rng = np.random.default_rng(size)
    mesh = render.Mesh(
        rng.uniform(-1, 1, (180, 3)), np.arange(180).reshape(60, 3), rng.uniform(0, 1, (60, 3))
    )

    def turn(u, v):
        return u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]

    canvas = render.Canvas(size, span=2.4)
    at, nearness = CAMERA.project(mesh.vertices)
    fine = canvas.finer(samples).points()
    picture, front = np.ones((*fine.shape[:2], 3)), np.zeros(fine.shape[:2])
    for face, colour in zip(mesh.faces, mesh.colours, strict=True):
        a, b, c = at[face]
        if turn(b - a, c - a) <= 0:
            continue
        parts = [turn(q - p, fine - p) for p, q in ((b, c), (c, a), (a, b))]
        weights = np.stack(parts, -1) / turn(b - a, c - a)
        near = weights @ nearness[face]
        shown = (weights >= 0).all(-1) & (near > front)
        picture[shown], front[shown] = colour, near[shown]
    expected = picture.reshape(size, samples, size, samples, 3).mean((1, 3))
    np.testing.assert_allclose(
        render.draw_mesh_hard(mesh, canvas, CAMERA, samples=samples), expected, atol=1e-12
    )


def test_two_solids_one_behind_the_other():
    """What is nearer hides what is behind; in whichever order the faces are listed."""
    canvas = render.Canvas(48, span=2.4)
    mesh = two_solids()
    hard = render.draw_mesh_hard(mesh, canvas, CAMERA, samples=8)
    soft = render.draw_mesh(mesh, canvas, CAMERA, softness=0.2)
    assert rms(soft - hard) < 0.01
    other = render.Mesh(mesh.vertices, mesh.faces[::-1], mesh.colours[::-1])
    np.testing.assert_allclose(
        render.draw_mesh(other, canvas, CAMERA, softness=0.2), soft, atol=1e-9
    )
    only_far = render.Mesh(mesh.vertices, mesh.faces[12:], mesh.colours[12:])
    assert rms(render.draw_mesh(only_far, canvas, CAMERA, softness=0.2) - hard) > 0.1


def test_parallel_rays_keep_sizes():
    canvas, camera = render.Canvas(64), render.Camera(float("inf"))
    near = SQUARE.with_vertices(SQUARE.vertices + [0, 0, 0.9])
    areas = [np.sum(render.silhouette(m, canvas, camera)) * canvas.pixel**2 for m in (SQUARE, near)]
    assert areas == pytest.approx([1, 1], abs=0.003)
    seen = np.sum(render.silhouette(near, canvas, render.Camera(4.0))) * canvas.pixel**2
    assert seen == pytest.approx((4 / 3.1) ** 2, rel=0.02)


@pytest.mark.parametrize("what", ["cube", "two", "silhouette", "light"])
def test_gradients_beside_differences(what):
    canvas = render.Canvas(20, span=2.4)
    rng = np.random.default_rng(1)
    mesh = {"cube": turned(render.cube(), (0.5, 0.6, 0.2)), "two": two_solids()}.get(
        what, turned(render.icosphere(1, 0.8), (0.3, 0.2, 0.1))
    )
    goal = rng.uniform(size=(20, 20, 3))

    def loss(vertices):
        moved = mesh.with_vertices(vertices)
        if what == "silhouette":
            return dp.mean((render.silhouette(moved, canvas, CAMERA) - goal[..., 0]) ** 2)
        colours = render.shade(moved, (1, 1, 2.0)) if what == "light" else None
        return dp.mean((render.draw_mesh(moved, canvas, CAMERA, colours) - goal) ** 2)

    gradient = dp.grad(loss)(mesh.vertices)
    direction = rng.normal(size=mesh.vertices.shape)
    direction /= np.linalg.norm(direction)

    truth = slope_by_differences(lambda t: loss(mesh.vertices + t * direction), 3e-5)
    assert np.sum(gradient * direction) == pytest.approx(truth, rel=1e-8)


def test_the_same_picture_and_gradient_in_every_library():
    torch = pytest.importorskip("torch")
    canvas, mesh = render.Canvas(16, span=2.4), turned(render.cube(), (0.5, 0.6, 0.2))
    goal = np.random.default_rng(0).uniform(size=(16, 16, 3))

    def picture(vertices):
        return render.draw_mesh(mesh.with_vertices(vertices), canvas, CAMERA)

    plain = picture(mesh.vertices)
    gradient = dp.grad(lambda v: dp.sum(picture(v) * goal))(mesh.vertices)
    vertices = torch.tensor(mesh.vertices, requires_grad=True)
    drawn = picture(vertices)
    torch.sum(drawn * torch.tensor(goal)).backward()
    np.testing.assert_allclose(drawn.detach().numpy(), plain, atol=1e-10)
    np.testing.assert_allclose(vertices.grad.numpy(), gradient, atol=1e-8)
    ours = dp.tensor(mesh.vertices, requires_grad=True)
    dp.sum(picture(ours) * goal).backward()
    np.testing.assert_allclose(ours.grad, gradient, atol=1e-12)


@pytest.mark.parametrize("softness, sharing", [(1e-9, 1e-9), (0.3, 0.01), (1e5, 1e5)])
def test_pictures_stay_finite(softness, sharing):
    """With temperatures near 0 and huge, a face without an area, and a solid that is out of sight."""
    canvas = render.Canvas(15)
    mesh = render.cube(0.5)
    vertices = np.concatenate([mesh.vertices, [[0.2, 0.2, 0.9], [60.0, 80.0, 0.1]]])
    faces = np.concatenate([mesh.faces, [[0, 0, 1], [8, 8, 8], [0, 1, 9]]])
    strange = render.Mesh(vertices, faces)

    def loss(v):
        drawn = render.draw_mesh(
            strange.with_vertices(v), canvas, CAMERA, softness=softness, sharing=sharing
        )
        return dp.sum(drawn * drawn)

    value, gradient = dp.value_and_grad(loss)(vertices)
    assert np.isfinite(value) and np.all(np.isfinite(gradient))


@given(quarter=st.integers(1, 3), x=st.floats(-2, 2), y=st.floats(-2, 2))
@settings(max_examples=8)
def test_turning_the_solid_around_the_view_turns_the_picture(quarter, x, y):
    canvas = render.Canvas(16, span=2.4)
    mesh = turned(render.cube(), (x, y, 0.4))
    around = turned(mesh, (0.0, 0.0, quarter * np.pi / 2))
    expected = np.rot90(render.silhouette(mesh, canvas, CAMERA), quarter)
    np.testing.assert_allclose(render.silhouette(around, canvas, CAMERA), expected, atol=1e-6)


def test_what_cannot_be_seen_is_said():
    canvas = render.Canvas(8)
    behind = SQUARE.with_vertices(SQUARE.vertices + [0, 0, 5.0])
    with pytest.raises(ValueError, match=r"z = 5, but the camera is at z = 4"):
        render.draw_mesh(behind, canvas, CAMERA)
    away = render.Mesh(SQUARE.vertices, SQUARE.faces[:, ::-1])
    with pytest.raises(ValueError, match="None of the 2 faces is turned to the camera"):
        render.silhouette(away, canvas, CAMERA)
    with pytest.raises(ValueError, match="sharing"):
        render.draw_mesh(SQUARE, canvas, CAMERA, sharing=0.0)


def test_what_is_no_view_is_said():
    canvas = render.Canvas(8)
    for distance in (0.0, -2.0, float("nan")):
        with pytest.raises(ValueError, match="positive distance"):
            render.Camera(distance)
    with pytest.raises(ValueError, match=r"8 × 8 pixels .* shape is \(9, 8, 3\)"):
        render.find_pose(render.cube(), np.ones((9, 8, 3)), canvas)
    with pytest.raises(ValueError, match="1 numbers that are not finite"):
        broken = np.ones((8, 8, 3))
        broken[1, 2, 0] = np.inf
        render.find_pose(render.cube(), broken, canvas)
    with pytest.raises(ValueError, match=r"2 views .* \(2, 8, 8\) .* is \(3, 8, 8\)"):
        render.carve(render.icosphere(), [np.eye(3)] * 2, np.ones((3, 8, 8)), canvas)


# Backwards ----------------------------------------------------------------------------------------


def test_a_cubes_pose_is_found_from_nothing():
    """`python -m benchmarks render` finds twenty."""
    canvas, mesh = render.Canvas(32, span=2.4), render.cube()
    rng = np.random.default_rng(0)
    truth = render.rotation((0.5, 0.7, 0.2)) @ render.rotation((0.0, 2.0, 0.0))
    picture = render.draw_mesh_hard(mesh.with_vertices(mesh.vertices @ truth.T), canvas, CAMERA)
    picture = picture + 0.01 * rng.normal(size=picture.shape)
    pose = render.find_pose(mesh, picture, canvas, CAMERA, looks=200, tries=2)
    assert render.angle_between(pose.rotation, truth) < 1
    assert pose.loss < 0.001


def overlap(a, b):
    return np.minimum(a, b).sum() / np.maximum(a, b).sum()


def test_a_shape_is_carved_from_silhouettes():
    """A peanut from four sides, better than the sphere it started as, from a fifth side, too."""
    canvas, camera = render.Canvas(24, span=2.8), render.Camera(6.0)
    sphere = render.icosphere(2)
    radius = 0.55 + 0.35 * sphere.vertices[:, :1] ** 2
    peanut = sphere.with_vertices(sphere.vertices * radius)
    views = [render.rotation(v) for v in ((0, 0, 0.0), (0, 1.57, 0), (1.57, 0, 0), (0, 0.8, 0))]

    def seen(mesh, view):
        around = mesh.with_vertices(mesh.vertices @ view.T)
        return render.silhouette_hard(around, canvas, camera)

    start = render.icosphere(1, 0.7)
    shadows = np.array([seen(peanut, view) for view in views])
    found = render.carve(start, views, shadows, canvas, camera, steps=12)
    held_out = render.rotation((0.4, -0.6, 0.3))
    before, after = (
        overlap(seen(mesh, held_out), seen(peanut, held_out)) for mesh in (start, found)
    )
    assert after > 0.9 and after > before + 0.05
