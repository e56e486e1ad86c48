"""What a command costs with everything that it starts: CPU and wall seconds of its process tree.

CPU time comes from a control group of the command's own wherever one may be made here: the kernel
counts what runs in it, whoever started it and however it ends. Where none may be made, /proc is
read over and over. (`RUSAGE_CHILDREN` alone would count too little: the time of processes that die
with their pid namespace, as those of a sandbox do, is credited to nobody.)
"""

from __future__ import annotations

import ctypes
import os
import subprocess
import tempfile
import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

__all__ = ["CommandFailed", "Group", "Polled", "Spent", "spend"]

LINGER_SECONDS = 20.0
POLL_SECONDS = 0.05
PR_SET_CHILD_SUBREAPER = 36


@dataclass(frozen=True)
class Spent:
    """Seconds, and how the CPU seconds were counted: "control group" or "polled"."""

    cpu: float
    wall: float
    counted: str


class CommandFailed(Exception):
    """A command that was to be measured ended with an error."""


def spend(
    command: Sequence[str],
    folder: Path,
    variables: Mapping[str, str],
    statuses: Sequence[int] = (0,),
) -> Spent:
    """Run a command in `folder` to its end, and that of all that it started. Raises `CommandFailed`
    with its last words when its exit status is none of `statuses`."""
    counter = Group.made() or Polled()
    with tempfile.TemporaryFile() as said:
        started = time.perf_counter()
        process = subprocess.Popen(
            counter.joining(command),
            cwd=folder,
            env=dict(variables),
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
        )
        cpu = counter.count(process)
        wall = time.perf_counter() - started
        if process.returncode not in statuses:
            said.seek(0)
            words = said.read()[-2000:].decode(errors="replace")
            raise CommandFailed(f"{' '.join(command)}: status {process.returncode}\n{words}")
    return Spent(cpu, wall, counter.name)


class Group:
    """A control group of its own for one command, of either version of control groups."""

    name = "control group"

    def __init__(self, folder: Path):
        self.folder = folder

    @classmethod
    def made(cls) -> Group | None:
        """A new group below this process's own; None where none may be made or joined."""
        for place in _places():
            folder = place / f"benchmark-{os.getpid()}-{time.monotonic_ns()}"
            try:
                folder.mkdir()
            except OSError:
                continue
            group = cls(folder)
            try:
                group._seconds()
                tried = subprocess.run(group.joining(["true"]), capture_output=True)
                if tried.returncode == 0:
                    return group
            except OSError:
                pass
            folder.rmdir()
        return None

    def joining(self, command: Sequence[str]) -> list[str]:
        """The command, which enters the group before it begins."""
        enter = 'echo $$ > "$0" && exec "$@"'
        return ["/bin/sh", "-c", enter, str(self.folder / "cgroup.procs"), *command]

    def count(self, process: subprocess.Popen) -> float:
        process.wait()
        end = time.monotonic() + LINGER_SECONDS
        while (self.folder / "cgroup.procs").read_text().strip() and time.monotonic() < end:
            time.sleep(0.02)  # what it leaves behind for a moment belongs to it too
        seconds = self._seconds()
        self.folder.rmdir()
        return seconds

    def _seconds(self) -> float:
        old = self.folder / "cpuacct.usage"
        if old.exists():
            return int(old.read_text()) / 1e9
        lines = (line.split() for line in (self.folder / "cpu.stat").read_text().splitlines())
        return int(dict(lines)["usage_usec"]) / 1e6


def _places() -> list[Path]:
    """Where this process's control group is, in each hierarchy that counts CPU time."""
    found = []
    try:
        lines = Path("/proc/self/cgroup").read_text().splitlines()
    except OSError:
        return []
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if "cpuacct" in controllers.split(","):
            found.append(Path("/sys/fs/cgroup") / controllers / path.lstrip("/"))
        elif not controllers:
            for root in (Path("/sys/fs/cgroup"), Path("/sys/fs/cgroup/unified")):
                if (root / "cgroup.controllers").exists():
                    found.append(root / path.lstrip("/"))
    return found


@dataclass
class _Process:
    parent: tuple[int, int] | None  # pid and time of start
    own: float
    waited: float  # of its children that it has waited for
    dead: bool  # and not yet waited for itself


class Polled:
    """Adds up what /proc shows of a tree. A process that ended since the last look is counted with
    its parent, which waited for it; what the parent was not credited with is added from what was
    last seen of the process. Short-lived processes that nobody waits for are missed. Orphans of the
    tree come to this process, which must have no other children meanwhile."""

    name = "polled"

    def __init__(self) -> None:
        self._known: dict[tuple[int, int], _Process] = {}
        self._lost = 0.0
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def joining(self, command: Sequence[str]) -> list[str]:
        return list(command)

    def count(self, process: subprocess.Popen) -> float:
        ended = threading.Event()

        def watch() -> None:
            while not ended.is_set():
                self._look(process.pid)
                ended.wait(POLL_SECONDS)

        watcher = threading.Thread(target=watch)
        watcher.start()
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        end = time.monotonic() + LINGER_SECONDS
        while len(self._known) > 1 and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
        ended.set()
        watcher.join()
        self._look(process.pid)  # its own time, and that of those it waited for
        root = next((one for key, one in self._known.items() if key[0] == process.pid), None)
        process.wait()
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 0, 0, 0, 0)
        return self._lost + (root.own + root.waited if root else 0.0)

    def _look(self, root: int) -> None:
        now = _processes()
        tree: dict[tuple[int, int], _Process] = {}
        keys = {key[0]: key for key in now}
        for key in sorted(now, key=lambda key: key[1]):  # parents are older
            one = now[key]
            one.parent = keys.get(one.parent[0]) if one.parent else None
            orphan = one.parent == keys[os.getpid()] and key[0] != root
            if orphan and one.dead:
                os.waitpid(key[0], 0)
                self._lost += one.own + one.waited
                self._known.pop(key, None)
            elif key[0] == root or orphan or key in self._known or one.parent in tree:
                tree[key] = one
        gone: dict[tuple[int, int] | None, float] = defaultdict(float)
        for key in sorted(set(self._known) - set(tree), key=lambda key: -key[1]):
            last = self._known[key]
            gone[last.parent] += last.own + last.waited + gone.pop(key, 0.0)
        for parent, seconds in gone.items():
            credited = 0.0
            if parent in tree and parent in self._known:
                credited = tree[parent].waited - self._known[parent].waited
            self._lost += max(0.0, seconds - credited)
        self._known = tree


def _processes() -> dict[tuple[int, int], _Process]:
    tick = os.sysconf("SC_CLK_TCK")
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            text = (folder / "stat").read_text(errors="replace")
        except OSError:
            continue
        fields = text.rpartition(")")[2].split()
        user, system, users, systems = (int(field) / tick for field in fields[11:15])
        found[int(folder.name), int(fields[19])] = _Process(
            (int(fields[1]), 0), user + system, users + systems, fields[0] == "Z"
        )
    return found
