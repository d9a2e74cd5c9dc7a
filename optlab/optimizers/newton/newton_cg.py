"""Truncated Newton by conjugate gradients."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite, sqrt
from typing import TYPE_CHECKING, Annotated, ClassVar

from annotated_types import Ge, Gt, Lt

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.truncated_cg import forcing, truncated_cg
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class NewtonCG(LineSearchOptimizer):
    """Solve Newton's equation by conjugate gradients from products Hv alone, no better than the step deserves.

    H is never formed: n may be 10⁶. Curvature that is not positive ends the process at the present iterate, a
    direction of descent; at the first iteration at −g, as long as |gᵀHg| suggests.
    Source: Nocedal & Wright (2006), algorithm 7.1; Nash (2000).

    Parameters
    ----------
    loosest : float
        The residual to reach is ‖g‖ min(loosest, √(‖g‖/‖g₀‖)), g₀ being the gradient at the start of the run.
    products : int
        At most this many products per step, and 2n.
    """

    name: ClassVar[str] = "newton_cg"
    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    properties: ClassVar[tuple[str, ...]] = ("line_search", "rotation", "monotone", "f_homogeneous")

    loosest: Annotated[float, Gt(0), Lt(1)] = 0.5
    products: Annotated[int, Ge(1)] = 500

    def direction(self, oracle: Oracle, state: State) -> Array:
        """Return the point where conjugate gradients end, or a multiple of −g."""
        g = state.g
        norm = sqrt(float(g.dot(g)))
        tolerance = norm * forcing(norm, norm if state.memory is None else state.memory, self.loosest)
        path = truncated_cg(lambda v: oracle.hvp(state.x, v), g, tolerance, min(self.products, 2 * g.size))
        if path.end.predicted > 0:
            return path.end.p
        curvature = abs(path.legs[0].curvature) if path.legs else 0.0
        length = norm * norm / curvature if curvature > 0 else first_length(state, -g)
        return -length * g if isfinite(length) else -g

    def remember(self, old: State, new: State) -> float:
        """‖∇f‖ at the start of the run."""
        return sqrt(float(old.g.dot(old.g))) if old.memory is None else old.memory  # type: ignore[no-any-return]

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0
