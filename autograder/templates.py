"""Where pages get their text: Jinja templates in which whatever is put in is escaped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import jinja2

__all__ = ["template"]


def template(folder: Path, **filters: Callable[..., Any]) -> jinja2.Template:
    """The page.html.j2 of this folder. A name that it lacks is an error, not an empty place."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(folder),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(filters)
    return environment.get_template("page.html.j2")
