"""A room of its own for one submission: namespaces nested in the sandbox of the fork server.

`enter` is called in a process that then forks; its child is the first process of the new pid
namespace and calls `furnish`. When that first process ends, the kernel ends every other process of
the namespace: nothing can be left behind, however it was started."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable

from autograder.sandbox import linux
from autograder.sandbox.devices import PROC
from autograder.sandbox.limits import Limits
from autograder.sandbox.linux import CLONE, MOUNT

__all__ = ["HOME", "WORK", "enter", "furnish"]

PRIVATE = "/tmp"
WORK, HOME = "/tmp/work", "/tmp/home"


def enter() -> None:
    """Leave the fork server's namespaces. The caller's next child is process 1 of the new ones."""
    user, group = os.getuid(), os.getgid()
    linux.set_dumpable(True)  # else /proc/self/uid_map belongs to root
    linux.unshare(
        CLONE.NEWUSER | CLONE.NEWPID | CLONE.NEWNS | CLONE.NEWIPC | CLONE.NEWUTS | CLONE.NEWNET
    )
    _write("/proc/self/setgroups", "deny")
    _write("/proc/self/uid_map", f"{user} {user} 1")
    _write("/proc/self/gid_map", f"{group} {group} 1")


def furnish(limits: Limits) -> None:
    """Give the new mount namespace private folders of limited size, and hide /proc, which would
    show the outside.

    A fresh /proc is not to be had here: the kernel refuses one where the outer one is partly
    covered."""
    nothing = MOUNT.NOSUID | MOUNT.NODEV
    linux.mount("none", "/", "", MOUNT.REC | MOUNT.PRIVATE)
    below = {path for path in (sys.prefix, sys.base_prefix) if path.startswith(PRIVATE + "/")}
    kept = {path: os.open(path, os.O_PATH | os.O_DIRECTORY) for path in sorted(below)}
    linux.mount(
        "tmpfs", PRIVATE, "tmpfs", nothing, f"size={limits.disk_bytes},nr_inodes=20000,mode=0755"
    )
    for path, handle in kept.items():  # a Python below /tmp, which the new /tmp hides
        os.makedirs(path, 0o755)
        linux.mount(f"/proc/self/fd/{handle}", path, "", MOUNT.BIND | MOUNT.REC)
        os.close(handle)
    linux.mount(
        "tmpfs",
        "/dev/shm",
        "tmpfs",
        nothing | MOUNT.NOEXEC,
        f"size={limits.disk_bytes // 4},mode=0700",
    )
    for folder in (WORK, HOME):
        os.mkdir(folder, 0o700)
    _hide_proc(PROC if limits.device == "cuda" else ())


def _hide_proc(shown: Iterable[str]) -> None:
    """Put an empty folder over /proc, with nothing in it but the files and folders `shown`."""
    flags = MOUNT.NOSUID | MOUNT.NODEV | MOUNT.NOEXEC
    # Made beside it and then moved there: until then the real one is needed.
    beside = os.path.join(PRIVATE, ".proc")
    os.mkdir(beside)
    linux.mount("tmpfs", beside, "tmpfs", flags, "size=4k,mode=0555")
    for path in filter(os.path.exists, shown):
        place = beside + path.removeprefix("/proc")
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if os.path.isdir(path):
            os.mkdir(place)
        else:
            os.close(os.open(place, os.O_CREAT))
        linux.mount(path, place, "", MOUNT.BIND | MOUNT.REC)
    linux.mount("none", beside, "", flags | MOUNT.REMOUNT | MOUNT.BIND | MOUNT.RDONLY)
    linux.mount(beside, "/proc", "", MOUNT.MOVE)
    os.rmdir(beside)


def _write(path: str, text: str) -> None:
    with open(path, "w") as file:
        file.write(text)
