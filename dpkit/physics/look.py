"""How moving things look: discs of known size and colour, drawn softly, drawn hard, and found again.

look = Discs(radius=0.12, colours=[[0.9, 0.2, 0.1], [0.1, 0.3, 0.9]], canvas=Canvas(32))
film = look.draw(path["q"])                  # (frames, 32, 32, 3), differentiable by the places
look.locate(film)                            # (frames, 2, 2): about where they are
"""

from __future__ import annotations

import dataclasses
from typing import Any, Protocol

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.physics.needs import need_finite
from dpkit.relax.given import alike, values_of
from dpkit.render import Canvas, circle, coverage, over, segment
from dpkit.transforms import jvp

__all__ = ["Discs", "Look", "Rod"]


class Look(Protocol):
    """What `physics_from_video` asks of a look: to draw a path's "q", and to say about where it is."""

    def draw(self, places: Any, softness: float = 0.2, samples: int = 1, /) -> Any: ...

    def locate(self, pictures: np.ndarray, /) -> np.ndarray: ...


@dataclasses.dataclass(frozen=True)
class Discs:
    """Discs in the plane, the last one on top.

    radius: in the world's unit. colours: (n, 3), from 0 to 1. background: the paper, a grey.

    Raises ValueError if the colours are not (n, 3).
    """

    radius: float
    colours: Any
    canvas: Canvas
    background: float = 1.0

    def __post_init__(self) -> None:
        if not isinstance(self.colours, np.ndarray) and not hasattr(self.colours, "shape"):
            object.__setattr__(self, "colours", np.asarray(self.colours, float))
        shape = shape_of(self.colours)
        if len(shape) != 2 or shape[1] != 3:
            raise ValueError(
                f"The colours of n discs are an array of shape (n, 3), but theirs is {shape}."
            )

    def draw(self, places: Any, softness: float = 0.2, samples: int = 1) -> Any:
        """Pictures of discs at `places` (…, n, 2): (…, height, width, 3), in the places' library.

        softness: of the borders, in pixels. samples: each pixel is the mean of samples × samples
        places in it, for as much more work.

        Raises ValueError if there is not one place for each disc.
        """
        self._need_places(places)
        if samples > 1:
            fine = dataclasses.replace(self, canvas=self.canvas.finer(samples))
            drawn = fine.draw(places, softness * samples)
            sides = (self.canvas.height, samples, self.canvas.width, samples, 3)
            return arrays.mean(arrays.reshape(drawn, (*shape_of(drawn)[:-3], *sides)), (-4, -2))
        points, layers = alike(self.canvas.points(), places), []
        given = self.colours
        colours = alike(given, places) if isinstance(given, np.ndarray) else given
        for k in range(len(given)):
            centre = arrays.expand_dims(places[..., k, :], (-3, -2))
            distance = circle(points, centre, self.radius)
            layers.append((coverage(distance, softness * self.canvas.pixel), colours[k]))
        return over(layers, self.background)

    def draw_hard(self, places: np.ndarray, samples: int = 8) -> np.ndarray:
        """The pictures that `draw` stands for, as arrays of numpy and in the same shapes: each pixel the
        mean of samples × samples points, each inside a disc or not."""
        self._need_places(places)
        fine = self.canvas.finer(samples)
        x, y = fine.points()[0, :, 0], fine.points()[:, 0, 1]
        films = []
        for at in np.asarray(places).reshape(-1, len(self.colours), 2):
            picture = np.full((fine.height, fine.width, 3), float(self.background))
            for (u, v), colour in zip(at, np.asarray(self.colours), strict=True):
                picture[(x - u) ** 2 + (y[:, None] - v) ** 2 < self.radius**2] = colour
            shape = (self.canvas.height, samples, self.canvas.width, samples, 3)
            films.append(picture.reshape(shape).mean((1, 3)))
        sides = (self.canvas.height, self.canvas.width, 3)
        return np.reshape(films, (*np.shape(places)[:-2], *sides))

    def locate(self, pictures: np.ndarray) -> np.ndarray:
        """About where the discs are, from their colours alone: (…, height, width, 3) → (…, n, 2).

        A pixel's colour is split into shares of the discs' colours (least squares); a disc is at the
        mean of its pixels. That is to a fraction of a pixel where it is seen whole, and pulled aside
        where another covers it. A disc that is not seen is said to be in the middle.

        Raises ValueError if the pictures are of another size, or not finite.
        """
        _need_pictures(pictures, (self.canvas.height, self.canvas.width, 3))
        apart = np.asarray(values_of(self.colours)) - self.background  # (n, 3)
        shares = (np.asarray(pictures) - self.background) @ np.linalg.pinv(apart)
        shares = np.where(shares > 0.35, np.minimum(shares, 1.0), 0.0)  # noise is not a little disc
        total = shares.sum((-3, -2))
        places = np.einsum("...hwn,hwd->...nd", shares, self.canvas.points())
        middle = np.asarray(self.canvas.centre)
        seen = total[..., None] > 0.5
        return np.where(seen, places / np.maximum(total, 1e-9)[..., None], middle)

    def _need_places(self, places: Any) -> None:
        shape, n = shape_of(places), len(self.colours)
        if len(shape) < 2 or shape[-2:] != (n, 2):
            raise ValueError(
                f"{n} discs need places of the shape (…, {n}, 2), but theirs is {shape}."
            )


@dataclasses.dataclass(frozen=True)
class Rod:
    """A pendulum seen from the side: a thin dark rod about the middle, and a bob at its end.

    length, width, bob: of the rod and of the bob's radius, in the world's unit.
    Pictures are grey, (height, width), 0 black and 1 white.
    """

    canvas: Canvas
    length: float = 0.7
    width: float = 0.08
    bob: float = 0.16

    def draw(self, angles: Any, softness: float = 0.2, samples: int = 1) -> Any:
        """Pictures of a pendulum at `angles` (…), 0 hanging: (…, height, width), in their library.

        softness, samples: as for `Discs.draw`.
        """
        if samples > 1:
            fine = dataclasses.replace(self, canvas=self.canvas.finer(samples))
            drawn = fine.draw(angles, softness * samples)
            sides = (self.canvas.height, samples, self.canvas.width, samples)
            return arrays.mean(arrays.reshape(drawn, (*shape_of(drawn)[:-2], *sides)), (-3, -1))
        tip = self.length * arrays.stack([functions.sin(angles), -functions.cos(angles)], -1)
        tip = arrays.expand_dims(tip, (-3, -2))
        points, soft = alike(self.canvas.points(), tip), softness * self.canvas.pixel
        rod = coverage(segment(points, 0.0 * tip, tip) - self.width / 2, soft)
        bob = coverage(circle(points, tip, self.bob), soft)
        return (1.0 - rod) * (1.0 - bob)

    def draw_hard(self, angles: Any, samples: int = 8) -> np.ndarray:
        """The pictures that `draw` stands for, as arrays of numpy and in the same shapes: each pixel the
        mean of samples × samples points, each black or white."""
        fine = self.canvas.finer(samples)
        x, y = fine.points()[..., 0], fine.points()[..., 1]
        pictures = []
        for angle in np.ravel(angles):
            u, v = np.sin(angle), -np.cos(angle)
            along, across = x * u + y * v, x * v - y * u
            rod = np.hypot(along - np.clip(along, 0, self.length), across) < self.width / 2
            bob = np.hypot(x - self.length * u, y - self.length * v) < self.bob
            shape = (self.canvas.height, samples, self.canvas.width, samples)
            pictures.append(1.0 - (rod | bob).reshape(shape).mean((1, 3)))
        return np.reshape(pictures, (*np.shape(angles), self.canvas.height, self.canvas.width))

    def see(self, picture: np.ndarray, guess: float, steps: int = 4) -> float:
        """The angle in one picture (height, width), near a guess: Gauss & Newton, through `draw`.

        One jvp gives the picture at an angle and how it moves when the angle does; the best step in
        that direction is a division. Soft first, so that a guess may be some pixels off.

        steps: how many, the first half of them soft. Returns radians, on the turn of the guess.

        Raises ValueError if the picture is of another size, or not finite.
        """
        _need_pictures(picture, (self.canvas.height, self.canvas.width))
        angle = float(guess)
        for softness in (*[1.0] * (steps // 2), *[0.3] * (steps - steps // 2)):
            seen, slope = jvp(
                lambda angle, soft=softness: self.draw(angle, soft),
                (np.array(angle),), (np.array(1.0),),
            )  # fmt: skip
            step = np.sum(slope * (picture - seen)) / np.sum(slope * slope)
            angle += float(np.clip(step, -0.3, 0.3))
        return angle

    def locate(self, pictures: np.ndarray, tries: int = 32) -> np.ndarray:
        """The angles in pictures (frames, …, height, width): (frames, …), without jumps of 2π from
        frame to frame. Of `tries` angles the one that looks most alike is refined by `see`.

        Raises ValueError if the pictures are of another size, or not finite.
        """
        _need_pictures(pictures, (self.canvas.height, self.canvas.width))
        angles = np.linspace(-np.pi, np.pi, tries, endpoint=False)
        drawn = self.draw(angles, 1.0).reshape(tries, -1)
        flat = np.reshape(pictures, (-1, drawn.shape[1]))
        best = np.argmin(((flat[:, None] - drawn) ** 2).sum(-1), axis=1)
        side = (self.canvas.height, self.canvas.width)
        found = [self.see(x.reshape(side), angles[k]) for x, k in zip(flat, best, strict=True)]
        return np.unwrap(np.reshape(found, np.shape(pictures)[:-2]), axis=0)


def _need_pictures(pictures: Any, sides: tuple[int, ...]) -> None:
    shape = shape_of(pictures)
    if shape[-len(sides) :] != sides:
        raise ValueError(
            f"This look's canvas needs pictures of the shape (…, {', '.join(map(str, sides))}), but "
            f"theirs is {shape}."
        )
    need_finite("Pictures", pictures)
