"""Temporary folders that do not outlive their owner by much.

A process that is killed cannot tidy up. Its folder bears its name, so the next one that needs a
folder can see that nobody needs this one, and removes it.
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from autograder.sandbox import tree

__all__ = ["make"]

PREFIX = "autograder-of-"


def make() -> Path:
    """A new folder for this process; `tree.remove` it when it is not needed any more."""
    _tidy(Path(tempfile.gettempdir()))
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{_name(os.getpid())}-"))


def _name(pid: int) -> str:
    """Of the process that has this number now: the container, the number, when it began."""
    process = tree.process(pid)
    return f"{_container()}-{pid}-{process.started if process else 'gone'}"


def _container() -> int:
    """Another container that shares the folder has other processes with the same numbers."""
    try:
        return os.stat("/proc/self/ns/pid").st_ino
    except OSError:
        return 0


def _tidy(folder: Path) -> None:
    """Remove what this user's dead processes have left in `folder`."""
    for left in folder.glob(f"{PREFIX}{_container()}-*-*-*"):
        owner, _, _ = left.name.removeprefix(PREFIX).rpartition("-")
        pid = owner.split("-")[1]
        try:
            ours = left.lstat().st_uid == os.getuid() and not left.is_symlink()
        except OSError:
            continue
        if ours and pid.isdigit() and owner != _name(int(pid)):
            tree.remove(left)
