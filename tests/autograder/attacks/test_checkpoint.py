"""Students' processes that cheat when they are copied, and copies that will not go.

Whatever they do costs their own session only: the judge always gets to the end of the block, no
process is left, and the next student's session works."""

from __future__ import annotations

import os
import textwrap

import pytest

from autograder.errors import StudentError
from autograder.sandbox import tree
from autograder.session import Limits, Zygote
from tests.autograder.sandboxes import sandbox_or_skip

pytestmark = pytest.mark.attack

LIMITS = Limits(
    cpu_seconds_per_cell=1.0,
    wall_factor=1.0,
    wall_slack=2.0,
    grace_seconds=0.5,
    processes=32,
    output_bytes_per_cell=1 << 20,
    frame_bytes=1 << 24,
)

# What a hostile notebook can do first: get at the object that answers the judge, and replace parts.
PRELUDE = """
import gc, mmap, os, signal, socket, sys, threading, time
from autograder.child import Child
from autograder.frames import Line
from autograder.wire import encode
child = next(thing for thing in gc.get_objects() if type(thing) is Child)
honest = Child.do_checkpoint
seen = []
def f(x):
    seen.append(x)
    return x
"""


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def zygote(request):
    sandbox_or_skip(request.param)
    with Zygote(request.param, preload=("numpy",), limits=LIMITS) as zygote:
        yield zygote


@pytest.fixture
def attacked(zygote):
    """A session of a hostile notebook; afterwards everything must be as it was before."""
    zygote.open().close()
    server = zygote._process.pid
    before = tree.living(server)
    descriptors, restarts = len(os.listdir("/proc/self/fd")), zygote.restarts
    with zygote.open() as session:
        yield session
    assert tree.living(server) <= before  # the first session may have been going still
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert zygote.restarts == restarts
    with zygote.open() as following:
        assert following.run_cell("def f(x): return x + 1").status == "ok"
        with following.checkpoint() as trial:
            assert trial is not following
            assert trial.call("f", [1]) == 2


def prepare(session, source):
    run = session.run_cell(PRELUDE + textwrap.dedent(source))
    assert run.status == "ok", run


def ask(session, *arguments):
    """One graded cell: the answer, or the kind of the error."""
    with session.checkpoint() as trial:
        try:
            return trial.call("f", list(arguments or [1]))
        except StudentError as error:
            return error.kind


# An original that lies

LIES = {
    "says that it copied itself and did not": "return encode(True)",
    "makes two copies": "honest(self, dict(request)) if os.fork() else time.sleep(60)\n"
    "return encode(True)",
    "makes a copy that is not its own child": "if os.fork() == 0:\n"
    "    if os.fork(): os._exit(0)\n"
    "    time.sleep(60)\n"
    "os.wait()\n"
    "return encode(True)",
    "kills the copy at once": "answer = honest(self, request)\n"
    "for copy in list(self.copies): os.kill(copy, 9); os.waitpid(copy, 0)\n"
    "return answer",
    "sends rubbish for an answer": "return 'rubbish'",
    "ends": "os._exit(3)",
    "closes the line": "self.line.close(); time.sleep(60)",
    "hangs and does not hear": "signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass",
}


@pytest.mark.parametrize("lie", LIES)
def test_an_original_that_lies_loses_the_rest_of_its_session(attacked, lie):
    prepare(
        attacked,
        f"""
        def do_checkpoint(self, request):
{textwrap.indent(LIES[lie], " " * 12)}
        Child.do_checkpoint = do_checkpoint
        """,
    )
    answers = [ask(attacked), ask(attacked)]
    if lie.startswith("sends"):  # no copy: it is asked itself
        assert answers == [1, 1]
    else:
        assert set(answers) <= {"process", "killed", "timeout"}, answers
        assert not attacked.alive


def test_an_original_that_declines_is_asked_itself(attacked):
    prepare(
        attacked,
        "def do_checkpoint(self, request): raise OSError('no')\n"
        "Child.do_checkpoint = do_checkpoint",
    )
    assert ask(attacked) == 1
    assert attacked.alive


def test_an_original_may_answer_for_its_copy_and_is_no_better_off(attacked):
    """The judge cannot know which of the two speaks; both are the student's own program."""
    prepare(
        attacked,
        """
        def do_checkpoint(self, request):
            line = socket.socket(fileno=self.line.descriptors.pop())
            copy = os.fork()
            if copy == 0: time.sleep(60)
            self.copies[copy] = 0
            def serve():
                other = object.__new__(Child)
                other.__dict__.update(self.__dict__, line=Line(line, limit=10**6, refs=True))
                other.finish = lambda: None
                try:
                    while True: other.answer(other.line.receive())
                except BaseException: pass
            threading.Thread(target=serve, daemon=True).start()
            return encode(True)
        Child.do_checkpoint = do_checkpoint
        """,
    )
    assert ask(attacked, 5) == 5
    assert attacked.get("seen") == [5]


HOLDS_THE_LINE = """
    held = []
    number = mmap.mmap(-1, 4096)  # seen by both
    def do_checkpoint(self, request):
        held.append(os.dup(self.line.descriptors[-1]))
        answer = honest(self, request)
        {then}
        return answer
    Child.do_checkpoint = do_checkpoint
    def f(x):
        number[:8] = child.request.to_bytes(8, "little")
        os._exit(4)
"""
FLOOD = """
def flood():
    line = Line(socket.socket(fileno=held[-1]), limit=10**6, refs=True)
    while True:
        while not any(number[:8]): time.sleep(0.01)
        out = {"output_type": "stream", "name": "stdout", "text": "x"}
        try: line.send({"id": int.from_bytes(number[:8], "little"), "out": out})
        except OSError: return
        time.sleep(PAUSE)
threading.Thread(target=flood, daemon=True).start()
"""


@pytest.mark.parametrize("pause", ["0", "0.02", None])
def test_the_end_of_a_copy_is_noticed_though_its_line_stays_open(attacked, pause):
    """The original keeps the copy's end open, and goes on speaking in its name."""
    then = textwrap.indent(FLOOD.replace("PAUSE", str(pause)), " " * 4).strip() if pause else ""
    prepare(attacked, textwrap.dedent(HOLDS_THE_LINE).replace("{then}", then))
    assert ask(attacked) in ("killed", "process")
    assert attacked.alive


# A copy that will not go, or turns on the original

DEEDS = {
    "ends the original": ("os.kill(os.getppid(), 9); time.sleep(60)", False),
    "ends everybody": ("os.kill(-1, 9); time.sleep(60)", False),
    "halts the original": ("os.kill(os.getppid(), signal.SIGSTOP); return 1", False),
    "leaves processes that hear no signal": (
        "for _ in range(3):\n"
        "    if os.fork() == 0:\n"
        "        os.setsid()\n"
        "        for n in range(1, 65):\n"
        "            try: signal.signal(n, signal.SIG_IGN)\n"
        "            except (OSError, ValueError): pass\n"
        "        if os.fork() == 0:\n"
        "            while True: time.sleep(1)\n"
        "        os._exit(0)\n"
        "return 1",
        True,
    ),
    "sends descriptors to the judge": (
        "files = [os.open('/dev/null', 0) for _ in range(100)]\n"
        "for _ in range(50):\n"
        "    socket.send_fds(child.line.socket, [b''], files)\n"
        "return 1",
        True,
    ),
    "closes everything": ("os.closerange(0, 300)\nwhile True: time.sleep(1)", True),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_copy_does_what_it_likes_and_it_is_over(attacked, deed):
    source, survives = DEEDS[deed]
    prepare(attacked, "def f(x):\n" + textwrap.indent(source, " " * 4))
    before = tree.living(attacked._pid)
    assert ask(attacked) in (1, "killed", "process", "raised")
    if survives:
        assert attacked.alive
        assert tree.living(attacked._pid) == before
        assert attacked.has(["f"]) == {"f"}
    else:
        with pytest.raises(StudentError):
            attacked.get("f")
            attacked.has(["f"])
        assert not attacked.alive


def test_a_copy_that_multiplies_while_it_is_being_ended(attacked):
    prepare(
        attacked,
        """
        def f(x):
            for _ in range(4):
                if os.fork() == 0:
                    while True:
                        try:
                            if os.fork(): os._exit(0)
                        except OSError: pass
            return 1
        """,
    )
    before = tree.living(attacked._pid)
    ask(attacked)
    if attacked.alive and attacked._ended is None:
        assert tree.living(attacked._pid) == before


def test_a_copy_cannot_look_into_the_original(attacked):
    prepare(
        attacked,
        """
        import ctypes
        libc = ctypes.CDLL(None, use_errno=True)
        def f(x):
            parent, here = os.getppid(), ctypes.create_string_buffer(8)
            def refused(result): return result == -1 and ctypes.get_errno() == 1
            vector = (ctypes.c_size_t * 2)(ctypes.addressof(here), 8)
            return [
                refused(libc.ptrace(16, parent, 0, 0)),
                refused(libc.process_vm_readv(parent, vector, 1, vector, 1, 0)),
                refused(libc.process_vm_writev(parent, vector, 1, vector, 1, 0)),
                os.path.exists(f"/proc/{parent}/mem") and os.access(f"/proc/{parent}/mem", os.R_OK),
            ]
        """,
    )
    assert ask(attacked) == [True, True, True, False]


def test_what_a_hidden_case_was_is_not_remembered(attacked):
    """The reason for copies: a later cell of the student's own would print it."""
    prepare(attacked, "")
    assert ask(attacked, 0.123456) == 0.123456
    run = attacked.run_cell("print('seen:', seen)\ngc.collect(); None")
    assert "".join(output["text"] for output in run.outputs) == "seen: []\n"
