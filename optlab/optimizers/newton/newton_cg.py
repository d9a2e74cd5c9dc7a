"""Truncated Newton by conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.euclidean import norm
from optlab.kernels.truncated_cg import forcing, truncated_cg
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class NewtonCG(LineSearchOptimizer):
    """Solve Newton's equation by conjugate gradients from products Hv alone, no better than the step deserves.

    H is never formed: n may be 10⁶. Negative curvature along one of the process's directions ends it: the last leg
    then goes as far as to the critical point there, and away from it, as in saddle-free Newton. In a valley with a
    slight negative curvature along its floor the iterate before that leg is little more than steepest descent.
    Source: Nocedal & Wright (2006), algorithm 7.1; Nash (2000); Dauphin et al. (2014) for the last leg.

    Parameters
    ----------
    loosest : float
        The residual to reach is ‖g‖ min(loosest, √(‖g‖/‖g₀‖)), g₀ being the gradient at the start of the run.
    products : int
        At most this many products per step, and 2n.
    follow : bool
        Whether to go along negative curvature found after the first iteration; False takes the present iterate, as
        algorithm 7.1 does.
    """

    name: ClassVar[str] = "newton_cg"
    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "rotation", "monotone", "f_homogeneous")

    loosest: Annotated[float, Gt(0), Lt(1)] = 0.5
    products: Annotated[int, Ge(1)] = 500
    follow: bool = True

    def direction(self, oracle: Oracle, state: State) -> Array:
        """Return the point where conjugate gradients end, or a multiple of −g."""
        g = state.g
        steep = norm(g)
        tolerance = steep * forcing(steep, steep if state.memory is None else state.memory, self.loosest)
        path = truncated_cg(lambda v: oracle.hvp(state.x, v), g, tolerance, min(self.products, 2 * g.size))
        bent, first = path.bent, path.end.predicted == 0
        if bent is not None and (first or self.follow):
            alpha = bent.to_critical_point()
            if isfinite(alpha):
                return bent.z + alpha * bent.d
        return -first_length(state, -g) * g if first else path.end.p

    def remember(self, old: State, new: State) -> float:
        """‖∇f‖ at the start of the run."""
        return norm(old.g) if old.memory is None else old.memory

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0
