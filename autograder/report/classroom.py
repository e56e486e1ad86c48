"""What is known of a class after marking: who got what, who made which mistake, who needs a look."""

from __future__ import annotations

import statistics
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.preprocessors import ClearSolutions

from autograder.build import read_lab, read_variants
from autograder.course import Course, CourseError
from autograder.report.headings import headings
from autograder.report.mistakes import Habit, Mistake, mistake_of, of_the_kind, one_of_a_kind
from autograder.report.standing import (
    NOTEBOOK,
    REASONS,
    Column,
    Standing,
    column_of,
    explain,
    marked_copy,
    of_submission,
    standing_of,
    unmarked,
)
from autograder.result import Finding
from autograder.similarity import Pair, unusually_alike
from autograder.store import Store

__all__ = ["Class"]

# Students below which a correlation says more about chance than about an exercise.
FEWEST = 20
SLOW = 3.0  # times the class's median, and longer than a second

Progress = Callable[[str, int, int], None]


@dataclass
class Class:
    """A lab's submissions, read once.

    shown: the code that the lab gives everybody. authors: the right answers of those who made it.
    alike: the pairs that `compare` found; None before it was asked.
    """

    lab: str
    title: str
    columns: list[Column]
    standings: list[Standing]
    absent: list[str]  # in the gradebook, and handed nothing in
    notes: Path  # the folder that a `reread` is a file of
    shown: list[str] = field(default_factory=list)
    authors: list[str] = field(default_factory=list)
    alike: list[Pair] | None = None

    @classmethod
    def read(
        cls, course: Course, lab: str, progress: Progress = lambda stage, done, total: None
    ) -> Class:
        """Everything that is known about `lab`. Raises `CourseError` when it was never released."""
        store = Store(course.state)
        coursedir = course.coursedir(lab)
        with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
            try:
                cells = gradebook.find_notebook("lab", lab).grade_cells
            except MissingEntry:
                raise CourseError(
                    f"{lab}: the gradebook does not know it; run `autograder grade {lab}`"
                ) from None
            submissions = gradebook.assignment_submissions(lab)
            standings = {s.student_id: standing_of(s) for s in submissions}
            roster = {student.id for student in gradebook.students}
            points = {cell.name: (cell.max_score, cell.cell_type == "markdown") for cell in cells}
        source = read_lab(course.lab_folder(lab) / "lab.py")
        for folder in sorted(course.submitted.glob(f"*/{lab}")):
            standing = standings.setdefault(folder.parent.name, unmarked(folder.parent.name))
            standing.remarks += of_submission(folder / NOTEBOOK, source, standing.marked)
        given = {cell.source for cell in source.cells}
        for done, standing in enumerate(standings.values(), 1):
            progress("reading", done, len(standings))
            explain(standing, store.outcome(lab, standing.student), given)
            standing.remarks.sort(key=lambda remark: REASONS.index(remark.reason))
            standing.copy = marked_copy(course, lab, standing.student)
        titles = headings(source)
        everyone = sorted(standings.values(), key=lambda standing: standing.student.casefold())
        truth = course.load(lab)
        return cls(
            lab=lab,
            title=truth.title,
            columns=[
                column_of(name, *points[name], heading, everyone)
                for name, heading in titles.items()
                if name in points
            ],
            standings=everyone,
            absent=sorted(roster - set(standings), key=str.casefold),
            notes=course.root.parent / "course" / "notes",
            shown=_shown(course, lab),
            authors=_of_the_authors(source)
            + [variant.source for variant in read_variants(course.root / lab / "alternatives")],
        )

    # ------------------------------------------------------------------------------- in numbers

    @property
    def max_score(self) -> float:
        return sum(column.max_score for column in self.columns)

    @property
    def marked(self) -> list[Standing]:
        return [standing for standing in self.standings if standing.marked]

    @property
    def median(self) -> float | None:
        """The median of the points so far; None when nobody is marked."""
        scores = [standing.score for standing in self.marked]
        return statistics.median(scores) if scores else None

    @property
    def waiting(self) -> float:
        """Points of all students together that wait for a reader."""
        return sum(standing.waiting for standing in self.standings)

    def outcomes(self, column: Column) -> Counter[str]:
        """How many of the marked students have which outcome (see `Standing.outcome`)."""
        return Counter(standing.outcome(column) for standing in self.marked)

    def success(self, column: Column) -> float | None:
        """The share of the column's points that the class earned, 0 to 1; None while some answers
        wait for a reader (the blank ones do not wait, and would count alone)."""
        scores = [standing.scores.get(column.name) for standing in self.marked]
        read = [score for score in scores if score is not None]
        if not read or len(read) < len(scores) or not column.max_score:
            return None
        return sum(read) / (len(read) * column.max_score)

    def discrimination(self, column: Column) -> float | None:
        """How well the exercise tells those who do well in all the others from those who do not: the
        corrected item-total correlation, -1 to 1, of its score with the sum of the others (Lord and
        Novick, Statistical Theories of Mental Test Scores, 1968, section 15).

        None for a class of fewer than `FEWEST`, while answers wait for a reader, and where everybody
        has the same."""
        read = [c for c in self.columns if self.success(c) is not None]
        others = [c for c in read if c is not column]
        if len(self.marked) < FEWEST or column not in read or not others:
            return None
        item, rest = np.array(
            [
                (s.scores[column.name] or 0.0, sum(s.scores[c.name] or 0.0 for c in others))
                for s in self.marked
            ]
        ).T
        if not (np.ptp(item) and np.ptp(rest)):
            return None
        return float(np.corrcoef(item, rest)[0, 1])

    @property
    def typical_seconds(self) -> float | None:
        """The median of the judge's time over a submission; None where no time is on record."""
        times = [s.seconds for s in self.standings if s.seconds is not None]
        return statistics.median(times) if times else None

    def slow(self) -> list[Standing]:
        """Those that ran `SLOW` times as long as is typical, or did not run to their end; the
        longest first."""
        typical = self.typical_seconds or 0.0
        found = [
            standing
            for standing in self.standings
            if standing.seconds is not None
            and (standing.seconds > max(1.0, SLOW * typical) or "stopped" in standing.reasons())
        ]
        return sorted(found, key=lambda standing: -(standing.seconds or 0.0))

    def compare(self, progress: Progress = lambda stage, done, total: None) -> None:
        """Look for answers that are unusually alike (see `autograder.similarity`)."""
        answers: dict[str, dict[str, str]] = defaultdict(dict)
        labels = {column.name: column.label for column in self.columns}
        for standing in self.standings:
            for column, wrote in standing.code.items():
                for cell in wrote.answers:
                    answers[f"{labels.get(column, column)} ({cell.name})"][standing.student] = cell.source  # fmt: skip
        self.alike = unusually_alike(
            answers, shown=self.shown, authors=self.authors, progress=progress
        )

    @property
    def hardest(self) -> Column | None:
        """The exercise of which the class earned the smallest share."""
        shares = [(self.success(column), place) for place, column in enumerate(self.columns)]
        known = [(share, place) for share, place in shares if share is not None]
        return self.columns[min(known)[1]] if known else None

    def mistakes(self) -> list[Mistake]:
        """The mistakes the class made: those that most students made first, then in the lab's order.

        A student counts once for each kind of mistake in an exercise. What is blank or was never
        reached is no mistake. That an ordinary test failed is no kind: there the message counts.
        """
        return self._mistakes(lambda finding: finding.message if finding.kind == "failed" else "")

    def _mistakes(self, apart: Callable[[Finding], str]) -> list[Mistake]:
        """Those of one kind, in one exercise, for which `apart` gives the same, as one."""
        made: dict[tuple[str, str, str], list[tuple[Standing, Finding]]] = defaultdict(list)
        for standing in self.marked:
            for name, result in standing.results.items():
                for finding in one_of_a_kind(result):
                    made[name, finding.kind, apart(finding)].append((standing, finding))
        mistakes = [
            mistake_of(column, kind, cases, len(self.marked))
            for column in self.columns
            for (name, kind, _), cases in made.items()
            if name == column.name
        ]
        return sorted(mistakes, key=lambda mistake: -len(mistake.cases))  # a stable sort

    def habits(self) -> list[Habit]:
        """The kinds of mistake that this class makes, over all exercises: those of most students
        first. A student counts once for a kind, however many exercises it came up in."""
        by_kind: dict[str, list[Mistake]] = defaultdict(list)
        for mistake in self._mistakes(lambda finding: ""):
            by_kind[mistake.kind].append(mistake)
        habits = []
        for kind, mistakes in by_kind.items():
            students = dict.fromkeys(name for mistake in mistakes for name in mistake.students)
            habits.append(
                Habit(
                    kind=kind,
                    title=mistakes[0].title,
                    sentence=of_the_kind(mistakes),
                    students=tuple(sorted(students, key=str.casefold)),
                    share=len(students) / len(self.marked),
                    mistakes=tuple(mistakes),
                )
            )
        return sorted(habits, key=lambda habit: -len(habit.students))

    def attention(self) -> list[Standing]:
        """Those with a remark, the most pressing first."""
        remarked = [standing for standing in self.standings if standing.remarks]
        return sorted(remarked, key=lambda standing: REASONS.index(standing.remarks[0].reason))

    # ------------------------------------------------------------------------------- for others

    def marks(self) -> list[dict[str, Any]]:
        """One plain dictionary a student, as `--json` prints it."""
        return [
            {
                "student": standing.student,
                "score": standing.score if standing.marked else None,
                "max_score": self.max_score,
                "needs_manual": standing.waiting > 0,
                "waiting": standing.waiting,
                "sandbox": standing.sandbox,
                "seconds": standing.seconds,
                "exercises": {c.number: standing.scores.get(c.name) for c in self.columns},
                "remarks": [f"{remark.reason}: {remark.sentence}" for remark in standing.remarks],
            }
            for standing in self.standings
        ]

    def print(self) -> None:
        """Marks and ranked mistakes, as tables on standard output."""
        from autograder.report import terminal

        terminal.show(self)

    def write(self, folder: Path) -> list[Path]:
        """Write report.html, marks.csv, mistakes.csv, mistakes.json and exercises.csv into `folder`
        (and, after `compare`, alike.csv); returns their paths.

        Raises `CourseError` when there is no submission to report on.
        """
        from autograder.report import page, tables

        if not self.standings:
            raise CourseError(f"{self.lab}: no submission to report on; run `autograder grade`")
        return [page.write(self, folder), *tables.write(self, folder)]


def _shown(course: Course, lab: str) -> list[str]:
    """The code of the lab's notebook as students are given it."""
    blank, _ = ClearSolutions().preprocess(read_lab(course.root / lab / "lab.py"), {})
    return [cell.source for cell in blank.cells if cell.cell_type == "code"]


def _of_the_authors(source: Any) -> list[str]:
    """The solutions, in the cells that students fill in."""
    cells = [c for c in source.cells if c.cell_type == "code"]
    return [c.source for c in cells if c.metadata.get("nbgrader", {}).get("solution")]
