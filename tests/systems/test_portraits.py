"""The shapes and the faces made of them."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from course.systems import portraits, shapes  # noqa: E402

# Shapes -----------------------------------------------------------------------------------------


def grid(size=64):
    along = (torch.arange(size, dtype=torch.float64) + 0.5) * 2 / size - 1
    y, x = torch.meshgrid(along, along, indexing="ij")
    return x, y, 2 / size


@pytest.mark.parametrize(
    "shape, area",
    [
        (lambda x, y: shapes.disc(x - 0.11, y, 0.4), math.pi * 0.16),
        (lambda x, y: shapes.box(x, y - 0.07, 0.35), 0.49),
        (lambda x, y: shapes.triangle(x, y, 0.5), 0.5),
        (lambda x, y: shapes.ellipse(x, y + 0.03, 0.6, 0.25), math.pi * 0.15),
        # between the strokes' edges ±0.1 (1 − 0.6 t²), t from −1 to 1: 0.2 · 0.5 · (2 − 0.4)
        (lambda x, y: shapes.band(x, y, 0.5, 0.2, torch.tensor(0.1)), 0.16),
    ],
    ids=["disc", "box", "triangle", "ellipse", "band"],
)
def test_a_shape_covers_its_area(shape, area):
    x, y, pixel = grid()
    assert shapes.cover(shape(x, y), pixel).sum().item() * pixel**2 == pytest.approx(area, rel=0.01)


def test_paint_goes_over_what_is_there_as_far_as_it_covers():
    picture = torch.full((1, 3, 1, 2), 0.2)
    got = shapes.paint(picture, torch.ones(1, 3, 1, 1), torch.tensor([[[1.0, 0.25]]]))
    assert got[0, 0].tolist() == [[1.0, pytest.approx(0.4)]]


def test_mix_goes_through_its_stops():
    stops = torch.tensor([[0.0, 0.0, 1.0], [1.0, 0.0, 0.0], [1.0, 1.0, 0.0]])
    got = shapes.mix(torch.tensor([0.0, 0.25, 0.5, 1.0]), stops)[:, :, 0, 0]
    assert got.tolist() == [[0, 0, 1], [0.5, 0, 0.5], [1, 0, 0], [1, 1, 0]]


# Drawings ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names", [portraits.IDENTITY, portraits.NUISANCE], ids=["identity", "nuisance"]
)
def test_every_number_is_seen_and_has_a_derivative(names):
    """At an ordinary face, each of the 28 numbers changes the picture, and torch's derivative of a
    weighted sum of the pixels is that of small differences."""
    rng = np.random.default_rng(1)
    given = {
        portraits.IDENTITY: portraits.people(1, rng),
        portraits.NUISANCE: portraits.moments(1, rng),
    }
    given = {key: (0.5 * each).double() for key, each in given.items()}
    weights = torch.tensor(rng.normal(size=(1, 3, 32, 32)))

    def total(x):
        these = {**given, names: x}
        return (
            weights * portraits.draw(these[portraits.IDENTITY], these[portraits.NUISANCE])
        ).sum()

    here = given[names].clone().requires_grad_()
    (slope,) = torch.autograd.grad(total(here), here)
    for k, name in enumerate(names):
        step = torch.zeros_like(here).detach()
        step[0, k] = 1e-5
        measured = (total(here.detach() + step) - total(here.detach() - step)) / 2e-5
        assert abs(measured) > 1e-2, name
        assert slope[0, k].item() == pytest.approx(measured.item(), rel=1e-3), name


def test_a_face_does_not_depend_on_who_is_drawn_beside_it():
    rng = np.random.default_rng(2)
    who, how = portraits.people(5, rng), portraits.moments(5, rng)
    together = portraits.draw(who, how)
    assert together.shape == (5, 3, 32, 32) and 0 <= together.min() and together.max() <= 1
    assert torch.allclose(portraits.draw(who[3:4], how[3:4])[0], together[3], atol=1e-6)


def test_a_face_with_even_numbers_is_even():
    """Turned and lit to the left, it is the mirror of itself turned and lit to the right; but for the
    hair's parting and the glint in its eyes."""
    who = torch.full((2, len(portraits.IDENTITY)), 0.3)
    how = torch.zeros(2, len(portraits.NUISANCE))
    for name in ("turn", "tilt", "right", "light from the right"):
        k = portraits.NUISANCE.index(name)
        how[:, k] = torch.tensor([0.6, -0.6])
    left, right = portraits.draw(who, how)
    off = (left - right.flip(2)).abs().amax(0)
    assert off[18:].max() < 0.2 and off.median() < 1e-4


@pytest.mark.parametrize(
    "who, how, words",
    [
        (torch.zeros(2, 13), torch.zeros(2, 14), r"who has shape \(2, 13\)"),
        (torch.zeros(2, 14), torch.zeros(2, 3), r"how has shape \(2, 3\)"),
        (torch.zeros(2, 14), torch.zeros(3, 14), "the same n"),
        (torch.zeros(14), torch.zeros(14), r"who has shape \(14,\)"),
    ],
)
def test_wrong_shapes_are_refused_in_a_sentence(who, how, words):
    with pytest.raises(ValueError, match=words):
        portraits.draw(who, how)
