"""What the interior point methods remember, and how they see a problem."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar, NamedTuple

import numpy as np

from optlab.core.problem import Array
from optlab.core.program import MultiplierState, Program, Slopes, Values
from optlab.kernels.interior import Duals, error
from optlab.kernels.interior_filter import Filter
from optlab.kernels.interior_layout import Layout
from optlab.kernels.kkt_factorization import Corrected
from optlab.kernels.narrow import coarseness
from optlab.kernels.norms import max_abs

CREDIBLE = 1e3
"""Multipliers by least squares that are greater than this, in the method's units, are taken for 0."""
ROUNDING = 1e2 * float(np.finfo(float).eps)
"""A violation below this fraction of w and of the rows is rounding."""


class Trial(NamedTuple):
    """A point: w (N,), the functions there, c(w) (M,), the violation θ = ‖c‖₁ and the barrier function φ."""

    w: Array
    values: Values
    c: Array
    theta: float
    phi: float


class Memory(NamedTuple):
    """Where the method is, in units of its own.

    Attributes
    ----------
    layout : Layout
        The units, the free variables and the bounds.
    w : (N,) array
        Free variables and slacks.
    y : (M,) array
        Multipliers of c(w) = 0.
    duals : Duals
        Multipliers of the bounds of w.
    values, slopes : Values, Slopes
        Functions and first derivatives at x, in the problem's units.
    filter : Filter
        What no further point may be as bad as.
    delta : float
        The last δ_w that was needed.
    size : float
        |f| at the start, by which a fall without bound is known.
    restoring : float
        θ where the restoration of feasibility began; 0 otherwise.
    inner : float
        The barrier parameter of the restoration.
    model : object
        What a variant remembers of the Hessian.
    drift : float
        How much the last step changed y, relative to its greatest component.
    """

    layout: Layout
    w: Array
    y: Array
    duals: Duals
    values: Values
    slopes: Slopes
    filter: Filter
    delta: float
    size: float
    restoring: float = 0.0
    inner: float = 0.0
    model: Any = None
    drift: float = 0.0

    @property
    def slope(self) -> Array:
        """∇f with respect to w, (N,)."""
        return self.layout.slope(self.slopes.df)

    @property
    def jacobian(self) -> Array:
        """∂c_i/∂w_j, (M, N)."""
        return self.layout.jacobian(self.slopes.Jg, self.slopes.Jh)

    def measured(self, mu: float) -> Trial:
        """Return the iterate as a trial."""
        lay, v = self.layout, self.values
        return measured(lay, self.w, v, lay.residual(self.w, v.g, v.h), mu)

    def error(self, c: Array, mu: float) -> float:
        """How far the iterate is from solving the barrier problem of μ."""
        gradient = self.slope + self.y @ self.jacobian - self.duals.lower + self.duals.upper
        return error(gradient, c, self.duals.products(self.layout.box, self.w), self.y, self.duals, mu)

    def by_least_squares(self) -> Array:
        """Return the y that brings ∇L nearest to 0, (M,). Source: Wächter & Biegler (2006), equation 36."""
        A, b = self.jacobian, self.duals.lower - self.duals.upper - self.slope
        if not (A.size and np.isfinite(A).all() and np.isfinite(b).all()):
            return np.zeros(A.shape[0], A.dtype)
        y = np.asarray(np.linalg.lstsq(A.T, b, rcond=None)[0])
        return y if np.abs(y).max() <= CREDIBLE else np.zeros_like(y)

    def multipliers(self, program: Program) -> tuple[Array, Array]:
        """Return λ ≥ 0 and ν in the problem's units."""
        lay, m, k = self.layout, self.layout.m, self.layout.free.size
        lam = self.duals.lower[k:] * lay.of_c[:m] / lay.of_f
        nu = self.y[m:] * lay.of_c[m:] / lay.of_f
        fixed = self.slopes.df + lam @ self.slopes.Jg + nu @ self.slopes.Jh
        lower, upper = np.maximum(fixed, 0.0), np.maximum(-fixed, 0.0)  # what holds the variables without freedom
        lower[lay.free], upper[lay.free] = self.duals.lower[:k] / lay.of_f, self.duals.upper[:k] / lay.of_f
        nu.setflags(write=False)
        return program.join(lam, lower, upper), nu


class Plan(NamedTuple):
    """A Newton step on (w, y): d (N,) and dy (M,), from a system and its right-hand side b.

    `along` is the slope of φ along d, and `promising` whether that is above the rounding of φ; `tau` is what may be
    used up of a distance to a bound, `noise` the violation that is rounding.
    """

    system: Corrected
    b: Array
    d: Array
    dy: Array
    along: float
    promising: bool
    tau: float
    noise: float


class Accepted(NamedTuple):
    """A trial that the filter accepts, with its derivatives, its step and the filter from now on."""

    trial: Trial
    slopes: Slopes
    alpha: float
    filter: Filter


@dataclass(frozen=True)
class InteriorPointState(MultiplierState):
    """A state with the barrier parameter and what the step took.

    Attributes
    ----------
    mu : float
        μ, in the method's units of f.
    regularization : float
        δ_w of the step that led here, in units of the Hessian: 0 where its inertia was right.
    restoring : float
        1 where that step restored feasibility, 0 otherwise.
    """

    mu: float = 0.0
    regularization: float = 0.0
    restoring: float = 0.0

    recorded: ClassVar[tuple[str, ...]] = ("lam", "nu", "mu", "regularization", "restoring")


def measured(layout: Layout, w: Array, values: Values, c: Array, mu: float) -> Trial:
    """Return the point with θ and φ. Source: Wächter & Biegler (2006), equation 3a."""
    return Trial(w, values, c, float(np.abs(c).sum()), layout.of_f * values.f + mu * layout.box.barrier(w))


def tried(program: Program, memory: Memory, w: Array, mu: float) -> Trial | None:
    """Evaluate a trial point strictly inside its bounds; None where it is not finite or violates too much.

    The constraints come first: where they rule the point out, f is not evaluated.
    """
    lay, oracle = memory.layout, program.oracle
    w = lay.box.within(w)
    x = lay.full(w)
    g, h = oracle.inequality(x), oracle.equality(x)
    w = lay.slacks(w, g)
    c = lay.residual(w, g, h)
    if not np.abs(c).sum() <= memory.filter.theta_max:
        return None
    values = Values(x, oracle.value(x), g, h)
    return measured(lay, w, values, c, mu) if values.finite else None


def noise(w: Array, A: Array) -> float:
    """Return the violation that is rounding."""
    return ROUNDING * coarseness(w) * max(1.0, max_abs(w)) * float(np.abs(A).max(initial=1.0))
