"""A box lo ≤ x ≤ hi, componentwise: what may move, and how far. Infinite bounds are none.

Source: Bertsekas (1999), Nonlinear Programming, section 2.3; Nocedal & Wright (2006), section 16.7.
"""

from __future__ import annotations

from math import inf

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]


def clip(x: Array, lo: Array, hi: Array) -> Array:
    """Return the nearest point of the box, a fresh array."""
    return np.minimum(np.maximum(x, lo), hi)


def held(x: Array, d: Array, lo: Array, hi: Array) -> Mask:
    """Which components of d lead out of the box at once."""
    return ((d < 0) & (x <= lo)) | ((d > 0) & (x >= hi))


def reduced(x: Array, g: Array, lo: Array, hi: Array) -> Array:
    """Return the gradient without the components whose descent leads out of the box: 0 at a KKT point."""
    return np.where(held(x, -g, lo, hi), 0.0, g)


def breakpoints(x: Array, d: Array, lo: Array, hi: Array) -> Array:
    """Return for every component the t ≥ 0 at which x + td meets its bound; infinite where it never does."""
    with np.errstate(all="ignore"):
        t = np.where(d < 0, lo - x, hi - x) / d
    t[d == 0] = inf
    return t


def longest(x: Array, d: Array, lo: Array, hi: Array) -> float:
    """Return the greatest t with x + td in the box; infinite where no bound is met."""
    return float(breakpoints(x, d, lo, hi).min())
