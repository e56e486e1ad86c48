"""Drawings and descents as moving pictures, that stand still until they are clicked.

Neither needs a script or another program: a drawing is an SVG whose strokes are drawn one after the
other by CSS, a film is one PNG of all frames, one above the other, of which a window shows one.
"""

from __future__ import annotations

import base64
import hashlib
import html
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["Film", "drawn_strokes", "png"]


def png(picture: Any) -> bytes:
    """A picture, brightnesses (height, width) or colours (height, width, 3) from 0 to 1, as the
    contents of a PNG file."""
    picture = np.asarray(picture, float)
    if picture.ndim not in (2, 3) or (picture.ndim == 3 and picture.shape[2] != 3):
        raise ValueError(
            "A picture is an array (height, width) or (height, width, 3), but this one has the shape "
            f"{picture.shape}."
        )
    values = np.round(255 * np.clip(picture, 0, 1)).astype(np.uint8)
    height, width = values.shape[:2]
    rows = values.reshape(height, -1)
    body = np.concatenate([np.zeros((height, 1), np.uint8), rows], axis=1).tobytes()

    def chunk(kind: bytes, data: bytes) -> bytes:
        check = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", check)

    header = struct.pack(">IIBBBBB", width, height, 8, 2 if values.ndim == 3 else 0, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(body, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in parts)


class Film:
    """Pictures of one size, shown as a film in a notebook: the last one stands still; a click runs
    through all of them, once.

        fit = render.fit_scene(kinds, photograph, canvas)
        render.Film([render.render(kinds, p, canvas) for p in fit.history], "Three shapes are found.")

    pictures: (n, height, width) or (n, height, width, 3), from 0 to 1. text: what is to be seen, for
    those who do not see it. width: on the screen, in its pixels. seconds: how long it runs.

    Raises ValueError without a picture, and for pictures of different sizes.
    """

    def __init__(
        self, pictures: Sequence[Any], text: str, width: int = 320, seconds: float = 6.0
    ) -> None:
        shapes = {np.shape(picture) for picture in pictures}
        if len(shapes) != 1:
            raise ValueError(
                f"A film needs pictures of one size, but there are {len(shapes)} sizes: "
                f"{', '.join(map(str, sorted(shapes))) or 'no picture at all'}."
            )
        self.pictures = np.array([np.asarray(picture, float) for picture in pictures])
        self.text, self.width, self.seconds = text, width, seconds

    def __str__(self) -> str:
        return f"{self.text} ({len(self.pictures)} pictures)"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        count, height, width = self.pictures.shape[:3]
        strip = png(self.pictures.reshape(count * height, *self.pictures.shape[2:]))
        name = "film-" + hashlib.sha1(strip).hexdigest()[:8]
        high = round(self.width * height / width)
        label = html.escape(self.text, quote=True)
        return (
            f"<div><input type='checkbox' id='{name}'><label for='{name}'> run the film</label>"
            f"<style>@keyframes {name} {{ from {{ background-position-y: 0; }}"
            f" to {{ background-position-y: 100%; }} }}"
            "@media (prefers-reduced-motion: no-preference) {"
            f" #{name}:checked ~ .frame {{ animation: {name} {self.seconds:g}s"
            f" steps({max(1, count - 1)}) forwards; }} }}"
            f"</style><div class='frame' role='img' aria-label='{label}' style='"
            f"width: {self.width}px; height: {high}px; image-rendering: pixelated;"
            f" background: url(data:image/png;base64,{base64.b64encode(strip).decode()})"
            f" 0 100% / 100% {count * 100}%'></div></div>"
        )

    def save(self, path: str | Path) -> None:
        """Write the film as a page of its own; the name should end in .html."""
        page = f"<!doctype html><meta charset='utf-8'><title>{html.escape(self.text)}</title>"
        Path(path).write_text(page + self._repr_html_(), encoding="utf-8")


def drawn_strokes(svg: str, count: int, seconds: float = 8.0) -> str:
    """An SVG of lines with the classes "stroke" and the styles "--k: …" (which one it is), with a box
    whose click draws them one after the other. Where movement is unwanted, nothing moves."""
    name = "draw-" + hashlib.sha1(svg.encode()).hexdigest()[:8]
    return (
        f"<div><input type='checkbox' id='{name}'><label for='{name}'> draw it</label>"
        f"<style>@keyframes {name} {{ from {{ stroke-dashoffset: 1; }} to {{ stroke-dashoffset: 0; }} }}"
        "@media (prefers-reduced-motion: no-preference) {"
        f" #{name}:checked ~ svg .stroke {{ stroke-dasharray: 1 1; animation: {name} 0.3s both;"
        f" animation-delay: calc(var(--k) * {seconds / max(1, count):.4f}s); }} }}"
        f"</style><br>{svg}</div>"
    )
