"""Limited-memory SR1 in a trust region."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from annotated_types import Ge

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
    radius. γ is yᵀy/sᵀy of the newest pair. The memory is the pairs; an iteration factorizes m columns.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 5.1; Brust, Erway & Marcia (2017), algorithm 2.

    Parameters
    ----------
    m : int
        How many pairs (s, y) to remember.
    """

    properties: ClassVar[tuple[str, ...]] = ("trust_region", "monotone", "f_homogeneous", "rotation")

    m: Annotated[int, Ge(1)] = 10

    def learned(self, memory: Any, s: Array, y: Array) -> tuple[tuple[Array, Array], ...] | None:
        """Append the pair; drop the oldest over m."""
        size = hessian_scale(s, y)
        if not (size > 0 and isfinite(size)):
            return memory  # type: ignore[no-any-return]
        return (*(memory or ()), (s, y))[-self.m :]

    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the global minimizer of the model on ‖p‖ ≤ Δ."""
        return spread_step(compact_sr1(model, hessian_scale(*model[-1])), state.g, radius)
