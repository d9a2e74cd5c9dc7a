"""The record of one run: scalars per iteration, the trajectory while it fits, counts, status."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from annotated_types import Ge
from numpy.typing import NDArray

from optlab.core.oracle import COUNTERS
from optlab.core.status import Status
from optlab.core.tape import COUNT, KEPT, Tape

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.derivatives import Array

COUNTS = tuple("n_" + name for name in COUNTERS)
SCALARS = ("k", "f", "stationarity", "step_size", "restarts", *COUNTS, "seconds")
COUNTED = frozenset({"k", *COUNTS})
ROW = struct.Struct("".join("q" if name in COUNTED else "d" for name in SCALARS))
"""A row as packed integers and doubles: a third of the time of a tuple, and nothing for the garbage collector to walk.
As doubles the counts would cost as much again, in Python's conversions."""
FIRST_CHUNK, CHUNK = 256, 8192
LONG = 1024
"""From this n on, kept iterates are copied into one block of memory at once, and not only at the end. Their own pages
then serve the next iterates: a fresh page costs more in faults than what is written to it in arithmetic."""
TOGETHER = 1024
"""So many shorter ones are copied in one call at the end."""
ARRAY = 160
"""Bytes that an array in a list takes beside its numbers."""


@dataclass(frozen=True)
class Keep:
    """Which iterates' x to keep; the first and the last always are, unless "none".

    "all" keeps every one while they fit `megabytes`, then thins by doubling the stride. "every" keeps each
    `stride`-th, "geometric" about `per_decade` per factor of ten in k, "none" only the last.
    """

    mode: Literal["all", "every", "geometric", "none"] = "all"
    stride: Annotated[int, Ge(1)] = 1
    per_decade: Annotated[int, Ge(1)] = 20
    megabytes: Annotated[float, Ge(0)] = 256.0


@dataclass
class Trace:
    """What happened in one run; plain arrays and strings, so it pickles small.

    Attributes
    ----------
    scalars : dict of (K,) arrays
        One entry per iteration: k, f, stationarity, step_size, restarts, the counters, seconds, and what the
        state's `recorded` names ((K, m) for vectors).
    points : (M, n) array
        The kept iterates.
    rows : (M,) int array
        Which row of `scalars` each of them belongs to, ascending.
    status, claimed : Status
        The verified verdict, and what the method itself claimed.
    message : str
        What was seen, in words.
    traceback : str
        Of the exception that ended an ERROR.
    columns : dict of (K,) arrays
        Diagnostics added after the run.
    events : dict
        The first floating-point event of each kind, in words, where the run was watched.
    precision : str
        The dtype of the run; what is recorded of it is float64, in which its numbers are exact.
    """

    scalars: dict[str, Array]
    points: Array
    rows: NDArray[np.int64]
    status: Status
    claimed: Status
    message: str = ""
    traceback: str = ""
    columns: dict[str, Array] = field(default_factory=dict)
    cache: dict[str, Any] = field(default_factory=dict, repr=False)
    events: dict[str, str] = field(default_factory=dict)
    precision: str = "float64"

    def __len__(self) -> int:
        return len(self.scalars["k"])

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "cache": {}}

    @property
    def kept(self) -> NDArray[np.bool_]:
        """(K,) bool: which rows have their x."""
        mask = np.zeros(len(self), dtype=bool)
        mask[self.rows] = True
        return mask

    def spread(self, values: Array) -> Array:
        """Turn values at the kept points, shape (M, …), into a column, shape (K, …), NaN where x is not kept."""
        if len(values) == len(self):
            return np.asarray(values, dtype=float)
        out = np.full((len(self), *np.shape(values)[1:]), np.nan)
        out[self.rows] = values
        return out


def read(tape: Tape, status: Status, message: str) -> Trace:
    """Return what a run that was stopped left on its tape; the vectors that its states recorded are not there."""
    rows, points = tape.points()
    return Trace(_scalars(tape.rows(ROW.size)), points, rows, status, status, message)


def _scalars(packed: bytes | memoryview) -> dict[str, Array]:
    """Return packed rows as columns."""
    whole = np.frombuffer(packed, np.int64).reshape(-1, len(SCALARS)).T.copy()
    real = whole.view(float)
    columns: dict[str, Any] = {name: (whole if name in COUNTED else real)[j] for j, name in enumerate(SCALARS)}
    columns["restarts"] = columns["restarts"].astype(np.int64)
    return columns


def _as_column(values: list[Any]) -> Array | None:
    """Return numbers as (K,), arrays of one length as (K, m); None for anything else."""
    try:
        column = np.array(values)
    except ValueError:
        return None
    if column.dtype == np.longdouble:  # which no table holds
        column = column.astype(np.float64)
    return column if column.dtype.kind in "biuf" and column.ndim <= 2 else None  # noqa: PLR2004


class Recorder:
    """Collects rows while a run goes on; memory is bounded by `Keep.megabytes` for x.

    With a `tape`, rows and kept iterates are written there, where another process can read them after this one.
    """

    def __init__(self, keep: Keep, n: int, recorded: tuple[str, ...] = (), tape: Tape | None = None) -> None:
        self.keep, self.recorded = keep, recorded
        self._tape, self._head = tape, None if tape is None else tape.head
        self._buffer, self._offset = self._chunk(FIRST_CHUNK), 0
        self._chunks: list[bytearray | memoryview] = []
        self._extra: list[list[Any]] = []
        self._points: list[Array] = []
        self._block: Array | None = None
        self._index: list[int] = []
        self._count = 0
        self._stride = keep.stride if keep.mode == "every" else 1
        self._room = max(2, int(keep.megabytes * 1e6 / (8 * n + ARRAY)))
        self._ratio = 10 ** (1 / keep.per_decade) if keep.mode == "geometric" else 0.0
        self._next: float = 0 if keep.mode != "none" else float("inf")
        self._last: tuple[int, Array] | None = None
        self._slots: NDArray[np.int64] | None = None
        if keep.mode != "none":
            there = None if tape is None else tape.block(self._room + 2, n)
            if there is not None:
                self._slots, self._block = there
            elif n >= LONG:
                self._block = np.empty((self._room + 2, n))  # virtual until it is written to

    def _chunk(self, rows: int) -> bytearray | memoryview:
        """Return room for so many rows, on the tape while that has any."""
        room = self._tape.room(rows * ROW.size) if self._tape is not None and self._head is not None else None
        if room is None:
            self._head = None
            return bytearray(rows * ROW.size)
        return room

    def append(self, state: State, stationarity: float, oracle: Oracle, seconds: float) -> None:
        """Record one committed state."""
        i = self._count
        extra = [getattr(state, name) for name in self.recorded] if self.recorded else None
        if self._offset == len(self._buffer):
            self._chunks.append(self._buffer)
            self._buffer, self._offset = self._chunk(CHUNK), 0
        try:
            ROW.pack_into(
                self._buffer, self._offset, state.k, state.f, stationarity, state.step_size, state.restarts, oracle.n_f,
                oracle.n_gradient, oracle.n_hessian, oracle.n_hvp, oracle.n_constraint, oracle.n_jacobian,
                oracle.n_sample, seconds,
            )  # fmt: skip
        except struct.error as error:
            given = f"given {state.step_size!r} and {state.restarts!r}"
            msg = f"step_size and restarts of a state must be numbers, {given}"
            raise TypeError(msg) from error
        self._offset += ROW.size
        self._count = i + 1
        if self._head is not None:
            self._head[COUNT] = i + 1
        if extra is not None:
            self._extra.append(extra)
        if i >= self._next:
            self._points.append(state.x if self._block is None else self._copied(i, state.x))
            self._index.append(i)
            self._next = i + self._stride
            self._last = None
            if self._ratio:
                self._next = max(i + 1, round(i * self._ratio))
            if len(self._points) > self._room:
                self._thin()
        else:
            self._last = (i, state.x)

    def _copied(self, i: int, x: Array) -> Array:
        """Copy the x of iteration i into the next row of the block."""
        assert self._block is not None
        j = len(self._points)
        row: Array = self._block[j]
        if self._slots is None:
            row[:] = x
            return row
        assert self._tape is not None
        self._slots[j] = -1  # not valid while it is written
        row[:] = x
        self._slots[j] = i
        if j >= self._tape.head[KEPT]:
            self._tape.head[KEPT] = j + 1
        return row

    def _thin(self) -> None:
        self._stride *= 2
        every = enumerate(self._index)
        kept = [j for j, i in every if (j % 2 == 0 if self._ratio else i % self._stride == 0)]
        points, self._points, self._index = self._points, [], [self._index[j] for j in kept]
        for i, j in zip(self._index, kept, strict=True):
            self._points.append(points[j] if self._block is None else self._copied(i, points[j]))
        if not self._ratio:
            self._next = self._index[-1] + self._stride

    def finish(self, status: Status, claimed: Status, message: str, traceback: str = "") -> Trace:
        """Return the trace; the last iterate is always kept."""
        if self._last is not None:
            self._index.append(self._last[0])
            self._points.append(self._last[1] if self._block is None else self._copied(*self._last))
            self._last = None
        scalars = _scalars(b"".join([*self._chunks, self._buffer[: self._offset]]))
        for j, name in enumerate(self.recorded):
            values = _as_column([row[j] for row in self._extra])
            if values is None or name in SCALARS:
                why = (
                    "is a name of the trace's own"
                    if name in SCALARS
                    else "must be numbers, or arrays of one shape (m,)"
                )
                status, message = Status.ERROR, f"recorded: {name} {why}; {message}"
            else:
                scalars[name] = values
        whole = bool(self._index) and self._index[-1] == len(self._index) - 1
        rows = np.arange(len(self._index)) if whole else np.array(self._index, dtype=np.int64)
        points = self._all_points() if self._block is None else self._block[: len(self._points)]
        return Trace(scalars, points, rows, status, claimed, message, traceback)

    def _all_points(self) -> Array:
        n = self._points[0].size if self._points else 0
        points = np.empty((len(self._points), n))
        while self._points:  # released as they are copied, from the end: x is never held twice
            some = self._points[-TOGETHER:]
            del self._points[-TOGETHER:]
            begin = len(self._points)
            np.concatenate(some, out=points[begin : begin + len(some)].reshape(-1))
        return points
