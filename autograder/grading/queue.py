"""Jobs through an executor whose processes may die, on this machine or on others.

An executor says that a process died, and not over which of the jobs that were under way. So these
are done again, one at a time; whichever then kills its process again is given up, and the others
are marked.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterator
from concurrent.futures import (
    FIRST_COMPLETED,
    BrokenExecutor,
    CancelledError,
    Executor,
    Future,
    wait,
)

from autograder.course import CourseError
from autograder.judge import Job, Outcome, Settings, mark

__all__ = ["Lost", "judged"]

TRIES = 2  # how often a judge's process may die over a submission before it is given up
STARTS = 3  # how often judges may die before they have done anything at all
AHEAD = 16  # jobs made ready while the judges start; then two a judge are enough


class Lost(Exception):
    """The judge's process died over a job again and again."""

    def __str__(self) -> str:
        return "the judge's process died over it again and again"


def judged(
    jobs: Iterator[Job | None],
    open_pool: Callable[[], Executor],
    settings: Settings,
    workers: int,
) -> Iterator[tuple[Job, Outcome | Exception]]:
    """Each job with what came of it, as they come. `jobs` is asked for the next one only when there
    is room; None says that there is none just now, and to look at those that are done. The executor
    is opened for the first job, closed at the end, and replaced when its processes die.

    Raises `CourseError` when judges die as soon as they start.
    """
    line = _Line(open_pool, settings)
    more, room = True, max(AHEAD, 2 * workers)
    try:
        while more or line.busy:
            patient = True
            while more and patient and not line.suspects and len(line.running) < room:
                try:
                    job = next(jobs)
                except StopIteration:
                    more = False
                else:
                    patient = job is not None
                    if job is not None:
                        line.submit(job)
            line.retry()
            for done in line.finished(patient):
                room = 2 * workers
                yield done
    finally:
        line.close()


class _Line:
    """What is under way."""

    def __init__(self, open_pool: Callable[[], Executor], settings: Settings):
        self.open_pool, self.settings = open_pool, settings
        self.pool: Executor | None = None
        self.running: dict[Future[Outcome], Job] = {}
        self.suspects: deque[Job] = deque()  # under way when a process died: one at a time now
        self.deaths: Counter[str] = Counter()

    @property
    def busy(self) -> bool:
        return bool(self.running or self.suspects)

    def submit(self, job: Job) -> None:
        if self.pool is None:
            self.pool = self.open_pool()
        try:
            future: Future[Outcome] = self.pool.submit(mark, self.settings, job)
        except Exception as error:  # it died while we were busy with something else
            if not _pool_broke(error):
                raise
            future = Future()
            future.set_exception(error)
        self.running[future] = job

    def retry(self) -> None:
        if self.suspects and not self.running:
            self.submit(self.suspects.popleft())

    def finished(self, patient: bool) -> Iterator[tuple[Job, Outcome | Exception]]:
        """Those that are done; `patient`: wait for one."""
        if not self.running:
            return
        done, _ = wait(self.running, None if patient else 0, FIRST_COMPLETED)
        lost: list[Job] = []
        broke = False
        for future in done:
            job = self.running.pop(future)
            try:
                result: Outcome | Exception = future.result()
            except Exception as error:
                result = error
            if _pool_broke(result) or _one_worker_broke(result):
                lost.append(job)
                broke = broke or _pool_broke(result)
            else:
                yield job, result
        if broke:
            lost += self.running.values()
            self.running.clear()
            self._replace()
        for job in lost:
            self.deaths[job.student] += (
                len(lost) == 1
            )  # in company it may have been another's doing
            if self.deaths[job.student] < TRIES:
                self.suspects.append(job)
            else:
                yield job, Lost()

    def _replace(self) -> None:
        """A new executor, that has shown that it can do something."""
        for _ in range(STARTS):
            self.close()
            self.pool = self.open_pool()
            try:
                self.pool.submit(abs, -1).result()
                return
            except Exception as error:
                if not _pool_broke(error):
                    raise
                reason = error
        raise CourseError(
            f"the judges' processes end as soon as they start ({reason}); "
            "see what `autograder doctor` says"
        ) from reason

    def close(self) -> None:
        if self.pool is not None:
            self.pool.shutdown(wait=not self.running, cancel_futures=True)
            self.pool = None


def _pool_broke(error: object) -> bool:
    """Whether the executor is of no more use: its processes died, or the way to the cluster did."""
    return isinstance(error, BrokenExecutor | CancelledError) or _of_cluster(
        error, "CommClosedError", "FutureCancelledError"
    )


def _one_worker_broke(error: object) -> bool:
    """Whether the executor goes on, and this job's processes on other machines died, one after the
    other."""
    return _of_cluster(error, "KilledWorker")


def _of_cluster(error: object, *names: str) -> bool:
    kind = type(error)
    return kind.__module__.startswith("distributed") and kind.__name__ in names
