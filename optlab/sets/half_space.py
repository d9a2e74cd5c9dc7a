"""The half-space."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.kernels.projections_knapsack import onto_bounded_hyperplane
from optlab.sets._normal import WithNormal
from optlab.sets.base import Array


@dataclass(frozen=True)
class HalfSpace(WithNormal):
    """{x : aᵀx ≤ b}.

    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.2.3.

    Parameters
    ----------
    normal : number or (n,) array-like
        a, not 0.
    offset : float
        b.
    """

    def project(self, x: Array) -> Array:
        """Return x − (aᵀx − b) a/‖a‖² outside, x itself inside; feasible to the last bit."""
        excess = self.residual(x)
        if not excess > 0:
            return x
        point, push = self.moved(x, excess), 0.0
        while self.residual(point) > 0:  # by rounding
            push = 2.0 * push or float(np.finfo(x.dtype).eps)
            point = self.moved(x, excess * (1.0 + push))
        return point

    def project_within(self, x: Array, lo: Array, hi: Array) -> Array:
        """Return the nearest point of the set with lo ≤ x ≤ hi."""
        clipped = np.minimum(np.maximum(x, lo), hi)
        return onto_bounded_hyperplane(x, self.a(x), self.offset, lo, hi) if self.residual(clipped) > 0 else clipped

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether aᵀx − b ≤ slack ‖a‖."""
        return bool(self.residual(x) <= slack * self.length(x))

    def inequality(self, x: Array) -> Array:
        """aᵀx − b, shape (1,)."""
        return np.array([self.residual(x)], dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        """aᵀ, shape (1, n)."""
        return self.a(x)[None, :].copy()
