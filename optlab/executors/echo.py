"""What a child prints, passed on to where its guard prints: so much of each run, and nobody ever waits for it."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from select import select

MOST = 100_000
"""Bytes that are passed on of what one run prints."""
PIECE = 4_096
"""Bytes that a pipe takes at once where it takes any."""
ENDED = b"\noptlab: what this run prints beyond 0.1 MB is not shown\n"


class Echo:
    """Two pipes that a child writes to in place of its standard output and error.

    Attributes
    ----------
    ends : list of int
        What a `select` waits for.
    """

    def __init__(self) -> None:
        pipes = [os.pipe(), os.pipe()]
        self.ends = [reading for reading, _ in pipes]
        self._far = [writing for _, writing in pipes]
        self._left = MOST

    def enter(self) -> None:
        """In the child: write to the pipes from now on."""
        for number, (reading, writing) in enumerate(zip(self.ends, self._far, strict=True), 1):
            os.close(reading)
            os.dup2(writing, number)
            os.close(writing)
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, ValueError):  # closed before all this began
                stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]  # it is seen before a crash

    def begin(self) -> None:
        """In the guard: another run begins, with room of its own."""
        self._left = MOST

    def stay(self) -> None:
        """In the guard, once the child is there: only the child writes."""
        for writing in self._far:
            os.close(writing)
        for reading in self.ends:
            os.set_blocking(reading, False)

    def pass_on(self) -> None:
        """Pass on what has come."""
        for goal, reading in enumerate(list(self.ends), 1):
            for _ in range(PIECE):  # of an endless flood, some at a time
                try:
                    piece = os.read(reading, PIECE)
                except BlockingIOError:
                    break
                except OSError:
                    piece = b""
                if not piece:
                    self.ends.remove(reading)
                    os.close(reading)
                    break
                self._write(goal, piece)

    def _write(self, goal: int, piece: bytes) -> None:
        if self._left <= 0:
            return
        if len(piece) >= self._left:
            piece = piece[: self._left] + ENDED
        self._left -= len(piece)
        with suppress(OSError, ValueError):
            for begin in range(0, len(piece), PIECE):
                if select([], [goal], [], 0.0)[1]:  # what a slow reader has no room for is lost
                    os.write(goal, piece[begin : begin + PIECE])

    def close(self) -> None:
        """Pass on the rest and close."""
        self.pass_on()
        for reading in self.ends:
            os.close(reading)
        self.ends.clear()
