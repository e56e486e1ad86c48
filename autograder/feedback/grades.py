"""A student's marks and the reader's comments, from the gradebook into the notebook."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from nbformat import NotebookNode
from nbgrader.api import Gradebook, MissingEntry, SubmittedNotebook
from nbgrader.preprocessors import NbGraderPreprocessor

from autograder.sanitise import grade_id

__all__ = ["Grades", "Marks", "read_marks"]


@dataclass(frozen=True)
class Marks:
    """What the gradebook has for one student. `cells`: {name: (score, maximum)}, the score None
    where a person has yet to read the answer. `comments`: {name: what the reader wrote}."""

    penalty: float = 0.0
    cells: dict[str, tuple[float | None, float]] = field(default_factory=dict)
    comments: dict[str, str] = field(default_factory=dict)

    @property
    def score(self) -> float:
        """The points so far, late penalty taken off."""
        return max(0.0, sum(score or 0.0 for score, _ in self.cells.values()) - self.penalty)

    @property
    def max_score(self) -> float:
        return sum(most for _, most in self.cells.values())

    @property
    def waiting(self) -> float:
        """Points that wait for a reader."""
        return sum(most for score, most in self.cells.values() if score is None)


def read_marks(submitted: SubmittedNotebook) -> Marks:
    return Marks(
        penalty=float(submitted.late_submission_penalty or 0.0),
        cells={
            grade.name: (
                None if grade.needs_manual_grade else float(grade.score),
                float(grade.max_score),
            )
            for grade in submitted.grades
        },
        comments={
            comment.name: comment.comment for comment in submitted.comments if comment.comment
        },
    )


class Grades(NbGraderPreprocessor):
    """What nbgrader's `GetGrades` does, and it keeps apart what is zero and what nobody has read."""

    def preprocess(self, nb: NotebookNode, resources: Any) -> tuple[NotebookNode, Any]:
        ids = resources["nbgrader"]
        marks = resources.get("marks")
        if marks is None:
            with Gradebook(ids["db_url"]) as gradebook:
                try:
                    marks = read_marks(
                        gradebook.find_submission_notebook(
                            ids["notebook"], ids["assignment"], ids["student"]
                        )
                    )
                except MissingEntry:
                    marks = Marks()
            resources["marks"] = marks
        for cell in nb.cells:
            name = grade_id(cell)
            if name in marks.cells:
                score, most = marks.cells[name]
                cell.metadata.nbgrader.update(score=score, points=most)
            if name in marks.comments:
                cell.metadata.nbgrader["comment"] = marks.comments[name]
        return nb, resources
