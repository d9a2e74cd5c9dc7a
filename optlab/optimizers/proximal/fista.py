"""The accelerated proximal gradient method, with adaptive restart."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.momentum import next_t
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.norms import max_abs
from optlab.optimizers._proximal import (
    CompositeState,
    Operator,
    Point,
    begin,
    first_step,
    operator,
    proximal_step,
)

FRESH = 0.0
"""The θ before a first step, or the first after a restart: then θ₊ = 1 and β = 0."""


class Memory(NamedTuple):
    """The last iterate; Beck and Teboulle's t, here `theta`; the step to try first."""

    x: Array
    theta: float
    t: float


@dataclass(frozen=True)
class MomentumState(CompositeState):
    """A composite state that also knows the momentum β that led to it.

    Attributes
    ----------
    momentum : float
        β, 0 at the start and after a restart.
    """

    momentum: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("momentum",)


@dataclass(frozen=True)
class FISTA(Optimizer):
    """Proximal gradient steps from extrapolated points: x₊ = prox(y − t∇f(y), t) with y = x + β(x − x₋).

    For convex f, β = (θ − 1)/θ₊ gives F(x_k) − F* ≤ 2L‖x₀ − x*‖²/(k + 1)² with F = f + c. F is not monotone. A
    restart sets θ = 1 and drops the momentum: near a solution it gives the rate of a known strong convexity. The
    iterate of the record is x, which is feasible, with exact zeros; y need be neither, and where f is not finite at y
    the momentum is dropped. A step costs the gradients at x and y.
    Source: Beck & Teboulle (2009), section 4; O'Donoghue & Candès (2015), section 3.2, for the restart.

    Parameters
    ----------
    step_size : float, optional
        A fixed t, 1/L at most; without it t is found by backtracking, and never grows but at restarts.
    restart : str
        When the momentum is dropped (counted in `restarts`): "never"; where F has risen ("function"); where the last
        move points against the proximal step, (y − x₊)ᵀ(x₊ − x) > 0 ("gradient").
    shrink : float
        What backtracking multiplies t by.
    growth : float
        What a restart multiplies it by.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds", "composite")
    properties: ClassVar[tuple[str, ...]] = ("f_homogeneous", "safeguarded")

    step_size: Annotated[float, Gt(0)] | None = None
    restart: Literal["never", "function", "gradient"] = "gradient"
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    growth: Annotated[float, Ge(1)] = 2.0

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, or its projection."""
        x, F, g, f = begin(oracle, x0)
        return MomentumState(x, F, g, smooth=f)

    def step(self, oracle: Oracle, state: State) -> State:
        """Extrapolate, take a proximal step, and see whether the momentum still helps."""
        assert isinstance(state, MomentumState)
        prox = operator(oracle)
        memory = state.memory or Memory(state.x, FRESH, self._first(oracle, prox, state))
        theta = next_t(memory.theta)
        beta, restarts = max(0.0, memory.theta - 1.0) / theta, state.restarts
        here = Point(state.x, state.smooth, state.g, memory.t)
        y = self._extrapolated(oracle, here, beta, memory.x)
        if y is here and beta > 0:  # extrapolated beyond the domain
            theta, beta, restarts = next_t(FRESH), 0.0, restarts + 1
        new = self._stepped(oracle, prox, y)
        F = new.f + oracle.term(new.x)
        ends = beta > 0 and self._restarts(y.x - new.x, new.x - state.x, F - state.f)
        memory = Memory(new.x, FRESH, self.growth * new.t) if ends else Memory(state.x, theta, new.t)
        return state.reached(oracle, new, memory=memory, momentum=beta, restarts=restarts + ends)

    def _first(self, oracle: Oracle, prox: Operator, state: CompositeState) -> float:
        return first_step(oracle, prox, state) if self.step_size is None else self.step_size

    def _extrapolated(self, oracle: Oracle, here: Point, beta: float, before: Array) -> Point:
        """Return y, or the point itself without momentum and where f or ∇f is not finite at y."""
        if beta == 0:
            return here
        y = here.x + beta * (here.x - before)
        f, g = oracle.value_and_gradient(y)
        return Point(y, f, g, here.t) if isfinite(f) and isfinite(max_abs(g)) else here

    def _stepped(self, oracle: Oracle, prox: Operator, y: Point) -> Point:
        if self.step_size is None:
            return proximal_step(oracle, prox, y, self.shrink)
        t = self.step_size
        x = prox(y.x - t * y.g, t)
        return Point(x, *oracle.value_and_gradient(x), t)

    def _restarts(self, back: Array, s: Array, rise: float) -> bool:
        """Whether F rose, or the proximal step points against the move s of x."""
        if self.restart == "function":
            return rise > 0
        return self.restart == "gradient" and float(back.dot(s)) > 0

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """The proximal gradient mapping, or ‖∇L‖∞: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)
