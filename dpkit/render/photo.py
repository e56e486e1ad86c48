"""Photographs: read from a file, made small, and seen from further away."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dpkit import arrays
from dpkit.relax.given import alike, need_positive

__all__ = ["blur", "brightness", "photograph"]


def photograph(path: str | Path, size: int = 96, colour: bool = False) -> np.ndarray:
    """The brightnesses (height, width), 0 to 1, or the colours (height, width, 3), of a picture in a
    file: a PNG, a JPEG, or what else Pillow reads.

    size: the picture is made smaller until its longer side has so many pixels, each the mean of what it
        covers. A smaller one stays as it is.

    It comes upright, as the camera says which way it was held. What is transparent shows white paper.

    Raises FileNotFoundError where there is no such file, another OSError for one that is no picture.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    if not Path(path).is_file():
        raise FileNotFoundError(f"There is no picture {str(path)!r} in {Path.cwd()}.")
    if size < 1:
        raise ValueError(f"A picture has at least one pixel each way, but the size is {size}.")
    try:
        with Image.open(path) as file:
            image = ImageOps.exif_transpose(file)
            deep = image.mode.startswith("I")  # 16 bits, of one grey
            if deep:
                image = Image.fromarray(np.asarray(image, np.float32) / 65535)
            else:
                image = image.convert("RGBA")
    except (UnidentifiedImageError, OSError, SyntaxError) as problem:
        raise OSError(
            f"The file {str(path)!r} cannot be read as a picture ({problem}). PNG and JPEG files can; a "
            "telephone's .heic has to be saved as one of them first."
        ) from problem
    ratio = min(1.0, size / max(image.size))
    sides = [max(1, round(n * ratio)) for n in image.size]
    image = image.resize(sides, Image.Resampling.BOX)
    values = np.asarray(image, float)
    if not deep:
        values = 1 - values[..., 3:] / 255 * (1 - values[..., :3] / 255)
    if colour:
        return values if values.ndim == 3 else np.repeat(values[..., None], 3, axis=2)
    return brightness(values)


def brightness(picture: np.ndarray) -> np.ndarray:
    """How bright colours (height, width, 3) look, (height, width): green counts most, blue least (ITU-R
    BT.709). What is grey already stays."""
    return picture @ [0.2126, 0.7152, 0.0722] if picture.ndim == 3 else picture


def blur(picture: Any, width: float) -> Any:
    """The picture seen from further away: a Gaussian of standard deviation `width`, in pixels, whose
    weights add to 1 at the edges, too. picture: (height, width), or (height, width, channels)."""
    need_positive("width of a blur", width)
    if len(picture.shape) == 3:
        channels = [blur(picture[..., c], width) for c in range(picture.shape[2])]
        return arrays.stack(channels, -1)

    def matrix(n: int) -> Any:
        weights = np.exp(-0.5 * ((np.arange(n)[:, None] - np.arange(n)) / width) ** 2)
        return alike(weights / weights.sum(axis=1, keepdims=True), picture)

    rows, columns = picture.shape
    return arrays.matmul(arrays.matmul(matrix(rows), picture), matrix(columns).T)
