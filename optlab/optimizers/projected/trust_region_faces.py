"""A trust region within bounds, with exact steps in its faces."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.descent import failure
from optlab.core.trust_region import Trial, TrustRegionOptimizer, TrustRegionState, attempt
from optlab.kernels.bounds import clip, reduced
from optlab.kernels.bounds_faces import faces_step, may_move
from optlab.kernels.euclidean import norm
from optlab.kernels.secular import factored, finite, newton_length
from optlab.linesearch.base import NAN, Arc
from optlab.optimizers._projected import box

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.trust_region import Step


@dataclass(frozen=True)
class TrustRegionFaces(TrustRegionOptimizer):
    """Minimize the model within the radius and the bounds: its global minimizer, face after face.

    In a face the step aims at the global minimizer; the bounds it meets lead to the next face. For dense Hessians of
    moderate size; few evaluations of f, each within the bounds exactly. Without bounds it is
    `trust_region`. Where the faces do worse than a projected Cauchy step, that is taken.
    Source: Coleman & Li (1996), An interior trust region approach for nonlinear minimization subject to bounds, for
    the comparison; Conn, Gould & Toint (2000), section 12.1; Moré & Sorensen (1983).
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    factors: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("trust_region", "feasible", "monotone", "f_homogeneous", "newton")

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, moved into the bounds."""
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        radius = NAN if self.radius is None else self.radius
        return TrustRegionState(x, f, g, radius=radius, steepness=norm(reduced(x, g, *box(oracle, x))))

    def model(self, oracle: Oracle, state: TrustRegionState) -> tuple[Array, float]:
        """Return H, and the length of Newton's step in the face of x, or of Cauchy's."""
        H, (lo, hi) = finite(oracle.hessian(state.x)), box(oracle, state.x)
        F = np.flatnonzero(may_move(state.g, lo - state.x, hi - state.x))
        return H, newton_length(factored(H[np.ix_(F, F)]), state.g[F]) if F.size else 1.0

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the step through the faces."""
        lo, hi = box(oracle, state.x)
        return faces_step(model[0], state.g, lo - state.x, hi - state.x, radius)

    def first_radius(self, state: TrustRegionState, model: Any) -> float:
        """Return the length of Newton's step, or of Cauchy's."""
        return float(model[1])

    def attempt(self, oracle: Oracle, state: TrustRegionState, step: Step) -> Trial:
        """Try the step, from the exact point within the bounds."""
        x = clip(state.x + step.p, *box(oracle, state.x))
        if (x == state.x).all():
            raise failure(Arc(oracle, state.x, state.f, state.g))
        return attempt(oracle, state, step, self.accept, x)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
