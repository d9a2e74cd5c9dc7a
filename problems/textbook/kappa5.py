"""The bowl with condition number 5."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from optlab.core.problem import Array, Facts, ProblemBase

H = np.array([[3.0, 2.0], [2.0, 3.0]])


@dataclass(frozen=True)
class Kappa5(ProblemBase):
    """½xᵀHx with H = [[3, 2], [2, 3]]: eigenvalue 5 along [1, 1], 1 along [1, −1].

    It teaches what a condition number does: gradient descent zigzags across the valley. Fixed steps
    converge below 2/L = 0.4; the optimal step is 1/5 along [1, 1], 1 along [1, −1], 1/3 along [1, 0].
    The standard start v₁/1 + v₅/5, v the unit eigenvectors, is the worst one: every optimal step
    multiplies f by ((κ − 1)/(κ + 1))² = 4/9 and no more.

    Source: Goodfellow, Bengio & Courville (2016), section 4.3.1 and figure 4.6; Akaike (1959) for the start.
    """

    suites = ("textbook", "quadratics")
    tags = ("quadratic", "convex", "strictly_convex")
    dimension = 2

    def value(self, x: Array) -> float:
        a, b = x.tolist() if type(x) is np.ndarray else x
        f: float = 0.5 * (a * (3.0 * a + 2.0 * b) + b * (2.0 * a + 3.0 * b))
        return f

    def gradient(self, x: Array) -> Array:
        a, b = x.tolist()
        return np.array([3.0 * a + 2.0 * b, 2.0 * a + 3.0 * b])

    def value_and_gradient(self, x: Array) -> tuple[float, Array]:
        a, b = x.tolist()
        u, v = 3.0 * a + 2.0 * b, 2.0 * a + 3.0 * b
        return 0.5 * (a * u + b * v), np.array([u, v])

    def hessian(self, x: Array) -> Array:
        return H.copy()

    def hvp(self, x: Array, v: Array) -> Array:
        return H @ v

    def values(self, X: Array) -> Array:
        a, b = X.T
        return np.asarray(1.5 * (a * a + b * b) + 2.0 * a * b)

    def gradients(self, X: Array) -> Array:
        return np.asarray(X @ H)

    def hessians(self, X: Array) -> Array:
        return np.tile(H, (len(X), 1, 1))

    def start(self) -> Array:
        return np.array([1.2, -0.8]) / sqrt(2.0)

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 0.0),
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(1.0, 5.0),
        )
