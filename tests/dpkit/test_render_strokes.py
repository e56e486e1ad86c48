"""Ink beside the plain formula, and drawings beside the photographs they are of."""

import numpy as np
import pytest
from laws import slope_by_differences

import dpkit as dp
from dpkit import render

CANVAS = render.Canvas(20)
EVERYWHERE = 9.0


def strokes(seed=0, count=12):
    rng = np.random.default_rng(seed)
    starts, ends = rng.uniform(-1, 1, (2, count, 2))
    return starts, ends, rng.uniform(0.2, 0.9, count)


def with_all_pairs(starts, ends, opacity, width):
    pairs = render.near_pairs(starts, ends, EVERYWHERE, CANVAS)
    return render.ink(starts, ends, opacity, width, CANVAS, pairs)


def value_and_slopes(draw, weights, *given):
    return dp.value_and_grad(lambda *x: dp.sum(draw(*x) * weights), (0, 1, 2))(*given)


def test_ink_is_plain_ink():
    """The picture and its gradients, if no pair is left out."""
    given, width = strokes(), 0.1
    weights = np.random.default_rng(1).normal(size=(20, 20))
    pairs = render.near_pairs(*given[:2], EVERYWHERE, CANVAS)
    assert len(pairs[0]) == 12 * 400
    plain, slopes = value_and_slopes(
        lambda s, e, o: render.ink_plain(s, e, o, width, CANVAS), weights, *given
    )
    quick, by_hand = value_and_slopes(
        lambda s, e, o: render.ink(s, e, o, width, CANVAS, pairs), weights, *given
    )
    assert quick == pytest.approx(plain, abs=1e-12)
    for ours, theirs in zip(by_hand, slopes, strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-12)


def test_curves_beside_the_distance_from_their_chains():
    """The picture and its gradients by control points and opacity, where curves bend and cross; and
    each curve is one stroke: nowhere is it darker than its opacity."""
    rng, width = np.random.default_rng(4), 0.1
    controls, opacity = rng.uniform(-1, 1, (5, 4, 2)), rng.uniform(0.2, 0.9, 5)
    weights = rng.normal(size=(20, 20))
    pairs = render.near_pairs(*render.chains(controls, 6), EVERYWHERE, CANVAS)

    def quick(controls, opacity):
        return render.ink(*render.chains(controls, 6), opacity, width, CANVAS, pairs, pieces=6)

    def plain(controls, opacity):
        points = CANVAS.points()
        lines = [render.bezier(points, controls[k], pieces=6) for k in range(5)]
        each = [opacity[k] * render.glow(lines[k], width) for k in range(5)]
        return render.soft_or(dp.stack(each))

    np.testing.assert_allclose(quick(controls, opacity), plain(controls, opacity), atol=1e-12)
    ours, truth = (
        dp.grad(lambda *x, draw=draw: dp.sum(draw(*x) * weights), (0, 1))(controls, opacity)
        for draw in (quick, plain)
    )
    for slope, expected in zip(ours, truth, strict=True):
        np.testing.assert_allclose(slope, expected, atol=1e-11)
    one = render.ink(*render.chains(controls[:1], 6), opacity[:1], width, CANVAS, pieces=6)
    assert one.max() <= opacity[0]


def test_what_near_pairs_leave_out_is_faint():
    given, width = strokes(), 0.1
    difference = render.ink(*given, width, CANVAS) - render.ink_plain(*given, width, CANVAS)
    assert np.abs(difference).max() < 12 * np.exp(-9)


def test_near_pairs_are_those_that_are_near():
    starts, ends, _ = strokes()
    found = set(zip(*render.near_pairs(starts, ends, 0.2, CANVAS), strict=True))
    points = CANVAS.points().reshape(-1, 2)
    expected = {
        (k, int(p))
        for k in range(12)
        for p in np.flatnonzero(render.segment(points, starts[k], ends[k]) <= 0.2)
    }
    assert found == expected


def test_gradients_beside_differences():
    given, width = strokes(3), 0.15
    weights = np.random.default_rng(1).normal(size=(20, 20))
    pairs = render.near_pairs(*given[:2], EVERYWHERE, CANVAS)

    def f(*x):
        return dp.sum(render.ink(*x, width, CANVAS, pairs) * weights)

    slopes = dp.grad(f, argnums=(0, 1, 2))(*given)
    rng = np.random.default_rng(2)
    for k in range(3):
        direction = rng.normal(size=given[k].shape)

        def moved(t, k=k, direction=direction):
            return f(*given[:k], given[k] + t * direction, *given[k + 1 :])

        truth = slope_by_differences(moved, 1e-5)
        assert np.sum(slopes[k] * direction) == pytest.approx(truth, rel=1e-8)


def test_a_stroke_in_any_direction_and_in_any_order():
    starts, ends, opacity = strokes()
    picture = render.ink(starts, ends, opacity, 0.1, CANVAS)
    np.testing.assert_allclose(render.ink(ends, starts, opacity, 0.1, CANVAS), picture, atol=1e-12)
    other = render.ink(starts[::-1], ends[::-1], opacity[::-1], 0.1, CANVAS)
    np.testing.assert_allclose(other, picture, atol=1e-12)


def test_ink_stays_finite():
    """Strokes of no length, of full opacity on a pixel's centre, and outside of the sheet."""
    centre = CANVAS.points()[10, 10]
    starts = np.array([centre, centre, [5.0, 5.0]])
    ends = np.array([centre, centre + 0.3, [6.0, 5.0]])
    opacity = np.ones(3)
    for width in (1e-6, 0.1, 10.0):
        for draw in (render.ink, render.ink_plain):
            value, slopes = value_and_slopes(
                lambda *x, draw=draw, width=width: draw(*x, width, CANVAS),
                1.0,
                starts,
                ends,
                opacity,
            )
            assert np.isfinite(value)
            assert all(np.all(np.isfinite(slope)) for slope in slopes)


def test_plain_ink_in_torch():
    torch = pytest.importorskip("torch")
    given = strokes()
    theirs = [torch.tensor(x, requires_grad=True) for x in given]
    picture = render.ink_plain(*theirs, 0.1, CANVAS)
    torch.sum(picture).backward()
    np.testing.assert_allclose(
        picture.detach().numpy(), render.ink_plain(*given, 0.1, CANVAS), atol=1e-12
    )
    slopes = value_and_slopes(lambda *x: render.ink_plain(*x, 0.1, CANVAS), 1.0, *given)[1]
    for x, slope in zip(theirs, slopes, strict=True):
        np.testing.assert_allclose(x.grad.numpy(), slope, atol=1e-11)


def test_no_stroke_is_white_paper_and_what_is_wrong_is_said():
    none = np.zeros((0, 2)), np.zeros((0, 2)), np.zeros(0)
    for draw in (render.ink, render.ink_plain, render.ink_hard):
        np.testing.assert_array_equal(draw(*none, 0.1, CANVAS), np.zeros((20, 20)))
    for draw in (render.ink, render.ink_plain):
        with pytest.raises(ValueError, match="width must be positive"):
            draw(*strokes(), 0.0, CANVAS)
    torch = pytest.importorskip("torch")
    with pytest.raises(TypeError, match="by ink_plain"):
        render.ink(*map(torch.tensor, strokes()), 0.1, CANVAS)


def test_hard_strokes_hold_as_much_ink():
    """In all, where strokes do not end (a soft end holds a little more); and where they lie."""
    canvas = render.Canvas(40)
    starts, ends = np.array([[-2.0, -0.3], [0.1, -2.0]]), np.array([[2.0, 0.2], [0.3, 2.0]])
    for k in range(2):
        one = (starts[k : k + 1], ends[k : k + 1], np.array([0.7]), 0.15, canvas)
        soft, hard = render.ink(*one), render.ink_hard(*one)
        assert hard.sum() == pytest.approx(soft.sum(), rel=0.01)
        points = canvas.points()
        away = render.segment(points, starts[k], ends[k])
        np.testing.assert_allclose(hard[away < 0.09], 0.7, atol=1e-12)
        assert np.all(hard[away > 0.18] == 0)
    both = render.ink_hard(starts, ends, np.array([0.7, 1.0]), 0.15, canvas)
    assert both.max() == 1 and set(np.round(np.unique(both[:, :10]), 6)) <= {
        round(0.7 * k / 16, 6) for k in range(17)
    }
