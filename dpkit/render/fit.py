"""Inverse graphics: which scene made this picture?

The renderer can be differentiated, so one descends from a first guess to the picture. The descent is
the easy half. From a guess by chance it ends in a scene in which one shape hides another, or two
share a third: with a picture of three shapes nearly every time. Where shapes start on top of *some*
shape of the picture, it hardly ever fails. So we look first: pixels are gathered by colour, each
cluster is a guess of one shape's colour, place and size, and every way to give the shapes to the
clusters is tried without any gradient. Only the best ones are refined.

Looking gives colours and places, descent gives the digits.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.optim import minimize
from dpkit.render.canvas import Canvas
from dpkit.render.scene import SHAPES, distance_of, need_kind, render

__all__ = ["Fit", "clusters", "first_guesses", "fit_scene", "refine"]


@dataclasses.dataclass(frozen=True)
class Fit:
    """What a fit found.

    parameters: the scene, as `render` takes it.
    loss: the mean squared error of its picture.
    order: of which rank the first guess was that led here (0: the most promising one).
    history: the parameters after each iteration, for a film.
    """

    parameters: dict[str, np.ndarray]
    loss: float
    order: int
    history: list[dict[str, np.ndarray]]


def clusters(
    picture: np.ndarray, count: int, background: float = 1.0, rounds: int = 20
) -> tuple[np.ndarray, np.ndarray]:
    """Gather the pixels of a picture (height, width, 3) by colour: Lloyd's k-means (1982).

    The background is one cluster, whose colour is known. The others start at the colours furthest
    from all that were there before. At borders colours mix into colours of no shape, so only pixels
    have a say whose neighbours look like them.

    Returns the colours (count, 3), the most frequent one first, and for each pixel (height, width)
    the number of its cluster, -1 for the background, -2 at borders.
    """
    mean, square = _around(picture), _around(picture**2)
    rough = np.sum(square - mean**2, axis=-1)
    is_calm = rough <= 2 * np.median(rough) + 1e-6
    calm = mean[is_calm]
    colours = np.full((1, 3), float(background))
    for _ in range(count):
        distance = np.min(((calm[:, None] - colours) ** 2).sum(2), axis=1)
        colours = np.vstack([colours, calm[np.argmax(distance)]])
    for _ in range(rounds):
        belongs = np.argmin(((calm[:, None] - colours) ** 2).sum(2), axis=1)
        for k in range(1, count + 1):
            if np.any(belongs == k):
                colours[k] = calm[belongs == k].mean(axis=0)
    sizes = [np.sum(belongs == k) for k in range(1, count + 1)]
    order = np.argsort(sizes)[::-1]
    rank = np.full(count + 1, -1)
    rank[order + 1] = np.arange(count)
    labels = np.full(picture.shape[:2], -2)
    labels[is_calm] = rank[belongs]
    return colours[1:][order], labels


def _around(picture: np.ndarray) -> np.ndarray:
    """The mean of the 3 × 3 pixels around each; beyond the edge the outermost go on."""
    padded = np.pad(picture, ((1, 1), (1, 1), (0, 0)), mode="edge")
    height, width = picture.shape[:2]
    return np.mean(
        [padded[i : i + height, j : j + width] for i in range(3) for j in range(3)], axis=0
    )


def first_guesses(
    kinds: Sequence[str], picture: np.ndarray, canvas: Canvas, background: float = 1.0,
    turns: int = 8,
) -> list[tuple[float, dict[str, np.ndarray]]]:  # fmt: skip
    """Scenes that might be the picture, the most promising first: pairs (loss, parameters).

    Each shape gets one cluster of colour, in every order; its place is the cluster's centre, its
    size is from the cluster's area, and its turn is the best of `turns` that were tried.

    Raises ValueError for a picture of another size than the canvas, or with a number that is not
    finite, and for an unknown kind.
    """
    need_picture(picture, canvas)
    for kind in kinds:
        need_kind(kind)
    colours, labels = clusters(picture, len(kinds), background)
    points = canvas.points()
    found = []
    best: dict[tuple[str, int], tuple[np.ndarray, float, float]] = {}
    for kind, k in itertools.product(sorted(set(kinds)), range(len(kinds))):
        here = labels == k
        at = points[here].mean(axis=0) if here.any() else np.zeros(2)
        unit = (SHAPES[kind](Canvas(64, span=2.4).points()) < 0).mean() * 2.4**2  # its own area
        size = float(np.sqrt(max(here.sum(), 1) / unit) + 1.5) * canvas.pixel  # and the border
        tried = []
        for turn in np.linspace(-np.pi, np.pi, turns, endpoint=False):
            inside = distance_of(kind, points, at, turn, size) < 0
            tried.append((np.sum((inside != here)[labels > -2]), turn))
        best[kind, k] = (at, min(tried)[1], size)
    for order in itertools.permutations(range(len(kinds))):
        chosen = [best[kind, k] for kind, k in zip(kinds, order, strict=True)]
        guess = {
            "at": np.array([at for at, _, _ in chosen]),
            "turn": np.array([turn for _, turn, _ in chosen]),
            "size": np.array([size for _, _, size in chosen]),
            "colour": colours[list(order)],
        }
        loss = float(np.mean((render(kinds, guess, canvas, 1.0, background) - picture) ** 2))
        found.append((loss, guess))
    return sorted(found, key=lambda pair: pair[0])


def refine(
    kinds: Sequence[str], picture: np.ndarray, canvas: Canvas, guess: dict[str, np.ndarray],
    softness: Sequence[float] = (2.0, 0.7, 0.2, 0.09), background: float = 1.0, steps: int = 40,
) -> Fit:  # fmt: skip
    """Descend from a guess by L-BFGS, from soft borders to sharp ones.

    softness: in pixels, one run for each. The last one of 0.09 has 2 × 2 places in a pixel (see
        `render`): what soft corners lose would otherwise push their shape, by up to 0.04 pixels.
    steps: the most iterations of each run.

    Raises ValueError for a picture of another size than the canvas, or with a number that is not
    finite.
    """
    need_picture(picture, canvas)
    history = [guess]
    for soft in softness:

        def loss(parameters: dict[str, Any], soft: float = soft) -> Any:
            difference = render(kinds, parameters, canvas, soft, background) - picture
            return arrays.mean(difference * difference)

        result = minimize(loss, history[-1], tol=1e-7, max_iter=steps)
        history += result.trace.x[1:]
    return Fit(history[-1], float(result.fun), 0, history)


def fit_scene(
    kinds: Sequence[str], picture: np.ndarray, canvas: Canvas, background: float = 1.0,
    tries: int = 2,
) -> Fit:  # fmt: skip
    """The scene of these kinds of shapes whose picture comes closest to the one given.

    picture: (height, width, 3), from 0 to 1. tries: how many first guesses are refined; the best of
    them is refined once more, with several places a pixel.

    Raises ValueError for a picture of another size than the canvas, or with a number that is not
    finite.
    """
    guesses = first_guesses(kinds, picture, canvas, background)[:tries]
    fits = [
        (refine(kinds, picture, canvas, guess, (2.0, 0.7, 0.2), background), k)
        for k, (_, guess) in enumerate(guesses)
    ]
    best, k = min(fits, key=lambda pair: pair[0].loss)
    last = refine(kinds, picture, canvas, best.parameters, (0.09,), background)
    return Fit(last.parameters, last.loss, k, best.history + last.history[1:])


def need_picture(picture: np.ndarray, canvas: Canvas) -> None:
    """Raise ValueError unless the picture has the canvas's size, three colours and finite numbers."""
    if np.shape(picture) != (canvas.height, canvas.width, 3):
        raise ValueError(
            f"The canvas has {canvas.height} × {canvas.width} pixels and three colours, but the "
            f"picture's shape is {np.shape(picture)}."
        )
    if not np.all(np.isfinite(picture)):
        count = np.count_nonzero(~np.isfinite(picture))
        raise ValueError(f"The picture has {count} numbers that are not finite (nan or infinite).")
