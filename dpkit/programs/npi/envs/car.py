"""Walking around a car until it is seen as in the catalogue: from pixels alone.

The camera stands at one of 24 azimuths and 5 elevations, 15 degrees apart, and can make one step left,
right, up or down. Where it stands is not said; only the picture is to be seen. GOTO brings it to the
canonical pose. No two cars are alike, and those of the test were never seen before.

Source: Reed & de Freitas 2016, figure 1 and section 4.1, "Canonicalizing 3D models". Theirs are CAD
models, at most four steps from the goal, and a pad says which pose the goal is; here the goal is always
the same, and cars are blocks, drawn by `dpkit.render`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np

from dpkit import render
from dpkit.programs.npi.trace import IllegalAct, Teacher

__all__ = ["AZIMUTHS", "ELEVATIONS", "Car", "Parker", "View", "car_mesh"]

AZIMUTHS, ELEVATIONS = 24, 5
CANVAS = render.Canvas(24, span=2.4)
LEFT, RIGHT, UP, DOWN = 1, 2, 3, 4
ACTS = ("", "LEFT", "RIGHT", "UP", "DOWN")
CANONICAL = (3, 1)  # 45 degrees from the front, 15 above the ground

# The corners of a block are numbered by x, y, z from low to high; its sides look outwards.
_SIDES = ((4, 6, 7, 5), (0, 1, 3, 2), (2, 3, 7, 6), (0, 4, 5, 1), (1, 5, 7, 3), (0, 2, 6, 4))
_BLOCK = np.array([half for a, b, c, d in _SIDES for half in ((a, b, c), (a, c, d))])


def car_mesh(rng: np.random.Generator | int) -> render.Mesh:
    """A car by chance: x towards its front, y up, z to its right; about 2 long. A body, a cabin that
    narrows upwards, two axles with wheels, yellow lights in front and a red one behind."""
    rng = np.random.default_rng(rng)
    half, wide = rng.uniform(0.8, 1.05), rng.uniform(0.36, 0.48)
    low, high = rng.uniform(-0.3, -0.2), rng.uniform(-0.02, 0.12)
    roof = high + rng.uniform(0.22, 0.4)
    paint = rng.uniform(0.15, 1.0, 3)
    glass = rng.uniform(0.3, 0.7) * np.array([0.8, 0.9, 1.0])
    wheel, axle = rng.uniform(0.13, 0.2), half * rng.uniform(0.55, 0.7)
    back, front = -half * rng.uniform(0.5, 0.95), half * rng.uniform(0.15, 0.5)
    narrow = rng.uniform(0.75, 0.9)
    tip = 0.1 * half
    blocks = [
        (_block((-half, low, -wide), (half, high, wide)), paint),
        (_block((back, high, -wide), (front, roof, wide), narrow, tip), glass),
        (_block((half, high - 0.2, -wide), (half + 0.06, high, -0.3 * wide)), (1, 0.95, 0.3)),
        (_block((half, high - 0.2, 0.3 * wide), (half + 0.06, high, wide)), (1, 0.95, 0.3)),
        (_block((-half - 0.05, high - 0.2, -wide), (-half, high, wide)), (0.9, 0.1, 0.1)),
    ]
    for x in (-axle, axle):
        corners = (x - wheel, low - wheel, -wide - 0.04), (x + wheel, low + wheel, wide + 0.04)
        blocks.append((_block(*corners), (0.1, 0.1, 0.1)))
    return render.Mesh(
        np.concatenate([corners for corners, _ in blocks]),
        np.concatenate([_BLOCK + 8 * k for k in range(len(blocks))]),
        np.repeat(np.array([colour for _, colour in blocks], float), len(_BLOCK), axis=0),
    )


def _block(
    low: Sequence[float], high: Sequence[float], narrow: float = 1.0, tip: float = 0.0
) -> np.ndarray:
    """The corners (8, 3) of a block; its upper face is made narrower, and shorter by `tip` at each
    end."""
    corners = np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)], float)
    corners = np.asarray(low) + corners * (np.asarray(high) - np.asarray(low))
    upper = corners[:, 1] == high[1]
    corners[upper, 2] *= narrow
    corners[upper, 0] += np.where(corners[upper, 0] == high[0], -tip, tip)
    return corners


class Car:
    """A car and its 120 pictures, each drawn when it is first needed.

    seed: which car.
    """

    def __init__(self, seed: int) -> None:
        self.mesh = car_mesh(np.random.default_rng(seed))
        self._pictures: dict[tuple[int, int], np.ndarray] = {}

    def picture(self, azimuth: int, elevation: int) -> np.ndarray:
        """(24, 24, 3), as bytes. Azimuth 0 looks at the front; both count steps of 15 degrees."""
        where = azimuth % AZIMUTHS, elevation
        if where not in self._pictures:
            around = 2 * np.pi * azimuth / AZIMUTHS - np.pi / 2  # x, the front, comes towards us
            above = np.radians(15 * elevation)
            turn = render.rotation((above, 0.0, 0.0)) @ render.rotation((0.0, around, 0.0))
            mesh = self.mesh.with_vertices(self.mesh.vertices @ turn.T)
            lit = dataclasses.replace(mesh, colours=render.shade(mesh, (0.3, 1.0, 0.8)))
            camera = render.Camera(float("inf"))
            drawn = render.draw_mesh_hard(lit, CANVAS, camera, samples=1)
            self._pictures[where] = np.round(255 * drawn).astype(np.uint8)
        return self._pictures[where]


@dataclasses.dataclass
class View:
    """A camera before a car. azimuth: 0 to 23. elevation: 0 to 4.

    Raises ValueError for a place where no camera stands.
    """

    car: Car
    azimuth: int
    elevation: int

    programs = ("ACT", "GOTO", "HGOTO", "LGOTO", "RGOTO", "VGOTO", "UGOTO", "DGOTO")
    arguments = (5,)
    shape = (CANVAS.height, CANVAS.width, 3)

    def __post_init__(self) -> None:
        if self.azimuth not in range(AZIMUTHS) or self.elevation not in range(ELEVATIONS):
            raise ValueError(
                f"The camera stands at an azimuth from 0 to {AZIMUTHS - 1} and an elevation from 0 to "
                f"{ELEVATIONS - 1}, not at {self.azimuth} and {self.elevation}."
            )

    def observe(self) -> np.ndarray:
        """What the camera sees: bytes (24, 24, 3)."""
        return self.car.picture(self.azimuth, self.elevation)

    def act(self, what: int = 0) -> None:
        if what in (LEFT, RIGHT):
            self.azimuth = (self.azimuth + (1 if what == RIGHT else -1)) % AZIMUTHS
        elif what in (UP, DOWN):
            moved = self.elevation + (1 if what == UP else -1)
            if not 0 <= moved < ELEVATIONS:
                raise IllegalAct(
                    f"The camera is as {'high' if what == UP else 'low'} as it can be."
                )
            self.elevation = moved
        else:
            raise IllegalAct(f"ACT({what}) means nothing to the camera.")

    @property
    def canonical(self) -> bool:
        return (self.azimuth, self.elevation) == CANONICAL

    @staticmethod
    def words(what: int = 0) -> str:
        return ACTS[what]

    def picture(self) -> np.ndarray:
        """What the camera sees, (24, 24, 3), from 0 to 1."""
        return self.observe() / 255

    def text(self) -> str:
        return f"azimuth {15 * self.azimuth}°, elevation {15 * self.elevation}°"


class Parker(Teacher):
    """Knows where the camera stands, and says how to go: the shorter way round, then up or down."""

    environment: View

    def GOTO(self) -> None:
        self.call("HGOTO")
        self.call("VGOTO")

    def HGOTO(self) -> None:
        to_go = (self.environment.azimuth - CANONICAL[0]) % AZIMUTHS
        if 0 < to_go <= AZIMUTHS // 2:
            self.call("LGOTO")
        elif to_go:
            self.call("RGOTO")

    def VGOTO(self) -> None:
        if self.environment.elevation > CANONICAL[1]:
            self.call("DGOTO")
        elif self.environment.elevation < CANONICAL[1]:
            self.call("UGOTO")

    def LGOTO(self) -> None:
        if self.environment.azimuth != CANONICAL[0]:
            self.act(LEFT)
            self.call("LGOTO")

    def RGOTO(self) -> None:
        if self.environment.azimuth != CANONICAL[0]:
            self.act(RIGHT)
            self.call("RGOTO")

    def UGOTO(self) -> None:
        if self.environment.elevation != CANONICAL[1]:
            self.act(UP)
            self.call("UGOTO")

    def DGOTO(self) -> None:
        if self.environment.elevation != CANONICAL[1]:
            self.act(DOWN)
            self.call("DGOTO")
