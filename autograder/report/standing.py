"""What is known of one student: the gradebook's marks, what the judge noted, what was handed in."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import SubmittedAssignment

from autograder.course import Course
from autograder.report.mistakes import UNANSWERED
from autograder.report.places import Written, written
from autograder.result import Result
from autograder.sanitise import BadSubmission, load_submission, rebuild

__all__ = [
    "NOTEBOOK",
    "REASONS",
    "Column",
    "Remark",
    "Standing",
    "column_of",
    "explain",
    "marked_copy",
    "of_submission",
    "standing_of",
    "unmarked",
]

NOTEBOOK = "lab.ipynb"

# Why somebody is on the list of those to look at, the most pressing first.
REASONS = ("not marked", "no sandbox", "worth a look", "stopped", "repaired", "late")


@dataclass(frozen=True)
class Column:
    """One graded cell of the lab. `written`: a person reads it."""

    name: str
    number: str
    title: str
    max_score: float
    written: bool

    @property
    def label(self) -> str:
        return f"{self.number} {self.title}".strip()

    @property
    def short(self) -> str:
        """The number, or, of an exercise that has none, the title, or the name of the cell."""
        return self.title or self.name if self.number == self.name else self.number


@dataclass(frozen=True)
class Remark:
    """A reason to look at a submission: one of `REASONS`, and a sentence."""

    reason: str
    sentence: str


@dataclass
class Standing:
    """One student. A score is None while a person has yet to read that answer, or nothing is marked."""

    student: str
    marked: bool
    scores: dict[str, float | None]  # by the name of the graded cell
    score: float = 0.0  # so far, late penalty taken off
    penalty: float = 0.0  # points taken off for being late, as nbgrader's policy has it
    waiting: float = 0.0  # points that wait for a reader
    untouched: frozenset[str] = frozenset()  # written answers left as they were given out
    sandbox: str = ""
    seconds: float | None = None  # that the judge took
    results: dict[str, Result] = field(default_factory=dict)  # by the name of the graded cell
    remarks: list[Remark] = field(default_factory=list)
    code: dict[str, Written] = field(default_factory=dict)  # by the name of the graded cell
    copy: Path | None = None  # the marked notebook: its feedback page, where there is one

    def reasons(self) -> dict[str, list[str]]:
        """{reason: sentences} of the remarks."""
        reasons: dict[str, list[str]] = {}
        for remark in self.remarks:
            reasons.setdefault(remark.reason, []).append(remark.sentence)
        return reasons

    def outcome(self, column: Column) -> str:
        """How it went: full, part, none, unanswered (blank, or never reached), or waiting."""
        score = self.scores.get(column.name)
        if score is None:
            return "waiting"
        if score >= column.max_score:
            return "full"
        if score > 0:
            return "part"
        if column.name in self.untouched:
            return "unanswered"
        result = self.results.get(column.name)
        failures = [finding for finding in result.findings if not finding.ok] if result else []
        blank = bool(failures) and all(finding.kind in UNANSWERED for finding in failures)
        return "unanswered" if blank else "none"


def standing_of(submission: SubmittedAssignment) -> Standing:
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    judged = [g for g in grades if g.auto_score is not None or g.manual_score is not None]
    if not judged:
        return unmarked(submission.student_id)
    penalty = submission.late_submission_penalty or 0.0
    remarks = [Remark("late", f"{penalty:g} points taken off for being late")] if penalty else []
    return Standing(
        student=submission.student_id,
        marked=True,
        scores={g.name: None if g.needs_manual_grade else float(g.score) for g in grades},
        score=max(0.0, float(submission.score) - penalty),
        penalty=float(penalty),
        waiting=float(sum(g.max_score for g in grades if g.needs_manual_grade)),
        untouched=frozenset(g.name for g in grades if _untouched(g)),
        remarks=remarks,
    )


def _untouched(grade: Any) -> bool:
    """A written answer gets a score by itself, zero, only where it is still the text that was given
    out; whatever was written there waits for a reader."""
    written = grade.cell.cell_type == "markdown"
    return written and grade.manual_score is None and grade.auto_score is not None


def unmarked(student: str) -> Standing:
    return Standing(student=student, marked=False, scores={})


def of_submission(path: Path, source: Any, marked: bool) -> Iterator[Remark]:
    """What the submitted file itself tells: why it could not be marked, or what was put right."""
    try:
        _, repairs = rebuild(load_submission(path, source), source)
    except (BadSubmission, OSError) as error:
        # The line names the whole path; the report has the student's name beside it already.
        yield Remark("not marked", str(error).removeprefix(f"{path}: "))
        return
    if not marked:
        yield Remark("not marked", "is there and has no marks yet; run `autograder grade`")
    for repair in repairs:
        tampered = any(word in repair for word in ("edited", "made a", "tagged"))
        yield Remark("worth a look" if tampered else "repaired", repair)


def explain(standing: Standing, outcome: dict[str, Any] | None, given: Collection[str]) -> None:
    """Add what the judge noted: how it was run, what happened, the result of each graded cell, and
    what the student wrote for it. `given`: the lab's own cells."""
    if outcome is None or not standing.marked:
        return
    standing.sandbox, standing.seconds = outcome["sandbox"], outcome.get("seconds")
    if standing.sandbox == "off":
        standing.remarks.append(Remark("no sandbox", "marked with --sandbox=off"))
    standing.remarks += [Remark("stopped", event) for event in outcome["events"]]
    for record in outcome["results"]:
        standing.results[record["grade_id"]] = result = Result.from_json(record)
        # "unreadable": the verdict stumbled over the answer; it was forged, or the exercise is at fault.
        odd = [f.message for f in result.findings if f.kind in ("process", "unreadable")]
        standing.remarks += [Remark("worth a look", f"{result.number}: {told}") for told in odd[:1]]
    if "notebook" in outcome:
        standing.code = written(json.loads(outcome["notebook"])["cells"], given)


def marked_copy(course: Course, lab: str, student: str) -> Path | None:
    """The page that `nbgrader generate_feedback` made of it, else the marked notebook itself."""
    pages = (
        course.feedback / student / lab / "lab.html",
        course.autograded / student / lab / NOTEBOOK,
    )
    return next((page for page in pages if page.is_file()), None)


def column_of(
    name: str, points: float, written: bool, heading: tuple[str, str], everyone: list[Standing]
) -> Column:
    """Number and title are those of the exercise that was checked there, where one was."""
    results = (standing.results[name] for standing in everyone if name in standing.results)
    result = next(results, None)
    if result is not None and result.lab:
        return Column(name, result.number, result.title, points, written)
    number, title = heading
    return Column(name, number or name, title, points, written)
