"""nbgrader's own commands, all of them, on a course that the judge marks.

One term's round: generated, released, fetched, handed in and collected through an exchange, marked
by `nbgrader autograde`, feedback handed back, exported. Then the same submissions are marked by
`autograder grade` in a gradebook of its own, which must say the same.
"""

import csv
import getpass
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat
import pytest
from nbformat import v4
from nbgrader.api import Gradebook

from autograder.build import build_release, build_source, read_lab
from autograder.course import Course, CourseError
from autograder.grade import grade
from autograder.sanitise import grade_id
from tests.autograder.toy import LAB, MACHINE_POINTS, WRITTEN_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("bubblewrap")]

# What each student answers in the place of the reference, and earns by machine.
ANSWERS = {
    "ada": ({}, MACHINE_POINTS),
    "ben": ({"ex1_1": "def slope(x):\n    return -3 * x**2"}, 3.0),
    "cleo": ({"ex1_3": "import os\ndef total(numbers):\n    os._exit(0)"}, 4.0),
    "eve": ({name: "import os" for name in ("ex1_1", "ex1_2", "ex1_3")}, 0.0),
}


class Term:
    """The teacher's course, a folder a student, and the exchange between them."""

    def __init__(self, folder):
        self.folder, self.exchange = folder, folder / "exchange"
        self.exchange.mkdir()
        self.exchange.chmod(0o777)
        self.course = toy_course(folder)
        with open(self.course.root / "nbgrader_config.py", "a") as config:
            config.write(f"\nc.Exchange.root = {str(self.exchange)!r}\n")
        self.said = {}

    def home(self, student):
        home = self.folder / "students" / student
        home.mkdir(parents=True, exist_ok=True)
        (home / "nbgrader_config.py").write_text(
            f"c = get_config()\nc.CourseDirectory.course_id = 'dpkit'\n"
            f"c.Exchange.root = {str(self.exchange)!r}\nc.Exchange.cache = {str(home / 'cache')!r}\n"
        )
        return home

    def nbgrader(self, *arguments, cwd=None, status=0):
        home = self.folder / "home"
        done = subprocess.run(
            [sys.executable, "-m", "nbgrader", *map(str, arguments)],
            cwd=cwd or self.course.root, capture_output=True, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT), "HOME": str(home),
                 "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
                 "JUPYTER_CONFIG_DIR": str(home / "config"), "JUPYTER_DATA_DIR": str(home / "data")},
        )  # fmt: skip
        assert done.returncode == status, f"{arguments}: {done.stdout}{done.stderr}"
        self.said[arguments[0]] = done.stdout + done.stderr
        return self.said[arguments[0]]


def answered(notebook, answers):
    for cell in notebook.cells:
        if grade_id(cell) in answers:
            cell.source = answers[grade_id(cell)]
    return notebook


def marks(course, db="gradebook.db"):
    with Gradebook(f"sqlite:///{course.root / db}") as gradebook:
        return {
            submission.student_id: {
                one.name: (one.auto_score, one.max_score, one.needs_manual_grade)
                for notebook in submission.notebooks
                for one in notebook.grades
            }
            for submission in gradebook.assignment_submissions(LAB)
        }


@pytest.fixture(scope="module")
def term(tmp_path_factory):
    """The round, to its end."""
    term = Term(tmp_path_factory.mktemp("term"))
    course = term.course
    build_source(course, LAB)
    term.nbgrader("generate_assignment", LAB, "--create")
    term.nbgrader("release_assignment", LAB)
    term.nbgrader("list", cwd=term.home("ada"))
    term.nbgrader("fetch_assignment", LAB, cwd=term.home("anyone"))
    fetched = term.home("anyone") / LAB
    given = nbformat.read(fetched / "lab.ipynb", as_version=4)
    solved = read_lab(course.root / LAB / "lab.py")
    right = {name: cell.source for cell in solved.cells if (name := grade_id(cell))}
    right = {name: right[name] for name in ("ex1_1", "ex1_2", "ex1_3", "why1_4")}
    for student, (answers, _) in ANSWERS.items():
        home = term.home(student)
        shutil.copytree(fetched, home / LAB)
        nbformat.write(answered(given, {**right, **answers}), home / LAB / "lab.ipynb")
        term.nbgrader("submit", LAB, f"--student={student}", cwd=home)
    term.nbgrader("collect", LAB)
    term.nbgrader("autograde", LAB)
    term.nbgrader("generate_feedback", LAB)
    term.nbgrader("release_feedback", LAB)
    return term


def test_the_release_is_the_one_that_autograder_makes(term, tmp_path):
    other = toy_course(tmp_path)
    build_release(other, LAB)
    for name in ("lab.ipynb", "checks.py"):
        ours, theirs = (c.release / LAB / name for c in (other, term.course))
        assert ours.read_bytes() == theirs.read_bytes()
    assert f"dpkit {LAB}" in term.said["list"]


def test_the_marks_are_right(term):
    for student, (_, points) in ANSWERS.items():
        scores = marks(term.course)[student]
        machine = [score or 0.0 for name, (score, _, _) in scores.items() if "check" in name]
        assert sum(machine) == points, student
        assert scores["why1_4"] == (None, WRITTEN_POINTS, True)


def test_autograder_grade_gives_the_same_marks(term, tmp_path):
    fresh = toy_course(tmp_path)
    shutil.copytree(term.course.submitted, fresh.submitted)
    assert grade(fresh, LAB, workers=1).problems == []
    assert marks(fresh) == marks(term.course)


def test_graded_again_by_either_nothing_changes(term, tmp_path):
    shutil.copytree(term.course.root, tmp_path / "course")
    course = Course.at(tmp_path / "course")
    before = marks(course)
    assert grade(course, LAB, workers=1).problems == []
    assert marks(course) == before
    term.nbgrader("autograde", LAB, "--force", "--student", "ben", cwd=course.root)
    assert marks(course) == before


@pytest.mark.parametrize("student", ["ada", "eve"])
def test_each_student_fetches_the_page_that_is_theirs(term, student):
    home = term.home(student)
    term.nbgrader("fetch_feedback", LAB, f"--student={student}", cwd=home)
    (page,) = home.glob(f"{LAB}/feedback/*/lab.html")
    text = page.read_text()
    assert text == (term.course.feedback / student / LAB / "lab.html").read_text()
    assert "BEGIN HIDDEN" not in text and "the sum of nothing should be 0" not in text
    assert ('dp-panel dp-fail"' in text) == (student == "eve")


def test_a_class_that_came_by_other_ways_gets_its_feedback_too(term, tmp_path):
    """Some handed in through the exchange, others sent a folder: nobody's page waits for the
    others', and nobody's can be read by another."""
    shutil.copytree(term.course.root, tmp_path / "course")
    course = Course.at(tmp_path / "course")
    inbox = tmp_path / "inbox" / "aaron"
    inbox.mkdir(parents=True)
    nbformat.write(read_lab(course.root / LAB / "lab.py"), inbox / "lab.ipynb")
    grade(course, LAB, submissions=inbox.parent, workers=1)
    term.nbgrader("generate_feedback", LAB, cwd=course.root)
    exchange = tmp_path / "exchange"
    exchange.mkdir()
    exchange.chmod(0o777)
    term.nbgrader("release_feedback", LAB, f"--Exchange.root={exchange}", cwd=course.root)
    pages = {path.read_text() for path in exchange.glob("dpkit/feedback/*.html")}
    for student in ANSWERS:
        assert (course.feedback / student / LAB / "lab.html").read_text() in pages


def test_zip_collect_s_submissions_are_marked(term, tmp_path):
    """What a learning platform gives to download: one flat zip, the names say whose."""
    course = toy_course(tmp_path)
    build_source(course, LAB)
    term.nbgrader("generate_assignment", LAB, "--create", cwd=course.root)
    archive = course.root / "downloaded" / LAB / "archive"
    archive.mkdir(parents=True)
    with zipfile.ZipFile(archive / "notebooks.zip", "w") as bundle:
        for student in ("ada", "ben"):
            path = term.course.submitted / student / LAB / "lab.ipynb"
            bundle.write(path, f"{LAB}_{student}_attempt_2026-01-31-10-00-00_lab.ipynb")
    with open(course.root / "nbgrader_config.py", "a") as config:
        names = r".*_(?P<student_id>\w+)_attempt_(?P<timestamp>[0-9\-]+)_(?P<file_id>\w+)"
        config.write(f"\nc.FileNameCollectorPlugin.named_regexp = {names!r}\n")
    term.nbgrader("zip_collect", LAB, "--force", cwd=course.root)
    term.nbgrader("autograde", LAB, cwd=course.root)
    theirs, right = marks(course), marks(term.course)
    assert theirs == {student: right[student] for student in ("ada", "ben")}


def test_export_and_the_database_commands(term, tmp_path):
    term.nbgrader("export", "--to", tmp_path / "grades.csv")
    rows = list(csv.DictReader(open(tmp_path / "grades.csv")))
    assert {row["student_id"]: float(row["score"]) for row in rows} == {
        student: points for student, (_, points) in ANSWERS.items()
    }
    assert all(float(row["max_score"]) == MACHINE_POINTS + WRITTEN_POINTS for row in rows)
    assert LAB in term.nbgrader("db", "assignment", "list")
    listed = term.nbgrader("db", "student", "list")
    assert all(student in listed for student in ANSWERS)


def test_validate_runs_the_visible_tests_in_an_ordinary_kernel(term):
    assert "Success" in term.nbgrader("validate", term.home("ada") / LAB / "lab.ipynb")
    blank = term.course.release / LAB / "lab.ipynb"
    assert "1 + 2 should be 3" not in term.said["validate"]
    assert "FAILED" in term.nbgrader("validate", blank, status=0).upper()


def test_a_course_of_nbgrader_s_own_beside_it_is_untouched(term, tmp_path):
    """quickstart's example course, marked by nbgrader's own Execute."""
    term.nbgrader("quickstart", "stock", cwd=tmp_path)
    course = tmp_path / "stock"
    term.nbgrader("generate_assignment", "ps1", cwd=course)
    submitted = course / "submitted" / getpass.getuser()
    shutil.copytree(course / "release", submitted)
    term.nbgrader("autograde", "ps1", cwd=course)
    with Gradebook(f"sqlite:///{course / 'gradebook.db'}") as gradebook:
        (one,) = gradebook.assignment_submissions("ps1")
        assert one.max_score > 0 and one.score < one.max_score
    assert not (course / ".autograder").exists()


def test_a_course_of_source_notebooks_alone_is_marked_by_nbgraders_command(tmp_path):
    """The course of somebody who has nbgrader, and adds our lines to its configuration. Our own
    `grade` is for labs made from a lab.py, and says what to do."""
    term = Term(tmp_path)
    source = term.course.source / "ps1" / "problem1.ipynb"
    source.parent.mkdir(parents=True)
    notebook = v4.new_notebook(metadata=read_lab(term.course.root / LAB / "lab.py").metadata)
    flags = {"schema_version": 3, "task": False}
    answer = {**flags, "grade_id": "ex", "grade": False, "solution": True, "locked": False}
    test = {**flags, "grade_id": "t", "grade": True, "solution": False, "locked": True, "points": 2}
    solution = "def double(x):\n    ### BEGIN SOLUTION\n    return 2 * x\n    ### END SOLUTION"
    notebook.cells = [
        v4.new_code_cell(solution, metadata={"nbgrader": answer}),
        v4.new_code_cell("assert double(2) == 4", metadata={"nbgrader": test}),
    ]
    nbformat.write(notebook, source)
    with pytest.raises(CourseError, match="is marked by `nbgrader autograde ps1`"):
        grade(term.course, "ps1")
    term.nbgrader("generate_assignment", "ps1")
    answers = {
        "ada": "def double(x): return x + x",
        "eve": "import os\nclass Any(int):\n    def __eq__(self, other): return True\n"
        "def double(x): return Any()",
    }
    for student, text in answers.items():
        handed_in = term.course.submitted / student / "ps1" / "problem1.ipynb"
        handed_in.parent.mkdir(parents=True)
        notebook.cells[0].source = text
        nbformat.write(notebook, handed_in)
    term.nbgrader("autograde", "ps1")
    with Gradebook(term.course.coursedir("ps1").db_url) as gradebook:
        scores = {s.student_id: s.score for s in gradebook.assignment_submissions("ps1")}
    assert scores == {"ada": 2.0, "eve": 0.0}
