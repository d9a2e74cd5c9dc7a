"""Conjugate gradients on a quadratic model that need not be convex, cut off by accuracy, by curvature or by a radius.

Source: Steihaug (1983); Nocedal & Wright (2006), algorithms 7.1 and 7.2.
"""

from __future__ import annotations

from collections.abc import Callable
from math import inf, isfinite, sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from optlab.kernels.narrow import coarseness
from optlab.kernels.trust_region import Step, reach

Array = NDArray[np.float64]

CURVATURE = 10 * float(np.finfo(float).eps)
"""Curvature along d counts as positive above this fraction of the greatest seen: below it is rounding."""
ROOM = 2**22
"""Numbers kept of a path, 32 MB: beyond it a shorter radius costs the products again."""


class Leg(NamedTuple):
    """One iteration, from z along d; the slope of the model there is −‖r‖², r = Hz + g being the residual.

    Attributes
    ----------
    z, d : (n,) arrays
        The iterate and the direction.
    squared, curvature : float
        ‖r‖² and dᵀHd.
    decrease : float
        By how much the model falls from 0 to z.
    reaches : float
        ‖z + αd‖ at the minimizer along d; infinite where the curvature is not positive.
    """

    z: Array
    d: Array
    squared: float
    curvature: float
    decrease: float
    reaches: float

    def to_critical_point(self) -> float:
        """Return the multiple of d to where the slope is zero, or would be with the curvature's sign changed."""
        return self.squared / abs(self.curvature) if self.curvature != 0 else inf

    def at(self, radius: float) -> Step:
        """Return the point of this leg on the boundary."""
        tau = reach(self.z, self.d, radius)
        fall = tau * (self.squared - 0.5 * tau * self.curvature)
        return Step(self.z + tau * self.d, self.decrease + fall, True)


class Path(NamedTuple):
    """The iterations of one process. Their lengths increase, so that a shorter radius only cuts the path earlier.

    Attributes
    ----------
    legs : tuple of Leg
        Its first iterations, as far as there is room for them.
    end : Step
        Where it ended: for its own radius; without a radius, the last iterate before negative curvature.
    least : float
        The least radius for which that is the step; infinite where negative curvature ended the path.
    bent : Leg or None
        The leg without positive curvature that ended the path, where one did.
    """

    legs: tuple[Leg, ...]
    end: Step
    least: float
    bent: Leg | None = None

    def within(self, radius: float) -> Step | None:
        """Return the step for a radius not greater than the path's own; None where too little of the path was kept."""
        if radius >= self.least:
            return self.end
        return next((leg.at(radius) for leg in self.legs if leg.reaches >= radius), None)


def forcing(norm: float, first: float, most: float) -> float:
    """Return the residual to reach relative to ‖g‖: min(most, √(‖g‖/‖g₀‖)), for superlinear convergence.

    N&W's √‖g‖ would depend on the units of f. Source: Nocedal & Wright (2006), section 7.1; Dembo, Eisenstat &
    Steihaug (1982).
    """
    return min(most, sqrt(norm / first)) if norm < first else most


def truncated_cg(product: Callable[[Array], Array], g: Array, tolerance: float, most: int, radius: float = inf) -> Path:
    """Minimize gᵀp + ½pᵀHp by conjugate gradients from p = 0 until ‖Hp + g‖ ≤ tolerance, but within ‖p‖ ≤ Δ.

    H is known by `product`. Curvature that is not positive, relative to the greatest seen, leads to the boundary;
    without a radius the path ends before it. A product that is not finite counts as no curvature.
    """
    z, r, d = np.zeros_like(g), np.array(g), -g
    least = CURVATURE * coarseness(g)
    squared, decrease, greatest = float(r.dot(r)), 0.0, 0.0
    legs: list[Leg] = []
    iterations = 0
    while iterations < most and sqrt(squared) > tolerance:
        Hd = product(d)
        curvature, size = float(d.dot(Hd)), float(d.dot(d))
        greatest = max(greatest, abs(curvature) / size if size > 0 and isfinite(curvature) else 0.0)
        curvature = curvature if abs(curvature) > least * greatest * size else 0.0
        positive = curvature > 0
        alpha = squared / curvature if positive else inf
        ahead = z + alpha * d if positive else z
        leg = Leg(z, d, squared, curvature, decrease, sqrt(float(ahead.dot(ahead))) if positive else inf)
        if len(legs) == iterations and 2 * iterations * g.size < ROOM:
            legs.append(leg)
        iterations += 1
        if leg.reaches >= radius or not isfinite(leg.reaches):
            end = leg.at(radius) if radius < inf else Step(z, decrease, False)
            return Path(tuple(legs), end, radius, None if positive else leg)
        z = ahead
        decrease += 0.5 * alpha * squared
        r += alpha * Hd
        before, squared = squared, float(r.dot(r))
        d = (squared / before) * d - r
    return Path(tuple(legs), Step(z, decrease, False), sqrt(float(z.dot(z))))
