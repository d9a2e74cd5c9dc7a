"""Newton's method on the KKT conditions of equality constraints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.linear_systems import has_full_row_rank, solve_kkt
from optlab.kernels.norms import max_abs
from optlab.linesearch.base import NOISE

NONE = np.empty(0)
NONE.setflags(write=False)


class Memory(NamedTuple):
    """h (p,) and its Jacobian J (p, n) at the iterate, and how much a unit of h weighs against one of ∇L."""

    h: Array
    J: Array
    weight: float


@dataclass(frozen=True)
class KKTState(State):
    """A state with the multipliers ν (p,) of h(x) = 0."""

    nu: Array = field(default_factory=lambda: NONE)

    recorded: ClassVar[tuple[str, ...]] = ("nu",)


@dataclass(frozen=True)
class KKTNewton(Optimizer):
    """Newton on ∇f + Jᵀν = 0, h = 0, from a start that need not be feasible.

    The step solves [[W, Jᵀ], [J, 0]] (dx, dν) = −(∇f + Jᵀν, h), W being the Hessian of the Lagrangian: without
    the curvature of h there is no convergence on curved constraints. The residual's norm, in which a unit of h
    weighs as much as ‖∇f‖ at the start, is the merit that backtracking decreases; so the method finds KKT points,
    minima or not. ν starts from least squares. A singular system or dependent rows of J end the run.
    Source: Boyd & Vandenberghe (2004), algorithm 10.2; Nocedal & Wright (2006), section 18.1.

    Parameters
    ----------
    c1 : float
        The merit has to fall below 1 − c₁t times its last value after a step t.
    shrink : float
        What a rejected step is multiplied by.
    trials : int
        Most trials of a step.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "lagrangian_hessian")
    handles: ClassVar[tuple[str, ...]] = ("equality",)
    properties: ClassVar[tuple[str, ...]] = ("newton", "f_homogeneous")

    c1: Annotated[float, Gt(0), Lt(0.5)] = 1e-4
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    trials: Annotated[int, Ge(1)] = 50

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start and take ν from least squares, argmin ‖∇f + Jᵀν‖."""
        f, g = oracle.value_and_gradient(x0)
        h, J = oracle.equality(x0), oracle.equality_jacobian(x0)
        nu: Array = np.zeros(h.size)
        if np.isfinite(g).all() and np.isfinite(J).all():
            nu = np.asarray(np.linalg.lstsq(J.T, -g, rcond=None)[0], dtype=x0.dtype)
        nu.setflags(write=False)
        return KKTState(x0, f, g, nu=nu, memory=Memory(h, J, float(np.sqrt(g.dot(g))) or 1.0))

    def step(self, oracle: Oracle, state: State) -> State:
        """Solve the KKT system and backtrack on the residual."""
        assert isinstance(state, KKTState)
        h, J, weight = state.memory
        if not has_full_row_rank(J):
            raise Halt(Status.SINGULAR_KKT, f"the constraints' gradients are dependent at iteration {state.k}")
        gradient = state.g + J.T @ state.nu
        solved = solve_kkt(oracle.lagrangian_hessian(state.x, NONE, state.nu), J, -gradient, -h)
        if solved is None:
            raise Halt(Status.SINGULAR_KKT, f"the KKT matrix is singular to working precision at iteration {state.k}")
        dx, dnu = solved
        merit = norm(gradient, weight * h)
        f, t = state.f, 1.0
        for _ in range(self.trials):
            x, nu = state.x + t * dx, state.nu + t * dnu
            f, g = oracle.value_and_gradient(x)
            h, J = oracle.equality(x), oracle.equality_jacobian(x)
            if np.isfinite(f) and norm(g + J.T @ nu, weight * h) <= (1.0 - self.c1 * t) * merit:
                nu.setflags(write=False)
                return state.at(x, f, g, nu=nu, step_size=t, direction=dx, memory=Memory(h, J, weight))
            t *= self.shrink
        raise self._failure(state, merit, f)

    def _failure(self, state: KKTState, merit: float, f: float) -> Halt:
        if not np.isfinite(f):
            return Halt(Status.NONFINITE, f"f is not finite however short the step (f = {f})")
        _, J, weight = state.memory
        rounding = NOISE * (norm(state.g) + norm(J.T @ state.nu) + weight * norm(J.ravel()) * norm(state.x))
        if merit <= rounding:
            return Halt(Status.STALLED, f"the residual {merit:.1e} is at the level of rounding")
        return Halt(Status.LINESEARCH_FAILED, f"no step along Newton's direction lowers the residual {merit:.1e}")

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇f + Jᵀν‖∞; whether h = 0 the driver checks."""
        assert isinstance(state, KKTState)
        return max_abs(state.g + state.memory.J.T @ state.nu)


def norm(*parts: Array) -> float:
    """Return the Euclidean norm of the parts as one vector."""
    return float(np.sqrt(sum(float(part.dot(part)) for part in parts)))
