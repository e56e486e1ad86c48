"""The demonstration's class: thirty submissions of one lab, and what should come of each."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat import NotebookNode

from autograder.build import Variant, read_lab, read_variants
from autograder.demo.attacks import Target, attacks
from autograder.leaks import BEGIN_SOLUTION, END_SOLUTION
from autograder.report.standing import Standing
from autograder.sanitise import grade_id

__all__ = ["Pupil", "make_class"]

SIZE = 30

CRASH = "import os\n\nos._exit(1)"
LOOP = "while True:\n    pass"
HOG = "hoard = []\nwhile True:\n    hoard.append(bytearray(b'x' * 50_000_000))"

# Those who make mistakes; the others are called after what they do.
NAMES = """alan barbara carl dorothy edsger fibonacci grace hedy isaac johann katherine leonhard
maryam niels olga pierre rozsa sofia thomas ursula vera wilhelm xenia yutaka""".split()


@dataclass(frozen=True)
class Pupil:
    """One submission and what should come of it, by the names of the graded cells."""

    name: str
    notebook: str  # the text of the file
    full: frozenset[str] = frozenset()  # every point
    zero: frozenset[str] = frozenset()  # not one
    wrong: Mapping[str, str] = field(default_factory=dict)  # points lost, with this diagnosis
    marked: bool = True

    def complaints(self, standing: Standing | None, points: Mapping[str, float]) -> list[str]:
        """What did not come out as it should, a sentence each."""
        if standing is None or standing.marked != self.marked:
            return [f"{self.name}: should {'' if self.marked else 'not '}have been marked"]
        told = []
        for cell, most in points.items():
            score = standing.scores.get(cell)
            result = standing.results.get(cell)
            kinds = result.kinds if result else []
            if cell in self.full and score != most:
                told.append(
                    f"{self.name}: {cell} should have all {most:g} points: {score}, {kinds}"
                )
            if cell in self.zero and score != 0:
                told.append(f"{self.name}: {cell} should have no points: {score}")
            if cell in self.wrong and (score == most or self.wrong[cell] not in kinds):
                told.append(f"{self.name}: {cell} should be {self.wrong[cell]!r}: {score}, {kinds}")
        return told


def _variants(folder: Path) -> dict[str, list[Variant]]:
    """{solution cell: variants}, from a lab's `mutants` or `alternatives`."""
    found: dict[str, list[Variant]] = {}
    for variant in read_variants(folder):
        found.setdefault(variant.cell, []).append(variant)
    return found


def make_class(lab: Path, blank: NotebookNode, target: Target | None) -> list[Pupil]:
    """Thirty pupils of the lab in folder `lab`, whose release is `blank`.

    Without a `target` (no sandbox) nobody is hostile, and more make mistakes.
    """
    reference = read_lab(lab / "lab.py")
    tests = _tests(reference)
    machine = frozenset(tests.values())
    right = _filled(blank, {cell: _solution(c) for c in reference.cells if (cell := grade_id(c))})
    before, after = _halves([grade_id(cell) for cell in blank.cells], tests)
    others = _variants(lab / "alternatives")
    pupils = [
        Pupil("ada-right", _text(right), full=machine),
        Pupil("blaise-right-in-another-way", _text(_filled(right, _pick(others, 0))), full=machine),
        Pupil("emmy-right-in-another-way", _text(_filled(right, _pick(others, 1))), full=machine),
        Pupil("gottfried-blank", _text(blank), zero=machine),
        Pupil("felix-half-a-file", _text(right)[: len(_text(right)) // 2], marked=False),
        Pupil("henri-crash", _text(_with_cell(right, after, CRASH)), before, machine - before),
        Pupil("zeno-endless-loop", _text(_with_cell(right, after, LOOP)), full=machine),
        Pupil("noah-memory-hog", _text(_with_cell(right, after, HOG)), full=before),
        Pupil("ovid-shuffled-cells", _text(_shuffled(right)), full=machine),
    ]
    if target is not None:
        hostile = attacks(blank, target)
        pupils += [Pupil(name, _text(book), zero=machine) for name, book in hostile.items()]
    mutants = _variants(lab / "mutants")
    for name, made in zip(NAMES, _dealt(mutants, SIZE - len(pupils)), strict=False):
        wrong = {tests[cell]: variant.diagnosis for cell, variant in made.items()}
        count = "1-mistake" if len(made) == 1 else f"{len(made)}-mistakes"
        notebook = _filled(right, {cell: variant.source for cell, variant in made.items()})
        pupils.append(Pupil(f"{name}-{count}", _text(notebook), machine - set(wrong), wrong=wrong))
    return pupils


def _tests(reference: NotebookNode) -> dict[str, str]:
    """{solution cell: the graded code cell that tests it, the next one after it}."""
    tests: dict[str, str] = {}
    open_cells: list[str] = []
    for cell in reference.cells:
        grader = cell.metadata.get("nbgrader")
        if grader is None or cell.cell_type != "code":
            continue
        if grader["solution"]:
            open_cells.append(grader["grade_id"])
        elif grader["grade"]:
            tests |= dict.fromkeys(open_cells, grader["grade_id"])
            open_cells = []
    return tests


def _halves(names: Sequence[str | None], tests: Mapping[str, str]) -> tuple[frozenset[str], str]:
    """(the tests in the first half of the notebook, the last of them)."""
    in_order = [name for name in names if name in tests.values()]
    first = [name for name in in_order[: max(1, len(in_order) // 2)] if name is not None]
    return frozenset(first), first[-1]


def _dealt(mutants: Mapping[str, Sequence[Variant]], pupils: int) -> list[dict[str, Variant]]:
    """Every mutant dealt to somebody: one of an exercise at most to each, few mistakes to the first
    pupils and many to the last. Nobody goes without."""
    total = sum(len(variants) for variants in mutants.values())
    quota = [2 * total * (place + 1) / (pupils * (pupils + 1)) for place in range(pupils)]
    hands: list[dict[str, Variant]] = [{} for _ in range(pupils)]
    for cell in sorted(mutants, key=lambda cell: -len(mutants[cell])):
        left = sorted(range(pupils), key=lambda place: len(hands[place]) - quota[place])
        for place, variant in zip(left, mutants[cell], strict=False):
            hands[place][cell] = variant
    cells = sorted(cell for cell in mutants if mutants[cell])
    for place, hand in enumerate(hands):
        if not hand and cells:
            cell = cells[place % len(cells)]
            hand[cell] = mutants[cell][place % len(mutants[cell])]
    return hands


def _pick(alternatives: Mapping[str, Sequence[Variant]], k: int) -> dict[str, str]:
    """The k-th alternative of each exercise (counting round)."""
    return {cell: some[k % len(some)].source for cell, some in alternatives.items() if some}


# ---------------------------------------------------------------------------------------- notebooks


def _solution(cell: NotebookNode) -> str:
    """A source cell as a student writes it: without the delimiters."""
    lines = cell.source.splitlines()
    return "\n".join(x for x in lines if BEGIN_SOLUTION not in x and END_SOLUTION not in x)


def _filled(notebook: NotebookNode, answers: Mapping[str, str]) -> NotebookNode:
    """The notebook with these texts in its solution cells."""
    filled = nbformat.from_dict(notebook)
    for cell in filled.cells:
        if cell.metadata.get("nbgrader", {}).get("solution"):
            cell.source = answers.get(grade_id(cell) or "", cell.source)
    return filled


def _with_cell(notebook: NotebookNode, after: str, source: str) -> NotebookNode:
    """The notebook with a code cell of the student's own behind the cell called `after`."""
    longer = nbformat.from_dict(notebook)
    place = [grade_id(cell) for cell in longer.cells].index(after)
    longer.cells.insert(place + 1, nbformat.v4.new_code_cell(source))
    return longer


def _shuffled(notebook: NotebookNode) -> NotebookNode:
    """An honest student's accidents: a test deleted, a cell there twice, another turned into text."""
    messy = nbformat.from_dict(notebook)
    graders = [cell.metadata.get("nbgrader", {}) for cell in messy.cells]
    *_, one, other = [place for place, grader in enumerate(graders) if grader.get("locked")]
    solved = next(place for place, grader in enumerate(graders) if grader.get("solution"))
    messy.cells[other] = nbformat.v4.new_markdown_cell(messy.cells[other].source)
    del messy.cells[one]
    messy.cells.insert(solved + 1, nbformat.from_dict(messy.cells[solved]))
    return messy


def _text(notebook: NotebookNode) -> str:
    return json.dumps(notebook, ensure_ascii=False, indent=1)
