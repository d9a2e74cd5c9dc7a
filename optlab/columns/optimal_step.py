"""The optimal step of steepest descent, and the step that was taken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from optlab.columns._curvature import optimal_steps
from optlab.core.column import Column, gradients, moves, norms

if TYPE_CHECKING:
    from optlab.core.problem import ProblemBase
    from optlab.core.trace import Trace
    from optlab.derivatives import Array


@dataclass(frozen=True)
class OptimalStep(Column):
    """ε* = gᵀg/gᵀHg, which minimizes the quadratic model of f along −g, and what the method did instead.

    `optimal_step` is ε* at the iterate. It is signed: negative means negative curvature along the gradient, where
    the model falls for ever; NaN where it is infinite or 0/0. `step_ratio` is the effective step into the row,
    ‖x_k − x_{k−1}‖/‖g_{k−1}‖, divided by ε* at k − 1: 1 for the optimal step, and on a quadratic every gradient step
    beyond 2 goes uphill. NaN where one of the two iterates was not kept.

    H by hand is used at every iterate for n ≤ 50, and Hessian-vector products by hand for every n. By automatic
    differentiation every iterate is looked at where the function takes many at once and is not large, else at most
    300, evenly spaced on a log scale.

    Source: Goodfellow, Bengio & Courville (2016), equation 4.10.
    """

    names: ClassVar[tuple[str, ...]] = ("optimal_step", "step_ratio")
    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")

    def compute(self, trace: Trace, problem: ProblemBase) -> dict[str, Array]:
        """Return ε* and the ratio."""
        best = optimal_steps(trace, problem)
        later, s = moves(trace)
        g = gradients(trace, problem)[later - 1]
        ratio = np.full(len(trace.points), np.nan)
        ratio[later] = norms(s) / norms(g) / best[later - 1]
        return {"optimal_step": trace.spread(best), "step_ratio": trace.spread(ratio)}
