"""Which submissions wait to be marked, and in which order.

Only what is needed of a notebook is kept: a class of a thousand is never in memory at once.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path

import nbformat
from nbgrader.api import Assignment, Grade, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.utils import parse_utc
from sqlalchemy import select

from autograder.collect import STUDENT_ID, Problem, never_copied
from autograder.course import Course
from autograder.sanitise import BadSubmission, load_submission
from autograder.store import Store, fingerprint

__all__ = ["NOTEBOOK", "Submission", "Survey", "recorded", "survey"]

NOTEBOOK = "lab.ipynb"


@dataclass(frozen=True)
class Submission:
    """One that waits: its folder, what it is at this moment, and the length of its code and how long
    the judge took over it last (0.0: not known)."""

    student: str
    folder: Path
    fingerprint: str
    length: int
    seconds: float


@dataclass(frozen=True)
class Survey:
    """All that was handed in for a lab."""

    waiting: list[Submission]  # the longest first
    unchanged: list[str]
    problems: list[Problem]

    @property
    def students(self) -> set[str]:
        """Everyone who handed something in."""
        told = {problem.student for problem in self.problems}
        return told | {one.student for one in self.waiting} | set(self.unchanged)


def survey(
    course: Course, store: Store, lab: str, rules: str, *, marked: Set[str], regrade: bool
) -> Survey:
    """Sort out the submissions of `lab`.

    `rules` stands for everything but the submission that marks depend on, `marked` are the students
    who have marks in the gradebook. `regrade`: all of them wait.
    """
    source = nbformat.read(course.source / lab / NOTEBOOK, as_version=4)
    waiting: list[Submission] = []
    unchanged: list[str] = []
    problems: list[Problem] = []
    excluded = course.coursedir(lab).student_id_exclude.split(",")
    folders = sorted(course.submitted.glob(f"*/{lab}")) if course.submitted.is_dir() else []
    for folder in folders:
        student = folder.parent.name
        if student in excluded:  # by nbgrader's own setting
            continue
        if problem := _refused(folder, student):
            problems.append(problem)
            continue
        try:
            now, done = fingerprint(folder, rules), store.done(lab, student)
        except OSError as error:
            file = error.filename or folder
            problems.append(
                Problem(student, f"{file}: cannot be read ({error.strerror}); see who may read it")
            )
            continue
        left_out = [
            Problem(student, f"{file}: {why}; left out", marked=True)
            for file in sorted(folder.rglob("*"))
            if (why := never_copied(file))
        ]
        if not regrade and student in marked and done is not None and done.of == now:
            unchanged.append(student)
            problems += left_out + [Problem(student, it, marked=True) for it in done.remarks]
            continue
        try:
            notebook = load_submission(folder / NOTEBOOK, source)
        except BadSubmission as bad:
            problems.append(Problem(student, str(bad)))
            continue
        problems += left_out
        length = sum(len(cell.source) for cell in notebook.cells if cell.cell_type == "code")
        seconds = done.seconds if done is not None else 0.0
        waiting.append(Submission(student, folder, now, length, seconds))
    return Survey(longest_first(waiting), unchanged, problems)


def longest_first(waiting: Sequence[Submission]) -> list[Submission]:
    """So that no judge is left alone with a long one at the end. Who was never marked is taken to
    need as long for a character as the others did."""
    paces = [one.seconds / one.length for one in waiting if one.seconds and one.length]
    pace = statistics.median(paces) if paces else 1.0
    return sorted(waiting, key=lambda one: (-(one.seconds or one.length * pace), one.student))


def _refused(folder: Path, student: str) -> Problem | None:
    path = folder / NOTEBOOK
    if folder.is_symlink() or folder.parent.is_symlink():
        return Problem(
            student,
            f"{folder}: is a symbolic link, which is never followed; put the files themselves there",
        )
    if not STUDENT_ID.fullmatch(student):
        return Problem(
            student,
            f"{folder}: {student!r} cannot be a student's id; rename it to letters, digits, spaces and . _ - @ + '",
        )
    if not path.exists() and not path.is_symlink():
        return Problem(student, f"{folder}: holds no {NOTEBOOK}; ask {student} for the notebook")
    time = folder / "timestamp.txt"
    try:
        if time.exists() and (written := time.read_text(encoding="utf-8").strip()):
            parse_utc(written)
    except (ValueError, OverflowError, OSError):
        return Problem(
            student, f"{time}: is no time such as 2026-01-31 23:59:00 UTC; mend it or remove it"
        )
    return None


def recorded(course: Course, lab: str) -> set[str]:
    """Students whose marks for `lab` are in the gradebook."""
    coursedir = course.coursedir(lab)
    students = (
        select(SubmittedAssignment.student_id)
        .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
        .join(SubmittedNotebook, SubmittedNotebook.assignment_id == SubmittedAssignment.id)
        .join(Grade, Grade.notebook_id == SubmittedNotebook.id)
        .where(Assignment.name == lab, Grade.auto_score.is_not(None))
        .distinct()
    )
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        return set(gradebook.db.scalars(students))
