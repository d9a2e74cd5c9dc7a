"""The simplex."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.kernels.projections_knapsack import onto_bounded_hyperplane
from optlab.kernels.projections_simplex import onto_simplex
from optlab.sets.base import ULPS, Array, ConvexSet


@dataclass(frozen=True)
class Simplex(ConvexSet):
    """{x : x ≥ 0, Σ x_i = r}, written as bounds and one equality where multipliers are concerned.

    A member has no negative component; its sum is r to 4 ulp.
    Source: Duchi, Shalev-Shwartz, Singer & Chandra (2008).

    Parameters
    ----------
    radius : float
        r.
    """

    radius: Annotated[float, Ge(0)] = 1.0

    def project(self, x: Array) -> Array:
        """Return max(x − τ, 0) with the τ for which the sum is r; x itself where it is a member."""
        return x if self.contains(x) else onto_simplex(x, self.radius)

    def project_within(self, x: Array, lo: Array, hi: Array) -> Array:
        """Return the nearest point of the set with lo ≤ x ≤ hi."""
        return onto_bounded_hyperplane(x, np.ones_like(x), self.radius, np.maximum(lo, 0.0), hi)

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether x ≥ −slack and |Σ x_i − r| ≤ slack √n."""
        if not x.min() >= -slack:
            return False
        allowed = slack * np.sqrt(x.size) + ULPS * float(np.finfo(x.dtype).eps) * self.radius
        return bool(abs(float(x.sum(dtype=float)) - self.radius) <= allowed)

    def linear_minimizer(self, g: Array) -> Array:
        """Return r at the least component of g, 0 elsewhere."""
        vertex = np.zeros_like(g)
        vertex[g.argmin()] = self.radius
        return vertex

    def support(self, g: Array) -> float:
        """Return max gᵀx = r max g_i."""
        return self.radius * float(g.max())

    def bounds(self, n: int) -> tuple[Array, Array] | None:
        """0 ≤ x."""
        return np.zeros(n), np.full(n, np.inf)

    def equality(self, x: Array) -> Array:
        """Σ x_i − r, shape (1,)."""
        return np.array([x.sum() - self.radius], dtype=x.dtype)

    def equality_jacobian(self, x: Array) -> Array:
        """A row of ones."""
        return np.ones((1, x.size), dtype=x.dtype)
