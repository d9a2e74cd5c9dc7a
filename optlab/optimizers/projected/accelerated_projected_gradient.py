"""Accelerated projected gradient, with a search for L and adaptive restart."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf, sqrt
from typing import Annotated, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.narrow import PRECISIONS
from optlab.linesearch.base import Arc, noise_of
from optlab.linesearch.initial import first_length

TRIALS = 100
SUSPECT = 10
"""After so many increases of L in a step, ∇f is asked whether it is one of f."""
HIDDEN = 1e3
"""The test of L looks at gradients where f changes by less than this many times its rounding."""


class Memory(NamedTuple):
    """The averaged gradient steps z, the sum A of their weights, and L."""

    z: Array
    A: float
    L: float


class Attempt(NamedTuple):
    """A step with one L: where it looked (y, f and g there), where it led, its z and A, and the L that it saw."""

    y: Array
    f_y: float
    g_y: Array
    x: Array
    f: float
    g: Array
    z: Array
    A: float
    seen: float


@dataclass(frozen=True)
class AcceleratedProjectedGradient(Optimizer):
    """Look between x and z, move z by a long projected gradient step, and x a little towards it.

    With a = (1 + √(1 + 4AL))/2L, A₊ = A + a and θ = a/A₊: y = x + θ(z − x), z₊ = P(z − a∇f(y)), x₊ = P(y − ∇f(y)/L).
    For convex f that gives f(x_k) − f* ≤ ‖x₀ − x*‖²/2A_k ≤ 2L‖x₀ − x*‖²/(k + 1)². As y is an average of feasible
    points nothing is evaluated outside, where the extrapolation of FISTA would look; without a set the two are the
    same. A step costs f and ∇f at y and at x₊. A restart sets z = x and A = 0: near a minimum it gives the rate of a
    known μ.
    Source: Nesterov (1988); Auslender & Teboulle (2006); Tseng (2008), On accelerated proximal gradient methods,
    algorithm 1; Nesterov (2013), Gradient methods for minimizing composite functions, method 4.9, for a and A; Becker,
    Candès & Grant (2011), section 5.3, for the search; O'Donoghue & Candès (2015), section 3.2, for the restarts.

    Parameters
    ----------
    step_size : float, optional
        1/L; without it L is found: doubled until f(x₊) is below the parabola with that curvature at y.
    restart : str
        When z is drawn back to x (counted in `restarts`): "never"; where f has risen ("function"); where the step from
        x points against the one from y ("gradient").
    relax : float
        What L is multiplied by after every step where it is searched.
    growth : float
        What the search multiplies it by.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "projection")
    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds")
    properties: ClassVar[tuple[str, ...]] = ("feasible", "f_homogeneous", "safeguarded")

    step_size: Annotated[float, Gt(0)] | None = None
    restart: Literal["never", "function", "gradient"] = "gradient"
    relax: Annotated[float, Gt(0), Lt(1)] = 0.9
    growth: Annotated[float, Ge(1)] = 2.0

    def step(self, oracle: Oracle, state: State) -> State:
        """Take an accelerated step."""
        memory: Memory = state.memory or Memory(state.x, 0.0, 1.0 / self._first(state))
        tried, L = self._searched(oracle, state, memory)
        restart = self._restarts(state, tried)
        if self.step_size is None:
            first = state.memory is None and tried.seen > 0  # before the first step nothing was known of L
            L = tried.seen if first else self.relax * L
        memory = Memory(tried.x, 0.0, L) if restart else Memory(tried.z, tried.A, L)
        return state.at(
            tried.x, tried.f, tried.g, step_size=1.0, direction=tried.x - state.x, memory=memory,
            restarts=state.restarts + restart,
        )  # fmt: skip

    def _first(self, state: State) -> float:
        return first_length(state, -state.g) if self.step_size is None else self.step_size

    def _searched(self, oracle: Oracle, state: State, memory: Memory) -> tuple[Attempt, float]:
        """Return a step that the test of L accepts, and L; the first one where L is given."""
        L = memory.L
        if self.step_size is not None:
            return self._attempt(oracle, state, memory, L), L
        for count in range(TRIALS):
            tried = self._attempt(oracle, state, memory, L)
            if tried.f == -inf:
                raise Halt(Status.UNBOUNDED, f"f falls from {state.f:.6g} to -inf in a step with L = {L:.3g}")
            if self._below(tried, L):
                if count >= SUSPECT and (verdict := self._failure(oracle, state)).status is Status.LINESEARCH_FAILED:
                    raise verdict
                return tried, L
            if (tried.x == state.x).all() and (tried.y == state.x).all():
                break
            L *= self.growth
        raise self._failure(oracle, state)

    def _failure(self, oracle: Oracle, state: State) -> Halt:
        return failure(Arc(oracle, state.x, state.f, state.g))

    def _attempt(self, oracle: Oracle, state: State, memory: Memory, L: float) -> Attempt:
        x, z = state.x, memory.z
        a = (1.0 + sqrt(1.0 + 4.0 * memory.A * L)) / (2.0 * L)
        A = memory.A + a
        theta = a / A
        y = x if z is x else oracle.project(x + theta * (z - x))
        f_y, g_y = oracle.value_and_gradient(y)
        z_new = oracle.project(z - a * g_y)
        x_new = z_new if memory.A == 0 else oracle.project(y - g_y / L)
        f, g = oracle.value_and_gradient(x_new)
        s = x_new - y
        square = float(s.dot(s))
        seen = float((g - g_y).dot(s)) / square if square > 0 else 0.0
        return Attempt(y, f_y, g_y, x_new, f, g, z_new, A, seen)

    def _below(self, tried: Attempt, L: float) -> bool:
        """Whether f(x₊) ≤ f(y) + gᵀs + ½L‖s‖² with s = x₊ − y; by gradients where rounding hides it."""
        s = tried.x - tried.y
        slope, noise = float(tried.g_y.dot(s)), noise_of(s) * abs(tried.f_y)
        if abs(slope) <= HIDDEN * noise:
            return tried.seen <= L and tried.f < inf
        return tried.f <= tried.f_y + slope + 0.5 * L * float(s.dot(s)) and tried.seen < inf

    def _restarts(self, state: State, tried: Attempt) -> bool:
        if self.restart == "function":
            return tried.f > state.f
        return self.restart == "gradient" and float((tried.y - tried.x).dot(tried.x - state.x)) > 0

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
