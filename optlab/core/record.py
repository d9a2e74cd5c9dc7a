"""What a loop remembers between iterations, and one iteration as `iterate` shows it."""

from __future__ import annotations

from dataclasses import dataclass, field
from math import inf
from typing import TYPE_CHECKING

from optlab.core.oracle import COUNTERS

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.status import Status
    from optlab.derivatives import Array


@dataclass
class Book:
    """What the loop itself remembers between iterations; plain numbers, copied into every Record."""

    best_f: float = inf
    best_x: Array | None = None
    worst_f: float = -inf
    best_stationarity: float = inf
    last_event: int = 0
    head: tuple[float, ...] = ()
    rising: int = 0
    claim: str = ""


@dataclass(frozen=True)
class Record:
    """One iteration as `iterate` shows it; pickles, and `iterate(…, resume=record)` goes on from it bit for bit.

    `status` is None while the run goes on; the last record alone has one.
    """

    state: State
    stationarity: float
    seconds: float
    counts: tuple[int, ...]
    scale: float
    seed: int
    book: Book = field(repr=False)
    status: Status | None = None
    message: str = ""

    @property
    def k(self) -> int:
        """Steps taken so far."""
        return self.state.k

    @property
    def x(self) -> Array:
        """The iterate, shape (n,), read-only."""
        return self.state.x

    @property
    def f(self) -> float:
        """f(x)."""
        return self.state.f

    @property
    def step_size(self) -> float:
        """The step that led here; NaN at the start."""
        return self.state.step_size

    @property
    def evaluations(self) -> dict[str, int]:
        """Evaluations so far, by counter."""
        return dict(zip(COUNTERS, self.counts, strict=True))
