"""Which exercise a cell belongs to, by the headings around it."""

from __future__ import annotations

import re
from typing import Any

from autograder.sanitise import grade_id

__all__ = ["headings"]

HEADING = re.compile(
    r"^(?P<depth>#+) +((?P<number>\d[\d.]*) +)?(?P<title>.*?)( *\([^()]*\))? *$", re.MULTILINE
)


def headings(source: Any) -> dict[str, tuple[str, str]]:
    """{name of a cell: (number, title) of the exercise it stands in}, in the lab's order.

    An exercise begins with a heading such as "### 3.2 The rest of arithmetic (3 points, 12 minutes)".
    Until one with a number comes, any heading after the lab's own serves; without one, the cell's name.
    """
    found: dict[str, tuple[str, str]] = {}
    current, seen = ("", ""), False
    for cell in source.cells:
        name = grade_id(cell)
        if name is not None:
            found[name] = current if any(current) else (name, "")
        elif cell.cell_type == "markdown":
            for line in HEADING.finditer(cell.source):
                if line["number"] or (not current[0] and (seen or len(line["depth"]) > 1)):
                    current = (line["number"] or "", line["title"])
                seen = True
    return found
