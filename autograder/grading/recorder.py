"""nbgrader's Autograde with its two halves pulled apart, so that a class can be judged in between.

Everything that counts, from the late penalty to the file permissions, is nbgrader's own. Until a
submission's verdict is there, nothing of it is touched: what is under `autograded/` and in the
gradebook is the last marking, whole. Then both are replaced, and the gradebook in one transaction.
"""

from __future__ import annotations

import glob
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbconvert.exporters.exporter import ResourcesDict
from nbgrader.api import (
    Assignment,
    BaseCell,
    Grade,
    Gradebook,
    SubmittedAssignment,
    SubmittedNotebook,
)
from nbgrader.converters import Autograde
from nbgrader.preprocessors import CheckCellMetadata, OverwriteCells
from nbgrader.utils import find_all_files
from sqlalchemy import select
from traitlets.utils.importstring import import_item

from autograder.collect import never_copied
from autograder.execute import MAX_FILES_BYTES
from autograder.grading.gradebook import Ledger
from autograder.grading.survey import NOTEBOOK, Submission
from autograder.judge import Job, Outcome
from autograder.sanitise import load_submission
from autograder.store import Done, Store

__all__ = ["Ready", "Recorder"]


WHOLE = ""  # where the digest of the whole notebook stands among those of the answers


@dataclass(frozen=True)
class Ready:
    """A submission, the job that it makes for a judge, and what had to be repaired in it."""

    submission: Submission
    job: Job
    repairs: list[str]


class Recorder(Autograde):
    """Makes a submission ready for the judge, and records what came of it.

    recorder.prepare(store, lab, ledger)
    recorder.at_work(lambda: …)          # nbgrader's set-up around it
        ready = recorder.sanitise(submission)
        recorder.record(ready, outcome)
    """

    def prepare(self, store: Store, lab: str, ledger: Ledger) -> None:
        self.store, self.lab, self.ledger = store, lab, ledger
        self.force = True  # what is there is of an earlier marking
        self.key = store.key()
        self.source = nbformat.read(
            Path(self._folder(self.coursedir.source_directory, ".")) / NOTEBOOK, as_version=4
        )

    def at_work(self, work: Callable[[], None]) -> None:
        """`work`, in the course's folder and with nbgrader's exporter and writer set up."""
        self._work = work
        self.start()

    def init_notebooks(self) -> None:
        self.assignments: dict[str, list[str]] = {}  # each submission is taken up by itself

    def convert_notebooks(self) -> None:
        # Whether a notebook is valid is asked once it has gone through all steps, not after each.
        self.exporter.optimistic_validation = True
        self._chains = {
            True: self._chain(self.sanitize_preprocessors),
            False: self._chain(self.autograde_preprocessors),
        }
        self._work()

    def _chain(self, steps: list[Any]) -> list[Any]:
        """The steps as nbgrader makes them, made once for the run."""
        self.exporter._preprocessors = []
        for step in steps:
            step = import_item(step) if isinstance(step, str) else step
            self.exporter.register_preprocessor(ONCE.get(step, step))
        return self.exporter._preprocessors

    def _init_preprocessors(self) -> None:
        self.exporter._preprocessors = list(self._chains[self._sanitizing])

    def _folder(self, step: str, student: str) -> str:
        return self.coursedir.format_path(step, student, self.lab)

    # --------------------------------------------------------------------------- before the judge

    def sanitise(self, submission: Submission) -> Ready:
        """Rebuild a submission on the source. Raises `BadSubmission`."""
        student = submission.student
        with self._pass(student, sanitizing=True) as filename:
            self.run_pre_convert_hook()
            # Read by our own reader: nbgrader's stumbles over more.
            notebook = load_submission(submission.folder / NOTEBOOK, self.source)
            resources = self.init_single_notebook_resources(filename)
            text, resources = self.ledger.transact(
                lambda: self.exporter.from_notebook_node(notebook, resources)
            )
        files = self._files(submission.folder)
        job = Job(student=student, notebook=text, key=self.key, files=files)
        return Ready(submission, job, resources["nbgrader"].get("repairs", []))

    @contextmanager
    def _pass(self, student: str, *, sanitizing: bool) -> Iterator[str]:
        """Point nbgrader's converter at one submission and one of its passes."""
        self._sanitizing = sanitizing
        self._init_preprocessors()
        filename = os.path.join(self._format_source(self.lab, student), NOTEBOOK)
        if sanitizing:
            self.notebooks = [filename]  # which is what nbgrader tells a course's hooks
        try:
            yield filename
        finally:
            self._sanitizing = True

    def _files(self, submitted: Path) -> dict[str, bytes]:
        """The files beside the notebook that its code may read, as `init_assignment` copies them:
        the student's, and over them the lab's own."""
        source = self._folder(self.coursedir.source_directory, ".")
        spared = self.exclude_overwriting.get(self.lab, [])
        found: dict[str, Path] = {}
        with self._without_links(submitted):
            for folder, kept in ((str(submitted), []), (source, spared)):
                for path in find_all_files(folder, [*self.coursedir.ignore, "*.ipynb"]):
                    name = os.path.relpath(path, folder)
                    if name not in kept:
                        found[name] = Path(path)
        files: dict[str, bytes] = {}
        total = 0
        for name, path in sorted(found.items()):
            if never_copied(path):
                continue
            total += path.stat().st_size
            if total > MAX_FILES_BYTES:
                break
            files[Path(name).as_posix()] = path.read_bytes()
        return files

    @contextmanager
    def _without_links(self, submitted: Path) -> Iterator[None]:
        """nbgrader copies a submission's files without what is never copied."""
        ignored = list(self.coursedir.ignore)
        self.coursedir.ignore = ignored + [
            glob.escape(path.name) for path in submitted.rglob("*") if never_copied(path)
        ]
        try:
            yield
        finally:
            self.coursedir.ignore = ignored

    # --------------------------------------------------------------------------- after it

    def record(self, ready: Ready, outcome: Outcome) -> None:
        """The outcome into the notebook, the marks into the gradebook, and then the note that it is
        done."""
        submission, student = ready.submission, ready.submission.student
        before = self.store.done(self.lab, student)
        answers = _answers(ready.job.notebook)
        settled = before.answers.items() & answers.items() if before is not None else set()
        if before is not None:
            self.store.set_done(self.lab, student, Done("", before.seconds, [], before.answers))
        self.ledger.transact(lambda: self._replace(ready, outcome, dict(settled)))
        self.set_permissions(self.lab, student)
        self.run_post_convert_hook()
        remarks = [f"{submission.folder / NOTEBOOK}: {repair}" for repair in ready.repairs]
        done = Done(submission.fingerprint, outcome.seconds, remarks, answers)
        self.store.set_done(self.lab, student, done)

    def _replace(self, ready: Ready, outcome: Outcome, settled: Mapping[str, str]) -> None:
        student = ready.submission.student
        with self._pass(student, sanitizing=True), self._without_links(ready.submission.folder):
            self.init_destination(self.lab, student)
            self.init_assignment(self.lab, student)
        with (
            self._pass(student, sanitizing=False) as filename,
            self._settled(student, settled),
        ):
            resources = self.init_single_notebook_resources(filename)
            resources["metadata"] = ResourcesDict(
                name=Path(NOTEBOOK).stem, path=str(Path(filename).parent)
            )
            resources["autograder"] = outcome
            notebook = nbformat.v4.reads(ready.job.notebook)
            self.write_single_notebook(*self.exporter.from_notebook_node(notebook, resources))

    @contextmanager
    def _settled(self, student: str, answers: Mapping[str, str]) -> Iterator[None]:
        """Recording again does not call a person back to what they have marked.

        nbgrader keeps a manual score, and asks for another look at it whenever it records; here only
        where there is something new to see. `answers` are those that are as they were; WHOLE among
        them says that all of the notebook is.
        """
        url, course = self.coursedir.db_url, self.coursedir.course_id
        marked = (
            select(BaseCell.name, Grade.auto_score)
            .join(Grade, Grade.cell_id == BaseCell.id)
            .join(SubmittedNotebook, SubmittedNotebook.id == Grade.notebook_id)
            .join(SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id)
            .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
            .where(Assignment.name == self.lab, SubmittedAssignment.student_id == student)
            .where(Grade.manual_score.is_not(None), Grade.needs_manual_grade.is_(False))
        )
        with Gradebook(url, course) as gradebook:
            before = {
                name: score
                for name, score in gradebook.db.execute(marked)
                if name in answers or WHOLE in answers
            }
        yield
        if not before:
            return
        with Gradebook(url, course) as gradebook:
            for name, score in before.items():
                grade = gradebook.find_grade(name, Path(NOTEBOOK).stem, self.lab, student)
                if grade.auto_score == score:
                    grade.needs_manual_grade = False
            gradebook.db.commit()


def _answers(notebook: str) -> dict[str, str]:
    """{grade_id: digest} of the answers that a person reads."""
    answers = {WHOLE: hashlib.sha256(notebook.encode()).hexdigest()}
    for cell in json.loads(notebook)["cells"]:
        grader = cell["metadata"].get("nbgrader", {})
        if grader.get("grade") and grader.get("solution"):
            text = json.dumps([cell["source"], cell.get("attachments")], sort_keys=True)
            answers[grader["grade_id"]] = hashlib.sha256(text.encode()).hexdigest()
    return answers


class _CheckOnce(CheckCellMetadata):
    """nbgrader's check, made once of the same metadata: the notebooks of a class are rebuilt on one
    source, and checking them takes longer than all the rest of the chain."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._valid: set[str] = set()

    def preprocess(self, nb: Any, resources: Any) -> tuple[Any, Any]:
        shape = json.dumps([[cell.cell_type, cell.metadata.get("nbgrader")] for cell in nb.cells])
        if shape not in self._valid:
            nb, resources = super().preprocess(nb, resources)
            self._valid.add(shape)
        return nb, resources


class _OverwriteOnce(OverwriteCells):
    """nbgrader's comparison of each cell with the gradebook's, made once of the same cell."""

    def __init__(self, **kwargs: Any):
        super().__init__(**kwargs)
        self._right: dict[str, str] = {}  # the checksum of a cell that was as it should be

    def preprocess_cell(self, cell: Any, resources: Any, cell_index: int) -> tuple[Any, Any]:
        grader = dict(cell.metadata.get("nbgrader", {}))
        grader.pop("checksum", None)
        answer = grader.get("solution") and not grader.get("locked")
        ids = resources["nbgrader"]
        cell_as_it_is = json.dumps(
            [ids["assignment"], ids["notebook"], cell.cell_type, grader, answer or cell.source]
        )
        if cell_as_it_is in self._right:
            cell.metadata.nbgrader["checksum"] = self._right[cell_as_it_is]
            return cell, resources
        source, kind = cell.source, cell.cell_type
        cell, resources = super().preprocess_cell(cell, resources, cell_index)
        after = dict(cell.metadata.get("nbgrader", {}))
        checksum = after.pop("checksum", None)
        if checksum and (after, cell.source, cell.cell_type) == (grader, source, kind):
            self._right[cell_as_it_is] = checksum
        return cell, resources


ONCE = {CheckCellMetadata: _CheckOnce, OverwriteCells: _OverwriteOnce}
