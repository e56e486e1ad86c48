"""Mark a class: collect, rebuild, judge in parallel, record in nbgrader's gradebook.

    main process (the only one that opens the gradebook)
      sanitise each submission                → jobs
      judge workers, a sandbox each           → outcomes, as they come
      write outcomes into the notebooks       → nbgrader's own SaveAutoGrades

A run may be killed at any moment and started again. A submission counts as done only when a note
says so that is written after its marks; whatever has no such note is done again, and doing it again
gives the same marks.
"""

from __future__ import annotations

import errno
import logging
import os
import sqlite3
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import nbformat
import nbformat.warnings
import sqlalchemy.exc
from filelock import FileLock, Timeout
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter, NbGraderException

import autograder
import dpkit
from autograder.build import build_release
from autograder.collect import STUDENT_ID, Problem, collect
from autograder.course import Course, CourseError
from autograder.execute import submission_files
from autograder.judge import Job, Outcome, Settings, mark_in_worker, start_worker
from autograder.sandbox.limits import Limits
from autograder.sanitise import BadSubmission, load_submission, rebuild
from autograder.store import Store, fingerprint, write

__all__ = ["Grading", "grade"]

NOTEBOOK = "lab.ipynb"
TRIES = 3  # how often a submission may be on a worker that dies before it is given up


@dataclass
class Grading:
    """What a run did."""

    lab: str
    marked: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sandbox: str = ""

    @property
    def exit_status(self) -> int:
        """0: all well. 3: all marked, with remarks. 1: something could not be marked."""
        if any(not problem.marked for problem in self.problems):
            return 1
        return 3 if self.problems else 0


Progress = Callable[[str, int, int], None]


def grade(
    course: Course,
    lab: str,
    *,
    submissions: Path | None = None,
    workers: int | None = None,
    sandbox: str = "auto",
    limits: Limits | None = None,
    regrade: bool = False,
    progress: Progress = lambda stage, done, total: None,
    executor: Callable[[int, Settings], Executor] | None = None,
) -> Grading:
    """Mark every submission of `lab` that has not been marked as it is now.

    `submissions` is collected first (see `autograder.collect`). `regrade` marks all anew.
    `executor(workers, settings)` may supply another `concurrent.futures.Executor`, whose processes
    ran `start_worker(settings)`.

    Raises `CourseError` when nothing can be done at all; what is wrong with single submissions is
    in `problems`.
    """
    home = course.lab_folder(lab)
    with _clear_words(course), _alone(course):
        store = Store(course.state)
        grading = Grading(lab)
        if submissions is not None:
            grading.problems += collect(course, lab, submissions)
        _release(course, store, lab)
        settings = Settings(str(home / "exercises.py"), sandbox, limits or Limits())
        rules = _rules(course, store, home, settings)
        pending, checked = _pending(course, store, lab, rules, regrade, grading)
        if not pending and not grading.unchanged and not grading.problems:
            raise CourseError(
                f"no submission of {lab} in {course.submitted}; name a folder or zip with --submissions"
            )
        if pending:
            count = max(1, min(workers or os.cpu_count() or 1, len(pending)))
            config = course.config()
            config.JudgeExecute.sandbox = sandbox
            converter = _ClassAutograde(
                coursedir=course.coursedir(lab),
                config=config,
                log=logging.getLogger("autograder.nbgrader"),
            )
            converter.prepare_class(store, lab, pending, grading, progress, checked)
            converter.new_pool = lambda: (executor or _pool)(count, settings)
            converter.pool = converter.new_pool()
            try:
                converter.start()
            finally:
                converter.pool.shutdown(cancel_futures=True)
        return grading


@contextmanager
def _alone(course: Course) -> Iterator[None]:
    """One `grade` at a time in a course: the second would undo what the first has half done."""
    course.state.mkdir(parents=True, exist_ok=True)
    lock = FileLock(course.state / "grade.lock", timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise CourseError(
            f"{course.root}: another `grade` is at work here; wait for it, or stop it"
        ) from None
    try:
        yield
    finally:
        lock.release()


def _pool(workers: int, settings: Settings) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(
        workers, mp_context=get_context("spawn"), initializer=start_worker, initargs=(settings,)
    )


def _release(course: Course, store: Store, lab: str) -> None:
    """See that the gradebook knows the lab as its source is now."""
    now = fingerprint(course.lab_folder(lab), course.root / "nbgrader_config.py")
    note = store.folder / lab / "released"
    known = note.exists() and note.read_text(encoding="ascii") == now
    if not (known and _in_gradebook(course, lab) and (course.source / lab / NOTEBOOK).exists()):
        build_release(course, lab)
        write(note, now.encode("ascii"))


def _in_gradebook(course: Course, lab: str) -> bool:
    coursedir = course.coursedir(lab)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        try:
            gradebook.find_notebook("lab", lab)
        except MissingEntry:
            return False
        return True


def _rules(course: Course, store: Store, home: Path, settings: Settings) -> str:
    """All but the submission that a mark depends on."""
    code = [Path(str(package.__file__)).parent for package in (autograder, dpkit)]
    return fingerprint(
        home,
        course.root / "nbgrader_config.py",
        store.key(),
        settings.sandbox,
        settings.limits,
        *code,
    )


def _pending(
    course: Course, store: Store, lab: str, rules: str, regrade: bool, grading: Grading
) -> tuple[dict[str, str], dict[str, Any]]:
    """({student: fingerprint} still to be marked, {student: notebook as read}); the rest goes into
    `grading`."""
    source = nbformat.read(course.source / lab / NOTEBOOK, as_version=4)
    pending: dict[str, str] = {}
    notebooks: dict[str, Any] = {}
    recorded = _recorded(course, lab)
    folders = sorted(course.submitted.glob(f"*/{lab}")) if course.submitted.is_dir() else []
    for folder in folders:
        student = folder.parent.name
        problem = _refused(folder, student)
        if problem is None:
            try:
                notebook = load_submission(folder / NOTEBOOK, source)
            except BadSubmission as bad:
                problem = Problem(student, str(bad))
        if problem is not None:
            grading.problems.append(problem)
            continue
        _, repairs = rebuild(notebook, source)
        path = folder / NOTEBOOK
        grading.problems += [
            Problem(student, f"{path}: {repair}", marked=True) for repair in repairs
        ]
        grading.problems += [
            Problem(
                student,
                f"{link}: is a symbolic link, which is never followed; left out",
                marked=True,
            )
            for link in sorted(folder.rglob("*"))
            if link.is_symlink()
        ]
        now = fingerprint(folder, rules)
        if not regrade and student in recorded and store.done(lab, student) == now:
            grading.unchanged.append(student)
        else:
            pending[student] = now
            notebooks[student] = notebook
    return pending, notebooks


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
            f"{folder}: {student!r} cannot be a student's id; rename it to letters, digits and . _ - @ +",
        )
    if not path.exists() and not path.is_symlink():
        return Problem(student, f"{folder}: holds no {NOTEBOOK}; ask {student} for the notebook")
    return None


def _recorded(course: Course, lab: str) -> set[str]:
    """Students whose marks for `lab` are in the gradebook."""
    coursedir = course.coursedir(lab)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        return {
            submission.student_id
            for submission in gradebook.assignment_submissions(lab)
            if any(
                grade.auto_score is not None
                for notebook in submission.notebooks
                for grade in notebook.grades
            )
        }


class _ClassAutograde(Autograde):
    """nbgrader's Autograde with its two passes pulled apart: all submissions are sanitised, judged
    in parallel between, and recorded one by one as their outcomes come. Everything else, down to
    the file permissions, is nbgrader's."""

    def prepare_class(
        self,
        store: Store,
        lab: str,
        pending: dict[str, str],
        grading: Grading,
        progress: Progress,
        notebooks: dict[str, Any],
    ) -> None:
        self.store, self.lab, self.todo, self.grading, self.progress = (
            store,
            lab,
            pending,
            grading,
            progress,
        )
        self.force = True  # what an interrupted run left behind is done again
        self.outcomes: dict[str, Outcome] = {}
        self.pool: Executor
        self.new_pool: Callable[[], Executor]
        self.notebooks_read = notebooks

    def init_notebooks(self) -> None:
        self.assignments = {
            self._format_source(self.lab, student): [
                os.path.join(self._format_source(self.lab, student), NOTEBOOK)
            ]
            for student in self.todo
        }

    def init_single_notebook_resources(self, notebook_filename: str) -> Any:
        resources = super().init_single_notebook_resources(notebook_filename)
        if not self._sanitizing:
            resources["autograder"] = self.outcomes[resources["nbgrader"]["student"]]
        return resources

    def convert_notebooks(self) -> None:
        total = len(self.todo)
        running: dict[Future, Job] = {}
        tries: dict[str, int] = {}
        done = 0

        def finished(some: set[Future]) -> None:
            nonlocal done
            broken: list[Job] = []
            for future in some:
                job = running.pop(future)
                try:
                    outcome = future.result()
                except BrokenProcessPool:
                    broken.append(job)
                    continue
                except Exception as error:
                    if _stops_everything(error):
                        raise
                    self._give_up(
                        job.student, f"the judge failed ({type(error).__name__}: {error})"
                    )
                else:
                    with self._one(job.student):
                        self._record(job.student, outcome)
                done += 1
                self.progress("marking", done, total)
            if broken:
                lost = [*broken, *running.values()]
                running.clear()
                self.pool.shutdown(wait=False, cancel_futures=True)
                self.pool = self.new_pool()
                for job in lost:
                    tries[job.student] = tries.get(job.student, 0) + 1
                    if tries[job.student] >= TRIES:
                        self._give_up(
                            job.student, "the judge's process died over it again and again"
                        )
                        done += 1
                    else:
                        running[self.pool.submit(mark_in_worker, job)] = job

        self.progress("marking", 0, total)
        for student in self.todo:
            with self._one(student):
                job = self._sanitise(student)
                running[self.pool.submit(mark_in_worker, job)] = job
            ready = {future for future in running if future.done()}
            if ready:
                finished(ready)
        while running:
            finished(wait(running, return_when=FIRST_COMPLETED).done)

    @contextmanager
    def _one(self, student: str) -> Iterator[None]:
        """What goes wrong with one submission is written down, and the others go on."""
        try:
            yield
        except Exception as error:
            if _stops_everything(error):
                raise
            self.log.debug("%s", student, exc_info=True)
            self._give_up(student, f"could not be marked ({type(error).__name__}: {error})")

    def _give_up(self, student: str, why: str) -> None:
        path = os.path.join(self._format_submitted(student), NOTEBOOK)
        self.grading.problems.append(
            Problem(student, f"{path}: {why}; run grade again, and mark it by hand if it stays")
        )

    def _format_submitted(self, student: str) -> str:
        return self.coursedir.format_path(self.coursedir.submitted_directory, student, self.lab)

    def _select(self, student: str, *, sanitizing: bool) -> str:
        """Point nbgrader's converter at one submission and one of its passes."""
        self._sanitizing = sanitizing
        self._init_preprocessors()
        filename = os.path.join(self._format_source(self.lab, student), NOTEBOOK)
        self.notebooks = [filename]
        return filename

    def _sanitise(self, student: str) -> Job:
        """Pass one: rebuilt on the source, written to `autograded/`."""
        self.store.set_done(self.lab, student, None)
        filename = self._select(student, sanitizing=True)
        submitted = Path(self._format_submitted(student))
        self.init_destination(self.lab, student)
        self.run_pre_convert_hook()
        ignored = list(self.coursedir.ignore)
        self.coursedir.ignore = ignored + [
            path.name for path in submitted.rglob("*") if path.is_symlink()
        ]
        try:
            self.init_assignment(self.lab, student)
        finally:
            self.coursedir.ignore = ignored
        BaseConverter.convert_single_notebook(self, filename)
        folder = Path(
            self.coursedir.format_path(self.coursedir.autograded_directory, student, self.lab)
        )
        return Job(
            student=student,
            notebook=(folder / NOTEBOOK).read_text(encoding="utf-8"),
            key=self.store.key(),
            files=submission_files(folder, submitted),
        )

    def _record(self, student: str, outcome: Outcome) -> None:
        """Pass two: the outcome into the notebook, the marks into the gradebook, and then the note
        that it is done."""
        self.outcomes[student] = outcome
        self.grading.sandbox = outcome.sandbox
        self.store.save_outcome(self.lab, student, outcome.to_json())
        filename = self._select(student, sanitizing=False)
        try:
            BaseConverter.convert_single_notebook(self, filename)
        finally:
            self._sanitizing = True
        self.set_permissions(self.lab, student)
        self.run_post_convert_hook()
        self.store.set_done(self.lab, student, self.todo[student])
        self.grading.marked.append(student)


def _stops_everything(error: BaseException) -> bool:
    """Troubles of the machine, not of one submission."""
    if isinstance(error, sqlalchemy.exc.OperationalError | sqlite3.OperationalError):
        return True
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@contextmanager
def _clear_words(course: Course) -> Iterator[None]:
    """Turn troubles of the machine into one line that names the file and the remedy."""
    again = "what is recorded is safe; run the same command again and it goes on"
    try:
        with warnings.catch_warnings():
            # nbgrader 0.9 and SQLAlchemy 2 differ about one relation; the marks are not touched by it.
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
            # What a submission's cells are called matters to nobody: they are rebuilt.
            warnings.simplefilter("ignore", nbformat.warnings.DuplicateCellId)
            warnings.simplefilter("ignore", nbformat.warnings.MissingIDFieldWarning)
            yield
    except (sqlalchemy.exc.OperationalError, sqlite3.OperationalError) as error:
        database = course.coursedir("*").db_url
        cause = (
            "is locked by another program (formgrader, or another grade?); close it"
            if "locked" in str(error)
            else (f"cannot be used ({str(error).splitlines()[0]})")
        )
        raise CourseError(f"{database}: {cause}; {again}") from error
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise CourseError(
                f"{error.filename or course.root}: the disk is full; make room, {again}"
            ) from error
        if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
            raise CourseError(
                f"{error.filename or course.root}: cannot be written ({error.strerror}); {again}"
            ) from error
        raise
    except NbGraderException as error:
        raise CourseError(f"nbgrader stopped: {error}; {again}") from error
