"""Solids made of triangles: a cube, a sphere, and how to turn, light and smooth them.

Coordinates: x to the right, y up, z towards the camera. A face lists its corners anticlockwise as
seen from outside, so its normal points out.
"""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.linalg import norm
from dpkit.relax.given import alike

__all__ = ["Mesh", "cube", "icosphere", "laplacian", "normals", "rotation", "shade"]


@dataclasses.dataclass(frozen=True)
class Mesh:
    """Triangles in space. Replace `vertices` by parameters to learn a shape; faces stay.

    vertices: (n, 3). faces: (m, 3) whole numbers. colours: (m, 3), from 0 to 1, or (3,) for all.
    """

    vertices: Any
    faces: np.ndarray
    colours: Any = (0.8, 0.8, 0.8)

    def with_vertices(self, vertices: Any) -> Mesh:
        """The same faces and colours over other vertices."""
        return dataclasses.replace(self, vertices=vertices)

    def neighbours(self) -> np.ndarray:
        """For each face and each of its edges (corner k to k + 1) the face beyond; -1 if none."""
        edges: dict[tuple[int, int], int] = {}
        for number, face in enumerate(self.faces.tolist()):
            for k in range(3):
                edges[face[k], face[(k + 1) % 3]] = number
        return np.array([
            [edges.get((face[(k + 1) % 3], face[k]), -1) for k in range(3)]
            for face in self.faces.tolist()
        ])  # fmt: skip


def cube(size: float = 1.0) -> Mesh:
    """A cube around 0 with edges of length `size`, its six sides in six colours."""
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=3))) * size
    sides = [(4, 6, 7, 5), (0, 1, 3, 2), (2, 3, 7, 6), (0, 4, 5, 1), (1, 5, 7, 3), (0, 2, 6, 4)]
    faces = np.array([half for a, b, c, d in sides for half in ((a, b, c), (a, c, d))])
    colours = np.array([
        [0.84, 0.37, 0.0], [0.34, 0.71, 0.91], [0.94, 0.89, 0.26],
        [0.0, 0.45, 0.70], [0.0, 0.62, 0.45], [0.80, 0.47, 0.65],
    ])  # fmt: skip
    return Mesh(corners, faces, np.repeat(colours, 2, axis=0))


def icosphere(times: int = 1, radius: float = 1.0) -> Mesh:
    """A sphere of 20 · 4^times triangles: an icosahedron whose triangles are divided into four, and
    the new corners moved out."""
    golden = (1 + 5**0.5) / 2
    corners = [np.roll([0.0, s, t * golden], k) for k in range(3) for s in (-1, 1) for t in (-1, 1)]
    vertices = [corner / np.linalg.norm(corner) for corner in corners]
    near = {
        (a, b) for a, b in itertools.combinations(range(12), 2)
        if np.linalg.norm(vertices[a] - vertices[b]) < 1.1
    }  # fmt: skip
    faces = [
        (a, b, c) if np.dot(np.cross(vertices[a], vertices[b]), vertices[c]) > 0 else (a, c, b)
        for a, b, c in itertools.combinations(range(12), 3)
        if {(a, b), (b, c), (a, c)} <= near
    ]
    for _ in range(times):
        middles: dict[tuple[int, int], int] = {}

        def middle(a: int, b: int, middles: dict[tuple[int, int], int] = middles) -> int:
            key = (min(a, b), max(a, b))
            if key not in middles:
                between = vertices[a] + vertices[b]
                middles[key] = len(vertices)
                vertices.append(between / np.linalg.norm(between))
            return middles[key]

        smaller = []
        for a, b, c in faces:
            ab, bc, ca = middle(a, b), middle(b, c), middle(c, a)
            smaller += [(a, ab, ca), (b, bc, ab), (c, ca, bc), (ab, bc, ca)]
        faces = smaller
    return Mesh(radius * np.array(vertices), np.array(faces))


def rotation(vector: Any) -> Any:
    """The matrix (3, 3) of a turn around the vector (3,) by its length in radians: Rodrigues's
    formula. It and its derivative are finite at 0, too."""
    vector = np.asarray(vector, float) if isinstance(vector, (tuple, list)) else vector
    square = arrays.sum(vector * vector) + 1e-24
    angle = functions.sqrt(square)
    x, y, z = vector[0], vector[1], vector[2]
    none = 0.0 * x
    across = arrays.stack([
        arrays.stack([none, -z, y]), arrays.stack([z, none, -x]), arrays.stack([-y, x, none])
    ])  # fmt: skip
    half = functions.sin(angle / 2) / (angle / 2)
    turn = across * (functions.sin(angle) / angle) + arrays.matmul(across, across) * (
        half * half / 2
    )
    return turn + alike(np.eye(3), turn)


def normals(vertices: Any, faces: np.ndarray) -> Any:
    """The faces' unit normals, (m, 3), pointing out."""
    a, b, c = (vertices[faces[:, k]] for k in range(3))
    u, v = b - a, c - a
    cross = arrays.stack([
        u[:, 1] * v[:, 2] - u[:, 2] * v[:, 1],
        u[:, 2] * v[:, 0] - u[:, 0] * v[:, 2],
        u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0],
    ], -1)  # fmt: skip
    return cross / (norm(cross, axis=-1, keepdims=True) + 1e-300)


def shade(mesh: Mesh, light: Any, ambient: float = 0.35) -> Any:
    """The faces' colours (m, 3) as a matt surface shows them in a light from the direction (3,):
    Lambert's law (1760), over a little light from everywhere."""
    light = np.asarray(light, float) if isinstance(light, (tuple, list)) else light
    facing = normals(mesh.vertices, mesh.faces)
    light = alike(light, facing) if isinstance(light, np.ndarray) else light
    bright = functions.relu(arrays.matmul(facing, light / norm(light)))
    colours = np.array(np.broadcast_to(mesh.colours, (len(mesh.faces), 3))) if (
        isinstance(mesh.colours, (tuple, np.ndarray))
    ) else mesh.colours  # fmt: skip
    bright = arrays.expand_dims(ambient + (1 - ambient) * bright, -1)
    return bright * (alike(colours, bright) if isinstance(colours, np.ndarray) else colours)


def laplacian(vertices: Any, faces: np.ndarray) -> Any:
    """How rough a surface is: the mean squared distance of vertices from the mean of their
    neighbours. A penalty with it keeps triangles from crumpling where no picture looks."""
    count = shape_of(vertices)[0]
    beside = np.zeros((count, count))
    for a, b, c in faces.tolist():
        beside[[a, b, c], [b, c, a]] = beside[[b, c, a], [a, b, c]] = 1.0
    pull = np.eye(count) - beside / beside.sum(axis=1, keepdims=True)
    offset = arrays.matmul(alike(pull, vertices), vertices)
    return arrays.mean(arrays.sum(offset * offset, axis=-1))
