"""The contract of a convex set.

Source: Bertsekas (1999), Nonlinear Programming, section 2.1 (projection theorem).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


class ConvexSet(ABC):
    """A closed convex set of points x of shape (n,).

    Subclasses are frozen dataclasses. Optional: `linear_minimizer(g)` (argmin of gᵀx over the set) and
    `support(g)` (max of gᵀx). A set that can be written g(x) ≤ 0 gives `inequality` and
    `inequality_jacobian`, so that its multipliers can be recovered.
    """

    abstract: ClassVar[bool] = True

    @abstractmethod
    def project(self, x: Array) -> Array:
        """Return the nearest point of the set, shape (n,); x itself where it already is a member."""

    @abstractmethod
    def contains(self, x: Array, slack: float = 0.0) -> bool:
        """Whether x is in the set, or within `slack` (in the units of x) of it."""

    def inequality(self, x: Array) -> Array:
        """g(x) ≤ 0 of the set, shape (m,); m = 0 for a set without such a form."""
        return np.empty(0, dtype=x.dtype)

    def inequality_jacobian(self, x: Array) -> Array:
        """∂g_i/∂x_j, shape (m, n)."""
        return np.empty((0, x.size), dtype=x.dtype)

    def inequality_curvature(self, x: Array, lam: Array) -> Array:
        """Σ λ_i ∇²g_i(x), shape (n, n)."""
        return np.zeros((x.size, x.size), dtype=x.dtype)
