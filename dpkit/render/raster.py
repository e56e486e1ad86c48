"""A camera, and pictures of triangles that can be differentiated.

Two hard decisions make a picture of triangles: is the pixel inside the outline (*coverage*), and which
face is in front there (*visibility*)? Each gets its own relaxation.

Coverage comes from the signed distance to the outline of all faces together, as in `dpkit.render.cover`.
Visibility: among the faces that reach a pixel, each is seen as far as no other one covers it, and
"nearer than" is a logistic function of the nearness.

It is tempting to settle both by one softmax over all faces and the background, by nearness and reach
together. Its pictures are biased: whatever is nearer swells over what is behind it, by many softnesses,
and a unit square, nearer than the background by 0.6, is drawn with an area of 2.85 (at a softness of
0.006 and a temperature of 0.01).

Source: Liu, Li, Chen & Li, "Soft Rasterizer", International Conference on Computer Vision, 2019, for
the idea of soft faces, and for that softmax.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.relax.given import alike, need_positive, values_of
from dpkit.render.canvas import Canvas
from dpkit.render.cover import coverage
from dpkit.render.mesh import Mesh

__all__ = ["Camera", "draw_mesh", "draw_mesh_hard", "silhouette", "silhouette_hard"]

FAR = 1e6  # in the canvas's unit: further than any edge


@dataclasses.dataclass(frozen=True)
class Camera:
    """A pinhole on the z axis, looking towards smaller z.

    distance: of the pinhole from 0. At z = 0 the canvas's unit is the world's: what is nearer
    looks larger. `distance=float("inf")` looks along parallel rays.

    Raises ValueError for a distance that is not positive.
    """

    distance: float = 4.0

    def __post_init__(self) -> None:
        if not self.distance > 0:
            raise ValueError(
                f"A camera stands at a positive distance from 0, but at {self.distance:g} here."
            )

    def project(self, vertices: Any) -> tuple[Any, Any]:
        """(places on the canvas (n, 2), nearness (n,)) of world points (n, 3).

        Nearness is 1 at z = 0 and grows towards the camera. Across a flat face it is an affine
        function of the place in the picture, which the depth itself is not.

        Raises ValueError for a point behind the camera, or in it.
        """
        if np.isinf(self.distance):
            return vertices[:, :2], 1.0 + vertices[:, 2]
        depth = 1.0 - vertices[:, 2] / self.distance
        if np.min(values_of(depth)) <= 0:
            raise ValueError(
                f"A vertex has z = {np.max(values_of(vertices[:, 2])):.3g}, but the camera is at "
                f"z = {self.distance:g} and sees only what is before it."
            )
        nearness = 1.0 / depth
        return vertices[:, :2] * arrays.expand_dims(nearness, -1), nearness


def draw_mesh(
    mesh: Mesh, canvas: Canvas, camera: Camera | None = None, colours: Any = None, *,
    softness: float = 0.3, sharing: float = 0.01, background: Any = 1.0,
) -> Any:  # fmt: skip
    """A picture of a mesh: (height, width, 3).

    colours: of the faces, (m, 3), such as `shade` gives; the mesh's own by default.
    softness: of the outline, and of edges between faces, in pixels.
    sharing: the temperature of visibility, in units of nearness: faces that are nearer or further
        by less than this share a pixel.

    Raises ValueError for a softness or sharing that is not positive.
    """
    need_positive("temperature `sharing`", sharing)
    soft = softness * canvas.pixel
    front, inside, reach, nearness = _faces_at(mesh, canvas, camera or Camera())
    covered = coverage(arrays.min(inside, axis=-1), soft)
    faces = mesh.faces[front]
    apart = ~np.any(faces[:, None, :, None] == faces[None, :, None, :], axis=(2, 3))
    logits = -functions.softplus(reach / soft)
    if apart.any():  # in logarithms, which no far face can turn into 0 / 0
        nearer = arrays.expand_dims(nearness, -1) - arrays.expand_dims(nearness, -2)
        hides = arrays.expand_dims(coverage(inside, soft), -1) * functions.sigmoid(nearer / sharing)
        hides = hides * alike((1 - 1e-9) * apart, hides)  # a face does not hide its neighbours
        logits = logits + arrays.sum(functions.log(1.0 - hides), axis=-2)
    shares = arrays.softmax(logits, axis=-1)
    colours = mesh.colours if colours is None else colours
    if isinstance(colours, (tuple, np.ndarray)):
        colours = alike(np.array(np.broadcast_to(colours, (len(mesh.faces), 3))), shares)
    seen = arrays.matmul(shares, colours[front])
    if isinstance(background, (tuple, list, np.ndarray)):
        background = alike(np.asarray(background, float), seen)
    return background + arrays.expand_dims(covered, -1) * (seen - background)


def silhouette(
    mesh: Mesh, canvas: Canvas, camera: Camera | None = None, *, softness: float = 0.3
) -> Any:
    """How much of each pixel a mesh covers: (height, width)."""
    _, inside, _, _ = _faces_at(mesh, canvas, camera or Camera())
    return coverage(arrays.min(inside, axis=-1), softness * canvas.pixel)


def draw_mesh_hard(
    mesh: Mesh, canvas: Canvas, camera: Camera | None = None, colours: Any = None, *,
    samples: int = 4, background: float = 1.0,
) -> np.ndarray:  # fmt: skip
    """The picture that `draw_mesh` stands for: the nearest face at samples × samples points a pixel.

    Written for itself (a depth buffer), not by the soft functions, so that they can be tested by it.
    """
    corners, nearness = (camera or Camera()).project(np.asarray(mesh.vertices, float))
    colours = np.broadcast_to(mesh.colours if colours is None else colours, (len(mesh.faces), 3))
    fine = canvas.finer(samples)
    points = fine.points().reshape(-1, 2)
    points = np.vstack([points.T, np.ones(len(points))])  # (3, points): x, y, 1
    picture = np.full((points.shape[1], 3), float(background))
    front = np.zeros(points.shape[1])

    # Each corner's weight at a point is linear in x, y and 1: it is 0 on the opposite side of the
    # face, 1 at the corner. So one product of matrices has the weights of many faces at all points.
    triangles = corners[mesh.faces]  # (faces, 3, 2)
    first, second = np.roll(triangles, -1, 1), np.roll(triangles, -2, 1)
    normals = (second - first)[..., ::-1] * [-1, 1]
    linear = np.concatenate([normals, -np.sum(normals * first, -1, keepdims=True)], -1)
    area = np.sum(linear[:, 0, :2] * triangles[:, 0], -1) + linear[:, 0, 2]
    towards = np.flatnonzero(area > 0)  # the others are seen from behind
    at_once = max(1, 300_000 // points.shape[1])
    for some in np.split(towards, range(at_once, len(towards), at_once)):
        weights = linear[some] / area[some, None, None]  # (faces, 3 corners, 3)
        near = np.einsum("fc,fcx->fx", nearness[mesh.faces[some]], weights) @ points
        near[np.any(weights @ points < 0, axis=1)] = 0.0
        best = np.argmax(near, 0)
        nearest = near[best, np.arange(len(best))]
        shown = nearest > front
        picture[shown], front[shown] = colours[some[best[shown]]], nearest[shown]
    shape = (canvas.height, samples, canvas.width, samples, 3)
    return picture.reshape(shape).mean((1, 3))


def silhouette_hard(
    mesh: Mesh, canvas: Canvas, camera: Camera | None = None, *, samples: int = 4
) -> np.ndarray:
    """The picture that `silhouette` stands for: how many of a pixel's samples × samples points are
    covered, as a share (height, width)."""
    black = np.zeros((len(mesh.faces), 3))
    return 1 - draw_mesh_hard(mesh, canvas, camera, black, samples=samples)[..., 0]


def _faces_at(mesh: Mesh, canvas: Canvas, camera: Camera) -> tuple[Any, Any, Any, Any]:
    """The numbers (k,) of the faces that are turned to the camera; and of these, for each pixel,
    (height, width, k):

    - the distance from the face, negative inside, where inner edges do not count: those beyond
      which the surface goes on;
    - the same with all edges;
    - its nearness there, continued beyond the face's edges, but not beyond that of its corners.

    Raises ValueError where no face is turned to the camera.
    """
    corners, nearness = camera.project(mesh.vertices)
    flat = values_of(corners)[mesh.faces]
    sides = np.roll(flat, -1, axis=1) - flat
    towards = sides[:, 0, 0] * sides[:, 1, 1] - sides[:, 0, 1] * sides[:, 1, 0] > 1e-12
    front = np.flatnonzero(towards)
    if not len(front):
        raise ValueError(
            f"None of the {len(mesh.faces)} faces is turned to the camera. Faces list their corners "
            "anticlockwise as seen from outside."
        )
    beyond = mesh.neighbours()[front]
    inner = (beyond >= 0) & towards[beyond]

    starts, near = corners[mesh.faces[front]], nearness[mesh.faces[front]]  # (k, 3, 2), (k, 3)
    along = arrays.roll(starts, -1, axis=1) - starts
    points = canvas.points()[:, :, None, None, :]  # (height, width, 1, 1, 2)
    away = alike(points, starts) - starts  # (height, width, k, 3, 2)
    turned = away[..., 1] * along[..., 0] - away[..., 0] * along[..., 1]  # > 0: left of the edge
    flat_away, flat_along = values_of(away), values_of(along)
    foot = np.sum(flat_away * flat_along, -1) / (np.sum(flat_along**2, -1) + 1e-300)
    foot = alike(np.clip(foot, 0.0, 1.0)[..., None], starts)  # a constant: see `shapes`
    gap = away - foot * along
    squares = arrays.sum(gap * gap, axis=-1)  # (height, width, k, 3)

    # a point on an inner edge is in both faces, whatever the rounding
    contained = np.all(values_of(turned) >= -1e-9 * np.sum(flat_along**2, -1), axis=-1)
    side = alike(np.where(contained, -1.0, 1.0), squares)
    reach = side * functions.sqrt(arrays.min(squares, axis=-1) + 1e-24)
    outline = arrays.min(squares + alike(np.where(inner, FAR**2, 0.0), squares), axis=-1)
    inside = functions.where(side < 0, -functions.sqrt(outline + 1e-24), reach)

    # the weight of corner k grows with the distance from the edge opposite, which starts at k + 1
    doubled = along[:, 0, 0] * along[:, 1, 1] - along[:, 0, 1] * along[:, 1, 0]
    weights = arrays.roll(turned, -1, axis=-1) / arrays.expand_dims(doubled, -1)
    there = functions.minimum(arrays.max(near, axis=-1), arrays.sum(weights * near, axis=-1))
    return front, inside, reach, functions.maximum(arrays.min(near, axis=-1), there)
