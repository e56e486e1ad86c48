"""Right answers get all marks, blank ones none, and each wrong one loses them for its reason."""

from __future__ import annotations

from collections import Counter

import pytest

from autograder.checker import check_exercise
from tests.labs.conftest import BENCHES


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reference_gets_full_marks(lab, exercise, seed):
    result = lab.mark(exercise, lab.namespace(), seed)
    assert (result.score, result.kinds) == (result.max_score, [])
    assert result.available == pytest.approx(result.max_score)


def test_blank_gets_nothing(lab, exercise):
    result = lab.mark(exercise, lab.namespace(keep="none"))
    assert (result.score, result.kinds) == (0, ["blank"])


def test_each_exercise_stands_alone(lab, exercise):
    """With every other solution blank, a right one still gets full marks."""
    cell = "ex" + exercise.replace(".", "_")
    result = lab.mark(exercise, lab.namespace(keep=cell))
    assert (result.score, result.kinds) == (result.max_score, [])


def test_mutant_loses_marks_for_its_reason(lab, mutant):
    number, variant = mutant
    result = lab.mark(number, lab.namespace({variant.cell: variant.source}))
    assert result.score < result.max_score
    assert result.kinds[0] == variant.diagnosis


def test_alternative_gets_full_marks(lab, alternative):
    number, variant = alternative
    result = lab.mark(number, lab.namespace({variant.cell: variant.source}))
    assert (result.score, result.kinds) == (result.max_score, [])


def test_alternatives_of_lab_4_stand_alone():
    """Whatever a right answer calls, by name or by an operator, is lent where it is blank. (The other
    labs lend what is called by its name.)"""
    lab = next(each for each in BENCHES if each.folder.name.startswith("lab04"))
    for variant in lab.variants("alternatives"):
        number = variant.cell.removeprefix("ex").replace("_", ".")
        names = lab.namespace({variant.cell: variant.source}, keep=variant.cell)
        result = lab.mark(number, names)
        assert (result.score, result.kinds) == (result.max_score, []), variant.name


def test_enough_mutants_and_alternatives(lab):
    mutants = Counter(each.cell for each in lab.variants("mutants"))
    alternatives = Counter(each.cell for each in lab.variants("alternatives"))
    for number in lab.exercises.exercises:
        cell = "ex" + number.replace(".", "_")
        assert mutants[cell] >= 5, f"{cell} has {mutants[cell]} mutants"
        assert alternatives[cell] >= 2, f"{cell} has {alternatives[cell]} alternatives"


def test_some_alternative_writes_to_stderr(lab):
    sources = [each.source for each in lab.variants("alternatives")]
    assert any("sys.stderr" in source for source in sources)
    assert any("warnings.warn" in source for source in sources)


def test_students_can_reach_half_the_points_by_themselves(lab, tmp_path):
    names = lab.namespace()
    for number, exercise in lab.visible_exercises(tmp_path).exercises.items():
        result = check_exercise(exercise, names)
        assert result.kinds == [], f"{number}: {result}"
        assert result.score >= exercise.points / 2, f"{number}: only {result.score} points visible"
