"""Every variant of every lab through the real judge: a sandboxed process a submission, hidden cases and all."""

import copy

import nbformat
import pytest

from autograder.build import build_source, read_lab, read_variants
from autograder.course import Course
from autograder.judge import Job, Settings, Worker
from autograder.proof import prove
from autograder.sanitise import grade_id, rebuild
from tests.conftest import ROOT
from tests.labs.conftest import exercise_of

COURSE = Course.at(ROOT / "labs")
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("bubblewrap")]


@pytest.fixture(scope="module", params=COURSE.labs)
def judged(request, tmp_path_factory):
    """(name, a function that marks a notebook of this lab)."""
    name = request.param
    folder = tmp_path_factory.mktemp(name)
    course = COURSE.elsewhere(source=folder / "source", state=folder / "state")
    source = nbformat.read(build_source(course, name) / "lab.ipynb", as_version=4)
    files = {"checks.py": (course.source / name / "checks.py").read_bytes()}
    worker = Worker(Settings.of(course.root / name / "exercises.py"))

    def mark(notebook, exercise):
        """The result of one exercise: of the graded cells only its own is there, to save time."""
        rebuilt, _ = rebuild(only(notebook, exercise), only(source, exercise))
        outcome = worker.mark(Job("ada", nbformat.writes(rebuilt), b"k" * 32, files))
        assert outcome.events == []
        (result,) = outcome.results
        assert result["number"] == exercise
        return result

    yield name, mark
    worker.close()


def only(notebook, exercise):
    """A copy without the checks of other exercises, and without pictures and demonstrations, which
    earn nothing and take the time."""
    copied = copy.copy(notebook)
    copied.cells = [
        cell
        for cell in notebook.cells
        if grade_id(cell) is not None
        and (not cell.source.startswith("check(") or cell.source == f'check("{exercise}")')
        and cell.cell_type == "code"
    ]
    return copied


def test_the_reference_has_full_marks_and_the_blank_release_none(judged, tmp_path):
    assert prove(COURSE.elsewhere(state=tmp_path), judged[0]) == []


@pytest.mark.timeout(1200)  # a lab has some two hundred of them
def test_every_mutant_loses_marks_with_its_diagnosis(judged):
    name, mark = judged
    reference = read_lab(COURSE.root / name / "lab.py")
    mutants = read_variants(COURSE.root / name / "mutants")
    assert mutants
    wrong = []
    for mutant in mutants:
        result = mark(mutant.put_into(reference), exercise_of(mutant))
        kinds = [finding["kind"] for finding in result["findings"] if finding["kind"] != "correct"]
        if not result["score"] < result["max_score"] or mutant.diagnosis not in kinds:
            wrong.append((mutant.cell, mutant.name, mutant.diagnosis, kinds, result["score"]))
    assert wrong == []


def test_every_alternative_has_full_marks(judged):
    name, mark = judged
    reference = read_lab(COURSE.root / name / "lab.py")
    alternatives = read_variants(COURSE.root / name / "alternatives")
    assert alternatives
    for alternative in alternatives:
        result = mark(alternative.put_into(reference), exercise_of(alternative))
        found = [finding["message"] for finding in result["findings"] if finding["message"]]
        assert result["score"] == result["max_score"], (alternative.cell, alternative.name, found)
