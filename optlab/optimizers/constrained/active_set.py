"""A primal active-set method for quadratic programs."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import ClassVar, NamedTuple

import numpy as np

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import NONE, MultiplierState, Program, Slopes, Values
from optlab.core.status import Halt, Status
from optlab.kernels.norms import max_abs
from optlab.kernels.qp import Outcome, QuadraticProgram, units
from optlab.kernels.qp_primal import Position, advance_in_units, begin, multipliers

SAME = 1e-8
"""What two points predict of each other agrees when it does to this fraction of its terms."""


class Memory(NamedTuple):
    """The program, found out once, its units, and the size of the terms that its slope comes of, (n,).

    The position, None where there is no feasible point; and what is wrong.
    """

    qp: QuadraticProgram
    units: Array
    size: Array
    at: Position | None
    wrong: tuple[Status, str] | None


@dataclass(frozen=True)
class ActiveSetState(MultiplierState):
    """A state with its multipliers and, for each inequality in their order, whether it is in the working set, (m,)."""

    active: Array = field(default_factory=lambda: NONE)

    recorded: ClassVar[tuple[str, ...]] = ("lam", "nu", "active")


@dataclass(frozen=True)
class ActiveSet(Optimizer):
    """Solve the equality-constrained program of a working set; let a row join it, or leave it, at each step.

    A step goes to the least point of the rows held with equality, or as far as the first other row, which joins. At
    the least point the row with the most negative multiplier leaves; when there is none, the point is the solution.
    After a step of length 0 rows are chosen by Bland's rule, so that no working set returns. Where there is no
    curvature, as in a linear program, it runs along −∇f within the working set. It begins at the feasible point
    nearest to the start, and every iterate is feasible. What is small is judged with the variables in units in which
    their curvatures are alike. Where H is not convex, it ends at a point that no single
    change of the working set improves.

    H, and the rows of the constraints, are asked for once; a problem that is no quadratic program is found out.
    Source: Nocedal & Wright (2006), algorithm 16.3 and section 16.5; Bland (1977).
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian", "quadratic", "linear_constraints")
    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    factors: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = ("feasible", "monotone", "within_bounds")

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Go to the feasible point nearest to the start, and read the objective off there."""
        program, n = Program(oracle), x0.size
        x = program.clip(x0)
        x0 = x0 if (x == x0).all() else x
        g, h, A, E = (
            oracle.inequality(x0),
            oracle.equality(x0),
            oracle.inequality_jacobian(x0),
            oracle.equality_jacobian(x0),
        )
        nothing = np.zeros((n, n), x.dtype), np.zeros_like(x)
        rows = QuadraticProgram(*nothing, A, A @ x0 - g, E, E @ x0 - h, program.lo, program.hi)
        there = all(np.isfinite(part).all() for part in rows[:6])
        at = begin(rows, x0) if there else None
        x = x0 if at is None else at.x
        wrong = bent(oracle, rows, x0, x) if there else (Status.NONFINITE, "a constraint is not finite at the start")
        f, slope = oracle.value_and_gradient(x)
        H = oracle.hessian(x)
        qp = rows._replace(H=H, q=slope - H @ x)
        memory = Memory(qp, units(H), np.abs(slope) + np.abs(H) @ np.abs(x), at, wrong)
        return self._with_multipliers(program, ActiveSetState(x, f, slope, memory=memory))

    def step(self, oracle: Oracle, state: State) -> State:
        """Change the working set once."""
        memory: Memory = state.memory
        if memory.wrong is not None:
            raise Halt(*memory.wrong)
        if memory.at is None:
            raise Halt(Status.INFEASIBLE, "no point meets all the constraints")
        if memory.at.outcome is Outcome.OPTIMAL:
            raise Halt(Status.STALLED, "the working set is optimal, rounding apart")
        at = advance_in_units(memory.qp, memory.at, memory.units)
        if at.outcome is Outcome.UNBOUNDED:
            raise Halt(Status.UNBOUNDED, f"f falls without end along a direction of slope {state.g @ at.direction:.3g}")
        program, new = Program(oracle), memory._replace(at=at)
        if at.alpha == 0:
            return self._with_multipliers(program, state.stayed(memory=new))
        f, g = oracle.value_and_gradient(at.x)
        off = np.abs(g - memory.qp.H @ at.x - memory.qp.q)
        if not np.all(off <= SAME * (np.abs(memory.qp.H) @ np.abs(at.x) + memory.size)):
            raise Halt(Status.SKIPPED, "f is not quadratic: its gradient is not the one foreseen")
        return self._with_multipliers(
            program, state.at(at.x, f, g, step_size=at.alpha, direction=at.direction, memory=new)
        )

    def _with_multipliers(self, program: Program, state: State) -> State:
        """Add the multipliers of the working set, and which inequalities are in it."""
        assert isinstance(state, ActiveSetState)
        qp, D, _, at, _ = state.memory
        n, m = qp.q.size, qp.b.size
        held = np.zeros(m + 2 * n, qp.q.dtype)
        if at is None:
            zero = np.zeros_like(qp.q)
            lam, nu = program.join(np.zeros_like(qp.b), zero, zero), np.zeros_like(qp.e)
        else:
            found = multipliers(qp, at, D)
            lam, nu = program.join(found.lam, found.lower, found.upper), found.nu
            held[list(at.working)] = 1.0
        return replace(state, lam=lam, nu=nu, active=program.join(held[:m], held[m : m + n], held[m + n :]))

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """max(‖∇L‖∞, complementarity/ℓ) with the multipliers of the working set."""
        assert isinstance(state, ActiveSetState)
        qp, program, x = state.memory.qp, Program(oracle), state.x
        if state.memory.at is None or state.memory.wrong is not None:
            return max_abs(state.g)
        values = Values(x, state.f, qp.A @ x - qp.b, qp.E @ x - qp.e)
        return program.stationarity(values, Slopes(state.g, qp.A, qp.E), state.lam, state.nu)


def bent(oracle: Oracle, rows: QuadraticProgram, x: Array, y: Array) -> tuple[Status, str] | None:
    """Return which kind of constraint is not linear between x, where the rows are from, and y; None where all are.

    Where y is x, another point takes its place, as far away as x is from the origin, or 1.
    """
    y = y if (y != x).any() else x + max(1.0, max_abs(x))
    for name, value, J, right in (
        ("an inequality", oracle.inequality(y), rows.A, rows.b),
        ("an equality", oracle.equality(y), rows.E, rows.e),
    ):
        if not np.all(np.abs(value - (J @ y - right)) <= SAME * (np.abs(J) @ np.abs(y) + np.abs(right))):
            return Status.SKIPPED, f"{name} is not linear"
    return None
