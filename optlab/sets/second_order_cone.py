"""The second-order cone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.sets.base import Array, ConvexSet


@dataclass(frozen=True)
class SecondOrderCone(ConvexSet):
    """{x = (u, t) : ‖u‖ ≤ t}, where t is the last component; for n = 1 it is t ≥ 0.

    Where multipliers are concerned it is g(x) = ‖u‖ − t ≤ 0. This g has no gradient where u = 0, thus at the apex,
    where a minimum often is; there (0, −1) stands for it, a subgradient, and 0 for the curvature. The cone is its
    own dual, so that x = P(x) − P(−x) with orthogonal parts.
    Source: Parikh & Boyd (2014), Proximal Algorithms, section 6.3.2; Moreau (1962).
    """

    def project(self, x: Array) -> Array:
        """Return ½(1 + t/‖u‖)(u, ‖u‖); x itself in the cone, 0 where −x is in it. Feasible to the last bit."""
        u, t = x[:-1], float(x[-1])
        length = float(np.linalg.norm(u))
        if not length > t:
            return x
        if length <= -t:
            return np.zeros_like(x)
        point = np.empty_like(x)
        height = 0.5 * (length + t)
        point[:-1] = (height / length) * u
        point[-1] = max(height, float(np.linalg.norm(point[:-1])))
        return point

    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether ‖u‖ − t ≤ √2 slack: the sine of half the angle at the apex is 1/√2."""
        return bool(float(np.linalg.norm(x[:-1])) <= float(x[-1]) + np.sqrt(2.0) * slack)

    def inequality(self, x: Array) -> Array:
        """‖u‖ − t, shape (1,)."""
        return np.array([np.linalg.norm(x[:-1]) - x[-1]], dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        """(u/‖u‖, −1), shape (1, n)."""
        row = -np.ones((1, x.size), dtype=x.dtype)
        row[0, :-1] = _direction(x[:-1])
        return row

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """λ (I − uuᵀ/‖u‖²)/‖u‖ in the components of u, shape (n, n)."""
        H = np.zeros((x.size, x.size), dtype=x.dtype)
        length = float(np.linalg.norm(x[:-1]))
        if length > 0:
            d = _direction(x[:-1])
            H[:-1, :-1] = float(lam[0]) / length * (np.eye(d.size) - np.outer(d, d))
        return H


def _direction(u: Array) -> Array:
    length = float(np.linalg.norm(u))
    return u / length if length > 0 else np.zeros_like(u)
