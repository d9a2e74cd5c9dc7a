"""Limited-memory SR1 in a trust region."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge, Gt

from optlab.core.trust_region import TrustRegionState
from optlab.kernels.quasi_newton import hessian_scale
from optlab.kernels.quasi_newton_sr1 import compact_sr1, spread_step
from optlab.optimizers._secant_trust_region import SecantTrustRegion

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array
    from optlab.kernels.trust_region import Step


@dataclass(frozen=True)
class LSR1(SecantTrustRegion):
    """SR1 from the last m pairs, the Hessian never formed.

    B differs from γI by rank m: its eigenvalues are known, and so is the global minimizer of the model within the
    radius. On a convex quadratic B is above the Hessian, and shows no negative curvature that is not there, if γ is
    above its greatest eigenvalue; every yᵀy/sᵀy is below. The memory is the pairs; an iteration factorizes m columns.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 5.1; Brust, Erway & Marcia (2017), algorithm 2.

    Parameters
    ----------
    m : int
        How many pairs (s, y) to remember.
    scale : float
        γ is this multiple of the greatest yᵀy/sᵀy among the pairs.
    """

    properties: ClassVar[tuple[str, ...]] = ("trust_region", "monotone", "f_homogeneous", "rotation")

    m: Annotated[int, Ge(1)] = 10
    scale: Annotated[float, Gt(0)] = 2.0

    def learned(self, memory: Any, s: Array, y: Array) -> tuple[tuple[Array, Array], ...] | None:
        """Append the pair; drop the oldest over m."""
        size = hessian_scale(s, y)
        if not (size > 0 and isfinite(size)):
            return memory  # type: ignore[no-any-return]
        return (*(memory or ()), (s, y))[-self.m :]

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the global minimizer of the model on ‖p‖ ≤ Δ."""
        gamma = self.scale * max(hessian_scale(s, y) for s, y in model)
        return spread_step(compact_sr1(model, gamma), state.g, radius)
