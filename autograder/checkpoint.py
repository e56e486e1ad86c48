"""A copy of a student's process for one graded cell.

A process can only be copied by itself: the student's process is asked to fork, and is handed one
end of a new line for the copy to speak on. Nothing that it says about the copy is believed. The
judge looks at the process tree, as the kernel shows it from outside: there must be exactly one new
child; when the cell is over, every process that is new since it began is killed, whoever started it.
Where that does not succeed, and where the process lies, the whole session is ended.

What a copy learns (the numbers of a hidden case) ends with it, as far as memory goes. It shares
with the original what was open before: files, pipes, the working folder. A program made for it can
leave word there, or start a thread, so that no copy is made of it. To give each copy a folder of its
own would not end that: it has the pipes still. Against that helps the order of marking alone: every
cell of the student's first, while its copies sleep, and then the tests. What is left is that one
test's numbers can stand in the message of a later one.
"""

from __future__ import annotations

import os
import secrets
import select
import socket
import time

from autograder.ends import cause_of_death, has_ended
from autograder.errors import StudentError
from autograder.process import Session
from autograder.sandbox import tree

__all__ = ["Trial", "copy_of"]

COPY_SECONDS = 2.0
CLEAR_SECONDS = 2.0


class Trial(Session):
    """What a `Session` is for the original, for its copy. Made by `Session.checkpoint`."""

    def __init__(self, original: Session, number: int, line: socket.socket, student: int):
        """
        Args:
            number: by which the original knows the copy.
            line: to the copy.
            student: pidfd of the copy; closed with this, as is the line.
        """
        super().__init__(
            original.limits,
            line,
            original._report,
            original._supervisor,
            student,
            alone=original._alone,
            folder=None,
            forget=original._copies.discard,
        )
        self._original, self._number = original, number
        self.waiting = original.waiting
        self._me = tree.process(tree.pid_of(student) or 0)
        self._before: set[tree.Process] | None = (
            None  # the room's processes without it; asleep: None
        )
        original._copies.add(self)

    def __enter__(self) -> Trial:
        if self._pid is not None:
            self._before = tree.living(self._pid) - {self._me}
        self._original._trial = self
        return self

    def _usage(self) -> tree.Usage:
        return self._original._usage()

    def _new(self) -> set[tree.Process]:
        """The copy, as long as it lives, and all that it started."""
        if self._pid is None:
            return set()
        everybody = tree.living(self._pid)
        found = everybody & {self._me} if self._before is None else everybody - self._before
        # The supervisor's number is its own only as long as it is there.
        return found if tree.pid_of(self._supervisor) == self._pid else set()

    def _kill(self) -> None:
        for process in self._new():
            tree.end(process)

    def _bury(self) -> StudentError:
        if self._epitaph is None:
            select.select([self._student], [], [], CLEAR_SECONDS)
            original = self._original
            if original._ended or has_ended(original._student):
                original._doing = self._doing
                self._epitaph = original._bury()
                return self._epitaph
            self._kill()
            select.select([self._student], [], [], CLEAR_SECONDS)
            kind, why = self._ended or ("killed", cause_of_death(self._status()))
            self._epitaph = self._died(kind, why)
        return self._epitaph

    def _status(self) -> int | None:
        """How the copy ended: its parent alone is told by the kernel. Good for a sentence only."""
        try:
            request = {"op": "buried", "number": self._number}
            status = self._original._value(request, COPY_SECONDS)
        except StudentError:
            return None
        return status if type(status) is int and 0 <= status < 2**16 else None

    def close(self, why: StudentError | None = None) -> None:
        """End the copy and all that it started; the original goes on."""
        for copy in list(self._copies):
            copy.close()
        with self._lock:
            if not self._open:
                return
            self._open = False
            self._epitaph = self._epitaph or why
        original = self._original
        self._usage()  # what the copy has used up to now is in the books
        if not self._cleared():
            original._end("process", "What a copy of it had started could not be ended.")
        self._line.close()
        os.close(self._student)
        if original._trial is self:
            original._trial = None
        self._forget(self)

    def _cleared(self) -> bool:
        deadline = time.monotonic() + CLEAR_SECONDS
        while new := self._new():
            if time.monotonic() > deadline:
                return False
            for process in new:
                tree.end(process)
            select.select([] if has_ended(self._student) else [self._student], [], [], 0.005)
        return True


def copy_of(session: Session) -> Trial | None:
    """A copy of the session's process; None where there can be none."""
    original = tree.pid_of(session._student) if session.alive else None
    if original is None or session._pid is None or tree.threads(original) != 1:
        return None
    session._doing = "making a copy of itself"
    known = set(tree.children(original))
    number = secrets.randbits(62)
    line, theirs = socket.socketpair()
    try:
        with theirs:
            request = {"op": "checkpoint", "number": number}
            session._value(request, COPY_SECONDS, descriptor=theirs.fileno())
    except StudentError:  # it cannot, or it has ended: the next question will show
        line.close()
        return None
    new = [child for child in tree.children(original) if child not in known]
    if len(new) == 1 and (student := _handle(new[0])) is not None:
        if new[0] in tree.children(original):  # the handle is not a later process's
            return Trial(session, number, line, student)
        os.close(student)
    line.close()
    session._end("process", "It did not copy itself as it was asked to.")
    session._bury()
    return None


def _handle(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None
