"""The lab that a notebook on its own belongs to."""

import shutil

import pytest

from autograder.alone import _lab_of
from autograder.course import Course
from tests.conftest import ROOT

COURSE = Course.at(ROOT / "labs")


@pytest.mark.parametrize("lab", COURSE.labs)
def test_a_notebook_belongs_to_its_own_lab_whatever_names_labs_share(lab, tmp_path):
    """Each lab has a cell named "setup", and lab 4 has two of lab 3's names."""
    release = COURSE.release / lab / "lab.ipynb"
    copy = shutil.copy(release, tmp_path / "ada.ipynb")
    for notebook in (release, copy):
        found, exercises = _lab_of(notebook, str(COURSE.root))
        assert found == release
        assert exercises == COURSE.root / lab / "exercises.py"
