"""What a process needs to see of the system to use a CUDA device, and nobody else's process sees."""

from __future__ import annotations

import glob
import os

__all__ = ["PROC", "nodes"]

# Files of the driver's own in /proc, which is hidden otherwise.
PROC = ("/proc/driver/nvidia", "/proc/devices", "/proc/cpuinfo", "/proc/meminfo")


def nodes(device: str) -> list[str]:
    """The files in /dev by which a process reaches `device`: none for "cpu"."""
    if device != "cuda":
        return []
    found = glob.glob("/dev/nvidia*") + glob.glob("/dev/nvidia-caps/*")
    return sorted(path for path in found if not os.path.isdir(path))
