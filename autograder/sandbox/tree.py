"""What a process and all its descendants use, read from /proc by somebody outside."""

from __future__ import annotations

import os
import resource
import subprocess
from dataclasses import dataclass

__all__ = [
    "Usage",
    "children",
    "descendants",
    "disk_usage",
    "pid_of",
    "remove",
    "processes_of_user",
    "usage",
]

TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


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


def usage(pid: int, *, memory_worth_counting: int = 0) -> Usage:
    """What the tree below `pid` uses.

    Memory that processes share is counted once. That count is slow, so it is made only when the
    quick one, which counts it for each, exceeds `memory_worth_counting` bytes."""
    pids = descendants(pid)
    ticks = pages = alive = 0
    for one in pids:
        fields = _stat(one)
        if fields:
            alive += 1
            ticks += sum(map(int, fields[11:15]))
            pages += int(fields[21])
    memory = pages * resource.getpagesize()
    if memory > memory_worth_counting:
        memory = sum(map(_proportional_memory, pids))
    return Usage(ticks / TICK, memory, alive)


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

    By two programs, since a recursion of ours would end at a depth that they chose.
    """
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


def _stat(pid: int) -> list[str]:
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
