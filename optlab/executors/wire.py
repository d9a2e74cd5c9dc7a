"""Whole messages over a stream socket."""

from __future__ import annotations

import socket
from collections import deque
from contextlib import suppress

LENGTH = 8
"""Bytes before every message that say how long it is."""
GULP = 1 << 20
"""So many bytes are read at once; up to so many, a message is sent as one piece, that it may wake its reader once."""
LARGEST = 1 << 40
"""Bytes that no message has: who announces more does not speak this language."""


def send(link: socket.socket, data: bytes) -> None:
    """Send one message; blocks."""
    for piece in _pieces(data):
        link.sendall(piece)


def receive(link: socket.socket) -> bytes | None:
    """Receive one message; blocks. None once the other side is gone."""
    with suppress(ConnectionError):
        head = _exactly(link, LENGTH)
        if head is not None:
            return _exactly(link, int.from_bytes(head, "little"))
    return None


def _pieces(data: bytes) -> list[bytes]:
    """Return what is sent for a message: its length, then itself."""
    head = len(data).to_bytes(LENGTH, "little")
    return [head + data] if len(data) <= GULP else [head, data]


def _exactly(link: socket.socket, size: int) -> bytes | None:
    data = bytearray()
    while len(data) < size:
        part = link.recv(min(size - len(data), GULP))
        if not part:
            return None
        data += part
    return bytes(data)


class Wire:
    """A connection that never blocks: what cannot be sent now waits, what arrives in pieces is put together.

    So a peer that hangs in the middle of a message hangs alone.

    Attributes
    ----------
    closed : bool
        The other side is gone, or what comes from it are no messages; those that were complete are still taken.
    """

    def __init__(self, link: socket.socket) -> None:
        link.setblocking(False)
        self.link = link
        self.closed = False
        self._came = bytearray()
        self._waiting: deque[memoryview] = deque()

    def fileno(self) -> int:
        """For `select`."""
        return self.link.fileno()

    @property
    def waiting(self) -> bool:
        """Whether something is still to be sent."""
        return bool(self._waiting)

    def put(self, data: bytes) -> None:
        """Send one message, now or in a later `flush`."""
        self._waiting += map(memoryview, _pieces(data))
        self.flush()

    def flush(self) -> None:
        """Send what can be sent."""
        try:
            while self._waiting:
                sent = self.link.send(self._waiting[0])
                rest = self._waiting[0][sent:]
                if rest:
                    self._waiting[0] = rest
                else:
                    self._waiting.popleft()
        except BlockingIOError:
            return
        except OSError:  # that it is gone is seen by who reads
            self._waiting.clear()

    def take(self) -> list[bytes]:
        """Return the messages that have arrived whole."""
        while not self.closed:
            try:
                part = self.link.recv(GULP)
            except BlockingIOError:
                break
            except ConnectionError:
                part = b""
            self._came += part
            self.closed = not part
        found = []
        begin = 0
        while len(self._came) - begin >= LENGTH:
            end = begin + LENGTH + int.from_bytes(self._came[begin : begin + LENGTH], "little")
            if end > len(self._came):
                self.closed = self.closed or end > LARGEST
                break
            found.append(bytes(self._came[begin + LENGTH : end]))
            begin = end
        del self._came[:begin]
        return found

    def close(self) -> None:
        """Close this side."""
        self.closed = True
        self.link.close()
