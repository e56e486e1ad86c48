"""Copies of a student's process: what they share with it, what they do not, and every way to end."""

from __future__ import annotations

import os
import textwrap

import pytest

from autograder.errors import StudentError
from autograder.sandbox import tree
from autograder.session import Limits, Ref, Zygote
from tests.autograder.sandboxes import sandbox_or_skip

MIB = 2**20
LIMITS = Limits(
    cpu_seconds_per_cell=1.0,
    wall_slack=20.0,
    grace_seconds=0.5,
    memory_bytes_per_process=800 * MIB,
    memory_bytes=600 * MIB,
    processes=20,
)


@pytest.fixture(scope="module", params=["bwrap", "landlock", "off"])
def zygote(request):
    sandbox_or_skip(request.param)
    with Zygote(request.param, preload=("numpy", "matplotlib.pyplot"), limits=LIMITS) as zygote:
        yield zygote


@pytest.fixture
def session(zygote):
    with zygote.open(seed=5) as session:
        yield session


def cell(session, source, status="ok"):
    run = session.run_cell(textwrap.dedent(source))
    assert run.status == status, run
    return run


def text(run):
    return "".join(output.get("text", "") for output in run.outputs)


def inhabitants(session):
    """The living processes of the session's room."""
    return tree.living(session._pid)


# What is shared


def test_what_a_graded_cell_does_stays_in_the_copy(session):
    cell(session, "seen = []\ndef f(x):\n    seen.append(x)\n    return seen")
    for number in (1, 2):
        with session.checkpoint() as trial:
            assert trial is not session
            assert trial.call("f", [number]) == [number]
            assert trial.call("f", ["again"]) == [number, "again"]
    assert session.get("seen") == []
    assert text(cell(session, "print(seen)")) == "[]\n"


def test_the_copy_knows_everything_up_to_its_moment(session):
    cell(session, "class Box:\n    def __init__(self, x): self.x = x\nbox = Box(3)\nout = print")
    box = session.get("box")
    with session.checkpoint() as trial:
        assert isinstance(trial.get("box"), Ref)
        assert trial.attribute(box, "x") == 3
        assert trial.has(["box", "later"]) == {"box"}
        answer = trial.probe(
            "def probe(student, k):\n    return student.box.x * k", "probe", {"k": 2}
        )
        assert answer == 6
        assert trial.call("Box", [9]).type_name == "Box"
        assert cell(trial, "box.x = 10\nbox.x").outputs[0]["data"]["text/plain"] == "10"
    cell(session, "later = 1")
    assert session.attribute(box, "x") == 3


def test_callbacks_and_their_questions_reach_the_copy(session):
    cell(session, "k = 1\ndef twice(f, x):\n    global k\n    k += 1\n    return f(f(x))")
    with session.checkpoint() as trial:
        assert trial.call("twice", [lambda x: x + trial.get("k"), 10]) == 14
    assert session.get("k") == 1


def test_every_copy_draws_the_same_numbers_and_none_from_the_original(zygote):
    draw = "import random, numpy as np\ndef draw():\n    return [random.random(), np.random.rand()]"
    with zygote.open(seed=5) as undisturbed:
        cell(undisturbed, draw)
        expected = [undisturbed.call("draw"), undisturbed.call("draw")]
    with zygote.open(seed=5) as session:
        cell(session, draw)
        drawn = []
        for _ in range(2):
            with session.checkpoint() as trial:
                drawn.append([trial.call("draw"), trial.call("draw")])
        assert drawn == [expected, expected]
        assert [session.call("draw"), session.call("draw")] == expected


def test_what_is_printed_goes_where_it_belongs(session):
    cell(session, "import os\ndef say(x):\n    print('py', x)\n    os.system(f'echo sh {x}')")
    with session.checkpoint() as trial:
        trial.call("say", [1])
        assert trial.last_output == "py 1\nsh 1\n"
        assert session.last_output == ""
    assert text(cell(session, "say(2)")) == "py 2\nsh 2\n"


def test_a_copy_of_a_copy(session):
    cell(session, "n = [0]\ndef up():\n    n[0] += 1\n    return n[0]")
    with session.checkpoint() as trial:
        assert trial.call("up") == 1
        with trial.checkpoint() as inner:
            assert inner is not trial
            assert inner.call("up") == 2
        assert trial.call("up") == 2
    assert session.call("up") == 1


def test_copies_sleep_while_the_original_goes_on(session):
    cell(session, "stage = [1]\ndef f(x):\n    stage.append(x)\n    return stage")
    first = session.copied()
    cell(session, "stage.append(2)\nimport subprocess\np = subprocess.Popen(['sleep', '1000'])")
    second = session.copied()
    cell(session, "stage.append(3)\ndef f(x): return None")
    before = inhabitants(session)
    assert len(before) == 5
    with second:
        assert second.call("f", ["a"]) == [1, 2, "a"]
    with first:
        assert first.call("f", ["b"]) == [1, "b"]
    assert session.call("f", ["c"]) is None
    assert session.get("stage") == [1, 2, 3]
    assert len(inhabitants(session)) == 3  # of the original's own program nothing is gone


def test_sleeping_copies_end_with_their_session(zygote):
    with zygote.open() as session:
        cell(session, "import os")
        copies = [session.copied() for _ in range(3)]
        copies[0].close()
        assert session.run_cell("os._exit(3)").status == "killed"
        with copies[1] as trial, pytest.raises(StudentError):
            trial.has([])
    assert not any(copy.alive for copy in copies)


def test_each_copy_has_its_own_cause_of_death(session):
    cell(session, "import os")
    copies = [session.copied() for _ in range(4)]
    said = []
    for number, copy in enumerate(copies):
        with copy, pytest.raises(StudentError) as caught:
            copy.probe(f"def probe(student): student.os._exit({number + 1})", "probe", {})
        said.append(caught.value.message)
    assert [f"os._exit({number + 1})" in text for number, text in enumerate(said)] == [True] * 4


# Ends


@pytest.mark.parametrize(
    ("deed", "kind", "said"),
    [
        ("os._exit(7)", "killed", "os._exit(7)"),
        ("os.abort()", "killed", "SIGABRT"),
        ("os.kill(os.getpid(), 11)", "killed", "SIGSEGV"),
        ("while True: pass", "timeout", "1 s of processor time"),
        ("stubborn()", "timeout", "did not stop when it was asked to"),
        ("hoard()", "memory", "600 MB"),
        ("swarm()", {"raised", "process", "memory"}, ""),  # the first limit that it meets
        ("os.closerange(3, 200); time.sleep(60)", "killed", "it was killed"),
        ("os.fork() or time.sleep(60); os._exit(9)", "killed", "os._exit(9)"),
    ],
)
def test_the_end_of_a_copy_is_the_end_of_that_cell_only(session, deed, kind, said):
    cell(
        session,
        f"""
        import os, time
        def stubborn():
            while True:
                try:
                    while True: sum(range(1000))
                except KeyboardInterrupt: pass
        def hoard():
            kept = [bytearray(os.urandom(1)) * (200 * 2**20) for _ in range(2)]
            for block in kept: block[::4096] = b'x' * len(block[::4096])
            if os.fork() == 0:
                for block in kept: block[::4096] = b'y' * len(block[::4096])
                time.sleep(60)
            time.sleep(60)
        def swarm():
            for _ in range(25):
                if os.fork() == 0: time.sleep(60)
            time.sleep(60)
        def f():
            {deed}
        """,
    )
    before = inhabitants(session)
    with session.checkpoint() as trial:
        with pytest.raises(StudentError) as caught:
            trial.call("f")
        assert caught.value.kind in (kind if type(kind) is set else {kind})
        assert said in caught.value.message
        if caught.value.kind == "killed":
            assert "calling f" in caught.value.message
            with pytest.raises(StudentError, match="calling f"):
                trial.get("f")
    assert inhabitants(session) == before
    assert session.alive
    assert text(cell(session, "print('still here')")) == "still here\n"
    with session.checkpoint() as trial:
        assert trial is not session
        assert trial.has(["f"]) == {"f"}


def test_nothing_of_a_copy_is_left(session):
    """Sleepers, orphans and processes that left for a session of their own."""
    cell(
        session,
        """
        import os, subprocess, time
        def leave():
            subprocess.Popen(["sleep", "1000"])
            between = os.fork()
            if between == 0:
                os.setsid()
                if os.fork(): os._exit(0)
                time.sleep(1000)
            os.waitpid(between, 0)
            return "left"
        """,
    )
    before, descriptors = inhabitants(session), len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        with session.checkpoint() as trial:
            assert trial.call("leave") == "left"
            assert len(inhabitants(session)) == len(before) + 3
        assert inhabitants(session) == before
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert session.call("leave") == "left"  # the original's own processes stay
    kept = inhabitants(session)
    assert len(kept) == len(before) + 2
    with session.checkpoint() as trial:
        assert trial.has(["leave"]) == {"leave"}
    assert inhabitants(session) == kept


def test_the_original_finds_no_children_of_its_own(session):
    cell(session, "import os")
    with session.checkpoint() as trial:
        trial.has([])
    run = session.run_cell("try: os.wait()\nexcept ChildProcessError: print('none')")
    assert text(run) == "none\n"


def test_a_closed_copy_says_so_and_a_session_closes_its_copy(zygote):
    with zygote.open() as session:
        with session.checkpoint() as trial:
            pass
        with pytest.raises(StudentError, match="closed"):
            trial.get("x")
        assert not trial.alive
        with session.checkpoint() as trial:
            session.close()
            assert not trial.alive


# No copy


def test_a_process_with_threads_is_asked_itself(session):
    cell(
        session,
        """
        import threading
        done = threading.Event()
        thread = threading.Thread(target=done.wait)
        thread.start()
        n = [0]
        def up():
            n[0] += 1
            return n[0]
        """,
    )
    with session.checkpoint() as trial:
        assert trial is session
        assert trial.call("up") == 1
    assert session.alive
    assert session.call("up") == 2
    cell(session, "done.set(); thread.join()")
    with session.checkpoint() as trial:
        assert trial is not session


def test_where_no_process_can_be_added_the_original_is_asked(session):
    cell(
        session,
        """
        import os
        from time import sleep
        def refuse(): raise BlockingIOError(11, "no more processes")
        real, os.fork = os.fork, refuse
        """,
    )
    with session.checkpoint() as trial:
        assert trial is session
    cell(session, "os.fork = real")
    with session.checkpoint() as trial:
        assert trial is not session


def test_a_session_that_has_ended_is_its_own_trial(session):
    assert session.run_cell("import os; os._exit(1)", cell_id="c7").status == "killed"
    with session.checkpoint() as trial:
        assert trial is session
        with pytest.raises(StudentError, match="c7"):
            trial.get("x")


# What is used up


def test_a_copys_time_counts_even_where_its_parent_disowns_it(zygote):
    burn = """
        import signal, time
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)
        def burn():
            end = time.process_time() + 0.4
            while time.process_time() < end: pass
    """
    with zygote.open() as session:
        cell(session, burn)
        for _ in range(3):
            with session.checkpoint() as trial:
                trial.call("burn")
        session.has([])  # now the original has buried them
        assert 1.1 <= session._usage().cpu_seconds < 3


def test_the_limit_on_the_whole_notebook_holds_for_its_copies():
    limits = Limits(cpu_seconds_per_cell=1.0, cpu_seconds_total=2.5, wall_slack=20)
    with Zygote(preload=("numpy",), limits=limits) as zygote, zygote.open() as session:
        cell(
            session,
            "import time\ndef burn():\n    end = time.process_time() + 0.8\n"
            "    while time.process_time() < end: pass",
        )
        with pytest.raises(StudentError, match="altogether"):
            for _ in range(6):
                with session.checkpoint() as trial:
                    trial.call("burn")
        assert not session.alive


def test_time_is_counted_for_each_question_alone(session):
    cell(
        session,
        "import time\ndef burn():\n    end = time.process_time() + 0.4\n"
        "    while time.process_time() < end: pass",
    )
    with session.checkpoint() as trial:
        for _ in range(4):
            trial.call("burn")
    assert session.alive


def test_memory_that_copies_share_is_counted_once():
    """Sixteen of 200 MB each would be over the limit; together they take little more than one."""
    limits = Limits(memory_bytes=600 * MIB, processes=40)
    with Zygote(preload=("numpy",), limits=limits) as zygote, zygote.open() as session:
        cell(session, "kept = bytearray(b'x') * (200 * 2**20)\nimport time")
        copies = [session.copied() for _ in range(16)]
        assert cell(session, "time.sleep(1.5)").status == "ok"
        assert tree.usage(session._pid).memory_bytes > 16 * 200 * MIB
        assert 200 * MIB < session._usage().memory_bytes < 600 * MIB
        with copies[3] as copy:
            assert copy.probe("def probe(student): return len(student.kept)", "probe", {}) > 0
            with pytest.raises(StudentError) as caught:  # copies of its own
                copy.probe(
                    "def probe(student):\n"
                    "    more = [bytearray(b'y') * (200 * 2**20) for _ in range(3)]\n"
                    "    student.time.sleep(20)",
                    "probe",
                    {},
                )
            assert caught.value.kind == "memory"
        assert session.alive
