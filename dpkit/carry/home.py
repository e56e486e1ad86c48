"""Where your engines live: one folder `mylab/` beside all the labs."""

from __future__ import annotations

import os
import re
from pathlib import Path

__all__ = ["home"]

HEIGHT = 3  # folders to climb: a notebook lies in labs/lab03_reverse_mode/, and labs/ in the course


def home() -> Path:
    """The nearest `mylab/` at or above the working folder; where there is none, its place to be.

    That is beside the labs' folders: in the parent of a folder that is called like a lab, otherwise
    in the working folder itself. `load` and `save` of all labs meet there.
    """
    here = Path.cwd()
    for folder in [here, *here.parents][: HEIGHT + 1]:
        if (folder / "mylab").is_dir():
            return folder / "mylab"
    beside = re.match(r"lab\d\d", here.name) and os.access(here.parent, os.W_OK)
    return (here.parent if beside else here) / "mylab"
