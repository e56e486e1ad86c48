"""Scenes found again: from looking, not from chance."""

import numpy as np
import pytest

from dpkit import render

KINDS = ("circle", "square", "triangle")
CANVAS = render.Canvas(64)


def scene(seed, noise=0.01):
    rng = np.random.default_rng(seed)
    parameters = render.scatter(KINDS, rng)
    picture = render.render_hard(KINDS, parameters, CANVAS, 8)
    return parameters, picture + noise * rng.normal(size=picture.shape)


def misplaced(found, parameters):
    return np.abs(found["at"] - parameters["at"]).max() / CANVAS.pixel


SYMMETRY = {"square": np.pi / 2, "triangle": 2 * np.pi / 3}


@pytest.mark.parametrize("seed", [1, 9, 13])
def test_a_scene_is_found_in_a_noisy_picture(seed):
    """`python -m benchmarks render` runs twenty of them."""
    parameters, picture = scene(seed)
    fit = render.fit_scene(KINDS, picture, CANVAS)
    assert misplaced(fit.parameters, parameters) < 0.03
    sizes = np.abs(fit.parameters["size"] - parameters["size"]) / CANVAS.pixel
    assert sizes.max() < 0.04
    np.testing.assert_allclose(fit.parameters["colour"], parameters["colour"], atol=0.01)
    for k, kind in enumerate(KINDS):
        if kind in SYMMETRY:  # the turn is known up to the shape's own symmetry
            period = SYMMETRY[kind]
            off = (fit.parameters["turn"][k] - parameters["turn"][k] + period / 2) % period
            assert abs(off - period / 2) < np.radians(0.5)
    assert fit.loss < 1.3 * 0.01**2  # of noise
    assert all(step.keys() == parameters.keys() for step in fit.history)
    assert misplaced(fit.history[-1], fit.parameters) == 0


def test_corners_are_what_pushes_a_shape_drawn_at_one_place_a_pixel():
    """Without noise: a last run at 0.09 pixels, which has 2 × 2 places a pixel, mends it."""
    parameters, picture = scene(13, noise=0.0)
    once = render.refine(KINDS, picture, CANVAS, parameters, (0.2,))
    twice = render.refine(KINDS, picture, CANVAS, parameters, (0.2, 0.09))
    assert misplaced(once.parameters, parameters) > 0.03
    assert misplaced(twice.parameters, parameters) < 0.015


def test_from_chance_the_descent_ends_elsewhere():
    """In the end the picture is wrong, however soft the first borders; from looking it is right."""
    lost = 0
    for seed in range(2):
        parameters, picture = scene(seed)
        guess = render.scatter(KINDS, np.random.default_rng(100 + seed))
        soft = (6.0, 2.0, 0.7, 0.2)
        fit = render.refine(KINDS, picture, CANVAS, guess, soft)
        lost += misplaced(fit.parameters, parameters) > 1
    assert lost == 2


@pytest.mark.parametrize("seed", range(4))
def test_the_best_first_guesses_are_nearly_right(seed):
    parameters, picture = scene(seed)
    guesses = render.first_guesses(KINDS, picture, CANVAS)
    assert len(guesses) == 6
    losses = [loss for loss, _ in guesses]
    assert losses == sorted(losses)
    assert min(misplaced(guess, parameters) for _, guess in guesses[:2]) < 1.5


def test_colours_are_gathered():
    """A picture of two plain fields on white: their colours, sizes and places."""
    picture = np.ones((20, 30, 3))
    picture[2:10, 3:20] = red = [0.8, 0.1, 0.1]
    picture[12:18, 10:20] = blue = [0.1, 0.2, 0.9]
    colours, labels = render.clusters(picture, 2)
    np.testing.assert_allclose(colours, [red, blue])  # the larger one first
    assert np.all(labels[4:8, 5:18] == 0) and np.all(labels[14:16, 12:18] == 1)
    assert np.all(labels[:, 23:] == -1) and labels[2, 5] == -2


def test_a_picture_of_another_size_is_refused():
    with pytest.raises(ValueError, match=r"64 × 64 pixels .* shape is \(32, 32, 3\)"):
        render.fit_scene(KINDS, np.ones((32, 32, 3)), CANVAS)
    with pytest.raises(ValueError, match=r"64 × 64 pixels .* shape is \(64, 64\)"):
        render.refine(KINDS, np.ones((64, 64)), CANVAS, scene(0)[0])
    with pytest.raises(ValueError, match="no shape 'heart'"):
        render.fit_scene(("circle", "heart"), np.ones((64, 64, 3)), CANVAS)
    broken = np.ones((64, 64, 3))
    broken[3, 4] = np.nan
    for fit in (render.fit_scene, lambda *given: render.refine(*given, scene(0)[0])):
        with pytest.raises(ValueError, match="3 numbers that are not finite"):
            fit(KINDS, broken, CANVAS)
