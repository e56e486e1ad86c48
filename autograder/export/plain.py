"""A plain table of everything: a row a student, a column an exercise."""

from __future__ import annotations

from autograder.course import CourseError
from autograder.export.exporter import Exporter, Person, decimal
from autograder.export.sheet import Sheet
from autograder.report import Class

__all__ = ["PlainExporter"]


class PlainExporter(Exporter):
    """Students and exercises, the total with the late penalty taken off, and what waits for a
    reader. Where something waits, the total is empty."""

    name = "csv"

    def fill(self, results: Class, people: dict[str, Person], roster: Sheet | None) -> Sheet:
        if roster is not None:
            raise CourseError("the format csv needs no roster; leave --roster out")
        header = ["student", "name", "email"]
        header += [f"{c.label} (of {decimal(c.max_score)})" for c in results.columns]
        header += ["late penalty", "total", "maximum", "points that wait for a reader"]
        rows = [header]
        for person in people.values():
            rows.append(self._row(results, person))
            if self.mark(person) is not None:
                self._told.filled.append(person.id)
        return Sheet(rows)

    def _row(self, results: Class, person: Person) -> list[str]:
        standing, mark = person.standing, self.mark(person)
        marked = standing is not None and standing.marked
        scores = standing.scores if standing is not None and marked else {}
        named = bool(person.first or person.last)
        return [
            person.id,
            person.listed if named else "",
            person.email,
            *(_text(scores.get(column.name)) for column in results.columns),
            _text(standing.penalty if standing is not None and marked else None),
            _text(mark),
            decimal(results.max_score),
            _text(standing.waiting if standing is not None and marked else None),
        ]


def _text(value: float | None) -> str:
    return "" if value is None else decimal(value)
