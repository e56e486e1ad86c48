"""The service as a `concurrent.futures.Executor`."""

from __future__ import annotations

import itertools
import json
import socket
import threading
from collections.abc import Callable
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

from autograder.code import code_digest
from autograder.errors import SandboxUnavailable
from autograder.frames import Closed, Line
from autograder.judge import Job, Outcome, Settings, mark
from autograder.serve.place import Place
from autograder.wire import BadData

__all__ = ["Served"]

FRAME_BYTES = 256 * 2**20
ERRORS = {"sandbox": SandboxUnavailable, "broken": BrokenProcessPool, "failed": RuntimeError}


class Served(Executor):
    """Judges of a service that is running already. They do `mark(settings, job)`; anything else is
    done here, at once.

    Made by `Served.at`. When the service ends, what it was asked ends with `BrokenProcessPool`, as
    it does when a judge of one's own dies.

    Attributes:
        workers: how many judges there are.
        pid: the service's process.
    """

    @classmethod
    def at(cls, state: Path) -> Served | None:
        """The service that listens in the folder `state`; None when there is none, or when it runs
        other code than this process (it was started before an update)."""
        line = Place(state).connect()
        if line is None:
            return None
        served = cls(line)
        if served.code != code_digest():
            served.shutdown()
            return None
        return served

    def __init__(self, line: socket.socket):
        self._line = Line(line, limit=FRAME_BYTES)
        try:
            line.settimeout(10.0)
            hello = self._line.receive()
            line.settimeout(None)
        except (Closed, OSError, BadData):
            hello = {}
        self.code, self.workers, self.pid = (hello.get(key) for key in ("code", "workers", "pid"))
        self._waiting: dict[int, Future] = {}
        self._told: set[str] = set()  # labs whose settings the service has
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._ended = not hello
        threading.Thread(target=self._listen, name="autograder-served", daemon=True).start()

    def submit(self, function: Callable, /, *args: Any, **kwargs: Any) -> Future:
        if function is mark:
            return self._ask(*args, **kwargs)
        future: Future = Future()
        future.set_result(function(*args, **kwargs))
        return future

    def _ask(self, settings: Settings, job: Job) -> Future:
        future: Future = Future()
        future.set_running_or_notify_cancel()
        with self._lock:
            if self._ended:
                raise BrokenProcessPool("the service has ended")
            number = next(self._numbers)
            self._waiting[number] = future
            request: dict[str, Any] = {"id": number, "lab": settings.digest}
            if settings.digest not in self._told:
                request["settings"] = json.dumps(settings.to_json())
                self._told.add(settings.digest)
            request["job"] = {
                "student": job.student, "notebook": job.notebook, "key": job.key,
                "files": dict(job.files),
            }  # fmt: skip
            try:
                self._line.send(request)
            except OSError:
                self._waiting.pop(number, None)
                future.set_exception(BrokenProcessPool("the service has ended"))
            except BadData as error:  # too much, or a name that is no text: this job's own affair
                self._waiting.pop(number, None)
                self._told.discard(settings.digest)  # nothing was sent
                future.set_exception(RuntimeError(f"it cannot be handed to a judge: {error}"))
        return future

    def _listen(self) -> None:
        try:
            while True:
                self._heard(self._line.receive())
        except (Closed, OSError, BadData, KeyError, ValueError):
            pass
        with self._lock:
            self._ended = True
            waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            future.set_exception(BrokenProcessPool("the service has ended"))

    def _heard(self, answer: dict[str, Any]) -> None:
        with self._lock:
            future = self._waiting.pop(answer["id"])
        if "outcome" in answer:
            future.set_result(Outcome.from_json(json.loads(answer["outcome"])))
        else:
            future.set_exception(ERRORS.get(answer["error"], RuntimeError)(answer["message"]))

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Hang up. The service goes on; what it was asked and has not begun, it leaves."""
        try:
            self._line.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._line.close()
