"""Which way is it turned? A solid's pose from one picture, and a solid's shape from several.

Both descend through the rasteriser. As for flat scenes (`dpkit.render.fit`) the start decides: turns
are a curved space in which a descent easily ends a quarter turn away. So some hundred turns are looked
at, coarsely and without gradients, and the best few are refined.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.optim import minimize
from dpkit.render.canvas import Canvas
from dpkit.render.fit import need_picture
from dpkit.render.mesh import Mesh, laplacian, rotation
from dpkit.render.raster import Camera, draw_mesh, silhouette

__all__ = ["Pose", "angle_between", "carve", "find_pose", "random_rotation"]


@dataclasses.dataclass(frozen=True)
class Pose:
    """A turn as a rotation matrix (3, 3), and the mean squared error of its picture."""

    rotation: np.ndarray
    loss: float


def random_rotation(rng: np.random.Generator) -> np.ndarray:
    """A rotation matrix (3, 3), all turns being equally likely (Shoemake 1992)."""
    a, b, c, d = (q := rng.normal(size=4)) / np.linalg.norm(q)
    return np.array([
        [1 - 2 * (c * c + d * d), 2 * (b * c - a * d), 2 * (b * d + a * c)],
        [2 * (b * c + a * d), 1 - 2 * (b * b + d * d), 2 * (c * d - a * b)],
        [2 * (b * d - a * c), 2 * (c * d + a * b), 1 - 2 * (b * b + c * c)],
    ])  # fmt: skip


def angle_between(a: np.ndarray, b: np.ndarray) -> float:
    """The angle, in degrees, of the turn that leads from one rotation matrix to the other.

    Raises ValueError if a number is not finite: a comparison that swallows nan reports success.
    """
    if not (np.all(np.isfinite(a)) and np.all(np.isfinite(b))):
        raise ValueError("A rotation with numbers that are not finite is no rotation.")
    half_chord = np.linalg.norm(a - b) / np.sqrt(8)  # exact near 0, where arccos is not
    return float(np.degrees(2 * np.arcsin(min(1.0, half_chord))))


def find_pose(
    mesh: Mesh, picture: np.ndarray, canvas: Canvas, camera: Camera | None = None, *,
    looks: int = 300, tries: int = 4, rng: np.random.Generator | None = None,
) -> Pose:  # fmt: skip
    """How `mesh` was turned when `picture` (height, width, 3) was taken.

    looks: how many turns are tried at half the resolution; tries: how many of them are refined.
    rng: where the turns come from; by default always the same ones.

    Raises ValueError for a picture of another size than the canvas, or with a number that is not finite,
    and for a canvas whose sides are odd.
    """
    need_picture(picture, canvas)
    rng = rng or np.random.default_rng(0)
    small = canvas.coarser(2)
    shape = (small.height, 2, small.width, 2, 3)
    coarse = picture.reshape(shape).mean((1, 3))

    def loss(turn: Any, start: np.ndarray, where: Canvas, goal: np.ndarray, soft: float) -> Any:
        vertices = arrays.matmul(mesh.vertices @ start.T, arrays.transpose(rotation(turn)))
        difference = draw_mesh(mesh.with_vertices(vertices), where, camera, softness=soft) - goal
        return arrays.mean(difference * difference)

    starts = [random_rotation(rng) for _ in range(looks)]
    first = [float(loss(np.zeros(3), start, small, coarse, 1.0)) for start in starts]
    found = []
    for k in np.argsort(first)[:tries]:
        start, now = starts[k], 0.0
        for soft in (1.5, 0.2):

            def near(turn: Any, start: np.ndarray = start, soft: float = soft) -> Any:
                return loss(turn, start, canvas, picture, soft)

            result = minimize(near, np.zeros(3), tol=1e-7, max_iter=30)
            start, now = rotation(result.x) @ start, float(result.fun)
        found.append(Pose(start, now))
    return min(found, key=lambda pose: pose.loss)


def carve(
    start: Mesh, views: Sequence[np.ndarray], silhouettes: np.ndarray, canvas: Canvas,
    camera: Camera | None = None, *, smooth: float = 0.1, steps: int = 60,
    softness: Sequence[float] = (1.0, 0.3), moments: list[np.ndarray] | None = None,
) -> Mesh:  # fmt: skip
    """The shape whose silhouettes are seen: the start's vertices are moved, its faces stay.

    views: a rotation matrix (3, 3) for each silhouette. silhouettes: (n, height, width), how much of
    each pixel is covered. smooth: the weight of the surface's roughness (`laplacian`).
    moments: a list to which the vertices after each iteration are added, for a film.

    Raises ValueError unless there is a silhouette of the canvas's size for each view.
    """
    size = (len(views), canvas.height, canvas.width)
    if not views or np.shape(silhouettes) != size:
        raise ValueError(
            f"For {len(views)} views on this canvas, silhouettes of the shape {size} are needed, but "
            f"theirs is {np.shape(silhouettes)}; and one view at least."
        )
    vertices = np.asarray(start.vertices, float)
    for soft in softness:

        def loss(vertices: Any, soft: float = soft) -> Any:
            total = smooth * laplacian(vertices, start.faces)
            for view, goal in zip(views, silhouettes, strict=True):
                turned = start.with_vertices(arrays.matmul(vertices, view.T))
                difference = silhouette(turned, canvas, camera, softness=soft) - goal
                total = total + arrays.mean(difference * difference) / len(views)
            return total

        result = minimize(loss, vertices, tol=1e-7, max_iter=steps)
        vertices = result.x
        if moments is not None:
            moments += result.trace.x
    return start.with_vertices(vertices)
