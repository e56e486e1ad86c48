"""Ink: many thin strokes on white paper, and what each of them would rather be.

A pixel stays white if every stroke misses it: with g = opacity · exp(-(distance / width)²) for each
stroke, the ink is 1 - ∏ (1 - g). Four hundred strokes and ten thousand pixels make four million
distances, of which all but a hundredth are too large to matter; so here the pairs that do matter are
listed, and the rule for going back is written by hand. `ink_plain` says the same in three lines for
all pairs and in any array library; the tests hold both together.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.backends import is_torch, shape_of
from dpkit.custom import custom_vjp
from dpkit.relax.given import alike, need_positive
from dpkit.render.canvas import Canvas
from dpkit.render.cover import glow, soft_or
from dpkit.render.shapes import bernstein, segment

__all__ = ["chains", "ink", "ink_hard", "ink_plain", "near_pairs"]

REACH = 3.0  # widths from a stroke, where exp(-9) = 0.0001 of its ink is left


def ink_plain(starts: Any, ends: Any, opacity: Any, width: Any, canvas: Canvas) -> Any:
    """The ink of all strokes, 0 for white paper to 1: (height, width).

    starts, ends: (n, 2), world coordinates. opacity: (n,), from 0 to 1. width: in the world's unit.
    """
    points = canvas.points()[None]
    lines = segment(points, starts[:, None, None, :], ends[:, None, None, :])
    return soft_or(opacity[:, None, None] * glow(lines, width))


def near_pairs(
    starts: np.ndarray, ends: np.ndarray, reach: float, canvas: Canvas
) -> tuple[np.ndarray, np.ndarray]:
    """Which strokes and pixels are not further apart than `reach`: two arrays of numbers, of the
    strokes and of the pixels (counted along the rows)."""
    points = canvas.points().reshape(-1, 2)
    strokes, pixels = [], []
    columns, rows = points[: canvas.width, 0], points[:: canvas.width, 1]
    low, high = np.minimum(starts, ends) - reach, np.maximum(starts, ends) + reach
    for k in range(len(starts)):  # first the box around the stroke, then the distance
        across = np.flatnonzero((columns >= low[k, 0]) & (columns <= high[k, 0]))
        down = np.flatnonzero((rows >= low[k, 1]) & (rows <= high[k, 1]))
        box = (down[:, None] * canvas.width + across).ravel()
        square, _, _ = _gaps(points[box], starts[k], ends[k])
        near = box[square <= reach**2]
        strokes.append(np.full(len(near), k))
        pixels.append(near)
    none = np.zeros(0, int)  # so that no stroke is no error
    return np.concatenate([none, *strokes]), np.concatenate([none, *pixels])


def ink(
    starts: Any, ends: Any, opacity: Any, width: float, canvas: Canvas,
    pairs: tuple[np.ndarray, np.ndarray] | None = None, pieces: int = 1,
) -> Any:  # fmt: skip
    """As `ink_plain`, many times as quick, for numpy arrays and dpkit's tensors of them.

    starts, ends: (n, 2), world coordinates. opacity: (n / pieces,). width: in the world's unit.
    pieces: a stroke is a chain of so many segments, listed one after the other, such as `chains` makes
        of Bézier curves. Only the nearest of them gives ink to a pixel: else joints would be darker.
    pairs: from `near_pairs`, so that they need not be found at every step; by default those that
    are nearer than three widths.

    Raises TypeError for torch tensors, ValueError for a width that is not positive.
    """
    need_positive("width", width)
    if any(is_torch(x) for x in (starts, ends, opacity)):
        raise TypeError("The ink of torch tensors is drawn by ink_plain; ink is for numpy arrays.")

    @custom_vjp
    def drawn(starts: Any, ends: Any, opacity: Any) -> Any:
        return forward(starts, ends, opacity)[0]

    def forward(starts: Any, ends: Any, opacity: Any) -> tuple[np.ndarray, Any]:
        return _forward(starts, ends, opacity, float(width), canvas, pairs, pieces)

    drawn.defvjp(forward, _backward)
    return drawn(starts, ends, opacity)


def chains(controls: Any, pieces: int = 8) -> tuple[Any, Any]:
    """The segments of Bézier curves as `ink` takes them: starts and ends, (n · pieces, 2) each.

    controls: the control points of n curves, (n, k, 2).
    """
    weights = alike(bernstein(shape_of(controls)[1], pieces), controls)
    corners = arrays.matmul(weights, controls)  # (n, pieces + 1, 2)
    return arrays.reshape(corners[:, :-1], (-1, 2)), arrays.reshape(corners[:, 1:], (-1, 2))


def ink_hard(
    starts: Any, ends: Any, opacity: Any, width: float, canvas: Canvas, samples: int = 4
) -> np.ndarray:
    """The picture that `ink` stands for: lines with sharp borders and round ends, √π · width thick,
    so that they hold as much ink; each pixel the mean of samples × samples points."""
    starts, ends, opacity = (np.asarray(x, float) for x in (starts, ends, opacity))
    fine = canvas.finer(samples)
    stroke, point = near_pairs(starts, ends, np.sqrt(np.pi) / 2 * width, fine)
    white = np.ones(fine.height * fine.width)
    np.multiply.at(white, point, 1 - opacity[stroke])
    shape = (canvas.height, samples, canvas.width, samples)
    return 1 - white.reshape(shape).mean((1, 3))


def _gaps(
    points: np.ndarray, start: np.ndarray, end: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """For each pair: squared distance, vector from the line's nearest point, and where that is."""
    along, away = end - start, points - start
    where = np.sum(away * along, -1) / (np.sum(along * along, -1) + 1e-300)
    where = np.clip(where, 0.0, 1.0)
    gap = away - where[..., None] * along
    return np.sum(gap * gap, -1), gap, where


def _forward(
    starts: np.ndarray, ends: np.ndarray, opacity: np.ndarray, width: float, canvas: Canvas,
    pairs: Any, pieces: int,
) -> tuple[np.ndarray, Any]:  # fmt: skip
    starts, ends, opacity = (np.asarray(x) for x in (starts, ends, opacity))
    if pairs is None:
        pairs = near_pairs(starts, ends, REACH * width, canvas)
    line, pixel = pairs
    count = canvas.height * canvas.width
    points = canvas.points().reshape(-1, 2)[pixel]
    square, gap, where = _gaps(points, starts[line], ends[line])
    stroke = line // pieces
    if pieces > 1:  # of each stroke the nearest segment to each pixel
        order = np.lexsort((square, pixel, stroke))
        first = np.diff(stroke[order] * count + pixel[order], prepend=-1) > 0
        kept = order[first]
        line, stroke, pixel = line[kept], stroke[kept], pixel[kept]
        square, gap, where = square[kept], gap[kept], where[kept]
    shape = np.exp(-square / width**2)
    # white is multiplied along each pixel, as a sum of logarithms
    missed = np.log1p(-np.minimum(opacity[stroke] * shape, 1 - 1e-9))
    white = np.exp(np.bincount(pixel, missed, count))
    picture = (1 - white).reshape(canvas.height, canvas.width)
    return picture, (opacity, len(starts), line, stroke, pixel, shape, gap, where, white, width)


def _backward(known: Any, picture_bar: Any) -> tuple[Any, ...]:
    opacity, lines, line, stroke, pixel, shape, gap, where, white, width = known
    one = opacity[stroke]
    # 1 - ∏ (1 - g) by g: the product of all others
    bar = np.asarray(picture_bar).ravel()[pixel] * white[pixel] / np.maximum(1 - one * shape, 1e-9)
    # g by the squared distance, and that by both ends: the foot is the nearest point, so its own
    # motion does not count
    pull = (bar * one * shape * 2 / width**2)[:, None] * gap
    to_start, to_end = pull * (1 - where)[:, None], pull * where[:, None]

    def gather(values: np.ndarray) -> np.ndarray:
        return np.stack([np.bincount(line, values[:, k], lines) for k in range(2)], -1)

    return gather(to_start), gather(to_end), np.bincount(stroke, bar * shape, len(opacity))
