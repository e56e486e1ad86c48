"""Going backwards in one step: networks that learn to invert what can be computed forwards.

A renderer takes a scene to a picture; a network is to take the picture to the scene. Nobody has to
say what the right scenes are: what the network answers is drawn, and the picture is compared
(*forward consistency*). Such a network is quick and nearly right, and a descent needs just that, a
first guess that is nearly right. Together they are both quick and exact.

Learning from pairs of pictures and scenes (*regression*) fails where two scenes make one picture: the
mean of two right answers is none. For y = x², it learns 0 for every y.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.nn import MLP, Linear, ReLU, Sequential
from dpkit.nn.module import Module
from dpkit.optim import Adam
from dpkit.render.canvas import Canvas
from dpkit.render.cover import coverage
from dpkit.render.fit import Fit, need_picture, refine
from dpkit.render.scene import SHAPES, need_kind, render
from dpkit.tensor import no_grad, tensor

__all__ = ["Encoder", "distances", "encode_and_refine", "learn_inverse", "train_encoder"]


def distances(kind: str, at: Any, facing: Any, size: Any, canvas: Canvas) -> Any:
    """Signed distances from one shape, in many pictures at once: (n, height, width).

    at: (n, 2). facing: (n, 2), the direction in which the shape's own x axis points, of any length
    but 0: unlike an angle it has no jump. size: (n,).

    Raises ValueError for a kind that is not in `SHAPES`.
    """
    need_kind(kind)
    facing = facing / arrays.expand_dims(
        functions.sqrt(arrays.sum(facing * facing, -1) + 1e-12), -1
    )
    away = canvas.points() - at[:, None, None, :]
    x, y = away[..., 0], away[..., 1]
    c, s, size = facing[:, 0, None, None], facing[:, 1, None, None], size[:, None, None]
    own = arrays.stack([(c * x + s * y) / size, (c * y - s * x) / size], -1)
    return SHAPES[kind](own) * size


class Encoder(Module):
    """From pictures (n, height, width) of one shape, 1 where it is and 0 elsewhere, to scenes: at
    (n, 2), facing (n, 2), size (n,)."""

    def __init__(
        self, kind: str, canvas: Canvas, sizes: tuple[float, float], hidden: int = 256, rng: int = 0
    ) -> None:
        pixels = canvas.height * canvas.width
        self.net = Sequential(
            Linear(pixels, hidden, rng=rng), ReLU(),
            Linear(hidden, hidden, rng=rng + 1), ReLU(),
            Linear(hidden, 5, rng=rng + 2),
        )  # fmt: skip
        self.kind, self.canvas, self.sizes = kind, canvas, sizes

    def forward(self, pictures: Any) -> tuple[Any, Any, Any]:
        out = self.net(arrays.reshape(pictures, (len(pictures), -1)))
        low, high = self.sizes
        size = low + (high - low) * functions.sigmoid(out[:, 4])
        return functions.tanh(out[:, :2]), out[:, 2:4], size

    def scene(self, picture: np.ndarray) -> dict[str, np.ndarray]:
        """What a picture (height, width, 3) of a black shape on white shows, as `render` takes it."""
        with no_grad():
            at, facing, size = self(tensor(1 - np.mean(picture, axis=-1)[None]))
        turn = np.arctan2(facing.data[:, 1], facing.data[:, 0])
        return {"at": at.data, "turn": turn, "size": size.data, "colour": np.zeros((1, 3))}


def encode_and_refine(encoder: Encoder, picture: np.ndarray, turns: int = 8, tries: int = 3) -> Fit:
    """The scene of a picture (height, width, 3) of a black shape on white: first by the network in one
    step, then by descent. The turn is where a network errs most, as a turned shape hides a descent
    from the other turns: so `turns` of them are looked at, the best `tries` are refined, and the one
    whose picture comes closest is refined once more, with several places a pixel.

    Raises ValueError for a picture of another size than the encoder's canvas, or with a number that is
    not finite.
    """
    need_picture(picture, encoder.canvas)
    guess, kinds, canvas = encoder.scene(picture), (encoder.kind,), encoder.canvas

    def loss(turn: float) -> float:
        drawn = render(kinds, {**guess, "turn": guess["turn"] + turn}, canvas, 1.0)
        return float(np.mean((drawn - picture) ** 2))

    best = sorted(2 * np.pi / turns * np.arange(turns), key=loss)[:tries]
    starts = [{**guess, "turn": guess["turn"] + turn} for turn in best]
    fits = [refine(kinds, picture, canvas, start, (1.0, 0.2)) for start in starts]
    rank = min(range(len(fits)), key=lambda k: fits[k].loss)
    last = refine(kinds, picture, canvas, fits[rank].parameters, (0.09,))
    return Fit(last.parameters, last.loss, rank, fits[rank].history + last.history[1:])


def train_encoder(
    kind: str, canvas: Canvas, sample: Callable[[np.random.Generator], dict[str, np.ndarray]], *,
    sizes: tuple[float, float] = (0.15, 0.6), steps: int = 500, batch: int = 16, pool: int = 1000,
    seed: int = 0, softness: tuple[float, float] = (3.0, 0.5),
    callback: Callable[[int, float], Any] | None = None,
) -> Encoder:  # fmt: skip
    """An encoder that has learnt from pictures alone: what it answers is drawn and compared.

    kind: one that looks different after every turn, such as "arrow"; else the turn is a guess.
    sample: draws a scene of one shape, {"at": (1, 2), "turn": (1,), "size": (1,)}; the network only
        ever sees its picture.
    pool: of how many pictures it learns, batch by batch.
    softness: at first and in the end, in pixels.
    callback: called with each step's number and loss; ends the training by returning True.
    """
    rng = np.random.default_rng(seed)
    encoder = Encoder(kind, canvas, sizes, rng=seed)
    adam = Adam(encoder.parameters(), lr=1e-3)
    scenes = [sample(rng) for _ in range(pool)]
    at, turn, size = (np.concatenate([s[name] for s in scenes]) for name in ("at", "turn", "size"))
    facing = np.stack([np.cos(turn), np.sin(turn)], -1)
    known = np.concatenate([
        distances(kind, at[k : k + 100], facing[k : k + 100], size[k : k + 100], canvas)
        for k in range(0, pool, 100)
    ])  # fmt: skip
    for step in range(steps):
        done = step / steps
        soft = canvas.pixel * softness[0] * (softness[1] / softness[0]) ** min(1.0, 1.5 * done)
        adam.param_groups[0]["lr"] = 1e-3 * 0.5 * (1 + np.cos(np.pi * done))
        there = known[rng.integers(pool, size=batch)]
        at, facing, size = encoder(tensor(coverage(there, 0.18 * canvas.pixel)))
        drawn = coverage(distances(kind, at, facing, size, canvas), soft)
        difference = drawn - coverage(there, soft)
        adam.zero_grad()
        loss = arrays.mean(difference * difference)
        loss.backward()
        adam.step()
        if callback and callback(step, float(loss.item())):
            break
    return encoder


def learn_inverse(
    forward: Callable[[Any], Any], sample: Callable[[np.random.Generator], np.ndarray], *,
    consistent: bool = True, hidden: int = 32, steps: int = 800, batch: int = 64, seed: int = 0,
) -> Callable[[Any], np.ndarray]:  # fmt: skip
    """A function g with forward(g(y)) = y, learnt by a small network.

    forward: computes y from x, element by element, for arrays and tensors. sample: draws an x, or some.
    batch: how many times `sample` is asked for each step.
    consistent: True compares forward(g(y)) with y; False compares g(y) with the x that y came from,
        which learns the *mean* of all x that make the same y.
    """
    rng = np.random.default_rng(seed)
    net = MLP((1, hidden, hidden, 1), rng=seed)
    adam = Adam(net.parameters(), lr=0.01)
    for step in range(steps):
        adam.param_groups[0]["lr"] = 0.005 * (1 + np.cos(np.pi * step / steps))
        x = np.concatenate([np.ravel(sample(rng)) for _ in range(batch)])
        y = forward(x)
        answer = net(tensor(y[:, None]))[:, 0]
        difference = forward(answer) - y if consistent else answer - x
        loss = arrays.mean(difference * difference)
        adam.zero_grad()
        loss.backward()
        adam.step()

    def inverse(y: Any) -> np.ndarray:
        with no_grad():
            values = np.asarray(y, float)
            return net(tensor(values.reshape(-1, 1))).data.reshape(values.shape)

    return inverse
