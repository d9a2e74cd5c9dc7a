"""Trust region at Cauchy's point."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from optlab.core.trust_region import TrustRegionOptimizer, TrustRegionState
from optlab.kernels.trust_region import Step, cauchy_step, natural_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle


@dataclass(frozen=True)
class TrustRegionCauchy(TrustRegionOptimizer):
    """Go along −g to the least point of the quadratic model within a radius: gradient descent that is always safe.

    One product Hg gives the curvature. It converges globally, at the rate of steepest descent: every other
    trust-region step must do at least as well on the model.
    Source: Nocedal & Wright (2006), equations 4.11 and 4.12, algorithm 4.1.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    properties: ClassVar[tuple[str, ...]] = ("trust_region", "rotation", "monotone", "f_homogeneous", "x_homogeneous")

    def model(self, oracle: Oracle, state: TrustRegionState) -> float:
        """Return gᵀHg; 0 where it is not finite."""
        curvature = float(state.g.dot(oracle.hvp(state.x, state.g)))
        return curvature if isfinite(curvature) else 0.0

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return Cauchy's step."""
        return cauchy_step(state.g, model, radius)

    def first_radius(self, state: TrustRegionState, model: float) -> float:
        """Return the length of Cauchy's step."""
        return natural_length(state.g, model)
