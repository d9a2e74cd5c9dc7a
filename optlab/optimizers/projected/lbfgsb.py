"""Limited-memory BFGS for bounds."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.core.descent import DescentState, failure
from optlab.core.optimizer import Optimizer, State
from optlab.kernels.bounds import clip, reduced
from optlab.kernels.bounds_cauchy import cauchy_point
from optlab.kernels.bounds_limited import NO_PAIRS, Pairs, appended, limited_hessian
from optlab.kernels.bounds_subspace import subspace_point
from optlab.kernels.quasi_newton import reciprocal_curvature
from optlab.linesearch.base import Arc, LineSearch
from optlab.linesearch.initial import first_length
from optlab.linesearch.strong_wolfe import StrongWolfe
from optlab.optimizers._projected import BoxLine, box

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class LBFGSB(Optimizer):
    """L-BFGS within bounds: the model's first minimizer along −g, projected, says which variables are free.

    Over these the model is minimized; the search then goes from x to that point. Every point that is evaluated is
    within the bounds, exactly. Without bounds it is L-BFGS. When the search fails, the pairs are forgotten and −g,
    projected, is searched once (counted in `restarts`).
    Source: Byrd, Lu, Nocedal & Zhu (1995), algorithms CP and L-BFGS-B; Morales & Nocedal (2011), for the projection.

    Parameters
    ----------
    m : int
        How many pairs (s, y) to remember.
    search : LineSearch
        The search from x to the model's minimizer and beyond.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    properties: ClassVar[tuple[str, ...]] = ("line_search", "feasible", "monotone", "f_homogeneous", "quasi_newton")

    m: Annotated[int, Ge(1)] = 10
    search: LineSearch = StrongWolfe()  # noqa: RUF009  frozen

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, moved into the bounds."""
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        return DescentState(x, f, g, memory=NO_PAIRS)

    def step(self, oracle: Oracle, state: State) -> State:
        """Search from x to the minimizer of the model."""
        assert isinstance(state, DescentState)
        lo, hi = box(oracle, state.x)
        trial, line = None, self._line(oracle, state, lo, hi)
        if line.slope < 0:
            trial = self.search.search(line, 1.0)
        if trial is None and state.memory.S:
            state = replace(state, memory=NO_PAIRS, restarts=state.restarts + 1)
            line = self._line(oracle, state, lo, hi)
            trial = self.search.search(line, 1.0) if line.slope < 0 else None
        if trial is None:
            raise failure(Arc(oracle, state.x, state.f, state.g))
        assert trial.g is not None
        d = line.d if trial.alpha <= 1.0 else (trial.x - state.x) / trial.alpha  # beyond 1 bounds may have bent it
        return state.at(
            trial.x, trial.f, trial.g, step_size=trial.alpha, direction=d,
            decrease=state.f - trial.f, slope=line.slope, memory=self._learned(state, trial.x, trial.g),
        )  # fmt: skip

    def _line(self, oracle: Oracle, state: State, lo: Array, hi: Array) -> BoxLine:
        """Return the line to the model's minimizer; without pairs, to the end of a step along −g, projected."""
        x, g, pairs = state.x, state.g, state.memory
        if pairs.S:
            B = limited_hessian(pairs)
            target = subspace_point(x, g, lo, hi, B, cauchy_point(x, g, lo, hi, B))
        else:
            target = clip(x - first_length(state, -reduced(x, g, lo, hi)) * g, lo, hi)
        target.setflags(write=False)
        return BoxLine(oracle, x, state.f, g, target, lo, hi)

    def _learned(self, old: State, x: Array, g: Array) -> Pairs:
        s, y = x - old.x, g - old.g
        pairs: Pairs = old.memory
        return appended(pairs, s, y, self.m) if reciprocal_curvature(s, y, float(old.g.dot(s))) else pairs

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
