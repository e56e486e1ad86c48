"""Where the tensors of gradient tests live: the processor, or a CUDA device.

The judge itself computes on the processor. With "cuda" the student's process has the device, and
makes its tensors there unless told otherwise; what crosses to the judge crosses by value. A device
is used by one student's process at a time, so that none can starve, time or look at another.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from autograder.errors import DeviceUnavailable

__all__ = ["DEVICES", "choose_device", "no_cuda", "turn"]

DEVICES = ("cpu", "cuda")
REMEDY = "mark with --device cpu, or see `autograder doctor`"


def choose_device(name: str) -> str:
    """`name`, when there is such a device here.

    Raises `DeviceUnavailable` when there is none: what is lacking and the remedy. torch is imported
    for "cuda" alone.
    """
    if name not in DEVICES:
        raise DeviceUnavailable(f"{name!r} is no device; there are {' and '.join(DEVICES)}")
    if name == "cuda" and (lacking := no_cuda()):
        raise DeviceUnavailable(f"--device cuda: {lacking}; {REMEDY}")
    return name


def no_cuda() -> str:
    """Why no CUDA device can be used from Python here; "" when one can."""
    try:
        import torch
    except ImportError:
        return "torch is not installed"
    if torch.version.cuda is None:
        return f"torch {torch.__version__} is a build without CUDA"
    if not torch.cuda.is_available():
        return "torch sees no CUDA device (is the driver loaded? is CUDA_VISIBLE_DEVICES empty?)"
    return ""


@contextlib.contextmanager
def turn(name: str) -> Iterator[None]:
    """Wait until no other judge on this machine has a student's process on the device."""
    if name == "cpu":
        yield
        return
    from filelock import FileLock

    # Judges that see other devices do not wait for these.
    seen = hashlib.sha256(os.environ.get("CUDA_VISIBLE_DEVICES", "").encode()).hexdigest()[:8]
    folder = Path(tempfile.gettempdir()) / f"autograder-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    with FileLock(folder / f"cuda-{seen}.lock"):
        yield
