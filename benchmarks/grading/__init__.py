"""Marking a class: stock nbgrader, otter-grader, and the autograder in two ways.

Every grader marks a small and a large class in each round, one grader after the other, each from a
fresh copy of the same released course; the marks must be those that the class is known to deserve.
What one more submission costs is the difference of the two, divided by the submissions between
them; what a hundred cost, with starting up, is the large class and what is missing to a hundred
at that price. The note `class` is the large class's size: 100 where a hundred were measured.
"""

from __future__ import annotations

import statistics
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.grading import course
from benchmarks.grading.graders import GRADERS, Grader
from benchmarks.grading.tree import CommandFailed, Spent, spend
from benchmarks.harness import Case, Disagreement, EngineFailed, Figures, Goal, Options, Results

TITLE = (
    "marking: seconds of the whole process tree; a hundred are reckoned from the largest class that "
    "was marked (class)"
)
ROUNDS = 3

LABS = {"no figures": False, "a figure": True}
ONE, HUNDRED = "one more submission", "a hundred, with starting up"


def cases() -> list[Case]:
    return [
        Case(f"{lab}: {what}", {grader.name: grader for grader in GRADERS})  # type: ignore[misc]
        for lab in LABS
        for what in (ONE, HUNDRED)
    ]


def measure(
    module: str, cases: Sequence[Case], options: Options, say: Callable[[str], None]
) -> Results:
    """Measure all graders on both labs. Raises `Disagreement` for a wrong mark, `EngineFailed` when
    a command fails."""
    results = Results()
    for case in cases:
        results.cases[case.name] = {
            grader.name: Figures(missing=grader.missing()) for grader in GRADERS
        }
    there = [grader for grader in GRADERS if not grader.missing()]
    for lab, figures in LABS.items():
        with tempfile.TemporaryDirectory(prefix="benchmark-grading-") as scratch:
            templates = {}
            for number, grader in enumerate(there):
                say(f"{lab}: releasing for {grader.name}")
                templates[grader.name] = Path(scratch) / f"template{number}"
                grader.template(templates[grader.name], figures=figures)
            for turn in range(options.rounds):
                for grader in there:
                    sizes = grader.quick if options.quick else grader.sizes
                    spent = []
                    for size in sizes:
                        say(
                            f"{lab}: round {turn + 1} of {options.rounds}, {grader.name}, {size} submissions"
                        )
                        spent.append(_mark(grader, templates[grader.name], size))
                    _note(results, lab, grader, sizes, spent)
    return results


def _mark(grader: Grader, template: Path, students: int) -> Spent:
    with tempfile.TemporaryDirectory(prefix="benchmark-class-") as scratch:
        folder = Path(scratch) / "course"
        grader.prepare(template, folder, students)
        try:
            spent = spend(grader.command(folder), folder, grader.variables())
        except CommandFailed as problem:
            raise EngineFailed(f"{grader.name}: {problem}") from None
        marks, right = grader.marks(folder), course.expected(students)
        if marks != right:
            wrong = {name: marks.get(name) for name in right if marks.get(name) != right[name]}
            raise Disagreement(
                f"{grader.name} gives other marks than the class deserves, so its time says "
                f"nothing: {wrong} instead of { {name: right[name] for name in wrong} }."
            )
    return spent


def _note(
    results: Results, lab: str, grader: Grader, sizes: tuple[int, int], spent: list[Spent]
) -> None:
    (small, large), (little, much) = sizes, spent
    one, hundred = (results.cases[f"{lab}: {what}"][grader.name] for what in (ONE, HUNDRED))
    for kind in ("cpu", "wall"):
        price = (getattr(much, kind) - getattr(little, kind)) / (large - small)
        getattr(one, kind).setdefault("", []).append(price)
        whole = getattr(much, kind) + (100 - large) * price
        getattr(hundred, kind).setdefault("", []).append(whole)
    for figures in (one, hundred):
        figures.notes = {"class": float(large)}


def goals(results: Results) -> list[Goal]:
    found = []
    for lab, bar in zip(LABS, (12.0, 8.0), strict=True):
        ratio = results.ratio(f"{lab}: {ONE}", "nbgrader", "autograder")
        found.append(Goal(f"{lab}: nbgrader's CPU for one more ÷ ours", ratio, bar))
    for lab in LABS:
        ratio = _wall_ratio(results, f"{lab}: {HUNDRED}")
        found.append(Goal(f"{lab}: nbgrader's wall for a hundred ÷ ours", ratio, 15.0, 30.0))
    return found


def _wall_ratio(results: Results, case: str) -> float | None:
    figures = results.cases.get(case, {})
    walls = [figures[name].wall.get("") for name in ("nbgrader", "autograder") if name in figures]
    if len(walls) < 2 or not all(walls):
        return None
    stock, ours = walls
    return statistics.median(a / b for a, b in zip(stock, ours, strict=True))  # type: ignore[arg-type]
