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
from dpkit.render.canvas import Canvas
from dpkit.render.film import Film, drawn_strokes
from dpkit.render.strokes import REACH, ink, near_pairs
from dpkit.tensor import tensor

__all__ = ["Drawing", "blur", "photograph", "progress_line", "sketch"]

NEW_PAIRS = 8  # steps between two searches for the pixels near each stroke


@dataclasses.dataclass(frozen=True)
class Drawing:
    """Strokes on white paper.

    starts, ends: (n, 2), world coordinates. width: in the world's unit.
    opacity: (n,), 0 to 1; of coloured strokes (n, 3), how much red, green and blue each takes away.
    losses: the loss at each step. moments: (starts, ends, opacity) at some of them, for a film.
    """

    starts: np.ndarray
    ends: np.ndarray
    opacity: np.ndarray
    width: float
    canvas: Canvas
    losses: list[float]
    moments: list[tuple[np.ndarray, np.ndarray, np.ndarray]]

    def picture(self, canvas: Canvas | None = None) -> np.ndarray:
        """Brightnesses (height, width), or colours (height, width, 3), on its own canvas or on
        another one."""
        canvas = canvas or self.canvas
        return 1 - _all_ink(self.starts, self.ends, self.opacity, self.width, canvas)

    @property
    def svg(self) -> str:
        """The strokes as lines, complete in itself. A line is √π times as wide as the soft stroke,
        and so has as much ink. Long dark strokes come first, as they would by hand."""
        canvas = self.canvas
        a, b = canvas.to_pixels(self.starts) + 0.5, canvas.to_pixels(self.ends) + 0.5
        wide = np.sqrt(np.pi) * self.width / canvas.pixel
        strongest = self.opacity if self.opacity.ndim == 1 else self.opacity.max(axis=1)
        weight = strongest * np.linalg.norm(a - b, axis=-1)

        def look(k: int) -> str:
            if self.opacity.ndim == 1:
                return f'stroke-opacity="{self.opacity[k]:.3f}"'
            colour = ", ".join(f"{100 * (1 - taken):.1f}%" for taken in self.opacity[k])
            return f'stroke="rgb({colour})"'

        lines = [
            f'<line class="stroke" style="--k: {place}" pathLength="1" x1="{a[k, 0]:.2f}" '
            f'y1="{a[k, 1]:.2f}" x2="{b[k, 0]:.2f}" y2="{b[k, 1]:.2f}" '
            f"{look(k)}/>"
            for place, k in enumerate(np.argsort(-weight))
            if strongest[k] >= 0.0005
        ]
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {canvas.width} {canvas.height}" '
            f'width="{5 * canvas.width}" height="{5 * canvas.height}" role="img" '
            f'aria-label="{html.escape(str(self), quote=True)}">'
            f'<rect width="100%" height="100%" fill="white"/>'
            f"<style>.stroke {{ mix-blend-mode: multiply; }}</style>"
            f'<g stroke="black" stroke-width="{wide:.3f}" stroke-linecap="round">'
            f"{''.join(lines)}</g></svg>"
        )

    def save(self, path: str | Path) -> None:
        """Write the SVG to a file; the name should end in .svg."""
        Path(path).write_text(self.svg, encoding="utf-8")

    def film(self, finer: int = 1) -> Film:
        """How the strokes found their places, in finer × finer as many pixels."""
        canvas, wide = self.canvas.finer(finer), self.width
        pictures = [1 - _all_ink(a, b, opacity, wide, canvas) for a, b, opacity in self.moments]
        return Film(pictures, f"{len(self.starts)} strokes move until they look like a photograph.")

    def __str__(self) -> str:
        coloured = "" if self.opacity.ndim == 1 else "coloured "
        return f"A drawing of {len(self.starts)} straight {coloured}strokes."

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return drawn_strokes(self.svg, len(self.starts))


def _all_ink(
    starts: Any, ends: Any, opacity: Any, width: float, canvas: Canvas, pairs: Any = None
) -> Any:
    """Of strokes of one ink, (height, width); of coloured ones, what they take of each colour."""
    if len(opacity.shape) == 1:
        return ink(starts, ends, opacity, width, canvas, pairs)
    return arrays.stack(
        [ink(starts, ends, opacity[:, c], width, canvas, pairs) for c in range(3)], -1
    )


def photograph(path: str | Path, size: int = 96, colour: bool = False) -> np.ndarray:
    """The brightnesses (height, width), 0 to 1, or the colours (height, width, 3), of a picture in a
    file: a PNG, a JPEG, or what else matplotlib reads. It is made smaller until its longer side has
    `size` pixels, each the mean of the area that it covers. It comes the way round that it is stored;
    a telephone's that lies on its side is put upright by ``np.rot90``.

    Raises FileNotFoundError where there is no such file.
    """
    from matplotlib.image import imread

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no picture {str(path)!r} in {Path.cwd()}.")
    image = imread(str(path))
    image = image / 255 if image.dtype == np.uint8 else np.asarray(image, float)
    if image.ndim == 3 and image.shape[2] in (2, 4):  # what is transparent shows white paper
        image = 1 - image[..., -1:] * (1 - image[..., :-1])
    if colour:
        image = image[..., :3] if image.ndim == 3 and image.shape[2] > 2 else (
            np.repeat(_brightness(image)[..., None], 3, axis=2)
        )  # fmt: skip
    else:
        image = _brightness(image)
    ratio = min(1.0, size / max(image.shape[:2]))
    rows, columns = (_shrinking(n, max(1, round(n * ratio))) for n in image.shape[:2])
    return np.clip(np.einsum("ij,jk...,lk->il...", rows, image, columns), 0, 1)


def _brightness(image: np.ndarray) -> np.ndarray:
    if image.ndim == 3:
        return image[..., 0] if image.shape[2] < 3 else image[..., :3] @ [0.2126, 0.7152, 0.0722]
    return image


def _shrinking(before: int, after: int) -> np.ndarray:
    """The matrix (after, before) that takes means: how much of each new pixel an old one covers."""
    edges, old = np.arange(after + 1) * before / after, np.arange(before)
    covered = np.minimum(edges[1:, None], old + 1) - np.maximum(edges[:-1, None], old)
    return np.clip(covered, 0, None) * after / before


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


def blur(picture: Any, width: float) -> Any:
    """The picture seen from further away: a Gaussian of standard deviation `width`, in pixels, whose
    weights add to 1 at the edges, too. picture: (height, width), or (height, width, channels)."""
    if len(picture.shape) == 3:
        channels = [blur(picture[..., c], width) for c in range(picture.shape[2])]
        return arrays.stack(channels, -1)
    rows, columns = picture.shape

    def matrix(n: int) -> np.ndarray:
        weights = np.exp(-0.5 * ((np.arange(n)[:, None] - np.arange(n)) / width) ** 2)
        return weights / weights.sum(axis=1, keepdims=True)

    return arrays.matmul(arrays.matmul(matrix(rows), picture), matrix(columns).T)


def sketch(
    image: np.ndarray | str | Path, n_strokes: int = 400, *, steps: int = 300, width: float = 0.7,
    blurred: float = 1.5, seed: int = 0, size: int = 96, colour: bool = False, progress: bool = False,
    callback: Callable[[int, float], Any] | None = None,
) -> Drawing:  # fmt: skip
    """Draw a photograph with straight strokes.

    image: brightnesses (height, width) from 0, black, to 1; or colours (height, width, 3), of which
        the brightness is drawn; or the name of a file, which is made smaller: see `photograph`.
    colour: whether strokes have colours; they mix as those of felt-tip pens do, each takes away some
        red, green and blue. Three times the work.
    width: of the strokes in the end, in pixels; they start three times as wide, and are felt further.
    blurred: how blurred both pictures are compared, in pixels.
    size: the longer side of what is read from a file, in pixels.
    progress: whether to show a line that says how far it is.
    callback: called with each step's number and loss; ends the work by returning True.
    """
    image = (
        photograph(image, size, colour)
        if isinstance(image, (str, Path))
        else np.asarray(image, float)
    )
    if not colour:
        image = _brightness(image)
    shown = progress_line(steps) if progress else None
    if (
        image.ndim != (3 if colour else 2)
        or not np.all(np.isfinite(image))
        or image.min() < 0
        or image.max() > 1
    ):
        raise ValueError(
            "A picture of brightnesses from 0 to 1 is needed, (height, width) or (height, width, 3); "
            f"this one has the shape {image.shape}."
        )
    canvas, rng = Canvas(*image.shape[:2]), np.random.default_rng(seed)
    params = [tensor(x, requires_grad=True) for x in _start(image, n_strokes, canvas, rng)]
    starts, ends, strength = params
    adam = Adam([{"params": [starts, ends], "lr": canvas.pixel}, {"params": [strength], "lr": 0.1}])
    wanted = blur(1 - image, blurred)
    losses: list[float] = []
    moments = []
    for step in range(steps):
        now = width * canvas.pixel * max(1.0, 3.0 ** (1 - 2 * step / steps))
        if step % NEW_PAIRS == 0:
            pairs = near_pairs(starts.data, ends.data, (REACH + 1) * now, canvas)
        adam.zero_grad()
        opacity = functions.sigmoid(strength)
        difference = blur(_all_ink(starts, ends, opacity, now, canvas, pairs), blurred) - wanted
        loss = arrays.mean(difference * difference)
        loss.backward()
        losses.append(float(loss.item()))
        if step % max(1, steps // 40) == 0:
            moments.append((starts.data.copy(), ends.data.copy(), opacity.data.copy()))
        if shown:
            shown(step, losses[-1])
        if callback and callback(step, losses[-1]):
            break
        adam.step()
    last = (starts.data.copy(), ends.data.copy(), functions.sigmoid(strength.data))
    return Drawing(*last, width * canvas.pixel, canvas, losses, [*moments, last])


def _start(
    image: np.ndarray, count: int, canvas: Canvas, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Short strokes: more where it is dark, and along the edges of the picture."""
    strength = np.full((count, 3) if image.ndim == 3 else count, 1.0)
    image = _brightness(image)
    dark = (1 - image).ravel() + 0.05
    chosen = rng.choice(dark.size, count, p=dark / dark.sum())
    down, right = np.gradient(blur(image, 2.0))
    angle = np.arctan2(-down.ravel()[chosen], right.ravel()[chosen]) + np.pi / 2
    angle += 0.5 * rng.normal(size=count)
    middle = canvas.points().reshape(-1, 2)[chosen]
    middle = middle + canvas.pixel * rng.uniform(-0.5, 0.5, middle.shape)
    half = 3 * canvas.pixel * np.stack([np.cos(angle), np.sin(angle)], -1)
    return middle - half, middle + half, strength
