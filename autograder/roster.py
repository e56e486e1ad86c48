"""Who is who, and when they handed in: the list that a platform exports, or one made by hand.

Canvas    the gradebook: its users' numbers, and the logins that the course knows them by
Moodle    the grading worksheet: participants, and when each handed in
a CSV     columns `student`, and any of `number` (the platform's), `submitted` (a time)
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from pathlib import Path

from autograder.course import CourseError
from autograder.export.sheet import Sheet
from autograder.platforms import Named
from autograder.times import in_utc

__all__ = ["STUDENT_ID", "Roster"]

STUDENT_ID = re.compile(r"[\w@+-][\w.@+ '’-]{,99}", re.UNICODE)  # files are called after them
# How a student is called in the gradebook: the first of these that the list has for them.
CANVAS = ("SIS Login ID", "SIS User ID", "ID")
MOODLE = ("Username", "ID number", "Email address", "Full name")
MOODLE_TIME = "Last modified (submission)"


@dataclass
class Roster:
    """`students`: {a platform's number: the student's id here}. `times`: {id: UTC, no zone}."""

    students: dict[str, str] = field(default_factory=dict)
    times: dict[str, datetime] = field(default_factory=dict)

    @classmethod
    def read(cls, path: Path, home: tzinfo) -> Roster:
        """Read the list at `path`; times in it are in the zone `home` where they name none.

        Raises `CourseError` that names the row, or says which lists are understood.
        """
        sheet = Sheet.read(path)
        kinds = (
            ("ID", CANVAS, ""),
            ("Identifier", MOODLE, MOODLE_TIME),
            ("number", ("student",), "submitted"),
            ("student", ("student",), "submitted"),
        )
        for number, ids, submitted in kinds:
            places = [place for name in ids if (place := sheet.column(name)) is not None]
            key, time = sheet.column(number), sheet.column(submitted) if submitted else None
            if key is not None and places:
                return cls()._fill(path, sheet, key, places, time, home)
        raise CourseError(
            f"{path}: is neither Canvas's gradebook (it would have a column 'ID') nor Moodle's "
            "grading worksheet in English ('Identifier') nor a list with a column 'student'"
        )

    def _fill(
        self, path: Path, sheet: Sheet, key: int, ids: list[int], time: int | None, home: tzinfo
    ) -> Roster:
        for place, row in enumerate(sheet.rows[1:], 2):
            number = row[key].removeprefix("Participant").strip()
            called = [row[k].strip() for k in ids if is_student_id(row[k].strip())]
            if not number or not called:  # a row about the assignments, not a person
                continue
            if self.students.setdefault(number, called[0]) != called[0]:
                raise CourseError(f"{path}: row {place}: {number!r} is there twice; keep one")
            if time is None or row[time].strip() in ("", "-"):
                continue
            try:
                self.times[called[0]] = in_utc(row[time], home)
            except ValueError as error:
                raise CourseError(f"{path}: row {place}: {error}; mend it") from None
        return self

    def student(self, named: Named) -> str:
        """The id of the student whom a platform names so."""
        return self.students.get(named.number, named.student)


def is_student_id(text: str) -> bool:
    """Whether folders can be called so."""
    return STUDENT_ID.fullmatch(text) is not None and not text.endswith(" ")
