"""The judge's end of the student's process.

    with Zygote() as zygote:
        with zygote.open(seed=7) as session:
            session.run_cell("def f(x): return x * x")
            session.probe("def probe(student, x): return student.f(x)", "probe", {"x": 3.0})  # 9.0

A `Zygote` is a fork server in the sandbox; a `Session` is one process forked from it, for one
submission.
"""

from __future__ import annotations

import logging
import os
import secrets
import select
import socket
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

from autograder import scratch
from autograder.door import Door
from autograder.errors import SandboxUnavailable
from autograder.process import CellRun, Session
from autograder.sandbox import bwrap, choose, launch, tree
from autograder.sandbox.limits import Limits
from autograder.server import Server, Wish
from autograder.wire import Ref

__all__ = ["CellRun", "Limits", "Ref", "Session", "Zygote"]

log = logging.getLogger("autograder")

WATCH_SECONDS = 0.1
OPEN_SECONDS = 30.0


class Zygote:
    """The fork server of one judge.

    Args:
        sandbox: "auto" (the strongest that works here), "bwrap", "landlock" or "off".
        preload: modules imported before the first submission. One that cannot be imported is left
            out; see `cold`.
        limits: what one session may use.
        read_only: more files and folders that students' code may read.
        shared: where another `Zygote` shares its server (see `share`). When nobody answers there,
            or that one was made with other arguments, this one starts its own.

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
        shared: str = "",
    ):
        launch.check_platform()
        self.limits = limits or Limits()
        self.restarts = 0
        self._wish = Wish(sandbox, tuple(preload), self.limits, tuple(map(Path, read_only)))
        self._shared = shared
        self._lock = threading.RLock()
        self._closed = threading.Event()
        self._sessions: set[Session] = set()
        self._server: Server | None = None
        self._door: Door | None = None
        self._folder: Path | None = None
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        self._watcher = threading.Thread(target=self._watch, name="autograder-watch", daemon=True)
        self._watcher.start()

    # Life of the server

    def _start(self) -> None:
        self._server = self._joined() or self._own()
        self.sandbox, self.cold = self._server.sandbox, self._server.cold

    def _joined(self) -> Server | None:
        if not self._shared:
            return None
        try:
            return Server.join(self._wish, self._shared)
        except SandboxUnavailable as error:
            log.info("no fork server to share (%s); another is started", error)
            return None

    def _own(self) -> Server:
        self.sandbox = choose(self._wish.sandbox)
        packages = launch.pack(self._place())
        home = "/tmp" if self.sandbox == "bwrap" else str(self._private("server"))
        return Server.start(self._wish, self.sandbox, packages, home)

    @property
    def _process(self) -> subprocess.Popen | None:
        return self._server.process if self._server else None

    def _place(self) -> Path:
        """The folder of all that this server and its sessions need on disk."""
        if self._folder is None:
            self._folder = scratch.make()
            self._folder.chmod(0o755)
        return self._folder

    def _private(self, name: str) -> Path:
        """A folder that the student's side owns."""
        folder = self._place() / f"{name}-{secrets.token_hex(4)}"
        folder.mkdir(mode=0o700)
        if os.getuid() == 0 and self.sandbox != "off":
            os.chown(folder, bwrap.NOBODY, bwrap.NOBODY)
        return folder

    def _stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self._server = None

    def share(self) -> str:
        """Let other processes of this user join: the address to give them, for `shared`.

        A process that joins gets a copy of the warm server, forked in milliseconds, in the same
        sandbox; it has its own sessions, restarts and end. The copies end with this `Zygote` at the
        latest."""
        with self._lock:
            if self._door is None:
                self._door = Door(self._admit)
            return self._door.address

    def _admit(self, wish: dict, control: socket.socket) -> str:
        mine = self._wish.to_json()
        if wish not in (mine, {**mine, "sandbox": self.sandbox}):
            return "the server that is shared here is for another lab, or other limits"
        with self._lock:
            try:
                self._ask({"copy": True}, control)
            except OSError as error:
                try:
                    self._restart(error)
                except SandboxUnavailable as reason:
                    return str(reason)
                self._ask({"copy": True}, control)
            except SandboxUnavailable as reason:
                return str(reason)
        return ""

    def _ask(self, request: dict, *ends: socket.socket) -> None:
        if self._server is None:
            raise SandboxUnavailable("the fork server is closed")
        self._server.ask(request, *ends)

    def _restart(self, reason: object) -> None:
        if self._closed.is_set():
            raise SandboxUnavailable("this Zygote has been closed") from None
        # Of a server that others share, its owner knows why it is gone: the run may be over.
        level = logging.INFO if self._shared else logging.WARNING
        log.log(level, "the fork server is gone (%s); it is started again", reason)
        self.restarts += 1
        self._stop()
        self._start()

    def close(self) -> None:
        """End every session and the server; nothing of them is left running, and no folder of
        theirs."""
        self._closed.set()
        if self._door is not None:
            self._door.close()
        with self._lock:
            for session in list(self._sessions):
                session.close()
            self._stop()
        if self._folder is not None:
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
                self._restart(error)
                session = self._fork()
            self._sessions.add(session)
        session.begin(seed, dict(files or {}))
        return session

    def _fork(self) -> Session:
        folder = None if self.sandbox == "bwrap" else self._private("session")
        line, students = socket.socketpair()
        report, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        request = {"folder": str(folder or ""), "processes_already": self._processes_already()}
        with students, theirs:
            self._ask(request, students, theirs)
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
