"""Running code that nobody has read: three sandboxes, the strongest first.

bwrap      namespaces (processes, files, network), a read-only system, a system-call filter, limits
landlock   file rules, a system-call filter, limits; no package, no namespace, no privilege needed
off        limits only; used only when it is asked for by this name
"""

from __future__ import annotations

import shutil
import sys
from typing import NamedTuple

from autograder.errors import SandboxUnavailable

__all__ = ["BACKENDS", "Protection", "choose", "report"]

BACKENDS = ("bwrap", "landlock", "off")


class Protection(NamedTuple):
    """One line of the doctor's report."""

    name: str
    available: bool
    remark: str


def choose(name: str = "auto") -> str:
    """The sandbox to use: `name` itself, or for "auto" the strongest one that really works here.

    Raises `SandboxUnavailable` when it does not work, `ValueError` for a name that is none.
    """
    from autograder.sandbox.trial import trouble

    if name not in ("auto", *BACKENDS):
        raise ValueError(f"there is no sandbox called {name!r}; choose auto, {', '.join(BACKENDS)}")
    if name != "auto":
        problem = trouble(name)
        if problem:
            raise SandboxUnavailable(f"the sandbox {name!r} does not work here: {problem}")
        return name
    for backend in ("bwrap", "landlock"):
        if trouble(backend) is None:
            return backend
    raise SandboxUnavailable(
        "students' code cannot be run safely here: install bubblewrap (apt install bubblewrap) or see "
        "`autograder doctor`; to run it unprotected, ask for --sandbox=off"
    )


def report() -> list[Protection]:
    """What this machine can do to hold students' code, and what to do about the rest."""
    from autograder.sandbox import landlock, seccomp
    from autograder.sandbox.trial import trouble

    if not sys.platform.startswith("linux"):
        return [
            Protection(
                "sandbox", False, "only Linux has what it takes; use a virtual machine or WSL"
            )
        ]
    bwrap, fallback = trouble("bwrap"), trouble("landlock")
    calls = seccomp.supported()
    best = bwrap is None
    alone = "needs bwrap" if not best else "by namespaces"
    return [
        Protection("bubblewrap sandbox", best, bwrap or shutil.which("bwrap") or ""),
        Protection("Landlock sandbox", fallback is None, fallback or f"version {landlock.abi()}"),
        Protection("system-call filter", calls is None, calls or "seccomp"),
        Protection(
            "no network", best or fallback is None, alone if best else "by the system-call filter"
        ),
        Protection("processes hidden from each other", best, alone),
        Protection(
            "files of the course and of other students hidden", best or fallback is None, alone
        ),
        Protection(
            "limited disk space", best, alone if best else "needs bwrap; limits on each file only"
        ),
        Protection(
            "limits on memory, processes and processor time", True, "by the kernel and a watchdog"
        ),
    ]
