"""Hostile submissions, marked in one class with an honest student before and after each.

Every answer in them is wrong, and something says otherwise, or is after the grader, the others or
the machine. Each must earn what it honestly deserves, and leave all as it was.
"""

import copy
import hashlib
import json
import os
import sqlite3
from pathlib import Path

import nbformat
import pytest
from nbformat import v4

from autograder.build import build_release, read_lab
from autograder.feedback import feedback
from autograder.feedback.make import HANDED_OUT
from autograder.grade import grade
from autograder.report import Class
from autograder.sandbox import tree
from autograder.sandbox.limits import Limits
from autograder.sanitise import grade_id
from tests.autograder.attacks.beside import BESIDE
from tests.autograder.attacks.notebooks import STRUCTURES
from tests.autograder.attacks.programs import PROGRAMS
from tests.autograder.test_grade import marks, send
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

pytestmark = [pytest.mark.attack, pytest.mark.slow, pytest.mark.usefixtures("bubblewrap")]

WRONG = {
    "ex1_1": "def slope(x): return 0.0",
    "ex1_2": "def centre(numbers): return numbers",
    "ex1_3": "def total(numbers): return -1.0",
}
ANSWERS = ("def slope(", "def total(", "slope = centre = total", "total = ")
LIMITS = Limits(
    cpu_seconds_per_cell=2.0, wall_factor=1.0, wall_slack=2.0, grace_seconds=0.5,
    memory_bytes_per_process=1 << 30, disk_bytes=32 << 20,
)  # fmt: skip
SECRETS = ("nine halves", "sum of nothing", "np.isclose(total", "rng.uniform(-2, -1)")


@pytest.fixture(scope="module")
def arena(tmp_path_factory):
    return Arena(tmp_path_factory.mktemp("attacks"))


class Arena:
    """A course in which everything has been marked, and what it was like before."""

    def __init__(self, folder: Path):
        self.course = toy_course(folder)
        build_release(self.course, LAB)
        self.canary = folder / "canary"
        self.inbox = folder / "inbox"
        self.right = read_lab(self.course.root / LAB / "lab.py")
        self.wrong = copy.deepcopy(self.right)
        for cell in self.wrong.cells:
            if grade_id(cell) == "why1_4":
                cell.source = "YOUR ANSWER HERE"
            else:
                cell.source = WRONG.get(grade_id(cell), cell.source)
        self.hand_in()
        self.before = self.sources()
        self.schema = self.database("SELECT type, name, sql FROM sqlite_master ORDER BY name")
        self.others = set(tree.descendants(os.getpid()))
        self.left_before = set(Path("/tmp").glob("autograder-of-*"))
        self.grading = grade(self.course, LAB, submissions=self.inbox, workers=2, limits=LIMITS)
        self.scores = marks(self.course)
        self.pages = feedback(self.course, LAB)
        self.report = Class.read(self.course, LAB).write(folder / "report")

    def hand_in(self) -> None:
        for number, (name, send_it) in enumerate(self.attackers().items()):
            send_it(self.inbox / f"{number:03}-{name}")
            send(self.inbox, f"{number:03}-then-honest", self.right)
        send(self.inbox, "000-before-honest", self.right)

    def attackers(self):
        programs = {n: lambda at, n=n: self.program(at, n) for n in PROGRAMS}
        structures = {n: lambda at, n=n: self.structure(at, n) for n in STRUCTURES}
        return programs | structures | {n: lambda at, n=n: self.beside(at, n) for n in BESIDE}

    def program(self, folder: Path, name: str) -> None:
        notebook, code = copy.deepcopy(self.wrong), PROGRAMS[name].code
        places = {
            "GRADEBOOK": self.course.root / "gradebook.db",
            "SOURCE": self.course.source / LAB / "lab.ipynb",
            "CANARY": self.canary,
        }
        for word, path in places.items():
            code = code.replace(f"{word}!r", repr(str(path))).replace(word, repr(str(path)))
        if any(each in code for each in ANSWERS):  # it brings its own wrong answers
            for cell in notebook.cells:
                cell.source = code if grade_id(cell) in WRONG else cell.source
        else:
            notebook.cells.insert(1, v4.new_code_cell(code))
        send(folder.parent, folder.name, notebook)

    def structure(self, folder: Path, name: str) -> None:
        raw = json.loads(nbformat.writes(self.wrong))
        file = STRUCTURES[name].change(raw)
        folder.mkdir(parents=True)
        (folder / "lab.ipynb").write_bytes(file or json.dumps(raw).encode())

    def beside(self, folder: Path, name: str) -> None:
        send(folder.parent, folder.name, self.wrong)
        for file, content in BESIDE[name][1](str(self.canary)).items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_bytes(content)

    def sources(self) -> dict[str, bytes]:
        """What no submission may change: the course without what marking makes."""
        made = {".autograder", "submitted", "autograded", "feedback"}
        return {
            str(path): hashlib.sha256(path.read_bytes()).digest()
            for path in sorted(self.course.root.rglob("*"))
            if path.is_file()
            and not made & set(path.relative_to(self.course.root).parts)
            and path.name != "gradebook.db"
        }

    def database(self, question: str) -> list:
        with sqlite3.connect(self.course.root / "gradebook.db") as database:
            return database.execute(question).fetchall()

    def student(self, name: str) -> str:
        (folder,) = self.inbox.glob(f"???-{name}")
        return folder.name

    def total(self, student: str) -> float:
        return sum(score or 0.0 for score in self.scores[student].values())


@pytest.mark.parametrize("name", [*PROGRAMS, *STRUCTURES, *BESIDE])
def test_it_earns_what_it_deserves(arena, name):
    student = arena.student(name)
    if name in STRUCTURES and STRUCTURES[name].refused:
        (told,) = [each for each in arena.grading.problems if each.student == student]
        assert student not in arena.scores and not told.marked and "lab.ipynb: " in told.message
    else:
        earned = PROGRAMS[name].earns if name in PROGRAMS else 0.0
        assert arena.total(student) == earned, arena.scores[student]


def test_every_honest_student_between_them_has_full_marks(arena):
    honest = [student for student in arena.scores if student.endswith("honest")]
    assert len(honest) == len(PROGRAMS) + len(STRUCTURES) + len(BESIDE) + 1
    assert {student: arena.total(student) for student in honest} == dict.fromkeys(
        honest, MACHINE_POINTS
    )
    assert not [each for each in arena.grading.problems if each.student.endswith("honest")]


def test_what_cannot_be_marked_is_what_is_no_notebook(arena):
    refused = {each.student[4:] for each in arena.grading.problems if not each.marked}
    assert refused == {name for name, each in STRUCTURES.items() if each.refused}


def test_the_gradebook_is_what_it_was_but_for_the_marks(arena):
    after = arena.database("SELECT type, name, sql FROM sqlite_master ORDER BY name")
    assert after == arena.schema and not [row for row in after if row[0] == "trigger"]
    assert arena.database("PRAGMA integrity_check") == [("ok",)]
    assert arena.database("SELECT SUM(max_score) FROM grade_cells") == [(MACHINE_POINTS + 2,)]
    assert arena.database("SELECT COUNT(*) FROM grade WHERE manual_score IS NOT NULL") == [(0,)]
    assert arena.database("SELECT COUNT(*) FROM comment WHERE manual_comment IS NOT NULL") == [(0,)]
    (worst,) = arena.database("SELECT MAX(auto_score), MIN(auto_score) FROM grade")
    assert worst == (2.0, 0.0)


def test_the_submissions_and_the_sources_are_as_they_were(arena):
    assert arena.sources() == arena.before
    for student in arena.scores:
        sent = (arena.inbox / student / "lab.ipynb").read_bytes()
        kept = (arena.course.submitted / student / LAB / "lab.ipynb").read_bytes()
        assert hashlib.sha256(sent).digest() == hashlib.sha256(kept).digest()


def test_no_file_of_a_student_s_was_run_outside_the_sandbox(arena):
    assert not arena.canary.exists() and not Path("/tmp/pwned").exists()


def test_the_students_own_word_on_time_is_not_taken(arena):
    assert not list(arena.course.submitted.glob("*/*/timestamp.txt"))


def test_nothing_is_left_running_and_nothing_in_the_temporary_folder(arena):
    left = {
        pid: command(pid)
        for pid in set(tree.descendants(os.getpid())) - arena.others
        if "multiprocessing" not in command(pid)  # Python's own fork server stays for the next pool
    }
    assert left == {}
    mine = f"-{os.getpid()}-"
    now = set(Path("/tmp").glob("autograder-of-*")) - arena.left_before
    assert [path for path in now if mine in path.name] == []
    assert list(arena.course.state.glob("collect-*")) == []


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return "multiprocessing: gone"


def test_no_page_and_no_marked_copy_shows_a_student_a_hidden_line(arena):
    assert arena.pages.problems == [] and set(arena.pages.made) == set(arena.scores)
    for student in arena.scores:
        page = (arena.course.feedback / student / LAB / "lab.html").read_text()
        # Programs that look for these words hold them.
        own = (arena.inbox / student / "lab.ipynb").read_text(errors="replace")
        assert [word for word in SECRETS if word in page and word not in own] == [], student
        notebook = nbformat.read(
            arena.course.autograded / student / LAB / "lab.ipynb", as_version=4
        )
        shown = " ".join(str(cell.get("outputs", "")) for cell in notebook.cells)
        assert "assert total" not in shown and "np.isclose(total" not in shown


def test_pages_and_report_hold_no_script_but_the_report_s_own(arena):
    for student in arena.scores:
        page = (arena.course.feedback / student / LAB / "lab.html").read_text()
        assert "<script" not in page and "<img src=x" not in page and "<svg onload" not in page
        assert 'href="javascript:' not in page
        folder = arena.course.feedback / student / LAB
        assert {path.name for path in folder.iterdir()} <= {"lab.html", *HANDED_OUT}
    (html,) = [path for path in arena.report if path.suffix == ".html"]
    assert "<script>alert" not in html.read_text()
    for table in (path for path in arena.report if path.suffix == ".csv"):
        for line in table.read_text(encoding="utf-8-sig").splitlines():
            assert not any(cell.lstrip('"').startswith(("=", "@")) for cell in line.split(","))
            assert line.isprintable()


def test_a_warning_on_stderr_costs_nothing(arena, tmp_path_factory):
    """a90: on stock nbgrader this honest answer loses its marks."""
    notebook = copy.deepcopy(arena.right)
    cell = next(c for c in notebook.cells if grade_id(c) == "ex1_1")
    cell.source = (
        "import sys, warnings, logging\n"
        "def slope(x):\n    warnings.warn('careful')\n    print('oh', file=sys.stderr)\n"
        "    logging.getLogger().error('hm')\n    return 3 * x**2"
    )
    inbox = tmp_path_factory.mktemp("warns")
    send(inbox, "warner", notebook)
    grade(arena.course, LAB, submissions=inbox, limits=LIMITS)
    assert sum(score or 0.0 for score in marks(arena.course)["warner"].values()) == MACHINE_POINTS
