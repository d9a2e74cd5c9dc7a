"""Projected gradient with spectral first steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from annotated_types import Ge, Gt

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.spectral import WINDOW, adaptive_length, barzilai_borwein, tangential
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Arc, LineSearch
from optlab.linesearch.initial import first_length


class Memory(NamedTuple):
    """The length to try first; the last values of f and the last short lengths, newest last."""

    first: float
    values: tuple[float, ...]
    shorts: tuple[float, ...]


@dataclass(frozen=True)
class ProjectedGradient(Optimizer):
    """Move along the projection arc P(x − αg); every iterate is feasible.

    The first α is the adaptive Barzilai–Borwein length, from the change of the gradient along the active constraints
    (the part across them says nothing about where the arc may go). f has to fall below the greatest of its last
    `history` values: not monotone unless that is 1. When the search fails, the memory is forgotten and the arc
    searched once more (counted in `restarts`).
    Source: Bertsekas (1976); Birgin, Martínez & Raydan (2000), algorithm SPG1; Grippo, Lampariello & Lucidi (1986).

    Parameters
    ----------
    search : LineSearch
        The search along the arc.
    history : int
        How many values of f the search compares with.
    growth : float
        How much longer the first α is than the last where the curvature along the step is not positive.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "feasible", "f_homogeneous")

    search: LineSearch = Armijo()  # noqa: RUF009  frozen
    history: Annotated[int, Ge(1)] = 10
    growth: Annotated[float, Gt(1)] = 10.0

    def step(self, oracle: Oracle, state: State) -> State:
        """Search the arc from `state`."""
        start = Memory(first_length(state, -state.g), (state.f,), ())
        memory, restarts = state.memory or start, state.restarts
        arc = Arc(oracle, state.x, state.f, state.g, max(memory.values))
        trial = self.search.search(arc, memory.first)
        if trial is None and state.memory is not None:
            memory, restarts = start, restarts + 1
            arc.reference = state.f
            trial = self.search.search(arc, memory.first)
        if trial is None:
            raise failure(arc)
        assert trial.g is not None
        s = trial.x - state.x
        y = tangential(oracle.project, trial.x, trial.g, trial.g - state.g)
        memory = self._updated(memory, trial.alpha, trial.f, s, y)
        return state.at(
            trial.x,
            trial.f,
            trial.g,
            step_size=trial.alpha,
            direction=s / trial.alpha,
            restarts=restarts,
            memory=memory,
        )

    def _updated(self, memory: Memory, alpha: float, f: float, s: Array, y: Array) -> Memory:
        values = (*memory.values, f)[-self.history :]
        lengths = barzilai_borwein(s, y)
        if lengths is None:
            return Memory(self.growth * alpha, values, memory.shorts)
        shorts = (*memory.shorts, lengths[1])[-WINDOW:]
        return Memory(adaptive_length(lengths[0], shorts), values, shorts)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
