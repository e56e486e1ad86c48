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

import glob
import logging
import os
from collections import Counter, deque
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
from filelock import FileLock, Timeout
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde
from nbgrader.converters.base import BaseConverter
from nbgrader.utils import parse_utc

import autograder
import dpkit
from autograder.build import build_release
from autograder.collect import STUDENT_ID, Problem, collect, never_copied, recover
from autograder.course import Course, CourseError
from autograder.execute import submission_files
from autograder.judge import Job, Outcome, Settings, mark_in_worker, start_worker
from autograder.sandbox import choose
from autograder.sandbox.limits import Limits
from autograder.sanitise import BadSubmission, load_submission, rebuild
from autograder.store import Store, fingerprint, write
from autograder.troubles import clear_words, stops_everything

__all__ = ["Grading", "grade"]

NOTEBOOK = "lab.ipynb"
TRIES = 2  # how often a judge's process may die over a submission before it is given up


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
    course.load(lab)  # a slip in the exercises is told once, not by every judge
    sandbox = choose(sandbox)
    with clear_words(course), _alone(course):
        store = Store(course.state)
        grading = Grading(lab)
        recover(course)
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
            converter.room = 2 * count
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
    if not (_in_gradebook(course, lab) and known and (course.source / lab / NOTEBOOK).exists()):
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
            Problem(student, f"{file}: {why}; left out", marked=True)
            for file in sorted(folder.rglob("*"))
            if (why := never_copied(file))
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
            f"{folder}: {student!r} cannot be a student's id; rename it to letters, digits, spaces and . _ - @ +",
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
        self.room = 2  # submissions under way at a time: enough to keep every judge at work
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
        waiting = deque(self.todo)
        running: dict[Future, Job] = {}
        suspects: deque[Job] = deque()  # under way when a judge's process died: one at a time now
        deaths: Counter[str] = Counter()
        lost: list[Job] = []

        def tell() -> None:
            left = len(waiting) + len(running) + len(suspects) + len(lost)
            self.progress("marking", total - left, total)

        tell()
        while waiting or suspects or running:
            if suspects and not running:
                self._submit(suspects.popleft(), running)
            while waiting and not suspects and len(running) < self.room:
                student = waiting.popleft()
                with self._one(student):
                    self._submit(self._sanitise(student), running)
            done = wait(running, return_when=FIRST_COMPLETED).done if running else set()
            for future in done:
                if job := self._finish(future, running):
                    lost.append(job)
                tell()
            if lost:
                lost += running.values()
                running.clear()
                self.pool.shutdown(wait=False, cancel_futures=True)
                self.pool = self.new_pool()
            for job in lost:
                deaths[job.student] += len(lost) == 1  # in company it may have been another's doing
                if deaths[job.student] < TRIES:
                    suspects.append(job)
                else:
                    self._give_up(job.student, "the judge's process died over it again and again")
            lost.clear()
        tell()

    def _submit(self, job: Job, running: dict[Future, Job]) -> None:
        try:
            future = self.pool.submit(mark_in_worker, job)
        except BrokenProcessPool as error:  # it died while we were busy with something else
            future = Future()
            future.set_exception(error)
        running[future] = job

    def _finish(self, future: Future, running: dict[Future, Job]) -> Job | None:
        """Record what came of a job; the job itself where its judge's process has died."""
        job = running.pop(future)
        try:
            outcome = future.result()
        except BrokenProcessPool:
            return job
        except Exception as error:
            if stops_everything(error):
                raise
            self._give_up(job.student, f"the judge failed ({type(error).__name__}: {error})")
        else:
            with self._one(job.student):
                self._record(job.student, outcome)
        return None

    @contextmanager
    def _one(self, student: str) -> Iterator[None]:
        """What goes wrong with one submission is written down, and the others go on."""
        try:
            yield
        except Exception as error:
            if stops_everything(error):
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
            glob.escape(path.name) for path in submitted.rglob("*") if never_copied(path)
        ]
        try:
            self.init_assignment(self.lab, student)
        finally:
            self.coursedir.ignore = ignored
        # The notebook as it was read: nbgrader's own reader stumbles over more than ours.
        resources = self.init_single_notebook_resources(filename)
        notebook = self.exporter.from_notebook_node(self.notebooks_read.pop(student), resources)
        self.write_single_notebook(*notebook)
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
