"""Processes that are killed, a database that somebody else has locked, disks that are full or may
only be read: all of it real, at moments that are drawn, and then `grade` once more."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path

import nbformat
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from autograder.build import build_release, read_lab, read_variants
from autograder.course import Course
from autograder.sandbox import tree
from tests.autograder.faults.standing import standing
from tests.autograder.toy import LAB, toy_course

ROOT = Path(__file__).resolve().parents[3]
EXAMPLES = int(os.environ.get("DP_FAULT_EXAMPLES", "1"))
PATIENCE = 4.0  # instead of the minute that `grade` waits for a locked gradebook

pytestmark = [pytest.mark.usefixtures("bubblewrap"), pytest.mark.slow, pytest.mark.timeout(1200)]

GRADE = f"""
import sys
try:
    from autograder.grading import gradebook
except KeyboardInterrupt:
    sys.exit(130)
gradebook.PATIENCE = {PATIENCE}
from autograder.cli import main
sys.exit(main(["grade", {LAB!r}, "--workers", "2", *sys.argv[1:]]))
"""


def command(course, inbox, *more):
    return [
        sys.executable,
        "-c",
        GRADE,
        "--course",
        str(course.root),
        "--submissions",
        str(inbox),
        *more,
    ]


ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def finish(line):
    """(exit status, standard error) of a run that is left alone."""
    done = subprocess.run(line, env=ENVIRONMENT, capture_output=True, text=True)
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def start(tmp_path_factory):
    """A released course, a small class with a slow and a crashing program in it, how the gradebook
    must be in the end, and how long an undisturbed run takes."""
    folder = tmp_path_factory.mktemp("real")
    course = toy_course(folder)
    build_release(course, LAB)
    solution = read_lab(course.root / LAB / "lab.py")
    wrong = read_variants(course.root / LAB / "mutants")[0]
    programs = {"wrong": wrong.put_into(solution)}
    programs["ada"] = solution
    programs["slow"] = with_first(solution, "import time\ntime.sleep(0.5)")
    programs["crash"] = with_first(solution, "import os\nos.kill(os.getpid(), 9)")
    for student, notebook in programs.items():
        (folder / "inbox" / student).mkdir(parents=True)
        nbformat.write(notebook, folder / "inbox" / student / "lab.ipynb")
    (course.state).mkdir(exist_ok=True)
    (course.state / "key").write_text("ab" * 32)  # the same numbers in every copy
    undisturbed = copied(course, folder / "undisturbed")
    began = time.monotonic()
    status, said = finish(command(undisturbed, folder / "inbox"))
    assert status == 0, said
    return course, folder, standing(undisturbed), time.monotonic() - began


def with_first(notebook, source):
    notebook = nbformat.from_dict(notebook)
    notebook.cells = [nbformat.v4.new_code_cell(source), *notebook.cells]
    return notebook


def copied(course, place):
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(course.root, place)
    return Course.at(place)


# --------------------------------------------------------------------------- kills and locks


@contextmanager
def locked(course, seconds):
    """Another program writes in the gradebook for so long."""
    held = threading.Event()

    def hold():
        try:
            holder = sqlite3.connect(course.root / "gradebook.db", isolation_level=None, timeout=20)
            holder.execute("BEGIN EXCLUSIVE")
            held.set()
            time.sleep(seconds)
            holder.execute("ROLLBACK")
            holder.close()
        finally:
            held.set()

    thread = threading.Thread(target=hold)
    thread.start()
    held.wait()
    try:
        yield
    finally:
        thread.join()


def disturb(process, course, kind, whom):
    if kind == "main":
        process.kill()
    elif kind == "interrupt":
        process.send_signal(signal.SIGINT)
    elif kind == "somebody":  # a judge, a fork server, a sandbox, a student's program
        family = sorted(set(tree.descendants(process.pid)) - {process.pid})
        if family:
            with_luck_alive(family[int(whom * len(family))])
    elif kind == "locked a while":
        with locked(course, 0.3 * PATIENCE):
            pass
    elif kind == "locked for good":
        with locked(course, 3 * PATIENCE):
            process.wait()


def with_luck_alive(number):
    try:
        os.kill(number, signal.SIGKILL)
    except ProcessLookupError:
        pass


def all_end(family):
    """Whether none of these processes is left, soon after the one they worked for."""
    for _ in range(300):
        if not any(one in tree.living(one.pid) for one in family):
            return True
        time.sleep(0.1)
    return False


KINDS = ("main", "somebody", "interrupt", "locked a while", "locked for good")
faults = st.tuples(
    st.sampled_from(KINDS), st.floats(0.05, 1.0), st.floats(0.0, 1.0, exclude_max=True)
)


@settings(
    max_examples=EXAMPLES, deadline=None, derandomize="DP_FAULT_EXAMPLES" not in os.environ,
    suppress_health_check=list(HealthCheck), database=None,
)  # fmt: skip
@example([("main", 0.6, 0.0), ("somebody", 0.7, 0.4), ("locked for good", 0.7, 0.0)])
@example([("somebody", 0.6, 0.8), ("interrupt", 0.7, 0.0), ("locked a while", 0.5, 0.0)])
@given(st.lists(faults, min_size=1, max_size=3))
def test_whoever_dies_running_it_again_gives_the_undisturbed_gradebook(start, disturbances):
    released, folder, expected, length = start
    course, inbox = copied(released, folder / "disturbed"), folder / "inbox"
    for kind, moment, whom in disturbances:
        process = subprocess.Popen(
            command(course, inbox), env=ENVIRONMENT, text=True,
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
        )  # fmt: skip
        time.sleep(moment * length)
        family = tree.living(process.pid)
        disturb(process, course, kind, whom)
        _, said = process.communicate(timeout=120)
        assert all_end(family), (kind, "and judges, sandboxes or programs of theirs live on")
        assert "Traceback" not in said, (kind, said)
        assert process.returncode in (0, 1, 130, -signal.SIGKILL, -signal.SIGINT), (kind, said)
    status, said = finish(command(course, inbox))
    assert status == 0, said
    assert standing(course) == expected


# --------------------------------------------------------------------------- disks


@pytest.fixture
def own_mounts():
    """A shell that may mount file systems which nobody else sees."""
    if os.getuid() != 0 or subprocess.run(["unshare", "-m", "true"]).returncode:
        pytest.skip("mounting a disk to fill it up needs root")
    return ["unshare", "--mount", "--propagation", "private", "sh", "-c"]


@pytest.fixture(scope="module")
def known(start):
    """The course with the lab in its gradebook, so that the disk is needed for the class alone."""
    released, folder, *_ = start
    course = copied(released, folder / "known")
    status, said = finish(command(course, folder / "inbox")[:-2])
    assert status == 1 and "no submission of toy" in said, said
    return course


# Beyond what is there already; a marked copy of the toy lab takes about 20 kB.
@pytest.mark.parametrize("room", [8, 40, 80])
def test_a_full_disk_is_one_line_and_nothing_is_lost(start, known, own_mounts, room):
    _, folder, expected, _ = start
    course, inbox = copied(known, folder / "on-a-small-disk"), folder / "inbox"
    aside = folder / "aside"
    shutil.rmtree(aside, ignore_errors=True)
    used = int(subprocess.check_output(["du", "-sk", str(course.root)]).split()[0])
    script = (
        f'cp -a "$1" "{aside}" && mount -t tmpfs -o size={used + room}k none "$1" '
        f'&& cp -a "{aside}/." "$1" || exit 99; rm -r "{aside}"; shift; "$@"; status=$?; '
        f'cp -a "{course.root}" "{aside}"; exit $status'
    )
    status, said = finish([*own_mounts, script, "sh", str(course.root), *command(course, inbox)])
    assert status == 1 and "the disk is full; make room" in said, said
    assert "Traceback" not in said
    shutil.rmtree(course.root)
    shutil.move(aside, course.root)  # what the small disk had on it when it was full
    status, said = finish(command(course, inbox))
    assert status == 0, said
    assert standing(course) == expected


@pytest.mark.parametrize("place", [".", ".autograder", "autograded"])
def test_a_folder_that_may_only_be_read_is_one_line_and_nothing_is_lost(
    start, known, own_mounts, place
):
    _, folder, expected, _ = start
    course, inbox = copied(known, folder / "read-only"), folder / "inbox"
    (course.root / place).mkdir(exist_ok=True)
    script = 'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" || exit 99; shift; "$@"'
    status, said = finish(
        [*own_mounts, script, "sh", str(course.root / place), *command(course, inbox)]
    )
    assert status == 1, said
    assert len([line for line in said.splitlines() if line.startswith("autograder: ")]) == 1, said
    assert "Traceback" not in said and str(course.root) in said
    status, said = finish(command(course, inbox))
    assert status == 0, said
    assert standing(course) == expected
