"""The gradebook on a PostgreSQL server, through nothing but nbgrader's `db_url`."""

import importlib.util
import io
import itertools
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import warnings
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace

import nbformat
import pytest
import sqlalchemy.exc
from nbgrader.api import Gradebook

from autograder import cli
from autograder.build import build_release, read_lab, read_variants
from autograder.course import Course
from tests.autograder.postgres import PASSWORD, Server, find
from tests.autograder.toy import LAB, MACHINE_POINTS, WRITTEN_POINTS, toy_course
from tests.conftest import unmet

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.usefixtures("bubblewrap")
SECRETS = (PASSWORD, PASSWORD.replace("%", "%25").replace("/", "%2F").replace("@", "%40"))


@pytest.fixture(scope="module")
def server():
    if importlib.util.find_spec("psycopg") is None:
        unmet("psycopg is not installed (the extra `postgres`)")
    if find("initdb") is None or find("pg_ctl") is None:
        unmet("PostgreSQL's server is not installed (sudo apt install postgresql)")
    server = Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def released(tmp_path_factory):
    """A toy course, released into SQLite; and a class for it."""
    course = toy_course(tmp_path_factory.mktemp("toy"))
    build_release(course, LAB)
    solved = read_lab(course.root / LAB / "lab.py")
    wrong = read_variants(course.root / LAB / "mutants")[0].put_into(solved)
    blank = nbformat.read(course.release / LAB / "lab.ipynb", as_version=4)
    for student, notebook in {"ada": solved, "zoë": wrong, "blank": blank}.items():
        folder = course.root.parent / "inbox" / student
        folder.mkdir(parents=True)
        nbformat.write(notebook, folder / "lab.ipynb")
    return course


@pytest.fixture
def inbox(released):
    return released.root.parent / "inbox"


_numbers = itertools.count(1)


@pytest.fixture
def database(server):
    return server.new_database(f"course {next(_numbers)}")


def on(released, folder, url, lab=LAB):
    """A copy of the course, not released yet, with its gradebook at `url`."""
    root = folder / "course"
    shutil.copytree(released.root, root, ignore=shutil.ignore_patterns(
        "gradebook.db", "source", "release", ".autograder"))  # fmt: skip
    if lab != LAB:
        (root / LAB).rename(root / lab)
        text = (root / lab / "lab.py").read_text()
        (root / lab / "lab.py").write_text(text.replace(LAB, lab))
    if url:
        with open(root / "nbgrader_config.py", "a") as file:
            file.write(f"\nc.CourseDirectory.db_url = {url!r}\n")
    return Course.at(root)


def run(course, *arguments):
    """A command; it must never say the password."""
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        status = cli.main([*arguments, "--course", str(course.root)])
    said = out.getvalue() + err.getvalue()
    assert not any(secret in said for secret in SECRETS), said
    return SimpleNamespace(returncode=status, stdout=out.getvalue(), stderr=err.getvalue())


def alone(course, *arguments):
    """The same in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "autograder", *arguments, "--course", str(course.root)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )  # fmt: skip


def marks(course, lab=LAB):
    """{student: {cell: (automatic score, manual score)}} as the gradebook has them."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sqlalchemy.exc.SAWarning)
        with Gradebook(course.coursedir(lab).db_url) as gradebook:
            return {
                submission.student.id: {
                    one.name: (one.auto_score, one.manual_score)
                    for notebook in submission.notebooks
                    for one in notebook.grades
                }
                for submission in gradebook.assignment_submissions(lab)
            }


def written_anywhere(course):
    """Whether a password stands in a file that a command made (nbgrader_config.py is not one)."""
    return [
        path
        for path in course.root.rglob("*")
        if path.is_file() and path.name != "nbgrader_config.py"
        and any(secret.encode() in path.read_bytes() for secret in SECRETS)
    ]  # fmt: skip


@pytest.mark.slow
def test_every_command_gives_what_it_gives_with_sqlite(server, released, inbox, database, tmp_path):
    here, there = on(released, tmp_path / "a", None), on(released, tmp_path / "b", database)
    for course in (here, there):
        done = run(course, "release", LAB)
        assert done.returncode == 0, done.stderr
        done = run(course, "grade", LAB, "--submissions", str(inbox), "--json")
        assert done.returncode == 0, done.stderr
        assert sorted(json.loads(done.stdout)["marked"]) == ["ada", "blank", "zoë"]
        with Gradebook(course.coursedir(LAB).db_url) as gradebook:
            for student in ("ada", "blank", "zoë"):
                written = gradebook.find_grade("why1_4", "lab", LAB, student)
                written.manual_score, written.needs_manual_grade = 1.5, False
            gradebook.db.commit()
        for command in (["report"], ["feedback"], ["export", "--format", "csv"],
                        ["export", "--format", "canvas"]):  # fmt: skip
            done = run(course, command[0], LAB, *command[1:])
            assert done.returncode == 0, done.stderr
        assert run(course, "grade", LAB, "--json").returncode == 0
    assert marks(there) == marks(here)
    total = sum(sum(filter(None, pair)) for pair in marks(there)["ada"].values())
    assert total == MACHINE_POINTS + WRITTEN_POINTS - 0.5
    assert not (there.root / "gradebook.db").exists()
    for name in ("csv.csv", "canvas.csv"):
        same = [(course.root / "reports" / LAB / name).read_text() for course in (here, there)]
        assert same[0] == same[1]
    assert written_anywhere(there) == []
    assert server.connections() == 0


@pytest.mark.slow
def test_nbgraders_own_commands_work_on_it(released, inbox, database, tmp_path):
    course = on(released, tmp_path, database)
    assert run(course, "release", LAB).returncode == 0
    for student in ("ada", "blank"):
        shutil.copytree(inbox / student, course.submitted / student / LAB)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [sys.executable, "-m", "nbgrader", "autograde", LAB], cwd=course.root, text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PATH": path}, capture_output=True,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    earned = {s: sum(auto or 0 for auto, _ in cells.values()) for s, cells in marks(course).items()}
    assert earned == {"ada": MACHINE_POINTS, "blank": 0.0}


@pytest.mark.slow
def test_two_labs_are_marked_at_once_into_one_database(released, inbox, database, tmp_path):
    """Two teachers, a course folder and a lab each, the same students, one database."""
    courses = {lab: on(released, tmp_path / lab, database, lab) for lab in ("monday", "tuesday")}
    for lab, course in courses.items():
        assert run(course, "release", lab).returncode == 0
    teachers = {
        lab: alone(course, "grade", lab, "--submissions", str(inbox), "--workers", "1")
        for lab, course in courses.items()
    }
    for lab, course in courses.items():
        _, said = teachers[lab].communicate(timeout=120)
        if teachers[lab].returncode:  # both made the same student at the same moment: it says so
            assert "run grade again" in said
            assert run(course, "grade", lab).returncode == 0
    assert marks(courses["monday"], "monday") == marks(courses["tuesday"], "tuesday")
    found = marks(courses["monday"], "monday")
    assert {s: sum(auto or 0 for auto, _ in cells.values()) for s, cells in found.items()} == {
        "ada": MACHINE_POINTS, "blank": 0.0,
        "zoë": sum(auto or 0 for auto, _ in found["zoë"].values()),
    }  # fmt: skip
    assert 0 < sum(auto or 0 for auto, _ in found["zoë"].values()) < MACHINE_POINTS


@pytest.mark.slow
def test_a_server_that_goes_away_half_way_costs_no_mark(
    server, released, inbox, database, tmp_path
):
    course = on(released, tmp_path, database)
    assert run(course, "release", LAB).returncode == 0
    process = alone(course, "grade", LAB, "--submissions", str(inbox), "--workers", "1")
    while not list(course.state.glob(f"{LAB}/*.done")) and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)  # it is quick enough to end while the server does
    server.stop()
    process.send_signal(signal.SIGCONT)
    try:
        said = "".join(process.communicate(timeout=120))
        assert process.returncode == 1, said
        stopped = run(course, "report", LAB)  # and other commands, while it is down
    finally:
        server.start()
    assert "Traceback" not in said and "run the same command again" in said, said
    assert "connection" in said and not any(secret in said for secret in SECRETS)
    assert stopped.returncode == 1 and len(stopped.stderr.strip().splitlines()) == 1
    before = marks(course)
    earned = {
        s: cells for s, cells in before.items() if any(a is not None for a, _ in cells.values())
    }
    assert earned  # what was recorded is there
    again = run(course, "grade", LAB, "--workers", "1")
    assert again.returncode == 0, again.stderr
    after = marks(course)
    assert set(after) == {"ada", "blank", "zoë"}
    assert {student: after[student] for student in earned} == earned
    assert sum(auto or 0 for auto, _ in after["ada"].values()) == MACHINE_POINTS


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda url: url.replace("host=/tmp/", "host=/nowhere/"), "nowhere"),
        (lambda url: url.replace("teacher:", "stranger:"), "stranger"),
        (lambda url: url.replace("course ", "absent "), "absent"),
        (lambda url: url.replace("+psycopg", "+nosuchdriver"), "nosuchdriver"),
        (lambda url: url.replace("+psycopg", "+pg8000"), "needs the driver pg8000"),
        (lambda url: url.replace("://", ":"), "CourseDirectory.db_url"),
    ],
)
def test_a_database_that_cannot_be_reached_is_one_line(
    released, inbox, database, tmp_path, change, words, caplog
):
    course = on(released, tmp_path, change(database))
    for command in (["grade", LAB, "--submissions", str(inbox)], ["report", LAB]):
        done = run(course, *command, "--json")
        assert done.returncode == 1
        assert len(done.stderr.strip().splitlines()) == 1, done.stderr
        assert words in done.stderr and words in json.loads(done.stdout)["error"]
        assert not caplog.records  # no traceback either
    assert written_anywhere(course) == []
