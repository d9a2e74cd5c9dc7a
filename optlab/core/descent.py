"""Line-search methods: a direction, a search along it, and the one recovery ladder.

Source: Nocedal & Wright (2006), chapter 3.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Any, ClassVar

from optlab.core.optimizer import Optimizer, State
from optlab.core.status import Halt, Status
from optlab.linesearch.base import Line, LineSearch, Trial
from optlab.linesearch.strong_wolfe import StrongWolfe

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class DescentState(State):
    """A state that also knows how much the last step decreased f (0 at the start)."""

    decrease: float = 0.0


@dataclass(frozen=True)
class LineSearchOptimizer(Optimizer):
    """A method that chooses a direction and leaves the length to `search`.

    A subclass writes `direction`, and `remember` where it has a memory. When the direction is not one of
    descent or the search fails, the memory is forgotten and steepest descent is tried once (`restarts`
    counts it); when that fails too the run ends: STALLED where what is promised is below rounding,
    LINESEARCH_FAILED otherwise.
    """

    abstract: ClassVar[bool] = True

    search: LineSearch = StrongWolfe()

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return DescentState(x0, f, g)

    @abstractmethod
    def direction(self, oracle: Oracle, state: State) -> Array:
        """Return the search direction at `state`, shape (n,)."""

    def remember(self, old: State, new: State) -> Any:  # noqa: ARG002  part of the contract
        """Return the memory of the new state; by default the old one's."""
        return old.memory

    def first_step(self, state: State, direction: Array) -> float:
        """Return the length to try first: a step of norm 1 at the start, then one that repeats the last decrease.

        Source: Nocedal & Wright (2006), equation 3.60. Newton-like methods override it with 1.
        """
        decrease = getattr(state, "decrease", 0.0)
        slope = float(state.g.dot(direction))
        if decrease > 0 and slope < 0:
            length = 2.0 * decrease / -slope
            if isfinite(length) and length > 0:
                return length
        norm = sqrt(float(direction.dot(direction)))
        return 1.0 / norm if norm > 0 and isfinite(1.0 / norm) else 1.0

    def step(self, oracle: Oracle, state: State) -> State:
        """Move along the direction, or climb down the recovery ladder."""
        d = self.direction(oracle, state)
        trial = self._try(oracle, state, d)
        if trial is None:
            state = replace(state, memory=None, restarts=state.restarts + 1)
            d = -state.g
            trial = self._try(oracle, state, d)
            if trial is None:
                raise self._failure(oracle, state, d)
        assert trial.g is not None
        new = state.at(trial.x, trial.f, trial.g, step_size=trial.alpha, direction=d, restarts=state.restarts,
                       **({"decrease": state.f - trial.f} if isinstance(state, DescentState) else {}))  # fmt: skip
        new.__dict__["memory"] = self.remember(state, new)  # the new state is not shared yet
        return new

    def _try(self, oracle: Oracle, state: State, d: Array) -> Trial | None:
        line = Line(oracle, state.x, state.f, state.g, d)
        return self.search.search(line, self.first_step(state, d)) if line.slope < 0 else None

    def _failure(self, oracle: Oracle, state: State, d: Array) -> Halt:
        line = Line(oracle, state.x, state.f, state.g, d)
        first = self.first_step(state, d)
        promised = abs(line.promised(first))
        if promised <= line.noise or line.too_short(first):
            return Halt(Status.STALLED, f"a step promises a decrease of {promised:.1e}, below the rounding of f = {state.f:.6g}")
        return Halt(Status.LINESEARCH_FAILED, f"f does not decrease along -g though {promised:.1e} was promised; is the gradient right?")
