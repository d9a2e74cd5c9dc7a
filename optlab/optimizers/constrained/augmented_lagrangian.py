"""The augmented Lagrangian method."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Lt

from optlab.kernels.norms import max_abs
from optlab.linesearch.base import noise_of
from optlab.optimizers._composed import ComposedState, better_multipliers
from optlab.optimizers._merit_view import Point, View, multipliers
from optlab.optimizers._penalty import PenaltyOptimizer, PenaltyState, length, proportionate

if TYPE_CHECKING:
    from optlab.core.problem import Array
    from optlab.core.program import Program


@dataclass(frozen=True)
class AugmentedState(PenaltyState):
    """A state that also knows η, the distance that the present merit function has to reach for ρ to stay."""

    eta: float = inf


@dataclass(frozen=True)
class AugmentedLagrangian(PenaltyOptimizer):
    """Minimize f + λᵀg + νᵀh + ½ρ‖violation‖² within the bounds, then correct the multipliers by ρ times the violation.

    The error falls by a factor of order 1/ρ at every correction, so that ρ need not grow for ever: it does where the
    violation has not fallen to θ times the last one, or where the merit function has no minimum. Inequalities enter by
    max(0, λ + ρg)². Every constraint is divided by the length of its gradient at the start; the multipliers start from
    least squares.
    Source: Hestenes (1969); Powell (1969); Conn, Gould & Toint (1991), A globally convergent augmented Lagrangian
    algorithm; Nocedal & Wright (2006), algorithm 17.4.

    Parameters
    ----------
    theta : float
        θ.
    """

    state_type: ClassVar[type[ComposedState]] = AugmentedState
    variants: ClassVar = ({"inner": "lbfgsb"}, {"inner": "trust_region_bounds"})

    theta: Annotated[float, Gt(0), Lt(1)] = 0.25

    def first_multipliers(self, program: Program, point: Point) -> tuple[Array, Array]:
        """Return those of least squares, or zeros where these are out of proportion."""
        lam, nu = multipliers(program, point)
        lam = lam[: point.values.g.size]
        return (lam, nu) if proportionate(point, lam, nu) else super().first_multipliers(program, point)

    def advance(self, program: Program, state: Any) -> dict[str, Any]:
        """Correct the multipliers; raise ρ where the violation has not fallen enough."""
        values, terms = state.memory.values, state.terms
        lam, nu = terms.multipliers(values.g, values.h)
        parts = (np.maximum(values.g, -terms.lam / terms.of_g) / state.rows.of_g, values.h / state.rows.of_h)
        distance = max((max_abs(part) for part in parts if part.size), default=0.0)
        enough = distance <= max(state.eta, noise_of(state.x) * length(state.memory))
        rho = state.rho if enough else self.raised(program, state)
        eta = self.theta * distance if enough else state.eta
        return {"eta": eta, **self.next_merit(state, rho, lam, nu)}

    def estimates(self, program: Program, view: View, x: Array) -> tuple[Array, Array]:
        """Return max(0, λ + ρg) and ν + ρh; where ∇f is zero no constraint is needed to balance it."""
        flat = not view.at(x).slopes.df.any()
        return better_multipliers(program, view, x) if flat else view.multipliers(x)
