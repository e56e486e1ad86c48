"""A fault at any step of the main process: the file that is opened, renamed or removed just then is
its last, or the disk is full from there on, or may only be read.

Python tells of every such step before it is taken (`sys.addaudithook`), so a fault hits one that is
drawn, and the next example another. The judges are left out, so that a run takes a second: what they
said in an undisturbed run is said again. Real processes die, and real disks are full, in
`test_for_real.py`.
"""

import errno
import hashlib
import os
import shutil
import signal
import sqlite3
import sys
from concurrent.futures import Executor, Future
from unittest import mock

import nbformat
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from nbgrader.api import Gradebook
from sqlalchemy import Engine, event

from autograder.build import read_lab, read_variants
from autograder.course import Course
from autograder.grade import grade
from autograder.pool import Pool
from autograder.sanitise import grade_id
from tests.autograder.faults.standing import standing
from tests.autograder.toy import LAB, toy_course

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.slow]

EXAMPLES = int(os.environ.get("DP_FAULT_EXAMPLES", "25"))
WHY = "why1_4"  # the written answer

LATE = """
c.AssignLatePenalties.plugin_class = "autograder.late.LatePolicy"
c.LatePolicy.per_day = 0.1
"""


# --------------------------------------------------------------------------- a class, twice


def solved(course, **answers):
    """The toy lab's solution, with other texts in the cells that are named."""
    notebook = read_lab(course.root / LAB / "lab.py")
    for cell in notebook.cells:
        cell.source = answers.get(grade_id(cell), cell.source)
    return notebook


def hand_in(folder, student, notebook, when):
    (folder / student).mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, folder / student / "lab.ipynb")
    roster = folder.with_suffix(".csv")  # the last word about a student counts
    rows = roster.read_text().splitlines() if roster.exists() else ["student,submitted"]
    rows = [row for row in rows if not row.startswith(student)] + [f"{student},{when}"]
    roster.write_text("\n".join(rows) + "\n")


def first_class(course, folder):
    wrong = read_variants(course.root / LAB / "mutants")[0].put_into(solved(course))
    for student in ("ada", "bob", "cleo"):
        answer = f"{student}'s own word"
        hand_in(folder, student, solved(course, **{WHY: answer}), "2026-01-30 12:00:00 UTC")
    hand_in(folder, "dot", wrong, "2026-01-30 12:00:00 UTC")


def second_class(course, folder):
    """ada writes another answer, bob mends nothing, cleo changes code, dot is late, eve is new."""
    first_class(course, folder)
    hand_in(folder, "ada", solved(course, **{WHY: "a better word"}), "2026-01-31 12:00:00 UTC")
    code = {WHY: "cleo's own word", "ex1_1": "def slope(x):\n    return x"}
    hand_in(folder, "cleo", solved(course, **code), "2026-01-31 12:00:00 UTC")
    hand_in(folder, "dot", solved(course), "2026-02-02 12:00:00 UTC")
    hand_in(folder, "eve", solved(course), "2026-01-31 12:00:00 UTC")


def read_by_a_person(course):
    """A teaching assistant marks the written answers of two, and overrules a test of a third."""
    coursedir = course.coursedir(LAB)
    with Gradebook(coursedir.db_url, coursedir.course_id) as gradebook:
        for student, name, points in (
            ("ada", WHY, 2.0),
            ("bob", WHY, 1.5),
            ("cleo", "check1_1", 1.0),
        ):
            grade = gradebook.find_grade(name, "lab", LAB, student)
            grade.manual_score, grade.needs_manual_grade = points, False
        gradebook.find_comment(WHY, "lab", LAB, "bob").manual_comment = "a good word"
        gradebook.db.commit()


# --------------------------------------------------------------------------- judges that repeat themselves


def name_of(job):
    return job.student, hashlib.sha256(job.notebook.encode()).hexdigest()


class Listening(Pool):
    """Real judges; what they say is kept."""

    said: dict = {}

    def submit(self, function, settings, job):
        future = super().submit(function, settings, job)
        future.add_done_callback(lambda done: self.said.setdefault(name_of(job), done.result()))
        return future


class Repeating(Executor):
    def __init__(self, workers, settings):
        pass

    def submit(self, function, settings, job):
        future = Future()
        future.set_result(Listening.said[name_of(job)])
        return future


# --------------------------------------------------------------------------- a run with a fault in it


STEPS = {
    "open", "os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.chmod", "shutil.copyfile",
    "shutil.rmtree", "sqlite3.connect", "commit",
}  # fmt: skip
NUMBER = {"full": errno.ENOSPC, "read-only": errno.EROFS, "forbidden": errno.EACCES}
DATABASE_SAYS = {
    "full": "database or disk is full",
    "read-only": "attempt to write a readonly database",
    "forbidden": "unable to open database file",
}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_TRUNC


def mark(course, inbox, executor, **options):
    roster = inbox.with_suffix(".csv")
    return grade(
        course, LAB, submissions=inbox, roster=roster, workers=1, executor=executor, **options
    )


class Fault:
    """Strikes at the step with the number `at`, counting those that concern the course."""

    def __init__(self, kind, at):
        self.kind, self.at = kind, at

    def __repr__(self):
        return f"{self.kind} at step {self.at}"

    def arm(self, course):
        home, steps = str(course.root), 0

        def step(event, arguments):
            nonlocal steps
            if event not in STEPS or not arguments or home not in str(arguments[0]):
                return
            steps += 1
            if steps >= self.at:
                self.strike(event, arguments)

        sys.addaudithook(step)
        # The database writes by itself; what can be had of it is the moment before a commit.
        event.listen(Engine, "commit", lambda connection: step("commit", (home,)))

    def strike(self, event, arguments):
        if self.kind == "killed":
            os.kill(os.getpid(), signal.SIGKILL)
        if event == "commit":
            raise sqlite3.OperationalError(DATABASE_SAYS[self.kind])
        reading = event == "open" and not (isinstance(arguments[2], int) and arguments[2] & WRITING)
        removing = event in ("os.remove", "os.rmdir", "shutil.rmtree")
        if not reading and not (removing and self.kind == "full"):
            raise OSError(NUMBER[self.kind], os.strerror(NUMBER[self.kind]), str(arguments[0]))


def run(course, inbox, fault=None, regrade=False):
    """`grade` in a process of its own; its exit status, or -9."""
    child = os.fork()
    if child == 0:
        try:
            if fault:
                fault.arm(course)
            with open(os.devnull, "w") as nowhere, mock.patch("sys.stderr", nowhere):
                done = mark(course, inbox, Repeating, regrade=regrade)
            os._exit(done.exit_status)
        except BaseException:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# --------------------------------------------------------------------------- the property


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A course where the first class is marked and partly read; the inbox of the second; and how the
    gradebook must be at the end."""
    folder = tmp_path_factory.mktemp("faults")
    course = toy_course(folder)
    with open(course.root / "nbgrader_config.py", "a") as file:
        file.write(LATE)
    first_class(course, folder / "first")
    second_class(course, folder / "second")
    assert mark(course, folder / "first", Listening).exit_status == 0
    with Gradebook(course.coursedir(LAB).db_url) as gradebook:
        gradebook.update_or_create_assignment(LAB, duedate="2026-01-31 23:00:00 UTC")
    read_by_a_person(course)
    shutil.copytree(course.root, folder / "marked")
    assert mark(course, folder / "second", Listening).exit_status == 0
    return Course.at(folder / "marked"), folder / "second", folder


def copied(course, place):
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(course.root, place)
    return Course.at(place)


@pytest.fixture(scope="module")
def undisturbed(start):
    marked, inbox, folder = start
    course = copied(marked, folder / "undisturbed")
    assert run(course, inbox) == 0
    return standing(course)


def test_what_the_second_class_comes_to(undisturbed):
    """The marks that the rest compares with, by hand."""
    marks = {(row[0], row[3]): row[4:] for row in undisturbed["grades"]}
    penalties = {row[0]: row[2] for row in undisturbed["grades"]}
    needs_a_reader = {who for (who, cell), (*_, needed) in marks.items() if cell == WHY and needed}
    assert needs_a_reader == {"ada", "cleo", "dot", "eve"}  # bob is read, and wrote nothing new
    assert marks["ada", WHY][:2] == (None, 2.0) and marks["bob", WHY][:2] == (None, 1.5)
    # The test that was overruled has another program before it now: somebody should look again.
    assert marks["cleo", "check1_1"] == (0.0, 1.0, None, True)
    assert ("bob", WHY, None, "a good word") in undisturbed["comments"]
    assert penalties["dot"] == pytest.approx(0.7 * 2) and not penalties["ada"]


def by_student(course):
    """{student: rows about them in the gradebook}"""
    told = standing(course)
    found = {}
    for row in [*told["grades"], *told["comments"]]:
        found.setdefault(row[0], []).append(row)
    return found


faults = st.builds(
    Fault,
    st.sampled_from(["killed", "killed", "full", "read-only", "forbidden"]),
    st.integers(1, 260),
)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize="DP_FAULT_EXAMPLES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture], database=None,
)  # fmt: skip
@given(st.lists(st.tuples(faults, st.booleans()), min_size=1, max_size=3))
def test_whatever_happens_running_it_again_gives_the_undisturbed_gradebook(
    start, undisturbed, disturbances
):
    marked, inbox, folder = start
    course = copied(marked, folder / "disturbed")
    before, after = by_student(course), by_student(Course.at(folder / "undisturbed"))
    for fault, regrade in disturbances:
        run(course, inbox, fault, regrade)
        for student, said in by_student(course).items():  # the old record or the new one
            assert said in (before.get(student), after[student]), (student, fault)
    assert run(course, inbox) == 0
    assert standing(course) == undisturbed
