"""The two ways in which running a student's code does not give an answer."""

from __future__ import annotations

__all__ = ["KINDS", "DeviceUnavailable", "SandboxUnavailable", "StudentError"]

KINDS = {
    "raised": "the student's code raised an exception",
    "undefined": "a name that the exercise asks for is not defined",
    "blank": "the exercise is not filled in yet (NotImplementedError)",
    "borrowed": "it calls something ready-made where an own answer is asked for",
    "timeout": "it ran past its time",
    "memory": "it ran out of memory",
    "killed": "the student's process is gone",
    "too_large": "what it gave back is too large to pass on",
    "bad_data": "what it gave back is not plain data",
    "process": "the student's process broke the rules of the conversation",
}


class StudentError(Exception):
    """The student's side gave no answer, and why: it costs what was asked for and nothing else.

    `kind` is a key of `KINDS`. `message` is a sentence to the student. `traceback` is plain text
    that shows the student's own lines only, or "" where there are none. `raised` is the name of the
    built-in exception that it was there, by the student's word, or ""."""

    def __init__(self, kind: str, message: str, traceback: str = "", raised: str = ""):
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no kind of StudentError; there are {', '.join(KINDS)}")
        super().__init__(message)
        self.kind, self.message, self.traceback, self.raised = kind, message, traceback, raised

    def __reduce__(self) -> tuple[type, tuple[str, str, str, str]]:
        return StudentError, (self.kind, self.message, self.traceback, self.raised)


class SandboxUnavailable(Exception):
    """Students' code cannot be run safely here. The message is one line: what is lacking, and the
    remedy."""


class DeviceUnavailable(Exception):
    """There is no such device here. The message is one line: what is lacking, and the remedy."""
