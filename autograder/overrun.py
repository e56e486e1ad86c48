"""A test must end, also when what it waits for is a student's to give.

    while abs(step) > 1e-9: step = newton(step)     # and newton returns 1.0, for ever

runs in the judge, so the judge watches itself: `limited` raises `Overrun` in the thread that runs
a test for too long, and `doomed` ends the whole process where even that is not heard (a call into
a library that never comes back). `within_memory` is the same for `numbers = list(range(n()))`.
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["Overrun", "doomed", "limited", "within_memory"]

TICK_SECONDS = 0.1
PATIENCE = 5.0  # seconds that `limited` has to be heard, before a judge's process is given up

expendable = False  # whether this process does nothing but judge; its pool sets it


class Overrun(BaseException):
    """The test took too long. No `Exception`: a test that catches everything must not catch this."""


@contextmanager
def limited(cpu_seconds: float, wall_seconds: float) -> Iterator[None]:
    """Raise `Overrun` in the block once this thread has used so much processor time, or so much
    time has passed, whichever is first."""
    thread = threading.get_ident()
    clock = time.pthread_getcpuclockid(thread)
    cpu_end = time.clock_gettime(clock) + cpu_seconds
    wall_end = time.monotonic() + wall_seconds
    over, lock, fired = threading.Event(), threading.Lock(), threading.Event()

    def watch() -> None:
        while not over.wait(TICK_SECONDS):
            if time.clock_gettime(clock) > cpu_end or time.monotonic() > wall_end:
                with lock:
                    if not over.is_set():
                        fired.set()
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(
                            ctypes.c_ulong(thread), ctypes.py_object(Overrun)
                        )
                return

    threading.Thread(target=watch, name="autograder-overrun", daemon=True).start()
    last = doomed(wall_seconds + PATIENCE) if expendable else contextlib.nullcontext()
    try:
        with last:
            yield
    finally:
        with lock:
            over.set()
        if fired.is_set():
            # It comes at Python's next opportunity, and must not come later, to somebody else. (It
            # cannot be called back: that leaves Python 3.11's interpreter waiting for it.)
            for _ in range(100):
                time.sleep(0)
            raise Overrun


@contextmanager
def doomed(seconds: float) -> Iterator[None]:
    """End this process if the block takes longer: the last resort, which needs no Python to run.

    For a process that does nothing but judge; its pool starts another one.
    """
    with open(os.devnull, "w") as nowhere:
        faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)
        try:
            yield
        finally:
            faulthandler.cancel_dump_traceback_later()


@contextmanager
def within_memory(more: int) -> Iterator[None]:
    """Raise `MemoryError` in the block where this process would take `more` bytes beyond what it
    has. (Where the system cannot count them, nothing is done.)"""
    try:
        with open("/proc/self/status", encoding="ascii") as status:
            (line,) = (line for line in status if line.startswith("VmData:"))
    except (OSError, ValueError):
        yield
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_DATA)
    wanted = int(line.split()[1]) * 1024 + more
    inside = soft if 0 <= soft < wanted else wanted  # RLIM_INFINITY is -1
    resource.setrlimit(resource.RLIMIT_DATA, (inside, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_DATA, (soft, hard))
