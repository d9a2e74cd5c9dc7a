"""A primal–dual interior point method with a filter: what its variants share, all but the Hessian."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.kkt import FEASIBLE
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import NONE, Program, Values
from optlab.core.status import Halt, Status
from optlab.kernels.interior import Box, Duals, share
from optlab.kernels.interior_filter import Filter
from optlab.kernels.interior_layout import PUSH, arranged, free_between, row_units, unit_of
from optlab.kernels.kkt_factorization import corrected
from optlab.kernels.narrow import eps
from optlab.kernels.norms import max_abs
from optlab.linesearch.base import noise_of
from optlab.optimizers._interior_problem import (
    ROUNDING,
    Accepted,
    InteriorPointState,
    Memory,
    Plan,
    Trial,
    noise,
    tried,
)
from optlab.optimizers._interior_restoration import Restored, begun, restored

VAST, MET = 1e12, 1e-8
"""f has fallen without bound when it is that many times further down than it was large at the start, the constraints
being met to the second, relative to w and to their gradients."""
LEAST_MU = 1e-20
"""μ below this, in the method's units, is rounding."""
GREAT, INCREDIBLE, SETTLED = 1e4, 1e10, 0.1
"""Multipliers beyond the first, in the method's units, are believed when the last step changed them by less than the
third of their size; beyond the second they are not."""
WORSE = 0.99
"""κ_soc: a second-order correction has to lower θ at least to this fraction for another one to follow."""


@dataclass(frozen=True)
class InteriorPointBase(Optimizer):
    """Newton steps on the perturbed KKT conditions, their lengths from a filter. A subclass gives the Hessian.

    Source: Wächter & Biegler (2006), algorithm A; Nocedal & Wright (2006), chapter 19.
    """

    abstract: ClassVar[bool] = True
    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    factors: ClassVar[bool] = True
    properties: ClassVar[tuple[str, ...]] = (
        "f_homogeneous",
        "inside_bounds",
        "line_search",
        "permutation",
    )
    expected_failures: ClassVar = {
        "converged where it starts at the solution": "a start on the boundary is pushed inside first",
    }

    mu: Annotated[float, Gt(0)] = 0.1
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.2
    power: Annotated[float, Gt(1), Lt(2)] = 1.8
    tightness: Annotated[float, Gt(0)] = 30.0
    tau: Annotated[float, Gt(0), Lt(1)] = 0.99
    corrections: Annotated[int, Ge(0)] = 4
    trials: Annotated[int, Ge(1)] = 60

    # --- what a variant gives -------------------------------------------------------------------

    @abstractmethod
    def curvature(self, oracle: Oracle, memory: Memory) -> Array:
        """Return the Hessian of the Lagrangian with respect to the free variables, in the method's units, (k, k)."""

    @abstractmethod
    def constraint_curvature(self, oracle: Oracle, memory: Memory, c: Array) -> Array:
        """Return Σ c_i ∇²c_i with respect to the free variables, (k, k): the restoration's share of second order."""

    def steepness(self, oracle: Oracle, values: Values) -> float:
        """Return a size that ∇f at the start is at least taken for: it may happen to vanish there."""
        return 0.0

    def remember(self, oracle: Oracle, old: Memory, new: Memory) -> Any:
        """Return what the next `curvature` needs of this step."""
        return None

    # --- the contract ---------------------------------------------------------------------------

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Push the start inside its bounds, choose units, slacks and multipliers."""
        program = Program(oracle)
        lo, hi = program.lo, program.hi
        x, free = program.clip(x0), free_between(lo, hi)
        x[free] = Box(lo[free], hi[free]).pushed(x[free], PUSH)
        values, slopes = program.values(x), program.slopes(x)
        of_f = unit_of(max(float(np.linalg.norm(slopes.df[free])), self.steepness(oracle, values)))
        rows = np.concatenate([slopes.Jg, slopes.Jh])[:, free]
        of_c = row_units(rows, np.concatenate([values.g, values.h]))
        layout, w = arranged(x, free, lo, hi, of_f, of_c, values.g)
        duals = Duals(np.isfinite(layout.box.lo).astype(w.dtype), np.isfinite(layout.box.hi).astype(w.dtype))
        theta = float(np.abs(layout.residual(w, values.g, values.h)).sum())
        memory = Memory(layout, w, NONE, duals, values, slopes, Filter.around(theta), 0.0, abs(values.f))
        memory = memory._replace(y=memory.by_least_squares())
        lam, nu = memory.multipliers(program)
        return InteriorPointState(values.x, values.f, slopes.df, lam=lam, nu=nu, mu=self.mu, memory=memory)

    def step(self, oracle: Oracle, state: State) -> State:
        """Lower μ where its problem is solved, and take a Newton step; or a step that restores feasibility."""
        assert isinstance(state, InteriorPointState)
        program, memory = Program(oracle), state.memory
        if not memory.w.size:
            outside = program.violation(memory.values)
            if outside > FEASIBLE:
                note = f"the bounds fix every variable, and a constraint is violated by {outside:.3g}"
                raise Halt(Status.INFEASIBLE, note)
            raise Halt(Status.STALLED, "the bounds leave no variable any freedom")
        if memory.restoring:
            return self._restored(program, state, memory, state.mu)
        mu, memory = self._lowered(memory, state.mu)
        now = memory.measured(mu)
        plan = self._planned(oracle, state, memory, now, mu)
        found = self._search(program, memory, plan, now, mu)
        if found is None:
            return self._unmoved(program, state, memory, plan, now, mu)
        new = self._dual_step(memory, plan, found.trial.w, found.alpha, mu)
        new = new._replace(
            w=found.trial.w, values=found.trial.values, slopes=found.slopes, filter=found.filter,
            delta=plan.system.delta or memory.delta,
        )  # fmt: skip
        if plan.system.softening:  # multipliers of dependent rows are of any size
            new = new._replace(y=new.by_least_squares())
        new = new._replace(model=self.remember(oracle, memory, new))
        return self._next(program, state, Restored(new, found.alpha, (new.w - memory.w) / found.alpha, plan.system), mu)

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """max(‖∇L‖∞, complementarity/ℓ) with the method's own multipliers; at least ‖∇f‖∞ where these are no limit.

        Towards a point without multipliers they grow, and every residual falls: only their growth tells.
        """
        assert isinstance(state, InteriorPointState)
        memory: Memory = state.memory
        found = Program(oracle).stationarity(memory.values, memory.slopes, state.lam, state.nu)
        size = max_abs(memory.y) if memory.y.size else 0.0
        limit = size <= GREAT or (size <= INCREDIBLE and memory.drift <= SETTLED)
        return found if limit else max(found, max_abs(state.g))

    # --- the parts of a step --------------------------------------------------------------------

    def _lowered(self, memory: Memory, mu: float) -> tuple[float, Memory]:
        """Lower μ while its problem is solved well enough. Source: Wächter & Biegler (2006), equation 7."""
        if not memory.layout.box.bounded:
            return mu, memory
        c = memory.measured(mu).c
        while mu > LEAST_MU and memory.error(c, mu) <= self.tightness * mu:
            mu, memory = self._less(mu), memory._replace(filter=memory.filter.emptied())
        return mu, memory

    def _less(self, mu: float) -> float:
        return max(LEAST_MU, self.shrink * mu if mu >= 1 else min(self.shrink * mu, float(mu**self.power)))

    def _planned(self, oracle: Oracle, state: State, memory: Memory, now: Trial, mu: float) -> Plan:
        """Solve the primal–dual system. Source: Wächter & Biegler (2006), equation 13."""
        box, w, A = memory.layout.box, memory.w, memory.jacobian
        W = self.curvature(oracle, memory)
        system = corrected(W, memory.duals.curvature(box, w), A, mu, memory.delta)
        if system is None:
            raise Halt(Status.SINGULAR_KKT, f"no regularization helps the KKT matrix of iteration {state.k}")
        slope = memory.slope + mu * box.barrier_slope(w)
        b = -(slope + memory.y @ A)
        d, dy = system.solve(b, -now.c)
        along = float(slope @ d)
        return Plan(system, b, d, dy, along, -along > noise_of(w) * abs(now.phi), share(self.tau, mu), noise(w, A))

    def _dual_step(self, memory: Memory, plan: Plan, w: Array, alpha: float, mu: float) -> Memory:
        """Step in the multipliers: y along with the point, which is w, those of the bounds as far as they stay > 0."""
        box = memory.layout.box
        change = memory.duals.step(box, memory.w, plan.d, mu)
        duals = memory.duals.moved(change, memory.duals.longest(change, plan.tau), box, w, mu)
        y = memory.y + alpha * plan.dy
        drift = max_abs(y - memory.y) / (max_abs(y) or 1.0) if y.size else 0.0
        return memory._replace(y=y, duals=duals, drift=drift)

    def _search(self, program: Program, memory: Memory, plan: Plan, now: Trial, mu: float) -> Accepted | None:
        """Shorten the step until the filter accepts it. Source: Wächter & Biegler (2006), algorithm A, step 5."""
        w, d, box = memory.w, plan.d, memory.layout.box
        alpha = box.longest(w, d, plan.tau)
        tiny = eps(w) / (max_abs(d / (1.0 + np.abs(w))) or eps(w))
        if alpha < tiny:
            return None
        least = max(tiny, memory.filter.least_step(now.theta, plan.along))
        for count in range(self.trials):
            trial = tried(program, memory, w + alpha * d, mu)
            found = self._judged(program, memory, plan, now, trial, alpha, alpha)
            worse = count == 0 and trial is not None and trial.theta >= max(now.theta, plan.noise)
            if found is None and worse:
                assert trial is not None
                found = self._corrected(program, memory, plan, now, trial, alpha, mu)
            if found is not None:
                return found
            alpha *= 0.5
            if not alpha >= least:
                break
        return None

    def _corrected(
        self, program: Program, memory: Memory, plan: Plan, now: Trial, trial: Trial, alpha: float, mu: float
    ) -> Accepted | None:
        """Aim again, at what the constraints were at the first trial. Source: Wächter & Biegler (2006), section 2.4."""
        w, box = memory.w, memory.layout.box
        c, step, before = now.c, alpha, now.theta
        for _ in range(self.corrections):
            c = step * c + trial.c
            d, _ = plan.system.solve(plan.b, -c)
            step = box.longest(w, d, plan.tau)
            again = tried(program, memory, w + step * d, mu)
            found = self._judged(program, memory, plan, now, again, step, alpha)
            if found is not None or again is None or again.theta > WORSE * before:
                return found
            trial, before = again, again.theta
        return None

    def _judged(
        self, program: Program, memory: Memory, plan: Plan, now: Trial, trial: Trial | None, step: float, alpha: float
    ) -> Accepted | None:
        """Ask the filter, and evaluate the derivatives of what it accepts."""
        if trial is None:
            return None
        rounding = 0.0 if plan.promising else noise_of(memory.w) * abs(now.phi)
        judged = memory.filter.judged((now.theta, now.phi), (trial.theta, trial.phi), alpha, plan.along, rounding)
        if judged is None:
            return None
        slopes = program.slopes(trial.values.x)
        return Accepted(trial, slopes, step, judged) if slopes.finite else None

    # --- where no step is accepted ----------------------------------------------------------------

    def _unmoved(
        self, program: Program, state: InteriorPointState, memory: Memory, plan: Plan, now: Trial, mu: float
    ) -> State:
        """Restore feasibility; at a feasible point forget the model, step in the multipliers alone, or end."""
        if now.theta > plan.noise:
            return self._restored(program, state, begun(memory, now, mu), mu)
        new = self._dual_step(memory, plan, memory.w, 1.0, mu)
        more = memory.layout.box.bounded and mu > LEAST_MU
        stuck = not more and new.drift <= MET
        if (plan.promising or stuck) and memory.model is not None:
            return state.stayed(memory=memory._replace(model=None), restarts=state.restarts + 1)
        if plan.promising:
            raise Halt(Status.LINESEARCH_FAILED, f"no step along Newton's direction lowers φ at iteration {state.k}")
        if stuck:
            raise Halt(Status.STALLED, f"what a step promises at iteration {state.k} is below rounding")
        lam, nu = new.multipliers(program)
        new = new._replace(filter=memory.filter.emptied())
        return state.stayed(mu=self._less(mu) if more else mu, memory=new, lam=lam, nu=nu)

    def _restored(self, program: Program, state: InteriorPointState, memory: Memory, mu: float) -> State:
        c = memory.measured(mu).c
        W = self.constraint_curvature(program.oracle, memory, c)
        found = restored(program, memory, W, mu, self.tau, self.trials)
        new = found.memory
        if new.restoring:
            new = new._replace(model=self.remember(program.oracle, memory, new))
        return self._next(program, state, found._replace(memory=new), mu, restoring=True)

    def _next(
        self, program: Program, state: InteriorPointState, found: Restored, mu: float, restoring: bool = False
    ) -> State:
        """Return the state at the new point."""
        memory = found.memory
        lay, v = memory.layout, memory.values
        fallen = -lay.of_f * v.f > VAST * max(lay.of_f * memory.size, 1.0)
        if fallen and memory.measured(mu).theta <= MET / ROUNDING * noise(memory.w, memory.jacobian):
            raise Halt(Status.UNBOUNDED, f"f falls without bound: it is {v.f:.3g} after iteration {state.k}")
        lam, nu = (state.lam, state.nu) if memory.restoring else memory.multipliers(program)
        return state.at(
            v.x, v.f, memory.slopes.df, lam=lam, nu=nu, mu=mu, step_size=found.alpha, memory=memory,
            direction=lay.spread(found.direction), regularization=found.system.delta,
            restoring=float(restoring),
        )  # fmt: skip
