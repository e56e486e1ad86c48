"""`autograder doctor`: what this machine and this course can and cannot do, what is lost by that, and
the remedy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from autograder.course import Course
from autograder.doctor.line import Line

__all__ = ["Line", "examine", "look"]


def examine(
    course: Course | None = None, say: Callable[[str], None] = print
) -> tuple[int, dict[str, Any]]:
    """Say what `look` finds, line by line; returns the exit status, 1 when `autograder grade` would
    refuse to mark here and 0 otherwise, and the same in plain JSON types."""
    lines = []
    for line in look(course):
        say(str(line))
        lines.append(line)
    refused = any(line.needed and not line.ok for line in lines)
    say("submissions cannot be marked here" if refused else "submissions can be marked here")
    return int(refused), {"can_grade": not refused, "lines": [asdict(line) for line in lines]}


def look(course: Course | None = None) -> Iterator[Line]:
    """Everything there is to say about this machine, and about `course`, line by line."""
    from autograder.doctor import config, machine, software

    yield from software.look()
    yield from machine.look(course.root if course else Path.cwd())
    if course is not None:
        yield from config.look(course)
