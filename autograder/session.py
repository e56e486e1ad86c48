"""The judge's end of the student's process.

    with Zygote() as zygote:
        with zygote.open(seed=7) as session:
            session.run_cell("def f(x): return x * x")
            session.probe("def probe(student, x): return student.f(x)", "probe", {"x": 3.0})  # 9.0

A `Zygote` is a fork server in the sandbox; a `Session` is one process forked from it, for one
submission.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import threading
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from autograder.errors import SandboxUnavailable
from autograder.process import CellRun, Session, send_signal
from autograder.sandbox import bwrap, choose, launch, tree
from autograder.sandbox.limits import Limits
from autograder.wire import Ref, decode, encode

__all__ = ["CellRun", "Limits", "Ref", "Session", "Zygote"]

log = logging.getLogger("autograder")

WATCH_SECONDS = 0.1
START_SECONDS = 300.0
OPEN_SECONDS = 30.0


class Zygote:
    """The fork server of one judge.

    Args:
        sandbox: "auto" (the strongest that works here), "bwrap", "landlock" or "off".
        preload: modules imported before the first submission. One that cannot be imported is left
            out; see `cold`.
        limits: what one session may use.
        read_only: more files and folders that students' code may read.

    Raises `SandboxUnavailable` when there is no sandbox or the server does not start.

    Attributes:
        sandbox: the name of the sandbox in force.
        cold: modules of `preload` that could not be imported, with the reason.
        restarts: how often the server had to be started again.
    """

    def __init__(
        self,
        sandbox: str = "auto",
        preload: Sequence[str] = ("numpy", "matplotlib.pyplot", "dpkit"),
        limits: Limits | None = None,
        read_only: Sequence[Path] = (),
    ):
        launch.check_platform()
        self.sandbox = choose(sandbox)
        self.limits = limits or Limits()
        self.cold: dict[str, str] = {}
        self.restarts = 0
        self._preload, self._read_only = tuple(preload), tuple(map(Path, read_only))
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._sessions: set[Session] = set()
        self._control: socket.socket | None = None
        self._process: subprocess.Popen | None = None
        self._handle = -1
        self._folder = Path(tempfile.mkdtemp(prefix="autograder-"))
        try:
            self._packages = launch.pack(self._folder)
            self._start()
        except BaseException:
            self.close()
            raise
        self._watcher = threading.Thread(target=self._watch, name="autograder-watch", daemon=True)
        self._watcher.start()

    # Life of the server

    def _start(self) -> None:
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        home = "/tmp" if self.sandbox == "bwrap" else str(self._private("server"))
        arguments = [
            "-m",
            "autograder.zygote",
            "--control",
            str(theirs.fileno()),
            "--backend",
            self.sandbox,
        ]
        arguments += [
            "--preload",
            ",".join(self._preload),
            "--limits",
            json.dumps(asdict(self.limits)),
        ]
        if self.sandbox == "landlock":
            readable = [*bwrap.interpreter(), str(self._packages), *map(str, self._read_only)]
            arguments += ["--read", os.pathsep.join(readable)]
        argv, variables = launch.command(
            self.sandbox, arguments, self._packages, home=home, read_only=self._read_only
        )
        with tempfile.TemporaryFile() as errors, theirs:
            self._process = subprocess.Popen(
                argv,
                env=variables,
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=errors,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
            theirs.close()
            hello, handles = self._hear(START_SECONDS)
            if not hello.get("ready"):
                self._stop()
                errors.seek(0)
                said = errors.read()[-4000:].decode(errors="replace").strip().splitlines()
                reason = hello.get("error") or (said[-1] if said else "it ended without a word")
                raise SandboxUnavailable(
                    f"the fork server did not start in the sandbox {self.sandbox!r}: {reason}"
                )
        self._handle = handles[0] if handles else -1
        self.cold = dict(hello["cold"])

    def _hear(self, seconds: float) -> tuple[dict, list[int]]:
        """The server's next word; {} when it is gone or says nothing in time."""
        if self._control is None or not select.select([self._control], [], [], seconds)[0]:
            return {}, []
        message, handles, _, _ = socket.recv_fds(self._control, 65536, 1)
        return (decode(message), list(handles)) if message else ({}, [])

    def _private(self, name: str) -> Path:
        """A folder that the student's side owns."""
        folder = self._folder / f"{name}-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        if os.getuid() == 0 and self.sandbox != "off":
            os.chown(folder, bwrap.NOBODY, bwrap.NOBODY)
        return folder

    def _stop(self) -> None:
        """End the server and, where it is alone in its namespace, everything in it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._handle >= 0:
            send_signal(self._handle, signal.SIGKILL)
            os.close(self._handle)
            self._handle = -1
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def close(self) -> None:
        """End every session and the server; nothing of them is left running, and no folder of
        theirs."""
        self._closed.set()
        with self._lock:
            for session in list(self._sessions):
                session.close()
            self._stop()
        tree.remove(self._folder)

    def __enter__(self) -> Zygote:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Sessions

    def open(self, *, seed: int = 0, files: Mapping[str, bytes] | None = None) -> Session:
        """A fresh process for one submission, with `files` (relative path → contents) in its
        working folder and every random generator set by `seed`.

        A server that died meanwhile is started again, once. Raises `SandboxUnavailable` when that
        fails too."""
        with self._lock:
            try:
                session = self._fork()
            except (OSError, SandboxUnavailable) as error:
                if self._closed.is_set():
                    raise SandboxUnavailable("this Zygote has been closed") from None
                log.warning("the fork server is gone (%s); it is started again", error)
                self.restarts += 1
                self._stop()
                self._start()
                session = self._fork()
            self._sessions.add(session)
        session.begin(seed, dict(files or {}))
        return session

    def _fork(self) -> Session:
        if self._control is None:
            raise SandboxUnavailable("the fork server is closed")
        folder = None if self.sandbox == "bwrap" else self._private("session")
        line, students = socket.socketpair()
        report, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"folder": str(folder or ""), "processes_already": self._processes_already()}
        with students, theirs:
            socket.send_fds(self._control, [encode(request)], [students.fileno(), theirs.fileno()])
        ready, _, _ = select.select([report], [], [], OPEN_SECONDS)
        message, handles, _, _ = (
            socket.recv_fds(report, 1000, 2) if ready else (b"it does not answer", [], 0, None)
        )
        if message != b"ready" or len(handles) != 2:
            line.close()
            report.close()
            raise SandboxUnavailable(
                f"no room could be opened: {message.decode(errors='replace') or 'it is gone'}"
            )
        return Session(
            self.limits,
            line,
            report,
            *handles,
            alone=self.sandbox == "bwrap",
            folder=folder,
            forget=self._sessions.discard,
        )

    def _processes_already(self) -> int:
        """Processes that the kernel counts together with a session's: none in a user namespace
        (since Linux 5.14)."""
        release = tuple(
            int(part) for part in os.uname().release.split("-")[0].split(".")[:2] if part.isdigit()
        )
        if self.sandbox == "bwrap" and release >= (5, 14):
            return 0
        root = os.getuid() == 0 and self.sandbox != "off"
        return tree.processes_of_user(bwrap.NOBODY if root else os.getuid())

    def _watch(self) -> None:
        """Look after what no session's own limits can see: the sum over its processes."""
        while not self._closed.wait(WATCH_SECONDS):
            for session in list(self._sessions):
                session.check_usage()
