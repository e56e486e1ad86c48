"""An encoder that nobody told where anything is."""

import numpy as np
import pytest

import dpkit as dp
from benchmarks.films import BALLS, filmed, spring_tracks
from dpkit import physics


def test_the_places_are_the_means_under_the_maps():
    rng = np.random.default_rng(0)
    encoder = physics.Encoder(BALLS.canvas, 2, rng=rng)
    # A first layer that passes darkness on, and a second that takes two of its channels.
    kernel = np.zeros((8, 3, 5, 5))
    kernel[0, 0, 2, 2] = kernel[1, 2, 2, 2] = 1.0  # how little red, how little blue
    encoder.first.weight.data, encoder.first.bias.data = kernel, np.zeros(8)
    kernel = np.zeros((2, 8, 3, 3))
    kernel[0, 0, 1, 1] = kernel[1, 1, 1, 1] = 5.0
    encoder.second.weight.data, encoder.second.bias.data = kernel, np.zeros(2)
    places = np.array([[[-0.4, 0.3], [0.5, -0.2]]])  # vermilion lacks blue, blue lacks red
    found = encoder(BALLS.draw_hard(places)).numpy()
    np.testing.assert_allclose(found[:, ::-1], places, atol=0.02)


def test_the_encoder_is_differentiated_as_torch_does():
    torch = pytest.importorskip("torch")
    rng = np.random.default_rng(1)
    encoder = physics.Encoder(BALLS.canvas, 2, hidden=4, rng=rng)
    pictures = rng.random((2, 32, 32, 3))
    dp.sum(encoder(pictures) ** 2).backward()
    weights = [torch.tensor(x.numpy(), requires_grad=True) for x in encoder.parameters()]
    x = torch.tensor(1 - np.moveaxis(pictures, -1, 1))
    x = torch.relu(torch.nn.functional.conv2d(x, weights[0], weights[1], padding=2))
    x = torch.nn.functional.conv2d(x, weights[2], weights[3], padding=1).reshape(2, 2, -1)
    ((torch.softmax(10 * x, -1) @ torch.tensor(encoder.points)) ** 2).sum().backward()
    for ours, theirs in zip(encoder.parameters(), weights, strict=True):
        np.testing.assert_allclose(ours.grad, theirs.grad.numpy(), rtol=1e-8, atol=1e-12)


@pytest.mark.slow
def test_two_balls_are_found_without_labels():
    rng = np.random.default_rng(0)
    tracks = spring_tracks(4.5, 0.8, rng, clips=8)
    film = filmed(BALLS, tracks, rng)
    learned = physics.learn_places(
        film, BALLS.canvas, BALLS.radius, 2, iterations=150, batch=24, rng=0
    )
    assert learned.loss < 2 * 0.03**2  # noise, and little else
    found = learned.encoder.places(film)
    far = min(np.linalg.norm(found[..., order, :] - tracks, axis=-1).mean()
              for order in ([0, 1], [1, 0]))  # fmt: skip
    assert far < 0.3 * BALLS.canvas.pixel
    colours = learned.look.colours[np.argsort(learned.look.colours[:, 2])]
    np.testing.assert_allclose(colours, BALLS.colours, atol=0.2)  # they still come nearer
