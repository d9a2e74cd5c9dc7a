"""A function whose second derivatives at 0 depend on their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries

AT_ZERO = np.array([[0.0, -1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class PeanoSurface(Componentwise):
    """ab (a² − b²)/(a² + b²), 0 at 0: its Hessian is not symmetric at 0.

    It teaches that the symmetry of the Hessian is a theorem with an assumption: second derivatives that are
    continuous. Here ∂f/∂a = −b on the line a = 0 and ∂f/∂b = a on the line b = 0, so that at 0 the derivative of
    ∂f/∂a by b is −1, and that of ∂f/∂b by a is +1. Everywhere else the Hessian is symmetric; it depends on the
    direction from 0 only, and has no limit there.

    `hessian` gives the matrix of second derivatives, Hᵢⱼ = ∂(∂f/∂xᵢ)/∂xⱼ, at 0 too: [[0, −1], [1, 0]]. What reads
    one triangle of a symmetric matrix (eigenvalues, Cholesky) sees another matrix in each of its halves.

    Source: Genocchi & Peano (1884), Calcolo differenziale (Peano's notes); Apostol (1974), Mathematical Analysis,
    chapter 12.
    """

    suites = ("textbook", "saddles")
    tags = ("nonconvex", "saddle", "unbounded", "nonsmooth")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        p, q, _ = shares(a, b)
        return a * b * (p - q)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        p, q, _ = shares(a, b)
        return b * (p * p + 4.0 * p * q - q * q), a * (p * p - 4.0 * p * q - q * q)

    def d2f(self, a: Any, b: Any) -> Entries:
        """The second derivatives away from 0."""
        p, q, t = shares(a, b)
        return {
            (0, 0): 4.0 * t * q * (3.0 * q - p),
            (0, 1): (p - q) * (p * p + 10.0 * p * q + q * q),
            (1, 1): -4.0 * t * p * (3.0 * p - q),
        }

    def hessian(self, x: Array) -> Array:
        H: Array = super().hessian(x) if x.any() else AT_ZERO.copy()
        return H

    def hessians(self, X: Array) -> Array:
        H: Array = super().hessians(X)
        H[~X.any(axis=1)] = AT_ZERO
        return H

    def start(self) -> Array:
        return np.array([1.0, 0.5])

    def facts(self) -> Facts:
        return Facts(
            critical_points={"saddle": [(0.0, 0.0)]},
            convex=False,
            note="f = ¼r² sin 4θ: four valleys, unbounded below; the Hessian at 0 is [[0, −1], [1, 0]]",
        )


def shares(a: Any, b: Any) -> tuple[Any, Any, Any]:
    """Return a²/s, b²/s and ab/s with s = a² + b²; all 0 at 0."""
    s = a * a + b * b
    s = s + (s == 0)
    return a * a / s, b * b / s, a * b / s
