"""Troubles of the machine and of the course's files, told in one line that names the file and the
remedy."""

from __future__ import annotations

import errno
import sqlite3
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy.engine
import sqlalchemy.exc
from nbgrader.converters.base import NbGraderException

from autograder.course import Course, CourseError
from autograder.errors import DeviceUnavailable, SandboxUnavailable

__all__ = ["clear_words", "database_name", "stops_everything"]

DATABASE = (sqlalchemy.exc.DBAPIError, sqlalchemy.exc.ArgumentError, sqlite3.DatabaseError)
HOPELESS = (CourseError, SandboxUnavailable, DeviceUnavailable)  # each has its sentence already
FULL = (errno.ENOSPC, errno.EDQUOT)


def stops_everything(error: BaseException) -> bool:
    """Troubles of the machine, not of one submission."""
    return _of_the_machine(error) or isinstance(error, HOPELESS)


def database_name(url: str) -> str:
    """What to call a database: the file of one that is a file, never a password."""
    parts = sqlalchemy.engine.make_url(url)
    if parts.get_backend_name() == "sqlite" and parts.database:
        return parts.database
    return parts.render_as_string(hide_password=True)


def _database(course: Course) -> str:
    try:
        return database_name(course.coursedir("*").db_url)
    except sqlalchemy.exc.ArgumentError:  # it is no address, and may hold anything
        return f"{course.root / 'nbgrader_config.py'}: CourseDirectory.db_url"


@contextmanager
def clear_words(course: Course) -> Iterator[None]:
    """Turn them into `CourseError`."""
    try:
        with warnings.catch_warnings():
            # nbgrader 0.9 and SQLAlchemy 2 differ about one relation; the marks are not touched by it.
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
            yield
    except (*DATABASE, OSError, NbGraderException, CourseError) as error:
        # nbgrader has words of its own for a database in trouble, which hide what it is.
        trouble = next(filter(_of_the_machine, _behind(error)), error)
        if isinstance(trouble, CourseError):
            raise
        raise CourseError(_words(course, trouble)) from error
    except ModuleNotFoundError as error:
        database = _database(course)
        if f"+{error.name}" not in database:
            raise
        raise CourseError(
            f"{database}: needs the driver {error.name}, which is not installed here; install it"
        ) from error


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """The error, and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)


def _of_the_machine(error: BaseException) -> bool:
    return (
        isinstance(error, DATABASE)
        or isinstance(error, OSError)
        and error.errno in (*FULL, errno.EROFS)
    )


def _words(course: Course, error: BaseException) -> str:
    again = "what is recorded is safe; run the same command again and it goes on"
    if isinstance(error, DATABASE):
        database = _database(course)
        said = str(error).splitlines()[0]
        if "locked" in said:
            return f"{database}: is locked by another program (formgrader, or another grade?); close it; {again}"
        if "is full" in said:
            return f"{database}: the disk is full; make room, {again}"
        if "not a database" in said or "malformed" in said:
            return f"{database}: is damaged ({said}); put back a copy, or move it away and run grade again"
        return f"{database}: cannot be used ({said}); {again}"
    if isinstance(error, OSError):
        file = error.filename2 or error.filename or course.root
        if error.errno in FULL:
            return f"{file}: the disk is full; make room, {again}"
        return f"{file}: cannot be used ({error.strerror}); {again}"
    return f"nbgrader stopped: {error}; {again}"
