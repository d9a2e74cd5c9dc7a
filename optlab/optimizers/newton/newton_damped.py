"""Damped Newton."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from optlab.core.descent import LineSearchOptimizer
from optlab.core.optimizer import State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.modification import AddedIdentity
from optlab.linesearch.armijo import Armijo
from optlab.linesearch.base import LineSearch
from optlab.linesearch.initial import first_length

ADDED = AddedIdentity()


@dataclass(frozen=True)
class NewtonDamped(LineSearchOptimizer):
    """Newton's direction by Cholesky, and a search along it that tries the full step first.

    Where H is not positive definite, beyond rounding, τI is added, τ growing from 10⁻³‖H‖ until Cholesky succeeds;
    where H is zero or not finite the direction is −g, as long as makes the full step repeat the last decrease of f.
    Source: Boyd & Vandenberghe (2004), algorithm 9.5; Nocedal & Wright (2006), algorithms 3.2 and 3.3.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    properties: ClassVar[tuple[str, ...]] = ("newton", "line_search", "monotone", "f_homogeneous")

    search: LineSearch = Armijo()  # noqa: RUF009  frozen

    def direction(self, oracle: Oracle, state: State) -> Array:
        """−(H + τI)⁻¹∇f(x)."""
        d = ADDED.solve(oracle.hessian(state.x), -state.g)
        return -first_length(state, -state.g) * state.g if d is None else d

    def first_step(self, state: State, direction: Array) -> float:
        """Return 1, the full step."""
        return 1.0
