"""Which mistakes were made, by whom, and where in their code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from autograder.panel import words
from autograder.report.places import Place, Written, find
from autograder.result import Finding, Result
from dpkit.catalogue import CATALOGUE

if TYPE_CHECKING:
    from autograder.report.standing import Column, Standing

__all__ = [
    "UNANSWERED",
    "Case",
    "Habit",
    "Mistake",
    "mistake_of",
    "of_the_kind",
    "one_of_a_kind",
]

# Not answers, so not mistakes: a cell that was never filled in, or never reached, and a part that
# waits for an earlier one.
UNANSWERED = ("blank", "undefined", "not_tried", "killed", "process")


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


def one_of_a_kind(result: Result) -> Iterator[Finding]:
    """The first failure of each kind, save those that are no answer."""
    seen = set(UNANSWERED)
    for finding in result.findings:
        if not finding.ok and finding.kind not in seen:
            seen.add(finding.kind)
            yield finding


def mistake_of(
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


def of_the_kind(mistakes: list[Mistake]) -> str:
    """What the catalogue says of a kind that was diagnosed; "" for an exercise's own kinds."""
    diagnosed = any(case.finding.certainty for mistake in mistakes for case in mistake.cases)
    kind = CATALOGUE.get(mistakes[0].kind) if diagnosed else None
    return f"{kind.sentence[:1].upper()}{kind.sentence[1:]}." if kind else ""


def _case(column: Column, standing: Standing, finding: Finding) -> Case:
    wrote = standing.code.get(column.name, Written())
    place = find(finding, wrote.answers, wrote.others)
    return Case(standing.student, finding, place, standing.copy)
