"""Levenberg–Marquardt, and Powell's dogleg: Gauss–Newton within a radius in which the linear model is trusted."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from math import isfinite
from typing import TYPE_CHECKING, Annotated, ClassVar, NamedTuple, cast

import numpy as np
from annotated_types import Gt, Lt

from optlab.core.descent import failure
from optlab.core.optimizer import NAN, Optimizer, State
from optlab.core.squares import Squares, SumOfSquares
from optlab.core.status import Halt, Status
from optlab.kernels.damped_least_squares import Model, Step, cauchy, dogleg_step, model, more_step, norm, scales
from optlab.kernels.narrow import coarseness
from optlab.linesearch.base import NOISE, Line

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

HIDDEN = 10.0
"""A promise of less than this many times the rounding of f is judged by gradients."""
CLEAR = 100.0
"""A promise of this many times the rounding of f must show in f, if the Jacobian is right …"""
SHOWS = 0.25
"""… by at least this fraction."""
FARTHER = 10.0
"""The next radius is taken from one at most this many times as long as the step was."""
WORSE = 100.0
"""Where f has grown by this factor, interpolation is no use: the radius shrinks as much as it may."""


class Memory(NamedTuple):
    """r and J at the iterate, the scales D (n,), and the model there once a step was tried."""

    squares: Squares
    D: Array
    model: Model | None


@dataclass(frozen=True)
class RadiusState(State):
    """A state that also knows how far its model is trusted.

    Attributes
    ----------
    radius : float
        Δ for the next step, a bound on ‖Dp‖; in the units of the residuals. NaN at the start.
    lam : float
        λ of the last step tried, in (JᵀJ + λD²) p = −Jᵀr; 0 for Gauss–Newton's, and where the method has none.
    ratio : float
        The actual over the promised decrease of the last step tried; NaN at the start.
    """

    radius: float = NAN
    lam: float = NAN
    ratio: float = NAN

    recorded: ClassVar[tuple[str, ...]] = ("radius", "lam", "ratio")


@dataclass(frozen=True)
class WithinRadius(Optimizer):
    """Steps of ‖r + Jp‖ on ‖Dp‖ ≤ Δ; the outcome chooses the next Δ.

    The first Δ is `factor` times the distance to the model's minimizer along −D⁻²∇f, and no more than the length of
    the first step. A step is taken when f falls by `accept` times what the model promises; Δ shrinks when the ratio
    is below `bad`, by a factor between `least` and `most` from interpolation, and becomes twice the step's length
    when it is above `good` or Δ did not limit the step. Where rounding hides the promised decrease, the mean gradient
    along the step measures it.
    Source: Moré (1978), sections 4 and 7; Conn, Gould & Toint (2000), section 17.4.2 (rounding).

    Parameters
    ----------
    factor, accept, bad, good, least, most : float
        As above.
    """

    abstract: ClassVar[bool] = True
    needs: ClassVar[tuple[str, ...]] = ("residuals", "jacobian")
    properties: ClassVar[tuple[str, ...]] = (
        "gauss_newton",
        "trust_region",
        "monotone",
        "f_homogeneous",
        "x_homogeneous",
        "translation",
        "permutation",
    )

    factor: Annotated[float, Gt(0)] = 3.0
    accept: Annotated[float, Gt(0), Lt(1)] = 1e-4
    bad: Annotated[float, Gt(0), Lt(1)] = 0.25
    good: Annotated[float, Gt(0), Lt(1)] = 0.75
    least: Annotated[float, Gt(0), Lt(1)] = 0.1
    most: Annotated[float, Gt(0), Lt(1)] = 0.5

    @abstractmethod
    def within(self, model: Model, radius: float) -> Step:
        """Return the step on ‖Dp‖ ≤ Δ."""

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate r and J at the start; D is from the columns of J."""
        view, squares = SumOfSquares.at(oracle, x0)
        memory = Memory(squares, scales(squares.J), None)
        return RadiusState(x0, view.value(x0), view.gradient(x0), memory=memory)

    def step(self, oracle: Oracle, state: State) -> State:
        """Try a step; take it, or stay with a smaller radius."""
        assert isinstance(state, RadiusState)
        (c, r, J), D, here = state.memory
        here = model(r, J, D) if here is None else here
        if here is None:
            raise Halt(Status.NONFINITE, f"the Jacobian is not finite at iteration {state.k}")
        view = SumOfSquares(oracle, c)
        first = not state.radius > 0
        radius = self.factor * norm(cauchy(here)) if first else state.radius
        step = self.within(here, radius)
        promised, x = c * step.promised, state.x + step.p
        if not promised > 0 or (x == state.x).all():
            raise failure(Line(cast("Oracle", view), state.x, state.f, state.g, -state.g))
        noise = NOISE * coarseness(x) * state.f
        hidden = promised <= HIDDEN * noise
        f = view.value(x)
        decrease = self._by_gradients(view, state, x, step.p) if hidden and isfinite(f) else state.f - f
        ratio = decrease / promised
        accepted = ratio >= self.accept and f - state.f <= HIDDEN * noise
        g = view.gradient(x) if accepted else state.g
        if not np.isfinite(g).all():
            accepted, f = False, NAN
        radius = min(radius, step.length) if first else radius
        radius = self._next_radius(state, step, radius, f, decrease, ratio if accepted else NAN)
        if not accepted:
            self._suspect(view, state, step, x, f, promised)
            memory = Memory(state.memory.squares, D, here)
            return state.stayed(radius=radius, lam=step.lam, ratio=ratio, memory=memory)
        squares = view.known(x)
        memory = Memory(squares, scales(squares.J, D), None)
        return state.at(
            x, f, g, step_size=1.0, direction=step.p, radius=radius, lam=step.lam, ratio=ratio, memory=memory
        )

    def _by_gradients(self, view: SumOfSquares, state: State, x: Array, p: Array) -> float:
        """Return the decrease of f along p by the trapezoidal rule, −½(g + g₊)ᵀp."""
        return -0.5 * (float(state.g.dot(p)) + float(view.gradient(x).dot(p)))

    def _suspect(self, view: SumOfSquares, state: State, step: Step, x: Array, f: float, promised: float) -> None:
        """Raise Halt(LINESEARCH_FAILED) where f contradicts the gradients at both ends of a rejected step.

        Asked once the radius has shrunk so far that a promise is only a few powers of ten above the rounding of f.
        """
        noise = NOISE * coarseness(x) * state.f
        if isfinite(f) and CLEAR * noise <= promised <= CLEAR * CLEAR * noise:
            decrease = self._by_gradients(view, state, x, step.p)
            if decrease >= CLEAR * noise and not state.f - f >= SHOWS * decrease:
                note = f"f does not fall by the {decrease:.1e} that its gradients promise; is the Jacobian right?"
                raise Halt(Status.LINESEARCH_FAILED, note)

    def _next_radius(self, state: State, step: Step, radius: float, f: float, decrease: float, ratio: float) -> float:
        """Return the next Δ (Moré, algorithm 7.1, step e); the ratio of a step that was not taken is NaN."""
        if ratio > self.bad:
            return 2.0 * step.length if step.inside or ratio >= self.good else radius
        part = self.least
        if decrease >= 0:
            part = self.most
        elif isfinite(f) and f < WORSE * state.f:
            slope = float(state.g.dot(step.p))
            part = min(max(0.5 * slope / (slope + decrease), self.least), self.most)  # the parabola's minimizer
        return part * min(radius, FARTHER * step.length)


@dataclass(frozen=True)
class LevenbergMarquardt(WithinRadius):
    """The minimizer of the linearized sum of squares within a radius, (JᵀJ + λD²) p = −Jᵀr.

    λ is 0 where the Gauss–Newton step is short enough; otherwise a few iterations find the λ whose step is as long as
    the radius. The scales D, norms of the columns of J that never decrease, make the units of the variables irrelevant.
    By the SVD of JD⁻¹: JᵀJ is never formed.
    Source: Levenberg (1944); Marquardt (1963); Moré (1978), algorithm 7.1.
    """

    def within(self, model: Model, radius: float) -> Step:
        """Return the step of Moré's λ."""
        return more_step(model, radius)


@dataclass(frozen=True)
class GaussNewtonDogleg(WithinRadius):
    """The path from the Cauchy point to the Gauss–Newton point, followed as far as the radius reaches.

    Both points minimize the linearized sum of squares, one along the scaled −∇f, the other everywhere; the scales D are
    norms of the columns of J that never decrease. By the SVD of JD⁻¹: JᵀJ is never formed.
    Source: Powell (1970), A hybrid method for nonlinear equations; Nocedal & Wright (2006), section 4.1; radius after
    Moré (1978).
    """

    def within(self, model: Model, radius: float) -> Step:
        """Return the point at distance Δ on the dogleg."""
        return dogleg_step(model, radius)
