"""Does a sandbox hold here? It is tried: a room is opened and looked at from within.

`python -m autograder.sandbox.trial BACKEND` runs inside the sandbox and prints "holds", or what is
wrong."""

from __future__ import annotations

import importlib.util
import os
import shutil
import socket
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

from autograder.sandbox import bwrap, landlock, launch, seccomp
from autograder.sandbox.limits import Limits
from autograder.sandbox.room import Room, open_room

__all__ = ["trouble"]


@cache
def trouble(backend: str) -> str | None:
    """None when the sandbox called `backend` holds on this machine; otherwise what is lacking and
    the remedy, in a line."""
    if backend == "off":
        return None
    if not sys.platform.startswith("linux"):
        return "only Linux has it"
    missing = seccomp.supported() or (bwrap.missing() if backend == "bwrap" else landlock.missing())
    if missing:
        return missing
    if backend == "landlock" and os.getuid() == 0 and (closed := launch.unreadable()):
        return f"{closed} can be entered by root only: run as an ordinary user, or move Python out of it"
    folder = Path(tempfile.mkdtemp(prefix="autograder-"))
    try:
        packages = launch.pack(folder)
        inner = _session_folder(folder)
        arguments = ["-m", "autograder.sandbox.trial", backend, inner]
        argv, variables = launch.command(backend, arguments, packages, home="/tmp")
        environment = variables or None
        done = subprocess.run(
            argv, env=environment, cwd="/", capture_output=True, text=True, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return f"it does not start: {error}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    if done.stdout.strip() == "holds":
        return None
    said = (done.stdout + done.stderr).strip().splitlines() or [f"exit status {done.returncode}"]
    return _remedy(said[-1])


def _session_folder(folder: Path) -> str:
    inner = folder / "session"
    inner.mkdir(mode=0o700)
    if os.getuid() == 0:
        os.chown(inner, bwrap.NOBODY, bwrap.NOBODY)
    return str(inner)


def _remedy(said: str) -> str:
    known = {
        "uid map": "user namespaces are forbidden here (Ubuntu: an AppArmor profile for bwrap is needed; Docker: "
        "--security-opt seccomp=unconfined --security-opt apparmor=unconfined)",
        "RTM_NEWADDR": "AppArmor keeps bubblewrap from setting up its network namespace: it needs a profile",
        "No permissions to create": "user namespaces are forbidden here (sysctl kernel.unprivileged_userns_clone=1)",
        "unshare": "nested user namespaces are forbidden here (sysctl user.max_user_namespaces, or AppArmor)",
        "pivot_root": "bubblewrap may not change the root here",
    }
    for sign, meaning in known.items():
        if sign in said:
            return f"{meaning}: {said}"
    return said


def main(backend: str, folder: str) -> None:
    if os.getuid() == 0:
        from autograder.zygote import _step_down

        _step_down()
    if importlib.util.find_spec("numpy") is None:
        sys.exit(f"the packages in {sys.prefix} cannot be read from within")
    line, student_line = socket.socketpair()
    report, room_report = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    if os.fork() == 0:
        room = Room(backend, Limits(), folder, read=tuple(sys.path))
        open_room(room, student_line, room_report, lambda: _look_around(backend, student_line))
    student_line.close()
    room_report.close()
    message, descriptors, _, _ = socket.recv_fds(report, 1000, 2)
    if len(descriptors) != 2:
        sys.exit(message.decode())
    print(line.recv(1000).decode() or f"the room was left: {report.recv(1000).decode()}")


def _look_around(backend: str, line: socket.socket) -> None:
    """From within: everything that ought to fail does."""
    found = []
    for family, name in (
        (socket.AF_INET, "the network"),
        (socket.AF_NETLINK, "the kernel's network settings"),
    ):
        try:
            socket.socket(family, socket.SOCK_DGRAM)
            found.append(f"{name} can be reached")
        except PermissionError:
            pass
    for path in ("/etc/passwd", "/proc/1/environ", "/proc/self/environ"):
        if os.access(path, os.F_OK):
            try:
                open(path).close()
                found.append(f"{path} can be read")
            except OSError:
                pass
    line.send(("; ".join(found) or "holds").encode())


if __name__ == "__main__":
    main(*sys.argv[1:])
