"""Gradient descent with the step that minimizes the quadratic model."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import ClassVar, Literal

import numpy as np

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import Line, LineSearch
from optlab.linesearch.initial import first_length
from optlab.linesearch.strong_wolfe import StrongWolfe


@dataclass(frozen=True)
class GradientDescentOptimalStep(Optimizer):
    """Move against the gradient by ε* = gᵀg/gᵀHg, the minimizer of f(x) − εgᵀg + ½ε²gᵀHg.

    One product Hg gives the curvature; H is never formed. Where gᵀHg ≤ 0 the model has no minimum and no ε*
    exists. ε* lies between 1/λmax and 1/λmin of a positive definite H.
    Source: Goodfellow, Bengio & Courville (2016), equation 4.10.

    Parameters
    ----------
    fallback : str
        What happens where gᵀHg ≤ 0: "halt" ends the run with NEGATIVE_CURVATURE, "search" takes the step that
        `search` finds along −g (counted in `restarts`).
    search : LineSearch
        The search of that fallback.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hvp")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("optimal_step", "f_homogeneous")

    fallback: Literal["halt", "search"] = "halt"
    search: LineSearch = StrongWolfe()  # noqa: RUF009  frozen

    def step(self, oracle: Oracle, state: State) -> State:
        """Return x − ε*∇f(x)."""
        g = state.g
        squared, curvature = float(g.dot(g)), float(g.dot(oracle.hvp(state.x, g)))
        if curvature > 0 and isfinite(squared / curvature):
            return state.moved(oracle, direction=-g, step_size=squared / curvature)
        if not isfinite(curvature):
            raise Halt(Status.NONFINITE, f"gᵀHg is not finite ({curvature})")
        if curvature == 0 and squared < float(np.finfo(g.dtype).tiny):
            raise Halt(Status.STALLED, f"the square of the gradient underflows at f = {state.f:.6g}")
        if self.fallback == "halt":
            raise Halt(Status.NEGATIVE_CURVATURE, f"gᵀHg = {curvature:.3g}: no optimal step exists")
        return self._searched(oracle, state, -g)

    def _searched(self, oracle: Oracle, state: State, d: Array) -> State:
        trial = self.search.search(Line(oracle, state.x, state.f, state.g, d), first_length(state, d))
        if trial is None or trial.g is None:
            raise Halt(Status.LINESEARCH_FAILED, "no step along -g was accepted where the curvature is not positive")
        return state.at(trial.x, trial.f, trial.g, step_size=trial.alpha, direction=d, restarts=state.restarts + 1)
