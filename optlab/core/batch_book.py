"""What the loop remembers of many runs in step: the rules of `driver.Loop` on (B,) arrays, number for number."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optlab.core.depth import VAST, size_at_first
from optlab.core.driver import BLOW_UP, HEAD, PATIENCE
from optlab.core.status import Status
from optlab.core.stop import code

Array = NDArray[np.float64]
NONE, DIVERGED, NONFINITE, STALLED, UNBOUNDED = map(
    code, (None, Status.DIVERGED, Status.NONFINITE, Status.STALLED, Status.UNBOUNDED)
)


@dataclass
class ManyBooks:
    """The book of `core.record`, an array per entry; of the first values of f what is asked of them.

    Attributes
    ----------
    best_f, worst_f, best_stationarity, last_event, rising : (B,) arrays
        As in `Book`.
    first, size, high, low : (B,) arrays
        The first f, its size by `driver.size_at_first`, and the greatest and the least f of the first `HEAD`.
    ceiling : (B,) array
        How far f may be above its best, once that is known; empty until then.
    seen : int
        How many first values there are.
    """

    best_f: Array
    worst_f: Array
    best_stationarity: Array
    last_event: NDArray[np.int64]
    rising: NDArray[np.int64]
    first: Array
    high: Array
    low: Array
    size: Array
    ceiling: Array
    seen: int = 0

    @classmethod
    def empty(cls, B: int) -> ManyBooks:
        """Return the books of B runs that have not begun."""
        up, down, none = np.full(B, inf), np.full(B, -inf), np.zeros(B, dtype=np.int64)
        return cls(
            up, down, up.copy(), none, none.copy(), np.zeros(B), down.copy(), up.copy(), np.zeros(B), np.empty(0)
        )

    def kept(self, keep: Any) -> ManyBooks:
        """Return the books of some of the runs."""
        return ManyBooks(**{k: v[keep] if np.size(v) > 1 else v for k, v in vars(self).items()})

    def entered(self, f: Array, stationarity: Array, k: int) -> NDArray[np.bool_]:
        """Enter an iterate and return whether it was an event."""
        event = f < self.best_f
        event |= f > self.worst_f
        event |= stationarity < self.best_stationarity
        np.fmin(self.best_f, f, out=self.best_f)
        np.fmax(self.worst_f, f, out=self.worst_f)
        np.fmin(self.best_stationarity, stationarity, out=self.best_stationarity)
        self.last_event[event] = k
        return event

    def judged(self, f: Array, k: int, event: NDArray[np.bool_], verdict: Any, change: Array) -> Any:
        """Return the verdicts, those of the stop rules first, then the loop's own; remember the first values of f.

        `change` is that of f along a step as long as the standard start is, (B,).
        """
        if k >= PATIENCE:
            stalled = ~event & (k - self.last_event >= np.maximum(PATIENCE, self.last_event))
            verdict = np.where(verdict, verdict, np.where(stalled, self.unless_bottomless(STALLED), NONE))
        if self.seen < HEAD:
            if not self.seen:
                self.first, self.size = f.copy(), size_at_first(f, change)
            self.seen += 1
            np.fmax(self.high, f, out=self.high)
            np.fmin(self.low, f, out=self.low)
            return verdict
        if self.ceiling.size == 0:
            span = self.high - self.low
            span = np.where(span == 0, np.abs(self.first), span)
            self.ceiling = BLOW_UP * np.where(span == 0, 1.0, span)
        above = f - self.best_f
        higher = above > self.ceiling
        if not higher.any() and not self.rising.any():
            return verdict
        self.rising = np.where(higher, self.rising + 1, np.where(above > 0, 0, self.rising))
        return np.where(
            verdict, verdict, np.where(higher & (self.rising >= HEAD), self.unless_bottomless(DIVERGED), NONE)
        )

    def bottomless(self) -> NDArray[np.bool_]:
        """Return where the best f has fallen without bound, by the rule of `core.depth` without constraints."""
        return np.asarray(self.first - self.best_f > VAST * self.size)

    def unless_bottomless(self, verdict: Any) -> NDArray[np.int64]:
        """Return the verdict, UNBOUNDED where f has fallen without bound."""
        return np.where(self.bottomless(), UNBOUNDED, verdict)

    def way_out(self, old_f: Array, new_f: Array, new_x: Array) -> NDArray[np.int64]:
        """Return why steps left the finite numbers, as `Loop._way_out` finds it; new_x has shape (n, B)."""
        unbounded = self.bottomless() | ((new_f == -inf) & np.isfinite(new_x).all(axis=0))
        overflowed = (new_f == inf) & (np.abs(new_x).max(axis=0) > VAST)
        other = np.where((old_f > self.best_f) | overflowed, DIVERGED, NONFINITE)
        return np.where(unbounded, UNBOUNDED, other)
