"""The observed linear rate beside the theoretical one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

import numpy as np
from annotated_types import Ge

from optlab.columns._curvature import optimal_steps
from optlab.core.column import Column, gradients, moves, norms

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array

NOISE = 10 * float(np.finfo(float).eps)
"""A difference f − f* below NOISE · max(|f|, |f*|) is rounding."""


@dataclass(frozen=True)
class Rate(Column):
    """By what factor the error of f shrinks per iteration, and what theory promises.

    * `observed_rate` = (f_k − f*)/(f_{k−1} − f*), NaN once f − f* is rounding. Where f* is unknown it is
      (‖∇f_k‖/‖∇f_{k−1}‖)², which has the same limit for linear convergence.
    * `theoretical_rate` = ((κ − 1)/(κ + 1))², the same in every row: the worst case of steepest descent on this
      problem, with the exact step and with the best fixed step 2/(L + μ) alike.
    * `rate_bound`: what is guaranteed for the very step taken, for gradient steps only: max((1 − εμ)², (1 − εL)²),
      and ((κ − 1)/(κ + 1))² for ε = ε*. No observed rate is above it but by rounding.

    The theory is that of unconstrained problems whose facts state the curvature μ > 0, L (quadratics); else NaN.

    Source: Nocedal & Wright (2006), theorem 3.3; Polyak (1987), section 1.4.
    """

    names: ClassVar[tuple[str, ...]] = ("observed_rate", "theoretical_rate", "rate_bound")

    tolerance: Annotated[float, Ge(0)] = 1e-6
    """A step counts as a gradient step, and a gradient step as the optimal one, when they agree to this, relatively."""

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return the observed rate, the problem's rate, and the bound of each step."""
        nothing = np.full(len(trace), np.nan)
        observed = self._observed(trace, problem)
        curvature = problem.known.curvature
        if curvature is None or problem.constrained or not curvature[0] > 0:
            return dict(zip(self.names, (observed, nothing, nothing), strict=True))
        mu, L = float(curvature[0]), float(curvature[1])
        worst = ((L - mu) / (L + mu)) ** 2
        bound = trace.spread(self._bound(trace, problem, mu, L))
        return dict(zip(self.names, (observed, np.full(len(trace), worst), bound), strict=True))

    def _observed(self, trace: Trace, problem: ProblemBase) -> Array:
        best = problem.known.optimum
        if best is None:
            later, _ = moves(trace)
            size = norms(gradients(trace, problem))
            rate = np.full(len(trace.points), np.nan)
            rate[later] = (size[later] / size[later - 1]) ** 2
            return trace.spread(rate)
        f = trace.scalars["f"]
        error = f - float(best)
        genuine = error[:-1] > NOISE * np.maximum(np.abs(f[:-1]), abs(best))
        observed = np.full(len(trace), np.nan)
        observed[1:] = np.where(genuine & (error[1:] >= 0), error[1:] / error[:-1], np.nan)
        return observed

    def _bound(self, trace: Trace, problem: ProblemBase, mu: float, L: float) -> Array:
        later, s = moves(trace)
        g = gradients(trace, problem)[later - 1]
        step = trace.scalars["step_size"][trace.rows[later]]
        straight = norms(s + step[:, None] * g) <= self.tolerance * norms(s)
        bound = np.maximum((1 - step * mu) ** 2, (1 - step * L) ** 2)
        if not problem.lacks("hvp"):
            best = optimal_steps(trace, problem)[later - 1]
            exact = np.abs(step - best) <= self.tolerance * np.abs(best)
            bound = np.where(exact, ((L - mu) / (L + mu)) ** 2, bound)
        out = np.full(len(trace.points), np.nan)
        out[later] = np.where(straight, bound, np.nan)
        return out
