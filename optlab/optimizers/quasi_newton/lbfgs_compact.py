"""Limited-memory BFGS in its compact form."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.quasi_newton import reciprocal_curvature
from optlab.kernels.quasi_newton_limited import NO_PAIRS, CompactPairs, appended, compact_direction
from optlab.linesearch.base import Line
from optlab.linesearch.blas_line import BlasLine
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class LBFGSCompact(LineSearchOptimizer):
    """L-BFGS by products of matrices: the same H as `LBFGS`, so the same iterates up to rounding.

    H − γI has rank 2m; its factors are the pairs and two m × m matrices of their products.
    Source: Byrd, Nocedal & Schnabel (1994), theorem 2.2 and section 3.

    Parameters
    ----------
    m : int
        How many pairs (s, y) to remember.
    scale : bool
        Whether H₀ is (sᵀy/yᵀy) I of the newest pair instead of I.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")
    line: ClassVar[type[Line]] = BlasLine

    m: Annotated[int, Ge(1)] = 10
    scale: bool = True

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−Hg; −g while there is no memory."""
        return compact_direction(state.memory or NO_PAIRS, state.g, self.scale)

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1 once the memory holds curvature."""
        return 1.0 if state.memory else first_length(state, direction)

    def remember(self, old: State, new: State) -> CompactPairs | None:
        """Append the pair of this step, unless its curvature is not above rounding; drop the oldest over m."""
        s, y = new.x - old.x, new.g - old.g
        rho = reciprocal_curvature(s, y, new.step_size * new.slope)  # type: ignore[attr-defined]  # a DescentState
        return appended(old.memory or NO_PAIRS, s, y, self.m) if rho else old.memory
