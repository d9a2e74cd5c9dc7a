"""The projection that the simplex and the ℓ₁ ball share: one threshold for all components.

Source: Held, Wolfe & Crowder (1974); Michelot (1986); Duchi, Shalev-Shwartz, Singer & Chandra (2008), figure 1;
Condat (2016), algorithm 1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

FILTERS = 12
"""Rounds of filtering before what is left is sorted: data made to lose one component a round cost O(n log n)."""

SAMPLE = 16
"""One in so many components is looked at first: their threshold is a bound for that of all."""

REFINEMENTS = 3
"""How often the sum is corrected by what rounding left of it; one is enough as a rule."""

EPS = float(np.finfo(float).eps)


def onto_simplex(x: Array, radius: float) -> Array:
    """Return max(x − τ, 0) with the τ that makes it sum to `radius`, in the type of x.

    No component is negative, and the sum is right to rounding wherever the components of x lie: they are taken
    relative to the greatest, since only those within `radius` of it can stay positive. NaN where x is not finite.
    """
    top = x.max()
    if radius == 0 or not np.isfinite(top):
        return np.full_like(x, 0.0 if np.isfinite(top) else np.nan)
    low = top - radius
    sample = x[::SAMPLE]
    sample = sample[sample >= low]
    if sample.size:
        low = max(low, top + _threshold(_below(sample, top), radius))
    high = x >= low
    if high.all():
        return _raised(_below(x, top), radius).astype(x.dtype, copy=False)
    near = np.flatnonzero(high)
    projected = np.zeros_like(x)
    projected[near] = _raised(_below(x[near], top), radius)
    return projected


def _below(x: Array, top: float) -> Array:
    """Return x − top in double precision, where it is exact for the greatest components."""
    return x.astype(float, copy=False) - float(top)


def _raised(y: Array, radius: float) -> Array:
    """Return max(y − τ, 0) with the sum `radius`, for y ≤ 0 with 0 among them."""
    p = y - _threshold(y, radius)
    np.maximum(p, 0.0, out=p)
    for _ in range(REFINEMENTS):
        missing = radius - float(p.sum())
        if abs(missing) <= EPS * radius:
            break
        positive = p > 0
        p = np.maximum(p + (missing / np.count_nonzero(positive)) * positive, 0.0)
    return p


def _threshold(y: Array, radius: float) -> float:
    """Return the τ with Σ max(y − τ, 0) = `radius`.

    The τ that any of the components would have without the others is a bound from below, so that those below it can
    go; once none goes, it is τ.
    """
    for _ in range(FILTERS):
        tau = (float(y.sum()) - radius) / y.size
        above = y > tau
        if above.all():
            return tau
        y = y[np.flatnonzero(above)]
    y = np.sort(y)[::-1]
    means = (np.cumsum(y) - radius) / np.arange(1, y.size + 1)
    return float(means[np.flatnonzero(y > means)[-1]])
