"""nbgrader's gradebook, opened once for a run; what is done to it together is done or not done.

nbgrader opens the gradebook anew for every step of every notebook, and commits cell by cell. Inside
`Ledger.transact` its own classes, unchanged, are all given the same open database, and their commits
become one: a submission's marks are there together or not at all, at a third of the work.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import sqlalchemy.exc
from nbgrader.api import (
    Assignment,
    Comment,
    Grade,
    Gradebook,
    GradeCell,
    Notebook,
    SolutionCell,
    SubmittedAssignment,
    SubmittedNotebook,
)
from sqlalchemy import Connection, create_engine, event, select
from sqlalchemy.orm import scoped_session, sessionmaker

__all__ = ["Ledger", "locked"]

PATIENCE = 60.0  # seconds to wait for another program that holds the gradebook
WAIT = 2.0  # seconds between two words about it

T = TypeVar("T")


def locked(error: BaseException) -> bool:
    """Whether the database is well, and another program has it for itself at the moment."""
    return isinstance(error, sqlalchemy.exc.OperationalError) and "locked" in str(error)


class Ledger:
    """The gradebook at `url`. `waiting(seconds, patience)` is called while another program has it
    locked; use as a context manager."""

    def __init__(self, url: str, waiting: Callable[[float, float], None]):
        self.url, self.waiting = url, waiting
        lite = url.startswith("sqlite")
        self.engine = create_engine(
            url, pool_pre_ping=not lite, connect_args={"timeout": WAIT} if lite else {}
        )
        if lite:
            event.listen(self.engine, "connect", _transactions_by_hand)
            event.listen(self.engine, "begin", _begin_to_write)
        self.courses: set[str] = set()  # known to be in the gradebook

    def __enter__(self) -> Ledger:
        return self

    def __exit__(self, *_: object) -> None:
        self.engine.dispose()

    def transact(self, work: Callable[[], T]) -> T:
        """What `work` returns, with all that it does to the gradebook in one transaction. Where
        another program has the gradebook locked it is done again, for up to `PATIENCE` seconds.

        Raises what `work` raises, and then the gradebook is as it was.
        """
        started = time.monotonic()
        while True:
            try:
                with self.engine.begin() as connection, self._in_hand(connection):
                    return work()
            except BaseException as error:
                self.courses.clear()
                waited = time.monotonic() - started
                if not locked(error) or waited > PATIENCE:
                    raise
                self.waiting(waited, PATIENCE)

    @contextmanager
    def _in_hand(self, connection: Connection) -> Iterator[None]:
        """Every `Gradebook` of this database that is opened now works on `connection`."""
        opened, closed = Gradebook.__init__, Gradebook.close
        # Its commits wait for the end of the transaction, and nothing that it closes is closed.
        session = sessionmaker(
            connection, join_transaction_mode="rollback_only", expire_on_commit=False
        )

        def open_(
            book: Any, db_url: str, course_id: str = "default_course", authenticator: Any = None
        ) -> None:
            if db_url != self.url:
                opened(book, db_url, course_id, authenticator)
                return
            book.engine, book.course_id, book.authenticator = self.engine, course_id, authenticator
            book.db = scoped_session(session)
            book.find_grade = _all_at_once(book, Grade, GradeCell)
            book.find_comment = _all_at_once(book, Comment, SolutionCell)
            if course_id not in self.courses:
                book.check_course(course_id=course_id)
                self.courses.add(course_id)

        def close(book: Any) -> None:
            if book.engine is self.engine:
                book.db.remove()
            else:
                closed(book)

        Gradebook.__init__, Gradebook.close = open_, close
        try:
            yield
        finally:
            Gradebook.__init__, Gradebook.close = opened, closed


def _all_at_once(book: Any, kind: Any, cell: Any) -> Callable[[str, str, str, str], Any]:
    """nbgrader's `find_grade` or `find_comment`, which it asks cell by cell, with one question to the
    database for a notebook."""
    one_by_one = {Grade: book.find_grade, Comment: book.find_comment}[kind]
    known: dict[tuple[str, str, str], dict[str, Any]] = {}

    def find(name: str, notebook: str, assignment: str, student: str) -> Any:
        if (notebook, assignment, student) not in known:
            rows = book.db.execute(
                select(cell.name, kind)
                .join(cell, cell.id == kind.cell_id)
                .join(SubmittedNotebook, SubmittedNotebook.id == kind.notebook_id)
                .join(Notebook, Notebook.id == SubmittedNotebook.notebook_id)
                .join(
                    SubmittedAssignment, SubmittedAssignment.id == SubmittedNotebook.assignment_id
                )
                .join(Assignment, Assignment.id == SubmittedAssignment.assignment_id)
                .where(Notebook.name == notebook, Assignment.name == assignment)
                .where(SubmittedAssignment.student_id == student)
            )
            known[notebook, assignment, student] = dict(map(tuple, rows))
        found = known[notebook, assignment, student].get(name)
        return one_by_one(name, notebook, assignment, student) if found is None else found

    return find


def _transactions_by_hand(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # Python's sqlite3 would begin them where it likes


def _begin_to_write(connection: Connection) -> None:
    # At once for writing: a reader that turns writer later cannot wait for its turn.
    connection.exec_driver_sql("BEGIN IMMEDIATE")
