"""The few system calls that Python lacks, by ctypes. Linux only; every function raises OSError on
failure."""

from __future__ import annotations

import ctypes
import os
import platform
import signal

__all__ = [
    "CLONE",
    "MOUNT",
    "die_with_parent",
    "drop_capabilities",
    "join_pages",
    "keep_no_privileges",
    "mount",
    "prctl",
    "set_dumpable",
    "subreaper",
    "syscall",
    "unshare",
]

PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_CAPBSET_DROP = 1, 4, 24
PR_SET_CHILD_SUBREAPER, PR_SET_NO_NEW_PRIVS = 36, 38
PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL = 47, 4
MADV_COLLAPSE = 25


class CLONE:
    """Kinds of namespace (clone(2))."""

    NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = (
        0x00020000,
        0x04000000,
        0x08000000,
        0x10000000,
        0x20000000,
        0x40000000,
    )


class MOUNT:
    """Flags of mount(2)."""

    RDONLY, NOSUID, NODEV, NOEXEC, REMOUNT, BIND, MOVE, REC, PRIVATE = (
        1, 2, 4, 8, 1 << 5, 1 << 12, 1 << 13, 1 << 14, 1 << 18,
    )  # fmt: skip


_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def _done(result: int, what: str) -> int:
    if result == -1:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")
    return result


def syscall(number: int, *arguments: int | None, what: str = "system call") -> int:
    return _done(_libc.syscall(ctypes.c_long(number), *map(_word, arguments)), what)


def _word(value: object) -> object:
    return ctypes.c_long(value) if isinstance(value, int) else value


def prctl(option: int, *arguments: int) -> int:
    padded = [ctypes.c_ulong(argument) for argument in (*arguments, 0, 0, 0, 0)[:4]]
    return _done(_libc.prctl(option, *padded), f"prctl({option})")


def unshare(flags: int) -> None:
    """Leave the namespaces named in `flags` (os.unshare came with Python 3.12)."""
    _done(_libc.unshare(flags), "unshare")


def mount(source: str, target: str, kind: str, flags: int, options: str = "") -> None:
    arguments = [text.encode() for text in (source, target, kind)]
    _done(_libc.mount(*arguments, ctypes.c_ulong(flags), options.encode()), f"mount on {target}")


def join_pages() -> None:
    """Put this process's memory into huge pages: a fork copies the list of pages, which is then
    five hundred times shorter. Does nothing where the kernel (before 6.1) cannot."""
    with open("/proc/self/maps") as file:
        rows = [row.split() for row in file]
    for place, rights, *_, name in (row if len(row) > 5 else [*row, ""] for row in rows):
        if rights.startswith("rw") and name in ("", "[heap]"):
            begin, end = (int(number, 16) for number in place.split("-"))
            _libc.madvise(
                ctypes.c_void_p(begin), ctypes.c_size_t(end - begin), MADV_COLLAPSE
            )  # small or odd pieces are refused, which is no matter


def drop_capabilities() -> None:
    """Give up every capability for good: this thread, its future programs, its user namespace."""
    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL)
    for capability in range(64):
        try:
            prctl(PR_CAPBSET_DROP, capability)
        except (
            OSError
        ):  # EINVAL: beyond the last one; EPERM: we hold none, and no_new_privs keeps it so
            break
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)  # _LINUX_CAPABILITY_VERSION_3, this thread
    nothing = (ctypes.c_uint32 * 6)()
    _done(_libc.capset(header, nothing), "capset")


def keep_no_privileges() -> None:
    """No program started from here on gains anything by a set-user-id bit."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def die_with_parent(number: int = signal.SIGKILL) -> None:
    """Ask for `number` when the thread that started this process ends."""
    prctl(PR_SET_PDEATHSIG, number)


def subreaper() -> None:
    """Become the parent of every orphan among the descendants."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def set_dumpable(on: bool) -> None:
    """Off: processes of the same user can neither trace this one nor read its memory."""
    prctl(PR_SET_DUMPABLE, int(on))


def machine() -> str:
    """ "x86_64", "aarch64", or whatever else this is."""
    name = platform.machine().lower()
    return {"amd64": "x86_64", "arm64": "aarch64"}.get(name, name)
