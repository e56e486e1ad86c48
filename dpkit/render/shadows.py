"""Shadow art: one body, two shadows.

    body = shadow_body(heart, star)              # pictures (n, n), 1 where the shadow is to be
    film = body.film()                           # in a notebook: click, and it turns

A body is a cube of n × n × n cells, each filled to some degree. Light that falls through a row of cells
is held up by any of them, so a shadow is a soft "or" along the rows, and can be differentiated by every
cell. Descent fills what both shadows need; what none needs is taken away by a small price for material.

That two shadows fit is not always possible: a line that is empty in one of them must be empty in the
other, as both see the same heights. `missed` says what is left.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.optim import minimize
from dpkit.render.canvas import Canvas
from dpkit.render.cover import soft_or
from dpkit.render.film import Film
from dpkit.render.mesh import Mesh, rotation, shade
from dpkit.render.raster import Camera, draw_mesh_hard

__all__ = ["ShadowBody", "shadow_body"]


@dataclasses.dataclass(frozen=True)
class ShadowBody:
    """filled: (n, n, n), whether there is something, by height (from above), left to right as seen
    from the front, and front to back. missed: the share of the two shadows' cells that are wrong."""

    filled: np.ndarray
    missed: float

    def shadows(self) -> tuple[np.ndarray, np.ndarray]:
        """What light from the front and from the left throws: (n, n) each, by height and left to
        right for somebody who looks along the light."""
        return np.any(self.filled, axis=2), np.flip(np.any(self.filled, axis=1), axis=1)

    def mesh(self) -> Mesh:
        """The body's surface, in a cube of size 2 around 0; the front looks towards larger z."""
        n = len(self.filled)
        full = np.pad(self.filled, 1)
        # cells in world axes: x from left to right, y upwards, z from back to front
        full = full.transpose(1, 0, 2)[:, ::-1, ::-1]
        vertices: list[np.ndarray] = []
        faces: list[tuple[int, int, int]] = []
        for axis in range(3):
            for side in (-1, 1):
                open_sides = full & ~np.roll(full, -side, axis=axis)
                u, v = np.eye(3)[(axis + 1) % 3], np.eye(3)[(axis + 2) % 3]
                if side < 0:
                    u, v = v, u  # anticlockwise as seen from outside
                out = np.eye(3)[axis] * side / 2
                for cell in np.argwhere(open_sides) - 0.5 - n / 2:
                    k = len(vertices)
                    corners = ((-1, -1), (1, -1), (1, 1), (-1, 1))
                    vertices += [cell + out + (a * u + b * v) / 2 for a, b in corners]
                    faces += [(k, k + 1, k + 2), (k, k + 2, k + 3)]
        return Mesh(np.array(vertices) * 2 / n, np.array(faces), (0.9, 0.6, 0.3))

    def film(self, count: int = 24, size: int = 64) -> Film:
        """The body, turning from where its first shadow is thrown to where its second one is."""
        mesh, canvas = self.mesh(), Canvas(size, span=2.6)
        pictures = []
        for angle in np.linspace(0, np.pi / 2, count):
            turned = mesh.with_vertices(mesh.vertices @ rotation((0.0, angle, 0.0)).T)
            colours = shade(turned, (1.0, 2.0, 3.0))
            camera = Camera(float("inf"))
            pictures.append(draw_mesh_hard(turned, canvas, camera, colours, samples=2))
        return Film(
            pictures, "A body turns by a quarter; its outline is one picture, then another."
        )


def shadow_body(
    front: np.ndarray, side: np.ndarray, *, material: float = 0.003, steps: int = 60
) -> ShadowBody:
    """The body whose shadows, by light from the front and from the left, are two pictures.

    front, side: (n, n), 1 where the shadow is to be, 0 elsewhere.
    material: the price of a filled cell. 0 leaves blocks, more leaves struts; too much, holes.

    Raises ValueError for pictures that are not of one size, not square, or not from 0 to 1.
    """
    front, side = np.asarray(front, float), np.asarray(side, float)
    if front.ndim != 2 or front.shape[0] != front.shape[1] or front.shape != side.shape:
        raise ValueError(
            "Two square pictures of one size are needed, but their shapes are "
            f"{front.shape} and {side.shape}."
        )
    if not all(np.all((picture >= 0) & (picture <= 1)) for picture in (front, side)):
        raise ValueError(
            "Shadows are numbers from 0, light, to 1, shadow; other numbers were given."
        )
    n = len(front)
    side = side[:, ::-1]  # by height and front to back
    # where one of the pictures is white, light must pass: those cells stay empty
    allowed = front[:, :, None] * side[:, None, :]
    rng = np.random.default_rng(0)

    def loss(strength: Any) -> Any:
        filled = allowed * functions.sigmoid(strength)
        ahead = soft_or(filled, axis=2) - front
        across = soft_or(filled, axis=1) - side
        thrown = arrays.sum(ahead * ahead) + arrays.sum(across * across)
        return (thrown + material * arrays.sum(filled)) / n**2

    start = rng.normal(size=(n, n, n)) - 1.0
    strength = minimize(loss, start, tol=1e-7, max_iter=steps).x
    body = (strength > 0) & (allowed > 0.5)
    missed = (body.any(axis=2) != (front > 0.5)).mean() + (body.any(axis=1) != (side > 0.5)).mean()
    return ShadowBody(body, float(missed / 2))
