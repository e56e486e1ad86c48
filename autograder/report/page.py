"""The report as one HTML file that asks nothing of any other.

What students wrote is in it, so everything is escaped by the template, and the page's own policy
forbids the browser to load anything or to run any script but the one whose digest it names.
"""

from __future__ import annotations

import base64
import hashlib
import os
import re
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from markupsafe import Markup, escape

from autograder.panel import number, show, words
from autograder.report import figures
from autograder.report.classroom import FEWEST, SLOW, Class
from autograder.report.mistakes import Case
from autograder.report.standing import REASONS
from autograder.store import write as write_file
from autograder.templates import template

__all__ = ["write"]

HERE = Path(__file__).resolve().parent
MOST_CASES = 12  # students whose lines are shown; the links lead to the others
MOST_PAIRS = 25
MOST_LINES, MOST_WIDTH = 80, 120  # of an answer beside another


def write(results: Class, folder: Path) -> Path:
    """Write report.html into `folder`; returns its path."""
    path = folder / "report.html"
    write_file(path, render(results, folder).encode(errors="replace"))  # a folder may have any name
    return path


def render(results: Class, folder: Path) -> str:
    """The page's text. `folder` is where it will lie: links to the notes start from there."""
    page = template(
        HERE,
        number=number,
        show=_show,
        words=words,
        prose=_prose,
        seconds=_seconds,
        excerpt=_excerpt,
    )
    now = datetime.now()
    script = (HERE / "page.js").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return page.render(
        results=results,
        habits=results.habits(),
        mistakes=results.mistakes(),
        most=MOST_CASES,
        work=lambda case: _work(case, folder),
        attention=results.attention(),
        reasons=REASONS,
        fewest=FEWEST,
        outcomes=figures.OUTCOMES,
        typical=results.typical_seconds,
        slowness=SLOW,
        slow=results.slow(),
        most_pairs=MOST_PAIRS,
        unmarked=len(results.standings) - len(results.marked),
        sandboxes=sorted({standing.sandbox for standing in results.marked if standing.sandbox}),
        distribution=Markup(figures.distribution(results)) if results.marked else "",
        success=Markup(figures.success(results)) if results.marked else "",
        reread=lambda place: _link(place, results.notes, folder),
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup(script),
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        written=f"{now.day} {now:%B %Y, %H:%M}",
    )


def _link(place: str, notes: Path, folder: Path) -> str:
    """The way from the page to a section of the notes; "" when there are no such notes."""
    file, _, anchor = place.partition("#")
    if not file or Path(file).name != file or not (notes / file).is_file():
        return ""
    way = quote(Path(os.path.relpath(notes / file, folder.resolve())).as_posix())
    return f"{way}#{quote(anchor)}" if anchor else way


def _work(case: Case, folder: Path) -> str:
    """The way from the page to the student's cell in the marked notebook; "" where there is none.

    Jupyter's pages and JupyterLab know a cell by the same fragment."""
    if case.copy is None:
        return ""
    way = quote(Path(os.path.relpath(case.copy, folder.resolve())).as_posix())
    return f"{way}#cell-id={quote(case.place.cell.anchor)}" if case.place else way


def _show(value: object) -> str:
    return show(value, width=140)


def _seconds(value: float) -> str:
    return (
        f"{value:.0f} s"
        if value >= 10
        else f"{value:.1f} s"
        if value >= 1
        else f"{1000 * value:.0f} ms"
    )


def _excerpt(source: str) -> str:
    lines = [
        f"{line[:MOST_WIDTH]} …" if len(line) > MOST_WIDTH else line for line in source.split("\n")
    ]
    left = len(lines) - MOST_LINES
    return "\n".join([*lines[:MOST_LINES], *([f"… and {left} more lines"] if left > 0 else [])])


def _prose(text: str, most: int = 320) -> Markup:
    """A sentence that may hold `code` between backticks."""
    text = text if len(text) <= most else f"{text[:most].rstrip()} …"
    parts = re.split(r"`([^`]+)`", text)
    parts[1::2] = [Markup("<code>{}</code>").format(code) for code in parts[1::2]]
    return Markup("").join(escape(part) for part in parts)
