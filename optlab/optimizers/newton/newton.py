"""Pure Newton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.status import Halt, Status
from optlab.kernels.linear_systems import solve_indefinite


@dataclass(frozen=True)
class Newton(Optimizer):
    """Jump to the critical point of the quadratic model, x − H⁻¹∇f, whatever kind of point that is.

    Nothing guards the step: it goes to saddles and maxima too, and may raise f on its way. H is factorized as
    symmetric and indefinite, never inverted; a singular one ends the run with SINGULAR_KKT.
    Source: Goodfellow, Bengio & Courville (2016), equation 4.12; Nocedal & Wright (2006), section 3.3.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = ("newton", "f_homogeneous", "affine_invariant")

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x − H⁻¹∇f(x)."""
        d = solve_indefinite(oracle.hessian(state.x), -state.g)
        if d is None:
            raise Halt(Status.SINGULAR_KKT, f"the Hessian is singular to working precision at iteration {state.k}")
        return state.moved(oracle, direction=d, step_size=1.0)
