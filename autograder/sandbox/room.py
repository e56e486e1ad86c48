"""One submission's room: made by the fork server, kept by a small supervisor, closed with all that
is in it.

    fork server ─fork→ supervisor ─fork→ the student's process ─→ whatever that starts

The supervisor runs nothing of the student's. With namespaces it is process 1 of the room, and its
end is the end of everything in it. Without them it is the parent of every orphan, and ends them one
by one."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

from autograder.sandbox import landlock, linux, namespaces, seccomp, tree
from autograder.sandbox.devices import PROC, nodes
from autograder.sandbox.limits import Limits, address_space_now, apply

__all__ = ["Room", "open_room"]

READABLE = (
    "/usr",
    "/lib",
    "/lib32",
    "/lib64",
    "/bin",
    "/sbin",
    "/nix/store",
    "/gnu/store",
    "/etc/ld.so.cache",
    "/etc/fonts",
)
DEVICES = ("/dev/null", "/dev/zero", "/dev/urandom", "/dev/random", "/dev/full")


@dataclass(frozen=True)
class Room:
    """What a room is made of.

    Attributes:
        backend: "bwrap", "landlock" or "off".
        limits: what may be used in it.
        folder: the private folder, where namespaces do not make one.
        read: what may be read, where no mount namespace says so.
        processes_already: how many processes of this user the kernel counts together with the
            room's.
    """

    backend: str
    limits: Limits
    folder: str = ""
    read: tuple[str, ...] = ()
    processes_already: int = 0


def open_room(
    room: Room, line: socket.socket, report: socket.socket, student: Callable[[], None]
) -> NoReturn:
    """Turn this process, just forked, into the room; run `student` in it. Does not return.

    `report` gets "ready" with two descriptors (pidfds of the supervisor and of the student's
    process), then "ended STATUS"; or "failed REASON"."""
    try:
        taken = address_space_now()  # while there is a /proc to ask
        _keep_only(line.fileno(), report.fileno())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGCHLD, signal.SIGPIPE):
            signal.signal(number, signal.SIG_IGN if number == signal.SIGPIPE else signal.SIG_DFL)
        if room.backend == "bwrap":
            namespaces.enter()
            if os.fork():
                os._exit(0)
            namespaces.furnish(room.limits)
            linux.drop_capabilities()
        elif hasattr(os, "pidfd_open"):
            linux.subreaper()
            signal.signal(signal.SIGTERM, lambda *_: _end_all())
            linux.die_with_parent(signal.SIGTERM)
        child = os.fork()
        if child == 0:
            report.close()
            _enter(room, taken)
            student()
            os._exit(0)
        descriptors = [os.pidfd_open(os.getpid()), os.pidfd_open(child)]
        socket.send_fds(report, [b"ready"], descriptors)
        line.close()
    except BaseException as error:
        report.send(f"failed {type(error).__name__}: {error}".encode()[:500])
        os._exit(1)
    _supervise(child, report, alone=room.backend == "bwrap")


def _enter(room: Room, taken: int) -> None:
    """Bind this process to the room."""
    try:
        work, home = namespaces.WORK, namespaces.HOME
        if room.backend != "bwrap":
            work, home = (os.path.join(room.folder, name) for name in ("work", "home"))
            for folder in (work, home):
                os.mkdir(folder, 0o700)
            os.environ["TMPDIR"] = work
        os.environ["HOME"] = home
        os.chdir(work)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        os.setsid()
        apply(room.limits, address_space=taken, processes_already=room.processes_already)
        if room.backend == "bwrap":
            seccomp.install(alone=True, signals=True)
        elif room.backend == "landlock":
            linux.die_with_parent()
            gpu = nodes(room.limits.device)
            landlock.restrict(
                read=(*READABLE, *room.read, *(PROC if gpu else ())),
                write=(room.folder, *DEVICES, *gpu),
            )
            seccomp.install(alone=False, signals=landlock.abi() >= 6)
    except BaseException as error:
        os.write(2, f"the room could not be entered: {error}\n".encode())
        os._exit(70)


def _supervise(child: int, report: socket.socket, *, alone: bool) -> NoReturn:
    """Bury the dead until the student's process is among them; then end the rest."""
    status = 0
    while True:
        try:
            pid, status = os.wait()
        except InterruptedError:
            continue
        except ChildProcessError:
            break
        if pid == child:
            break
    try:
        report.send(f"ended {status}".encode())
    except OSError:
        pass
    if not alone:
        _end_all()
    os._exit(0)


def _end_all() -> NoReturn:
    """End every descendant, and then this process. Orphans come to us, so this finds them all in
    the end."""
    while True:
        for pid in tree.children(os.getpid()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
        try:
            os.wait()
        except ChildProcessError:
            os._exit(0)


def _keep_only(*descriptors: int) -> None:
    """Close everything the fork server had open but these and the standard three."""
    previous = 3
    for descriptor in sorted(descriptors):
        os.closerange(previous, descriptor)
        previous = descriptor + 1
    os.closerange(previous, 65536)
