"""`autograder serve`: the same marks from judges that were warm already, and from nobody else."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from pathlib import Path

import nbformat
import pytest

from autograder.build import build_release, read_lab
from autograder.course import Course
from autograder.execute import submission_files
from autograder.frames import Line
from autograder.judge import Job, Settings, mark
from autograder.serve import Place, Served, Service
from tests.autograder.toy import LAB, MACHINE_POINTS, toy_course

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.slow]


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    course = toy_course(tmp_path_factory.mktemp("a" * 100))  # longer than a socket's address may be
    build_release(course, LAB)
    return course


@pytest.fixture(scope="module")
def settings(course):
    return Settings.of(course.root / LAB / "exercises.py")


@pytest.fixture(scope="module")
def service(course, settings):
    with Service(course.state, workers=1, settings=settings) as service:
        threading.Thread(target=service.run, daemon=True).start()
        yield service


@pytest.fixture(scope="module")
def job(course):
    return job_of(course, "ada")


def job_of(course, student):
    solved = read_lab(course.root / LAB / "lab.py")
    folder = course.release / LAB
    return Job(student, nbformat.writes(solved), b"k" * 32, submission_files(folder, folder))


def test_it_gives_what_a_judge_of_one_s_own_gives(service, course, settings, job):
    with Served.at(course.state) as served:
        assert (served.workers, served.pid) == (1, os.getpid())
        answers = [served.submit(mark, settings, job) for _ in range(3)]
        outcomes = [answer.result(60) for answer in answers]
    here = mark(settings, job)
    for outcome in outcomes:
        assert (outcome.results, outcome.notebook) == (here.results, here.notebook)
        assert sum(result["score"] for result in outcome.results) == MACHINE_POINTS


def test_it_does_nothing_but_mark(service, course):
    with Served.at(course.state) as served:
        assert served.submit(threading.get_ident).result() == threading.get_ident()  # done here


def test_nobody_else_may_open_the_socket(service, course):
    assert Place(course.state).path.stat().st_mode & 0o777 == 0o600


def test_two_services_in_one_course_are_one_too_many(service, course):
    with pytest.raises(FileExistsError):
        Service(course.state, workers=1)


def test_nonsense_on_the_line_ends_that_line_alone(service, course, settings, job):
    for nonsense in (b"\xff" * 64, b"\x01\0\0\0N", b"GET / HTTP/1.1\r\n\r\n"):
        line = Place(course.state).connect()
        line.sendall(nonsense)
        line.close()
    line = Place(course.state).connect()
    Line(line, limit=2**20).send({"id": 1, "lab": "none that I know", "job": {}})
    line.close()
    with Served.at(course.state) as served:
        assert served.submit(mark, settings, job).result(60).student == "ada"


@pytest.mark.parametrize("files", [
    {f"{i}": b"" for i in range(100_001)}, {"half\udc80/a": b""}, {f"{i}": bytes(2**26) for i in range(5)},
], ids=["many", "no name", "large"])  # fmt: skip
def test_a_submission_that_cannot_be_sent_stops_no_other(service, course, settings, job, files):
    with Served.at(course.state) as served:
        bad = served.submit(mark, settings, replace(job, files=files))
        good = served.submit(mark, settings, job)
        with pytest.raises(RuntimeError, match="cannot be handed"):
            bad.result(60)
        assert good.result(60).student == "ada"


def test_a_service_that_runs_other_code_is_left_alone(service, course, monkeypatch):
    monkeypatch.setattr("autograder.serve.client.code_digest", lambda: "updated meanwhile")
    assert Served.at(course.state) is None


def test_no_service_and_what_a_dead_one_left_behind(tmp_path):
    assert Served.at(tmp_path) is None
    door = socket.socket(socket.AF_UNIX)
    door.bind(str(tmp_path / "serve.socket"))
    door.close()
    assert Served.at(tmp_path) is None
    Place(tmp_path).listen().close()  # swept away


def test_a_judge_that_dies_is_told_of_and_replaced(service, course, settings, job, monkeypatch):
    with Served.at(course.state) as served:
        served.submit(mark, settings, job).result(60)
        (judge,) = service._pool.pids
        os.kill(judge, signal.SIGKILL)
        for _ in range(100):
            try:
                assert served.submit(mark, settings, job).result(60).student == "ada"
                break
            except BrokenProcessPool:
                time.sleep(0.05)
        else:
            pytest.fail("it was never replaced")


def test_a_service_that_ends_breaks_what_was_asked_of_it(tmp_path, course, settings, job):
    service = Service(tmp_path, workers=1)
    threading.Thread(target=service.run, daemon=True).start()
    served = Served.at(tmp_path)
    served.submit(mark, settings, job).result(60)
    service.close()
    assert not Place(tmp_path).path.exists()
    served._line.socket.shutdown(socket.SHUT_RDWR)
    with pytest.raises(BrokenProcessPool):
        for _ in range(100):
            served.submit(mark, settings, job).result(60)
            time.sleep(0.05)


def test_from_the_command_line_and_behind_grade(course, tmp_path):
    shutil.copytree(course.root, tmp_path / "course", ignore=shutil.ignore_patterns(".autograder"))
    here = Course.at(tmp_path / "course")
    nbformat.write(
        read_lab(here.root / LAB / "lab.py"), _folder(tmp_path / "inbox" / "ada") / "lab.ipynb"
    )
    command = [sys.executable, "-m", "autograder"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    server = subprocess.Popen(
        [*command, "serve", LAB, "--workers", "1", "--course", str(here.root)],
        env=environment, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert "ready" in server.stdout.readline()
        grading = subprocess.run(
            [*command, "grade", LAB, "--course", str(here.root), "--submissions", tmp_path / "inbox"],
            env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert grading.returncode == 0, grading.stderr
        assert "1 marked" in grading.stdout
        again = subprocess.run(
            [*command, "serve", LAB, "--course", str(here.root)],
            env=environment, capture_output=True, text=True,
        )  # fmt: skip
        assert again.returncode == 1 and "already" in again.stderr
    finally:
        server.send_signal(signal.SIGTERM)
        said, _ = server.communicate(timeout=30)
    assert server.returncode == 0
    assert "1 submission" in said
    assert not Place(here.state).path.exists()


def _folder(path):
    path.mkdir(parents=True)
    return path
