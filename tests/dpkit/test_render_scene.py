"""Soft pictures beside hard ones, and their slopes beside differences of both."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dpkit as dp
from dpkit import render

KINDS = ("circle", "square", "triangle")
CANVAS = render.Canvas(64)


def black(kind, seed):
    parameters = render.scatter((kind,), np.random.default_rng(seed), (0.25, 0.5))
    return {**parameters, "colour": np.zeros((1, 3))}


def rms(x):
    return np.sqrt(np.mean(np.square(x)))


@pytest.mark.parametrize("kind", ["circle", "square", "bar", "triangle"])
def test_soft_borders_look_as_if_areas_had_been_measured(kind):
    """One black shape on white at 64². With 2 × 2 places a pixel, corners are drawn as well."""
    errors, finer, blurred = [], [], []
    for seed in range(6):
        parameters = black(kind, seed)
        truth = render.render_hard((kind,), parameters, CANVAS, 16)
        errors.append(rms(render.render((kind,), parameters, CANVAS) - truth))
        finer.append(
            rms(render.render((kind,), parameters, CANVAS, softness=0.1, samples=2) - truth)
        )
        blurred.append(rms(render.render((kind,), parameters, CANVAS, softness=1.0) - truth))
    assert np.mean(errors) < 0.006
    assert np.mean(finer) < 0.6 * np.mean(errors)
    assert np.mean(blurred) > 5 * np.mean(errors)


@pytest.mark.parametrize("kind", sorted(render.SHAPES))
def test_the_drawn_area_is_the_shapes_area(kind):
    parameters = {**black(kind, 3), "size": np.array([0.4]), "at": np.zeros((1, 2))}
    drawn = np.sum(1 - render.render((kind,), parameters, CANVAS)[..., 0]) * CANVAS.pixel**2
    fine = render.render_hard((kind,), parameters, CANVAS, 24)[..., 0]
    assert drawn == pytest.approx(np.sum(1 - fine) * CANVAS.pixel**2, rel=0.01)


def difference(kinds, canvas, goal, softness=0.2, samples=1):
    def loss(parameters):
        picture = render.render(kinds, parameters, canvas, softness, samples=samples)
        return dp.mean((picture - goal) ** 2)

    return loss


@pytest.mark.parametrize(("softness", "samples"), [(0.2, 1), (2.0, 1), (0.1, 2)])
def test_gradients_beside_differences_of_the_same_picture(softness, samples):
    rng = np.random.default_rng(4)
    kinds = ("circle", "square", "star", "arrow")
    parameters = render.scatter(kinds, rng)
    canvas = render.Canvas(24)
    goal = render.render_hard(kinds, render.scatter(kinds, rng), canvas)
    loss = difference(kinds, canvas, goal, softness, samples)
    gradient = dp.grad(loss)(parameters)
    for name, value in parameters.items():
        direction = rng.normal(size=value.shape)
        direction /= np.linalg.norm(direction)

        def slope(h, name=name, value=value, direction=direction):
            up, down = (loss({**parameters, name: value + s * h * direction}) for s in (1, -1))
            return (up - down) / (2 * h)

        h = 3e-5
        extrapolated = (4 * slope(h / 2) - slope(h)) / 3
        assert np.sum(gradient[name] * direction) == pytest.approx(extrapolated, rel=1e-8), name


def test_the_direction_beside_differences_of_the_hard_picture():
    """Soft borders of 0.2 pixels lead where the hard, area-sampled picture leads; those of 4 pixels
    only roughly: what is felt from afar is felt imprecisely."""
    kinds, canvas = ("circle", "triangle"), render.Canvas(128)
    cosines = {0.2: [], 4.0: []}
    for seed in range(2):
        rng = np.random.default_rng(seed)
        parameters = render.scatter(kinds, rng, (0.3, 0.5))
        goal = render.render_hard(kinds, render.scatter(kinds, rng, (0.3, 0.5)), canvas, 8)

        def hard(changed, parameters=parameters, goal=goal):
            return np.mean(
                (render.render_hard(kinds, {**parameters, **changed}, canvas, 16) - goal) ** 2
            )

        slopes = {}
        for name in ("at", "turn", "size"):
            value = parameters[name]
            slopes[name] = np.zeros(value.size)
            for k in range(value.size):
                nudge = np.zeros(value.size)
                nudge[k] = 0.02
                nudge = nudge.reshape(value.shape)
                up, down = hard({name: value + nudge}), hard({name: value - nudge})
                slopes[name][k] = (up - down) / 0.04
        truth = np.concatenate(list(slopes.values()))
        for softness, found in cosines.items():
            gradient = dp.grad(difference(kinds, canvas, goal, softness))(parameters)
            ours = np.concatenate([gradient[name].ravel() for name in slopes])
            found.append(ours @ truth / np.linalg.norm(ours) / np.linalg.norm(truth))
    assert np.mean(cosines[0.2]) > 0.999 and min(cosines[0.2]) > 0.997
    assert np.mean(cosines[4.0]) < 0.99


def test_the_same_picture_and_gradient_in_every_library():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(6)
    kinds = tuple(sorted(render.SHAPES))
    canvas = render.Canvas(20, 24)
    parameters = {
        "at": rng.uniform(-0.7, 0.7, (6, 2)), "turn": rng.uniform(-3, 3, 6),
        "size": rng.uniform(0.2, 0.5, 6), "colour": rng.uniform(0, 1, (6, 3)),
    }  # fmt: skip
    goal = rng.uniform(size=(20, 24, 3))
    picture = render.render(kinds, parameters, canvas)
    assert isinstance(picture, np.ndarray) and picture.shape == (20, 24, 3)
    gradient = dp.grad(difference(kinds, canvas, goal))(parameters)

    ours = {name: dp.tensor(value, requires_grad=True) for name, value in parameters.items()}
    drawn = render.render(kinds, ours, canvas)
    dp.mean((drawn - goal) ** 2 * 1.0).backward()
    np.testing.assert_allclose(drawn.data, picture, atol=1e-14)

    theirs = {name: torch.tensor(value, requires_grad=True) for name, value in parameters.items()}
    drawn = render.render(kinds, theirs, canvas)
    torch.mean((drawn - torch.tensor(goal)) ** 2).backward()
    np.testing.assert_allclose(drawn.detach().numpy(), picture, atol=1e-12)
    for name, value in gradient.items():
        softer = dp.grad(difference(kinds, canvas, goal, 0.18))(parameters)[name]
        assert value.shape == parameters[name].shape
        np.testing.assert_allclose(ours[name].grad, softer, atol=1e-13)
        np.testing.assert_allclose(theirs[name].grad.numpy(), softer, atol=1e-11)


def test_the_hard_picture_counts_samples():
    """Beside every sample asked by itself, not only those near a border."""
    parameters = render.scatter(KINDS, np.random.default_rng(5))
    canvas = render.Canvas(16, 12)
    points = canvas.finer(5).points()
    fine = np.ones((80, 60, 3))
    for k, kind in enumerate(KINDS):
        at, turn, size = (parameters[name][k] for name in ("at", "turn", "size"))
        fine[render.distance_of(kind, points, at, turn, size) < 0] = parameters["colour"][k]
    expected = fine.reshape(16, 5, 12, 5, 3).mean((1, 3))
    picture = render.render_hard(KINDS, parameters, canvas, 5)
    np.testing.assert_allclose(picture, expected, atol=1e-12)


@given(quarter=st.integers(1, 3), seed=st.integers(0, 1000))
@settings(max_examples=15)
def test_turning_the_scene_turns_the_picture(quarter, seed):
    parameters = render.scatter(KINDS, np.random.default_rng(seed))
    angle = quarter * np.pi / 2
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    turned = {**parameters, "at": parameters["at"] @ matrix.T, "turn": parameters["turn"] + angle}
    canvas = render.Canvas(16)
    for draw in (render.render, render.render_hard):
        picture = draw(KINDS, parameters, canvas)
        expected = np.rot90(picture, quarter)  # anticlockwise, too
        np.testing.assert_allclose(draw(KINDS, turned, canvas), expected, atol=0.02)


@pytest.mark.parametrize("softness", [1e-12, 1e6])
def test_pictures_stay_finite(softness):
    parameters = render.scatter(KINDS, np.random.default_rng(0))
    strange = {
        **parameters, "at": np.array([[0.0, 0.0], [1e6, -1e6], [0.0, 0.0]]),
        "size": np.array([1e-9, 0.3, 1e6]),
    }  # fmt: skip
    canvas = render.Canvas(15)  # its middle pixel is at 0
    goal = np.zeros((15, 15, 3))
    value, gradient = dp.value_and_grad(difference(KINDS, canvas, goal, softness))(strange)
    assert np.isfinite(value)
    for name, slope in gradient.items():
        assert np.all(np.isfinite(slope)), name


def test_the_last_shape_is_on_top():
    parameters = {
        "at": np.zeros((2, 2)), "turn": np.zeros(2), "size": np.array([0.8, 0.4]),
        "colour": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    }  # fmt: skip
    for draw in (render.render, render.render_hard):
        picture = draw(("circle", "circle"), parameters, render.Canvas(33))
        np.testing.assert_allclose(picture[16, 16], [0, 0, 1], atol=1e-6)
        np.testing.assert_allclose(picture[16, 6], [1, 0, 0], atol=1e-6)
        np.testing.assert_allclose(picture[0, 0], 1, atol=1e-6)


@given(st.integers(0, 10_000))
@settings(max_examples=20)
def test_scattered_shapes_can_be_told_apart(seed):
    parameters = render.scatter(KINDS, np.random.default_rng(seed))
    assert np.all(abs(parameters["at"]) + parameters["size"][:, None] <= 1)
    colours = np.concatenate([parameters["colour"], np.ones((1, 3))])
    for a in range(3):
        assert all(np.linalg.norm(colours[a] - colours[b]) > 0.35 for b in range(a + 1, 4))
        for b in range(a):
            gap = np.linalg.norm(parameters["at"][a] - parameters["at"][b])
            assert gap > 0.75 * (parameters["size"][a] + parameters["size"][b])
