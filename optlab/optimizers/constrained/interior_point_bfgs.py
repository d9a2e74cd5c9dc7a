"""A primal–dual interior point method with damped BFGS updates."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import ClassVar

import numpy as np

from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.norms import max_abs
from optlab.kernels.quasi_newton import damped_change
from optlab.optimizers._interior_point import InteriorPointBase
from optlab.optimizers._interior_problem import Memory

CURVED = 1e-8
"""sᵀy above this fraction of ‖s‖‖y‖ is positive curvature, not rounding."""


@dataclass(frozen=True)
class InteriorPointBFGS(InteriorPointBase):
    """The interior point method with a Hessian of the Lagrangian learned from gradients, by damped updates of BFGS.

    The problem is min f(x) − μ Σ log(slack) subject to g(x) + s = 0 and h(x) = 0, the slacks being s and the distances
    to the bounds; so x stays strictly inside its bounds, while g and h are met in the limit only. A step solves
    [[W + Σ, Aᵀ], [A, 0]] (d, dy) = −(∇φ + Aᵀy, c), W a positive definite B in its place, Σ = Z/slack, A the
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

    name: ClassVar[str] = "interior_point_bfgs"

    def curvature(self, oracle: Oracle, memory: Memory) -> Array:
        """B, (k, k); at first a multiple of the identity with which −∇f leads about as far as x is long."""
        k = memory.layout.free.size
        if memory.model is not None:
            return np.asarray(memory.model)
        size = max_abs(memory.w[:k]) if k else 0.0
        return (length(memory.slope) / max(1.0, size) or 1.0) * np.eye(k, dtype=memory.w.dtype)

    def constraint_curvature(self, oracle: Oracle, memory: Memory, c: Array) -> Array:
        """B for Σ c_i ∇²c_i, (k, k); at first ‖c‖ I, a step of Levenberg and Marquardt."""
        k = memory.layout.free.size
        return length(c) * np.eye(k, dtype=c.dtype) if memory.model is None else np.asarray(memory.model)

    def remember(self, oracle: Oracle, old: Memory, new: Memory) -> Array:
        """Update B by the change of ∇L along s, with the new multipliers; of Σ c_i ∇c_i alone in the restoration.

        Source: Nocedal & Wright (2006), procedure 18.2; Dennis, Gay & Welsch (1981) for the restoration.
        """
        k, lay = old.layout.free.size, new.layout
        c = lay.residual(new.w, new.values.g, new.values.h)
        change = (c if new.restoring else new.y) @ (new.jacobian - old.jacobian)
        B = self.constraint_curvature(oracle, old, c) if new.restoring else self.curvature(oracle, old)
        if not new.restoring:
            change += new.slope - old.slope
        s, y = new.w[:k] - old.w[:k], change[:k]
        return updated(B if old.model is not None else sized(B, s, y), s, y)


def length(v: Array) -> float:
    """‖v‖."""
    return sqrt(float(v @ v))


def sized(B: Array, s: Array, y: Array) -> Array:
    """Return the multiple of I that has the size y and s show; B, its first guess, bounds it from below.

    Source: Nocedal & Wright (2006), equation 6.20.
    """
    sy, yy, ss = float(s @ y), float(y @ y), float(s @ s)
    if not (0 < ss < inf and yy < inf):
        return B
    size = yy / sy if sy > CURVED * sqrt(ss * yy) else sqrt(yy / ss)
    return max(size, CURVED * float(B[0, 0])) * np.eye(s.size, dtype=s.dtype)


def updated(B: Array, s: Array, y: Array) -> Array:
    """Return B after the damped update of BFGS. Source: Powell (1978); Nocedal & Wright (2006), procedure 18.2."""
    Bs = B @ s
    sBs = float(s @ Bs)
    if not (0 < sBs < inf and float(y @ y) < inf):
        return B
    r = damped_change(y, Bs, float(s @ y), sBs)
    return np.asarray(B - np.outer(Bs, Bs) / sBs + np.outer(r, r) / float(s @ r))
