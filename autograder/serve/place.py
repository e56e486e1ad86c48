"""Where the service of a course listens: a socket that its own user alone can use."""

from __future__ import annotations

import os
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

__all__ = ["Place"]

NAME = "serve.socket"


class Place:
    """The socket in the folder `state` (a course's `.autograder`)."""

    def __init__(self, state: Path):
        self.path = state / NAME

    def connect(self) -> socket.socket | None:
        """A line to the service; None when there is none, or it is somebody else's."""
        line = socket.socket(socket.AF_UNIX)
        try:
            with _short(self.path) as address:
                line.connect(address)
        except OSError:
            line.close()
            return None
        if not ours(line):
            line.close()
            return None
        return line

    def listen(self) -> socket.socket:
        """The listening socket, with what a dead service left behind swept away.

        Raises `FileExistsError` when a service is at work here.
        """
        if (line := self.connect()) is not None:
            line.close()
            raise FileExistsError(self.path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.path.unlink(missing_ok=True)
        door = socket.socket(socket.AF_UNIX)
        before = os.umask(0o177)  # from its first moment on it is nobody else's
        try:
            with _short(self.path) as address:
                door.bind(address)
        finally:
            os.umask(before)
        door.listen()
        return door

    def remove(self) -> None:
        self.path.unlink(missing_ok=True)


def ours(line: socket.socket) -> bool:
    """Whether the other end is a process of this user's: the kernel says so."""
    size = struct.calcsize("3i")
    _, user, _ = struct.unpack("3i", line.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, size))
    return user == os.getuid()


@contextmanager
def _short(path: Path) -> Iterator[str]:
    """A name for `path` that fits into a socket's address, which holds 107 bytes."""
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
