"""The marked copy of a notebook, made fit to be opened: nothing in it acts, and nothing in it takes a
reader's browser, or formgrader, longer to show than it is worth.

pygments takes a minute for 50 000 characters that are chosen well, and the square of that for more;
Markdown can be written so, too. So a copy shows a student's text as far as a person would read it.
What was marked is all of it.
"""

from __future__ import annotations

import re

from nbformat import NotebookNode

from autograder.harmless import harmless_text, without_line_ends

__all__ = ["LONGEST_CELL", "is_locked", "readable_copy"]

LONGEST_CELL, LONGEST_LINE = 50_000, 1_000  # characters of a student's code that are shown
MOST_CODE = 200_000  # in one notebook
LONGEST_TEXT, MOST_TEXT = (
    10_000,
    100_000,
)  # of Markdown that is set; what is more stands as it was typed


def readable_copy(notebook: NotebookNode) -> None:
    """Change what is a student's in a marked notebook, in place."""
    code, prose = MOST_CODE, MOST_TEXT
    notebook.metadata.get("language_info", {}).pop(
        "pygments_lexer", None
    )  # other languages in Python
    for cell in notebook.cells:
        if is_locked(cell) or "autograder" in cell.metadata:
            continue
        if cell.cell_type == "code":
            cell.source = _code(cell.source, min(code, LONGEST_CELL))
            code -= len(cell.source)
        else:
            cell.source = _text(harmless_text(cell.source), min(prose, LONGEST_TEXT))
            prose -= len(cell.source)


def is_locked(cell: NotebookNode) -> bool:
    """Whether it is the teacher's, for nbgrader."""
    return bool(cell.metadata.get("nbgrader", {}).get("locked"))


def _code(source: str, room: int) -> str:
    cut = source[: max(room, 0)]
    lines = [
        line if len(line) <= LONGEST_LINE else f"{line[:LONGEST_LINE]} # … and so on"
        for line in without_line_ends(cut).split("\n")
    ]
    if len(cut) < len(source):
        more = f"{len(source) - len(cut):,}".replace(",", " ")
        lines.append(f"# … {more} characters more, which were run, and are left out of this copy")
    return "\n".join(lines)


def _text(text: str, room: int) -> str:
    """Markdown; beyond `room` as plain text, with nothing left out."""
    if len(text) <= room:
        return text
    fence = "~" * (3 + max(map(len, re.findall("~+", text)), default=0))
    return f"{fence}\n{text}\n{fence}"
