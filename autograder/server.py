"""A running fork server, as the judge sees it: started in a sandbox of its own, or copied from one
that another process of this user has started already."""

from __future__ import annotations

import json
import os
import select
import signal
import socket
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from autograder.ends import send_signal
from autograder.errors import SandboxUnavailable
from autograder.sandbox import bwrap, launch
from autograder.sandbox.limits import Limits
from autograder.wire import decode, encode

__all__ = ["Server", "Wish"]

START_SECONDS = 300.0
JOIN_SECONDS = 20.0
STOP_SECONDS = 2.0


@dataclass(frozen=True)
class Wish:
    """What a judge wants of its fork server.

    Attributes:
        sandbox: as it was asked for; "auto" is the strongest that works.
        preload: modules imported before the first submission.
        limits: what one session may use.
        read_only: more files and folders that students' code may read.
    """

    sandbox: str
    preload: tuple[str, ...]
    limits: Limits
    read_only: tuple[Path, ...]

    def to_json(self) -> dict[str, Any]:
        """Equal for equal wishes of equal programs."""
        return {
            "sandbox": self.sandbox,
            "preload": list(self.preload),
            "limits": asdict(self.limits),
            "read_only": [str(path) for path in self.read_only],
            "code": launch.stamp(),
        }


class Server:
    """One end of the conversation with a fork server; the only one that can end it.

    Attributes:
        sandbox: the name of the sandbox in force.
        cold: modules that could not be imported, with the reason.
        process: the sandbox's outermost process; None for a copy of another's server.
    """

    def __init__(self, control: socket.socket, process: subprocess.Popen | None, seconds: float):
        """Wait for the server's first word on `control`.

        Raises `SandboxUnavailable` with its reason when it is another than that it is ready."""
        self.control, self.process = control, process
        self.handle = -1
        hello, handles = self._hear(seconds)
        self.handle = handles[0] if handles else -1
        if not hello.get("ready"):
            self.stop()
            raise SandboxUnavailable(hello.get("error") or "")
        self.sandbox, self.cold = str(hello["sandbox"]), dict(hello["cold"])

    @classmethod
    def start(cls, wish: Wish, sandbox: str, packages: Path, home: str) -> Server:
        """Start one in the sandbox called `sandbox`, whose Python finds our modules in `packages`."""
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        arguments = ["-m", "autograder.zygote", "--control", str(theirs.fileno())]
        arguments += ["--backend", sandbox, "--preload", ",".join(wish.preload)]
        arguments += ["--limits", json.dumps(asdict(wish.limits))]
        if sandbox == "landlock":
            readable = [*bwrap.interpreter(), str(packages), *map(str, wish.read_only)]
            arguments += ["--read", os.pathsep.join(readable)]
        argv, variables = launch.command(
            sandbox,
            arguments,
            packages,
            home=home,
            read_only=wish.read_only,
            device=wish.limits.device,
        )
        with tempfile.TemporaryFile() as errors, theirs:
            process = subprocess.Popen(
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
            try:
                return cls(control, process, START_SECONDS)
            except SandboxUnavailable as error:
                errors.seek(0)
                said = errors.read()[-4000:].decode(errors="replace").strip().splitlines()
                reason = str(error) or (said[-1] if said else "it ended without a word")
                raise SandboxUnavailable(
                    f"the fork server did not start in the sandbox {sandbox!r}: {reason}"
                ) from None

    @classmethod
    def join(cls, wish: Wish, address: str) -> Server:
        """A copy of the server behind the door at `address`, which another `Zygote` keeps.

        Raises `SandboxUnavailable` when nobody answers there, or the wish is another."""
        control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        try:
            with theirs, socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as door:
                door.settimeout(JOIN_SECONDS)
                door.connect(f"\0{address}")
                socket.send_fds(door, [encode(wish.to_json())], [theirs.fileno()])
                answer = door.recv(1000)
        except OSError as error:
            answer = str(error).encode()
        if answer != b"welcome":
            control.close()
            raise SandboxUnavailable(answer.decode(errors="replace") or "nobody answers")
        return cls(control, None, JOIN_SECONDS)

    def _hear(self, seconds: float) -> tuple[dict, list[int]]:
        """The server's next word; {} when it is gone or says nothing in time."""
        if not select.select([self.control], [], [], seconds)[0]:
            return {}, []
        message, handles, _, _ = socket.recv_fds(self.control, 65536, 1)
        return (decode(message), list(handles)) if message else ({}, [])

    def ask(self, request: dict, *ends: socket.socket) -> None:
        """Send `request` and the sockets on which it is to be answered. Raises `OSError` when the
        server is gone."""
        socket.send_fds(self.control, [encode(request)], [end.fileno() for end in ends])

    def stop(self) -> None:
        """End the server and, where it is alone in its namespace, everything in it. A copy ends its
        rooms itself when nobody is at the other end any more."""
        self.control.close()
        if self.handle >= 0:
            if self.process is None:
                select.select([self.handle], [], [], STOP_SECONDS)
            send_signal(self.handle, signal.SIGKILL)
            os.close(self.handle)
            self.handle = -1
        if self.process is not None:
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
