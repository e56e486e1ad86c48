"""Code that only sleeps has a limit of its own, over the whole submission, and loses no mark by it
that it had earned; a machine that is busy is not taken for code that sleeps."""

import dataclasses
import os
import subprocess
import sys
import textwrap
import time

import nbformat
import pytest
from nbformat import v4

from autograder.errors import StudentError
from autograder.judge import Job, Settings, Worker
from autograder.sandbox import tree
from autograder.session import Limits, Zygote

pytestmark = pytest.mark.usefixtures("bubblewrap")

# Without a limit of their own the sleepers below would take half a minute each.
LIMITS = Limits(cpu_seconds_per_cell=5.0, wall_slack=20.0, grace_seconds=0.5, idle_seconds=2.0)


@pytest.fixture(scope="module")
def zygote():
    with Zygote(preload=("numpy",), limits=LIMITS) as zygote:
        yield zygote


def test_cells_may_sleep_so_long_altogether_and_no_longer(zygote):
    with zygote.open() as session:
        assert session.run_cell("import time; time.sleep(1.0)").status == "ok"
        run = session.run_cell("time.sleep(1000)\nnever = 1")
        assert run.status == "timeout" and "slept or waited" in run.message
        assert "2 s" in run.message and "processor" not in run.message
        assert session.run_cell("sum(range(1000))").status == "ok"  # the program goes on
        assert session.run_cell("time.sleep(1000)").status == "timeout"
        assert session.waiting.seconds < 4.0


def test_a_wait_that_cannot_be_interrupted_ends_the_program(zygote):
    cell = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN); signal.pause()"
    with zygote.open() as session:
        run = session.run_cell(cell)
        assert run.status == "timeout" and "did not stop when it was asked to" in run.message
        assert not session.alive


def test_a_copy_spends_what_is_left_to_the_submission(zygote):
    with zygote.open() as session:
        session.run_cell(
            "import time\ndef nap(seconds):\n    time.sleep(seconds)\n    return 'slept'"
        )
        with session.checkpoint() as trial:
            assert trial.call("nap", [1.2]) == "slept"
        with session.checkpoint() as trial, pytest.raises(StudentError, match="slept or waited"):
            trial.call("nap", [20])


def test_what_calls_back_does_not_sleep_while_the_judge_is_busy(zygote):
    def slow(x):
        time.sleep(0.3)
        return x

    with zygote.open() as session:
        session.run_cell("def each(f):\n    return sum(f(1) for _ in range(10))")
        assert session.call("each", [slow]) == 10
        assert session.waiting.seconds < 1.0


def test_a_busy_machine_is_not_sleep():
    """Many more programs that want to run than processors: this one is let for a part of the time,
    and that it waits for its turn is not held against it. (The wall clock, which is the last resort
    against whatever escapes the other limits, is not what is tried here: it gets time enough.)"""
    limits = dataclasses.replace(LIMITS, wall_slack=240.0)
    spin = [sys.executable, "-c", "while True: pass"]
    hogs = [subprocess.Popen(spin) for _ in range(6 * (os.cpu_count() or 1))]
    try:
        with Zygote(preload=("numpy",), limits=limits) as zygote, zygote.open() as session:
            started = time.monotonic()
            work = "import time\nwhile time.process_time() < 1.0: pass"
            run = session.run_cell(f"import os; os.nice(10)\n{work}")
            assert run.status == "ok", run
            passed = time.monotonic() - started
            assert session.waiting.seconds < 0.2 * passed
    finally:
        for hog in hogs:
            hog.kill()
            hog.wait()


def test_who_is_awake():
    waits = "import threading, time; threading.Thread(target={}).start(); time.sleep(1000)"
    for busy, awake in (
        ("lambda: [0 for _ in iter(int, 1)]", True),
        ("threading.Event().wait", False),
    ):
        program = subprocess.Popen([sys.executable, "-c", waits.format(busy)])
        try:
            time.sleep(1.0)
            seen = [tree.awake(program.pid) for _ in range(5)]
            assert seen == [awake] * 5
        finally:
            program.kill()
            program.wait()


# A whole submission


def graded_cell(name, source, points=1):
    about = {"grade_id": name, "grade": True, "solution": False, "locked": True, "points": points}
    return v4.new_code_cell(source, metadata={"nbgrader": about})


def submission(*cells):
    """Each of the cells and a test of what it defines, in turn."""
    notebook = v4.new_notebook()
    for number, source in enumerate(cells):
        notebook.cells.append(v4.new_code_cell(textwrap.dedent(source)))
        notebook.cells.append(graded_cell(f"t{number}", f"assert f{number}() == {number}"))
    return Job("ada", nbformat.writes(notebook), b"key")


@pytest.fixture(scope="module")
def worker():
    worker = Worker(Settings(limits=LIMITS, preload=("numpy",)))
    yield worker
    worker.close()


def scores(outcome):
    return [result["score"] for result in outcome.results]


STUBBORN = """
    import time
    def f1(): return 1
    while True:
        try:
            time.sleep(1000)
        except BaseException:
            pass
"""


@pytest.mark.parametrize("sleep", ["import time; time.sleep(1000)", STUBBORN])
def test_marks_earned_before_a_sleep_stay_and_nothing_is_waited_for_twice(worker, sleep):
    job = submission(
        "def f0(): return 0",
        textwrap.dedent(sleep),
        "import time\ndef f2(): time.sleep(0.2); return 2",
    )
    outcome = worker.mark(job)
    assert scores(outcome)[0] == 1.0
    assert any("slept or waited" in event for event in outcome.events)
    if sleep is not STUBBORN:
        assert scores(outcome) == [1.0, 0.0, 1.0]


def test_cells_that_are_run_again_get_only_what_is_left(worker):
    """A thread keeps the process from being copied, so all cells run a second time."""
    thread = (
        "import threading; threading.Thread(target=threading.Event().wait, daemon=True).start()\n"
    )
    job = submission(
        thread + "import time; time.sleep(0.8)\ndef f0(): return 0", "time.sleep(1000)"
    )
    outcome = worker.mark(job)
    assert scores(outcome) == [1.0, 0.0]
    assert len(outcome.events) == 1


NAPS = """
from autograder.exercise import Lab

lab = Lab("naps", "Naps", week=0, minutes=1)


@lab.exercise("1.1", "Two naps", points=2)
class Naps:
    def probe(student, seconds):
        return student.nap(seconds)

    def verdict(ask, rng, mark):
        for seconds in (1.0, 1000.0):
            with mark.part(f"{seconds:g} s", 1):
                mark.close(ask(seconds=seconds), seconds, kind="early", message="Too early.")
"""


def test_what_runs_out_of_time_costs_its_part_and_is_told_by_which_clock():
    """Here a part sleeps, and sleep is allowed; on a very busy machine a part calculates, hardly gets
    on, and comes to the same. The judge's own clock, of as many seconds, waits meanwhile."""
    limits = Limits(
        cpu_seconds_per_cell=2.0,
        wall_factor=1.0,
        wall_slack=2.0,
        grace_seconds=0.5,
        idle_seconds=100,
    )
    notebook = v4.new_notebook()
    notebook.cells = [
        v4.new_code_cell(
            "import time\ndef nap(seconds):\n    time.sleep(seconds)\n    return seconds"
        ),
        graded_cell("check1_1", 'check("1.1")', points=2),
    ]
    worker = Worker(Settings(exercises=NAPS, limits=limits, preload=("numpy", "dpkit")))
    try:
        outcome = worker.mark(Job("ada", nbformat.writes(notebook), b"key"))
    finally:
        worker.close()
    (result,) = outcome.results
    assert [finding["earned"] for finding in result["findings"]] == [1.0, 0.0]
    late = result["findings"][1]
    assert late["kind"] == "timeout"
    assert late["message"].startswith("It was stopped after 4 s by the clock on the wall")
    assert "processor time and was stopped" not in late["message"]


def test_a_test_that_sleeps_costs_itself_and_leaves_the_next_one_its_marks(worker):
    job = submission(
        "import time\ndef f0(): time.sleep(1000)", "def f1(): return 1", "def f2(): return 2"
    )
    outcome = worker.mark(job)
    assert scores(outcome) == [0.0, 1.0, 1.0]
    assert "slept or waited" in str(outcome.results[0])
