"""Shared memory in which a run leaves its trace as it goes: what is on it outlives the process that wrote it."""

from __future__ import annotations

import mmap
import pickle
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

BUILDING, RUNNING, COLUMNS = 0, 1, 2
"""Phases of a run: its objects are built, it runs, its columns are computed."""
COUNT, KEPT, PHASE, SINCE, TAKEN, ROOM, WIDTH = range(7)
"""What the head holds: rows and kept points so far, the phase and when it began, bytes of rows that are handed out, the
shape of the block of points."""
HEAD, NOTE = 64, 1 << 18
ROWS, POINTS = 1 << 30, 80 << 20
"""Room for ten million rows of scalars, and for the kept iterates of a sweep. Pages are taken as they are written."""
LONGEST = 2_000
"""Characters of a text in a note that would be too large."""
LARGE = 16 << 20
"""Bytes of one run from which on they are given back to the system before the next."""


class Tape:
    """One run's rows, kept iterates and facts, in anonymous shared memory: the process that made it reads them.

    Every entry is valid by itself and counted once it is complete, so that a writer may be killed at any moment.
    """

    def __init__(self) -> None:
        sharing = mmap.MAP_SHARED | mmap.MAP_ANONYMOUS | getattr(mmap, "MAP_NORESERVE", 0)
        self._memory = mmap.mmap(-1, HEAD + 2 * NOTE + ROWS + POINTS, flags=sharing)
        self._view = memoryview(self._memory)
        self.head = self._view[:HEAD].cast("d")
        self._rows = self._view[HEAD + 2 * NOTE :][:ROWS]
        self._points = self._view[HEAD + 2 * NOTE + ROWS :]

    def keep_to_oneself(self) -> None:
        """Leave copies of this process that a fork may make, from now on, without this memory: one run, one writer."""
        if hasattr(mmap, "MADV_DONTFORK"):
            self._memory.madvise(mmap.MADV_DONTFORK)

    @property
    def written(self) -> int:
        """How many bytes the present run has written, about."""
        return int(self.head[TAKEN] + 8 * self.head[KEPT] * (self.head[WIDTH] + 1))

    def begin(self) -> None:
        """Forget the run before."""
        if self.written > LARGE and hasattr(mmap, "MADV_REMOVE"):
            with suppress(OSError):
                self._memory.madvise(mmap.MADV_REMOVE)  # the pages of a long run go back to the system
        self.head[:] = memoryview(bytes(HEAD)).cast("d")

    # What a run writes.

    def enter(self, phase: int, row: dict[str, Any], now: float) -> None:
        """Note that a phase begins, and what is known of the run."""
        text = pickle.dumps(row)
        if len(text) > NOTE - 8:
            text = pickle.dumps({key: v[:LONGEST] if isinstance(v, str) else v for key, v in row.items()})
        if len(text) > NOTE - 8:
            text = pickle.dumps({})
        place = self._note(phase)
        place[8 : 8 + len(text)] = text
        place[:8] = len(text).to_bytes(8, "little")
        self.head[SINCE] = now
        self.head[PHASE] = phase

    def room(self, size: int) -> memoryview | None:
        """Return room for further rows, right after the last; None when there is no more."""
        begin = int(self.head[TAKEN])
        if begin + size > len(self._rows):
            return None
        self.head[TAKEN] = begin + size
        return self._rows[begin : begin + size]

    def block(self, room: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]] | None:
        """Return room for kept iterates: which iterations they are, (room,), and x, (room, n); None where too large."""
        if 8 * room * (n + 1) > len(self._points):
            return None
        self.head[ROOM], self.head[WIDTH] = room, n
        return self._block(room, n)

    # What is read afterwards.

    def row(self) -> dict[str, Any] | None:
        """Return what the run had noted of itself by its last phase; None before the first."""
        phase = int(self.head[PHASE])
        if phase == BUILDING:
            return None
        place = self._note(phase)
        noted: dict[str, Any] = pickle.loads(place[8 : 8 + int.from_bytes(place[:8], "little")])
        return noted

    def rows(self, size: int) -> memoryview:
        """Return the rows of scalars, each of `size` bytes."""
        return self._rows[: int(self.head[COUNT]) * size]

    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return the iterations whose x is there, ascending, (M,), and x, (M, n)."""
        index, block = self._block(int(self.head[ROOM]), int(self.head[WIDTH]))
        kept = int(self.head[KEPT])
        valid = (index[:kept] >= 0) & (index[:kept] < self.head[COUNT])
        rows, first = np.unique(index[:kept][valid], return_index=True)
        return rows, block[:kept][valid][first]

    def _note(self, phase: int) -> memoryview:
        return self._view[HEAD + (phase - 1) * NOTE : HEAD + phase * NOTE]

    def _block(self, room: int, n: int) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        index = np.frombuffer(self._points, np.int64, room)
        return index, np.frombuffer(self._points, np.float64, room * n, 8 * room).reshape(room, n)
