"""What students are given: in step with its source, and without a secret in it."""

import shutil

import nbformat
import pytest

from autograder.build import build_release, build_source, release_in_step
from autograder.course import Course, CourseError
from autograder.leaks import find_leaks
from autograder.sanitise import grade_id
from tests.conftest import ROOT

COURSE = Course.at(ROOT / "labs")


@pytest.fixture(params=COURSE.labs)
def name(request):
    return request.param


def test_the_committed_release_is_what_its_source_gives(name, tmp_path):
    assert release_in_step(COURSE.elsewhere(state=tmp_path), name) == []


def test_no_solution_and_no_hidden_test_is_where_a_student_can_read(name):
    """The release, and the two packages of the student's environment."""
    lab = COURSE.lab_folder(name)
    assert find_leaks(lab, COURSE.release / name) == []
    for package in ("dpkit", "autograder"):
        assert find_leaks(lab, ROOT / package, run=4) == []


def test_a_release_with_a_leak_is_refused(name, tmp_path):
    """A teacher forgets to mark a line as solution: the lab is not released, and nothing is written."""
    root = tmp_path / "course"
    root.mkdir()
    shutil.copyfile(COURSE.root / "nbgrader_config.py", root / "nbgrader_config.py")
    shutil.copytree(COURSE.lab_folder(name), root / name)
    course = Course.at(root)
    notebook = nbformat.read(build_source(course, name) / "lab.ipynb", as_version=4)
    solution = next(c.source for c in notebook.cells if "BEGIN SOLUTION" in c.source)
    secret = solution.split("### BEGIN SOLUTION\n")[1].splitlines()[0].strip()
    with open(root / name / "lab.py", "a") as file:
        file.write(f"\n# %% [markdown]\n# A hint, by mistake:\n#\n# {secret}\n")
    with pytest.raises(CourseError, match="is not released: .*a line of a solution"):
        build_release(course, name)
    assert not (course.release / name).exists()


def test_the_release_has_no_outputs_and_every_solution_cell_is_a_stub(name):
    notebook = nbformat.read(COURSE.release / name / "lab.ipynb", as_version=4)
    for cell in notebook.cells:
        assert not cell.get("outputs") and not cell.get("execution_count")
        if grade_id(cell) and cell.metadata["nbgrader"]["solution"]:
            assert "NotImplementedError" in cell.source or cell.source == "YOUR ANSWER HERE"
