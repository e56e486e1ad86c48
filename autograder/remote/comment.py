"""What a test says to the judge, in a comment that a notebook passes over.

    # judge: operators Dual, sin

names those of the student's classes and functions whose results may be used in arithmetic."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["operators"]

LINE = re.compile(r"^[ \t]*#[ \t]*judge:[ \t]*(\w+)[ \t]*(.*)$", re.MULTILINE)


def operators(sources: Iterable[str]) -> frozenset[str]:
    """The names listed in the comments of these cells. Raises `ValueError` for a comment that means
    nothing, so that a misspelt one is found when the lab is built."""
    names: set[str] = set()
    for source in sources:
        for word, rest in LINE.findall(source):
            listed = [name for name in re.split(r"[,\s]+", rest.strip()) if name]
            if word != "operators" or not listed or not all(map(str.isidentifier, listed)):
                raise ValueError(
                    f"the comment `# judge: {word} {rest}` means nothing to the judge; write "
                    "`# judge: operators Name, Name`"
                )
            names.update(listed)
    return frozenset(names)
