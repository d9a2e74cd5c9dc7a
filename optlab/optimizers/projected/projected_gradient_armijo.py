"""Projected gradient with Armijo's rule along the projection arc."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Arc, LineSearch
from optlab.linesearch.initial import InitialStep, SameLength

HIDDEN = 1e3
"""A promise of less than this many times the rounding of f does not tell whether a longer step is as good."""


@dataclass(frozen=True)
class ProjectedGradientArmijo(Optimizer):
    """Move along the projection arc P(x − αg) until f falls by a fraction of gᵀ(x(α) − x); f never rises.

    After finitely many steps the iterates stay on the face of x*, where that is nondegenerate; from then on it is
    gradient descent in the face. `projected_gradient` takes better first lengths.
    Source: Bertsekas (1976), On the Goldstein–Levitin–Polyak gradient projection method.

    Parameters
    ----------
    search : LineSearch
        The search along the arc; c₁ is Goldstein's ¼, since with a small one steps of almost 2/L pass and zigzag.
    first : InitialStep
        The rule for the α to try first: by default twice the last one.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "feasible", "f_homogeneous")

    search: LineSearch = Armijo(c1=0.25)  # noqa: RUF009  frozen
    first: InitialStep = SameLength()  # noqa: RUF009  frozen

    def step(self, oracle: Oracle, state: State) -> State:
        """Search the arc from `state`."""
        arc = Arc(oracle, state.x, state.f, state.g)
        first = self.first.length(state, arc.d)
        if state.step_size < first and -arc.promised(first) <= HIDDEN * arc.noise:
            first = state.step_size  # no rule can be tested there: rounding must not lengthen the step
        trial = self.search.search(arc, first)
        if trial is None:
            raise failure(arc)
        assert trial.g is not None
        s = trial.x - state.x
        return state.at(trial.x, trial.f, trial.g, step_size=trial.alpha, direction=s / trial.alpha)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
