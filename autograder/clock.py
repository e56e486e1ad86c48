"""How long a student's code may take over one answer, by three clocks.

Processor time decides. Time in which the code sleeps, or waits for what never comes, has a limit of
its own, over the whole submission. A wall clock of several times the processor time catches whatever
finds a way between the two.

A busy machine costs nobody marks: code that wants to run and is not let is not asleep.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from autograder.ends import has_ended
from autograder.overrun import counting
from autograder.sandbox import tree

if TYPE_CHECKING:
    from autograder.process import Session

__all__ = ["TICK_SECONDS", "Clock", "Waiting", "by_the_wall"]

TICK_SECONDS = 0.05
LAST_WORDS_SECONDS = 1.0  # to read what a process had sent before it ended


@dataclass
class Waiting:
    """What a submission may sleep away, and what it has, in seconds: over all its processes."""

    allowed: float
    seconds: float = 0.0

    @property
    def over(self) -> bool:
        return self.seconds > self.allowed


class Clock:
    """Watches one question to a student's process: interrupts what takes too long, and ends what
    does not stop then.

    Attributes:
        interrupted: why the process was interrupted, a sentence; "" as long as it was not.
        gone: the process has ended, though its line may be open.
    """

    def __init__(self, session: Session, limit: float):
        """`limit`: of processor seconds, for this answer."""
        self.session, self.limit = session, limit
        self.interrupted = ""
        self.gone = False
        self.gone_since = 0.0
        self.started = self.looked = time.monotonic()
        self.next = self.started + TICK_SECONDS
        self.cpu_before: float | None = None  # when it began, or was interrupted
        self.cpu_looked = 0.0
        self.slept = 0.0  # since then
        self.away = 0.0  # seconds since the last look in which the judge itself was asked

    @property
    def too_late(self) -> bool:
        """Whether a process that has ended has had the time for its last words."""
        return time.monotonic() > self.gone_since + LAST_WORDS_SECONDS

    @contextmanager
    def ours(self) -> Iterator[None]:
        """While the process waits for the judge, it is not the one that sleeps, and the judge's own
        time runs on."""
        started = time.monotonic()
        try:
            with counting(True):
                yield
        finally:
            self.away += time.monotonic() - started

    def tick(self) -> None:
        now = time.monotonic()
        if now < self.next:  # looking is not free, and messages may come thick and fast
            return
        self.next = now + TICK_SECONDS
        session, limits = self.session, self.session.limits
        if not self.gone and has_ended(session._student):
            self.gone, self.gone_since = True, now
        cpu = session._usage().cpu_seconds
        if self.cpu_before is None:
            self.cpu_before = self.cpu_looked = cpu
        asleep = self._asleep(now, cpu)
        used, wall = cpu - self.cpu_before, now - self.started
        if not self.interrupted:
            if used > self.limit:
                self.interrupted = _too_slow(self.limit)
            elif wall > limits.wall_seconds(self.limit):
                self.interrupted = (
                    f"It was stopped after {by_the_wall(limits.wall_seconds(self.limit))}"
                )
            elif asleep and session.waiting.over:
                self.interrupted = _too_idle(session.waiting.allowed)
            else:
                return
            self.started, self.cpu_before, self.slept = now, cpu, 0.0
            session._interrupt()
        elif (
            used > limits.grace_seconds
            or self.slept > limits.grace_seconds
            or wall > limits.wall_seconds(limits.grace_seconds)
        ):
            session._end("timeout", f"{self.interrupted} It did not stop when it was asked to.")

    def _asleep(self, now: float, cpu: float) -> bool:
        """Whether nothing of the student's runs, or wants to; the time since the last look is then
        put down as slept. A look that comes late counts as one that came in time: it is the machine
        that is busy."""
        passed = min(now - self.looked - self.away, 2 * TICK_SECONDS)
        idle = passed - (cpu - self.cpu_looked)
        self.looked, self.cpu_looked, self.away = now, cpu, 0.0
        session = self.session
        # What waits for a GPU looks asleep.
        if idle <= 0 or session.limits.device != "cpu" or session._pid is None:
            return False
        if tree.awake(session._pid):
            return False
        session.waiting.seconds += idle
        self.slept += idle
        return True


def _too_slow(seconds: float) -> str:
    return (
        f"It ran for more than {seconds:g} s of processor time and was stopped. "
        "Is there an endless loop?"
    )


def by_the_wall(seconds: float) -> str:
    """The end of a sentence about what has to be stopped though it neither calculated nor slept so
    long."""
    return (
        f"{seconds:g} s by the clock on the wall, with less than the processor time that is allowed. "
        "Does it wait for something? If not, the machine was busy: ask for another marking."
    )


def _too_idle(seconds: float) -> str:
    return (
        f"It slept or waited, and was stopped when the {seconds:g} s were over that a notebook may "
        "spend so altogether. Does it wait for something that never comes (a lock, a thread, an "
        "answer)?"
    )
