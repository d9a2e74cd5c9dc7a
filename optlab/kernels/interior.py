"""Mathematics of interior points between bounds: barrier, fraction to the boundary, duals of the bounds.

Everywhere w (N,) lies strictly between lo and hi, which are infinite where there is no bound; the duals of the bounds,
`lower` and `upper` (N,), are positive, and 0 where there is no bound.

Source: Nocedal & Wright (2006), chapter 19; Wächter & Biegler (2006).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

DAMPING = 1e-5
"""What a variable with one bound pays for its distance, in units of μ: else it could leave for infinity.

Source: Wächter & Biegler (2006), section 3.7.
"""
NEAR_CENTRAL = 1e10
"""A dual is kept within this factor of μ/slack. Source: Wächter & Biegler (2006), equation 16."""
WIDEST = 100.0
"""Multipliers up to this size leave the optimality error as it is. Source: Wächter & Biegler (2006), equation 5."""


class Box(NamedTuple):
    """The bounds of N variables: lo < hi, infinite where there is none."""

    lo: Array
    hi: Array

    def room(self, w: Array) -> tuple[Array, Array]:
        """Return the distances to both bounds, (N,) each."""
        return w - self.lo, self.hi - w

    @property
    def bounded(self) -> bool:
        """Whether there is a bound at all."""
        return bool(np.isfinite(self.lo).any() or np.isfinite(self.hi).any())

    def within(self, w: Array) -> Array:
        """Return w strictly between the bounds: what rounding put on one goes to the next number inside."""
        return np.minimum(np.maximum(w, np.nextafter(self.lo, np.inf)), np.nextafter(self.hi, -np.inf))

    def pushed(self, w: Array, push: float) -> Array:
        """Return w at least push · max(1, |bound|) inside, or that fraction of the width where this is less.

        Source: Wächter & Biegler (2006), section 3.6.
        """
        width = push * (self.hi - self.lo)
        from_lo, from_hi = (np.minimum(push * np.maximum(1.0, np.abs(side)), width) for side in self)
        below, above = np.isfinite(self.lo), np.isfinite(self.hi)
        least = np.add(self.lo, from_lo, where=below, out=np.full_like(w, -np.inf))
        most = np.subtract(self.hi, from_hi, where=above, out=np.full_like(w, np.inf))
        return self.within(np.minimum(np.maximum(w, least), most))

    def barrier(self, w: Array) -> float:
        """−Σ log of the distances to the bounds, with damping where there is one bound."""
        below, above = self.room(w)
        lo, hi = np.isfinite(below), np.isfinite(above)
        one = lo != hi
        distance = np.where(lo, below, above)[one]
        return DAMPING * float(distance.sum()) - float(np.log(below[lo]).sum()) - float(np.log(above[hi]).sum())

    def barrier_slope(self, w: Array) -> Array:
        """Gradient of `barrier`, (N,)."""
        below, above = self.room(w)
        side = np.isfinite(below).astype(w.dtype) - np.isfinite(above)  # +1 with a lower bound alone, −1 with an upper
        return 1.0 / above - 1.0 / below + DAMPING * side

    def longest(self, w: Array, d: Array, tau: float) -> float:
        """Return the greatest step ≤ 1 along d that leaves 1 − τ of every distance. Source: W & B, equation 15a."""
        below, above = self.room(w)
        return min(fraction(below, d, tau), fraction(above, -d, tau))


CLOSEST = 1e-8
"""A step leaves at least this fraction of every distance, however small μ is."""


def share(least: float, mu: float) -> float:
    """Return τ = max(τ_min, 1 − μ): how much of a distance a step may use up. Source: W & B (2006), equation 8."""
    return max(least, 1.0 - max(mu, CLOSEST))


class Duals(NamedTuple):
    """The multipliers of the lower and the upper bounds, (N,) each, 0 where there is none."""

    lower: Array
    upper: Array

    @classmethod
    def central(cls, box: Box, w: Array, mu: float) -> Duals:
        """Return μ/slack."""
        below, above = box.room(w)
        return cls(mu / below, mu / above)

    @property
    def greatest(self) -> float:
        """The greatest dual, 0 without any."""
        return float(max(self.lower.max(initial=0.0), self.upper.max(initial=0.0)))

    def curvature(self, box: Box, w: Array) -> Array:
        """Diagonal of Σ = Z/slack, (N,). Source: Nocedal & Wright (2006), equation 19.11."""
        below, above = box.room(w)
        return self.lower / below + self.upper / above

    def step(self, box: Box, w: Array, d: Array, mu: float) -> Duals:
        """Newton's step on slack · dual = μ. Source: Wächter & Biegler (2006), equation 12."""
        below, above = box.room(w)
        return Duals(mu / below - self.lower - self.lower / below * d, mu / above - self.upper + self.upper / above * d)

    def longest(self, step: Duals, tau: float) -> float:
        """Return the greatest step ≤ 1 that leaves 1 − τ of every dual. Source: W & B, equation 15b."""
        return min(fraction(self.lower, step.lower, tau), fraction(self.upper, step.upper, tau))

    def moved(self, step: Duals, alpha: float, box: Box, w: Array, mu: float) -> Duals:
        """Go there, and stay near μ/slack at the new w. Source: Wächter & Biegler (2006), equation 16."""
        moved = []
        for dual, change, room in zip(self, step, box.room(w), strict=True):
            central = mu / room
            moved.append(np.clip(dual + alpha * change, central / NEAR_CENTRAL, central * NEAR_CENTRAL))
        return Duals(*moved)

    def products(self, box: Box, w: Array) -> Array:
        """Slack · dual at every bound, (number of bounds,)."""
        below, above = box.room(w)
        lo, hi = np.isfinite(below), np.isfinite(above)
        return np.concatenate([below[lo] * self.lower[lo], above[hi] * self.upper[hi]])


def fraction(room: Array, d: Array, tau: float) -> float:
    """Return the greatest α ≤ 1 with room + αd ≥ (1 − τ) room. Source: Nocedal & Wright (2006), equation 19.9."""
    towards = d < 0
    if not towards.any():
        return 1.0
    return min(1.0, float((tau * room[towards] / -d[towards]).min()))


def error(gradient: Array, c: Array, products: Array, y: Array, duals: Duals, mu: float) -> float:
    """Return how far a point is from solving the barrier problem of μ. Source: Wächter & Biegler (2006), equation 5.

    The greatest of ‖∇L‖∞/s_d, ‖c‖∞ and max |slack · dual − μ|/s_c, s_d and s_c being about the mean multiplier.
    """
    bounds = float(duals.lower.sum() + duals.upper.sum())
    many = y.size + products.size
    s_d = max(WIDEST, (float(np.abs(y).sum()) + bounds) / many) / WIDEST if many else 1.0
    s_c = max(WIDEST, bounds / products.size) / WIDEST if products.size else 1.0
    return max(
        float(np.abs(gradient).max(initial=0.0)) / s_d,
        float(np.abs(c).max(initial=0.0)),
        float(np.abs(products - mu).max(initial=0.0)) / s_c,
    )
