"""Judges side by side on this machine.

Two warm processes import everything before either knows a secret, and fork whenever somebody is
needed: the first judges and those that replace a dead one, the students' processes in the sandbox.

    warm process                 ─fork→ judge, judge, …
    fork server in the sandbox   ─fork→ a copy for each judge ─fork→ one process a submission
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import connection, forkserver, util
from typing import Any

from autograder import overrun
from autograder.judge import Settings, close_workers, worker, zygote
from autograder.session import Zygote

__all__ = ["Pool"]

# A judge a core: more threads in each would only get in each other's way. Read at import.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class Pool(Executor):
    """A `concurrent.futures.Executor` of judges; give it `mark(settings, job)`.

    Args:
        workers: how many.
        settings: the lab that they get ready for at once; None to wait for the first job.

    Ctrl-C reaches its processes too: what they have not begun is not begun. They end with the
    process that made them, however that ends.
    """

    def __init__(self, workers: int, settings: Settings | None = None):
        self.workers, self.settings = workers, settings
        self._server: Zygote | None = None
        self._judges: ProcessPoolExecutor | None = None
        self._lock = threading.Lock()
        self._context = _warm(settings)
        self._start = threading.Thread(target=self._start_server, daemon=True)
        self._start.start()

    def _start_server(self) -> None:
        """One fork server for all, while the rest is being prepared."""
        if self.settings is not None:
            try:
                self._server = zygote(self.settings)
            except Exception:
                pass  # each judge meets the same, and has somebody to tell

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        with self._lock:
            if self._judges is None:
                self._start.join()
                shared = self._server.share() if self._server else ""
                self._judges = ProcessPoolExecutor(
                    self.workers,
                    mp_context=self._context,
                    initializer=_begin,
                    initargs=(self.settings, shared),
                )
        return self._judges.submit(_unless_stopped, function, *args, **kwargs)

    @property
    def pids(self) -> list[int]:
        """The judges' processes."""
        return list(self._judges._processes or ()) if self._judges else []

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        if self._judges is not None:
            self._judges.shutdown(wait, cancel_futures=cancel_futures)
        self._start.join()
        if self._server is not None:
            self._server.close()


def _warm(settings: Settings | None) -> multiprocessing.context.BaseContext:
    """Where judges are forked from; it starts in the background, beside the rest of the start."""
    context = multiprocessing.get_context("forkserver")
    modules = ["autograder.warm", "autograder.pool", *(settings.preload if settings else ())]
    context.set_forkserver_preload(modules)
    # Wherever the marker stands, which may be in a submission, nothing is imported from there.
    with _environment({**ONE_THREAD, "PYTHONSAFEPATH": "1"}):
        forkserver.ensure_running()
    return context


@contextmanager
def _environment(variables: dict[str, str]) -> Iterator[None]:
    before = {name: os.environ.get(name) for name in variables}
    os.environ.update(variables)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


# --------------------------------------------------------------------------------------------------------------------
# In a judge's process

_stopped = False


def _begin(settings: Settings | None, shared: str) -> None:
    """What a judge's process does first.

    Args:
        shared: where a fork server for the lab is warm already.
    """
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_with, args=(parent.sentinel,), daemon=True).start()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, _stop)
    overrun.expendable = True
    # The ordinary `atexit` is not for processes like this one.
    util.Finalize(None, close_workers, exitpriority=10)
    if settings is not None:
        try:
            worker(settings, shared)
        except Exception:
            pass  # the first job meets the same, and has somebody to tell


def _end_with(sentinel: int) -> None:
    """The sandbox ends with its judge, and the judge with whoever wanted the marks."""
    connection.wait([sentinel])
    os._exit(1)


def _stop(*_: object) -> None:
    global _stopped
    _stopped = True
    raise KeyboardInterrupt


def _unless_stopped(function: Callable, *args: Any, **kwargs: Any) -> Any:
    if _stopped:
        raise KeyboardInterrupt
    return function(*args, **kwargs)
