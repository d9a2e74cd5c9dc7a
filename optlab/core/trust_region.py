"""Trust-region methods: a model, a step within a radius, and the one ratio test.

Source: Nocedal & Wright (2006), chapter 4; Conn, Gould & Toint (2000), chapters 6 and 17.
"""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import inf, isfinite
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, NamedTuple

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.descent import failure
from optlab.core.optimizer import NAN, Optimizer, State
from optlab.core.status import Halt, Status
from optlab.kernels.euclidean import norm
from optlab.kernels.narrow import DOUBLE
from optlab.kernels.norms import same
from optlab.kernels.trust_region import Step
from optlab.linesearch.base import NOISE, Line, rounding_of

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

HIDDEN = 10.0
"""A promise of less than this many times the rounding of f is judged by gradients."""
CLEAR = 100.0
"""A promise of more than this many times the rounding of f must show in f, if the gradient is right …"""
SHOWS = 0.25
"""… at least this fraction of it."""
EXPANSIONS = 60
"""So many enlargements of the radius in a row, by 2⁶⁰ or more, have left every scale: f falls without bound."""


class Trial(NamedTuple):
    """What became of a step.

    Attributes
    ----------
    x, f, g : (n,) array, float, (n,) array or None
        Where it led, and f there; ∇f where it is accepted, otherwise None.
    rho : float
        The actual over the predicted decrease; NaN where anything was not finite.
    """

    x: Array
    f: float
    g: Array | None
    rho: float


def attempt(oracle: Oracle, state: State, step: Step, accept: float, x: Array | None = None) -> Trial:
    """Try a step of a model: it is accepted where the actual decrease is at least `accept` times the predicted one.

    It leads to x where that is given, to rounding the same point as `state.x + step.p`.
    Where the rounding of f hides what is predicted, the mean gradient along the step measures the actual decrease.
    Source: Nocedal & Wright (2006), equation 4.4; Conn, Gould & Toint (2000), section 17.4.2, on rounding.

    Raises
    ------
    Halt
        UNBOUNDED where f is −∞ at the trial; where the step no longer moves x, the verdict of `failure`: STALLED, or
        LINESEARCH_FAILED where f contradicts the gradient.
    """
    p = step.p
    if x is None:
        x = state.x + p
    if same(x, state.x):
        raise failure(Line(oracle, state.x, state.f, state.g, -state.g))
    noise = NOISE * abs(state.f) if p.itemsize == DOUBLE else rounding_of(state.f, p)
    hidden = step.predicted <= HIDDEN * noise
    f = oracle.value_and_gradient(x)[0] if hidden else oracle.value(x)
    if f == -inf:
        raise Halt(Status.UNBOUNDED, f"f falls from {state.f:.6g} to -inf along a step of length {norm(p):.3g}")
    actual = _by_gradients(oracle, state, x, p) if hidden else state.f - f
    rho = actual / step.predicted if step.predicted > 0 and isfinite(f) else NAN
    if rho >= accept:
        g = oracle.gradient(x)
        if isfinite(g.dot(g)) or np.isfinite(g).all():
            return Trial(x, f, g, rho)
        rho = NAN
    elif isfinite(f) and CLEAR * noise <= step.predicted <= CLEAR * CLEAR * noise:
        _suspect(_by_gradients(oracle, state, x, p), state.f - f, noise)
    return Trial(x, f, None, rho)


def _by_gradients(oracle: Oracle, state: State, x: Array, p: Array) -> float:
    """Return the decrease of f along p by the trapezoidal rule, −½(g + g₊)ᵀp."""
    return -0.5 * (float(state.g.dot(p)) + float(oracle.gradient(x).dot(p)))


def _suspect(promised: float, actual: float, noise: float) -> None:
    """Raise Halt where the gradients at both ends of a rejected step promise a decrease that f does not show.

    Asked when the steps have become so short that what is predicted is few powers of ten above the rounding of f.
    """
    if promised >= CLEAR * noise and not actual >= SHOWS * promised:
        note = f"f does not fall by the {promised:.1e} that its gradients promise; is the gradient right, and f smooth?"
        raise Halt(Status.LINESEARCH_FAILED, note)


@dataclass(frozen=True)
class TrustRegionState(State):
    """A state that also knows how far its model is trusted.

    Attributes
    ----------
    radius : float
        Δ for the next step, in the units of x; NaN until the first model.
    rho : float
        The actual over the predicted decrease of the last step, rejected or not; NaN where a trial was not finite.
    steepness : float
        ‖∇f‖ at the start of the run.
    expansions : int
        How many times in a row the radius has just grown.
    """

    radius: float = NAN
    rho: float = NAN
    steepness: float = 0.0
    expansions: int = 0

    recorded: ClassVar[tuple[str, ...]] = ("radius", "rho")


@dataclass(frozen=True)
class TrustRegionOptimizer(Optimizer):
    """A method that minimizes a model of f within a radius, and lets the outcome choose the next radius.

    A subclass writes `model`, built once per iterate and kept as `memory` through rejected steps, `within`, and
    `first_radius`. Every test is positive, so that a trial that is not finite shrinks the radius.
    Source: Nocedal & Wright (2006), algorithm 4.1.

    Parameters
    ----------
    radius : float, optional
        The first Δ, in the units of x; by default what `first_radius` reads from the first model.
    accept : float
        η: a step is taken when ρ is at least this.
    bad, good : float
        Below `bad` the radius shrinks; above `good` it grows, if it limited the step.
    shrink, grow : float
        To these multiples of the step's length.
    """

    abstract: ClassVar[bool] = True

    radius: Annotated[float, Gt(0)] | None = None
    accept: Annotated[float, Gt(0), Lt(1)] = 0.01
    bad: Annotated[float, Gt(0), Lt(1)] = 0.25
    good: Annotated[float, Gt(0), Lt(1)] = 0.75
    shrink: Annotated[float, Gt(0), Lt(1)] = 0.25
    grow: Annotated[float, Gt(1)] = 2.0

    @abstractmethod
    def model(self, oracle: Oracle, state: TrustRegionState) -> Any:
        """Return the model at `state`, immutable and not None."""

    @abstractmethod
    def within(self, oracle: Oracle, state: TrustRegionState, model: Any, radius: float) -> Step:
        """Return the step that the model suggests on ‖p‖ ≤ Δ."""

    @abstractmethod
    def first_radius(self, state: TrustRegionState, model: Any) -> float:
        """Return the first Δ: a length of x that does not depend on the units of f."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start."""
        f, g = oracle.value_and_gradient(x0)
        radius = NAN if self.radius is None else self.radius
        return TrustRegionState(x0, f, g, radius=radius, steepness=norm(g))

    def step(self, oracle: Oracle, state: State) -> State:
        """Try the model's step; take it, or shrink the radius."""
        assert isinstance(state, TrustRegionState)
        model = self.model(oracle, state) if state.memory is None else state.memory
        radius = state.radius if state.radius > 0 else self.first_radius(state, model)
        step = self.within(oracle, state, model, radius)
        trial = self.attempt(oracle, state, step)
        after = self._next_radius(state, step, radius, trial.rho)
        if trial.g is None:
            return state.stayed(memory=model, rho=trial.rho, **after)
        return state.at(trial.x, trial.f, trial.g, step_size=1.0, direction=step.p, memory=None, rho=trial.rho, **after)

    def attempt(self, oracle: Oracle, state: TrustRegionState, step: Step) -> Trial:
        """Try the step; methods with constraints say where exactly it leads."""
        return attempt(oracle, state, step, self.accept)

    def _next_radius(self, state: TrustRegionState, step: Step, radius: float, rho: float) -> dict[str, Any]:
        """Return the next Δ, and how many times in a row it has grown."""
        if not rho >= self.bad:
            return {"radius": self.shrink * min(radius, norm(step.p)), "expansions": 0}  # in this order for NaN
        if not (rho > self.good and step.boundary):
            return {"radius": radius, "expansions": 0}
        if state.expansions >= EXPANSIONS:
            note = f"f = {state.f:.6g} still falls as its model says, after {EXPANSIONS} enlargements of the radius"
            raise Halt(Status.UNBOUNDED, note)
        return {"radius": self.grow * radius, "expansions": state.expansions + 1}
