"""File-system rules that any process may put on itself: the sandbox where namespaces are forbidden.

Landlock (Linux 5.13 and later) needs no privilege and no package. What it does not cover here, the
system-call filter (no sockets, no signals), the resource limits and the process tree's supervisor
do."""

from __future__ import annotations

import ctypes
import os
import platform
import struct
from collections.abc import Iterable

from autograder.sandbox import linux

__all__ = ["abi", "missing", "restrict"]

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446  # the same on every architecture
VERSION, PATH_BENEATH = 1, 1

EXECUTE, WRITE_FILE, READ_FILE, READ_DIR = 1 << 0, 1 << 1, 1 << 2, 1 << 3
READ = EXECUTE | READ_FILE | READ_DIR
FILE_ONLY = EXECUTE | WRITE_FILE | READ_FILE | 1 << 14 | 1 << 15
FIFTEENTH = {1: 13, 2: 14, 3: 15, 4: 15}  # rights known to each version; 16 from version 5 on
TCP = 0b11  # bind, connect: from version 4
SCOPES = 0b11  # abstract Unix sockets, signals: from version 6


def abi() -> int:
    """The Landlock version of this kernel; 0 where there is none."""
    if platform.system() != "Linux":
        return 0
    try:
        return linux.syscall(CREATE_RULESET, None, 0, VERSION, what="landlock")
    except OSError:
        return 0


def missing() -> str | None:
    """None where Landlock works; otherwise the reason."""
    if abi() > 0:
        return None
    return "Landlock is not available (it needs Linux 5.13 or later with landlock among its security modules)"


def restrict(*, read: Iterable[str], write: Iterable[str]) -> None:
    """From here on this process and all it starts may read below `read`, do anything below `write`,
    and open nothing else. Paths that do not exist are left out. Raises `OSError` where the kernel
    refuses."""
    version = abi()
    if version < 1:
        raise OSError("this kernel has no Landlock")
    every = (1 << FIFTEENTH.get(version, 16)) - 1
    rules = struct.pack("QQQ", every, TCP if version >= 4 else 0, SCOPES if version >= 6 else 0)
    size = 24 if version >= 6 else 16 if version >= 4 else 8
    buffer = ctypes.create_string_buffer(rules[:size], size)
    ruleset = linux.syscall(
        CREATE_RULESET, ctypes.addressof(buffer), size, 0, what="landlock_create_ruleset"
    )
    try:
        for paths, rights in ((read, READ), (write, every)):
            for path in paths:
                _allow(ruleset, path, rights & every)
        linux.keep_no_privileges()
        linux.syscall(RESTRICT_SELF, ruleset, 0, what="landlock_restrict_self")
    finally:
        os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        folder = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            rights &= FILE_ONLY
        rule = ctypes.create_string_buffer(struct.pack("=Qi", rights, folder), 12)
        linux.syscall(
            ADD_RULE, ruleset, PATH_BENEATH, ctypes.addressof(rule), 0, what="landlock_add_rule"
        )
    finally:
        os.close(folder)
