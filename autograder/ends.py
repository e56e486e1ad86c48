"""How a student's process ended, and how to end it: by its pidfd, never by a number alone."""

from __future__ import annotations

import os
import select
import signal
import socket

__all__ = ["cause_of_death", "has_ended", "reported_status", "send_signal"]


def reported_status(report: socket.socket) -> int | None:
    """How the process ended, by its supervisor's word."""
    ready, _, _ = select.select([report], [], [], 2.0)
    word = report.recv(1000).decode(errors="replace") if ready else ""
    return int(word.split()[1]) if word.startswith("ended ") else None


def cause_of_death(status: int | None) -> str:
    """A sentence on how a process ended; `status` is as `os.wait` gives it, None where nobody
    knows."""
    if status is None:
        return "it was killed."
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = (
            signal.Signals(number).name if number in signal.valid_signals() else f"signal {number}"
        )
        meaning = {
            "SIGSEGV": "it touched memory that is not its own",
            "SIGKILL": "it was killed",
            "SIGXCPU": "it used up its processor time",
            "SIGABRT": "it gave up",
        }.get(name, "it was ended")
        return f"{meaning} ({name})."
    return f"it called os._exit({os.WEXITSTATUS(status)})."


def has_ended(pidfd: int) -> bool:
    """Whether the process that `pidfd` stands for is dead, buried or not."""
    return bool(select.select([pidfd], [], [], 0)[0])


def send_signal(pidfd: int, number: int) -> None:
    """Signal the process that `pidfd` stands for, if it is still there."""
    try:
        signal.pidfd_send_signal(pidfd, number)
    except OSError:
        pass
