"""Sequential quadratic programming with damped BFGS updates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import MultiplierState, Program
from optlab.kernels.quasi_newton import INDEPENDENT, damped_change
from optlab.optimizers._sqp import LineSearchSQP, Step
from optlab.optimizers._sqp_plan import Memory, Plan, first_curvature, linearized, solved

LEAST = 0.3
"""The least factor by which the matrix is scaled before an update."""


@dataclass(frozen=True)
class SQP(LineSearchSQP):
    """Newton's method on the KKT conditions with a positive definite matrix in place of the Lagrangian's Hessian.

    Each step d minimizes ∇fᵀd + ½dᵀBd over the linearized constraints; B follows the changes of ∇L, damped so that it
    stays positive definite, and scaled down where the curvature seen is less than expected. It begins as a multiple of
    I: the one for which a free first step is as long as x, then, before the first update, the curvature seen along
    that step. Needs no second derivatives.
    Source: Nocedal & Wright (2006), algorithm 18.3 and procedure 18.2; Powell (1978), A fast algorithm for nonlinearly
    constrained optimization calculations; Oren & Luenberger (1974), Self-scaling variable metric algorithms.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient",)
    properties: ClassVar[tuple[str, ...]] = ("f_homogeneous", "safeguarded", "within_bounds")

    def plan(self, oracle: Oracle, state: MultiplierState) -> tuple[Plan, Array]:
        """Solve the quadratic program with B."""
        memory: Memory = state.memory
        B: Array | None = memory.model
        if B is None:
            B = first_curvature(state) * np.eye(state.x.size, dtype=state.x.dtype)
        return solved(linearized(Program(oracle), memory, B), memory), B

    def remember(self, model: Array, plan: Plan, old: Memory, new: Step) -> Array:
        """Update B by the damped change of ∇L with the new multipliers."""
        a, b = old.slopes, new.slopes
        s = new.values.x - old.values.x
        y = (b.df - a.df) + plan.lam @ (b.Jg - a.Jg) + plan.nu @ (b.Jh - a.Jh)
        ss, sy, yy = float(s @ s), float(s @ y), float(y @ y)
        if old.model is None and sy > INDEPENDENT * float(np.sqrt(ss) * np.sqrt(yy)):
            model = sy / ss * np.eye(s.size, dtype=s.dtype)
        return damped_update(self_scaled(model, s, sy), s, y, sy)


def self_scaled(B: Array, s: Array, sy: float) -> Array:
    """Return τB with τ = sᵀy/sᵀBs where that lies between LEAST and 1, LEAST where it lies between 0 and that.

    A matrix that is too large makes steps too short in every direction; where it is too small, damping and the search
    take care of it. Source: Oren & Luenberger (1974); Al-Baali (1998), Numerical experience with a class of
    self-scaling quasi-Newton algorithms.
    """
    sBs = float(s @ (B @ s))
    if not -INDEPENDENT * sBs <= sy < sBs:
        return B
    return max(LEAST, sy / sBs) * B


def damped_update(B: Array, s: Array, y: Array, sy: float) -> Array:
    """Return B₊ = B − BssᵀB/sᵀBs + rrᵀ/sᵀr (equation 18.16) with the damped r for y; B itself where s is no use."""
    Bs = B @ s
    sBs = float(s @ Bs)
    if not sBs > 0:
        return B
    r = damped_change(y, Bs, sy, sBs)
    updated = B - np.outer(Bs, Bs / sBs) + np.outer(r, r / float(s @ r))
    return updated if np.isfinite(updated).all() else B
