"""Troubles of the machine and of the course's files, told in one line that names the file and the
remedy."""

from __future__ import annotations

import errno
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.exc
from nbgrader.converters.base import NbGraderException

from autograder.course import Course, CourseError
from autograder.errors import SandboxUnavailable

__all__ = ["clear_words", "stops_everything"]

DATABASE = (sqlalchemy.exc.DatabaseError, sqlite3.DatabaseError)
FULL = (errno.ENOSPC, errno.EDQUOT)


def stops_everything(error: BaseException) -> bool:
    """Troubles of the machine, not of one submission."""
    if isinstance(error, (*DATABASE, SandboxUnavailable)):
        return True
    return isinstance(error, OSError) and error.errno in (*FULL, errno.EROFS)


@contextmanager
def clear_words(course: Course) -> Iterator[None]:
    """Turn them into `CourseError`."""
    again = "what is recorded is safe; run the same command again and it goes on"
    try:
        with warnings.catch_warnings():
            # nbgrader 0.9 and SQLAlchemy 2 differ about one relation; the marks are not touched by it.
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
            yield
    except DATABASE as error:
        database, said = course.coursedir("*").db_url, str(error).splitlines()[0]
        if "locked" in said:
            cause = (
                f"is locked by another program (formgrader, or another grade?); close it; {again}"
            )
        elif "not a database" in said or "malformed" in said:
            cause = f"is damaged ({said}); put back a copy, or move it away and run grade again"
        else:
            cause = f"cannot be used ({said}); {again}"
        raise CourseError(f"{database}: {cause}") from error
    except OSError as error:
        file = error.filename2 or error.filename or course.root
        if error.errno in FULL:
            raise CourseError(f"{file}: the disk is full; make room, {again}") from error
        raise CourseError(f"{file}: cannot be used ({error.strerror}); {again}") from error
    except NbGraderException as error:
        raise CourseError(f"nbgrader stopped: {error}; {again}") from error
