"""The judges' start before everything else: where there is work, once, and nothing is left of it."""

import os
import shutil
import time

import nbformat
import pytest

from autograder import cli, early
from autograder.build import build_release
from autograder.grade import grade
from autograder.sandbox.limits import Limits
from tests.autograder.toy import LAB, toy_course

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture
def course(tmp_path):
    course = toy_course(tmp_path / "course")
    build_release(course, LAB)
    return course


def hand_in(course, student):
    folder = course.submitted / student / LAB
    folder.mkdir(parents=True)
    notebook = nbformat.read(course.release / LAB / "lab.ipynb", as_version=4)
    nbformat.write(notebook, folder / "lab.ipynb")
    return folder


def begin(course, workers=1, limits=None):
    return early.begin(course, LAB, workers, "auto", limits or Limits())


def test_work_in_sight(course):
    assert not early.work_in_sight(course, LAB)
    folder = hand_in(course, "ada")
    assert early.work_in_sight(course, LAB)
    grade(course, LAB, workers=1)
    assert not early.work_in_sight(course, LAB)
    os.utime(folder / "lab.ipynb", (time.time() + 5,) * 2)
    assert early.work_in_sight(course, LAB)


def test_the_pool_that_is_ready_is_used(course):
    hand_in(course, "ada")
    pool = begin(course)
    try:
        grading = grade(course, LAB, pool=pool)
        assert grading.marked == ["ada"]
        assert pool._judges is not None
    finally:
        pool.shutdown()
    pool.shutdown()  # once more does nothing


def test_a_pool_for_other_limits_is_not_used(course):
    hand_in(course, "ada")
    pool = begin(course, limits=Limits(cpu_seconds_per_cell=7))
    try:
        assert grade(course, LAB, workers=1, pool=pool).marked == ["ada"]
        assert pool._judges is None
    finally:
        pool.shutdown()


def test_nothing_begins_where_something_is_wrong(course):
    assert early.begin(course, "lab99_nowhere", 1, "auto", Limits()) is None
    exercises = course.lab_folder(LAB) / "exercises.py"
    exercises.write_text("def (", encoding="utf-8")
    assert begin(course) is None


def test_from_the_command_line(course, capsys, monkeypatch):
    begun = []
    monkeypatch.setattr(
        early, "begin", lambda *a, real=early.begin: begun.append(real(*a)) or begun[-1]
    )
    hand_in(course, "ada")
    command = ["grade", LAB, "--course", str(course.root), "--workers", "1"]
    assert cli.main(command) == 0
    assert begun[0]._judges is not None
    assert cli.main(command) == 0  # nothing has changed: nothing begins
    assert len(begun) == 1
    shutil.rmtree(course.submitted)
