"""What the three formats share: whose mark is ready, and what to say of the others."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy.exc
from nbgrader.api import Gradebook
from nbgrader.plugins import ExportPlugin
from traitlets import Bool, Instance, Unicode

from autograder.course import Course, CourseError
from autograder.export.sheet import Matches, Sheet
from autograder.panel import number
from autograder.report import Class
from autograder.report.standing import Standing

__all__ = ["Exported", "Exporter", "Person", "decimal"]


@dataclass
class Exported:
    """What is in the file, and what is not: students, and of the last four {student: why}.

    `unmatched`: marked, and no single row of the roster is theirs. `waiting`: answers wait for a
    reader. `unmarked`: handed in, and not marked. `kept`: the roster has something there that must
    stay. `missing`: handed nothing in.
    """

    lab: str
    path: Path
    filled: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    unmatched: dict[str, str] = field(default_factory=dict)
    waiting: dict[str, str] = field(default_factory=dict)
    unmarked: dict[str, str] = field(default_factory=dict)
    kept: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    @property
    def left_out(self) -> dict[str, str]:
        """{student: why their mark is not in the file}."""
        return {**self.unmarked, **self.waiting, **self.kept, **self.unmatched}

    @property
    def exit_status(self) -> int:
        """0: every mark there is stands in the file. 3: some do not."""
        return 3 if self.left_out else 0

    def lines(self) -> list[str]:
        """What to tell a person: why marks are not in the file, and whose."""
        whose: dict[str, list[str]] = {}
        for name, why in self.left_out.items():
            whose.setdefault(why, []).append(_shown(name))
        told = [f"{', '.join(names)}: {why}" for why, names in whose.items()]
        counts = f"marks filled: {len(self.filled)}, left out: {len(self.left_out)}"
        return [*told, *self.notes, f"{counts}; nothing handed in: {len(self.missing)}"]

    def to_json(self) -> dict[str, Any]:
        names = ("filled", "missing", "unmatched", "waiting", "unmarked", "kept", "notes")
        return {
            "lab": self.lab,
            "written": str(self.path),
            **{name: getattr(self, name) for name in names},
        }


@dataclass(frozen=True)
class Person:
    """One student, as nbgrader's gradebook and the marking know them. `standing` is None where
    nothing was handed in."""

    id: str
    first: str = ""
    last: str = ""
    email: str = ""
    platform: str = ""  # nbgrader's `lms_user_id`
    standing: Standing | None = None

    @property
    def ids(self) -> list[str]:
        return [self.id, self.platform, self.email]

    @property
    def names(self) -> list[str]:
        """What a roster may call them."""
        spelt = [f"{self.last}, {self.first}", f"{self.first} {self.last}"]
        return [self.id, *(spelt if self.first and self.last else ())]

    @property
    def listed(self) -> str:
        """The name that a list is sorted by."""
        return ", ".join(filter(None, (self.last, self.first))) or self.id


class Exporter(ExportPlugin):
    """One format, as one of nbgrader's export plugins. `export` fills `exported`."""

    roster = Unicode(
        "", help="the file that the learning platform exports: its rows and IDs are kept"
    ).tag(config=True)
    missing_as_zero = Bool(
        False, help="zero for those who handed nothing in, instead of no mark at all"
    ).tag(config=True)
    scale = Bool(
        False, help="scale the points to the maximum that the platform has for the assignment"
    ).tag(config=True)
    column = Unicode(
        "", help="canvas: the heading of the column to fill (default: the lab's name or title)"
    ).tag(config=True)
    course = Instance(Course, allow_none=True)
    exported = Instance(Exported, allow_none=True)

    name = ""  # of the format

    def export(self, gradebook: Gradebook) -> None:
        """Write the file `to` (default: reports/LAB/NAME.csv in the course).

        Raises `CourseError` when nothing can be written; whose mark is not in the file, and why, is
        in `exported`.
        """
        course = self.course or Course.at(self.parent.coursedir.root)
        lab = self._lab(gradebook)
        with warnings.catch_warnings():
            # nbgrader 0.9 and SQLAlchemy 2 differ about one relation; the marks are not touched.
            warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
            results = Class.read(course, lab)
            people = self._people(gradebook, results)
        path = Path(self.to) if self.to else course.root / "reports" / lab / f"{self.name}.csv"
        roster = Path(self.roster) if self.roster else None
        if roster is not None and path.exists() and roster.exists() and path.samefile(roster):
            raise CourseError(f"{path}: is the roster itself; name another file with --out")
        self.exported = Exported(lab, path)
        for person in people.values():
            self._sort(person)
        sheet = Sheet.read(roster) if roster is not None else None
        self.fill(results, people, sheet).write(path)
        # For nbgrader's command; ours says it in its own way.
        for student, why in self.exported.left_out.items():
            self.log.warning("%s: %s", student, why)
        self.log.info("%d marks written to %s", len(self.exported.filled), path)

    def fill(self, results: Class, people: dict[str, Person], roster: Sheet | None) -> Sheet:
        """The sheet to write. Implemented by each format."""
        raise NotImplementedError

    def mark(self, person: Person) -> float | None:
        """The mark to write; None where there is none yet."""
        standing = person.standing
        if standing is None:
            return 0.0 if self.missing_as_zero else None
        return standing.score if standing.marked and not standing.waiting else None

    def entries(
        self, people: dict[str, Person], matches: Matches, rows: list[list[str]], place: int
    ) -> Iterator[tuple[Person, list[str], float]]:
        """(student, row, mark) of each mark that may be written into column `place` of `rows`.

        Unmatched students are noted. Where nothing was handed in, what a person wrote there stays.
        """
        for name, person in people.items():
            mark = self.mark(person)
            if mark is None:
                continue
            if name in matches.found:
                row = rows[matches.found[name]]
                if person.standing is not None or not row[place].strip():
                    yield person, row, mark
            elif person.standing is not None:
                self._told.unmatched[name] = matches.trouble[name]

    def strangers(
        self, matches: Matches, rows: list[list[str]], place: int, called: Callable[[Any], str]
    ) -> None:
        """Note those in the roster of whom the gradebook has never heard: they handed nothing in,
        unless somebody whose row was not found did."""
        if self.student:  # then the others are simply not asked for
            return
        strangers = [row for k, row in enumerate(rows) if k not in matches.touched]
        self._told.missing += map(called, strangers)
        if not self.missing_as_zero or not strangers:
            return
        if self._told.unmatched:
            self._told.notes.append(
                "those who are in the roster alone got no zero, since some marks found no row: "
                "they may be theirs"
            )
            return
        for row in strangers:
            row[place] = row[place].strip() or "0"

    def worth(self, results: Class, most: float, where: str) -> float:
        """What a point of ours is worth where the platform gives `most` points.

        Raises `CourseError` where the two differ and scaling was not asked for: a platform drops
        marks above its maximum, or takes 20 of 100 for a poor mark.
        """
        if abs(most - results.max_score) < 1e-6:
            return 1.0
        if not self.scale or not results.max_score:
            raise CourseError(
                f"{where} has a maximum of {number(most)}, the lab has {number(results.max_score)} "
                "points; make them equal on the platform, or say --scale"
            )
        return most / results.max_score

    def _sort(self, person: Person) -> None:
        told, standing = self._told, person.standing
        if standing is None:
            told.missing.append(person.id)
        elif not standing.marked:
            told.unmarked[person.id] = (
                f"not marked; `autograder grade {told.lab}` does it, or says why not"
            )
        elif standing.waiting:
            told.waiting[person.id] = (
                f"{number(standing.waiting)} points wait for a reader (formgrader shows them)"
            )

    @property
    def _told(self) -> Exported:
        assert self.exported is not None
        return self.exported

    def _lab(self, gradebook: Gradebook) -> str:
        known = [assignment.name for assignment in gradebook.assignments]
        wanted = [str(name) for name in self.assignment] or known
        if len(wanted) != 1:
            raise CourseError(
                "one assignment is exported at a time; name it with --assignment "
                f"(there is {', '.join(known) or 'none yet'})"
            )
        return wanted[0]

    def _people(self, gradebook: Gradebook, results: Class) -> dict[str, Person]:
        standings = {standing.student: standing for standing in results.standings}
        rows = {student.id: student for student in gradebook.students}
        wanted = [str(name) for name in self.student] or sorted({*rows, *standings}, key=_order)
        people = {}
        for name in wanted:
            row = rows.get(name)
            if row is None and name not in standings:
                raise CourseError(f"there is no student {name!r} in the gradebook")
            people[name] = Person(
                name,
                (row and row.first_name) or "",
                (row and row.last_name) or "",
                (row and row.email) or "",
                (row and row.lms_user_id) or "",
                standings.get(name),
            )
        return people


def _shown(name: str) -> str:
    """A student's name without what a terminal would take for a command."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)


def _order(name: str) -> tuple[str, str]:
    return name.casefold(), name


def decimal(value: float, comma: bool = False) -> str:
    """Points as text: 3, 1.5, 0.333333; with a decimal comma where the roster has them."""
    text = f"{value:.6f}".rstrip("0").rstrip(".")
    return text.replace(".", ",") if comma else text
