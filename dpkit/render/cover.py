"""From distances to pictures: how much of a pixel is covered, and what lies over what.

A pixel is inside a shape or outside: a step, flat on both sides, with no slope to follow. Here the
step is a logistic function of the signed distance. Its *softness*, in the unit of the distance, is
the temperature of `dpkit.relax`: 0.18 pixels look as if the pixel's area had been measured; several
pixels let a shape be felt from afar.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dpkit import arrays, functions
from dpkit.backends import shape_of
from dpkit.relax.given import alike, need_positive

__all__ = ["coverage", "glow", "over", "soft_or"]


def coverage(distance: Any, softness: Any) -> Any:
    """How much of each pixel a shape covers, from 0 to 1: ``sigmoid(-distance / softness)``.

    distance: signed, any shape. softness: positive, in the unit of the distance; 0.18 pixels come
    closest to the covered area of a straight border, over all its places and directions.

    The hard version is ``distance < 0``, averaged over many points in each pixel.
    """
    need_positive("softness", softness)
    return functions.sigmoid(-distance / softness)


def glow(distance: Any, width: Any) -> Any:
    """A stroke with a soft border: ``exp(-(distance / width)²)``, as of a pen that bleeds.

    distance: from a line, never negative. width: positive, in the same unit.
    """
    need_positive("width", width)
    return functions.exp(-functions.square(distance / width))


def soft_or(covered: Any, axis: int = 0) -> Any:
    """Covered by one or more, if they cover independently: ``1 - ∏ (1 - covered)``.

    In any order, and at least the largest of them; for 0 and 1 it is "or".
    """
    return 1.0 - arrays.prod(1.0 - covered, axis=axis)


def over(layers: Sequence[tuple[Any, Any]], background: Any = 1.0) -> Any:
    """Paint layers over each other, the first one at the bottom (Porter & Duff 1984).

    layers: pairs of coverage (height, width) and colour: a number, or (channels,).
    background: a number, a colour (channels,), or a picture.

    Returns (height, width) or (height, width, channels).
    """
    picture = np.asarray(background, float) if isinstance(background, (tuple, list)) else background
    for covered, colour in layers:
        if shape_of(colour):
            covered = arrays.expand_dims(covered, -1)
        if isinstance(picture, np.ndarray):
            picture = alike(picture, covered)
        picture = picture + covered * (colour - picture)
    return picture
