"""Mark a class: collect, rebuild, judge in parallel, record in nbgrader's gradebook.

    main process (the only one that opens the gradebook)
      sanitise each submission                → jobs, the longest first
      judge workers, a sandbox each           → outcomes, as they come
      write outcomes into the notebooks       → nbgrader's own SaveAutoGrades

A run may be killed at any moment and started again. A verdict is kept as soon as it is there, and a
submission counts as done only when a note says so that is written after its marks; whatever has no
such note is done again, and doing it again gives the same marks.
"""

from __future__ import annotations

import autograder.warm  # noqa: F401

# isort: split

import logging
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from filelock import FileLock, Timeout
from nbgrader.api import Gradebook, MissingEntry

from autograder.build import build_release
from autograder.cache import Cache, environment
from autograder.collect import Problem, collect, recover
from autograder.course import Course, CourseError
from autograder.grading.gradebook import Ledger
from autograder.grading.queue import Lost, judged
from autograder.grading.recorder import Ready, Recorder
from autograder.grading.survey import NOTEBOOK, Submission, recorded, survey
from autograder.judge import Job, Outcome, Settings
from autograder.late import misspelt, policy, settle
from autograder.pool import Pool
from autograder.sandbox import choose
from autograder.sandbox.limits import Limits
from autograder.serve import Served
from autograder.store import Store, fingerprint, write
from autograder.troubles import clear_words, database_name, stops_everything

__all__ = ["Grading", "Stopped", "grade"]


@dataclass
class Grading:
    """What a run did: the students it marked (`from_cache`: those of them whose verdict was known),
    those whose marks stand, and what is to be said of single submissions."""

    lab: str
    marked: list[str] = field(default_factory=list)
    from_cache: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    sandbox: str = ""

    @property
    def exit_status(self) -> int:
        """0: all well. 3: all marked, with remarks. 1: something could not be marked."""
        if any(not problem.marked for problem in self.problems):
            return 1
        return 3 if self.problems else 0

    def __str__(self) -> str:
        known = f" ({len(self.from_cache)} from cache)" if self.from_cache else ""
        return f"{len(self.marked)} marked{known}, {len(self.unchanged)} unchanged since they were"


class Stopped(KeyboardInterrupt):
    """Ctrl-C; the message says how far the run was."""


Progress = Callable[[str, int, int], None]


def grade(
    course: Course,
    lab: str,
    *,
    submissions: Path | None = None,
    roster: Path | None = None,
    workers: int | None = None,
    sandbox: str = "auto",
    limits: Limits | None = None,
    regrade: bool = False,
    progress: Progress = lambda stage, done, total: None,
    executor: Callable[[int, Settings], Executor] | None = None,
    pool: Pool | None = None,
) -> Grading:
    """Mark every submission of `lab` that has not been marked as it is now.

    `submissions` is collected first, with names and times from `roster` (see `autograder.collect`).
    `regrade` judges all anew.
    `executor(workers, settings)` may supply another `concurrent.futures.Executor`; it is given
    `mark(settings, job)` to do, and asked for again when that one breaks. Without one, and without
    a number of `workers`, the judges of `autograder serve` do it where they wait. `pool` may be one
    that is getting ready for this lab already (`autograder.early`).

    Raises `CourseError` when nothing can be done at all; what is wrong with single submissions is
    in `problems`. Raises `Stopped` on Ctrl-C.
    """
    home = course.lab_folder(lab)
    course.load(lab)  # a slip in the exercises is told once, not by every judge
    policy(course)  # and one in the rule for late work
    sandbox = choose(sandbox)
    with clear_words(course), _alone(course):
        store = Store(course.state)
        recover(course)
        collected = (
            collect(course, lab, submissions, roster=roster) if submissions is not None else []
        )
        coursedir = course.coursedir(lab)

        def waiting(seconds: float, patience: float) -> None:
            what = f"{database_name(coursedir.db_url)} is locked by another program; waiting"
            progress(what, int(seconds), int(patience))

        with Ledger(coursedir.db_url, waiting) as ledger:
            ledger.transact(lambda: None)  # it is there, and nobody else has it
            _release(course, store, lab)
            settings = Settings.of(
                home / "exercises.py", sandbox=sandbox, limits=limits or Limits()
            )
            rules = _rules(course, store, home, settings)
            marked = recorded(course, lab)
            found = survey(course, store, lab, rules, marked=marked, regrade=regrade)
            grading = Grading(lab, unchanged=found.unchanged, problems=collected + found.problems)
            if not (found.waiting or found.unchanged or grading.problems):
                raise CourseError(
                    f"no submission of {lab} in {course.submitted}; name a folder or zip with --submissions"
                )
            store.prune(lab, marked | found.students)
            if found.waiting:
                count = max(1, min(workers or os.cpu_count() or 1, len(found.waiting)))
                config = course.config()
                config.JudgeExecute.sandbox = sandbox
                recorder = Recorder(
                    coursedir=coursedir,
                    config=config,
                    log=logging.getLogger("autograder.nbgrader"),
                )
                recorder.prepare(store, lab, ledger)
                cache = Cache(store, lab, settings)
                run = _Run(recorder, cache, found.waiting, grading, progress, fresh=regrade)

                early = [pool] if pool is not None and pool.settings == settings else []

                def open_pool() -> Executor:
                    if executor is not None:
                        return executor(count, settings)
                    if early:
                        early[0].workers = count
                        return early.pop()
                    served = Served.at(course.state) if workers is None else None
                    return served or Pool(count, settings)

                recorder.at_work(lambda: run.all(count, open_pool))
            # The rule, a deadline or a reader's marks may have changed.
            ledger.transact(lambda: settle(course, lab))
        grading.problems += [
            Problem(student, line, marked=True)
            for student, line in misspelt(course, lab, marked | found.students).items()
        ]
        grading.marked.sort()
        return grading


class _Run:
    """The way of a class's submissions through the judges and into the gradebook."""

    def __init__(
        self,
        recorder: Recorder,
        cache: Cache,
        waiting: list[Submission],
        grading: Grading,
        progress: Progress,
        *,
        fresh: bool,
    ):
        self.recorder, self.cache, self.waiting = recorder, cache, waiting
        self.grading, self.progress, self.fresh = grading, progress, fresh
        self.under_way: dict[str, Ready] = {}
        self.over = 0

    def all(self, workers: int, open_pool: Callable[[], Executor]) -> None:
        self._tell(0)
        try:
            for job, outcome in judged(self._jobs(), open_pool, self.cache.settings, workers):
                ready = self.under_way.pop(job.student)
                with self._one(ready.submission):
                    if isinstance(outcome, Exception):
                        raise outcome
                    self.cache.put(job, outcome)
                    self._record(ready, outcome)
                self._tell(1)
        except KeyboardInterrupt:
            raise Stopped(
                f"stopped; {len(self.grading.marked)} of {len(self.waiting)} are recorded, and that is "
                "safe; run the same command again and it goes on"
            ) from None

    def _jobs(self) -> Iterator[Job | None]:
        """What the judges have to do. A submission whose verdict is known is recorded on the way."""
        for submission in self.waiting:
            ready = known = None
            with self._one(submission):
                ready = self.recorder.sanitise(submission)
                known = None if self.fresh else self.cache.get(ready.job)
                if known is not None:
                    self._record(ready, known)
                    self.grading.from_cache.append(submission.student)
            if ready is None or known is not None:
                self._tell(1)
                yield None
            else:
                self.under_way[submission.student] = ready
                yield ready.job

    def _record(self, ready: Ready, outcome: Outcome) -> None:
        student = ready.submission.student
        self.recorder.record(ready, outcome)
        self.grading.sandbox = outcome.sandbox
        self.grading.marked.append(student)
        path = ready.submission.folder / NOTEBOOK
        self.grading.problems += [
            Problem(student, f"{path}: {repair}", marked=True) for repair in ready.repairs
        ]

    def _tell(self, more: int) -> None:
        self.over += more
        self.progress("marking", self.over, len(self.waiting))

    @contextmanager
    def _one(self, submission: Submission) -> Iterator[None]:
        """What goes wrong with one submission is written down, and the others go on."""
        try:
            yield
        except Exception as error:
            theirs = str(submission.folder) in str(getattr(error, "filename", ""))
            if stops_everything(error) or isinstance(error, PermissionError) and not theirs:
                raise
            path = submission.folder / NOTEBOOK
            self.recorder.log.debug("%s", path, exc_info=True)
            why = f"{path}: {_why(error)}; run grade again, and mark it by hand if it stays"
            self.grading.problems.append(Problem(submission.student, why))


def _why(error: Exception) -> str:
    if isinstance(error, Lost):
        return str(error)
    return f"could not be marked ({type(error).__name__}: {error})"


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


def _release(course: Course, store: Store, lab: str) -> None:
    """See that the gradebook knows the lab as its source is now."""
    now = fingerprint(course.lab_folder(lab), course.root / "nbgrader_config.py")
    note = store.folder / lab / "released"
    known = note.exists() and note.read_text(encoding="ascii", errors="replace") == now
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
    config = course.root / "nbgrader_config.py"
    return fingerprint(home, config, store.key(), settings.digest, environment())
