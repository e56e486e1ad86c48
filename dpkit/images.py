"""Pictures as parameters: two bundled pictures, made by code, and what is done with pictures.

A picture is a matrix of brightnesses from 0 (black) to 1 (white). Convention: row 0 is at the top;
pixel (r, c) is the square from r − ½ to r + ½ and from c − ½ to c + ½, so its centre has whole
coordinates; sizes are in pixels.

    small = images.shrink(images.lighthouse(128), 4)
    large = images.bicubic(small, 4)
    images.psnr(large, images.lighthouse(128))

`shrink`, `upsample`, `warp` and `total_variation` can be differentiated; the measures (`psnr`, `ssim`,
`dice`) and the pictures are for numpy arrays.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit.arrays import mean, reshape
from dpkit.arrays import sum as total
from dpkit.box import plain as plain_array

__all__ = [
    "bicubic",
    "dice",
    "lighthouse",
    "phantom",
    "psnr",
    "shrink",
    "ssim",
    "total_variation",
    "upsample",
    "warp",
]

FINER = 4  # each pixel of a bundled picture is the mean of FINER × FINER points


# ------------------------------------------------------------------------------------------------
# Two pictures


def _grid(size: int) -> tuple[np.ndarray, np.ndarray]:
    """x to the right and y down, both from 0 to 1, at FINER points for each pixel."""
    points = (np.arange(size * FINER) + 0.5) / (size * FINER)
    return np.meshgrid(points, points)


def lighthouse(size: int = 128) -> np.ndarray:
    """A lighthouse by night: flat surfaces and sharp edges, and some waves and stones that are fine
    texture. size × size brightnesses."""
    x, y = _grid(size)
    picture = 0.16 + 0.34 * y  # the sky, lighter towards the sea
    picture = np.where((x - 0.2) ** 2 + (y - 0.13) ** 2 < 0.075**2, 0.92, picture)  # a moon,
    picture = np.where((x - 0.235) ** 2 + (y - 0.11) ** 2 < 0.062**2, 0.16 + 0.34 * y, picture)
    for sx, sy in ((0.06, 0.06), (0.4, 0.1), (0.5, 0.42), (0.12, 0.56), (0.9, 0.07), (0.93, 0.4)):
        picture = np.where(abs(x - sx) + abs(y - sy) < 0.011, 0.95, picture)  # and stars
    beam = (x < 0.66) & (abs(y - 0.235 - 0.16 * (0.66 - x)) < 0.02 + 0.16 * (0.66 - x))
    picture = np.where(beam, picture + 0.16, picture)
    waves = 0.025 * np.sign(np.sin(330 * y + 5 * np.sin(14 * x)))
    picture = np.where(y > 0.76, 0.3 + waves, picture)  # the sea
    picture = np.where((y > 0.76) & (abs(x - 0.22) < 0.05), 0.55 + waves, picture)
    rock = y > 0.86 - 0.32 * np.exp(-(((x - 0.72) / 0.2) ** 2)) + 0.012 * np.sin(47 * x)
    stones = 0.04 * np.sign(np.sin(83 * x + 31 * y) * np.sin(61 * y - 40 * x))
    picture = np.where(rock, 0.12 + stones, picture)
    width = 0.052 + 0.045 * (y - 0.28)
    tower = (abs(x - 0.7) < width) & (y > 0.28) & (y < 0.6)
    stripes = np.where(np.floor((y - 0.28) / 0.064) % 2 == 0, 0.95, 0.5)
    shade = np.where(x > 0.715, 0.72, 1.0)
    picture = np.where(tower, stripes * shade, picture)
    picture = np.where((abs(x - 0.7) < 0.078) & (abs(y - 0.277) < 0.012), 0.08, picture)
    picture = np.where((abs(x - 0.7) < 0.042) & (y > 0.2) & (y < 0.265), 1.0, picture)
    bars = (abs(abs(x - 0.7) - 0.022) < 0.0035) & (y > 0.2) & (y < 0.265)
    picture = np.where(bars, 0.1, picture)
    picture = np.where((y < 0.2) & (y > 0.14) & (abs(x - 0.7) < 0.9 * (y - 0.14)), 0.08, picture)
    house = (abs(x - 0.87) < 0.075) & (y > 0.55) & (y < 0.66)
    picture = np.where(house, 0.66, picture)
    roof = (y > 0.485) & (y <= 0.55) & (abs(x - 0.87) < 0.018 + 1.15 * (y - 0.485))
    picture = np.where(roof, 0.25, picture)
    for wx in (0.83, 0.9):
        pane = (abs(x - wx) < 0.016) & (y > 0.58) & (y < 0.625)
        picture = np.where(pane, 0.98, picture)
    return _means(picture, size)


# brightness added, half axes, centre (x to the right, y down), turn in degrees
HEAD = (
    (0.85, 0.37, 0.46, 0.0, 0.0, 0),
    (-0.55, 0.335, 0.42, 0.0, 0.01, 0),
    (-0.25, 0.055, 0.16, 0.11, 0.0, -18),
    (-0.25, 0.08, 0.2, -0.11, 0.0, 18),
    (0.25, 0.1, 0.12, 0.0, -0.2, 0),
    (0.35, 0.025, 0.025, 0.03, 0.08, 0),
    (0.4, 0.06, 0.03, -0.06, 0.3, 12),
    (0.3, 0.03, 0.045, 0.16, 0.24, 0),
)


def phantom(size: int = 64) -> np.ndarray:
    """A slice through a head, of ellipses, after the idea of Shepp & Logan (1974). size × size."""
    x, y = _grid(size)
    picture = np.zeros_like(x)
    for added, wide, high, cx, cy, turn in HEAD:
        angle = np.deg2rad(turn)
        u = (x - 0.5 - cx) * np.cos(angle) + (y - 0.5 - cy) * np.sin(angle)
        v = -(x - 0.5 - cx) * np.sin(angle) + (y - 0.5 - cy) * np.cos(angle)
        picture += added * ((u / wide) ** 2 + (v / high) ** 2 < 1)
    return _means(np.clip(picture, 0, 1), size)


def _means(fine: np.ndarray, size: int) -> np.ndarray:
    return np.asarray(fine.reshape(size, FINER, size, FINER).mean((1, 3)))


# ------------------------------------------------------------------------------------------------
# Smaller, larger, and moved


def shrink(picture: Any, factor: int) -> Any:
    """What a coarser camera sees: the mean of each block of factor × factor pixels.

    picture: (rows, columns), both multiples of `factor`; raises ValueError otherwise.
    """
    rows, columns = picture.shape
    if rows % factor or columns % factor:
        raise ValueError(
            f"A picture of shape {(rows, columns)} cannot be divided into blocks of {factor} × "
            f"{factor}: cut it to a multiple of {factor} first."
        )
    blocks = reshape(picture, (rows // factor, factor, columns // factor, factor))
    return mean(blocks, axis=(1, 3))


def bicubic(picture: np.ndarray, factor: int) -> np.ndarray:
    """`factor` times as large, by cubic convolution (Keys 1981, a = −½): what an ordinary program
    does. At the border the outermost pixels are repeated."""

    def kernel(t: np.ndarray) -> np.ndarray:
        t = abs(t)
        near = 1.5 * t**3 - 2.5 * t**2 + 1
        far = -0.5 * t**3 + 2.5 * t**2 - 4 * t + 2
        return np.where(t < 1, near, np.where(t < 2, far, 0.0))

    return _separately(picture, factor, kernel, 2)


def upsample(values: Any, factor: int) -> Any:
    """`factor` times as large, bilinearly: straight lines between the centres. Can be
    differentiated. At the border the outermost values are repeated."""
    return _separately(values, factor, lambda t: np.maximum(1 - abs(t), 0.0), 1)


def _separately(picture: Any, factor: int, kernel: Any, reach: int) -> Any:
    """Interpolate along the columns, then along the rows: two products with sparse matrices."""

    def matrix(n: int) -> np.ndarray:
        at = (np.arange(n * factor) + 0.5) / factor - 0.5  # in pixels of the small picture
        weights = np.zeros((len(at), n))
        for shift in range(1 - reach, reach + 1):
            source = np.floor(at).astype(int) + shift
            np.add.at(weights, (range(len(at)), np.clip(source, 0, n - 1)), kernel(at - source))
        return weights

    rows, columns = picture.shape
    return matrix(rows) @ picture @ matrix(columns).T


def warp(picture: Any, rows: Any, columns: Any) -> Any:
    """The picture looked up at other places: entry (i, j) of the result is its brightness at
    (rows[i, j], columns[i, j]), bilinear between the centres of four pixels.

    So `rows` and `columns` say where each pixel of the *result* comes from. Can be differentiated by
    them and by the picture. Outside, the outermost pixels go on.

    Args:
        picture: (rows, columns), at least 2 × 2.
        rows, columns: places, in pixels; both of one shape, which is the result's.

    Raises ValueError where the shapes of `rows` and `columns` differ.
    """
    if np.shape(rows) != np.shape(columns):
        raise ValueError(
            f"A place has a row and a column, but `rows` has the shape {np.shape(rows)} and "
            f"`columns` {np.shape(columns)}."
        )
    height, width = picture.shape
    top = np.clip(np.floor(plain_array(rows)), 0, height - 2).astype(int)
    left = np.clip(np.floor(plain_array(columns)), 0, width - 2).astype(int)
    down, right = _within(rows - top), _within(columns - left)
    upper = picture[top, left] * (1 - right) + picture[top, left + 1] * right
    lower = picture[top + 1, left] * (1 - right) + picture[top + 1, left + 1] * right
    return upper * (1 - down) + lower * down


def _within(weight: Any) -> Any:
    """Weights from 0 to 1; outside of the picture they stay there, and nothing depends on them."""
    plain = plain_array(weight)
    return weight * ((plain >= 0) & (plain <= 1)) + 1.0 * (plain > 1)


def total_variation(picture: Any, soft: float = 3e-3) -> Any:
    """How steep the picture is, summed over its pixels (Rudin, Osher & Fatemi 1992): one number.

    Each pixel with a neighbour below and one to the right counts √(a² + b² + soft²), where a and b
    are the differences to them. Low for flat surfaces with sharp edges; `soft` rounds off the
    corner at slope 0. Can be differentiated.

    Raises ValueError for less than 2 × 2 pixels.
    """
    if len(picture.shape) != 2 or min(picture.shape) < 2:
        raise ValueError(f"Slopes need 2 × 2 pixels or more, the shape is {tuple(picture.shape)}.")
    corner = picture[:-1, :-1]
    squares = (picture[1:, :-1] - corner) ** 2 + (picture[:-1, 1:] - corner) ** 2
    return total((squares + soft * soft) ** 0.5)


# ------------------------------------------------------------------------------------------------
# How alike two pictures are


def psnr(picture: np.ndarray, truth: np.ndarray) -> float:
    """Peak signal-to-noise ratio in dB, for brightnesses from 0 to 1: −10 log₁₀ of the mean squared
    error. 6 dB more is half the error."""
    _alike(picture, truth)
    with np.errstate(divide="ignore"):  # of equal pictures it is infinite
        return float(-10 * np.log10(np.mean((picture - truth) ** 2)))


def ssim(picture: np.ndarray, truth: np.ndarray) -> float:
    """Structural similarity (Wang, Bovik, Sheikh & Simoncelli 2004): 1 for equal pictures.

    Means, variances and the covariance of both are taken in windows of 11 × 11 pixels, weighted with
    a Gaussian of 1.5 pixels, and compared; the mean over all windows that lie inside.
    """
    _alike(picture, truth)
    if min(picture.shape) < 11:
        raise ValueError(f"A window has 11 × 11 pixels, the picture only {picture.shape}.")
    window = np.exp(-0.5 * (np.arange(-5, 6) / 1.5) ** 2)
    window /= window.sum()

    def local(values: np.ndarray) -> np.ndarray:
        for axis in (0, 1):
            values = np.lib.stride_tricks.sliding_window_view(values, 11, axis) @ window
        return values

    mx, my = local(picture), local(truth)
    vx, vy = local(picture**2) - mx**2, local(truth**2) - my**2
    both = local(picture * truth) - mx * my
    c1, c2 = 0.01**2, 0.03**2
    like = (2 * mx * my + c1) * (2 * both + c2) / ((mx**2 + my**2 + c1) * (vx + vy + c2))
    return float(like.mean())


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """How far two regions overlap (Dice 1945): twice the common area by the sum of both; 1 where
    they are the same, 0 where they do not touch. a, b: arrays of bools of one shape."""
    _alike(a, b)
    if not (np.any(a) or np.any(b)):
        raise ValueError("Both regions are empty: nobody can say how far they overlap.")
    return float(2 * np.sum(a & b) / (np.sum(a) + np.sum(b)))


def _alike(a: np.ndarray, b: np.ndarray) -> None:
    if a.shape != b.shape:
        raise ValueError(f"Compared pixel by pixel, but the shapes are {a.shape} and {b.shape}.")
