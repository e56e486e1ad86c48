"""Hostile cells, run for real: each must gain nothing, harm nobody and leave nothing behind.

An attack is a file in `cells/`. It finds in `TARGET` what it is after, and puts into `reached`
whatever it got. What it says is not relied upon: decoys outside the sandbox (a course folder,
sockets, the environment) are looked at afterwards, the processes are counted, and the next
student's session must be clean."""

from __future__ import annotations

import os
import secrets
import socket
from pathlib import Path

import nbformat
import pytest

from autograder.errors import StudentError
from autograder.sandbox import tree
from autograder.session import Limits, Zygote
from tests.autograder.sandboxes import sandbox_or_skip

pytestmark = pytest.mark.attack

CELLS = Path(__file__).parent / "cells"
MIB = 2**20
LIMITS = Limits(
    cpu_seconds_per_cell=1.0,
    cpu_seconds_total=20.0,
    wall_factor=2.0,
    wall_slack=4.0,
    grace_seconds=0.5,
    memory_bytes_per_process=400 * MIB,
    memory_bytes=600 * MIB,
    processes=32,
    file_bytes=8 * MIB,
    disk_bytes=32 * MIB,
    output_bytes_per_cell=1 * MIB,
    output_bytes_total=8 * MIB,
    frame_bytes=16 * MIB,
)

# How each attack may end. "ok" means that the cell ran to its end, so that everything in it was
# tried.
ENDS = {
    "attack_processes": {"ok"},
    "call_home": {"ok"},
    "deep_frame": {"killed"},
    "display_flood": {"ok", "timeout"},
    "endless_loop": {"timeout"},
    "evil_exception": {"error"},
    "fall_dead": {"killed"},
    "fill_the_disk": {"ok", "killed", "timeout"},
    "fork_bomb": {"timeout", "killed", "memory"},
    "garbage_frames": {"killed", "timeout"},
    "giant_frame": {"killed"},
    "half_frame": {"timeout", "killed"},
    "hidden_work": {"timeout"},
    "infect_the_next": {"ok"},
    "leave_the_sandbox": {"ok"},
    "loop_in_c": {"timeout"},
    "lying_outputs": {"ok"},
    "many_descriptors": {"ok"},
    "many_files": {"ok", "killed", "timeout"},
    "memory_bomb": {"error", "memory"},
    "memory_bombs": {"memory"},
    "print_flood": {"timeout"},
    "print_one_giant": {"ok", "error", "timeout"},
    "read_the_course": {"ok"},
    "read_the_environment": {"ok"},
    "stay_behind": {"ok"},
    "stubborn_loop": {"timeout"},
    "thread_bomb": {"ok"},
    "unasked_frames": {"killed", "timeout"},
    "write_the_course": {"ok"},
}


def test_every_attack_is_run():
    assert {path.stem for path in CELLS.glob("*.py")} == set(ENDS)


class Decoys:
    """What the attacks are after, outside the sandbox."""

    def __init__(self, folder: Path):
        self.token = secrets.token_hex(16)
        self.files = [
            folder / "gradebook.db",
            folder / "source" / "x.py",
            folder / "alice" / "y.py",
        ]
        for path in self.files:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(self.token)
            path.chmod(0o644)
        for parent in folder.relative_to("/tmp").parents if folder.is_relative_to("/tmp") else []:
            if str(parent) != ".":
                (Path("/tmp") / parent).chmod(0o755)
        folder.chmod(0o755)
        self.before = self.state()
        self.path = f"/tmp/autograder-decoy-{self.token[:8]}"
        self.abstract = f"autograder-decoy-{self.token}"
        self.tcp = socket.create_server(("127.0.0.1", 0))
        self.udp = self._bound(socket.AF_INET, ("127.0.0.1", 0))
        self.unix = self._bound(socket.AF_UNIX, self.path)
        os.chmod(self.path, 0o666)
        self.hidden = self._bound(socket.AF_UNIX, "\0" + self.abstract)

    def _bound(self, family, address):
        sock = socket.socket(family, socket.SOCK_DGRAM)
        sock.bind(address)
        return sock

    def state(self):
        return [(path.read_text(), path.stat()[:9]) for path in self.files]

    def called(self) -> list[str]:
        """The sockets that somebody reached."""
        found = []
        for name in ("tcp", "udp", "unix", "hidden"):
            sock = getattr(self, name)
            sock.setblocking(False)
            try:
                sock.accept() if name == "tcp" else sock.recv(100)
                found.append(name)
            except BlockingIOError:
                pass
        return found

    def as_target(self) -> bytes:
        target = {
            "secrets": [str(path) for path in self.files],
            "token": self.token,
            "judge": os.getpid(),
            "root": os.getuid() == 0,
            "disk": LIMITS.disk_bytes,
            "tcp": self.tcp.getsockname()[1],
            "udp": self.udp.getsockname()[1],
            "path": self.path,
            "abstract": self.abstract,
        }
        return f"TARGET = {target!r}\nreached = []\n".encode()

    def close(self):
        for sock in (self.tcp, self.udp, self.unix, self.hidden):
            sock.close()
        os.unlink(self.path)


@pytest.fixture
def decoys(tmp_path):
    decoys = Decoys(tmp_path)
    yield decoys
    decoys.close()


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def zygote(request):
    sandbox_or_skip(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AUTOGRADER_KEY", SECRET)
        with Zygote(request.param, preload=("numpy",), limits=LIMITS) as zygote:
            yield zygote


SECRET = secrets.token_hex(16)
PRELUDE = "from target import TARGET, reached"


def attack(session, name):
    assert session.run_cell(PRELUDE).status == "ok"
    return session.run_cell((CELLS / f"{name}.py").read_text())


def running(zygote) -> int:
    """Processes of the server and all below it."""
    return sum(state(pid) not in ("", "Z") for pid in tree.descendants(zygote._process.pid))


def state(pid: int) -> str:
    """The letter of /proc/PID/stat: Z for what has ended and is not buried yet; "" for nobody."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return ""


@pytest.mark.parametrize("name", sorted(ENDS))
def test_attack(name, zygote, decoys):
    zygote.open().close()  # a server that died would be started again here
    before = running(zygote)
    restarts = zygote.restarts
    decoys.token = SECRET if name == "read_the_environment" else decoys.token

    with zygote.open(files={"target.py": decoys.as_target()}) as session:
        run = attack(session, name)
        assert run.status in ENDS[name], run
        if session.alive:
            try:
                assert session.get("reached") == []
            except StudentError:
                pass
        for output in run.outputs:
            nbformat.validate(nbformat.from_dict(output), ref="output", version=4)
        assert sum(len(str(output)) for output in run.outputs) < 2 * LIMITS.output_bytes_per_cell

    assert decoys.state() == decoys.before
    assert decoys.called() == []
    assert running(zygote) == before
    assert zygote.restarts == restarts

    with zygote.open() as following:  # the next student
        left = following.run_cell(
            "import os, sys, numpy\n"
            "[hasattr(numpy, 'INFECTED'), os.listdir('.'), os.listdir(os.path.expanduser('~')),\n"
            " 'reached' in globals(), 'usercustomize' in sys.modules,\n"
            " os.path.exists('/tmp/infected'), os.path.exists('/dev/shm/infected')]"
        )
        assert (
            left.outputs[0]["data"]["text/plain"] == "[False, [], [], False, False, False, False]"
        )
        assert following.probe("def probe(student):\n    return 1 + 1", "probe", {}) == 2


@pytest.mark.parametrize("name", ["read_the_course", "write_the_course", "call_home"])
def test_the_attacks_work_where_nothing_stops_them(name, decoys):
    with Zygote("off", preload=("numpy",), limits=LIMITS) as zygote:
        with zygote.open(files={"target.py": decoys.as_target()}) as session:
            attack(session, name)
            assert session.get("reached") != []


def test_sessions_that_stand_side_by_side_do_not_see_each_other(zygote):
    with zygote.open() as one, zygote.open() as other:
        one.run_cell(
            "import os, socket\n"
            "open('mine', 'w').write('secret')\n"
            "here = os.getcwd()\n"
            "pid = os.getpid()\n"
            "try:\n"
            "    s = socket.socket(socket.AF_UNIX); s.bind('\\0meeting'); s.listen()\n"
            "except PermissionError:\n"
            "    pass"
        )
        here = one.get("here")
        run = other.run_cell(
            "import os, socket\n"
            "reached = []\n"
            f"try:\n    reached.append(open({here!r} + '/mine').read())\nexcept OSError:\n    pass\n"
            "try:\n    socket.socket(socket.AF_UNIX).connect('\\0meeting'); reached.append('met')\n"
            "except OSError:\n    pass\n"
        )
        assert run.status == "ok"
        assert other.get("reached") == []


def test_a_forged_answer_is_only_a_wrong_answer(zygote):
    """The process answers for itself; what it answers is plain data whatever it does."""
    forge = (
        "from autograder.child import Child\n"
        "from autograder.wire import encode, Ref\n"
        "import gc\n"
        "child = next(x for x in gc.get_objects() if type(x) is Child)\n"
        "Child.do_probe = lambda self, request: {answer}\n"
    )
    probe = "def probe(student):\n    return 1"
    for answer, kind in {
        "encode([Ref(1)], opaque=lambda x: x)": "bad_data",
        "b'garbage'": "bad_data",
        "b'l' + (2**32 - 1).to_bytes(4, 'little')": "bad_data",
        "b'a' + bytes([7]) + b'float64' + bytes([2]) + b'\\xff' * 16": "bad_data",
        "3.0": "process",
        "{}": "process",
    }.items():
        with zygote.open() as session:
            assert session.run_cell(forge.replace("{answer}", answer)).status == "ok"
            with pytest.raises(StudentError) as caught:
                session.probe(probe, "probe", {})
            assert caught.value.kind == kind, answer
