"""One student's page: the mark, the explanations, and the notebook as it was marked.

It is one file that asks nothing of any other, and its own policy forbids the browser to load
anything or to run anything. What stands in it:

- the lab's own text, and its cells without their hidden tests;
- the student's answers and what their cells showed, contained as in the marked copy;
- of a graded cell the explanation, never what was printed while it was tested: a student's program
  is given the hidden cases' inputs, and may print them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbconvert.exporters import Exporter
from nbconvert.filters import strip_ansi
from nbformat import NotebookNode
from nbgrader.utils import is_grade, is_solution
from pygments.formatters import HtmlFormatter

from autograder.feedback.grades import Marks
from autograder.feedback.prose import (
    MOST_TEXT,
    code,
    formula,
    lab_text,
    one_page,
    student_text,
)
from autograder.harmless import contained
from autograder.leaks import cut_hidden
from autograder.panel import STYLE, number
from autograder.report.headings import headings
from autograder.sanitise import grade_id
from autograder.templates import template

__all__ = ["StudentPage", "render"]

HERE = Path(__file__).resolve().parent
BASE64 = re.compile(r"[A-Za-z0-9+/=\s]*")
HIDDEN_FAILED = "A test that is run at marking only failed."
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"


class StudentPage(Exporter):
    """nbconvert's exporter of the page; the marks come from `Grades`, which runs before it."""

    file_extension = ".html"
    output_mimetype = "text/html"

    def from_notebook_node(  # type: ignore[override]  # every exporter of text returns text
        self, nb: NotebookNode, resources: Any = None, **options: Any
    ) -> tuple[str, Any]:
        nb, resources = super().from_notebook_node(nb, resources, **options)
        return render(nb, resources["nbgrader"]["student"], resources["marks"]), resources


@dataclass
class Piece:
    """A cell, as the template shows it. `who`: the lab, the student, or the test."""

    anchor: str
    who: str
    body: Markup
    title: str = ""
    score: float | None = None
    points: float | None = None
    outputs: list[Markup] = field(default_factory=list)
    comment: Markup = Markup("")


@dataclass(frozen=True)
class Line:
    """A graded cell in the table of marks."""

    number: str
    title: str
    score: float | None
    points: float
    anchor: str

    @property
    def state(self) -> tuple[str, str, str]:
        """(CSS class, sign, word)."""
        if self.score is None:
            return "wait", "…", "not read yet"
        if self.score >= self.points:
            return "full", "✓", "all points"
        return ("part", "◐", "some points") if self.score > 0 else ("none", "✗", "no points")


def render(notebook: NotebookNode, student: str, marks: Marks) -> str:
    """The page's text."""
    own = [cell for cell in notebook.cells if _of_the_lab(cell)]
    # A student's heading could look like one of the lab's.
    named = headings(
        NotebookNode(cells=[c for c in notebook.cells if _of_the_lab(c) or grade_id(c)])
    )
    with one_page():
        pieces = [_piece(cell, named) for cell in notebook.cells]
    lines = [
        Line(*named.get(name, (name, "")), *marks.cells[name], cell["id"])
        for cell in notebook.cells
        if (name := grade_id(cell)) in marks.cells
    ]
    texts = "\n".join(cell.source for cell in own if cell.cell_type == "markdown")
    title = re.search(r"^# +(.+)$", texts, re.MULTILINE)
    return template(HERE, number=number).render(
        title=title[1] if title else "Feedback",
        student=student,
        marks=marks,
        lines=lines,
        pieces=pieces,
        policy=POLICY,
        style=Markup(_style()),
    )


def _of_the_lab(cell: NotebookNode) -> bool:
    """Whether the lab's author wrote it, by marks that only rebuilding sets."""
    locked = cell.metadata.get("nbgrader", {}).get("locked")
    return bool(locked) or cell.metadata.get("autograder") == "the lab's own text"


def _style() -> str:
    own = (HERE / "page.css").read_text(encoding="utf-8")
    return f"{own}\n{STYLE}\n{HtmlFormatter(style='default').get_style_defs('pre.code')}"


def _piece(cell: NotebookNode, named: dict[str, tuple[str, str]]) -> Piece:
    grader = cell.metadata.get("nbgrader", {})
    tested = is_grade(cell) and not is_solution(cell)
    locked = _of_the_lab(cell)
    piece = Piece(
        anchor=cell["id"],
        who="test" if tested else "lab" if locked else "student",
        body=Markup(_body(cell, locked, tested)),
        score=grader.get("score"),
        points=grader.get("points"),
    )
    if is_solution(cell):
        piece.title = "your answer"
    if tested and cell.cell_type == "code":
        piece.title = " ".join(named.get(grade_id(cell) or "", ("", ""))).strip()
        piece.outputs = [Markup(shown) for each in cell.outputs if (shown := _verdict(cell, each))]
    elif cell.cell_type == "code":
        piece.outputs = [Markup(shown) for each in cell.outputs if (shown := _shown(each))]
    if comment := grader.get("comment"):
        piece.comment = Markup(student_text(comment))
    return piece


def _body(cell: NotebookNode, locked: bool, tested: bool) -> str:
    if cell.cell_type == "code":
        return f'<pre class="code">{code(cut_hidden(cell.source) if tested else cell.source)}</pre>'
    if cell.cell_type == "markdown" and locked and not is_solution(cell):
        return lab_text(cell.source)
    return student_text(cell.source, cell.get("attachments"))


def _verdict(cell: NotebookNode, output: NotebookNode) -> str:
    """What a graded cell tells the student: the panel, or the message of a test that failed. These
    outputs are the judge's."""
    if output.output_type == "display_data" and "text/html" in output.data:
        return output.data["text/html"].replace(f"<style>{STYLE}</style>", "")
    if output.output_type != "error":
        return ""
    hidden = cell.metadata.get("autograder") == {"hidden": True}
    return _text(HIDDEN_FAILED if hidden else "\n".join(output.traceback) or output.evalue)


def _shown(output: NotebookNode) -> str:
    """What a student's own cell showed."""
    if output.output_type == "stream":
        return _text(output.text)
    if output.output_type == "error":
        return _text("\n".join(output.traceback) or f"{output.ename}: {output.evalue}")
    data = output.get("data", {})
    if "text/html" in data:
        return contained(data["text/html"])
    for mime in ("image/png", "image/jpeg"):
        if mime in data and BASE64.fullmatch(data[mime]):
            return f'<img alt="a figure" src="data:{mime};base64,{"".join(data[mime].split())}">'
    if "text/markdown" in data:
        return student_text(data["text/markdown"])
    if "text/latex" in data:
        return formula(data["text/latex"].strip().strip("$"))
    return _text(data.get("text/plain", ""))


def _text(text: str) -> str:
    if len(text) > MOST_TEXT:
        text = f"{text[:MOST_TEXT]}\n… the rest is left out"
    return str(Markup('<pre class="shown">{}</pre>').format(strip_ansi(text))) if text else ""
