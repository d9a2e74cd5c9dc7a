"""BFGS with a dense inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.core.descent import LineSearchOptimizer
from optlab.linesearch.initial import first_length
from optlab.kernels.quasi_newton import inverse_update, reciprocal_curvature, scaling, symmetric_product

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class BFGS(LineSearchOptimizer):
    """Quasi-Newton with Broyden, Fletcher, Goldfarb and Shanno's update of the inverse Hessian.

    Two products with H and a rank-two update: nothing costs more than n² operations. A pair whose curvature is
    not above rounding is left out. The memory is H, (n, n), its lower triangle alone.
    Source: Nocedal & Wright (2006), algorithm 6.1 and equations 6.17, 6.20.

    Parameters
    ----------
    scale : bool
        Whether the first update starts from (sᵀy/yᵀy) I instead of I.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")

    scale: bool = True

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−Hg; −g while there is no memory."""
        return -state.g if state.memory is None else symmetric_product(state.memory, state.g, -1.0)

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1 once the memory holds curvature."""
        return first_length(state, direction) if state.memory is None else 1.0

    def remember(self, old: State, new: State) -> Array | None:
        """Update H by the pair of this step; before the first one H is scaled to the curvature seen."""
        s, y = new.x - old.x, new.g - old.g
        rho = reciprocal_curvature(s, y, old.g)
        H: Array | None = old.memory
        if rho == 0:
            return H
        if H is None:
            H = np.asfortranarray(np.diag(np.full(s.size, scaling(y, rho) if self.scale else 1.0)))
        return inverse_update(H, s, y, rho)
