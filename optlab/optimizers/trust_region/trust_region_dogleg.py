"""Trust region along the dogleg."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from optlab.core.trust_region import TrustRegionOptimizer, TrustRegionState
from optlab.kernels.euclidean import norm
from optlab.kernels.modification import solve_semidefinite
from optlab.kernels.secular import finite
from optlab.kernels.trust_region import Step, cauchy_step, dogleg_step, natural_length

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


class Legs(NamedTuple):
    """Hg, and Newton's step; None where H is not positive definite."""

    product: Array
    newton: Array | None


@dataclass(frozen=True)
class TrustRegionDogleg(TrustRegionOptimizer):
    """Go along −g to the least point of the model there, and from it towards Newton's, as far as the radius allows.

    Where H is not positive definite there is no Newton point to go to, and the step is Cauchy's: the least point of
    the model along −g within the radius, on the boundary where the curvature is negative.
    Source: Powell (1970); Nocedal & Wright (2006), equation 4.16 and algorithm 4.1.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = ("newton", "trust_region", "monotone", "f_homogeneous", "x_homogeneous")

    def model(self, oracle: Oracle, state: TrustRegionState) -> Legs:
        """Return Hg, and Newton's step where H is positive definite."""
        H, g = finite(oracle.hessian(state.x)), state.g
        return Legs(H @ g, solve_semidefinite(H, -g))

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the point of the dogleg at Δ, or Cauchy's."""
        if model.newton is None:
            return cauchy_step(state.g, float(state.g.dot(model.product)), radius)
        return dogleg_step(state.g, model.product, model.newton, radius)

    def first_radius(self, state: TrustRegionState, model: Legs) -> float:
        """Return the length of Newton's step, or of Cauchy's."""
        size = 0.0 if model.newton is None else norm(model.newton)
        return size if 0 < size < inf else natural_length(state.g, float(state.g.dot(model.product)))
