"""Canvas: the gradebook that it exports, given back with one column filled.

Canvas finds a student by ID, then by SIS User ID, then by SIS Login ID, then by name; and an
assignment by the number in the brackets of its heading. An empty cell in the file *removes* a mark
that Canvas has, so a cell that is not filled keeps what it held.
"""

from __future__ import annotations

import re

from autograder.course import CourseError
from autograder.export.exporter import Exporter, Person, decimal
from autograder.export.sheet import Sheet, match, same
from autograder.report import Class

__all__ = ["CanvasExporter"]

HEADINGS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
ALSO = ("LastName", "FirstName", "Integration ID", "Root Account")
POINTS = "    Points Possible"  # with these blanks, as Canvas writes it
NUMBERED = re.compile(r"(?P<title>.*?)\s*\((?P<id>\d+)\)\s*")
# Headings that hold one of these are sums that Canvas makes itself.
SUMS = re.compile(r"(Current|Final) (Score|Points|Grade)|Override (Score|Grade|Status)")
STAYS = ("EX", "N/A")  # excused, and not assigned: a person's decision


class CanvasExporter(Exporter):
    """Canvas's gradebook. Without a roster: one made from nbgrader's gradebook, in which the
    student's id is the SIS Login ID."""

    name = "canvas"

    def fill(self, results: Class, people: dict[str, Person], roster: Sheet | None) -> Sheet:
        if roster is None:
            return self._new(results, people)
        titles = roster.header
        if not any(same(titles[0], name) for name in ("Student", "LastName")):
            raise CourseError(
                f"{self.roster}: is no gradebook of Canvas's (its first heading is {titles[0]!r}, "
                "not 'Student'); export it from Grades in Canvas"
            )
        ids = _places(roster, "ID", "SIS User ID", "SIS Login ID", "Integration ID")
        names = _places(roster, "Student")
        section = roster.column("Section")
        if not ids or section is None:
            raise CourseError(
                f"{self.roster}: is no gradebook of Canvas's (it has no heading 'ID' or 'Section')"
            )
        place = self._column(results, roster, section)
        students = [row for row in roster.rows[1:] if not _no_student(row)]
        pairs = {name: (person.ids, person.names) for name, person in people.items()}
        matches = match(students, ids, names, pairs)
        factor, comma = self._factor(results, roster, place), roster.delimiter == ";"
        for person, row, mark in self.entries(people, matches, students, place):
            if row[place].strip().upper() in STAYS:
                self._told.kept[person.id] = f"has {row[place]!r} in the roster, which stays"
            else:
                row[place] = decimal(mark * factor, comma)
                self._told.filled.append(person.id)
        self.strangers(matches, students, place, lambda row: row[0])
        return roster

    def _column(self, results: Class, roster: Sheet, section: int) -> int:
        """The place of the assignment's column; a new one where there is none."""
        wanted = [self.column] if self.column else [self._told.lab, results.title]
        places = [
            place
            for place, heading in enumerate(roster.header)
            if place > section and any(_is_called(heading, name) for name in wanted)
        ]
        if len(places) == 1:
            return places[0]
        assignments = [h for h in roster.header[section + 1 :] if h and not SUMS.search(h)]
        if places or self.column:
            how_many = "several columns" if places else "no column"
            raise CourseError(
                f"{self.roster}: has {how_many} called {wanted[0]!r}; name one with --column: "
                + (", ".join(map(repr, assignments)) or "there is none")
            )
        sums = [k for k, h in enumerate(roster.header) if k > section and SUMS.search(h)]
        place = min(sums, default=len(roster.header))
        for number, row in enumerate(roster.rows):
            points = decimal(results.max_score) if _is_points(row) else ""
            row.insert(place, points if number else self._told.lab)
        self._told.notes.append(
            f"the roster has no column for {self._told.lab}; one was added, of which Canvas makes a "
            "new assignment. To fill another, name it with --column"
        )
        return place

    def _factor(self, results: Class, roster: Sheet, place: int) -> float:
        """What a point of ours is worth in Canvas."""
        for row in filter(_is_points, roster.rows[1:]):
            try:
                most = float(row[place].replace(",", "."))
            except ValueError:
                break
            return self.worth(results, most, f"{self.roster}: {roster.header[place]!r}")
        return 1.0

    def _new(self, results: Class, people: dict[str, Person]) -> Sheet:
        rows = [[*HEADINGS, self._told.lab], [POINTS, "", "", "", "", decimal(results.max_score)]]
        for name, person in people.items():
            mark = self.mark(person)
            text = "" if mark is None else decimal(mark)
            rows.append([person.listed, person.platform, "", name, "", text])
            if mark is not None:
                self._told.filled.append(name)
        return Sheet(rows, bom=False)


def _places(roster: Sheet, *names: str) -> list[int]:
    return [place for name in names if (place := roster.column(name)) is not None]


def _is_called(heading: str, name: str) -> bool:
    numbered = NUMBERED.fullmatch(heading)
    return same(heading, name) or bool(
        numbered and (same(numbered["title"], name) or numbered["id"] == name)
    )


def _is_points(row: list[str]) -> bool:
    return "Points Possible" in row[0]


def _no_student(row: list[str]) -> bool:
    """Canvas's rows about the assignments: points, and which marks are posted by hand."""
    posting = all(re.fullmatch(r"\s*(Muted|Manual Posting.*)?\s*", cell) for cell in row)
    return _is_points(row) or posting or same(row[0], "Student, Test")  # Canvas's own test student
