"""A primal–dual interior point method with the Hessian of the Lagrangian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import Values
from optlab.optimizers._interior_point import InteriorPointBase
from optlab.optimizers._interior_problem import Memory

FRACTION = 1e-4
"""∇f at the start is taken for at least this fraction of the Hessian, its change over a short way."""


@dataclass(frozen=True)
class InteriorPoint(InteriorPointBase):
    """Newton steps towards minima of f with a barrier, primal and dual variables at once; a filter takes their lengths.

    The problem is min f(x) − μ Σ log(slack) subject to g(x) + s = 0 and h(x) = 0, the slacks being s and the distances
    to the bounds; so x stays strictly inside its bounds, while g and h are met in the limit only. A step solves
    [[W + Σ, Aᵀ], [A, 0]] (d, dy) = −(∇φ + Aᵀy, c), W the Hessian of the Lagrangian, Σ = Z/slack, A the
    Jacobian of c. The matrix is regularized until its inertia says that d goes down φ where c is 0; d is cut to leave a
    fraction of every slack, and shortened until a filter accepts (θ, φ), θ = ‖c‖₁, after a second-order correction if θ
    rises. Where that fails, ½‖c‖² is lowered until the filter accepts a point; a point where it is stationary ends the
    run as INFEASIBLE. μ falls superlinearly as its problems are solved, and goes on falling until the run is stopped.
    f and each constraint are divided by their gradients at the start.
    Source: Wächter & Biegler (2006), On the implementation of an interior-point filter line-search algorithm;
    Nocedal & Wright (2006), chapter 19.

    Parameters
    ----------
    mu : float
        The first μ, where ‖∇f‖ at the start is 10.
    shrink, power : float
        The next μ is the lesser of shrink · μ and μ^power. Wächter & Biegler take 0.2 and 1.5.
    tightness : float
        μ falls when its problem is solved to this multiple of μ. Wächter & Biegler take 10.
    tau : float
        A step uses up at most max(tau, 1 − μ) of a slack.
    corrections : int
        Most second-order corrections of a step.
    trials : int
        Most trials of a step.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "lagrangian_hessian")
    properties: ClassVar[tuple[str, ...]] = (*InteriorPointBase.properties, "translation")

    def curvature(self, oracle: Oracle, memory: Memory) -> Array:
        """∇²f + Σ y_i ∇²c_i, (k, k)."""
        lay, m = memory.layout, memory.layout.m
        y = memory.y * lay.of_c / lay.of_f
        return lay.of_f * lay.among_free(oracle.lagrangian_hessian(memory.values.x, y[:m], y[m:]))

    def constraint_curvature(self, oracle: Oracle, memory: Memory, c: Array) -> Array:
        """Σ c_i ∇²c_i, (k, k): the difference of two Hessians of the Lagrangian."""
        lay, m, x = memory.layout, memory.layout.m, memory.values.x
        y, zero = c * lay.of_c, np.zeros_like(c)
        W = oracle.lagrangian_hessian(x, y[:m], y[m:]) - oracle.lagrangian_hessian(x, zero[:m], zero[m:])
        return lay.among_free(W)

    def steepness(self, oracle: Oracle, values: Values) -> float:
        """A fraction of ‖∇²f‖."""
        H = oracle.lagrangian_hessian(values.x, 0.0 * values.g, 0.0 * values.h)
        return FRACTION * float(np.linalg.norm(H))
