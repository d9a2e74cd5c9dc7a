"""Nesterov's accelerated gradient, with adaptive restart."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar, Literal, NamedTuple

from annotated_types import Ge, Gt, Lt

from optlab.core.descent import failure
from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.kernels.momentum import next_t, strongly_convex_momentum
from optlab.kernels.narrow import PRECISIONS
from optlab.kernels.norms import max_abs
from optlab.linesearch.base import Line, Trial, falls_forever, unbounded
from optlab.linesearch.initial import first_length
from optlab.schedules.base import Schedule
from optlab.schedules.constant_schedule import ConstantSchedule

LONGER, EXTRAPOLATIONS = 4.0, 30
"""The first step is lengthened by this factor, so often at most; f that still falls then is unbounded."""
TRIALS = 100
HIDDEN = 10.0
"""How many times the rounding of f counts as hidden, as in the search `Armijo`."""


class Memory(NamedTuple):
    """The last gradient step x, f there (at the last iterate where the step is fixed), t and α; whether t is fresh."""

    x: Array
    f: float
    t: float
    alpha: float
    fresh: bool


@dataclass(frozen=True)
class NesterovState(State):
    """A state that also knows the momentum β that led to it.

    Attributes
    ----------
    momentum : float
        β, 0 at the start and after a restart.
    """

    momentum: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("momentum",)


@dataclass(frozen=True)
class Nesterov(Optimizer):
    """Gradient steps x₊ = y − α∇f(y) from points that are extrapolated, y₊ = x₊ + β(x₊ − x).

    The iterate of the record is y: f and ∇f are its own, and a step costs one gradient; `memory.x` is x. For convex f
    β = (t − 1)/t₊ gives f(x_k) − f* ≤ 2L‖x₀ − x*‖²/(k + 1)²; where μ is known, β = (1 − √μα)/(1 + √μα) gives
    ½(L + μ)‖x₀ − x*‖²(1 − 1/√κ)ᵏ, κ = L/μ, at α = 1/L. f is not monotone. A restart sets t = 1 and drops the
    momentum: near a minimum it gives the rate of a known μ.
    Source: Nesterov (1983); Beck & Teboulle (2009), section 4, for the search; O'Donoghue & Candès (2015), Adaptive
    restart for accelerated gradient schemes, section 3.2.

    Parameters
    ----------
    step_size : float, optional
        α = 1/L; without it α is found: halved until f(x₊) ≤ f(y) − ½α‖∇f(y)‖², and doubled at restarts.
    mu : float
        μ, the least curvature of f, in the units of f over x²; 0 where it is not known.
    restart : str
        When the momentum is dropped (counted in `restarts`): "never"; where f has risen, at x where it is searched
        and at y otherwise ("function"); where the last step points uphill at y ("gradient").
    schedule : Schedule
        What a fixed α is multiplied by at iteration k.
    shrink : float
        What the search multiplies α by.
    growth : float
        What a restart multiplies it by.
    """

    precisions: ClassVar[tuple[str, ...]] = PRECISIONS
    properties: ClassVar[tuple[str, ...]] = ("nesterov", "f_homogeneous", "rotation", "safeguarded")

    step_size: Annotated[float, Gt(0)] | None = None
    mu: Annotated[float, Ge(0)] = 0.0
    restart: Literal["never", "function", "gradient"] = "gradient"
    schedule: Schedule = ConstantSchedule()  # noqa: RUF009  frozen
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.5
    growth: Annotated[float, Ge(1)] = 2.0

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        return NesterovState(x0, f, g)

    def step(self, oracle: Oracle, state: State) -> State:
        """Take a gradient step from y, extrapolate, and evaluate there."""
        y, g = state.x, state.g
        start = Memory(y, state.f, 1.0, 0.0, True)
        memory: Memory = state.memory or start
        trial = self._gradient_step(oracle, state, memory)
        x, alpha = trial.x, trial.alpha
        reached = state.f if self.step_size is not None else trial.f  # what is compared from step to step
        restart = state.memory is not None and self._restarts(g, x - memory.x, reached - memory.f)
        t = 1.0 if restart else memory.t
        t_new = next_t(t)
        beta = (t - 1.0) / t_new if self.mu == 0 else strongly_convex_momentum(self.mu * alpha)
        if restart:
            beta = 0.0
        y_new = x + beta * (x - memory.x) if beta > 0 else x
        f_new, g_new = self._evaluated(oracle, y_new, trial)
        if beta > 0 and not (isfinite(f_new) and isfinite(max_abs(g_new))):  # extrapolated beyond the domain
            restart, beta, t_new, y_new = True, 0.0, next_t(1.0), x
            f_new, g_new = self._evaluated(oracle, x, trial)
        memory = Memory(x, reached, t_new, alpha, restart)
        return state.at(y_new, f_new, g_new, step_size=alpha, direction=(y_new - y) / alpha, momentum=beta,
                        restarts=state.restarts + restart, memory=memory)  # fmt: skip

    def _evaluated(self, oracle: Oracle, x: Array, trial: Trial) -> tuple[float, Array]:
        """Return f and ∇f at x; f is known where x is what the search has found."""
        if x is trial.x and self.step_size is None:
            return trial.f, oracle.gradient(x) if trial.g is None else trial.g
        return oracle.value_and_gradient(x)

    def _restarts(self, g: Array, s: Array, rise: float) -> bool:
        """Whether f rose, or g points along the last step s of x."""
        if self.restart == "function":
            return rise > 0
        return self.restart == "gradient" and float(g.dot(s)) > 0

    def _gradient_step(self, oracle: Oracle, state: State, memory: Memory) -> Trial:
        """Return y − αg with the fixed α, or with one that decreases f enough and f there (Beck & Teboulle, 4.1)."""
        line = Line(oracle, state.x, state.f, state.g, -state.g)
        if self.step_size is not None:
            alpha = self.step_size * self.schedule.factor(state.k)
            x = line.point(alpha)
            x.setflags(write=False)
            return Trial(alpha, state.f, line.slope, x, None)
        if memory.alpha == 0:
            trial = _tried(line, first_length(state, line.d))
            if _enough(line, trial):
                return _longest(line, trial)
        else:
            trial = _tried(line, memory.alpha * (self.growth if memory.fresh else 1.0))
        for _ in range(TRIALS):
            if _enough(line, trial):
                return trial
            if line.too_short(trial.alpha):
                break
            trial = _tried(line, self.shrink * trial.alpha)
        raise failure(line)


def _hidden(line: Line, alpha: float) -> bool:
    """Whether rounding can hide what a step promises."""
    return -line.promised(alpha) <= HIDDEN * line.noise


def _tried(line: Line, alpha: float) -> Trial:
    """Evaluate f at α, and ∇f where f will not tell."""
    return line(alpha) if _hidden(line, alpha) else line.value(alpha)


def _enough(line: Line, trial: Trial) -> bool:
    """f(x₊) ≤ f(y) − ½α‖g‖²; by the mean of the two gradients, which is g₊ᵀg ≥ 0, where rounding hides it."""
    if falls_forever(trial):
        unbounded(line, trial)
    if _hidden(line, trial.alpha):
        return trial.finite and trial.slope <= 0
    return trial.f <= line.f0 + 0.5 * line.promised(trial.alpha)


def _longest(line: Line, trial: Trial) -> Trial:
    """Lengthen the first step, whose unit is arbitrary, while f decreases enough."""
    for _ in range(EXTRAPOLATIONS):
        longer = _tried(line, LONGER * trial.alpha)
        lower = longer.f < trial.f or _hidden(line, longer.alpha)
        if not (lower and _enough(line, longer)):
            return trial
        trial = longer
    if line.f0 - trial.f > line.noise:
        unbounded(line, trial)
    return trial
