"""The pages of a class, by nbgrader's own converter; only what changed is made again."""

from __future__ import annotations

import logging
import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import GenerateFeedback
from nbgrader.converters.base import BaseConverter

import autograder
import dpkit
from autograder.collect import STUDENT_ID, Problem, never_copied
from autograder.course import Course, CourseError
from autograder.feedback.grades import Grades, Marks, read_marks
from autograder.feedback.page import StudentPage
from autograder.store import Store, fingerprint, write
from autograder.troubles import clear_words, stops_everything

__all__ = ["Made", "feedback"]

NOTEBOOK = "lab.ipynb"
HANDED_OUT = ("timestamp.txt", "submission_secret.txt")  # what nbgrader's release_feedback reads

Progress = Callable[[str, int, int], None]


@dataclass
class Made:
    """What a run did. `unmarked`: handed in, and no page, since there are no marks yet."""

    lab: str
    made: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    unmarked: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def exit_status(self) -> int:
        """0: everyone who handed in has a page. 3: some are not marked. 1: a page could not be made."""
        return 1 if self.problems else 3 if self.unmarked else 0


def feedback(
    course: Course,
    lab: str,
    *,
    students: Sequence[str] = (),
    rebuild: bool = False,
    progress: Progress = lambda stage, done, total: None,
) -> Made:
    """Make `feedback/STUDENT/LAB/lab.html` of everyone who is marked (or of `students`), where it is
    not there already as it should be. `rebuild` makes all anew.

    Raises `CourseError` when nothing can be done at all, or a student named is not known.
    """
    course.lab_folder(lab)
    with clear_words(course):
        store, made = Store(course.state), Made(lab)
        marks = _marks(course, lab)
        handed_in = {folder.parent.name for folder in course.submitted.glob(f"*/{lab}")}
        if unknown := [name for name in students if name not in {*marks, *handed_in}]:
            raise CourseError(f"{unknown[0]!r} handed in nothing for {lab}")
        wanted = sorted(set(students) or {*marks, *handed_in}, key=str.casefold)
        if not wanted:
            raise CourseError(
                f"no submission of {lab} is marked; run `autograder grade {lab}` first"
            )
        rules = _rules()
        todo: dict[str, str] = {}
        for student in wanted:
            notebook = course.autograded / student / lab / NOTEBOOK
            if student not in marks or not notebook.is_file() or not STUDENT_ID.fullmatch(student):
                made.unmarked.append(student)
                continue
            now = fingerprint(notebook, marks[student], rules)
            page = course.feedback / student / lab / "lab.html"
            if not rebuild and page.is_file() and _note(store, lab, student) == now:
                made.unchanged.append(student)
            else:
                todo[student] = now
        if todo:
            converter = _ClassFeedback(
                coursedir=course.coursedir(lab),
                config=course.config(),
                log=logging.getLogger("autograder.nbgrader"),
            )
            converter.prepare_class(store, todo, marks, made, progress)
            converter.start()
        return made


def _marks(course: Course, lab: str) -> dict[str, Marks]:
    """{student: what the gradebook has}, of everyone who has a mark."""
    coursedir = course.coursedir(lab)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            gradebook.find_assignment(lab)
        except MissingEntry:
            raise CourseError(
                f"{lab}: the gradebook does not know it; run `autograder grade {lab}`"
            ) from None
        return {
            submission.student_id: read_marks(notebook)
            for submission in gradebook.assignment_submissions(lab)
            for notebook in submission.notebooks
            if any(g.auto_score is not None or g.manual_score is not None for g in notebook.grades)
        }


def _rules() -> str:
    """The code that a page depends on."""
    return fingerprint(*(Path(str(package.__file__)).parent for package in (autograder, dpkit)))


def _note_path(store: Store, lab: str, student: str) -> Path:
    return store.outcome_path(lab, student).with_suffix(".page")


def _note(store: Store, lab: str, student: str) -> str | None:
    try:
        return _note_path(store, lab, student).read_text(encoding="ascii")
    except (OSError, ValueError):
        return None


class _ClassFeedback(GenerateFeedback):
    """nbgrader's GenerateFeedback, a student at a time: what goes wrong with one page is told, and
    the others are made."""

    def prepare_class(
        self,
        store: Store,
        todo: dict[str, str],
        marks: dict[str, Marks],
        made: Made,
        progress: Progress,
    ) -> None:
        self.store, self.todo, self.marks, self.made = store, todo, marks, made
        self.progress = progress
        self.force = True
        self.exporter_class = StudentPage
        self.preprocessors = [Grades]

    def init_notebooks(self) -> None:
        self.assignments = {
            folder: [os.path.join(folder, NOTEBOOK)]
            for student in self.todo
            if (folder := self._format_source(self.made.lab, student))
        }

    def init_single_notebook_resources(self, notebook_filename: str) -> Any:
        resources = super().init_single_notebook_resources(notebook_filename)
        resources["marks"] = self.marks[resources["nbgrader"]["student"]]
        return resources

    def init_assignment(self, assignment_id: str, student_id: str) -> None:
        """Of the files beside the notebook a page needs none; a student's own are not handed out."""
        source = Path(self._format_source(assignment_id, student_id))
        target = Path(self._format_dest(assignment_id, student_id))
        target.mkdir(parents=True, exist_ok=True)
        for name in HANDED_OUT:
            if (source / name).is_file() and not never_copied(source / name):
                shutil.copyfile(source / name, target / name)

    def convert_notebooks(self) -> None:
        lab, total = self.made.lab, len(self.todo)
        self.progress("feedback", 0, total)
        for count, (student, now) in enumerate(self.todo.items(), 1):
            note = _note_path(self.store, lab, student)
            note.unlink(missing_ok=True)
            self.notebooks = [os.path.join(self._format_source(lab, student), NOTEBOOK)]
            try:
                self.init_destination(lab, student)
                self.run_pre_convert_hook()
                self.init_assignment(lab, student)
                BaseConverter.convert_single_notebook(self, self.notebooks[0])
                self.set_permissions(lab, student)
                self.run_post_convert_hook()
            except Exception as error:
                if stops_everything(error):
                    raise
                self.log.debug("%s", student, exc_info=True)
                why = f"no page could be made ({type(error).__name__}: {error})"
                self.made.problems.append(Problem(student, f"{self.notebooks[0]}: {why}"))
            else:
                write(note, now.encode("ascii"))
                self.made.made.append(student)
            self.progress("feedback", count, total)
