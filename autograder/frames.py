"""Messages over a socket: four bytes of length, then a value written by `wire`."""

from __future__ import annotations

import os
import select
import socket
import struct
from array import array
from collections import deque
from collections.abc import Iterator
from typing import Any

from autograder.across.foreign import put_together
from autograder.wire import BadData, Opaque, decode, encode

__all__ = ["Closed", "Line"]

_HEAD = struct.Struct("<I")
_CHUNK = 1 << 18
_ROOM_FOR_ONE = socket.CMSG_SPACE(array("i").itemsize)  # one descriptor


class Closed(Exception):
    """The other side is gone."""


class Line:
    """One end of a conversation.

    The student's side uses `send` and `receive`, which wait. The judge's side must never wait for a
    student's process: it uses `post` and `pump`, which move what can be moved within a time.

    Args:
        limit: the longest message accepted, in bytes.
        refs: let references to the student's objects through, and tensors as tensors.
    """

    def __init__(self, sock: socket.socket, *, limit: int, refs: bool = False):
        self.socket, self.limit, self.refs = sock, limit, refs
        self.received = 0
        self.descriptors: list[int] = []  # that came with messages; on the side that waits only
        self._in = bytearray()
        self._out: deque[memoryview] = deque()
        self._enclosed: int | None = None

    def fileno(self) -> int:
        return self.socket.fileno()

    def close(self) -> None:
        self.socket.close()

    # The side that waits

    def send(self, value: Any, opaque: Opaque | None = None) -> None:
        body = encode(value, opaque=opaque, foreign=True, limit=self.limit)
        self.socket.sendall(_HEAD.pack(len(body)) + body)

    def receive(self) -> Any:
        while True:
            for value in self._complete():
                return value
            data, extra, _, _ = self.socket.recvmsg(_CHUNK, _ROOM_FOR_ONE)
            if not data:
                raise Closed
            self._in += data
            for level, kind, content in extra:
                if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
                    self.descriptors += (came := array("i", content))
                    for descriptor in came:
                        os.set_inheritable(descriptor, False)

    # The side that does not

    def post(self, value: Any, opaque: Opaque | None = None, descriptor: int | None = None) -> None:
        """Put a message into the queue that `pump` sends. The other side gets a `descriptor` of its
        own with it; keep yours open until there is an answer."""
        body = encode(value, opaque=opaque, foreign=True, limit=self.limit, name="the value")
        if descriptor is not None:
            self._enclosed = descriptor
        self._out.append(memoryview(_HEAD.pack(len(body)) + body))

    def pump(self, seconds: float) -> list[Any]:
        """Send and receive what is possible, waiting for at most `seconds`; the messages that have
        come.

        Raises `Closed` when the other side is gone and nothing of it is left to read, `BadData` for
        anything that is not a message."""
        ready, writable, _ = select.select(
            [self.socket], [self.socket] if self._out else [], [], seconds
        )
        if writable:
            self._send_some()
        if ready:
            try:
                data = self.socket.recv(_CHUNK, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return []
            except OSError:
                data = b""
            if not data:
                raise Closed
            self.received += len(data)
            self._in += data
        return list(self._complete())

    def _send_some(self) -> None:
        extra = []
        if self._enclosed is not None:
            extra = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array("i", [self._enclosed]))]
        try:
            sent = self.socket.sendmsg([self._out[0]], extra, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return
        except OSError:
            raise Closed from None
        self._enclosed = None
        self._out[0] = self._out[0][sent:]
        if not self._out[0]:
            self._out.popleft()

    def _complete(self) -> Iterator[Any]:
        """The whole messages received so far, one after the other."""
        while len(self._in) >= _HEAD.size:
            (length,) = _HEAD.unpack_from(self._in)
            if length > self.limit:
                raise BadData(f"a message of {length} bytes; the longest allowed is {self.limit}")
            end = _HEAD.size + length
            if len(self._in) < end:
                return
            body = bytes(memoryview(self._in)[_HEAD.size : end])
            del self._in[:end]
            foreign = put_together if self.refs else None
            yield decode(body, refs=self.refs, foreign=foreign, limit=self.limit)
