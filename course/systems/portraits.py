"""Faces drawn by a program with 28 numbers as inputs.

    who: identity (n, 14) ─┐
                           ├─ draw ──▶ pictures (n, 3, size, size)
    how: nuisance (n, 14) ─┘

The head is an egg with a face painted on it. A turn of the head moves the paint over the egg; light
falls on the egg, not on the paint. All shapes are signed distances (`course.systems.shapes`), so a
picture can be as large as one likes, and torch differentiates it by each of the 28 numbers.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from course.systems.shapes import band, cover, disc, ellipse, mix, paint

SIZE = 32
IDENTITY = (
    "head width", "jaw", "eye distance", "eye size", "eye height", "eye colour", "nose length",
    "nose width", "mouth width", "lips", "brows", "hair length", "hair colour", "skin",
)  # fmt: skip
NUISANCE = (
    "turn", "nod", "tilt", "right", "up", "nearer", "light from the right", "light from above",
    "light", "warmth", "smile", "brows up", "eyes open", "clothes",
)  # fmt: skip

# Scales of colours, from −1 to 1.
SKIN = torch.tensor(
    [[0.36, 0.22, 0.15], [0.56, 0.36, 0.24], [0.78, 0.56, 0.41], [0.91, 0.72, 0.57], [0.98, 0.84, 0.74]]
)  # fmt: skip
HAIR = torch.tensor(
    [[0.10, 0.08, 0.09], [0.27, 0.16, 0.10], [0.58, 0.24, 0.10], [0.88, 0.69, 0.36], [0.72, 0.72, 0.74]]
)  # fmt: skip
EYES = torch.tensor(
    [[0.20, 0.11, 0.06], [0.42, 0.27, 0.10], [0.22, 0.45, 0.26], [0.25, 0.48, 0.72]]
)
CLOTHES = torch.tensor(
    [[0.00, 0.45, 0.70], [0.00, 0.62, 0.45], [0.94, 0.89, 0.26], [0.84, 0.37, 0.00], [0.80, 0.47, 0.65]]
)  # fmt: skip
DARK = torch.tensor([0.08, 0.06, 0.08])[:, None, None]
WHITE = torch.tensor([0.98, 0.97, 0.95])[:, None, None]
ROSE = torch.tensor([0.86, 0.30, 0.28])[:, None, None]

Numbers = dict[str, Tensor]  # by name, each (n, 1, 1)


def people(count: int, rng: np.random.Generator) -> Tensor:
    """Identities (count, 14), each number from −1 to 1."""
    return torch.tensor(rng.uniform(-1, 1, (count, len(IDENTITY))), dtype=torch.float32)


def moments(count: int, rng: np.random.Generator) -> Tensor:
    """Nuisances (count, 14), each number from −1 to 1; all zero is a plain portrait."""
    return torch.tensor(rng.uniform(-1, 1, (count, len(NUISANCE))), dtype=torch.float32)


def draw(who: Tensor, how: Tensor, size: int = SIZE) -> Tensor:
    """Pictures (n, 3, size, size), from 0 to 1, of n identities at n moments. Raises ValueError."""
    for what, given, names in (("who", who, IDENTITY), ("how", how, NUISANCE)):
        if given.ndim != 2 or given.shape[1] != len(names) or len(who) != len(how):
            raise ValueError(
                f"draw needs `who` (n, {len(IDENTITY)}) and `how` (n, {len(NUISANCE)}) with the same "
                f"n, but {what} has shape {tuple(given.shape)}."
            )
    one = dict(zip(IDENTITY, who[:, :, None, None].unbind(1), strict=True))
    now = dict(zip(NUISANCE, how[:, :, None, None].unbind(1), strict=True))
    along = middles(size)
    down, across = torch.meshgrid(along, along, indexing="ij")

    # 1. From the picture to the body, shifted and scaled, and on to the tilted head; y points up.
    scale, tilt = 1 + 0.1 * now["nearer"], 0.22 * now["tilt"]
    pixel = 2 / size / scale
    x, body = (across - 0.12 * now["right"]) / scale, (-down - 0.1 * now["up"]) / scale
    x, y = x * tilt.cos() - body * tilt.sin(), x * tilt.sin() + body * tilt.cos()
    y = y - 0.02

    # 2. On the egg: (p, q, depth) is the point seen at (x, y), as on a ball of radius 1. Turned back,
    # it is the place on the paint, (a, c), in units of the picture.
    wide, high = 0.60 + 0.09 * one["head width"], 0.76
    taper = 1 - (0.17 - 0.13 * one["jaw"]) * torch.sigmoid(-6 * (y + 0.2))
    p, q = x / (wide * taper), y / high
    depth = torch.sqrt((1 - p * p - q * q).clamp(min=1e-4))
    turn, nod = 0.55 * now["turn"], 0.25 * now["nod"]
    a, b = p * turn.cos() - depth * turn.sin(), p * turn.sin() + depth * turn.cos()
    a, c = a * wide, (q * nod.cos() - b * nod.sin()) * high

    # 3. One on the other. Light falls on (p, q, depth), which is the egg's normal too.
    picture = behind(one, now, x, y, body, wide, turn, pixel)
    face = front(one, now, a, c, turn, pixel) * shade(now, p, q, depth)
    picture = paint(picture, face, cover(ellipse(x / taper, y, wide, high), pixel))
    warm = 0.08 * now["warmth"]
    lamp = 1 + torch.stack([warm, torch.zeros_like(warm), -warm], dim=1)
    return (picture * lamp * (1 + 0.2 * now["light"])[:, None]).clamp(0, 1)


def middles(size: int) -> Tensor:
    """Of `size` pixels, where they lie from −1 to 1."""
    return (torch.arange(size) + 0.5) * 2 / size - 1


def tone(numbers: Numbers, name: str, scale: Tensor) -> Tensor:
    """The colour (n, 3, 1, 1) that a number from −1 to 1 means."""
    return mix((numbers[name].flatten() + 1) / 2, scale)


def shade(now: Numbers, p: Tensor, q: Tensor, depth: Tensor) -> Tensor:
    """How bright a white egg would be, (n, 1, h, w): light from everywhere, and from one side."""
    right, above = 0.8 * now["light from the right"], 0.4 + 0.5 * now["light from above"]
    length = torch.sqrt(right**2 + above**2 + 1)
    return (0.45 + 0.6 * ((right * p + above * q + depth) / length).clamp(min=0))[:, None]


def behind(
    one: Numbers, now: Numbers, x: Tensor, y: Tensor, body: Tensor, wide: Tensor, turn: Tensor,
    pixel: Tensor,
) -> Tensor:  # fmt: skip
    """The wall, the hair, the neck, the clothes and the ears, (n, 3, h, w)."""
    skin, hair = tone(one, "skin", SKIN), tone(one, "hair colour", HAIR)
    cloth, down = tone(now, "clothes", CLOTHES), middles(y.shape[1])[:, None]
    wall = 0.6 + 0.3 * mix((1 - now["clothes"].flatten()) / 2, CLOTHES)
    picture = wall * (1 + 0.12 * down.expand(y.shape[1:]))
    reach = torch.where(y < 0.05, 0.94 + 0.35 * one["hair length"], torch.as_tensor(0.88))
    mop = ellipse(x + 0.1 * turn, y - 0.05, wide + 0.12, reach)
    picture = paint(picture, hair * (0.62 + 0.1 * down), cover(mop, pixel))
    picture = paint(picture, skin * 0.72, cover(torch.maximum(x.abs() - 0.24, body), pixel))
    picture = paint(picture, cloth, cover(ellipse(x, body + 1.12, 0.85, 0.36), pixel))
    for side in (-1, 1):
        ear = ellipse(x - side * 0.97 * wide + 0.1 * turn, y + 0.06, 0.1, 0.15)
        picture = paint(picture, skin * 0.8, cover(ear, pixel))
    return picture


def front(one: Numbers, now: Numbers, a: Tensor, c: Tensor, turn: Tensor, pixel: Tensor) -> Tensor:
    """What is painted on the egg: the face and the fringe, (n, 3, h, w), at the places (a, c)."""
    skin, hair = tone(one, "skin", SKIN), tone(one, "hair colour", HAIR)
    face = skin.expand(-1, 3, *a.shape[1:])

    def add(distance: Tensor, colour: Tensor, strength: float = 1.0) -> None:
        nonlocal face
        face = paint(face, colour, strength * cover(distance, pixel))

    # Eyes: white, iris, pupil, glint and lid; above them the brows, below them red cheeks.
    level, eye = 0.06 + 0.06 * one["eye height"], 0.105 + 0.03 * one["eye size"]
    opened, iris = eye * (0.85 + 0.3 * now["eyes open"]), tone(one, "eye colour", EYES)
    lift = now["brows up"]
    for side in (-1, 1):
        x, y = side * a - 0.25 - 0.06 * one["eye distance"], c - level
        blush = torch.exp(-(((side * a - 0.34) / 0.13) ** 2) - ((c + 0.22) / 0.1) ** 2)
        face = paint(face, ROSE, 0.3 * blush)
        inside = ellipse(x, y, 1.2 * eye, 0.95 * opened)
        add(ellipse(x, y, 1.25 * eye, opened), WHITE)
        add(torch.maximum(disc(x, y, 0.72 * eye), inside), iris)
        add(torch.maximum(disc(x, y, 0.40 * eye), inside), DARK)
        add(disc(side * x + 0.25 * eye, y - 0.25 * eye, 0.2 * eye), WHITE, 0.9)
        add(band(x, y - 0.9 * opened, 1.35 * eye, -0.6 * opened, 0.022), DARK, 0.8)
        brow = y - eye - 0.13 - 0.05 * lift
        add(band(x, brow, 0.17, -0.07 - 0.03 * lift, 0.032 + 0.018 * one["brows"]), hair * 0.6)

    # A nose stands out, so it moves more than the rest as the head turns.
    tip = level - 0.24 - 0.07 * one["nose length"]
    flare, x = 0.085 + 0.03 * one["nose width"], a - 0.1 * turn.sin()
    ridge = torch.sigmoid((c - tip) / 0.03) * torch.sigmoid((level - c) / 0.06)
    shadow = torch.exp(-(((x + 0.03) / (0.6 * flare)) ** 2)) * ridge
    face = paint(face, skin * 0.75, 0.25 * shadow)
    add(band(x, c - tip, flare, 0.05, 0.026), skin * 0.55, 0.9)

    smile = 0.4 + 0.7 * now["smile"]
    half, lips = 0.22 + 0.06 * one["mouth width"] + 0.03 * smile, 0.035 + 0.018 * one["lips"]
    y = c - tip + 0.17 + 0.03 * smile
    add(band(a, y, half, 0.09 * smile, lips), 0.55 * ROSE + 0.35 * skin)
    add(band(a, y, 0.95 * half, 0.09 * smile, 0.28 * lips), DARK, 0.55)

    fringe = 0.48 - 0.10 * one["hair length"] + 0.12 * a - 0.5 * a * a
    add(fringe - c, hair)
    return face


def snap(who: Tensor, how: Tensor, rng: np.random.Generator, noise: float = 0.03) -> Tensor:
    """`draw`, by a camera with grain: pictures (n, 3, 32, 32) of who at the moments how."""
    parts = zip(who.split(256), how.split(256), strict=True)  # at once, it would fill the memory
    shots = torch.cat([draw(*part) for part in parts])
    grain = torch.tensor(rng.normal(0, noise, shots.shape), dtype=torch.float32)
    return (shots + grain).clamp(0, 1)


def photograph(who: Tensor, views: int, rng: np.random.Generator) -> Tensor:
    """Pictures (persons, views, 3, 32, 32), each at a moment of its own."""
    how = moments(len(who) * views, rng)
    return snap(who.repeat_interleave(views, 0), how, rng).unflatten(0, (len(who), views))
