"""A test must end, also when what it waits for is a student's to give.

    while abs(step) > 1e-9: step = newton(step)     # and newton returns 1.0, for ever

runs in the judge, so the judge watches itself: `limited` raises `Overrun` in the thread that runs
a test for too long, and `doomed` ends the whole process where even that is not heard (a call into
a library that never comes back). `within_memory` is the same for `numbers = list(range(n()))`.

While a student's process works on a question another clock runs, which costs less when it is over: so
long the judge's clock on the wall stands still (`counting`).
"""

from __future__ import annotations

import contextlib
import ctypes
import faulthandler
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Overrun", "counting", "doomed", "limited", "within_memory"]

TICK_SECONDS = 0.1
PATIENCE = 5.0  # seconds that `limited` has to be heard, before a judge's process is given up

expendable = False  # whether this process does nothing but judge; its pool sets it


class Overrun(BaseException):
    """The test took too long. No `Exception`: a test that catches everything must not catch this.

    Where `limited` raises it at its end, it says by which clock: "processor" or "wall"."""


class _Stopwatch:
    """Seconds by the wall, without those in which it was stopped."""

    def __init__(self) -> None:
        # What was counted, and since when it counts (None: it is stopped). In one piece, for
        # another thread may read it at any time.
        self.state: tuple[float, float | None] = (0.0, time.monotonic())

    @property
    def seconds(self) -> float:
        counted, since = self.state
        return counted if since is None else counted + time.monotonic() - since

    def run(self, wanted: bool) -> bool:
        """Let it run, or stop it; whether it ran before."""
        ran = self.state[1] is not None
        self.state = (self.seconds, time.monotonic() if wanted else None)
        return ran


_this = threading.local()  # thread: `.watch` is the stopwatch of the test that it runs


@contextmanager
def counting(wanted: bool) -> Iterator[None]:
    """Whether the time of the block, by the wall, counts for the `limited` around it, if there is
    one. It should not where the block has a clock of its own."""
    watch: _Stopwatch | None = getattr(_this, "watch", None)
    if watch is None:
        yield
        return
    ran = watch.run(wanted)
    try:
        yield
    finally:
        watch.run(ran)


@contextmanager
def limited(cpu_seconds: float, wall_seconds: float) -> Iterator[None]:
    """Raise `Overrun` in the block once this thread has used so much processor time, or so much
    time that counts has passed, whichever is first."""
    thread = threading.get_ident()
    clock = time.pthread_getcpuclockid(thread)
    cpu_end = time.clock_gettime(clock) + cpu_seconds
    before, watch = getattr(_this, "watch", None), _Stopwatch()
    over, lock, fired = threading.Event(), threading.Lock(), list[str]()
    started = time.monotonic()

    def look(put_off: Callable[[float], None]) -> None:
        known = 0.0  # of the time that stood still
        while not over.wait(TICK_SECONDS):
            cpu_over, counted = time.clock_gettime(clock) > cpu_end, watch.seconds
            if cpu_over or counted > wall_seconds:
                with lock:
                    if not over.is_set():
                        fired.append("processor" if cpu_over else "wall")
                        ctypes.pythonapi.PyThreadState_SetAsyncExc(
                            ctypes.c_ulong(thread), ctypes.py_object(Overrun)
                        )
                return
            still = time.monotonic() - started - counted
            if still > known + PATIENCE / 2:
                with lock:
                    if not over.is_set():
                        known = still
                        put_off(wall_seconds - counted + PATIENCE)

    end = doomed(wall_seconds + PATIENCE) if expendable else contextlib.nullcontext(lambda _: None)
    with end as put_off:
        threading.Thread(
            target=look, args=[put_off], name="autograder-overrun", daemon=True
        ).start()
        try:
            _this.watch = watch
            yield
        finally:
            _this.watch = before
            with lock:
                over.set()
            if fired:
                # It comes at Python's next opportunity, and must not come later, to somebody else.
                # (It cannot be called back: that leaves Python 3.11's interpreter waiting for it.)
                for _ in range(100):
                    time.sleep(0)
                raise Overrun(*fired)


@contextmanager
def doomed(seconds: float) -> Iterator[Callable[[float], None]]:
    """End this process if the block takes longer: the last resort, which needs no Python to run.
    Gives a function that says from then on how many seconds are left.

    For a process that does nothing but judge; its pool starts another one.
    """
    with open(os.devnull, "w") as nowhere:

        def left(seconds: float) -> None:
            faulthandler.dump_traceback_later(seconds, exit=True, file=nowhere)

        left(seconds)
        try:
            yield left
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
