"""The quadratic penalty method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from annotated_types import Ge

from optlab.core.status import Halt, Status
from optlab.kernels.narrow import eps
from optlab.optimizers._composed import better_multipliers
from optlab.optimizers._penalty import PenaltyOptimizer, length

if TYPE_CHECKING:
    from optlab.core.problem import Array
    from optlab.core.program import Program
    from optlab.optimizers._merit_view import View

ULPS = 4.0
"""A distance to the constraints of so many ulp of the length of x is rounding."""


@dataclass(frozen=True)
class Penalty(PenaltyOptimizer):
    """Minimize f + ½ρ‖violation‖² within the bounds for a growing ρ.

    The minimizers x(ρ) violate the constraints by λ/ρ, λ being the multipliers, and ρ times the violation tends to
    these: to be feasible to eight digits takes ρ ≥ 10⁸‖λ‖, and Hessians as ill-conditioned. Every constraint is divided
    by the length of its gradient at the start.
    Source: Courant (1943); Nocedal & Wright (2006), framework 17.1.

    Parameters
    ----------
    most : float
        The greatest ρ, relative to the first.
    """

    most: Annotated[float, Ge(1)] = 1e14

    def advance(self, program: Program, state: Any) -> dict[str, Any]:
        """Raise ρ, unless the constraints are met but for rounding: a greater one magnifies that alone.

        Raises
        ------
        Halt
            STALLED where the constraints are met, and rounding hides what is left to gain.
        """
        met = state.rows.distance(state.memory) <= ULPS * eps(state.x) * length(state.memory)
        if met and state.omega <= self.least_omega(state, state.rho):
            note = f"the constraints are met, and the minimizer for ρ = {state.rho:.1e} is found, but for rounding"
            raise Halt(Status.STALLED, note)
        rho = state.rho if met else self.raised(program, state)
        return self.next_merit(state, rho, state.terms.lam, state.terms.nu)

    def estimates(self, program: Program, view: View, x: Array) -> tuple[Array, Array]:
        """Return ρ times the violation, or multipliers of least squares: near rounding the former are rough."""
        return better_multipliers(program, view, x)
