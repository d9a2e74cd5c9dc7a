"""Limited-memory BFGS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.quasi_newton import reciprocal_curvature
from optlab.kernels.quasi_newton_limited import Pair, two_loop
from optlab.linesearch.base import Line
from optlab.linesearch.blas_line import BlasLine
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class LBFGS(LineSearchOptimizer):
    """BFGS from the last m pairs, the inverse Hessian never formed.

    An iteration reads every pair twice and costs little else: 4mn multiplications. The memory is the pairs, shared
    from state to state.
    Source: Liu & Nocedal (1989); Nocedal & Wright (2006), algorithms 7.4 and 7.5.

    Parameters
    ----------
    m : int
        How many pairs (s, y) to remember.
    scale : bool
        Whether the recursion starts from (sᵀy/yᵀy) I of the newest pair instead of I.
    """

    properties: ClassVar[tuple[str, ...]] = ("line_search", "monotone", "f_homogeneous", "quasi_newton")
    line: ClassVar[type[Line]] = BlasLine

    m: Annotated[int, Ge(1)] = 10
    scale: bool = True

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−Hg by the two-loop recursion; −g while there is no memory."""
        return two_loop(state.memory or (), state.g, self.scale)

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1 once the memory holds curvature."""
        return 1.0 if state.memory else first_length(state, direction)

    def remember(self, old: State, new: State) -> tuple[Pair, ...]:
        """Append the pair of this step, unless its curvature is not above rounding; drop the oldest over m."""
        pairs: tuple[Pair, ...] = old.memory or ()
        s, y = new.x - old.x, new.g - old.g
        rho = reciprocal_curvature(s, y, new.step_size * new.slope)  # type: ignore[attr-defined]  # a DescentState
        return (*pairs, (s, y, rho))[-self.m :] if rho else pairs
