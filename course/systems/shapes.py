"""Shapes as signed distances: below zero inside, above zero outside, zero on the edge.

    distance ──cover──▶ how much of each pixel the shape covers ──paint──▶ picture

A shape is a function of the pixels' coordinates, so it is moved by moving the coordinates: a disc at
(a, b) is `disc(x - a, y - b, radius)`. Everything broadcasts: give the parameters of n shapes as
(n, 1, 1) and n pictures are made at once, and torch differentiates them like anything else.

`ellipse`, `triangle` and `band` are exact on the edge and good beside it, which is all that `cover`
looks at; far away they are not distances.
"""

from __future__ import annotations

import torch
from torch import Tensor

__all__ = ["band", "box", "cover", "disc", "ellipse", "mix", "paint", "triangle"]

SOFTNESS = 0.2  # of a pixel: the nearest to the share of a pixel's area that a straight edge leaves


def disc(x: Tensor, y: Tensor, radius: Tensor | float) -> Tensor:
    return torch.sqrt(x * x + y * y + 1e-12) - radius


def box(x: Tensor, y: Tensor, half: Tensor | float) -> Tensor:
    """A square of sides 2 `half`; its corners stay sharp outside too."""
    return torch.maximum(x.abs(), y.abs()) - half


def triangle(x: Tensor, y: Tensor, half: Tensor | float) -> Tensor:
    """As high as it is wide, 2 `half`, with its point at the smaller y and its base at y = half."""
    side = (2 * x.abs() - y - half) / 5**0.5
    return torch.maximum(side, y - half)


def ellipse(x: Tensor, y: Tensor, a: Tensor | float, b: Tensor | float) -> Tensor:
    """Half-widths a and b. How far the equation is from holding, over the length of its gradient."""
    q = torch.sqrt((x / a) ** 2 + (y / b) ** 2 + 1e-12)
    slope = torch.sqrt((x / a**2) ** 2 + (y / b**2) ** 2 + 1e-12)
    return (q - 1) * q / slope


def band(
    x: Tensor, y: Tensor, half: Tensor | float, bend: Tensor | float, thick: Tensor | float
) -> Tensor:
    """A stroke along y = bend (x / half)², from −half to half, thinner towards its ends."""
    along = x / half
    middle = (y - bend * along**2).abs() - thick * (1 - 0.6 * along**2)
    return torch.maximum(middle, x.abs() - half)


def cover(distance: Tensor, pixel: Tensor | float) -> Tensor:
    """How much of each pixel, of this width, is covered: from 0 to 1, and smooth."""
    return torch.sigmoid(-distance / (SOFTNESS * pixel))


def paint(picture: Tensor, colour: Tensor, covered: Tensor) -> Tensor:
    """The picture (n, 3, h, w) with a colour, (n, 3, 1, 1) or larger, where it is covered, (n, h, w)."""
    return picture + covered[:, None] * (colour - picture)


def mix(where: Tensor, stops: Tensor) -> Tensor:
    """The colour at `where`, (n,) from 0 to 1, on a scale of stops (k, 3); as (n, 3, 1, 1)."""
    place = where.clamp(0, 1) * (len(stops) - 1)
    left = place.detach().floor().clamp(max=len(stops) - 2).long()
    share = (place - left)[:, None]
    return ((1 - share) * stops[left] + share * stops[left + 1])[..., None, None]
