"""The alternating direction method of multipliers."""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite
from typing import Annotated, ClassVar, NamedTuple

import numpy as np
from annotated_types import Ge, Gt, Lt

from optlab.core.optimizer import NAN, Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.status import Halt, Status
from optlab.kernels.euclidean import norm
from optlab.kernels.narrow import coarseness
from optlab.kernels.norms import max_abs
from optlab.kernels.proximal import balanced, lifted, mean_curvature
from optlab.kernels.routines import routines
from optlab.linesearch.base import EPS, noise_of
from optlab.optimizers._proximal import TRIALS, CompositeState, Point, begin, operator

ROUNDING = 10 * EPS
"""A gradient below this part of what it is the difference of is rounding."""
CONTRACTS = 0.5
"""A factor is kept as long as a step with it reduces the gradient by this much."""


class Factor(NamedTuple):
    """∇²f at some point, ρ, and the Cholesky factor of their sum."""

    H: Array
    rho: float
    L: Array


class Memory(NamedTuple):
    """The smooth part's x, f and ∇f there; the scaled dual u; the factor."""

    x: Point
    u: Array
    factor: Factor


@dataclass(frozen=True)
class SplitState(CompositeState):
    """A composite state with the residuals of the splitting.

    Attributes
    ----------
    primal, dual : float
        ‖x − z‖ and ρ‖z − z₋‖; NaN at the start.
    rho : float
        ρ, which the step that led here used.
    """

    primal: float = NAN
    dual: float = NAN
    rho: float = NAN

    recorded: ClassVar[tuple[str, ...]] = ("primal", "dual", "rho")


@dataclass(frozen=True)
class ADMM(Optimizer):
    """Split f(x) + c(z), x = z: minimize over x, then over z, then move the dual u by what x and z differ.

    x minimizes f + ½ρ‖x − z + u‖², with x̂ = αx + (1 − α)z the new z is prox(x̂ + u, 1/ρ), and u grows by x̂ − z. The
    iterate of the record is z, which has exact zeros, and is feasible where c is a set. The problem in x is solved by
    Newton steps with the last Cholesky factor of ∇²f + ρI while they contract: for a quadratic, one step, and a new
    factor only with a new ρ. For the record f and ∇f are evaluated at z as well, and f at x, which need not be
    feasible. ρ is balanced, ever more rarely, so that both residuals fall alike, relative to x and to ρu; then u is
    scaled so that ρu, the multiplier, stays.
    Source: Boyd et al. (2011), sections 3.1 and 3.4; Stellato et al. (2020), section 5.2, for the balance.

    Parameters
    ----------
    rho : float, optional
        ρ at the start, in the units of f over x²; without it the geometric mean of the extreme curvatures there.
    relaxation : float
        α.
    interval : int
        ρ is looked at after this many iterations, and twice, four times … as many; 0 leaves it as it is.
    tolerance : float
        ρ is changed when the residuals are out of balance by more than this factor squared.
    forcing : float
        The problem in x is solved to this part of the last residuals.
    inner : int
        Most Newton steps for it.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian")
    handles: ClassVar[tuple[str, ...]] = ("set", "bounds", "composite")
    properties: ClassVar[tuple[str, ...]] = ("f_homogeneous",)

    rho: Annotated[float, Gt(0)] | None = None
    relaxation: Annotated[float, Gt(0), Lt(2)] = 1.6
    interval: Annotated[int, Ge(0)] = 5
    tolerance: Annotated[float, Ge(1)] = 2.0
    forcing: Annotated[float, Gt(0), Lt(1)] = 0.01
    inner: Annotated[int, Ge(1)] = 30

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, or its projection."""
        x, F, g, f = begin(oracle, x0)
        return SplitState(x, F, g, smooth=f)

    def step(self, oracle: Oracle, state: State) -> State:
        """Update x, z, u and ρ."""
        assert isinstance(state, SplitState)
        z, prox = state.x, operator(oracle)
        memory = state.memory or self._first(oracle, state)
        rho = memory.factor.rho
        x, factor = self._smooth_update(oracle, state, memory)
        for alpha in (self.relaxation, 1.0):
            relaxed = alpha * x.x + (1.0 - alpha) * z
            z_new = prox(relaxed + memory.u, 1.0 / rho)
            f, g = oracle.value_and_gradient(z_new)
            if isfinite(f) and isfinite(max_abs(g)):
                break
        u = memory.u + relaxed - z_new
        primal, dual = norm(x.x - z_new), rho * norm(z_new - z)
        if self._looks(state.k + 1):
            sizes = max(norm(x.x), norm(z_new)), max(norm(x.g), rho * norm(u))
            balance = balanced(primal, sizes[0], dual, sizes[1], self.tolerance)
            if balance != 1.0:
                u, factor = u / balance, factored(factor.H, balance * rho)
        return state.reached(oracle, Point(z_new, f, g, 1.0), primal=primal, dual=dual, rho=rho,
                             memory=Memory(x, u, factor))  # fmt: skip

    def _looks(self, k: int) -> bool:
        """Whether ρ is looked at after k iterations: at interval · 2ʲ."""
        rounds, rest = divmod(k, self.interval or k + 1)
        return rest == 0 and rounds > 0 and rounds & (rounds - 1) == 0

    def _first(self, oracle: Oracle, state: SplitState) -> Memory:
        H = oracle.hessian(state.x)
        if not np.isfinite(H).all():
            raise Halt(Status.NONFINITE, "the Hessian is not finite at the start")
        rho = self.rho or mean_curvature(H) or norm(state.g) / max(1.0, norm(state.x)) or 1.0
        return Memory(Point(state.x, state.smooth, state.g, 1.0), np.zeros_like(state.x), factored(H, rho))

    def _smooth_update(self, oracle: Oracle, state: SplitState, memory: Memory) -> tuple[Point, Factor]:
        """Return an x that nearly minimizes f + ½ρ‖x − v‖², v = z − u, and the last factor."""
        v, (x, _, factor) = state.x - memory.u, memory
        rho, last = factor.rho, max(memory.factor.rho * state.primal, state.dual)
        slope = x.g + rho * (x.x - v)
        enough = self.forcing * (last if isfinite(last) else norm(slope))
        for _ in range(self.inner):
            rounding = ROUNDING * coarseness(v) * max(norm(x.g), rho * norm(x.x - v))
            if norm(slope) <= max(enough, rounding):
                break
            new = self._newton_step(oracle, x, v, slope, factor)
            if new is None:
                break
            slope_new = new.g + rho * (new.x - v)
            if new.t < 1.0 or not norm(slope_new) <= CONTRACTS * norm(slope):
                factor = factored(oracle.hessian(new.x), rho)
            x, slope = new, slope_new
        return x, factor

    def _newton_step(self, oracle: Oracle, x: Point, v: Array, slope: Array, factor: Factor) -> Point | None:
        """Return a point along −(H + ρI)⁻¹φ′ where φ = f + ½ρ‖x − v‖² is lower, or its gradient; None where none is."""
        d = -np.asarray(routines(slope).potrs(factor.L, slope, lower=1)[0])
        phi, promised = x.f + 0.5 * factor.rho * float((x.x - v).dot(x.x - v)), float(slope.dot(d))
        hidden, alpha = -promised <= noise_of(v) * abs(phi), 1.0
        for _ in range(TRIALS):
            trial = x.x + alpha * d
            f, g = oracle.value_and_gradient(trial)
            if isfinite(f) and isfinite(max_abs(g)):
                away = trial - v
                if hidden and norm(g + factor.rho * away) < norm(slope):
                    return Point(trial, f, g, alpha)
                if not hidden and f + 0.5 * factor.rho * float(away.dot(away)) < phi:
                    return Point(trial, f, g, alpha)
            alpha *= 0.5
            if hidden or (trial == x.x).all():
                return None
        return None

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """The proximal gradient mapping at z, or ‖∇L‖∞: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)


def factored(H: Array, rho: float) -> Factor:
    """Return the factor of H + ρI, or of what is shifted further where that is not positive definite."""
    A = H + rho * np.eye(H.shape[0], dtype=H.dtype)
    made = lifted(A)
    if made is None:
        raise Halt(Status.SINGULAR_KKT, "the Hessian is not finite")
    return Factor(H, rho, made[1])
