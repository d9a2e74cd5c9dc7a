"""The hyperplane."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.kernels.projections_knapsack import onto_bounded_hyperplane
from optlab.sets._normal import WithNormal
from optlab.sets.base import ULPS, Array

REFINEMENTS = 3
"""How often the projection is repeated on what rounding left of the residual."""


@dataclass(frozen=True)
class Hyperplane(WithNormal):
    """{x : aᵀx = b}; for a member the two sides differ by no more than 4 ulp of Σ |a_i x_i| + |b|.

    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.2.1.

    Parameters
    ----------
    normal : number or (n,) array-like
        a, not 0.
    offset : float
        b.
    """

    def project(self, x: Array) -> Array:
        """Return x − (aᵀx − b) a/‖a‖²; x itself where it is a member."""
        for _ in range(REFINEMENTS):
            if self.contains(x):
                break
            x = self.moved(x, self.residual(x))
        return x

    def project_within(self, x: Array, lo: Array, hi: Array) -> Array:
        """Return the nearest point of the set with lo ≤ x ≤ hi."""
        return onto_bounded_hyperplane(x, self.a(x), self.offset, lo, hi)

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether |aᵀx − b| ≤ slack ‖a‖, to rounding."""
        terms = float(np.abs(self.a(x)) @ np.abs(x)) + abs(self.offset)
        allowed = slack * self.length(x) + ULPS * float(np.finfo(x.dtype).eps) * terms
        return bool(abs(self.residual(x)) <= allowed < np.inf)

    def equality(self, x: Array) -> Array:
        """aᵀx − b, shape (1,)."""
        return np.array([self.residual(x)], dtype=x.dtype)

    def equality_jacobian(self, x: Array) -> Array:
        """aᵀ, shape (1, n)."""
        return self.a(x)[None, :].copy()
