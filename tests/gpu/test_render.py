"""The renderer on a CUDA device: the pictures and gradients of numpy's arrays, drawn by torch.

Only dpkit, torch, numpy and pytest are needed.
"""

import numpy as np
import pytest
import torch

import dpkit as dp
from dpkit import render

DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.gpu)]
CANVAS = render.Canvas(20, 24)


def both(draw, parameters, device):
    """Value and gradient with dpkit's tape over numpy, and with torch's on the device."""
    goal = np.random.default_rng(9).uniform(size=draw(**parameters).shape)
    value, gradient = dp.value_and_grad(lambda p: dp.mean((draw(**p) - goal) ** 2))(parameters)
    there = {
        name: torch.tensor(x, device=device, requires_grad=True) for name, x in parameters.items()
    }
    picture = draw(**there)
    assert picture.device.type == device and picture.dtype == torch.float64
    loss = torch.mean((picture - torch.tensor(goal, device=device)) ** 2)
    loss.backward()
    assert loss.item() == pytest.approx(value, rel=1e-10)
    for name, slope in gradient.items():
        np.testing.assert_allclose(there[name].grad.cpu().numpy(), slope, rtol=1e-7, atol=1e-10)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("softness, samples", [(0.18, 1), (0.09, 2), (3.0, 1)])
def test_scenes(device, softness, samples):
    rng = np.random.default_rng(6)
    kinds = tuple(sorted(render.SHAPES))
    parameters = {
        "at": rng.uniform(-0.7, 0.7, (6, 2)), "turn": rng.uniform(-3, 3, 6),
        "size": rng.uniform(0.2, 0.5, 6), "colour": rng.uniform(0, 1, (6, 3)),
    }  # fmt: skip

    def draw(**p):
        return render.render(kinds, p, CANVAS, softness, samples=samples)

    both(draw, parameters, device)


@pytest.mark.parametrize("device", DEVICES)
def test_curves_and_ellipses(device):
    parameters = {
        "controls": np.array([[-0.9, -0.3], [-0.2, 1.1], [0.4, -1.2], [0.8, 0.5]]),
        "axes": np.array([0.5, 0.3]),
    }

    def draw(controls, axes):
        line = render.glow(render.bezier(CANVAS.points(), controls), 0.1)
        field = render.coverage(render.ellipse(CANVAS.points(), axes), 0.05)
        return render.over([(field, 0.3), (line, 0.0)])

    both(draw, parameters, device)


@pytest.mark.parametrize("device", DEVICES)
def test_a_shape_on_a_background_with_a_slope(device):
    rng = np.random.default_rng(1)
    parameters = {
        "at": rng.uniform(-0.3, 0.3, (1, 2)), "turn": np.ones(1), "size": np.array([0.4]),
        "colour": rng.uniform(size=(1, 3)), "paper": rng.uniform(size=(20, 24, 3)),
    }  # fmt: skip

    def draw(paper, **scene):
        return render.render(("star",), scene, CANVAS, background=paper)

    both(draw, parameters, device)


@pytest.mark.parametrize("device", DEVICES)
def test_shapes_and_a_place(device):
    """Each by its own parameters, put together by "or", and blurred."""
    rng = np.random.default_rng(2)
    parameters = {
        "at": np.array([0.2, -0.3]), "turn": np.array(0.4), "size": np.array(0.7),
        "half": np.array([0.3, 0.5]), "radius": np.array(0.4), "corners": rng.uniform(-1, 1, (5, 2)),
    }  # fmt: skip

    def draw(at, turn, size, half, radius, corners):
        points = CANVAS.points()
        fields = [
            render.box(render.place(points, at, turn, size), half=half),
            render.circle(points, at, radius),
            render.polygon(points, corners),
        ]
        lines = [
            render.segment(points, at, corners[0]),
            render.polyline(points, corners),
            render.polyline(points, render.curve(corners[:4])),
        ]
        covered = [render.coverage(x, 0.05) for x in fields] + [render.glow(x, 0.1) for x in lines]
        return render.blur(render.soft_or(dp.stack([0.7 * x for x in covered])), 1.5)

    both(draw, parameters, device)


@pytest.mark.parametrize("device", DEVICES)
def test_outlines_turns_and_roughness(device):
    mesh = render.icosphere(1, 0.8)
    start = mesh.vertices + 0.05 * np.random.default_rng(0).normal(size=mesh.vertices.shape)
    parameters = {"vertices": start, "turn": np.array([0.2, -0.5, 0.3])}

    def draw(vertices, turn):
        turned = dp.matmul(vertices, dp.transpose(render.rotation(turn)))
        outline = render.silhouette(mesh.with_vertices(turned), CANVAS)
        facing = dp.sum(render.normals(turned, mesh.faces)[:, 2] ** 2)
        return outline + render.laplacian(vertices, mesh.faces) + 0.01 * facing

    both(draw, parameters, device)


@pytest.mark.parametrize("device", DEVICES)
def test_solids(device):
    mesh = render.cube()
    turn = render.rotation((0.5, 0.6, 0.2))
    vertices = mesh.vertices @ turn.T

    def draw(vertices):
        solid = mesh.with_vertices(vertices)
        return render.draw_mesh(solid, CANVAS, colours=render.shade(solid, (1.0, 1.0, 2.0)))

    both(draw, {"vertices": vertices}, device)


@pytest.mark.parametrize("device", DEVICES)
def test_strokes(device):
    rng = np.random.default_rng(0)
    parameters = {
        "starts": rng.uniform(-1, 1, (12, 2)), "ends": rng.uniform(-1, 1, (12, 2)),
        "opacity": rng.uniform(0.2, 0.9, 12),
    }  # fmt: skip

    def draw(starts, ends, opacity):
        return render.ink_plain(starts, ends, opacity, 0.1, CANVAS)

    both(draw, parameters, device)
