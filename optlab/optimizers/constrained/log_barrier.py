"""The logarithmic barrier method."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.constraints import length_from
from optlab.core.optimizer import Optimizer, State
from optlab.core.program import Program, Slopes, Values
from optlab.core.status import Halt, Status
from optlab.kernels.euclidean import norm
from optlab.kernels.modification import solve_semidefinite
from optlab.kernels.norms import max_abs
from optlab.kernels.penalty_interior import inside
from optlab.kernels.penalty_terms import Barrier
from optlab.linesearch.base import noise_of
from optlab.optimizers._composed import (
    ComposedOptimizer,
    ComposedState,
    better_multipliers,
    by_inner,
    properties_of,
)
from optlab.optimizers._merit_view import Point, View
from optlab.optimizers.trust_region.trust_region import TrustRegion

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

LEAST = 0.1
"""The first μ is at least this multiple of that which makes the barrier's pull as strong as ∇f."""
AT_THE_EDGE = 1e-6
"""A point this near to all constraints, relative to the length of x, is feasible: what is missing is the interior."""
HIDDEN = 1e-2
"""Rounding that changes the gradient by more than this part of ∇f hides what is left to gain."""


class Interior(Program):
    """A program whose bounds are rows of g like all others, and whose f is asked for inside only: ∞ elsewhere."""

    __slots__ = ("_rhs", "_rows")

    def __init__(self, oracle: Oracle) -> None:
        super().__init__(oracle)
        unit, none = np.eye(oracle.n, dtype=oracle.dtype), np.empty(0, dtype=int)
        self._rows = np.concatenate([-unit[self.below], unit[self.above]])
        self._rhs = np.concatenate([-self.lo[self.below], self.hi[self.above]])
        self.below = self.above = none
        self.hi = np.full(oracle.n, inf, oracle.dtype)
        self.lo = -self.hi

    def constraints(self, x: Array) -> Array:
        """g(x), bounds included, (m,)."""
        return np.concatenate([self.oracle.inequality(x), self._rows @ x - self._rhs])

    def jacobian(self, x: Array) -> Array:
        """∂g_i/∂x_j, bounds included, (m, n)."""
        return np.concatenate([self.oracle.inequality_jacobian(x), self._rows])

    def values(self, x: Array) -> Values:
        """Evaluate the constraints at x, and f where every g < 0."""
        g = self.constraints(x)
        return Values(x, self.oracle.value(x) if (g < 0).all() else inf, g, np.empty(0, x.dtype))

    def slopes(self, x: Array) -> Slopes:
        """Evaluate the first derivatives at x."""
        return Slopes(self.oracle.gradient(x), self.jacobian(x), np.empty((0, x.size), x.dtype))


@dataclass(frozen=True)
class BarrierState(ComposedState):
    """A state that also knows the barrier.

    Attributes
    ----------
    mu : float
        μ, in the units of f.
    gap : float
        mμ of the last minimizer that was reached: for convex problems f there is within it of the least; ∞ before.
    """

    mu: float = 0.0
    gap: float = inf

    recorded: ClassVar[tuple[str, ...]] = ("lam", "outer", "mu", "gap")


@dataclass(frozen=True)
class LogBarrier(ComposedOptimizer):
    """Minimize f − μ Σ log(−g) from strictly inside, for a shrinking μ; equalities are not handled.

    The minimizers are the central path: with λ = −μ/g they fulfil the KKT conditions but for λg = −μ, and f − f* ≤ mμ
    where the problem is convex. f is never asked for unless every g < 0 and every bound is kept strictly. A start that
    is not inside is moved there by phase I, which asks for g alone; where that finds no such point the run ends before
    f is asked for: as INFEASIBLE, or SKIPPED where there are feasible points, but no interior.
    Source: Frisch (1955); Fiacco & McCormick (1968); Boyd & Vandenberghe (2004), algorithm 11.1; Nocedal & Wright
    (2006), section 19.6.

    Parameters
    ----------
    inner : Optimizer
        What minimizes the merit functions; it sees no bounds.
    mu : float, optional
        The first μ, in the units of f; by default that with the least ‖∇f + Jgᵀλ‖ at the start.
    shrink : float
        From one μ to the next.
    centering : float
        The inner stationarity to reach, relative to μ over the length of x (at most 1).
    depth : float
        How far inside phase I tries to get first, relative to the length of x.
    """

    handles: ClassVar[tuple[str, ...]] = ("bounds", "inequality")
    factors: ClassVar[bool] = True
    properties = by_inner(lambda inner: (*properties_of(inner), "strictly_feasible"))
    expected_failures: ClassVar = {
        "converged where it starts at the solution": "a solution at the boundary is not strictly inside",
    }
    state_type: ClassVar[type[ComposedState]] = BarrierState
    variants: ClassVar = ({"inner": "bfgs"}, {"inner": "newton_modified", "shrink": 0.2})

    inner: Optimizer = TrustRegion()  # noqa: RUF009  frozen
    mu: Annotated[float, Gt(0)] | None = None
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.1
    centering: Annotated[float, Gt(0)] = 0.1
    depth: Annotated[float, Gt(0)] = 0.1

    def program(self, oracle: Oracle) -> Program:
        """Return the problem with its bounds among the inequalities."""
        return Interior(oracle)

    def first_point(self, program: Program, x0: Array) -> Array:
        """Return x0 where it is strictly inside, else a point that is.

        Raises
        ------
        Halt
            Where none is found: INFEASIBLE, or SKIPPED where only the interior is missing.
        """
        assert isinstance(program, Interior)
        if (program.constraints(x0) < 0).all():
            return x0
        length = max(max_abs(x0), program.oracle.start_length, 1.0)
        found = inside(program.constraints, program.jacobian, x0, self.depth * length)
        if found.strict:
            return found.x
        if found.height <= AT_THE_EDGE * length:
            raise Halt(Status.SKIPPED, "the constraints leave no interior: no point with every g < 0 was found")
        note = f"no point strictly inside was found; the nearest is {found.height:.3g} outside"
        raise Halt(Status.INFEASIBLE, note)

    def begin(self, program: Program, point: Point) -> dict[str, Any]:
        """Choose the first μ."""
        (x, _, g, _), slopes = point
        mu, length = self.mu, length_from(x, program.oracle.start_length)
        if mu is None:
            pull = (-1.0 / g) @ slopes.Jg
            squared = float(pull @ pull)
            steep = norm(slopes.df)
            mu = (
                max(-float(slopes.df @ pull) / squared, LEAST * steep / sqrt(squared))
                if squared > 0
                else steep * length
            )
        mu = mu if 0 < mu < inf else 1.0
        omega = self.centering * mu / length
        return {"mu": mu, "omega": omega, "terms": Barrier(mu)}

    def step(self, oracle: Oracle, state: State) -> State:
        """Take a step of the inner optimizer, from inside; the first after a change of μ goes along the path."""
        assert isinstance(state, BarrierState)
        fresh = (
            state.memory is state.anchor
            and state.outer > 0
            and state.lam.size > 0
            and "lagrangian_hessian" in self.needs
        )
        along = self._along_the_path(self.program(oracle), state) if fresh else None
        return super().step(oracle, state) if along is None else along

    def _along_the_path(self, program: Program, state: BarrierState) -> State | None:
        """Return the state at x − (∇²φ)⁻¹∇φ₊, with the last φ and the present φ₊; None unless that is lower.

        It is the tangent of the path: Newton's step for φ₊ alone is 1/shrink times as long towards what is active.
        Source: Fiacco & McCormick (1968), section 5.1.
        """
        last = View(program, Barrier(state.mu / self.shrink), state.memory)
        view = View(program, Barrier(state.mu), state.memory)
        p = solve_semidefinite(last.hessian(state.x), -view.gradient(state.x))
        if p is None:
            return None
        x = state.x + p
        return self.arrived(program, view, state, x, p) if view.value(x) < view.value(state.x) else None

    def advance(self, program: Program, state: Any) -> dict[str, Any]:
        """Shrink μ.

        Raises
        ------
        Halt
            STALLED where the rounding of g would hide the next minimizer.
        """
        mu = self.shrink * state.mu
        length = length_from(state.x, program.oracle.start_length)
        g = state.memory.values.g
        curvature = mu / g / g / self.shrink**2
        rows = state.memory.slopes.Jg
        noise = (
            noise_of(state.x)
            * max(max_abs(state.x), length)
            * float((curvature * (rows * rows).sum(axis=1)).max(initial=0.0))
        )
        if noise > HIDDEN * max_abs(state.memory.slopes.df):
            raise Halt(Status.STALLED, f"for μ below {state.mu:.1e} rounding in the constraints hides the minimizer")
        omega = max(self.centering * mu / length, noise)
        return {"mu": mu, "gap": state.mu * g.size, "omega": omega, "terms": Barrier(mu)}

    def harden(self, program: Program, state: Any, halt: Halt) -> dict[str, Any]:
        """Give up: f is unbounded inside."""
        raise halt

    def estimates(self, program: Program, view: View, x: Array) -> tuple[Array, Array]:
        """Return λ = −μ/g, or multipliers of least squares: where g is near rounding the former are rough."""
        return better_multipliers(program, view, x)
