"""How near a run with a fixed step comes to where rounding stops it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from optlab.core.column import Column
from optlab.core.status import InputError
from optlab.kernels.rounding_floor import fixed_step, fixed_step_floor

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array

LAST = 20
"""What a run ends with is the greatest of its last so many kept iterates: it may end in a cycle."""


@dataclass(frozen=True)
class RoundingFloor(Column):
    """The error along each eigenvector of a quadratic over the bound ulp(x*)/(2 min(αλ, 2 − αλ)) of theory.

    `floor_ratio` is the greatest over all directions: once it is about 1, rounding hides the way on. The runs table has
    the greatest of the end of the run in `final_floor_ratio`, that in the flattest direction in `flattest_floor_ratio`,
    and the bound on ‖x − x*‖ itself in `floor_distance`. It is known for gradient descent with a fixed step α < 2/L;
    where steps vary all are NaN.
    """

    names: ClassVar[tuple[str, ...]] = ("floor_ratio",)
    summaries: ClassVar[tuple[str, ...]] = ("final_floor_ratio", "flattest_floor_ratio", "floor_distance")
    needs: ClassVar[tuple[str, ...]] = ("quadratic", "hessian")

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the greatest ratio at every kept iterate."""
        return {"floor_ratio": trace.spread(self._ratios(trace, problem)[0].max(axis=1))}

    def summarize(self, trace: Trace, problem: ProblemBase) -> dict[str, Any]:
        """Return what the run ends with."""
        ratios, bound = self._ratios(trace, problem)
        last = ratios[-LAST:]
        if not np.isfinite(bound).any():
            return dict.fromkeys(self.summaries, None)
        return {
            "final_floor_ratio": float(last.max()),
            "flattest_floor_ratio": float(last[:, 0].max()),
            "floor_distance": float(np.linalg.norm(bound)),
        }

    def _ratios(self, trace: Trace, problem: ProblemBase) -> tuple[Array, Array]:
        """Return the (M, n) ratios at the kept iterates, the flattest direction first, and the (n,) bounds."""
        x = problem.known.solution
        if x is None:
            msg = "no minimizer is known, which the bound is about"
            raise InputError(msg)
        center, alpha = np.asarray(x, dtype=float), fixed_step(trace.scalars["step_size"])
        if not np.isfinite(alpha):
            nothing = np.full_like(trace.points, np.nan)
            return nothing, np.full(center.size, np.nan)
        values, Q = np.linalg.eigh(problem.hessian(center))
        bound = fixed_step_floor(values, Q, center, alpha, trace.precision)
        return np.abs((trace.points - center) @ Q) / bound, bound
