"""Moodle: the grading worksheet that it exports, given back with grades and comments filled.

Moodle reads three things of it: the identifier ("Participant 123"), the grade, and each column of
feedback. A grade that is empty is passed over, one above the maximum is dropped without a word. A
comment is read as HTML.
"""

from __future__ import annotations

from html import escape

from autograder.course import CourseError
from autograder.export.exporter import Exporter, Person, decimal
from autograder.export.sheet import Sheet, match, same
from autograder.panel import number, state, words
from autograder.report import Class
from autograder.report.standing import Column, Standing

__all__ = ["MoodleExporter", "summary"]

NEEDED = ("Identifier", "Grade")
IDS = ("ID number", "Username", "Email address")
OURS = "Automatic marking: "  # how our comments begin: only these, and empty ones, are replaced
MOST = 6  # exercises named in a comment


class MoodleExporter(Exporter):
    """Moodle's grading worksheet. It cannot be made without a roster: only Moodle knows the
    identifiers of its participants."""

    name = "moodle"

    def fill(self, results: Class, people: dict[str, Person], roster: Sheet | None) -> Sheet:
        if roster is None:
            raise CourseError(
                "Moodle's worksheet is needed, it has the participants' identifiers: in Moodle, "
                "View all submissions, Download grading worksheet; then name it with --roster"
            )
        absent = [name for name in NEEDED if roster.column(name) is None]
        if absent:
            raise CourseError(
                f"{self.roster}: is no grading worksheet of Moodle's in English (it has no heading "
                f"{absent[0]!r}); download it with the language set to English"
            )
        identifier, place = (roster.column(name) or 0 for name in NEEDED)
        comments = roster.column("Feedback comments")
        if comments is None:
            self._told.notes.append(
                "the worksheet has no column 'Feedback comments' (a setting of the assignment), so "
                "only grades were filled"
            )
        # A participant is also known by the bare number, as in the names of submitted files.
        rows = [
            [*row, row[identifier].removeprefix("Participant").strip()] for row in roster.rows[1:]
        ]
        known = [k for name in IDS if (k := roster.column(name)) is not None]
        full_name = roster.column("Full name")
        names = [] if full_name is None else [full_name]
        pairs = {name: (person.ids, person.names) for name, person in people.items()}
        matches = match(rows, [identifier, len(roster.header), *known], names, pairs)
        factor, comma = self._scale(results, roster)
        locked = roster.column("Grade can be changed")
        rows = roster.rows[1:]
        for person, row, mark in self.entries(people, matches, rows, place):
            if locked is not None and same(row[locked], "No"):
                self._told.kept[person.id] = "has a grade in Moodle that is locked there"
                continue
            row[place] = decimal(mark * factor, comma)
            if comments is not None and (not row[comments] or row[comments].startswith(OURS)):
                # Moodle takes it for HTML.
                row[comments] = escape(summary(results, person.standing), quote=False)
            self._told.filled.append(person.id)
        shown = identifier if full_name is None else full_name
        self.strangers(matches, rows, place, lambda row: row[shown])
        return roster

    def _scale(self, results: Class, roster: Sheet) -> tuple[float, bool]:
        """(what a point of ours is worth in Moodle, whether it writes a decimal comma)."""
        place = roster.column("Maximum Grade")
        for row in roster.rows[1:] if place is not None else ():
            text = row[place or 0].strip()
            try:
                most = float(text.replace(",", "."))
            except ValueError:
                continue
            return self.worth(results, most, f"{self.roster}: the assignment"), "," in text
        return 1.0, False


def summary(results: Class, standing: Standing | None) -> str:
    """A mark in a line or two of plain text: what was missed, and by which mistake."""
    if standing is None:
        return f"{OURS}nothing was handed in."
    lost = [line for column in results.columns if (line := _lost(column, standing))]
    shown = lost[:MOST] + ([f"and {len(lost) - MOST} more"] if len(lost) > MOST else [])
    told = "; ".join(shown) or "everything is right"
    late = f" Points off for being late: {number(standing.penalty)}." if standing.penalty else ""
    return f"{OURS}{told}.{late}"


def _lost(column: Column, standing: Standing) -> str:
    """ "3.2 A product's partials 1/2 (Sign)"; "" where nothing was lost."""
    score = standing.scores.get(column.name)
    if score is None or score >= column.max_score:
        return ""
    result = standing.results.get(column.name)
    why = ""
    if result is not None and state(result)[2] == "not started":
        why = "not started"
    elif result is not None:
        failures = [finding for finding in result.findings if not finding.ok]
        titles = dict.fromkeys(each.title or words(each.kind) for each in failures)
        why = ", ".join(titles)
    points = f"{column.label} {number(score)}/{number(column.max_score)}"
    return f"{points} ({why})" if why else points
