"""What a process and all its descendants use, read from /proc by somebody outside."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import subprocess
from dataclasses import dataclass
from typing import NamedTuple

__all__ = [
    "Process",
    "Usage",
    "awake",
    "children",
    "descendants",
    "disk_usage",
    "end",
    "living",
    "memory",
    "pid_of",
    "process",
    "processes_of_user",
    "remove",
    "threads",
    "usage",
]

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100
THREADS, START = (
    17,
    19,
)  # of the fields of /proc/PID/stat from the third on: how many there are, when it began


class Process(NamedTuple):
    """One process for good: a number alone may come to mean another."""

    pid: int
    started: str


@dataclass(frozen=True)
class Usage:
    """Of a whole process tree: processor seconds (the dead included), bytes of memory, number of
    processes."""

    cpu_seconds: float = 0.0
    memory_bytes: int = 0
    processes: int = 0


def pid_of(pidfd: int) -> int | None:
    """The process that a pidfd stands for, as numbered here; None when it is gone."""
    try:
        with open(f"/proc/self/fdinfo/{pidfd}") as file:
            for row in file:
                if row.startswith("Pid:"):
                    pid = int(row.split()[1])
                    return pid if pid > 0 else None
    except (OSError, ValueError):
        pass
    return None


def children(pid: int) -> list[int]:
    """The children of all threads of `pid`."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    found: list[int] = []
    for task in tasks:
        try:
            with open(f"/proc/{pid}/task/{task}/children") as file:
                found += map(int, file.read().split())
        except OSError:
            if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):
                return _children_by_parent(pid)
    return found


def descendants(pid: int) -> list[int]:
    """`pid` and everything below it."""
    found = [pid]
    for one in found:
        found += children(one)
    return found


def threads(pid: int) -> int:
    """How many threads `pid` has; 0 when it is gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/task"))
    except OSError:
        return 0


def process(pid: int) -> Process | None:
    """The process that has the number `pid` now."""
    return Process(pid, fields[START]) if (fields := _stat(pid)) else None


def living(pid: int) -> set[Process]:
    """`pid` and everything below it that can still do something: the dead that nobody has buried
    yet are left out."""
    fields = {one: _stat(one) for one in descendants(pid)}
    return {Process(one, row[START]) for one, row in fields.items() if row and row[0] not in "ZX"}


def end(one: Process) -> None:
    """Kill `one`, and never another process that got its number meanwhile."""
    try:
        handle = os.pidfd_open(one.pid)
    except OSError:
        return
    try:
        if process(one.pid) == one:
            signal.pidfd_send_signal(handle, signal.SIGKILL)
    except OSError:
        pass
    finally:
        os.close(handle)


def usage(pid: int) -> Usage:
    """What the tree below `pid` uses. Memory that processes share is counted for each of them; see
    `memory`."""
    pids = descendants(pid)
    ticks = pages = alive = 0
    for one in pids:
        fields = _stat(one)
        if fields:
            alive += 1
            ticks += sum(map(int, fields[11:15]))
            pages += int(fields[21])
    return Usage(ticks / TICK, pages * resource.getpagesize(), alive)


def awake(pid: int) -> bool:
    """Whether any thread of the tree below `pid` runs, wants to run and is not let, or waits for a
    disk."""
    for one in descendants(pid):
        fields = _stat(one)
        if not fields:
            continue
        states = [fields[0]] if fields[THREADS] == "1" else _states(one)
        if any(state in "RD" for state in states):
            return True
    return False


def memory(pid: int) -> int:
    """Bytes of memory of the tree below `pid`, what is shared counted once: exact, and slow."""
    return sum(map(_proportional_memory, descendants(pid)))


def disk_usage(folder: str | os.PathLike, enough: int) -> int:
    """Bytes on disk below `folder`, each entry at least one block; counting stops beyond
    `enough`."""
    total, folders = 0, [os.fspath(folder)]
    while folders and total <= enough:
        try:
            entries = list(os.scandir(folders.pop()))
        except OSError:  # gone, or a path too long to name
            continue
        for entry in entries:
            try:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                total += max(entry.stat(follow_symlinks=False).st_blocks * 512, 4096)
            except OSError:
                pass
    return total


def remove(folder: str | os.PathLike) -> None:
    """Remove a folder whose contents somebody hostile arranged: of any depth, with any permissions.

    Where they went to the trouble, by two programs, since a recursion of ours would end at a depth
    that they chose.
    """
    try:
        shutil.rmtree(folder)
        return
    except (OSError, RecursionError):
        pass
    for command in (["chmod", "-R", "u+rwx", "--"], ["rm", "-rf", "--"]):
        subprocess.run([*command, os.fspath(folder)], stderr=subprocess.DEVNULL, check=False)


def processes_of_user(user: int) -> int:
    """How many processes and threads `user` has here."""
    count = 0
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.stat(f"/proc/{name}").st_uid == user:
                count += len(os.listdir(f"/proc/{name}/task"))
        except OSError:
            pass
    return count


def _states(pid: int) -> list[str]:
    """What each thread of `pid` is doing, as the kernel's letter."""
    try:
        tasks = os.listdir(f"/proc/{pid}/task")
    except OSError:
        return []
    return [fields[0] for task in tasks if (fields := _stat(f"{pid}/task/{task}"))]


def _stat(pid: int | str) -> list[str]:
    """The fields of /proc/PID/stat from the third on: the second, the name, may hold anything."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return []


def _proportional_memory(pid: int) -> int:
    try:
        with open(f"/proc/{pid}/smaps_rollup") as file:
            for row in file:
                if row.startswith("Pss:"):
                    return int(row.split()[1]) * 1024
    except (OSError, ValueError):
        fields = _stat(pid)
        return int(fields[21]) * resource.getpagesize() if fields else 0
    return 0


def _children_by_parent(pid: int) -> list[int]:
    """For kernels that do not list children."""
    names = filter(str.isdigit, os.listdir("/proc"))
    return [int(name) for name in names if (fields := _stat(int(name))) and int(fields[1]) == pid]
