"""Shapes as signed distances: how far a point is from the border, negative inside.

A *signed distance function* takes points (…, 2) and gives their distances (…). Away from corners its
slope by the point has the length 1, so it tells how far to go as well as which way: a shape that is
missed by a mile still pulls.

Distances to lines go through the foot of the perpendicular, and the foot is held constant. That is
no approximation of the first derivative: the foot is the *nearest* point, so to first order the
distance does not change when it moves along the line (the envelope theorem). It saves the tape a
third of its work. (Second derivatives are not right for that reason.)

Source of the formulas: Quilez, "2D distance functions", iquilezles.org; the polygon's sign by the
crossing number, Shimrat 1962.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.custom import stop_gradient
from dpkit.linalg import norm
from dpkit.relax.given import alike, values_of

__all__ = ["bezier", "box", "circle", "curve", "ellipse", "polygon", "polyline", "segment"]


def circle(points: Any, centre: Any = (0.0, 0.0), radius: Any = 1.0) -> Any:
    """Signed distance from a circle. points: (…, 2); centre: (2,); radius: a number."""
    points, centre, radius = _together(points, centre, radius)
    return norm(points - centre, axis=-1) - radius


def ellipse(points: Any, axes: Any) -> Any:
    """Signed distance from an ellipse around 0 with the half axes (2,): right to first order at its
    border, and only a guide far from it, as the true distance has no short formula."""
    points, axes = _together(points, axes)
    outer, steep = norm(points / axes, axis=-1), norm(points / (axes * axes), axis=-1)
    middle = values_of(steep) == 0  # the very centre, where the formula divides 0 by 0
    inside = alike(np.where(middle, 1.0, 0.0), steep)
    return outer * (outer - 1.0) / (steep + inside) - inside * arrays.min(axes)


def box(points: Any, centre: Any = (0.0, 0.0), half: Any = (1.0, 1.0)) -> Any:
    """Signed distance from a box with sides along the axes. half: half of its sizes, (2,)."""
    points, centre, half = _together(points, centre, half)
    beyond = abs(points - centre) - half
    outside = norm(functions.relu(beyond), axis=-1)
    return outside - functions.relu(-arrays.max(beyond, axis=-1))


def segment(points: Any, start: Any, end: Any) -> Any:
    """Distance from a straight line between two points; never negative, for a line has no inside.

    points: (…, 2); start, end: (2,), or arrays that broadcast with `points`.
    """
    points, start, end = _together(points, start, end)
    along, away = end - start, points - start
    square = stop_gradient(arrays.sum(along * along, axis=-1))
    foot = stop_gradient(arrays.sum(away * along, axis=-1)) / functions.maximum(square, 1e-300)
    foot = arrays.expand_dims(arrays.clip(foot, 0.0, 1.0), -1)
    return norm(away - foot * along, axis=-1)


def polyline(points: Any, vertices: Any, closed: bool = False) -> Any:
    """Distance from a chain of segments. vertices: (n, 2), n ≥ 2."""
    points, vertices = _together(points, vertices)
    _need_vertices(vertices, 2)
    starts, ends = _edges(vertices, closed)
    return arrays.min(segment(arrays.expand_dims(points, -2), starts, ends), axis=-1)


def polygon(points: Any, vertices: Any) -> Any:
    """Signed distance from a polygon. vertices: (n, 2), n ≥ 3, either way round; where its border
    crosses itself, a point is inside if an odd number of edges lies to its right."""
    points, vertices = _together(points, vertices)
    _need_vertices(vertices, 3)
    distance = polyline(points, vertices, closed=True)
    return distance * alike(_outside(values_of(points), values_of(vertices)), distance)


def curve(controls: Any, pieces: int = 16) -> Any:
    """Points on the Bézier curve of the control points (n, 2): (pieces + 1, 2), both ends among
    them. Two control points make a line, three a parabola, four a cubic, as in SVG."""
    _need_vertices(controls, 2)
    return arrays.matmul(alike(bernstein(shape_of(controls)[0], pieces), controls), controls)


def bernstein(count: int, pieces: int) -> np.ndarray:
    """How much each of `count` control points weighs at each of pieces + 1 points of their Bézier
    curve: (pieces + 1, count), Bernstein's polynomials."""
    n, t = count - 1, np.linspace(0, 1, pieces + 1)[:, None]
    over = np.cumprod([1.0, *((n - k) / (k + 1) for k in range(n))])  # the binomial coefficients
    return over * t ** np.arange(n + 1) * (1 - t) ** np.arange(n, -1, -1)


def bezier(points: Any, controls: Any, pieces: int = 16) -> Any:
    """Distance from a Bézier curve, drawn as a chain of `pieces` segments."""
    points, controls = _together(points, controls)
    return polyline(points, curve(controls, pieces))


def _edges(vertices: Any, closed: bool) -> tuple[Any, Any]:
    if closed:
        return vertices, arrays.roll(vertices, -1, axis=-2)
    return vertices[..., :-1, :], vertices[..., 1:, :]


def _outside(points: np.ndarray, vertices: np.ndarray) -> np.ndarray:
    """1 for points outside of the polygon, -1 inside: each edge to the right changes the side."""
    sign = np.ones(points.shape[:-1])
    x, y = points[..., 0], points[..., 1]
    for (x0, y0), (x1, y1) in zip(vertices, np.roll(vertices, -1, axis=0), strict=True):
        if y0 != y1:
            crossed = ((y0 > y) != (y1 > y)) & (x < x0 + (x1 - x0) * (y - y0) / (y1 - y0))
            sign = np.where(crossed, -sign, sign)
    return sign


def _together(points: Any, *given: Any) -> tuple[Any, ...]:
    """Points and parameters as arrays of one library: that of the parameters, if they have one."""
    listed = [np.asarray(x, float) if isinstance(x, (tuple, list)) else x for x in given]
    own = [x for x in listed if shape_of(x) or not isinstance(x, (int, float))]
    plain = [x for x in (*own, points) if not isinstance(x, np.ndarray)] or [points]

    def beside(x: Any) -> Any:
        return alike(x, *plain) if isinstance(x, np.ndarray) else x

    return beside(points), *(beside(x) for x in listed)


def _need_vertices(vertices: Any, least: int) -> None:
    shape = shape_of(vertices)
    if len(shape) != 2 or shape[0] < least or shape[1] != 2:
        raise ValueError(
            f"At least {least} points in the plane are needed, an array of shape (n, 2), but one of "
            f"shape {shape} was given."
        )
