"""Gauss–Newton with a line search."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, cast

from annotated_types import Ge

from optlab.core.descent import DescentState, LineSearchOptimizer
from optlab.core.squares import SumOfSquares
from optlab.kernels.damped_least_squares import scales
from optlab.kernels.least_squares import shortest_step
from optlab.kernels.narrow import eps
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import LineSearch

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

RAISE, LOWER = 10.0, 4.0
"""By these factors the shift grows after a shortened step, and falls after a full one that did as promised."""
AS_PROMISED = 0.75
"""A decrease of this part of what the linear model promises."""
NEGLIGIBLE = 0.5
"""A shift below this power of eps changes nothing that matters: it becomes 0."""


@dataclass(frozen=True)
class GaussNewtonState(DescentState):
    """A state that also knows the shift; its memory is r and J at the iterate.

    Attributes
    ----------
    lam : float
        λ of the next direction.
    """

    lam: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("lam",)


@dataclass(frozen=True)
class GaussNewton(LineSearchOptimizer):
    """The least-squares solution of the linearized residuals as the direction, and a search along it.

    The direction is the shortest minimizer of ‖r + Jp‖, by the SVD of J: JᵀJ is never formed, and dependent columns do
    no harm. Where J is nearly singular it is long and almost across −∇f. After a step that the search had to shorten,
    λ‖Dp‖² is added for the next direction, D holding the norms of the columns of J; λ falls, to 0, with full steps that
    do as the model promises. On a linear problem one step is the solution; where the residuals vanish at it, the rate
    is quadratic.
    Source: Nocedal & Wright (2006), section 10.3; Björck (1996), section 9.2.1.

    Parameters
    ----------
    shift : float
        The first λ after a shortened step; with 0 the direction is always Gauss and Newton's.
    """

    needs: ClassVar[tuple[str, ...]] = ("residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = (
        "gauss_newton", "line_search", "monotone", "f_homogeneous", "x_homogeneous", "translation", "permutation",
    )  # fmt: skip

    search: LineSearch = Armijo()  # noqa: RUF009  frozen
    shift: Annotated[float, Ge(0)] = 1e-3

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate r and J at the start."""
        view, squares = SumOfSquares.at(oracle, x0)
        return GaussNewtonState(x0, view.value(x0), view.gradient(x0), memory=squares)

    def step(self, oracle: Oracle, state: State) -> State:
        """Search along the direction, f and ∇f being those of r and J."""
        view = SumOfSquares(oracle, state.memory.c)
        new = super().step(cast("Oracle", view), state)
        new.__dict__.update(memory=view.known(new.x), lam=self._next_shift(state, new))  # not shared yet
        return new

    def direction(self, oracle: Oracle, state: State) -> Array:
        """Return the shortest argmin ‖r + Jp‖² + λ‖Dp‖² (equation 10.26); −∇f where that is not finite."""
        assert isinstance(state, GaussNewtonState)
        (_, r, J), lam = state.memory, state.lam
        p = shortest_step(J, r, sqrt(lam) * scales(J) if lam > 0 else None)
        return -state.g if p is None else p

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0

    def remember(self, old: State, new: State) -> Any:
        """Return nothing: what there is to remember is known to `step`."""

    def _next_shift(self, old: State, new: State) -> float:
        assert isinstance(old, GaussNewtonState)
        assert isinstance(new, GaussNewtonState)
        lam = old.lam
        if new.restarts > old.restarts or new.step_size < 1.0:
            return max(RAISE * lam, self.shift)
        if not new.decrease >= -0.5 * AS_PROMISED * new.slope:  # the model's decrease is −½gᵀp, or just above
            return lam
        return lam / LOWER if lam > LOWER * eps(old.x) ** NEGLIGIBLE else 0.0
