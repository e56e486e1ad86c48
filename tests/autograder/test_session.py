"""One student's process seen from the judge: cells as in Jupyter, probes, calls, and every way to
end."""

from __future__ import annotations

import base64
import contextlib
import logging
import os
import select
import signal
import subprocess
import sys
import tempfile
import textwrap
import time

import nbformat
import numpy as np
import pytest

from autograder.errors import SandboxUnavailable, StudentError
from autograder.sandbox import tree
from autograder.session import Limits, Ref, Zygote
from autograder.wire import BadData
from tests.autograder.sandboxes import sandbox_or_skip

LIMITS = Limits(cpu_seconds_per_cell=2.0, wall_slack=20.0, grace_seconds=1.0)


@pytest.fixture(scope="module", params=["bwrap", "landlock", "off"])
def zygote(request):
    sandbox_or_skip(request.param)
    preload = ("numpy", "matplotlib.pyplot", "dpkit", "no_such_module")
    with Zygote(request.param, preload=preload, limits=LIMITS) as zygote:
        yield zygote


@pytest.fixture
def session(zygote):
    with zygote.open(seed=5) as session:
        yield session


def cell(session, source, status="ok"):
    run = session.run_cell(textwrap.dedent(source))
    for output in run.outputs:
        nbformat.validate(nbformat.from_dict(output), ref="output", version=4)
    assert run.status == status, run
    return run


def kinds(run):
    return [output["output_type"] for output in run.outputs]


# What a cell shows


def test_the_value_of_the_last_line(session):
    run = cell(session, "x = 6\nx * 7")
    assert run.outputs == [
        {
            "output_type": "execute_result",
            "execution_count": 1,
            "data": {"text/plain": "42"},
            "metadata": {},
        }
    ]
    assert cell(session, "x;").outputs == []
    assert cell(session, "x").execution_count == 3


def test_printed_text_in_order(session):
    run = cell(
        session,
        """
        import sys, os
        print("a"); print("b")
        print("c", file=sys.stderr)
        print("d")
        """,
    )
    assert [(output["name"], output["text"]) for output in run.outputs] == [
        ("stdout", "a\nb\n"),
        ("stderr", "c\n"),
        ("stdout", "d\n"),
    ]


def test_what_other_programs_print(session):
    run = cell(session, "import os\n!echo one\nos.system('echo two')\nos.write(2, b'three')\nNone")
    assert "one" in run.outputs[0]["text"]
    assert [output["text"].strip() for output in run.outputs[-2:]] == ["one\ntwo", "three"] or [
        output["text"].strip() for output in run.outputs
    ][-1] == "three"


def test_figures_are_pictures(session):
    run = cell(session, "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    assert kinds(run) == ["display_data"]
    assert base64.b64decode(run.outputs[0]["data"]["image/png"]).startswith(b"\x89PNG")
    assert cell(session, "%matplotlib inline\nplt.plot([1, 2])\nplt.show()").outputs


def test_rich_displays(session):
    run = cell(
        session,
        """
        from IPython.display import HTML, SVG, Javascript, clear_output, display
        print("gone")
        clear_output()
        handle = display(HTML("<b>x</b>"), display_id=True)
        handle.update(HTML("<b>y</b>"))
        display(Javascript("alert(1)"))
        SVG("<svg xmlns='http://www.w3.org/2000/svg'/>")
        """,
    )
    assert [output["data"].get("text/html") for output in run.outputs][0] == "<b>y</b>"
    assert "image/svg+xml" in run.outputs[-1]["data"]
    assert not any("application/javascript" in output["data"] for output in run.outputs)


def test_errors_show_the_students_lines(session):
    run = cell(session, "def f(x):\n    return 1 / x\nf(0)", "error")
    assert run.outputs[0]["ename"] == "ZeroDivisionError"
    assert "1" in "".join(run.outputs[0]["traceback"])
    assert cell(session, "f(", "error").outputs[0]["ename"] == "SyntaxError"
    assert cell(session, "input()", "error").outputs[0]["ename"] == "StdinNotImplementedError"
    assert cell(session, "import sys; sys.exit(3)", "error").outputs[0]["ename"] == "SystemExit"
    assert session.alive
    assert cell(session, "f(1)").outputs[0]["data"]["text/plain"] == "1.0"


def test_a_warning_is_no_error(session):
    run = cell(session, "import warnings\nwarnings.warn('careful')\n3")
    assert kinds(run) == ["stream", "execute_result"]


def test_await_works_in_a_cell(session):
    assert cell(session, "import asyncio\nawait asyncio.sleep(0.01)\n5").outputs


def test_long_output_is_cut_with_a_note(session):
    run = cell(session, "print('x' * 50_000_000)")
    assert "left out" in run.outputs[-1]["text"]
    assert len(run.outputs[0]["text"]) <= LIMITS.output_bytes_per_cell + 200
    assert cell(session, "print('short')").outputs[0]["text"] == "short\n"


# The room


def test_files_and_seeds(zygote):
    draw = (
        "import random, numpy as np\n"
        "numbers = [random.random(), np.random.rand(), hash('text')]\n"
        "import helper\n"
        "text = [open('data/x.txt').read(), helper.two]"
    )
    files = {"data/x.txt": b"hello", "helper.py": b"two = 2"}
    seen = []
    for seed in (5, 5, 6):
        with zygote.open(seed=seed, files=files) as session:
            cell(session, draw)
            seen.append(session.get("numbers"))
            assert session.get("text") == ["hello", 2]
    assert seen[0] == seen[1]
    assert seen[0][:2] != seen[2][:2]


def test_no_time_goes_into_pictures_that_nobody_sees(zygote):
    with zygote.open() as session:
        run = cell(
            session,
            """
            from autograder.stage import demo
            drawn = []
            @demo(needs="3.7")
            def _():
                drawn.append(1)
            """,
        )
        assert session.get("drawn") == []
        assert "No pictures are made while marking." in str(run.outputs)


def test_files_stay_in_the_folder(zygote):
    for name in ("../x", "/tmp/x"):
        with pytest.raises(StudentError, match="outside the working folder"):
            zygote.open(files={name: b""})


def test_modules_that_cannot_be_preloaded_are_named(zygote):
    assert list(zygote.cold) == ["no_such_module"]


# Probes


def probe(session, source, **inputs):
    return session.probe(textwrap.dedent(source), "probe", inputs)


def test_a_probe_runs_beside_the_students_code(session):
    cell(session, "def square(x):\n    print('squaring')\n    return x * x")
    source = "def probe(student, x):\n    return {'y': student.square(x), 'has': 'cube' in student}"
    assert probe(session, source, x=3.0) == {"y": 9.0, "has": False}
    assert session.last_output == "squaring\n"
    answer = probe(session, source, x=np.arange(3.0))
    np.testing.assert_array_equal(answer["y"], [0, 1, 4])


def test_a_probe_gets_copies_and_leaves_nothing(session):
    cell(session, "def spoil(x):\n    x[0] = 99\n    return x")
    given = np.zeros(3)
    probe(session, "def probe(student, x):\n    helper = 1\n    return student.spoil(x)", x=given)
    assert given[0] == 0
    assert session.has(["helper", "probe", "spoil", "x"]) == {"spoil"}


def test_a_probe_may_replace_a_helper(session):
    cell(session, "def helper(x):\n    return 0\ndef uses(x, *, k=1):\n    return helper(x) + k")
    source = (
        "def probe(student):\n"
        "    return [student.rebind('uses', helper=lambda x: 10 * x)(2), student.uses(2)]"
    )
    assert probe(session, source) == [21, 1]


@pytest.mark.parametrize(
    ("definition", "kind", "said"),
    [
        ("", "undefined", "`f` is not defined"),
        ("def f(x):\n    raise NotImplementedError", "blank", "not filled in"),
        ("def f(x):\n    return 1 / 0", "raised", "ZeroDivisionError: division by zero"),
        ("def f(x):\n    return f(x)", "raised", "calls itself without end"),
        ("def f(x):\n    raise SystemExit", "raised", "exit()"),
        ("def f(x):\n    raise KeyboardInterrupt", "timeout", "interrupted"),
        ("def f(x):\n    return bytearray(2**45)", "memory", "memory"),
        ("def f(x):\n    return f", "bad_data", "`answer` is a function"),
        ("def f(x):\n    return [0] * 10**6", "too_large", "at most 200000"),
        ("def f(x):\n    return 'x' * 100_000_000", "too_large", "the most that can be passed on"),
        ("def f(x):\n    while True: pass", "timeout", "2 s of processor time"),
        ("def f(x):\n    import os; os._exit(7)", "killed", "os._exit(7)"),
    ],
)
def test_why_a_probe_gives_no_answer(session, definition, kind, said):
    cell(session, definition)
    with pytest.raises(StudentError) as caught:
        probe(session, "def probe(student):\n    secret = 1\n    return student.f(secret)")
    assert caught.value.kind == kind
    assert said in caught.value.message
    assert "secret" not in caught.value.traceback
    assert "autograder" not in caught.value.traceback


def test_a_traceback_shows_the_students_own_lines(session):
    cell(session, "def f(x):\n    y = x - x\n    return g(y)\ndef g(y):\n    return 1 / y")
    with pytest.raises(StudentError) as caught:
        probe(session, "def probe(student):\n    return student.f(3)")
    assert "return g(y)" in caught.value.traceback
    assert "return 1 / y" in caught.value.traceback
    assert "student.f(3)" not in caught.value.traceback


def test_a_defect_of_the_exercise_is_not_the_students(session):
    with pytest.raises(BadData, match="the value"):
        probe(session, "def probe(student, x):\n    return x", x=object())
    assert probe(session, "def probe(student, x):\n    return x", x=1) == 1


# Names and calls


def test_plain_data_by_value_and_the_rest_by_reference(session):
    cell(
        session,
        """
        class Value:
            def __init__(self, data): self.data = data
            def __mul__(self, other): return Value(self.data * other.data)
            def __eq__(self, other): return True
        v, n = Value(3.0), [1, (2, None)]
        """,
    )
    assert session.get("n") == [1, (2, None)]
    v = session.get("v")
    assert isinstance(v, Ref) and v.type_name == "Value"
    assert v != session.call("Value", [4.0])  # compared here, not by the student's __eq__
    assert session.attribute(session.call(v, [v], method="__mul__"), "data") == 9.0
    assert session.has(["v", "n", "w"]) == {"v", "n"}
    with pytest.raises(StudentError, match="`w` is not defined"):
        session.get("w")
    with pytest.raises(StudentError, match="no attribute"):
        session.attribute(v, "grad")


def test_a_function_of_the_judges_is_called_from_there(session):
    cell(
        session,
        """
        def slope(f, x, h=1e-6): return (f(x + h) - f(x - h)) / (2 * h)
        def careful(f):
            try: return f(0)
            except ZeroDivisionError as error: return str(error)
        """,
    )
    assert session.call("slope", [lambda x: x**3, 2.0], {"h": 1e-5}) == pytest.approx(12)
    assert session.call("careful", [lambda x: 1 / x]) == "division by zero"
    nested = session.call(
        "slope", [lambda x: session.call("slope", [lambda y: y**3, x]), 2.0, 1e-3]
    )
    assert nested == pytest.approx(12, rel=1e-4)


def test_only_plain_functions_are_called_back(session):
    cell(session, "def use(f): return f('id')")
    for library in (os.system, np.sum, subprocess.run.__class__):
        with pytest.raises(BadData):
            session.call("use", [library])


def test_calling_back_without_end(zygote):
    cell_source = "def forever(f):\n    while True: f(1)"
    with Zygote(zygote.sandbox, preload=("numpy",), limits=Limits(callbacks_per_call=100)) as small:
        with small.open() as session:
            cell(session, cell_source)
            with pytest.raises(StudentError, match="more than 100 times"):
                session.call("forever", [lambda x: x])


# Ends


def test_processor_time_ends_a_cell_and_the_next_one_runs(session):
    run = cell(session, "print('before')\nwhile True: pass", "timeout")
    assert "before\n" in [output.get("text") for output in run.outputs]
    assert 2.0 <= run.cpu_seconds < 10
    assert cell(session, "1 + 1").outputs


def test_an_interrupt_never_spoils_the_conversation(zygote):
    """It comes while the code does nothing but talk: by displaying, by calling back."""
    limits = Limits(
        cpu_seconds_per_cell=0.3, output_bytes_per_cell=10**9, outputs_per_cell=10**6, wall_slack=60
    )
    with (
        Zygote(zygote.sandbox, preload=("numpy",), limits=limits) as other,
        other.open() as session,
    ):
        cell(session, "def forever(f):\n    while True: f('x' * 5000)")
        for _ in range(4):
            with pytest.raises(StudentError) as caught:
                session.call("forever", [lambda x: x])
            assert caught.value.kind == "timeout"
            cell(session, "while True: print('x' * 9000), sum(range(5000))", "timeout")
            assert session.alive
            assert cell(session, "1").outputs


def test_sleeping_costs_no_processor_time(session):
    assert cell(session, "import time; time.sleep(3)").cpu_seconds < 1


def test_a_crash_ends_the_session_with_a_sentence(session):
    run = session.run_cell("print('x', flush=True)\nimport os; os.abort()", cell_id="cell-12")
    assert run.status == "killed"
    assert "cell-12" in run.message
    assert run.outputs[-1]["output_type"] == "error"
    assert not session.alive
    for ask in (lambda: session.run_cell("1"), lambda: session.get("x"), lambda: session.has("x")):
        with pytest.raises(StudentError, match="cell-12") as caught:
            ask()
        assert caught.value.kind == "killed"


def test_a_copy_made_by_fork_does_not_answer(session):
    cell(session, "import os\npid = os.fork()\nif pid: os.waitpid(pid, 0)\nwho = 'parent'")
    assert session.get("who") == "parent"
    assert cell(session, "2").outputs[0]["data"]["text/plain"] == "2"


def test_a_closed_session_says_so(zygote):
    session = zygote.open()
    session.close()
    session.close()
    assert not session.alive
    with pytest.raises(StudentError, match="closed"):
        session.run_cell("1")


def test_many_sessions_one_after_the_other_leave_nothing(zygote):
    descriptors = len(os.listdir("/proc/self/fd"))
    for _ in range(20):
        with zygote.open() as session:
            assert cell(session, "1").outputs
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert not list(zygote._folder.glob("session-*"))


# The server


def test_a_server_that_died_is_started_again(caplog):
    with Zygote(preload=("numpy",)) as zygote:
        before = zygote.open()
        for pid in reversed(tree.descendants(zygote._process.pid)):
            os.kill(pid, signal.SIGKILL)
        zygote._process.wait()
        assert before.run_cell("1").status == "killed"
        with caplog.at_level(logging.WARNING, "autograder"), zygote.open() as session:
            assert cell(session, "1").outputs
        assert zygote.restarts == 1
        assert "started again" in caplog.text
    with pytest.raises(SandboxUnavailable, match="closed"):
        zygote.open()


@pytest.fixture
def public_folder():
    """A temporary folder that root's sandbox, which is nobody, can enter too."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        os.chmod(folder, 0o755)
        yield folder


@pytest.mark.parametrize("moment", ["starting", "in a cell"])
def test_nothing_outlives_a_judge_that_is_killed(zygote, public_folder, moment):
    """SIGKILL gives the judge no chance to clean up."""
    script = f"""
        from autograder.session import Zygote
        print("starting", flush=True)
        zygote = Zygote({zygote.sandbox!r}, preload=("numpy",))
        session = zygote.open()
        session.run_cell("import os, subprocess, time\\n"
                         "if os.fork() == 0:\\n    os.setsid(); time.sleep(1000)")
        print("in a cell", flush=True)
        session.run_cell("import time\\ntime.sleep(1000)")
    """
    judge = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path), "TMPDIR": str(public_folder)},
    )
    while judge.stdout.readline().strip() != moment:
        assert judge.poll() is None
    time.sleep(0.3)
    handles = []
    while not handles:
        for pid in tree.descendants(judge.pid)[1:]:
            with contextlib.suppress(ProcessLookupError):  # one that has just ended by itself
                handles.append(os.pidfd_open(pid))
    judge.kill()
    judge.wait()
    for handle in handles:
        assert select.select([handle], [], [], 60)[0], "a process outlived the judge"
        os.close(handle)
