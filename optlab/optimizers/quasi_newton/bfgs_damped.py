"""BFGS with Powell's damping."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optlab.kernels.quasi_newton import bfgs_update, damped_change, multiple_of_identity, reciprocal_curvature, scaling
from optlab.kernels.routines import routines
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import LineSearch
from optlab.optimizers._quasi_newton import DenseQuasiNewton

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.problem import Array


@dataclass(frozen=True)
class BFGSDamped(DenseQuasiNewton):
    """BFGS that updates after every step: where sᵀy is small or negative, y is drawn towards Bs.

    So H stays positive definite under a search that asks for decrease alone. The step was s = −αHg, hence Bs = −αg:
    the damping costs no product. `BFGS` describes the settings.
    Source: Powell (1978); Nocedal & Wright (2006), procedure 18.2.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous")

    search: LineSearch = Armijo()  # noqa: RUF009  frozen

    update = staticmethod(bfgs_update)

    def remember(self, old: State, new: State) -> Array | None:
        """Update H by the damped pair. H₀ is scaled by sᵀy/yᵀy, and where that is not positive by the length α."""
        s, y, H = new.x - old.x, new.g - old.g, old.memory
        dot = routines(s).dot
        alpha, slope = new.step_size, new.slope  # type: ignore[attr-defined]  # a DescentState
        if H is None:
            rho = reciprocal_curvature(s, y, alpha * slope)
            gamma = self.scale * (scaling(y, rho) if rho else alpha) if self.scale else 1.0
            H, Bs, sBs = multiple_of_identity(gamma, s.size, s.dtype), s / gamma, dot(s, s) / gamma
        else:
            Bs, sBs = -alpha * old.g, -alpha * alpha * slope
        r = damped_change(y, Bs, dot(s, y), sBs)
        rho = reciprocal_curvature(s, r, alpha * slope)
        return self.update(H, s, r, rho) if rho else old.memory
