"""A quadratic in a ball, by Newton's method on the multiplier."""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, sqrt
from typing import ClassVar, NamedTuple

import numpy as np

from optlab.core.optimizer import Optimizer, State
from optlab.core.oracle import Oracle
from optlab.core.problem import Array
from optlab.core.program import NONE, MultiplierState
from optlab.core.status import Halt, Status
from optlab.kernels.euclidean import norm

ON_THE_SPHERE = 1e-15
"""‖p‖ = r to this, relatively, ends the iteration."""
EDGE = 1e-14
"""An eigenvalue of H + λI below this part of the greatest is 0."""


class Memory(NamedTuple):
    """The quadratic in the basis of eigenvectors around the center, and the iteration.

    Attributes
    ----------
    values, Q : (n,), (n, n) arrays
        Eigenvalues of H, ascending, and its eigenvectors in columns.
    c : (n,) array
        The gradient at the center, in that basis.
    shift : float
        λ of (H + λI)p = −g; NaN before the first step.
    """

    values: Array
    Q: Array
    c: Array
    shift: float


@dataclass(frozen=True)
class SecularEquation(Optimizer):
    """Find the λ ≥ 0 with ‖p(λ)‖ = r, where (H + λI)p = −∇f at the center: the exact solution, convex or not.

    Each step is one of Newton's on 1/‖p(λ)‖ − 1/r, which is concave and increasing: λ ascends to the root and never
    passes it, so every iterate but the last is outside the ball, and λ/2, the multiplier of ‖x − c‖² ≤ r², grows. It
    is the penalty whose solution has that norm. Where Newton's point is inside, λ = 0. One eigendecomposition serves
    all steps.
    Source: Reinsch (1971); Moré & Sorensen (1983); Nocedal & Wright (2006), equations 4.43 and 4.44; Golub & Van Loan
    (2013), section 6.2.1.
    """

    needs: ClassVar[tuple[str, ...]] = ("gradient", "hessian", "quadratic", "ball")
    handles: ClassVar[tuple[str, ...]] = ("set",)
    properties: ClassVar[tuple[str, ...]] = ()

    def init(self, oracle: Oracle, x0: Array) -> State:
        """Evaluate the start, and decompose H."""
        x = oracle.project(x0)
        f, g = oracle.value_and_gradient(x)
        H = oracle.hessian(x)
        if not (np.isfinite(H).all() and np.isfinite(g).all()):
            raise Halt(Status.NONFINITE, "the quadratic is not finite at the start")
        values, Q = np.linalg.eigh(H)
        center, _ = oracle.ball
        return MultiplierState(
            x,
            f,
            g,
            lam=_multiplier(0.0, x),
            nu=NONE,
            memory=Memory(values, Q, Q.T @ (g + H @ (center - x)), float("nan")),
        )

    def step(self, oracle: Oracle, state: State) -> State:
        """Take the first λ, or Newton's next."""
        memory: Memory = state.memory
        center, radius = oracle.ball
        lam = self._next(memory, radius)
        if lam == memory.shift:
            raise Halt(Status.STALLED, f"Newton's steps on λ = {lam:.6g} are below rounding")
        a, lam = _solution(memory, lam, radius)
        p = memory.Q @ a
        x = center + p
        if abs(norm(p) - radius) <= 1e-8 * radius:
            x = oracle.project(x)
        f, g = oracle.value_and_gradient(x)
        return state.at(
            x,
            f,
            g,
            lam=_multiplier(0.5 * lam, x),
            step_size=1.0,
            direction=x - state.x,
            memory=memory._replace(shift=lam),
        )

    def _next(self, memory: Memory, radius: float) -> float:
        values, lam = memory.values, memory.shift
        if np.isnan(lam):  # no component of p(λ) is longer than r: each is a lower bound
            return max(0.0, -float(values[0]), float((np.abs(memory.c) / radius - values).max()))
        d = values + lam
        a = _over(-memory.c, d)
        size = norm(a)
        if not size > (1.0 + ON_THE_SPHERE) * radius:
            return lam
        return lam + (size * size / float(a @ _over(a, d))) * (size - radius) / radius

    def stationarity(self, oracle: Oracle, state: State) -> float:
        """‖∇L‖∞ with recovered multipliers: the number that the driver checks claims by."""
        return oracle.kkt_stationarity(state.x, state.g)


def _solution(memory: Memory, lam: float, radius: float) -> tuple[Array, float]:
    """Return p(λ) in the basis of eigenvectors, and λ; in the hard case the null vector of H − λ₁I fills it up."""
    a = _over(-memory.c, memory.values + lam)
    size = norm(a)
    if memory.values[0] > 0 or size >= radius:
        return a, lam
    a[0] = -copysign(sqrt((radius - size) * (radius + size)), float(memory.c[0]))
    return a, -float(memory.values[0])


def _over(a: Array, d: Array) -> Array:
    """a/d, 0 where d is at the level of rounding: there a has no component, or λ would be greater."""
    return np.divide(a, d, out=np.zeros_like(a), where=d > EDGE * np.abs(d).max())


def _multiplier(lam: float, x: Array) -> Array:
    found = np.array([lam], x.dtype)
    found.setflags(write=False)
    return found
