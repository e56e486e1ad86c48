"""Pictures: interpolation beside Pillow, similarity beside SciPy, and derivatives beside differences."""

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

import dpkit as dp
from dpkit import images, optim


@pytest.fixture
def picture():
    return np.random.default_rng(6).uniform(0, 1, (9, 14))


def test_shrink_takes_means(picture):
    small = images.shrink(np.pad(picture, ((0, 0), (0, 1))), 3)
    assert small.shape == (3, 5)
    np.testing.assert_allclose(small[1, 2], picture[3:6, 6:9].mean())
    with pytest.raises(ValueError, match=r"shape \(9, 14\) .* blocks of 4"):
        images.shrink(picture, 4)


@pytest.mark.parametrize(
    ("ours", "theirs", "border"),
    [
        (images.bicubic, Image.Resampling.BICUBIC, 8),
        (images.upsample, Image.Resampling.BILINEAR, 4),
    ],
)
def test_enlarging_beside_pillow(picture, ours, theirs, border):
    """Away from the border, where Pillow leaves out what lies outside instead of repeating it."""
    large = ours(picture, 4)
    image = Image.fromarray(picture.astype(np.float32))
    oracle = np.asarray(image.resize((56, 36), theirs))
    inner = (slice(border, -border),) * 2
    np.testing.assert_allclose(large[inner], oracle[inner], atol=2e-6)


@pytest.mark.parametrize("ours", [images.bicubic, images.upsample])
def test_a_ramp_stays_a_ramp(ours):
    rows, columns = np.mgrid[:6, :7]
    large = ours(0.1 * rows + 0.02 * columns, 3)
    rows, columns = (np.mgrid[:18, :21] + 0.5) / 3 - 0.5
    inner = (slice(6, -6),) * 2
    np.testing.assert_allclose(large[inner], (0.1 * rows + 0.02 * columns)[inner])


def test_warp_beside_scipy(picture):
    rng = np.random.default_rng(1)
    rows, columns = rng.uniform(-3, 12, (5, 4)), rng.uniform(-3, 17, (5, 4))
    oracle = ndimage.map_coordinates(picture, [rows, columns], order=1, mode="nearest")
    np.testing.assert_allclose(images.warp(picture, rows, columns), oracle, atol=1e-12)


def test_derivatives_of_warp(picture):
    """By the places, inside and outside of the picture, and by the picture."""
    rng = np.random.default_rng(2)
    rows, columns = rng.uniform(-2, 11, (4, 6)), rng.uniform(-2, 16, (4, 6))
    weights = rng.normal(size=(4, 6))

    def f(picture, rows, columns):
        return dp.sum(weights * images.warp(picture, rows, columns) ** 2)

    for k in range(3):
        at = [picture, rows, columns]
        slope = dp.grad(f, argnums=k)(*at)
        direction, h = rng.normal(size=at[k].shape), 1e-6
        up, down = list(at), list(at)
        up[k], down[k] = at[k] + h * direction, at[k] - h * direction
        nudged = (f(*up) - f(*down)) / (2 * h)
        assert np.sum(slope * direction) == pytest.approx(nudged, rel=1e-6)
    outside = dp.grad(f, argnums=1)(picture, rows, columns)[(rows < 0) | (rows > 8)]
    assert outside.size and np.all(outside == 0)


def test_derivatives_of_the_linear_ones(picture):
    """Adjoint tests: the pullback is the transpose."""
    for f, x in (
        (lambda x: images.upsample(x, 2), picture),
        (lambda x: images.shrink(x, 3), picture[:, :12]),
    ):
        assert dp.adjoint_test(f, dp.vjp(f, x)[1], x)


def test_ssim_beside_a_filter():
    rng = np.random.default_rng(3)
    a = rng.uniform(0, 1, (24, 30))
    b = np.clip(a + 0.2 * rng.normal(size=a.shape), 0, 1)

    def local(x):
        return ndimage.gaussian_filter(x, 1.5, radius=5)[5:-5, 5:-5]

    ma, mb = local(a), local(b)
    va, vb, both = local(a * a) - ma**2, local(b * b) - mb**2, local(a * b) - ma * mb
    luminance = (2 * ma * mb + 1e-4) / (ma**2 + mb**2 + 1e-4)
    structure = (2 * both + 9e-4) / (va + vb + 9e-4)
    assert images.ssim(a, b) == pytest.approx(np.mean(luminance * structure), rel=1e-12)
    assert images.ssim(a, a) == pytest.approx(1)


def test_psnr_and_dice():
    a = np.zeros((20, 20))
    assert images.psnr(a, a + 0.1) == pytest.approx(20)
    assert images.psnr(a, a) == np.inf
    one, other = np.array([1, 1, 0, 0], bool), np.array([0, 1, 1, 1], bool)
    assert images.dice(one, other) == pytest.approx(2 / 5)
    with pytest.raises(ValueError, match="Both regions are empty"):
        images.dice(one & ~one, other & ~other)
    with pytest.raises(ValueError, match=r"\(4,\) and \(3,\)"):
        images.dice(one, other[:3])
    with pytest.raises(ValueError, match="11 × 11"):
        images.ssim(a[:8], a[:8])
    with pytest.raises(ValueError, match="`rows` has the shape"):
        images.warp(a, a, a[:3])


@pytest.mark.parametrize("make", [images.lighthouse, images.phantom])
def test_bundled_pictures(make):
    """Brightnesses, with flat parts and edges; finer grids agree about the same scene."""
    fine, coarse = make(96), make(48)
    assert fine.shape == (96, 96) and 0 <= fine.min() < 0.1 and 0.8 < fine.max() <= 1
    assert np.mean(abs(images.shrink(fine, 2) - coarse)) < 0.02


def test_total_variation(picture):
    """The formula, pixel by pixel; a ramp costs what a jump of its height does; and the slope."""
    rows, columns = picture.shape
    by_hand = sum(
        np.sqrt(
            (picture[i + 1, j] - picture[i, j]) ** 2
            + (picture[i, j + 1] - picture[i, j]) ** 2
            + 0.04
        )
        for i in range(rows - 1)
        for j in range(columns - 1)
    )
    assert images.total_variation(picture, 0.2) == pytest.approx(by_hand, rel=1e-12)
    jump = np.repeat([[0.0] * 6 + [1.0] * 6], 5, axis=0)
    ramp = np.repeat([np.linspace(0, 1, 12)], 5, axis=0)
    assert images.total_variation(jump, 0.0) == pytest.approx(images.total_variation(ramp, 0.0))
    steep = dp.grad(lambda u: images.total_variation(u, 0.1))
    assert dp.check_gradient(steep, lambda u: images.total_variation(u, 0.1), picture)
    with pytest.raises(ValueError, match=r"2 × 2 pixels or more, the shape is \(1, 5\)"):
        images.total_variation(picture[:1, :5])


def lighthouses(weight=1e-4, bends=0.0):
    """(truth, bicubic, the minimum): four times finer, as in lab 6."""
    truth, tv = images.lighthouse(256), images.total_variation
    small = images.shrink(truth, 4)
    usual = images.bicubic(small, 4)

    def loss(u):
        data = 0.5 * dp.sum((images.shrink(u, 4) - small) ** 2)
        prior = tv(u)
        if bends:
            prior = prior + bends * (tv(u[1:] - u[:-1]) + tv(u[:, 1:] - u[:, :-1]))
        return data + weight * prior

    return truth, usual, optim.minimize(loss, usual, max_iter=120).x


@pytest.mark.parametrize(
    ("weight", "bends", "more_dB", "more_alike"), [(2e-4, 0.0, 1.0, 0.03), (1e-4, 0.15, 1.7, 0.04)]
)
def test_super_resolution_beats_bicubic(weight, bends, more_dB, more_alike):
    """Four times as fine: total variation of the picture alone, and of its slopes, too. The waves,
    finer than the camera's pixels, come back with neither."""
    truth, usual, found = lighthouses(weight, bends)
    assert images.psnr(found, truth) >= images.psnr(usual, truth) + more_dB
    assert images.ssim(found, truth) >= images.ssim(usual, truth) + more_alike
    sea = (slice(200, 214), slice(5, 40))
    like = np.corrcoef((found[sea]).ravel(), truth[sea].ravel())[0, 1]
    assert abs(like) < 0.5


def test_what_the_camera_cannot_see_no_prior_restores():
    """Two truths that differ only below the camera's pixels give one small picture."""
    truth = images.lighthouse(64)
    rows, columns = np.mgrid[:64, :64]
    other = truth + 0.05 * (-1.0) ** (rows + columns)  # a mean of 0 in each block
    assert images.psnr(other, truth) < 30
    np.testing.assert_allclose(images.shrink(other, 4), images.shrink(truth, 4), atol=1e-14)
