"""Attacks on what listens: the door of a shared fork server, and `autograder serve`.

A student's process knows the address here, and another user of the machine has the socket's file.
"""

import os
import socket
import threading
import time

import pytest

from autograder.errors import SandboxUnavailable
from autograder.sandbox import choose
from autograder.sandbox.limits import Limits
from autograder.serve.place import Place, ours
from autograder.session import Zygote
from autograder.wire import encode

pytestmark = pytest.mark.attack
NOBODY = 65534


@pytest.fixture(scope="module", params=["bwrap", "landlock"])
def zygote(request):
    try:
        choose(request.param)
    except SandboxUnavailable as error:
        pytest.skip(str(error))
    limits = Limits(cpu_seconds_per_cell=2.0, wall_slack=10.0)
    with Zygote(request.param, preload=("numpy",), limits=limits) as zygote:
        yield zygote


@pytest.fixture
def service(tmp_path):
    """A course's socket, and who reached it."""
    place, reached = Place(tmp_path), []
    door = place.listen()

    def keep():
        while True:
            try:
                line, _ = door.accept()
            except OSError:
                return
            reached.append(ours(line))
            line.close()

    threading.Thread(target=keep, daemon=True).start()
    yield place, reached
    door.shutdown(socket.SHUT_RDWR)
    door.close()


def test_a_student_s_process_reaches_neither_door(zygote, service):
    place, reached = service
    place.path.chmod(0o666)
    for folder in [place.path.parent, *place.path.parent.parents][:-2]:
        folder.chmod(0o755)
    names = ["\0" + zygote.share(), str(place.path)]
    with zygote.open() as session:
        run = session.run_cell(f"""
import socket
reached = []
for name in {names!r}:
    for kind in (socket.SOCK_SEQPACKET, socket.SOCK_STREAM):
        try:
            line = socket.socket(socket.AF_UNIX, kind)
            line.connect(name)
            reached.append(name)
        except OSError:
            pass
""")
        assert run.status == "ok" and session.get("reached") == []
    assert reached == []


def knock(address, message, descriptors=()):
    """What the door answers; b"" for nothing."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as visitor:
        visitor.settimeout(10)
        visitor.connect(f"\0{address}")
        try:
            socket.send_fds(visitor, [message], descriptors)
            return visitor.recv(1000)
        except OSError:
            return b""


def test_nonsense_at_the_door_opens_nothing_and_harms_nobody(zygote):
    address = zygote.share()
    wish = encode({"sandbox": "off", "preload": ["os"], "limits": {}, "read_only": ["/"]})
    null = os.open(os.devnull, os.O_RDWR)
    one, other = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with one, other:
        for message in (b"x", b"\xff" * 60_000, b"l" * 60_000, encode(None), encode([1]), wish):
            for brought in ([], [null], [null] * 50, [other.fileno()]):
                assert knock(address, message, brought) != b"welcome"
    os.close(null)
    with zygote.open() as session:
        assert session.run_cell("1").status == "ok"


def as_nobody(deed) -> str:
    """What `deed` gives, done by a process of another user."""
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            os.write(writer, str(deed()).encode())
        except BaseException as error:
            os.write(writer, type(error).__name__.encode())
        finally:
            os._exit(0)
    os.close(writer)
    os.waitpid(child, 0)
    with os.fdopen(reader) as said:
        return said.read()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_user_is_let_in_at_neither(zygote, service):
    place, reached = service
    for folder in [place.path.parent, *place.path.parent.parents][:-2]:
        folder.chmod(0o755)

    def connect():
        with socket.socket(socket.AF_UNIX) as line:
            line.connect(str(place.path))
            return "connected"

    assert as_nobody(connect) == "PermissionError" and reached == []
    place.path.chmod(0o666)  # as if somebody had been careless
    assert as_nobody(connect) == "connected" and place.connect() is not None
    for _ in range(100):  # they are let in, or not, in another thread
        if len(reached) == 2:
            break
        time.sleep(0.05)
    assert sorted(reached) == [False, True]
    wish = encode({**zygote._wish.to_json(), "sandbox": zygote.sandbox})
    address = zygote.share()
    assert as_nobody(lambda: knock(address, wish, [])) == "b''"
