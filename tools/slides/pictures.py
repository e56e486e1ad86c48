"""Figures as data inside the page, so that a deck is one file.

As an <img>, a drawing keeps its own styles and identifiers to itself, and can run no script.
"""

from __future__ import annotations

import base64
import html
from pathlib import Path

from tools.slides.frames import SlideError

KINDS = {
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".webp": "image/webp",
}


def picture(source: str, alternative: str, folder: Path) -> str:
    """An <img> with the file itself in it; `source` is a path relative to `folder`.

    Raises SlideError if there is no such file, if it is no picture, or if it has no alternative.
    """
    if not alternative.strip():
        raise SlideError(
            f"the picture {source} has no text alternative; write ![what it shows]({source})."
        )
    path = folder / source
    if path.suffix.lower() not in KINDS:
        raise SlideError(f"{source} is none of the kinds of picture known: {', '.join(KINDS)}.")
    if not path.is_file():
        raise SlideError(f"there is no picture {source} (it is looked for beside the deck).")
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    kind = KINDS[path.suffix.lower()]
    return f'<img src="data:{kind};base64,{data}" alt="{html.escape(alternative)}">'
