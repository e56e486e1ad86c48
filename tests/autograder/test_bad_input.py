"""A class of odd submissions: each gets one line that names the file, and the others are marked."""

import json
import os
import signal
import struct
import subprocess
import sys
import zipfile

import pytest

from autograder.build import build_release, read_lab
from autograder.cli import main
from autograder.collect import collect, recover
from autograder.course import Course, CourseError
from autograder.grade import grade
from autograder.report import Class
from tests.autograder.test_grade import marks, send
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

pytestmark = pytest.mark.usefixtures("bubblewrap")


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy_course(tmp_path_factory.mktemp("odd"))
    build_release(course, LAB)
    return course


def odd_cell(**cell):
    def change(raw):
        raw["cells"].insert(1, cell)

    return change


# What is odd, and whether it can be marked all the same.
NOTEBOOKS = {
    "cell-without-type": (odd_cell(source="x = 1", metadata={}), True),
    "half-a-character": (odd_cell(cell_type="markdown", source="\ud800", metadata={}), True),
    "null-cell": (lambda raw: raw["cells"].insert(1, None), True),
    "metadata-a-list": (lambda raw: raw.update(metadata=[1]), True),
    "cells-in-a-dictionary": (lambda raw: raw.update(cells={"a": 1}), False),
    "nbformat-99": (lambda raw: raw.update(nbformat=99), False),
    "outputs-of-nonsense": (lambda raw: raw["cells"][3].update(outputs=[{}] * 100_000), True),
    "too-many-cells": (
        lambda raw: raw["cells"].extend(
            {"cell_type": "markdown", "source": "", "metadata": {}} for _ in range(2500)
        ),
        False,
    ),
}


@pytest.fixture(scope="module")
def marked(course, tmp_path_factory):
    """Handed in straight into nbgrader's folder, where no `collect` has looked at them."""
    right = read_lab(course.root / LAB / "lab.py")
    students = [*NOTEBOOKS, "bom", "time", "time-in-order", "odd-file", "pipe", "folder", "zeno"]
    for student in students:
        folder = course.submitted / student / LAB
        send(folder.parent, LAB, right)
    for student, (change, _) in NOTEBOOKS.items():
        path = course.submitted / student / LAB / "lab.ipynb"
        raw = json.loads(path.read_text())
        change(raw)
        path.write_text(json.dumps(raw))

    def folder(student):
        return course.submitted / student / LAB

    bom = folder("bom") / "lab.ipynb"
    bom.write_bytes(b"\xef\xbb\xbf" + bom.read_bytes())
    (folder("time") / "timestamp.txt").write_text("yesterday, honestly")
    (folder("time-in-order") / "timestamp.txt").write_text("2026-01-31 23:59:00 UTC")
    with open(os.fsencode(folder("odd-file")) + b"/caf\xe9[1].txt", "wb") as file:
        file.write(b"x")
    (folder("odd-file") / "secret[1].txt").symlink_to("/etc/passwd")
    for student, make in {"pipe": os.mkfifo, "folder": os.mkdir}.items():
        (folder(student) / "lab.ipynb").unlink()
        make(folder(student) / "lab.ipynb")
    send(course.submitted / ("x" * 240), LAB, right)
    send(course.submitted / os.fsdecode(b"\xff\x1b[2J"), LAB, right)
    return grade(course, LAB, workers=2)


def lines(grading, student):
    return [problem for problem in grading.problems if problem.student == student]


@pytest.mark.parametrize("student", ["zeno", "bom", "time-in-order", "odd-file"])
def test_what_can_be_marked_is_marked(course, marked, student):
    assert sum(score or 0.0 for score in marks(course)[student].values()) == MACHINE_POINTS


@pytest.mark.parametrize("student", NOTEBOOKS)
def test_a_notebook_of_nonsense_costs_no_other_student(course, marked, student):
    known = marks(course)
    assert ("marked" if NOTEBOOKS[student][1] else "refused") == (
        "marked" if student in known else "refused"
    )
    if student not in known:
        (line,) = lines(marked, student)
        assert "lab.ipynb: " in line.message and not line.marked


@pytest.mark.parametrize("student", ["time", "pipe", "folder", "x" * 240])
def test_what_cannot_be_marked_is_told_in_a_line(course, marked, student):
    (line,) = lines(marked, student)
    assert student in line.message and not line.marked and "Error" not in line.message
    assert student not in marks(course)


def test_a_file_that_cannot_be_copied_is_left_out_and_said(course, marked):
    said = sorted(problem.message for problem in lines(marked, "odd-file"))
    assert len(said) == 2 and all("left out" in line for line in said)
    copied = course.autograded / "odd-file" / LAB
    nbgrader_s = {"timestamp.txt", "submission_secret.txt"}
    assert {path.name for path in copied.iterdir()} - nbgrader_s == {"lab.ipynb", "checks.py"}


def test_the_report_is_written_in_spite_of_all_of_them(course, marked, tmp_path):
    for path in Class.read(course, LAB).write(tmp_path):
        assert path.stat().st_size > 0


# ----------------------------------------------------------------------------------- zips


def damage(path, name):
    """Spoil the packed bytes of one entry."""
    with zipfile.ZipFile(path) as bundle:
        entry = bundle.getinfo(name)
    with open(path, "r+b") as file:
        file.seek(entry.header_offset + 26)
        lengths = struct.unpack("<HH", file.read(4))
        file.seek(entry.header_offset + 30 + sum(lengths))
        file.write(b"\xff" * 20)


@pytest.fixture
def archive(course, tmp_path):
    send(tmp_path, "ada", read_lab(course.root / LAB / "lab.py"))
    text = (tmp_path / "ada" / "lab.ipynb").read_bytes()
    path = tmp_path / "all.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        for student in ("ada", "bad", "bob"):
            bundle.writestr(f"{student}/lab.ipynb", text)
    return path


def test_one_damaged_entry_costs_one_student(course, archive):
    damage(archive, "bad/lab.ipynb")
    problems = collect(course, LAB, archive)
    assert {problem.student for problem in problems} == {"bad"}
    assert "cannot be unpacked" in problems[0].message
    assert (course.submitted / "ada" / LAB).is_dir() and (course.submitted / "bob" / LAB).is_dir()


@pytest.mark.parametrize("name", ["x/" + "y" * 300, "ada/lab.ipynb/z", "z/" * 3000 + "q"])
def test_a_name_that_no_file_can_have_costs_that_file(course, archive, name):
    with zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr(name, b"x")
    assert any("cannot be unpacked" in problem.message for problem in collect(course, LAB, archive))
    assert (course.submitted / "ada" / LAB / "lab.ipynb").is_file()


@pytest.mark.attack
def test_a_zip_bomb_is_not_unpacked(course, archive):
    with zipfile.ZipFile(archive, "a", zipfile.ZIP_DEFLATED) as bundle:
        bundle.writestr("ada/zeros", bytes(20_000_000))
    (problem,) = collect(course, LAB, archive)
    assert "zip bomb" in problem.message
    assert not (course.submitted / "ada" / LAB / "zeros").exists()


def test_the_same_name_twice_is_said(course, archive):
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(archive, "a") as bundle:
        bundle.writestr("ada/lab.ipynb", b"{}")
    (problem,) = collect(course, LAB, archive)
    assert "twice" in problem.message


# A process that is killed as it renames for the n-th time.
KILLED = """
import os, pathlib, signal, sys
from autograder.collect import collect
from autograder.course import Course

turns = [int(sys.argv[3])]
rename = pathlib.Path.rename
def deadly(self, target):
    turns[0] -= 1
    if not turns[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    return rename(self, target)
pathlib.Path.rename = deadly
collect(Course.at(sys.argv[1]), "toy", pathlib.Path(sys.argv[2]))
"""


@pytest.mark.parametrize("turn", [1, 2, 3, 4])
def test_killed_while_collecting_nobody_is_without_a_submission(fresh, tmp_path, turn):
    for student in ("ada", "bob"):
        send(tmp_path / "inbox", student, read_lab(fresh.root / LAB / "lab.py"))
    assert collect(fresh, LAB, tmp_path / "inbox") == []
    command = [sys.executable, "-c", KILLED, fresh.root, tmp_path / "inbox", str(turn)]
    assert subprocess.run(command).returncode == -signal.SIGKILL
    recover(fresh)
    for student in ("ada", "bob"):
        assert (fresh.submitted / student / LAB / "lab.ipynb").is_file()
    assert list(fresh.state.glob("collect-*")) == []


# ----------------------------------------------------------------------------------- the course


@pytest.fixture
def fresh(tmp_path):
    return toy_course(tmp_path)


@pytest.mark.parametrize("content", [b"no database at all, but long enough to look at", b"half"])
def test_a_damaged_gradebook_is_named(fresh, content):
    database = fresh.root / "gradebook.db"
    if content == b"half":
        build_release(fresh, LAB)
        content = database.read_bytes()[:5000]
    database.write_bytes(content)
    with pytest.raises(CourseError, match=r"gradebook\.db: is damaged"):
        grade(fresh, LAB)
    assert database.read_bytes() == content


def test_exercises_with_a_slip_are_named_with_the_line(fresh):
    path = fresh.root / LAB / "exercises.py"
    path.write_text(path.read_text() + "\n\n1 / 0\n")
    line = len(path.read_text().splitlines())
    with pytest.raises(CourseError, match=rf"exercises\.py, line {line}: ZeroDivisionError"):
        grade(fresh, LAB)


def test_a_configuration_with_a_slip_is_named(fresh):
    (fresh.root / "nbgrader_config.py").write_text("c = get_config(\n")
    with pytest.raises(CourseError, match=r"nbgrader_config\.py: cannot be read \(SyntaxError"):
        grade(fresh, LAB)


def test_a_course_in_a_folder_that_nbgrader_cannot_name(fresh):
    renamed = fresh.root.rename(fresh.root.parent / "course [2026]")
    with pytest.raises(CourseError, match="rename the folder"):
        Course.at(renamed)


@pytest.mark.parametrize("seconds", ["0", "-3", "nan", "inf", "soon"])
def test_a_time_limit_that_would_fail_everybody_is_refused(seconds, capsys):
    with pytest.raises(SystemExit) as end:
        main(["grade", LAB, f"--seconds={seconds}"])
    assert end.value.code == 2 and "seconds" in capsys.readouterr().err


def test_json_is_json_also_when_nothing_can_be_done(fresh, capsys):
    assert main(["grade", "nosuch", "--course", str(fresh.root), "--json"]) == 1
    assert "no lab 'nosuch'" in json.loads(capsys.readouterr().out)["error"]


def test_an_output_that_is_no_folder_is_named(course, marked, tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    status = main(["report", LAB, "--course", str(course.root), "--output", str(tmp_path / "file")])
    assert status == 1 and capsys.readouterr().err.count("\n") == 1
