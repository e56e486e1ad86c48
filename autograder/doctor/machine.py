"""The sandbox and its parts; cores, memory, disk, clock."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from autograder import sandbox
from autograder.doctor.line import Line
from autograder.errors import SandboxUnavailable
from autograder.sandbox.limits import Limits

__all__ = ["look"]

FREE_GB = 1.0
CLOCK_SECONDS = 5.0
WRITTEN = 1_767_225_600  # 2026-01-01: this program is no older

# a part of the sandbox: what is lost without it
LOST = {
    "bubblewrap sandbox": "students' code is held by Landlock alone, if at all",
    "Landlock sandbox": "nothing to fall back on where bubblewrap fails",
    "system-call filter": "more of the kernel is within reach of students' code",
    "no network": "students' code can ask, and tell, the network",
    "processes hidden from each other": "students' code can see that others run",
    "files of the course and of other students hidden": "students' code can read what its user can",
    "limited disk space": "one submission can write many files",
}
BWRAP = "apt install bubblewrap, and allow unprivileged user namespaces"


def look(folder: Path) -> Iterator[Line]:
    """Line by line; `folder` is where marks would be written."""
    yield from _sandbox()
    yield _cores()
    yield _memory()
    yield _disk(folder)
    yield _clock(folder)


def _sandbox() -> Iterator[Line]:
    """Which sandbox marking would use, then each protection."""
    try:
        best = sandbox.choose("auto")
    except SandboxUnavailable as error:
        yield Line("sandbox", False, str(error), lost="grade refuses", needed=True)
    else:
        yield Line("sandbox", True, best)
    for name, available, remark in sandbox.report():
        found = remark or ("yes" if available else "no")
        remedy = "" if name == "Landlock sandbox" else BWRAP  # it says what it lacks itself
        yield Line(f"  {name}", available, found, LOST.get(name, ""), remedy)


def _cores() -> Line:
    """Those that this process may use, which may be fewer than there are."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return Line("processor cores", True, f"{cores} (judges at work side by side: --workers)")


def _memory() -> Line:
    """What is free, against what one submission may take."""
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        kilobytes = {name: int(rest.split()[0]) for name, rest in (x.split(":") for x in lines)}
        total, free = kilobytes["MemTotal"] * 1024, kilobytes["MemAvailable"] * 1024
    except (OSError, ValueError, KeyError, IndexError):
        return Line("memory", True, "not told by this system")
    most = Limits().memory_bytes
    return Line(
        "memory",
        free >= most,
        f"{free / 1e9:.1f} of {total / 1e9:.1f} GB free; one submission may take {most / 1e9:.1f}",
        lost="a hungry submission may take what others need",
        remedy="fewer --workers",
    )


def _disk(folder: Path) -> Line:
    free = shutil.disk_usage(folder).free / 1e9
    return Line(
        "free disk space",
        free >= FREE_GB,
        f"{free:.1f} GB in {folder}",
        lost="marking may stop for want of room",
        remedy="make room",
    )


def _clock(folder: Path) -> Line:
    """Against that of the disk (which another machine may keep), and against reason."""
    lost, remedy = "late submissions are told by it", "set the clock (timedatectl set-ntp true)"
    now = time.time()
    said = time.strftime("%Y-%m-%d %H:%M:%S %Z", time.localtime(now))
    try:
        with tempfile.NamedTemporaryFile(dir=folder) as file:
            apart = os.fstat(file.fileno()).st_mtime - now
    except OSError as error:
        return Line(
            "the right to write",
            False,
            f"{folder}: {error.strerror}",
            lost="no marks can be recorded",
            remedy="run as the user whose folder it is",
            needed=True,
        )
    if now < WRITTEN:
        return Line("clock", False, f"{said}: long ago", lost, remedy)
    found = f"{said}; the disk's is {apart:+.0f} s" if abs(apart) > 1 else said
    return Line("clock", abs(apart) <= CLOCK_SECONDS, found, lost, remedy)
