"""A trust region within bounds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.descent import failure
from optlab.core.trust_region import Trial, TrustRegionOptimizer, TrustRegionState, attempt
from optlab.kernels.bounds import clip, reduced
from optlab.kernels.bounds_quadratic import box_step
from optlab.kernels.euclidean import norm
from optlab.kernels.truncated_cg import forcing
from optlab.kernels.trust_region import Step, natural_length
from optlab.linesearch.base import NAN, Arc
from optlab.optimizers._projected import box

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class TrustRegionBounds(TrustRegionOptimizer):
    """Minimize the model within the radius and the bounds: a Cauchy point, then conjugate gradients face by face.

    It needs products Hv alone, and the faces change by many variables at a time. Every point that is evaluated is
    within the bounds, exactly. A rejected step keeps x and shrinks the radius.
    Source: Lin & Moré (1999), the method of TRON; Conn, Gould & Toint (1988), for the convergence of such methods.

    Parameters
    ----------
    loosest : float
        In a face the residual to reach is ‖g_F‖ min(loosest, √(‖g_F‖/‖g₀‖)), of free components.
    products : int
        At most this many products per face, and 2n.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    handles: ClassVar[tuple[str, ...]] = ("bounds",)
    properties: ClassVar[tuple[str, ...]] = ("trust_region", "feasible", "monotone", "f_homogeneous")

    loosest: Annotated[float, Gt(0), Lt(1)] = 0.1
    products: Annotated[int, Ge(1)] = 500

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, moved into the bounds."""
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        radius = NAN if self.radius is None else self.radius
        return TrustRegionState(x, f, g, radius=radius, steepness=norm(reduced(x, g, *box(oracle, x))))

    def model(self, oracle: Oracle, state: TrustRegionState) -> float:
        """Return dᵀHd along the free components d of −g."""
        d = reduced(state.x, state.g, *box(oracle, state.x))
        return float(d.dot(oracle.hvp(state.x, d)))

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the step through the faces."""
        x, g, (lo, hi) = state.x, state.g, box(oracle, state.x)
        steep = norm(reduced(x, g, lo, hi))
        tolerance = steep * forcing(steep, state.steepness, self.loosest)
        most = min(self.products, 2 * x.size)
        return box_step(lambda v: oracle.hvp(x, v), g, lo - x, hi - x, radius, tolerance, model, most)

    def first_radius(self, state: TrustRegionState, model: float) -> float:
        """Return the length of Cauchy's step without bounds."""
        return natural_length(state.g, model)

    def attempt(self, oracle: Oracle, state: TrustRegionState, step: Step) -> Trial:
        """Try the step to the exact point within the bounds: x + (lo − x) is lo up to rounding alone."""
        lo, hi = box(oracle, state.x)
        x = clip(state.x + step.p, lo, hi)
        for side in (lo, hi):
            np.copyto(x, side, where=step.p == side - state.x)
        if (x == state.x).all():
            raise failure(Arc(oracle, state.x, state.f, state.g))
        return attempt(oracle, state, step, self.accept, x)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
