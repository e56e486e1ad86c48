"""What of the machine one submission may use, and how much."""

from __future__ import annotations

import resource
from dataclasses import dataclass

__all__ = ["Limits", "address_space_now", "apply"]

MIB = 2**20


@dataclass(frozen=True)
class Limits:
    """Limits on one student's process tree. Sizes in bytes, times in seconds.

    Time is processor time, of all the tree's processes together, so a busy machine costs nobody
    marks. What a submission sleeps or waits has a limit of its own, `idle_seconds` altogether (see
    `autograder.clock`); a wall clock of `wall_factor` times the processor time (and `wall_slack`
    seconds) catches what gets between the two. Memory is counted beyond what the imported libraries
    take.

    `device` is "cpu", or "cuda" for a submission that may use the CUDA devices too: its tensors
    are then made there. (Nobody else's process is on them at that time; see `autograder.device`.)
    """

    cpu_seconds_per_cell: float = 30.0
    cpu_seconds_total: float = 300.0
    idle_seconds: float = 60.0
    wall_factor: float = 4.0
    wall_slack: float = 10.0
    grace_seconds: float = 2.0
    memory_bytes_per_process: int = 2048 * MIB
    memory_bytes: int = 3072 * MIB
    processes: int = 64
    open_files: int = 256
    file_bytes: int = 64 * MIB
    disk_bytes: int = 256 * MIB
    output_bytes_per_cell: int = 1 * MIB
    output_bytes_total: int = 16 * MIB
    outputs_per_cell: int = 500
    frame_bytes: int = 64 * MIB
    callbacks_per_call: int = 100_000
    device: str = "cpu"

    def wall_seconds(self, cpu_seconds: float) -> float:
        """The wall-clock limit that goes with a limit on processor time."""
        return self.wall_factor * cpu_seconds + self.wall_slack


def apply(limits: Limits, *, address_space: int, processes_already: int = 0) -> None:
    """Bind this process and all it starts.

    Args:
        address_space: what the process takes now, in bytes; see `address_space_now`.
        processes_already: how many processes of this user there are outside the sandbox, where the
            kernel counts them together.
    """
    for name, value in {
        "RLIMIT_AS": address_space + limits.memory_bytes_per_process,
        "RLIMIT_CPU": int(limits.cpu_seconds_total) + 1,
        "RLIMIT_NPROC": limits.processes + processes_already,
        "RLIMIT_FSIZE": limits.file_bytes,
        "RLIMIT_NOFILE": limits.open_files,
        "RLIMIT_CORE": 0,
        "RLIMIT_MSGQUEUE": 0,
        "RLIMIT_MEMLOCK": 64 * 1024,
        "RLIMIT_SIGPENDING": 256,
    }.items():
        number = getattr(resource, name, _UNNAMED.get(name))
        if number is None:  # not on this system
            continue
        if name == "RLIMIT_AS" and limits.device == "cuda":
            continue  # CUDA reserves addresses for all the memory there is; the watcher counts ours
        _, hard = resource.getrlimit(number)
        if hard != resource.RLIM_INFINITY:
            value = min(value, hard)
        try:
            resource.setrlimit(number, (value, value))
        except (ValueError, OSError):
            if name in ("RLIMIT_AS", "RLIMIT_NPROC"):  # macOS knows these only by name
                continue
            raise


_UNNAMED = {"RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12} if hasattr(resource, "prlimit") else {}


def address_space_now() -> int:
    """The address space in use now, in bytes."""
    try:
        with open("/proc/self/statm") as file:
            return int(file.read().split()[0]) * resource.getpagesize()
    except (OSError, ValueError):
        return 2048 * MIB
