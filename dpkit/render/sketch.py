"""A photograph as a drawing: some hundred strokes, each of which knows how to get better.

    drawing = sketch("me.jpg", 400, progress=True)      # or a picture (height, width), 0 is black
    drawing.save("me.svg")                              # lines, to print at any size
    drawing                                 # in a notebook: shows itself; click, and it is drawn

Strokes start short and at random, more of them where the picture is dark, along its edges. Both
pictures are compared slightly blurred, as by somebody who stands back: then strokes that lie beside
each other make a grey.

Source: Mihai & Hare, "Differentiable drawing and sketching", arXiv 2103.16194, 2021, for the idea and
for annealing the width.
"""

from __future__ import annotations

import dataclasses
import html
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.optim import Adam
from dpkit.relax.given import need_positive
from dpkit.render.canvas import Canvas
from dpkit.render.film import Film, drawn_strokes
from dpkit.render.photo import blur, brightness, photograph
from dpkit.render.strokes import REACH, chains, ink, near_pairs
from dpkit.tensor import tensor

__all__ = ["Drawing", "progress_line", "sketch"]

NEW_PAIRS = 8  # steps between two searches for the pixels near each stroke
PIECES = 8  # segments of a curved stroke


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Strokes on white paper, or white ones on a blackboard.

    starts, ends: (n, 2), world coordinates. width: in the world's unit.
    opacity: (n,), 0 to 1; of coloured strokes (n, 3), how much red, green and blue each takes away.
    losses: the loss at each step. moments: (starts, ends, opacity, bends) at some of them, for a film.
    bends: the two inner control points of each stroke, a cubic Bézier curve, (n, 2, 2); of straight
        strokes (n, 0, 2).
    chalk: whether they are on a blackboard; then they give light, instead of taking it away.
    """

    starts: np.ndarray
    ends: np.ndarray
    opacity: np.ndarray
    width: float
    canvas: Canvas
    losses: list[float]
    moments: list[tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]]
    bends: np.ndarray
    chalk: bool = False

    def picture(self, canvas: Canvas | None = None) -> np.ndarray:
        """Brightnesses (height, width), or colours (height, width, 3), on its own canvas or on
        another one."""
        canvas = canvas or self.canvas
        given = self.starts, self.ends, self.opacity, self.bends
        return self._seen(_all_ink(given, self.width, canvas))

    def _seen(self, covered: np.ndarray) -> np.ndarray:
        return covered if self.chalk else 1 - covered

    @property
    def svg(self) -> str:
        """The strokes as lines or curves, complete in itself. A line is √π times as wide as the soft
        stroke, and so has as much ink. Long dark strokes come first, as they would by hand."""
        canvas = self.canvas
        a, b, inner = (canvas.to_pixels(x) + 0.5 for x in (self.starts, self.ends, self.bends))
        wide = np.sqrt(np.pi) * self.width / canvas.pixel
        ground, pen, blend = (
            ("black", "white", "screen") if self.chalk else ("white", "black", "multiply")
        )
        strongest = self.opacity if self.opacity.ndim == 1 else self.opacity.max(axis=1)
        weight = strongest * np.linalg.norm(a - b, axis=-1)

        def look(k: int) -> str:
            if self.opacity.ndim == 1:
                return f'stroke-opacity="{self.opacity[k]:.3f}"'
            colour = ", ".join(f"{100 * share:.1f}%" for share in self._seen(self.opacity[k]))
            return f'stroke="rgb({colour})"'

        def way(k: int) -> str:
            (x1, y1), (x2, y2) = a[k], b[k]
            if not inner.shape[1]:
                return f'line x1="{x1:.2f}" y1="{y1:.2f}" x2="{x2:.2f}" y2="{y2:.2f}"'
            middle = ", ".join(f"{x:.2f} {y:.2f}" for x, y in inner[k])
            return f'path fill="none" d="M {x1:.2f} {y1:.2f} C {middle}, {x2:.2f} {y2:.2f}"'

        lines = [
            f'<{way(k)} class="stroke" style="--k: {place}" pathLength="1" {look(k)}/>'
            for place, k in enumerate(np.argsort(-weight))
            if strongest[k] >= 0.0005
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {canvas.width} {canvas.height}" '
            f'width="{5 * canvas.width}" height="{5 * canvas.height}" role="img" '
            f'aria-label="{html.escape(str(self), quote=True)}">'
            f'<rect width="100%" height="100%" fill="{ground}"/>'
            f"<style>.stroke {{ mix-blend-mode: {blend}; }}</style>"
            f'<g stroke="{pen}" stroke-width="{wide:.3f}" stroke-linecap="round">'
            f"{''.join(lines)}</g></svg>"
        )

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file; the name should end in .svg."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def film(self, finer: int = 1) -> Film:
        """How the strokes found their places, in finer × finer as many pixels."""
        canvas, wide = self.canvas.finer(finer), self.width
        pictures = [self._seen(_all_ink(moment, wide, canvas)) for moment in self.moments]
        return Film(pictures, f"{len(self.starts)} strokes move until they look like a photograph.")

    def __str__(self) -> str:
        coloured = "" if self.opacity.ndim == 1 else "coloured "
        chalk = " in chalk" if self.chalk else ""
        shape = "curved" if self.bends.shape[1] else "straight"
        return f"A drawing of {len(self.starts)} {shape} {coloured}strokes{chalk}."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return drawn_strokes(self.svg, len(self.starts))


def _lines(starts: Any, ends: Any, bends: Any) -> tuple[Any, Any, int]:
    """The segments of all strokes, and how many of them make one."""
    if not bends.shape[1]:
        return starts, ends, 1
    first, last = arrays.expand_dims(starts, 1), arrays.expand_dims(ends, 1)
    return *chains(arrays.concatenate([first, bends, last], 1), PIECES), PIECES


def _all_ink(strokes: tuple[Any, ...], width: float, canvas: Canvas, pairs: Any = None) -> Any:
    """Of strokes (starts, ends, opacity, bends) of one ink, (height, width); of coloured ones, what
    they take of each colour."""
    starts, ends, opacity, bends = strokes
    a, b, pieces = _lines(starts, ends, bends)
    if len(opacity.shape) == 1:
        return ink(a, b, opacity, width, canvas, pairs, pieces)
    return arrays.stack(
        [ink(a, b, opacity[:, c], width, canvas, pairs, pieces) for c in range(3)], -1
    )


def progress_line(total: int, what: str = "loss") -> Callable[[int, float], None]:
    """A callback that says how far a work is, on one line that it writes again and again: in a
    terminal and in a notebook. what: the name of the number that it is told with each step."""

    def show(step: int, loss: float) -> None:
        done = step + 1
        if done % max(1, total // 50) and done != total:
            return
        bar = "█" * (30 * done // total)
        end = "\n" if done == total else ""
        print(
            f"\r{bar:░<30} {done} of {total}, {what} {loss:.5f}",
            end=end, flush=True, file=sys.stdout,
        )  # fmt: skip

    return show


def sketch(
    image: np.ndarray | str | Path, n_strokes: int = 400, *, steps: int = 300, width: float = 0.7,
    blurred: float = 1.5, seed: int = 0, size: int = 96, colour: bool = False, curved: bool = False,
    chalk: bool = False, progress: bool = False,
    callback: Callable[[int, float], Any] | None = None,
) -> Drawing:  # fmt: skip
    """Draw a photograph with strokes.

    image: brightnesses (height, width) from 0, black, to 1; or colours (height, width, 3), of which
        the brightness is drawn; or the name of a file, which is made smaller: see `photograph`.
    colour: whether strokes have colours; they mix as those of felt-tip pens do, each takes away some
        red, green and blue. Three times the work.
    curved: whether strokes are cubic Bézier curves, not straight. Each says more, and takes longer.
    chalk: white strokes on a blackboard, which draw what is light: for dark photographs. Coloured
        ones mix as lamps do.
    width: of the strokes in the end, in pixels; they start three times as wide, and are felt further.
    blurred: how blurred both pictures are compared, in pixels.
    size: the longer side of what is read from a file, in pixels.
    progress: whether to show a line that says how far it is.
    callback: called with each step's number and loss; ends the work by returning True.

    Raises ValueError for what is no picture, no stroke, and a width that is not positive.
    """
    if n_strokes < 1:
        raise ValueError(f"A drawing has at least one stroke, but {n_strokes} were asked for.")
    need_positive("width of the strokes", width)
    if isinstance(image, (str, Path)):
        image = photograph(image, size, colour)
    image = _need_picture(np.asarray(image, float), colour)
    if chalk:  # the ink of the negative
        image = 1 - image
    shown = progress_line(steps) if progress else None
    canvas, rng = Canvas(*image.shape[:2]), np.random.default_rng(seed)
    given = _start(image, n_strokes, curved, canvas, rng)
    starts, ends, strength, bends = (tensor(x, requires_grad=True) for x in given)
    places = [starts, ends, bends] if curved else [starts, ends]
    adam = Adam([{"params": places, "lr": canvas.pixel}, {"params": [strength], "lr": 0.1}])

    def moment() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        a, b, c = (x.data.copy() for x in (starts, ends, bends))
        return a, b, functions.sigmoid(strength.data), c

    wanted = blur(1 - image, blurred)
    losses: list[float] = []
    moments = []
    for step in range(steps):
        now = width * canvas.pixel * max(1.0, 3.0 ** (1 - 2 * step / steps))
        if step % NEW_PAIRS == 0:
            lines = _lines(starts.data, ends.data, bends.data)
            pairs = near_pairs(*lines[:2], (REACH + 1) * now, canvas)
        adam.zero_grad()
        opacity = functions.sigmoid(strength)
        strokes = starts, ends, opacity, bends
        difference = blur(_all_ink(strokes, now, canvas, pairs), blurred) - wanted
        loss = arrays.mean(difference * difference)
        loss.backward()
        losses.append(float(loss.item()))
        if step % max(1, steps // 40) == 0:
            moments.append(moment())
        if shown:
            shown(step, losses[-1])
        if callback and callback(step, losses[-1]):
            break
        adam.step()
    a, b, opacity, inner = last = moment()
    return Drawing(
        a, b, opacity, width * canvas.pixel, canvas, losses, [*moments, last], inner, chalk
    )  # fmt: skip


def _start(
    image: np.ndarray, count: int, curved: bool, canvas: Canvas, rng: np.random.Generator
) -> tuple[np.ndarray, ...]:
    """Short straight strokes: more where it is dark, and along the edges of the picture. Starts, ends,
    opacities before the sigmoid, inner control points."""
    strength = np.full((count, 3) if image.ndim == 3 else count, 1.0)
    image = brightness(image)
    dark = (1 - image).ravel() + 0.05
    chosen = rng.choice(dark.size, count, p=dark / dark.sum())
    down, right = np.gradient(blur(image, 2.0))
    angle = np.arctan2(-down.ravel()[chosen], right.ravel()[chosen]) + np.pi / 2
    angle += 0.5 * rng.normal(size=count)
    middle = canvas.points().reshape(-1, 2)[chosen]
    middle = middle + canvas.pixel * rng.uniform(-0.5, 0.5, middle.shape)
    half = 3 * canvas.pixel * np.stack([np.cos(angle), np.sin(angle)], -1)
    thirds = np.array([[-1.0], [1.0]]) / 3 if curved else np.zeros((0, 1))
    return middle - half, middle + half, strength, middle[:, None] + thirds * half[:, None]


def _need_picture(image: np.ndarray, colour: bool) -> np.ndarray:
    """The picture in the form that is drawn; ValueError if it is none."""
    if image.ndim not in (2, 3) or image.shape[2:] not in ((), (3,)) or not image.size:
        raise ValueError(
            "A picture is an array of brightnesses (height, width) or colours (height, width, 3), but "
            f"this one has the shape {image.shape}."
        )
    if not np.all(np.isfinite(image)):
        wrong = np.count_nonzero(~np.isfinite(image))
        raise ValueError(f"The picture has {wrong} numbers that are not finite (nan or infinite).")
    if image.min() < 0 or image.max() > 1:
        hint = " Divide it by 255." if 1 < image.max() <= 255 and image.min() >= 0 else ""
        raise ValueError(
            "A picture's brightnesses are from 0, black, to 1, white, but those of this one are from "
            f"{image.min():g} to {image.max():g}.{hint}"
        )
    if colour and image.ndim == 2:
        return np.repeat(image[..., None], 3, axis=2)
    return image if colour else brightness(image)
