"""Projected Newton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.kernels.bounds import clip
from optlab.kernels.modification import Modification
from optlab.kernels.modified_ldl import ModifiedLDL
from optlab.kernels.norms import max_abs
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import Arc, LineSearch
from optlab.linesearch.initial import first_length
from optlab.optimizers._projected import TwoMetricArc, box

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.bounds import Mask


@dataclass(frozen=True)
class ProjectedNewton(Optimizer):
    """Newton's step in the variables that are free, and a search along its projection; f never rises.

    A variable counts as active where it is within ε_k of a bound and −g pushes it there; each of these takes a step
    of its own, to its bound at most. In the others the Hessian, made positive definite, is Newton's. ε_k goes to zero
    with the distance to a solution, so that the active set comes to rest, and from then on it is Newton's method there.
    When the search fails, the arc of −g is searched (counted in `restarts`).
    Source: Bertsekas (1982), Projected Newton methods for optimization problems with simple constraints, SIAM J.
    Control Optim. 20; Kelley (1999), Iterative methods for optimization, section 5.5.

    Parameters
    ----------
    modification : Modification
        What is added to the Hessian of the free variables: `modified_cholesky`, `modified_ldl` or `added_identity`.
    search : LineSearch
        The search along the projected path.
    epsilon : float
        The greatest ε_k, relative to the size of x.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    factors: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("newton", "line_search", "feasible", "monotone", "f_homogeneous")

    modification: Modification = ModifiedLDL()  # noqa: RUF009  frozen
    search: LineSearch = Armijo()  # noqa: RUF009  frozen
    epsilon: Annotated[float, Ge(0)] = 1e-3

    def step(self, oracle: Oracle, state: State) -> State:
        """Search the projected path of the two-metric direction."""
        x, f, g, restarts = state.x, state.f, state.g, state.restarts
        lo, hi = box(oracle, x)
        d, active = self._direction(oracle, state, lo, hi)
        arc = TwoMetricArc(oracle, x, f, g, d, lo, hi, active)
        trial = self.search.search(arc, 1.0) if arc.slope < 0 else None
        if trial is None:
            steepest, restarts = Arc(oracle, x, f, g), restarts + 1
            trial = self.search.search(steepest, first_length(state, -g))
            if trial is None:
                raise failure(steepest)
        assert trial.g is not None
        s = trial.x - x
        return state.at(trial.x, trial.f, trial.g, step_size=trial.alpha, direction=s / trial.alpha, restarts=restarts)

    def _direction(self, oracle: Oracle, state: State, lo: Array, hi: Array) -> tuple[Array, Mask]:
        """Return the direction, and which variables count as active (section 2 of the paper)."""
        x, g, H = state.x, state.g, oracle.hessian(state.x)
        h = np.abs(H.diagonal())
        own = -g / np.where(h > 0, h, max_abs(h) or max_abs(g) or 1.0)  # Newton's step in each variable alone
        single = clip(x + own, lo, hi) - x
        near = min(max_abs(single), self.epsilon * (max(max_abs(x), oracle.start_length) or 1.0))
        active = ((x <= lo + near) & (g > 0)) | ((x >= hi - near) & (g < 0))
        free = np.flatnonzero(~active)
        d = single
        if free.size:
            newton = self.modification.solve(H[np.ix_(free, free)], -g[free])
            d[free] = -first_length(state, -g) * g[free] if newton is None else newton
        return d, active

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
