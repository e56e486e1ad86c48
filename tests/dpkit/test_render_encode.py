"""Networks that go backwards: with few steps, so only roughly; a descent has the last word.

`python -m benchmarks render` trains them longer.
"""

import numpy as np
import pytest

import dpkit as dp
from dpkit import render
from dpkit.render.encode import distances

CANVAS = render.Canvas(16)


def sample(rng):
    return {
        "at": rng.uniform(-0.4, 0.4, (1, 2)),
        "turn": rng.uniform(-np.pi, np.pi, 1),
        "size": rng.uniform(0.35, 0.5, 1),
    }


@pytest.fixture(scope="module")
def trained():
    losses = []
    encoder = render.train_encoder(
        "arrow", CANVAS, sample, steps=80, pool=300, callback=lambda k, loss: losses.append(loss)
    )
    return encoder, losses


def scenes(count):
    rng = np.random.default_rng(50)
    for _ in range(count):
        scene = {**sample(rng), "colour": np.zeros((1, 3))}
        yield scene, render.render_hard(("arrow",), scene, CANVAS)


@pytest.mark.parametrize("kind", sorted(render.SHAPES))
def test_distances_in_many_pictures_are_those_in_each(kind):
    rng = np.random.default_rng(0)
    at, turn, size = rng.uniform(-1, 1, (3, 2)), rng.uniform(-3, 3, 3), rng.uniform(0.2, 0.5, 3)
    facing = 1.7 * np.stack([np.cos(turn), np.sin(turn)], -1)  # of any length
    together = distances(kind, at, facing, size, CANVAS)
    for k in range(3):
        alone = render.distance_of(kind, CANVAS.points(), at[k], turn[k], size[k])
        np.testing.assert_allclose(together[k], alone, atol=1e-6)


def test_what_is_no_kind_or_no_picture_is_said(trained):
    with pytest.raises(ValueError, match="no shape 'heart'"):
        render.train_encoder("heart", CANVAS, sample, steps=1, pool=100)
    with pytest.raises(ValueError, match=r"16 × 16 pixels .* shape is \(16, 16\)"):
        render.encode_and_refine(trained[0], np.ones((16, 16)))


def test_it_learns_places_and_sizes_from_pictures_alone(trained):
    """Nobody tells it a scene; still it says where the shape is, better than the mean place."""
    encoder, losses = trained
    assert len(losses) == 80
    places, middle = [], []
    for scene, picture in scenes(30):
        found = encoder.scene(picture)
        assert found.keys() == scene.keys()
        assert all(found[name].shape == scene[name].shape for name in scene)
        places.append(np.linalg.norm(found["at"] - scene["at"]))
        middle.append(np.linalg.norm(scene["at"]))
    assert np.mean(places) < 0.4 * np.mean(middle)


def test_refined_it_is_exact(trained):
    encoder, _ = trained
    for scene, picture in scenes(4):
        found = render.encode_and_refine(encoder, picture).parameters
        assert np.linalg.norm(found["at"] - scene["at"]) < 0.1 * CANVAS.pixel
        off = (found["turn"] - scene["turn"] + np.pi) % (2 * np.pi) - np.pi
        assert abs(off[0]) < np.radians(3)


def test_a_training_can_be_ended():
    seen = []
    render.train_encoder(
        "arrow", CANVAS, sample, steps=50, pool=100,
        callback=lambda step, loss: seen.append(step) or step == 1,
    )  # fmt: skip
    assert seen == [0, 1]


def square(x):
    return x * x


def test_regression_learns_the_mean_of_both_roots_and_consistency_finds_one():
    y = np.linspace(0.1, 1, 40)

    def symmetric(rng):
        return rng.uniform(-1, 1)

    mean = render.learn_inverse(square, symmetric, consistent=False, steps=400)
    assert np.abs(mean(y)).max() < 0.25  # the mean of √y and -√y
    assert np.mean(np.abs(mean(y) ** 2 - y)) > 0.4
    root = render.learn_inverse(square, symmetric, steps=400)
    assert np.mean(np.abs(root(y) ** 2 - y)) < 0.03
    np.testing.assert_allclose(np.abs(root(y)), np.sqrt(y), atol=0.1)


def test_where_there_is_one_answer_both_find_it():
    y = np.linspace(-0.8, 0.8, 9)
    for consistent in (False, True):
        inverse = render.learn_inverse(
            dp.sinh, lambda rng: rng.uniform(-1, 1, 4), consistent=consistent, steps=300
        )
        np.testing.assert_allclose(inverse(y), np.arcsinh(y), atol=0.05)
        assert inverse(0.5).shape == ()
