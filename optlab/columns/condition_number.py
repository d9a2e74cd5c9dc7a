"""The condition number of the Hessian and its extreme eigenvalues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.columns._curvature import CONDITION, GREATEST, LEAST, constant, spectrum
from optlab.core.column import Column, spaced
from optlab.kernels.eigenvalues import lanczos

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class ConditionNumber(Column):
    """κ = |λ|max/|λ|min of ∇²f, in closed form at n = 2, and the least and greatest eigenvalue.

    κ says nothing about signs (a saddle can have κ = 1): read `eigenvalue_min` or the column `inertia` beside it.
    It is infinite for a singular Hessian, and NaN where the Hessian is zero or not finite.

    `condition_residual` is NaN where the eigenvalues were computed. A number means that n is above `dense`, or that
    only Hessian-vector products exist: then `condition_number` is a lower bound, `eigenvalue_min` an upper and
    `eigenvalue_max` a lower bound from a Lanczos process, and the number is the relative residual of the Ritz value
    of least magnitude. Far below 1, that value is an eigenvalue; whether it is the smallest stays open.

    Every iterate is looked at for n ≤ 50 with a Hessian by hand and on quadratics, else some, evenly spaced on a
    log scale.
    """

    names: ClassVar[tuple[str, ...]] = ("condition_number", "eigenvalue_min", "eigenvalue_max", "condition_residual")
    needs: ClassVar[tuple[str, ...]] = ("hvp",)

    dense: Annotated[int, Ge(0)] = 2000
    """Up to this n the Hessian is formed."""
    iterates: Annotated[int, Ge(1)] = 30
    """At most so many are looked at for n > 50 …"""
    lanczos_iterates: Annotated[int, Ge(1)] = 10
    """… and so many where the Hessian is not formed."""
    lanczos_steps: Annotated[int, Ge(1)] = 100
    """Products per iterate then."""

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return κ, the extreme eigenvalues and the residual."""
        if trace.points.shape[1] <= self.dense and not problem.lacks("hessian"):
            exact = spectrum(trace, problem, self.dense, self.iterates)
            table = np.column_stack([exact[:, (CONDITION, LEAST, GREATEST)], np.full(len(exact), np.nan)])
        else:
            table = self._bounds(trace, problem)
        return {name: trace.spread(table[:, j]) for j, name in enumerate(self.names)}

    def _bounds(self, trace: Trace, problem: ProblemBase) -> Array:
        M, n = trace.points.shape
        table = np.full((M, 4), np.nan)
        for i in [0] if constant(problem) else spaced(M, self.lanczos_iterates):
            x = trace.points[i]
            ritz = lanczos(lambda v, x=x: problem.hvp(x, v), n, self.lanczos_steps)  # type: ignore[misc]
            table[i] = ritz.condition, ritz.least, ritz.greatest, ritz.residual
        return np.repeat(table[:1], M, axis=0) if constant(problem) else table
