"""A problem as methods for general constraints see it: f, g(x) ≤ 0, h(x) = 0 and lo ≤ x ≤ hi."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, NamedTuple

import numpy as np

from optlab.core.constraints import length_from
from optlab.core.optimizer import State
from optlab.kernels.norms import max_abs

if TYPE_CHECKING:
    from optlab.core.oracle import Oracle
    from optlab.core.problem import Array

NONE = np.empty(0)
NONE.setflags(write=False)


@dataclass(frozen=True)
class MultiplierState(State):
    """A state with the method's own multipliers.

    Attributes
    ----------
    lam : (m,) array
        λ ≥ 0 of the inequalities, in the order of `optlab.core.constraints`: functions, linear rows, the set's own,
        then the finite lower bounds and the finite upper bounds.
    nu : (p,) array
        ν of the equalities: functions, linear rows, the set's own.
    """

    lam: Array = field(default_factory=lambda: NONE)
    nu: Array = field(default_factory=lambda: NONE)

    recorded: ClassVar[tuple[str, ...]] = ("lam", "nu")


class Values(NamedTuple):
    """What decides about a trial point: x, f, g(x) of shape (m,) and h(x) of shape (p,)."""

    x: Array
    f: float
    g: Array
    h: Array

    @property
    def finite(self) -> bool:
        """Whether all of them are finite."""
        return bool(np.isfinite(self.f) and np.isfinite(self.g).all() and np.isfinite(self.h).all())


class Slopes(NamedTuple):
    """First derivatives at a point: ∇f of shape (n,), the Jacobians of g (m, n) and of h (p, n)."""

    df: Array
    Jg: Array
    Jh: Array

    @property
    def finite(self) -> bool:
        """Whether all of them are finite."""
        return all(bool(np.isfinite(part).all()) for part in self)


class Program:
    """The functions of a problem through its oracle, and what belongs to bounds and multipliers.

    Attributes
    ----------
    lo, hi : (n,) arrays, read-only
        Bounds, infinite where there is none.
    below, above : (k,) int arrays
        Which variables have a finite lower, and upper, bound.
    """

    __slots__ = ("above", "below", "hi", "lo", "oracle")

    lo: Array
    hi: Array

    def __init__(self, oracle: Oracle) -> None:
        self.oracle = oracle
        everywhere = np.full(oracle.n, np.inf, oracle.dtype)
        self.lo, self.hi = oracle.bounds or (-everywhere, everywhere)
        self.below, self.above = np.flatnonzero(np.isfinite(self.lo)), np.flatnonzero(np.isfinite(self.hi))

    def values(self, x: Array) -> Values:
        """Evaluate f and the constraints at x."""
        return Values(x, self.oracle.value(x), self.oracle.inequality(x), self.oracle.equality(x))

    def slopes(self, x: Array) -> Slopes:
        """Evaluate the first derivatives at x."""
        oracle = self.oracle
        return Slopes(oracle.gradient(x), oracle.inequality_jacobian(x), oracle.equality_jacobian(x))

    def clip(self, x: Array) -> Array:
        """Return x within the bounds, exactly."""
        return np.minimum(np.maximum(x, self.lo), self.hi)

    def join(self, lam: Array, lower: Array, upper: Array) -> Array:
        """Return all λ as one array, from those of g (m,) and those of all lower and upper bounds, (n,) each."""
        joined = np.concatenate([lam, lower[self.below], upper[self.above]])
        joined.setflags(write=False)
        return joined

    def split(self, lam: Array) -> tuple[Array, Array, Array]:
        """Return the λ of g (m,), and of the lower and upper bounds, (n,) each, 0 where there is no bound."""
        m = lam.size - self.below.size - self.above.size
        lower, upper = np.zeros_like(self.lo), np.zeros_like(self.lo)
        lower[self.below] = lam[m : m + self.below.size]
        upper[self.above] = lam[m + self.below.size :]
        return lam[:m].astype(self.lo.dtype, copy=False), lower, upper

    def lagrangian(self, slopes: Slopes, lam: Array, nu: Array) -> Array:
        """∇f + Jgᵀλ + Jhᵀν − λ_lo + λ_hi, shape (n,)."""
        of_g, lower, upper = self.split(lam)
        return slopes.df + of_g @ slopes.Jg + nu @ slopes.Jh - lower + upper

    def stationarity(self, values: Values, slopes: Slopes, lam: Array, nu: Array) -> float:
        """max(‖∇L‖∞, max |λ_i g_i|/ℓ) with these multipliers: what the driver recomputes with its own."""
        of_g, lower, upper = self.split(lam)
        b, a, x = self.below, self.above, values.x
        products = (of_g * values.g, lower[b] * (x - self.lo)[b], upper[a] * (self.hi - x)[a])
        slack = max(max_abs(part) for part in products if part.size) if lam.size else 0.0
        length = length_from(x, self.oracle.start_length)
        return max(max_abs(self.lagrangian(slopes, lam, nu)), slack / length)

    def violation(self, values: Values) -> float:
        """The greatest violation of g and h, max(0, g, |h|); bounds are kept by the methods themselves."""
        return max(0.0, float(values.g.max(initial=0.0)), float(np.abs(values.h).max(initial=0.0)))
