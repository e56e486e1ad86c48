"""Where other judges of this user on this machine find a fork server that is warm already.

An abstract Unix socket: it has no file that could be left behind, and it is out of reach for
students' code, which is in another network namespace or may not connect at all. Whoever knocks must
be of the same user, and wish for what the server is.
"""

from __future__ import annotations

import os
import secrets
import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

from autograder.wire import BadData, decode

__all__ = ["Door"]

KNOCK_SECONDS = 5.0
CREDENTIALS = struct.Struct("=iII")  # struct ucred: process, user, group


class Door:
    """Opened by the owner of a fork server, and kept by a thread.

    Args:
        admit: called with what a visitor wishes and the control socket that it brings; returns ""
            or the reason why not.

    Attributes:
        address: where to knock.
    """

    def __init__(self, admit: Callable[[dict[str, Any], socket.socket], str]):
        self.address = f"autograder-{secrets.token_hex(16)}"
        self._admit = admit
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.bind(f"\0{self.address}")
        self._socket.listen(64)
        self._thread = threading.Thread(target=self._keep, name="autograder-door", daemon=True)
        self._thread.start()

    def _keep(self) -> None:
        while True:
            try:
                visitor, _ = self._socket.accept()
            except OSError:  # the door is closed
                return
            with visitor:
                try:
                    self._open(visitor)
                except (OSError, BadData):
                    pass  # the visitor's own affair

    def _open(self, visitor: socket.socket) -> None:
        visitor.settimeout(KNOCK_SECONDS)
        raw = visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, CREDENTIALS.size)
        if CREDENTIALS.unpack(raw)[1] != os.getuid():
            return
        message, brought, _, _ = socket.recv_fds(visitor, 65536, 1)
        if len(brought) == 1:
            with socket.socket(fileno=brought[0]) as control:
                refusal = self._admit(decode(message), control)
            visitor.send(refusal.encode() or b"welcome")

    def close(self) -> None:
        try:
            self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread
        except OSError:
            pass
        self._thread.join(KNOCK_SECONDS)
        self._socket.close()
