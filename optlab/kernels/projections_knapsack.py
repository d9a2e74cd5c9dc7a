"""The projection onto a hyperplane within bounds.

Source: Helgason, Kennington & Lall (1980); Kiwiel (2008), section 3, continuous quadratic knapsack problem.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

REFINEMENTS = 3
"""How often the free components are corrected by what rounding left of the residual."""


def onto_bounded_hyperplane(x: Array, a: Array, b: float, lo: Array, hi: Array) -> Array:
    """Return the z nearest to x with aᵀz = b and lo ≤ z ≤ hi; where there is none, the bounded z that comes nearest.

    z(μ) is x − μa within the bounds, and aᵀz(μ) falls, linear between the μ at which a component meets a bound. These
    are sorted and halved until the two about b are left; O(n log n), however far x is.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        meets = np.concatenate([(x - lo) / a, (x - hi) / a])
    meets = np.unique(meets[np.isfinite(meets)])

    def z(mu: float) -> Array:
        return np.minimum(np.maximum(x - mu * a, lo), hi)

    def residual(mu: float) -> float:
        return float(a @ z(mu)) - b

    first, last = 0, meets.size  # b is met below meets[last] and not below meets[first − 1]
    while first < last:
        middle = (first + last) // 2
        if residual(meets[middle]) > 0:
            first = middle + 1
        else:
            last = middle
    left = meets[first - 1] if first > 0 else (meets[0] if meets.size else 0.0)
    right = meets[first] if first < meets.size else left
    between = left + 0.5 * (right - left)
    if first in (0, meets.size):  # outside all of them: what is free there is free for good
        between = left + (1.0 if first else -1.0) * (1.0 + abs(left))
    at = z(between)
    free = np.where((lo < at) & (at < hi), a, 0.0)
    for _ in range(1 + REFINEMENTS):
        gap, slope = float(a @ at) - b, float(free @ free)
        if not slope > 0:
            break
        at = np.minimum(np.maximum(at - gap / slope * free, lo), hi)
    return at
