"""A scene: shapes with a place, a turn, a size and a colour, the last one on top.

    kinds = ("circle", "square", "triangle")
    parameters = scatter(kinds, rng)                       # {"at": (3, 2), "turn": (3,), …}
    picture = render(kinds, parameters, Canvas(64))         # (64, 64, 3)

The parameters are a dict of arrays, so that ``dp.grad`` and ``dp.optim.minimize`` take them whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.render.canvas import Canvas
from dpkit.render.cover import coverage, over
from dpkit.render.shapes import _together, box, circle, polygon

__all__ = ["SHAPES", "distance_of", "place", "render", "render_hard", "scatter"]


def _star(points: int, inner: float) -> np.ndarray:
    angle = np.pi / 2 + np.pi / points * np.arange(2 * points)
    radius = np.where(np.arange(2 * points) % 2, inner, 1.0)
    return radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)


# Each about as large as the unit circle.
SHAPES: dict[str, Callable[[Any], Any]] = {
    "circle": circle,
    "square": lambda points: box(points, half=(0.8, 0.8)),
    "bar": lambda points: box(points, half=(1.0, 0.4)),
    "triangle": lambda points: polygon(points, _star(3, 0.5)),
    "star": lambda points: polygon(points, _star(5, 0.45)),
    "arrow": lambda points: polygon(points, np.array(
        [[1.0, 0.0], [0.1, 0.8], [0.1, 0.35], [-1.0, 0.35], [-1.0, -0.35], [0.1, -0.35], [0.1, -0.8]]
    )),
}  # fmt: skip


def place(points: Any, at: Any, turn: Any = 0.0, size: Any = 1.0) -> Any:
    """World points (…, 2) in the coordinates of a shape that was enlarged by `size`, turned by
    `turn` (radians, anticlockwise), and brought to `at` (2,)."""
    points, at = _together(points, at)
    away = (points - at) / size
    x, y, c, s = away[..., 0], away[..., 1], functions.cos(turn), functions.sin(turn)
    return arrays.stack([c * x + s * y, c * y - s * x], -1)


def distance_of(kind: str, points: Any, at: Any, turn: Any = 0.0, size: Any = 1.0) -> Any:
    """Signed distance of world points (…, 2) from a placed shape.

    Raises ValueError for a kind that is not in `SHAPES`.
    """
    if kind not in SHAPES:
        raise ValueError(f"There is no shape {kind!r}; there are {', '.join(map(repr, SHAPES))}.")
    return SHAPES[kind](place(points, at, turn, size)) * size


def render(
    kinds: Sequence[str],
    parameters: dict[str, Any],
    canvas: Canvas,
    softness: float = 0.18,
    background: Any = 1.0,
    samples: int = 1,
) -> Any:
    """The picture of a scene, in the library of its parameters: (height, width, 3).

    kinds: a name of `SHAPES` for each shape, from the bottom to the top.
    parameters: "at" (n, 2), "turn" (n,) in radians, "size" (n,) in the world's unit, "colour" (n, 3)
        from 0 to 1.
    softness: in pixels.
    samples: each pixel is the mean of samples × samples places, as in `render_hard`. With 2, and half
        of the softness, corners are less rounded, and what is fitted to a photograph finds its place
        more precisely, for four times the work.
    """
    if samples > 1:
        fine = render(kinds, parameters, canvas.finer(samples), softness * samples, background)
        shape = (canvas.height, samples, canvas.width, samples, 3)
        return arrays.mean(arrays.reshape(fine, shape), axis=(1, 3))
    points, layers = canvas.points(), []
    for k, kind in enumerate(kinds):
        at, turn, size, colour = (parameters[name][k] for name in ("at", "turn", "size", "colour"))
        distance = distance_of(kind, points, at, turn, size)
        layers.append((coverage(distance, softness * canvas.pixel), colour))
    return over(layers, background)


def render_hard(
    kinds: Sequence[str],
    parameters: dict[str, Any],
    canvas: Canvas,
    samples: int = 8,
    background: float = 1.0,
) -> np.ndarray:
    """The picture that `render` stands for: each pixel the mean of samples × samples points, each
    inside a shape or not. Flat nearly everywhere: nothing can be differentiated here."""
    points = canvas.points()
    steps = (np.arange(samples) + 0.5) / samples - 0.5  # from a pixel's centre to its samples
    spread = canvas.pixel * np.stack(np.meshgrid(steps, steps), -1)
    picture = np.full((canvas.height, canvas.width, samples, samples, 3), float(background))
    for k, kind in enumerate(kinds):
        placed = [np.asarray(parameters[name][k]) for name in ("at", "turn", "size")]
        colour = np.asarray(parameters["colour"][k])
        distance = distance_of(kind, points, *placed)
        picture[distance <= -canvas.pixel] = colour
        border = abs(distance) < canvas.pixel  # elsewhere all samples are on the same side
        close = points[border][:, None, None, :] + spread
        picture[border] = np.where(
            (distance_of(kind, close, *placed) < 0)[..., None], colour, picture[border]
        )
    return picture.mean((2, 3))


def scatter(
    kinds: Sequence[str], rng: np.random.Generator, size: tuple[float, float] = (0.2, 0.35)
) -> dict[str, np.ndarray]:
    """Parameters by chance: the shapes inside of a window from -1 to 1, apart from each other by at
    least half of their sizes, in colours that differ from each other and from white."""
    sizes = rng.uniform(*size, len(kinds))
    while True:
        at = rng.uniform(-1, 1, (len(kinds), 2)) * (1 - sizes[:, None])
        apart = np.linalg.norm(at[:, None] - at, axis=-1) + 9 * np.eye(len(kinds))
        if np.all(apart > 0.75 * (sizes[:, None] + sizes)):
            break
    while True:
        colours = rng.uniform(0, 0.95, (len(kinds), 3))
        others = np.concatenate([colours, np.ones((1, 3))])
        apart = np.linalg.norm(others[:, None] - others, axis=-1) + 9 * np.eye(len(others))
        if np.all(apart > 0.35):
            break
    turns = rng.uniform(-np.pi, np.pi, len(kinds))
    return {"at": at, "turn": turns, "size": sizes, "colour": colours}
