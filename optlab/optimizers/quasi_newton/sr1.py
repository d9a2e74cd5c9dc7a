"""SR1 in a trust region."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Any, ClassVar

from optlab.core.trust_region import TrustRegionState
from optlab.kernels.limits import Radius
from optlab.kernels.quasi_newton import full, hessian_scale, multiple_of_identity, sr1_update
from optlab.kernels.secular import exact_step, factored
from optlab.optimizers._secant_trust_region import SecantTrustRegion

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.trust_region import Step


@dataclass(frozen=True)
class SR1(SecantTrustRegion):
    """The symmetric update of rank one: B follows negative curvature too, and n of them find a constant Hessian.

    The step is the global minimizer of the model within the radius, for an indefinite B as well. A pair with
    |rᵀs| < 10⁻⁸‖r‖‖s‖, r = y − Bs, is left out. Before the first update B is scaled to the curvature seen. The memory
    is B, packed; an iteration factorizes it.
    Source: Nocedal & Wright (2006), algorithm 6.2 and equations 6.24 and 6.26.
    """

    properties: ClassVar[tuple[str, ...]] = ("trust_region", "monotone", "f_homogeneous", "rotation")

    def learned(self, memory: Any, s: Array, y: Array) -> Array | None:
        """Update B by rank one."""
        if memory is None:
            size = hessian_scale(s, y)
            if not (size > 0 and isfinite(size)):
                return None
            memory = multiple_of_identity(size, s.size, s.dtype)
        return sr1_update(memory, s, y)

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the global minimizer of the model on ‖p‖ ≤ Δ."""
        return exact_step(factored(full(model)), state.g, Radius(radius))
