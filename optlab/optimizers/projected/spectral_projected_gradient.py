"""The spectral projected gradient method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar, NamedTuple

from annotated_types import Ge, Gt

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.spectral import barzilai_borwein
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Arc, LineSearch, Trial
from optlab.linesearch.initial import first_length
from optlab.optimizers._projected import Segment


class Memory(NamedTuple):
    """The spectral length α, and the last values of f, newest last."""

    alpha: float
    values: tuple[float, ...]


@dataclass(frozen=True)
class SpectralProjectedGradient(Optimizer):
    """Move towards P(x − αg), α being the length of Barzilai and Borwein; one projection a step.

    The search goes along the line to that point, which the set contains since it is convex; f has to fall below the
    greatest of its last `history` values: not monotone unless that is 1. When the search fails, the memory is forgotten
    and a step of length 1 is tried (counted in `restarts`).
    Source: Birgin, Martínez & Raydan (2000), algorithm SPG2; (2014), Spectral projected gradient methods: review.

    Parameters
    ----------
    search : LineSearch
        The search along the line, from its end back.
    history : int
        M, how many values of f the search compares with.
    most : float
        α changes at most by this factor in a step; it becomes so much longer where the curvature is not positive.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "feasible", "f_homogeneous")

    search: LineSearch = Armijo(most=0.9)  # noqa: RUF009  frozen
    history: Annotated[int, Ge(1)] = 10
    most: Annotated[float, Gt(1)] = 1e10

    def step(self, oracle: Oracle, state: State) -> State:
        """Search the line to the projected spectral step."""
        memory, restarts = state.memory, state.restarts
        line, trial = None, None
        if memory is not None:
            line, trial = self._searched(oracle, state, memory)
            restarts += trial is None
        if trial is None or line is None:
            memory = Memory(first_length(state, -state.g), (state.f,))
            line, trial = self._searched(oracle, state, memory)
        if trial is None:
            raise failure(Arc(oracle, state.x, state.f, state.g))
        assert trial.g is not None
        s, y = trial.x - state.x, trial.g - state.g
        return state.at(
            trial.x, trial.f, trial.g, step_size=trial.alpha, direction=s / trial.alpha, restarts=restarts,
            memory=Memory(self._spectral(memory.alpha, s, y), (*memory.values, trial.f)[-self.history :]),
        )  # fmt: skip

    def _searched(self, oracle: Oracle, state: State, memory: Memory) -> tuple[Segment, Trial | None]:
        """Return the line to P(x − αg) and what the search accepts on it."""
        line = Segment(oracle, state.x, state.f, state.g, oracle.project(state.x - memory.alpha * state.g))
        line.reference = max(memory.values)
        return line, self.search.search(line, 1.0) if line.slope < 0 else None

    def _spectral(self, alpha: float, s: Array, y: Array) -> float:
        """Return sᵀs/sᵀy, within its limits relative to the last α."""
        lengths = barzilai_borwein(s, y)
        longest = self.most * alpha
        return longest if lengths is None else min(max(lengths[0], alpha / self.most), longest)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
