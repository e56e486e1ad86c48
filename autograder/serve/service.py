"""The service itself: takes submissions from its socket, has them judged, and answers."""

from __future__ import annotations

import json
import os
import socket
import threading
from concurrent.futures import BrokenExecutor, CancelledError, Future
from pathlib import Path
from typing import Any

from autograder.code import code_digest
from autograder.errors import SandboxUnavailable
from autograder.frames import Closed, Line
from autograder.judge import Job, Settings, mark
from autograder.pool import Pool
from autograder.serve.client import FRAME_BYTES
from autograder.serve.place import Place, ours
from autograder.wire import BadData

__all__ = ["Service"]


class Service:
    """Judges for the course whose notes are in `state`.

    Args:
        workers: how many judges.
        settings: the lab to be ready for before anybody asks.

    Attributes:
        marked: how many submissions it has marked.
    """

    def __init__(self, state: Path, workers: int, settings: Settings | None = None):
        self.place, self.workers, self.marked = Place(state), workers, 0
        self._code = code_digest()  # before anybody can change it
        self._lock = threading.Lock()
        self._door = self.place.listen()
        self._pool = Pool(workers, settings)

    def run(self) -> None:
        """Answer until `close`."""
        while True:
            try:
                line, _ = self._door.accept()
            except OSError:  # closed
                return
            if ours(line):
                threading.Thread(target=self._answer, args=(line,), daemon=True).start()
            else:
                line.close()

    def stop(self) -> None:
        """Have `run` return."""
        try:
            self._door.shutdown(socket.SHUT_RDWR)
        except OSError:  # closed already
            pass

    def close(self) -> None:
        """Stop listening, and end the judges."""
        self.place.remove()
        self.stop()
        self._door.close()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Service:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # One client

    def _answer(self, sock: socket.socket) -> None:
        line, lock = Line(sock, limit=FRAME_BYTES), threading.Lock()
        labs: dict[str, Settings] = {}
        asked: set[Future] = set()

        def reply(message: dict[str, Any]) -> None:
            with lock:
                try:
                    line.send(message)
                except OSError:  # the client is gone
                    pass

        reply({"code": self._code, "workers": self.workers, "pid": os.getpid()})
        try:
            while True:
                request = line.receive()
                if "settings" in request:
                    settings = Settings.from_json(json.loads(request["settings"]))
                    labs[request["lab"]] = settings
                job, number = Job(**request["job"]), request["id"]
                try:
                    future = self._submit(labs[request["lab"]], job)
                except BrokenExecutor as error:
                    reply({"id": number, "error": "broken", "message": str(error)})
                    continue
                asked.add(future)
                future.add_done_callback(
                    lambda done, number=number: reply(_in_words(number, done))  # type: ignore[misc]
                )
                future.add_done_callback(asked.discard)
        except (Closed, OSError, BadData, KeyError, TypeError, ValueError):
            pass
        finally:
            for future in list(asked):
                future.cancel()
            sock.close()

    def _submit(self, settings: Settings, job: Job) -> Future:
        """Hand it to the judges; to new ones where the last died."""
        with self._lock:
            try:
                future = self._pool.submit(mark, settings, job)
            except BrokenExecutor:
                self._pool.shutdown(wait=False)
                self._pool = Pool(self.workers, settings)
                future = self._pool.submit(mark, settings, job)
            self.marked += 1
            return future


def _in_words(number: int, done: Future) -> dict[str, Any]:
    try:
        return {"id": number, "outcome": json.dumps(done.result().to_json())}
    except SandboxUnavailable as error:
        return {"id": number, "error": "sandbox", "message": str(error)}
    except (BrokenExecutor, CancelledError) as error:
        return {"id": number, "error": "broken", "message": str(error)}
    except Exception as error:
        return {"id": number, "error": "failed", "message": f"{type(error).__name__}: {error}"}
