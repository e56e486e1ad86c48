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
from dpkit.backends import shape_of
from dpkit.relax.given import alike, values_of
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
    need_kind(kind)
    return SHAPES[kind](place(points, at, turn, size)) * size


def render(
    kinds: Sequence[str],
    parameters: dict[str, Any],
    canvas: Canvas,
    softness: float = 0.09,
    background: Any = 1.0,
    samples: int | None = None,
) -> Any:
    """The picture of a scene, in the library of its parameters: (height, width, 3).

    kinds: a name of `SHAPES` for each shape, from the bottom to the top.
    parameters: "at" (n, 2), "turn" (n,) in radians, "size" (n,) in the world's unit, "colour" (n, 3)
        from 0 to 1.
    softness: of borders, in pixels.
    background: a number, a colour (3,), or a picture (height, width, 3).
    samples: each pixel is the mean of samples × samples places. The distance of one place from a
        border cannot tell an edge from a corner; that of four can. By default 2 for borders sharper
        than 0.15 pixels, else 1. The default, 0.09 pixels at 2 × 2 places, looks most as if areas had
        been measured; with one place a pixel 0.18 does.

    Only pixels near a border are computed place by place. Further than 37 softnesses from all of them
    each shape covers nothing or all, as 1 + e⁻³⁷ is 1 in float64.

    Raises ValueError for a kind that is not in `SHAPES`, parameters that are missing or of another
    number than the kinds, a softness that is not positive, fewer than one place.
    """
    _need_parameters(kinds, parameters)
    if samples is None:
        samples = 2 if softness < 0.15 else 1
    soft, spread = softness * canvas.pixel, _places_in_a_pixel(canvas, samples)
    shapes = [
        tuple(parameters[name][k] for name in ("at", "turn", "size", "colour"))
        for k in range(len(kinds))
    ]
    points = canvas.points().reshape(-1, 2)
    beyond = 37 * soft + np.max(np.hypot(spread[..., 0], spread[..., 1]))
    near, shown = np.zeros(len(points), bool), np.full(len(points), -1)
    for k, (kind, (at, turn, size, _)) in enumerate(zip(kinds, shapes, strict=True)):
        distance = distance_of(kind, points, values_of(at), values_of(turn), values_of(size))
        near |= ~(abs(distance) >= beyond)  # and where it is nan, which is not to be hidden
        shown[distance < 0] = k

    paper = _paper(background, canvas)
    close = points[near][:, None, None] + spread  # (m, samples, samples, 2)
    layers = [
        (coverage(distance_of(kind, close, at, turn, size), soft), colour)
        for kind, (at, turn, size, colour) in zip(kinds, shapes, strict=True)
    ]
    below = alike(paper, layers[0][0]) if isinstance(paper, np.ndarray) else paper
    picture = arrays.mean(over(layers, below[near][:, None, None]), axis=(1, 2))
    if not near.all():  # what is there, by its number: a near pixel, a shape's colour, the paper
        m, n = np.count_nonzero(near), len(kinds)
        number = np.where(shown >= 0, m + shown, m + n + np.arange(len(points)))
        number[near] = np.arange(m)
        colours = arrays.stack([colour for *_, colour in shapes])
        picture = arrays.concatenate([picture, colours, below])[number]
    return arrays.reshape(picture, (canvas.height, canvas.width, 3))


def render_hard(
    kinds: Sequence[str],
    parameters: dict[str, Any],
    canvas: Canvas,
    samples: int = 8,
    background: float = 1.0,
) -> np.ndarray:
    """The picture that `render` stands for: each pixel the mean of samples × samples points, each
    inside a shape or not. Flat nearly everywhere: nothing can be differentiated here.

    Raises ValueError as `render` does.
    """
    _need_parameters(kinds, parameters)
    points, spread = canvas.points().reshape(-1, 2), _places_in_a_pixel(canvas, samples)
    placed = [
        (kind, [np.asarray(parameters[name][k]) for name in ("at", "turn", "size")])
        for k, kind in enumerate(kinds)
    ]

    def paint(points: np.ndarray) -> np.ndarray:
        picture = np.full((*points.shape[:-1], 3), float(background))
        for (kind, where), colour in zip(placed, parameters["colour"], strict=True):
            picture[distance_of(kind, points, *where) < 0] = np.asarray(colour)
        return picture

    near = np.zeros(len(points), bool)  # elsewhere all samples are on the same side as the centre
    for kind, where in placed:
        near |= abs(distance_of(kind, points, *where)) < canvas.pixel
    picture = paint(points)
    picture[near] = paint(points[near][:, None, None] + spread).mean((1, 2))
    return picture.reshape(canvas.height, canvas.width, 3)


def scatter(
    kinds: Sequence[str], rng: np.random.Generator, size: tuple[float, float] = (0.2, 0.35)
) -> dict[str, np.ndarray]:
    """Parameters by chance: the shapes inside of a window from -1 to 1, apart from each other by at
    least half of their sizes, in colours that differ from each other and from white.

    Raises ValueError where none of 10,000 tries fits.
    """
    sizes = rng.uniform(*size, len(kinds))
    for _ in range(10_000):
        at = rng.uniform(-1, 1, (len(kinds), 2)) * (1 - sizes[:, None])
        apart = np.linalg.norm(at[:, None] - at, axis=-1) + 9 * np.eye(len(kinds))
        if np.all(apart > 0.75 * (sizes[:, None] + sizes)):
            break
    else:
        raise ValueError(
            f"{len(kinds)} shapes of sizes from {size[0]:g} to {size[1]:g} do not fit beside each other "
            "into a window from -1 to 1."
        )
    for _ in range(10_000):
        colours = rng.uniform(0, 0.95, (len(kinds), 3))
        others = np.concatenate([colours, np.ones((1, 3))])
        apart = np.linalg.norm(others[:, None] - others, axis=-1) + 9 * np.eye(len(others))
        if np.all(apart > 0.35):
            break
    else:
        raise ValueError(f"{len(kinds)} colours cannot all be told apart; use fewer shapes.")
    turns = rng.uniform(-np.pi, np.pi, len(kinds))
    return {"at": at, "turn": turns, "size": sizes, "colour": colours}


def _places_in_a_pixel(canvas: Canvas, samples: int) -> np.ndarray:
    """From a pixel's centre to samples × samples places in it: (samples, samples, 2)."""
    if samples < 1:
        raise ValueError(f"A pixel has at least one place each way, but samples is {samples}.")
    steps = (np.arange(samples) + 0.5) / samples - 0.5
    return canvas.pixel * np.stack(np.meshgrid(steps, steps), -1)


def _paper(background: Any, canvas: Canvas) -> Any:
    """The background's colour in each pixel: (height · width, 3), in its own library."""
    size = (canvas.height, canvas.width, 3)
    shape = shape_of(background)
    if shape not in ((), (3,), size):
        raise ValueError(
            f"The background is a number, a colour (3,) or a picture {size}, but its shape is {shape}."
        )
    if isinstance(background, (int, float, tuple, list, np.ndarray)):
        return np.array(np.broadcast_to(background, size), float).reshape(-1, 3)
    return arrays.reshape(arrays.broadcast_to(background, size), (-1, 3))


def _need_parameters(kinds: Sequence[str], parameters: dict[str, Any]) -> None:
    """Raise ValueError unless the parameters are those of as many shapes as there are kinds."""
    if isinstance(kinds, str) or not len(kinds):
        raise ValueError(
            f"The kinds are the names of one shape or more, such as ('circle', 'star'), not {kinds!r}."
        )
    for kind in kinds:
        need_kind(kind)
    n = len(kinds)
    for name, shape in {"at": (n, 2), "turn": (n,), "size": (n,), "colour": (n, 3)}.items():
        if name not in parameters:
            raise ValueError(
                f"The scene's parameters lack {name!r}, an array of shape {shape}; there are "
                f"{', '.join(map(repr, parameters)) or 'none'}."
            )
        if shape_of(parameters[name]) != shape:
            raise ValueError(
                f"With {n} kinds, the parameter {name!r} has the shape {shape}, but one of shape "
                f"{shape_of(parameters[name])} was given."
            )


def need_kind(kind: str) -> None:
    """Raise ValueError for a kind that is not in `SHAPES`."""
    if kind not in SHAPES:
        raise ValueError(f"There is no shape {kind!r}; there are {', '.join(map(repr, SHAPES))}.")
