"""Sequential quadratic programming with the Hessian of the Lagrangian."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import MultiplierState, Program
from optlab.kernels import qp_dual
from optlab.kernels.convexify import convexified
from optlab.kernels.qp import Outcome, QuadraticProgram
from optlab.optimizers._sqp import LineSearchSQP, Step
from optlab.optimizers._sqp_plan import Memory, Plan, first_curvature, linearized, solved

ROUNDS = 5
"""Most quadratic programs of a step, each convexified for the working set of the one before."""
FLAT = 1e-4
"""The least curvature of a convexified Hessian, relative to that for which a free step is as long as x."""


@dataclass(frozen=True)
class SQPNewton(LineSearchSQP):
    """Newton's method on the KKT conditions, by quadratic programs with the Hessian of the Lagrangian.

    Where ∇²L is positive definite on the null space of the equalities it is used as it is. Otherwise it is
    convexified: left alone on the null space of the working set, as far as it is positive definite there, and made
    large enough across; what is negative within changes its sign. The first multipliers are those of a quadratic
    program with a multiple of I. Converges quadratically where strict complementarity and the second-order conditions
    hold.
    Source: Nocedal & Wright (2006), section 18.1 (local SQP), algorithm 18.3 and section 18.4 (reduced Hessians).
    """

    name: ClassVar[str] = "sqp_newton"
    needs: ClassVar[tuple[str, ...]] = ("gradient", "lagrangian_hessian")
    properties: ClassVar[tuple[str, ...]] = ("f_homogeneous", "safeguarded", "within_bounds")

    def plan(self, oracle: Oracle, state: MultiplierState) -> tuple[Plan, None]:
        """Solve the quadratic program with ∇²L, or with a convex one that has the same solution where it can."""
        memory, program, size = state.memory, Program(oracle), first_curvature(state)
        H = oracle.lagrangian_hessian(state.x, state.lam, state.nu)
        if not np.isfinite(H).all():
            return solved(linearized(program, memory, size * np.eye(state.x.size, dtype=state.x.dtype)), memory), None
        qp = linearized(program, memory, H)
        found = qp_dual.solve(qp, memory.active)
        if found.outcome is Outcome.OPTIMAL and affordable(found.lam, found.nu, memory):
            return Plan(qp, found, found.lam, found.nu, np.zeros_like(memory.prices), memory.prices), None
        for _ in range(ROUNDS):
            active = memory.active
            plan = solved(qp._replace(H=convexified(H, working_rows(qp, active), FLAT * size)), memory)
            memory = memory._replace(active=plan.found.active)
            if set(plan.found.active) == set(active):
                break
        return plan, None

    def remember(self, model: None, plan: Plan, old: Memory, new: Step) -> None:
        """Remember nothing: the Hessian is computed at every step."""


def affordable(lam: Array, nu: Array, memory: Memory) -> bool:
    """Whether no multiplier is greater than what violation may cost."""
    return bool(np.all(np.concatenate([lam, np.abs(nu)]) <= memory.prices))


def working_rows(qp: QuadraticProgram, active: tuple[int, ...]) -> Array:
    """Return the rows of the working set and of the equalities, (k, n)."""
    n, m, p = qp.q.size, qp.b.size, qp.e.size
    unit = np.eye(n, dtype=qp.q.dtype)
    everything = np.concatenate([qp.A, -unit, unit, qp.E])
    return np.asarray(everything[sorted({*active, *range(m + 2 * n, m + 2 * n + p)})])
