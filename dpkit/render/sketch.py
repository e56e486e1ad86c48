"""A photograph as a drawing: some hundred strokes, each of which knows how to get better.

    drawing = sketch(photograph, 400)            # a picture (height, width), 0 is black
    drawing.svg                                  # lines, to print at any size
    drawing                                      # in a notebook: shows itself; click, and it is drawn

Strokes start short and at random, more of them where the picture is dark, along its edges. Both
pictures are compared slightly blurred, as by somebody who stands back: then strokes that lie beside
each other make a grey.

Source: Mihai & Hare, "Differentiable drawing and sketching", arXiv 2103.16194, 2021, for the idea and
for annealing the width.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.optim import Adam
from dpkit.render.canvas import Canvas
from dpkit.render.strokes import REACH, ink, near_pairs
from dpkit.tensor import tensor

__all__ = ["Drawing", "blur", "sketch"]

NEW_PAIRS = 8  # steps between two searches for the pixels near each stroke


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Strokes on white paper.

    starts, ends: (n, 2), world coordinates. opacity: (n,), 0 to 1. width: in the world's unit.
    losses: the loss at each step. moments: (starts, ends, opacity) at some of them, for a film.
    """

    starts: np.ndarray
    ends: np.ndarray
    opacity: np.ndarray
    width: float
    canvas: Canvas
    losses: list[float]
    moments: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    def picture(self, canvas: Canvas | None = None) -> np.ndarray:
        """Brightnesses (height, width), on its own canvas or on another one."""
        return 1 - ink(self.starts, self.ends, self.opacity, self.width, canvas or self.canvas)


def blur(picture: Any, width: float) -> Any:
    """The picture seen from further away: a Gaussian of standard deviation `width`, in pixels, whose
    weights add to 1 at the edges, too."""
    rows, columns = picture.shape

    def matrix(n: int) -> np.ndarray:
        weights = np.exp(-0.5 * ((np.arange(n)[:, None] - np.arange(n)) / width) ** 2)
        return weights / weights.sum(axis=1, keepdims=True)

    return arrays.matmul(arrays.matmul(matrix(rows), picture), matrix(columns).T)


def sketch(
    image: np.ndarray, n_strokes: int = 400, *, steps: int = 300, width: float = 0.7,
    blurred: float = 1.5, seed: int = 0, callback: Callable[[int, float], Any] | None = None,
) -> Drawing:  # fmt: skip
    """Draw a photograph with straight strokes.

    image: brightnesses (height, width) from 0, black, to 1; or colours (height, width, 3), of which
        the brightness is drawn.
    width: of the strokes in the end, in pixels; they start three times as wide, and are felt further.
    blurred: how blurred both pictures are compared, in pixels.
    callback: called with each step's number and loss; ends the work by returning True.
    """
    image = np.asarray(image, float)
    if image.ndim == 3:
        image = image[..., :3] @ np.array([0.2126, 0.7152, 0.0722])
    if image.ndim != 2 or not np.all(np.isfinite(image)) or image.min() < 0 or image.max() > 1:
        raise ValueError(
            "A picture of brightnesses from 0 to 1 is needed, (height, width) or (height, width, 3); "
            f"this one has the shape {image.shape}."
        )
    canvas, rng = Canvas(*image.shape), np.random.default_rng(seed)
    params = [tensor(x, requires_grad=True) for x in _start(image, n_strokes, canvas, rng)]
    starts, ends, strength = params
    adam = Adam([{"params": [starts, ends], "lr": canvas.pixel}, {"params": [strength], "lr": 0.1}])
    wanted = blur(1 - image, blurred)
    losses: list[float] = []
    moments = []
    for step in range(steps):
        now = width * canvas.pixel * max(1.0, 3.0 ** (1 - 2 * step / steps))
        if step % NEW_PAIRS == 0:
            pairs = near_pairs(starts.data, ends.data, (REACH + 1) * now, canvas)
        adam.zero_grad()
        opacity = functions.sigmoid(strength)
        difference = blur(ink(starts, ends, opacity, now, canvas, pairs), blurred) - wanted
        loss = arrays.mean(difference * difference)
        loss.backward()
        losses.append(float(loss.item()))
        if step % max(1, steps // 40) == 0:
            moments.append((starts.data.copy(), ends.data.copy(), opacity.data.copy()))
        if callback and callback(step, losses[-1]):
            break
        adam.step()
    last = (starts.data.copy(), ends.data.copy(), functions.sigmoid(strength.data))
    return Drawing(*last, width * canvas.pixel, canvas, losses, [*moments, last])


def _start(
    image: np.ndarray, count: int, canvas: Canvas, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Short strokes: more where it is dark, and along the edges of the picture."""
    dark = (1 - image).ravel() + 0.05
    chosen = rng.choice(dark.size, count, p=dark / dark.sum())
    down, right = np.gradient(blur(image, 2.0))
    angle = np.arctan2(-down.ravel()[chosen], right.ravel()[chosen]) + np.pi / 2
    angle += 0.5 * rng.normal(size=count)
    middle = canvas.points().reshape(-1, 2)[chosen]
    middle = middle + canvas.pixel * rng.uniform(-0.5, 0.5, middle.shape)
    half = 3 * canvas.pixel * np.stack([np.cos(angle), np.sin(angle)], -1)
    return middle - half, middle + half, np.full(count, 1.0)
