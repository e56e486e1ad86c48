"""Physics from films in which nobody has marked anything: an encoder, trained by drawing again.

`physics_from_video` looks for colours it was told. Here nobody tells where anything is, nor what colour:
a small network *says* where the discs are, a renderer draws discs of its own colours there, and both
learn from the difference to the film. The network ends in a **soft argmax**: for each disc a map of
how much each pixel looks like it, made to shares by a softmax, and then the mean place under these
shares. So what lies in the middle must be places, since nothing else fits through.

Then the law: the encoder's places are tracks, to which `fit_tracks` fits the numbers; and with the look
that was learnt, `physics_from_video` can go on from there.

    film → encoder → places → renderer → film      (trained)
                     places → law → path           (fitted)

Why not encoder, colours and law all together at the end, as in the paper? Tried on three films of 24
clips, a hundred joint steps of Adam bring the encoder's places nearer by a tenth, from 0.051 to 0.045
pixels in the mean, and the law's stiffness no nearer: it was off by 0.06, 0.18 and 0.01 %, and then by
0.07, 0.05 and 0.15 %. They take longer than the whole training did. So the steps stay apart, and each
can be looked at alone.

A disc drawn sharply, where its ball is not, feels no pull. The first drawings are therefore soft,
several pixels wide. Success can be told without labels too: `loss` should be about the film's noise.

Source: Jaques, Burke & Hospedales, "Physics-as-inverse-graphics", ICLR 2020, whose authors warn that
success depends on the seed.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.nn import Conv2d, Module
from dpkit.optim import Adam
from dpkit.physics.look import Discs
from dpkit.physics.needs import need_finite
from dpkit.relax.annealing import anneal
from dpkit.render import Canvas, progress_line
from dpkit.tensor import no_grad, tensor

__all__ = ["Encoder", "Learned", "learn_places"]


class Encoder(Module):
    """Pictures (m, height, width, 3) → places (m, n, 2), in the canvas's world.

    n: how many discs. hidden: channels between. sharp: the softmax's inverse temperature.
    """

    def __init__(
        self, canvas: Canvas, n: int, hidden: int = 8, sharp: float = 10.0, rng: Any = None
    ) -> None:
        rng = np.random.default_rng(rng)
        self.points, self.n, self.sharp = canvas.points().reshape(-1, 2), n, sharp
        self.first = Conv2d(3, hidden, 5, padding=2, rng=rng)
        self.second = Conv2d(hidden, n, 3, padding=1, rng=rng)

    def forward(self, pictures: Any) -> Any:
        dark = 1.0 - np.moveaxis(np.asarray(pictures), -1, 1)  # white paper is 0, like the padding
        maps = self.second(functions.relu(self.first(dark)))
        flat = arrays.reshape(maps, (len(dark), self.n, len(self.points)))
        return arrays.softmax(self.sharp * flat, axis=-1) @ self.points

    def places(self, film: np.ndarray) -> np.ndarray:
        """Where the discs of a film (…, height, width, 3) are, without derivatives: (…, n, 2)."""
        flat = film.reshape(-1, *film.shape[-3:])
        with no_grad():
            parts = [self(flat[k : k + 64]).numpy() for k in range(0, len(flat), 64)]
        return np.concatenate(parts).reshape(*film.shape[:-3], self.n, 2)


@dataclasses.dataclass(frozen=True)
class Learned:
    """encoder: says where. look: the discs as they were learnt. loss: the mean square of what is
    left at last; history: of each iteration."""

    encoder: Encoder
    look: Discs
    loss: float
    history: list[float]


def learn_places(
    film: np.ndarray, canvas: Canvas, radius: float, n: int, *, iterations: int = 200,
    batch: int = 32, softness: tuple[float, float] = (4.0, 0.5), lr: float = 0.01, rng: Any = None,
    progress: bool = False,
) -> Learned:  # fmt: skip
    """Train an encoder to say where n discs are, from a film without labels.

    film: (frames, clips, height, width, 3). radius: of the discs; their colours are learnt.
    softness: of the borders, in pixels, at first and at last.
    iterations: Adam's steps of the size lr, each with `batch` frames by chance.
    rng: a seed or a generator. progress: whether to show a line that says how far it is.

    Raises ValueError if the film is not of the canvas's size or not finite, or n or iterations less
    than 1.
    """
    if n < 1 or iterations < 1:
        raise ValueError(
            f"There is at least one disc and one iteration, but n is {n} and iterations {iterations}."
        )
    if film.shape[-3:] != (canvas.height, canvas.width, 3):
        raise ValueError(
            f"The canvas needs a film of the shape (…, {canvas.height}, {canvas.width}, 3), but its "
            f"shape is {film.shape}."
        )
    need_finite("The film", film)
    shown = progress_line(iterations) if progress else None
    rng = np.random.default_rng(rng)
    encoder = Encoder(canvas, n, rng=rng)
    flat = film.reshape(-1, *film.shape[-3:])
    colours = tensor(_colours(flat, n, rng), requires_grad=True)
    optimizer = Adam([*encoder.parameters(), colours], lr=lr)
    history = []
    for k, soft in enumerate(anneal(*softness, iterations)):
        pictures = flat[rng.choice(len(flat), min(batch, len(flat)), replace=False)]
        optimizer.param_groups[0]["lr"] = lr * min(1.0, 3.0 * (1 - k / iterations))
        optimizer.zero_grad()
        drawn = Discs(radius, colours, canvas).draw(encoder(pictures), soft)
        loss = arrays.mean((drawn - pictures) ** 2)
        loss.backward()
        optimizer.step()
        history.append(float(loss.item()))
        if shown:
            shown(k, history[-1])
    look = Discs(radius, np.clip(colours.numpy(), 0.0, 1.0), canvas)
    some = flat[:: max(1, len(flat) // 64)]
    left = look.draw(encoder.places(some)) - some
    return Learned(encoder, look, float(np.mean(left**2)), history)


def _colours(pictures: np.ndarray, n: int, rng: np.random.Generator) -> np.ndarray:
    """First guesses: the colours of pixels that are unlike paper and unlike each other."""
    pixels = pictures.reshape(-1, 3)
    pixels = pixels[rng.choice(len(pixels), min(20_000, len(pixels)), replace=False)]
    found = np.ones((1, 3))
    for _ in range(n):
        apart = ((pixels[:, None] - found) ** 2).sum(-1).min(1)
        found = np.vstack([found, pixels[np.argmax(apart)]])
    return found[1:]
