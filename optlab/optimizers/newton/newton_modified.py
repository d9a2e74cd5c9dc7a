"""Newton with a modified Hessian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from optlab.core.descent import LineSearchOptimizer
from optlab.kernels.modification import Modification
from optlab.kernels.modified_cholesky import ModifiedCholesky
from optlab.linesearch.initial import first_length

if TYPE_CHECKING:
    from optlab.core.optimizer import State
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array


@dataclass(frozen=True)
class NewtonModified(LineSearchOptimizer):
    """Newton's direction with a positive definite matrix in place of a Hessian that is not, and a search along it.

    Where H is zero or not finite the direction is −g, as long as makes the full step repeat the last decrease of f.
    Source: Nocedal & Wright (2006), algorithm 3.2 and section 3.4.

    Parameters
    ----------
    modification : Modification
        What is added to H: `modified_cholesky`, `modified_ldl` or `added_identity`.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = ("newton", "line_search", "monotone", "f_homogeneous")

    modification: Modification = ModifiedCholesky()  # noqa: RUF009  frozen

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−(H + E)⁻¹∇f(x)."""
        d = self.modification.solve(oracle.hessian(state.x), -state.g)
        return -first_length(state, -state.g) * state.g if d is None else d

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0
