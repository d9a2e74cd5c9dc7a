"""The box."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class Box(ConvexSet):
    """{x : lo ≤ x ≤ hi} componentwise; ±inf where there is no bound.

    Its multipliers are those of the bounds themselves: `optlab.core.kkt` treats a box as bounds.
    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.2.4.
    """

    lo: Any = -np.inf
    hi: Any = np.inf

    def project(self, x: Array) -> Array:
        """Return x clipped to [lo, hi], exactly."""
        return np.asarray(np.clip(x, self.lo, self.hi), dtype=x.dtype)

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether lo − slack ≤ x ≤ hi + slack."""
        lo, hi = np.asarray(self.lo, dtype=float), np.asarray(self.hi, dtype=float)
        return bool(np.all(x >= lo - slack) and np.all(x <= hi + slack))

    def linear_minimizer(self, g: Array) -> Array:
        """Return the corner that minimizes gᵀx; an infinite bound gives an infinite component."""
        lo, hi = (np.broadcast_to(np.asarray(side, dtype=g.dtype), g.shape) for side in (self.lo, self.hi))
        return np.where(g > 0, lo, np.where(g < 0, hi, np.clip(0.0, lo, hi)))
