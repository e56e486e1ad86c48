"""What is known of a class after marking: who got what, who made which mistake, who needs a look."""

from __future__ import annotations

import json
import statistics
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from nbgrader.preprocessors import ClearSolutions

from autograder.build import read_lab, read_variants
from autograder.course import Course, CourseError
from autograder.panel import words
from autograder.report.headings import headings
from autograder.report.places import Place, Written, find, written
from autograder.result import Finding, Result
from autograder.sanitise import BadSubmission, load_submission, rebuild
from autograder.similarity import Pair, unusually_alike
from autograder.store import Store
from dpkit.catalogue import CATALOGUE

__all__ = ["Case", "Class", "Column", "Habit", "Mistake", "Remark", "Standing"]

NOTEBOOK = "lab.ipynb"

# Not answers, so not mistakes: a cell that was never filled in, or never reached.
UNANSWERED = ("blank", "undefined", "killed", "process")

# Students below which a correlation says more about chance than about an exercise.
FEWEST = 20
SLOW = 3.0  # times the class's median, and longer than a second

# Why somebody is on the list of those to look at, the most pressing first.
REASONS = ("not marked", "no sandbox", "worth a look", "stopped", "repaired", "late")


@dataclass(frozen=True)
class Column:
    """One graded cell of the lab. `written`: a person reads it."""

    name: str
    number: str
    title: str
    max_score: float
    written: bool

    @property
    def label(self) -> str:
        return f"{self.number} {self.title}".strip()


@dataclass(frozen=True)
class Remark:
    """A reason to look at a submission: one of `REASONS`, and a sentence."""

    reason: str
    sentence: str


@dataclass
class Standing:
    """One student. A score is None while a person has yet to read that answer, or nothing is marked."""

    student: str
    marked: bool
    scores: dict[str, float | None]  # by the name of the graded cell
    score: float = 0.0  # so far, late penalty taken off
    penalty: float = 0.0  # points taken off for being late, as nbgrader's policy has it
    waiting: float = 0.0  # points that wait for a reader
    untouched: frozenset[str] = frozenset()  # written answers left as they were given out
    sandbox: str = ""
    seconds: float | None = None  # that the judge took
    results: dict[str, Result] = field(default_factory=dict)  # by the name of the graded cell
    remarks: list[Remark] = field(default_factory=list)
    code: dict[str, Written] = field(default_factory=dict)  # by the name of the graded cell
    copy: Path | None = None  # the marked notebook: its feedback page, where there is one

    def reasons(self) -> dict[str, list[str]]:
        """{reason: sentences} of the remarks."""
        reasons: dict[str, list[str]] = {}
        for remark in self.remarks:
            reasons.setdefault(remark.reason, []).append(remark.sentence)
        return reasons

    def outcome(self, column: Column) -> str:
        """How it went: full, part, none, unanswered (blank, or never reached), or waiting."""
        score = self.scores.get(column.name)
        if score is None:
            return "waiting"
        if score >= column.max_score:
            return "full"
        if score > 0:
            return "part"
        if column.name in self.untouched:
            return "unanswered"
        result = self.results.get(column.name)
        failures = [finding for finding in result.findings if not finding.ok] if result else []
        blank = bool(failures) and all(finding.kind in UNANSWERED for finding in failures)
        return "unanswered" if blank else "none"


@dataclass(frozen=True)
class Case:
    """One student who made a mistake: what they were told, where in their code it stands (if that is
    known at all), and the marked notebook."""

    student: str
    finding: Finding
    place: Place | None
    copy: Path | None


@dataclass(frozen=True)
class Mistake:
    """One kind of mistake in one exercise, and who made it. `example` is a typical finding, `share`
    the part of the marked students who made it, 0 to 1."""

    column: Column
    kind: str
    title: str
    sentence: str
    cases: tuple[Case, ...]
    share: float
    reread: str
    example: Finding

    @property
    def students(self) -> tuple[str, ...]:
        return tuple(case.student for case in self.cases)


@dataclass(frozen=True)
class Habit:
    """One kind of mistake over all exercises: who makes it anywhere, and where most do. `sentence`
    says what it is, where the catalogue of diagnoses has it; every exercise has its own, too."""

    kind: str
    title: str
    sentence: str
    students: tuple[str, ...]
    share: float
    mistakes: tuple[Mistake, ...]  # in each exercise, the commonest first


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
            standings = {s.student_id: _standing(s) for s in submissions}
            roster = {student.id for student in gradebook.students}
            points = {cell.name: (cell.max_score, cell.cell_type == "markdown") for cell in cells}
        source = read_lab(course.lab_folder(lab) / "lab.py")
        for folder in sorted(course.submitted.glob(f"*/{lab}")):
            standing = standings.setdefault(folder.parent.name, _unmarked(folder.parent.name))
            standing.remarks += _of_submission(folder / NOTEBOOK, source, standing.marked)
        given = {cell.source for cell in source.cells}
        for done, standing in enumerate(standings.values(), 1):
            progress("reading", done, len(standings))
            _explain(standing, store.outcome(lab, standing.student), given)
            standing.remarks.sort(key=lambda remark: REASONS.index(remark.reason))
            standing.copy = _marked_copy(course, lab, standing.student)
        titles = headings(source)
        everyone = sorted(standings.values(), key=lambda standing: standing.student.casefold())
        truth = course.load(lab)
        return cls(
            lab=lab,
            title=truth.title,
            columns=[
                _column(name, *points[name], heading, everyone)
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
                for finding in _one_of_a_kind(result):
                    made[name, finding.kind, apart(finding)].append((standing, finding))
        mistakes = [
            _mistake(column, kind, cases, len(self.marked))
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
                    sentence=_of_the_kind(mistakes),
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


# --------------------------------------------------------------------------------- from the gradebook


def _standing(submission: SubmittedAssignment) -> Standing:
    grades = [grade for notebook in submission.notebooks for grade in notebook.grades]
    judged = [g for g in grades if g.auto_score is not None or g.manual_score is not None]
    if not judged:
        return _unmarked(submission.student_id)
    penalty = submission.late_submission_penalty or 0.0
    remarks = [Remark("late", f"{penalty:g} points taken off for being late")] if penalty else []
    return Standing(
        student=submission.student_id,
        marked=True,
        scores={g.name: None if g.needs_manual_grade else float(g.score) for g in grades},
        score=max(0.0, float(submission.score) - penalty),
        penalty=float(penalty),
        waiting=float(sum(g.max_score for g in grades if g.needs_manual_grade)),
        untouched=frozenset(g.name for g in grades if _untouched(g)),
        remarks=remarks,
    )


def _untouched(grade: Any) -> bool:
    """A written answer gets a score by itself, zero, only where it is still the text that was given
    out; whatever was written there waits for a reader."""
    written = grade.cell.cell_type == "markdown"
    return written and grade.manual_score is None and grade.auto_score is not None


def _unmarked(student: str) -> Standing:
    return Standing(student=student, marked=False, scores={})


# ----------------------------------------------------------------- from the submission and the notes


def _of_submission(path: Path, source: Any, marked: bool) -> Iterator[Remark]:
    """What the submitted file itself tells: why it could not be marked, or what was put right."""
    try:
        _, repairs = rebuild(load_submission(path, source), source)
    except (BadSubmission, OSError) as error:
        # The line names the whole path; the report has the student's name beside it already.
        yield Remark("not marked", str(error).removeprefix(f"{path}: "))
        return
    if not marked:
        yield Remark("not marked", "is there and has no marks yet; run `autograder grade`")
    for repair in repairs:
        tampered = any(word in repair for word in ("edited", "made a", "tagged"))
        yield Remark("worth a look" if tampered else "repaired", repair)


def _explain(standing: Standing, outcome: dict[str, Any] | None, given: Collection[str]) -> None:
    """Add what the judge noted: how it was run, what happened, the result of each graded cell, and
    what the student wrote for it. `given`: the lab's own cells."""
    if outcome is None or not standing.marked:
        return
    standing.sandbox, standing.seconds = outcome["sandbox"], outcome.get("seconds")
    if standing.sandbox == "off":
        standing.remarks.append(Remark("no sandbox", "marked with --sandbox=off"))
    standing.remarks += [Remark("stopped", event) for event in outcome["events"]]
    for record in outcome["results"]:
        standing.results[record["grade_id"]] = result = Result.from_json(record)
        # "unreadable": the verdict stumbled over the answer; it was forged, or the exercise is at fault.
        odd = [f.message for f in result.findings if f.kind in ("process", "unreadable")]
        standing.remarks += [Remark("worth a look", f"{result.number}: {told}") for told in odd[:1]]
    if "notebook" in outcome:
        standing.code = written(json.loads(outcome["notebook"])["cells"], given)


def _shown(course: Course, lab: str) -> list[str]:
    """The code of the lab's notebook as students are given it."""
    blank, _ = ClearSolutions().preprocess(read_lab(course.root / lab / "lab.py"), {})
    return [cell.source for cell in blank.cells if cell.cell_type == "code"]


def _of_the_authors(source: Any) -> list[str]:
    """The solutions, in the cells that students fill in."""
    cells = [c for c in source.cells if c.cell_type == "code"]
    return [c.source for c in cells if c.metadata.get("nbgrader", {}).get("solution")]


def _marked_copy(course: Course, lab: str, student: str) -> Path | None:
    """The page that `nbgrader generate_feedback` made of it, else the marked notebook itself."""
    pages = (
        course.feedback / student / lab / "lab.html",
        course.autograded / student / lab / NOTEBOOK,
    )
    return next((page for page in pages if page.is_file()), None)


def _column(
    name: str, points: float, written: bool, heading: tuple[str, str], everyone: list[Standing]
) -> Column:
    """Number and title are those of the exercise that was checked there, where one was."""
    results = (standing.results[name] for standing in everyone if name in standing.results)
    result = next(results, None)
    if result is not None and result.lab:
        return Column(name, result.number, result.title, points, written)
    number, title = heading
    return Column(name, number or name, title, points, written)


# --------------------------------------------------------------------------------------- mistakes


def _one_of_a_kind(result: Result) -> Iterator[Finding]:
    """The first failure of each kind, save those that are no answer."""
    seen = set(UNANSWERED)
    for finding in result.findings:
        if not finding.ok and finding.kind not in seen:
            seen.add(finding.kind)
            yield finding


def _mistake(
    column: Column, kind: str, cases: list[tuple[Standing, Finding]], marked: int
) -> Mistake:
    """The sentence is the one that most of them were told; the example is somebody's who was told it."""
    (sentence, _), *_ = Counter(finding.message for _, finding in cases).most_common(1)
    told = [(standing, finding) for standing, finding in cases if finding.message == sentence]
    with_numbers = [case for case in told if case[1].got is not None] or told
    standing, example = with_numbers[0]
    return Mistake(
        column=column,
        kind=kind,
        title=example.title or words(kind).capitalize(),
        sentence=sentence,
        cases=tuple(_case(column, standing, finding) for standing, finding in cases),
        share=len(cases) / marked,
        reread=example.reread or standing.results[column.name].reread,
        example=example,
    )


def _of_the_kind(mistakes: list[Mistake]) -> str:
    """What the catalogue says of a kind that was diagnosed; "" for an exercise's own kinds."""
    diagnosed = any(case.finding.certainty for mistake in mistakes for case in mistake.cases)
    kind = CATALOGUE.get(mistakes[0].kind) if diagnosed else None
    return f"{kind.sentence[:1].upper()}{kind.sentence[1:]}." if kind else ""


def _case(column: Column, standing: Standing, finding: Finding) -> Case:
    wrote = standing.code.get(column.name, Written())
    place = find(finding, wrote.answers, wrote.others)
    return Case(standing.student, finding, place, standing.copy)
