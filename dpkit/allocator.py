"""Keep the memory of large arrays, instead of handing it back and asking for it again.

Reverse mode makes many arrays and soon forgets them. On Linux, the C library's allocator takes the
memory of a large array (at first, more than 128 KiB) fresh from the operating system and gives it
back as soon as the array dies. Fresh memory comes in pages of 4 KiB, each of which the kernel must
find and fill with zeros when it is first touched. For a sum of two arrays of 2 MB that takes longer
than the addition.

    >>> tuned = tune_allocator()      # True if something was done
    >>> if tuned:
    ...     _ = restore()

`tune_allocator` tells the allocator to keep what it has: memory below 1 GiB a piece comes from a
pool that grows in steps of 64 MiB and does not shrink. The price is that the process keeps the most
memory it ever needed. It concerns the whole process, so dpkit never does it by itself.

Only glibc, the C library of most Linux systems, can be told so; elsewhere nothing happens, and
False is returned. The settings are described in ``man 3 mallopt``.
"""

from __future__ import annotations

import ctypes
import platform
import sys
from collections.abc import Callable

__all__ = ["restore", "tune_allocator"]

# Parameters of mallopt, from glibc's malloc.h, with what we want and what glibc begins with. A value
# that is set is no longer adapted by glibc, and nothing can bring that back: hence, in `restore`,
# the mmap threshold at which glibc's own adaptation would end (32 MiB) and twice that for trimming.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEEP = {_MMAP_THRESHOLD: 1 << 30, _TRIM_THRESHOLD: 2**31 - 1, _TOP_PAD: 64 << 20}
_USUAL = {_MMAP_THRESHOLD: 32 << 20, _TRIM_THRESHOLD: 64 << 20, _TOP_PAD: 0}


def tune_allocator() -> bool:
    """Let the process keep the memory of arrays that died, for those to come.

    Returns True if the allocator accepted, False if it is not glibc's or refused; then nothing has
    changed. Calling it twice does no harm.
    """
    return _set(_KEEP)


def restore() -> bool:
    """Undo `tune_allocator`: memory goes back to the system again, that which is free now included.

    Arrays above 32 MiB are given back as soon as they die, which is where glibc's own adaptation to
    a program with large arrays would have ended. Returns True if the allocator accepted.
    """
    if not _set(_USUAL):
        return False
    ctypes.CDLL(None).malloc_trim(0)
    return True


def _set(values: dict[int, int]) -> bool:
    mallopt = _mallopt()
    if mallopt is None:
        return False
    done: list[int] = []
    for parameter, value in values.items():
        if not mallopt(parameter, value):
            for earlier in done:
                mallopt(earlier, _USUAL[earlier])
            return False
        done.append(parameter)
    return True


def _mallopt() -> Callable[[int, int], int] | None:
    """glibc's function, if this process runs on glibc."""
    if not sys.platform.startswith("linux") or platform.libc_ver()[0] != "glibc":
        return None
    try:
        mallopt: Callable[[int, int], int] = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):
        return None
    return mallopt
