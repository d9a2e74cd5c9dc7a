"""Trust region with the exact subproblem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from optlab.core.trust_region import TrustRegionOptimizer, TrustRegionState
from optlab.kernels.limits import Radius
from optlab.kernels.secular import Factored, exact_step, factored, newton_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.kernels.trust_region import Step


@dataclass(frozen=True)
class TrustRegion(TrustRegionOptimizer):
    """Minimize the quadratic model of f globally within a radius, whatever the signs of its curvatures.

    The step fulfils (H + λI)p = −g with λ ≥ 0 and H + λI ⪰ 0; in the hard case the eigenvector of the least
    eigenvalue fills it up, so that a start exactly on the stable manifold of a saddle is no trap. H is factorized
    once per iterate; a rejected step costs one f. The first radius is the length of Newton's step, where H is
    positive definite (the method then begins as Newton's), otherwise that of Cauchy's.
    Source: Moré & Sorensen (1983); Nocedal & Wright (2006), algorithms 4.1 and 4.3.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = (
        "newton",
        "trust_region",
        "monotone",
        "f_homogeneous",
        "x_homogeneous",
        "escapes_saddle",
    )

    def model(self, oracle: Oracle, state: TrustRegionState) -> Factored:
        """Return H and its factor."""
        return factored(oracle.hessian(state.x))

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the global minimizer of the model on ‖p‖ ≤ Δ."""
        return exact_step(model, state.g, Radius(radius))

    def first_radius(self, state: TrustRegionState, model: Factored) -> float:
        """Return the length of Newton's step, or of Cauchy's."""
        return newton_length(model, state.g)
