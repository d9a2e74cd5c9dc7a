"""Runs in step: one optimizer, one problem, all taking their k-th step at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from time import perf_counter
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from optlab.core import kkt
from optlab.core.batch_book import NONFINITE, ManyBooks
from optlab.core.batch_oracle import ManyOracle
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import COUNTERS, BudgetSpentError
from optlab.core.status import Status
from optlab.core.stop import Stop, code
from optlab.derivatives.batched import Batched, NotBatchableError

if TYPE_CHECKING:
    from optlab.core.problem import Array, ProblemBase

AGREE = 1e-12
"""How far x, relative to its size or 1, and f, relative to its size at the start or the end, may be from the loop's."""
CROWDED = 0.9
"""Once fewer than this part of the columns are still running, they close ranks."""


class Outcomes:
    """The arrays that runs write their ends into."""

    def __init__(self, K: int, n: int) -> None:
        self.x, self.f, self.stationarity = np.empty((K, n)), np.full(K, np.nan), np.full(K, np.nan)
        self.codes, self.iterations = np.zeros(K, dtype=np.int64), np.zeros(K, dtype=np.int64)
        self.counts = np.zeros((K, len(COUNTERS)), dtype=np.int64)

    def agree(self, i: int, other: Outcomes) -> bool:
        """Whether run i ended as the only run of another."""
        same = self.codes[i] == other.codes[0] and self.iterations[i] == other.iterations[0]
        return bool(
            same and (self.counts[i] == other.counts[0]).all() and _near(self.x[i], other.x[0], 1.0)
            and _near(self.f[i], other.f[0], other.first)
        )  # fmt: skip

    def unbegun(self, i: int, start: Array) -> None:
        """Write down that there was no time for run i."""
        self.x[i], self.f[i], self.stationarity[i], self.codes[i] = start, np.nan, np.nan, code(Status.TIMEOUT)
        self.iterations[i] = self.counts[i] = 0

    first = 0.0
    """|f| at the start, where there is one run."""


class Front:
    """Runs in step: all that are still going on have taken k steps."""

    def __init__(
        self, problem: ProblemBase, optimizer: Optimizer, X: Array, columns: Mapping[str, Any], stop: Stop, seed: int,
        ended: Outcomes, which: NDArray[np.int64],
    ) -> None:  # fmt: skip
        self.optimizer = replace(optimizer, **{name: Batched(v[which] * 1.0) for name, v in columns.items()})
        self.own = type(optimizer).stationarity is not Optimizer.stationarity
        self.oracle = ManyOracle(problem, seed)
        self.oracle.limit(**stop.limits())
        self.stop, self.ended, self.which = stop, ended, which
        self.open = np.ones(len(which), dtype=bool)
        self.x0, self.k, self.state, self.genuine = Batched(X[which].T.copy()), 0, None, False
        self.books, self.length = ManyBooks.empty(len(which)), max(1.0, problem.start_length)
        self.stationarity = np.full(len(which), np.nan)
        self.scale = np.full(len(which), kkt.scale_of(problem))

    state: State | None

    def run(self, until: float) -> None:
        """Take steps until every run has ended, or it is past the moment `until`."""
        action: Any = self.optimizer.init
        while self.open.any():
            old = self.state
            if perf_counter() > until:
                self._end(self.open, code(Status.TIMEOUT))
                return
            try:
                new = action(self.oracle, self.x0 if old is None else old)
            except BudgetSpentError as spent:
                self._end(self.open, code(spent.status))
                return
            self._commit(new)
            if np.count_nonzero(self.open) < CROWDED * self.open.size:
                self._close_ranks()
            action = self.optimizer.step

    def _commit(self, new: Any) -> None:
        """Take over what is finite and end the other runs, then judge all; as `Loop._commit` and `Loop._judge`."""
        old: Any = self.state
        oracle = self.oracle
        if not isinstance(new, State) or (old is not None and new.k != old.k + 1):
            msg = "a method that does not return the next State"
            raise NotBatchableError(msg)
        parts: tuple[Any, ...] = (new.x, new.f, new.g)
        x, f, g = (part.data for part in parts)
        size = np.abs(g).max(axis=0)
        there, finite = np.isfinite(x), np.isfinite(f)
        finite &= np.isfinite(size)
        if not there.all():
            finite &= there.all(axis=0)
        lost = self.open & ~finite
        if lost.any():
            self._end(lost, NONFINITE if old is None else self.books.way_out(old.f.data, f, x))
        own = oracle.prime(new.x, new.f, new.g)
        self.genuine = own and (self.genuine or old is None or new.x is not old.x)
        if not self.genuine:
            msg = "a gradient that is not the oracle's"
            raise NotBatchableError(msg)
        if self.own:
            size = self.optimizer.stationarity(oracle, new).data  # type: ignore[attr-defined]
            oracle.prime(new.x, new.f, new.g)
        if old is None:
            self.scale = np.where(np.isfinite(self.scale) & (self.scale > 0), self.scale, np.abs(g).max(axis=0))
        self.state, self.k, self.stationarity = new, new.k, size
        event = self.books.entered(f, size, self.k)
        verdict = self.books.judged(f, self.k, event, self.stop.many(self), self.scale * self.length)
        if np.any(verdict):
            self._end((verdict != 0) & self.open, verdict)

    def _end(self, these: NDArray[np.bool_], codes: Any) -> None:
        """Write down the runs that end here, at the last state they committed."""
        i, ended = self.which[these], self.ended
        ended.codes[i] = np.broadcast_to(codes, these.shape)[these]
        ended.iterations[i], ended.counts[i] = self.k, self.oracle.counts
        if self.state is None:
            ended.x[i] = self.x0.data.T[these]
        else:
            ended.x[i], ended.f[i] = self.state.x.data.T[these], self.state.f.data[these]  # type: ignore[attr-defined]
            ended.stationarity[i] = self.stationarity[these]
        self.open = self.open & ~these

    def _close_ranks(self) -> None:
        """Leave out the columns of runs that have ended, everywhere."""
        keep = np.flatnonzero(self.open)
        memo: dict[int, Any] = {}
        self.state = _taken(self.state, keep, self.open.size, memo)
        self.optimizer = _taken(self.optimizer, keep, self.open.size, memo)
        self.books = self.books.kept(keep)
        self.stationarity, self.scale, self.which = self.stationarity[keep], self.scale[keep], self.which[keep]
        self.open = self.open[keep]
        if self.state is not None:
            self.oracle.prime(self.state.x, self.state.f, self.state.g)


def _taken(thing: Any, keep: NDArray[np.int64], width: int, memo: dict[int, Any]) -> Any:
    """Return a state, or settings, with some of the columns of every batch in it; one object stays one object."""
    if id(thing) in memo:
        return memo[id(thing)]
    new = thing
    if type(thing) is Batched:
        if thing.data.shape[-1] == width:
            new = Batched(thing.data[..., keep])
            new.setflags(thing.data.flags.writeable)
    elif isinstance(thing, dict):
        new = {key: _taken(part, keep, width, memo) for key, part in thing.items()}
    elif isinstance(thing, (tuple, list)):
        parts = [_taken(part, keep, width, memo) for part in thing]
        new = type(thing)(*parts) if hasattr(thing, "_fields") else type(thing)(parts)
    elif is_dataclass(thing) and not isinstance(thing, type):
        new = object.__new__(type(thing))
        vars(new).update(_taken(vars(thing), keep, width, memo))
    memo[id(thing)] = new
    return new


def _near(a: Any, b: Any, size: float) -> bool:
    """Whether numbers agree to `AGREE` of their size, or of a size given."""
    return bool(np.all(np.abs(a - b) <= AGREE * np.maximum(size, np.abs(b))) or np.array_equal(a, b, equal_nan=True))
