"""Sequential quadratic programming with a line search: what its variants share, but for the Hessian."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass, replace
from math import inf, isfinite
from typing import Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import MultiplierState, Program, Slopes, Values
from optlab.core.status import Halt, Status
from optlab.kernels import qp_dual
from optlab.kernels.norms import max_abs
from optlab.kernels.qp import Outcome, lengths
from optlab.linesearch.base import noise_of
from optlab.optimizers._sqp_plan import (
    DEAR,
    MET,
    Memory,
    Plan,
    distance,
    first_curvature,
    infeasible,
    linearized,
    norm,
    solved,
    violation_of,
    violations,
    weighed,
)

VAST = 1.0 / float(np.finfo(float).eps)
"""f falls without bound once it is this many times lower than it was large, in magnitude, at first."""
SHORT = 0.01
"""After a step that had to be shortened below this, no weight falls: else two merit functions may take turns."""
SHORTEST, LONGEST = 0.1, 0.5
"""A rejected step is multiplied by something between these. Source: Nocedal & Wright (2006), section 3.5."""


class Step(NamedTuple):
    """An accepted point, with the direction and the step length that led there."""

    alpha: float
    direction: Array
    values: Values
    slopes: Slopes


@dataclass(frozen=True)
class LineSearchSQP(Optimizer):
    """Steps from quadratic programs, lengths from the merit function f + Σ wᵢ violationᵢ; a subclass has the Hessian.

    Whether a trial needs a second-order correction is decided by the constraints alone, before f is asked. Weights
    follow the multipliers, by Powell's rule. Where the linearized constraints contradict one another, or
    their multipliers grow beyond a limit, violation has a price in the program (elastic mode); the limit rises while
    that gains less than could be gained, and INFEASIBLE is the verdict where nothing can. Bounds hold at every
    evaluation.
    Source: Nocedal & Wright (2006), algorithm 18.3; Powell (1978); Byrd, Nocedal & Waltz (2008).

    Parameters
    ----------
    c1 : float
        Sufficient decrease of the merit function, as a fraction of what is promised.
    trials : int
        Most points of a line search.
    correct_above : float
        A trial is corrected when its violation exceeds what was promised by more than this fraction of dᵀHd …
    correct_to : float
        … and the correction lowers that violation below this fraction of it.
    """

    abstract: ClassVar[bool] = True
    handles: ClassVar[tuple[str, ...]] = ("bounds", "equality", "inequality")
    factors: ClassVar[bool] = True

    c1: Annotated[float, Gt(0), Lt(0.5)] = 1e-4
    trials: Annotated[int, Ge(1)] = 40
    correct_above: Annotated[float, Ge(0)] = 0.01
    correct_to: Annotated[float, Gt(0), Lt(1)] = 0.5

    @abstractmethod
    def plan(self, oracle: Oracle, state: MultiplierState) -> tuple[Plan, Any]:
        """Return the quadratic program, solved, and what is to be remembered of the Hessian."""

    @abstractmethod
    def remember(self, model: Any, plan: Plan, old: Memory, new: Step) -> Any:
        """Return what is to be remembered of the Hessian after a step."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate everything at the start, within the bounds; multipliers are those of a first program with bI."""
        program = Program(oracle)
        x = program.clip(x0)
        values, slopes = program.values(x), program.slopes(x)
        zero = np.zeros_like(x)
        units = lengths(np.concatenate([slopes.Jg, slopes.Jh]))
        steepest = norm(slopes.df)
        prices = DEAR * steepest / units
        memory = Memory(values, slopes, None, (), np.zeros_like(units), prices, steepest, units, inf, abs(values.f))
        lam, nu = program.join(np.zeros_like(values.g), zero, zero), np.zeros_like(values.h)
        state = MultiplierState(x, values.f, slopes.df, lam=lam, nu=nu, memory=memory)
        if not (values.finite and slopes.finite):
            return state
        try:
            rough = solved(linearized(program, memory, first_curvature(state) * np.eye(x.size, dtype=x.dtype)), memory)
        except Halt:  # the first step will meet it again, and say so
            return state
        lam = program.join(rough.lam, rough.found.lower, rough.found.upper)
        return replace(state, lam=lam, nu=rough.nu, memory=memory._replace(active=rough.found.active))

    def step(self, oracle: Oracle, state: State) -> State:
        """Solve the quadratic program, search along its solution, and remember what was seen."""
        assert isinstance(state, MultiplierState)
        program, memory = Program(oracle), state.memory
        restarts, step = state.restarts, None
        try:
            plan, model = self.plan(oracle, state)
        except Halt as halt:
            if halt.status is not Status.SINGULAR_KKT or memory.model is None:
                raise
        else:
            weights = weighed(memory, plan, falling=not state.step_size < SHORT)
            step = self._search(program, memory, plan, weights)
        if step is None and memory.model is not None:
            state = replace(state, memory=memory._replace(model=None, active=(), weights=0.0 * memory.weights))
            plan, model = self.plan(oracle, state)
            weights, restarts = weighed(state.memory, plan, falling=True), restarts + 1
            step = self._search(program, memory, plan, weights)
        if plan.hopeless < inf and (step is None or (step.values.x == state.x).all()):
            raise infeasible(memory)
        if step is None:
            raise self._failure(memory, plan, weights)
        values, slopes = step.values, step.slopes
        lam, nu = program.join(plan.lam, plan.found.lower, plan.found.upper), plan.nu
        if (values.x == state.x).all() and (lam == state.lam).all() and (nu == state.nu).all():
            raise Halt(Status.STALLED, "neither x nor the multipliers change any more")
        if memory.size > 0 and values.f < -VAST * memory.size and distance(values, memory) <= MET * norm(values.x):
            raise Halt(Status.UNBOUNDED, f"f falls to {values.f:.3g}, and further on")
        new = memory._replace(
            values=values,
            slopes=slopes,
            model=self.remember(model, plan, memory, step),
            active=plan.found.active,
            weights=weights,
            prices=plan.prices,
            hopeless=plan.hopeless,
            steepest=max(memory.steepest, norm(slopes.df)),
            size=memory.size if state.k else max(memory.size, abs(values.f)),
        )
        return state.at(
            values.x,
            values.f,
            slopes.df,
            lam=lam,
            nu=nu,
            step_size=step.alpha,
            direction=step.direction,
            restarts=restarts,
            memory=new,
        )

    def _search(self, program: Program, memory: Memory, plan: Plan, weights: Array) -> Step | None:
        """Return the first point, from the full step backwards, at which the merit is low enough."""
        now, d = memory.values, plan.found.x
        before = float(weights @ violations(now))
        slope = float(memory.slopes.df @ d) - (before - float(weights @ plan.left))
        merit, alpha = now.f + before, 1.0
        noise = noise_of(d) * (abs(now.f) + before)
        allowed = noise if -slope <= noise else 0.0
        for _ in range(self.trials):
            x = self._corrected(program, plan, now, alpha, weights)
            values = program.values(x)
            worth = values.f + float(weights @ violations(values))
            if values.finite and worth <= merit + self.c1 * alpha * slope + allowed:
                slopes = program.slopes(x)
                if slopes.finite:
                    return Step(alpha, (x - now.x) / alpha, values, slopes)
            bend = worth - merit - alpha * slope
            least = -0.5 * slope * alpha / bend if isfinite(worth) and bend > 0 else 0.0
            alpha *= min(max(least, SHORTEST), LONGEST)
        return None

    def _corrected(self, program: Program, plan: Plan, now: Values, alpha: float, weights: Array) -> Array:
        """Return x + αd, or the point near it that is corrected for the curvature of the constraints.

        The corrected point keeps what the linearized constraints promise at αd. The full step is the solution of the
        program with corrected constraints, a shorter one the nearest to αd.
        Source: Nocedal & Wright (2006), section 18.3, equations 18.44 and 18.45 (second-order correction).
        """
        oracle, qp, d = program.oracle, plan.program, alpha * plan.found.x
        there = moved(program, now.x, plan.found.x, alpha)
        if not weights.any():
            return there
        g, h = oracle.inequality(there), oracle.equality(there)
        bent_g, bent_h = g - (now.g + qp.A @ d), h - (now.h + qp.E @ d)
        promised = (1.0 - alpha) * float(weights @ violations(now)) + alpha * float(weights @ plan.left)
        wrong = float(weights @ violation_of(g, h)) - promised
        if not wrong > self.correct_above * float(d @ (qp.H @ d)):
            return there
        if alpha == 1:
            curved = qp._replace(b=qp.b - bent_g, e=qp.e - bent_h)
        else:
            target = np.maximum(now.g + qp.A @ d, 0.0)
            curved = qp._replace(q=-(qp.H @ d), b=target - now.g - bent_g, e=qp.E @ d - bent_h)
        found = qp_dual.solve(curved, plan.found.active)
        if found.outcome is not Outcome.OPTIMAL or not max_abs(found.x - d) <= max_abs(d):
            return there
        second = moved(program, now.x, found.x, 1.0)
        better = float(weights @ violation_of(oracle.inequality(second), oracle.equality(second)))
        return second if better <= self.correct_to * (wrong + promised) else there

    def _failure(self, memory: Memory, plan: Plan, weights: Array) -> Halt:
        """Say why no step is short enough: what is promised is rounding, or the merit does not fall as it should."""
        now, d = memory.values, plan.found.x
        promised = float(weights @ (violations(now) - plan.left)) - float(memory.slopes.df @ d)
        rounding = noise_of(d) * (abs(now.f) + norm(memory.slopes.df) * norm(now.x) + float(weights @ violations(now)))
        if promised <= rounding:
            return Halt(Status.STALLED, f"the promised decrease {promised:.1e} is at the level of rounding")
        return Halt(Status.LINESEARCH_FAILED, "no step along the program's solution lowers the merit function")

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """max(‖∇L‖∞, complementarity/ℓ) with the multipliers of the last quadratic program."""
        assert isinstance(state, MultiplierState)
        memory: Memory = state.memory
        return Program(oracle).stationarity(memory.values, memory.slopes, state.lam, state.nu)


def moved(program: Program, x: Array, d: Array, alpha: float) -> Array:
    """Return x + αd within the bounds, and exactly on those that a full step leads to."""
    new = program.clip(x + alpha * d)
    if alpha == 1:
        new = np.where(d == program.lo - x, program.lo, np.where(d == program.hi - x, program.hi, new))
    return np.asarray(new)
