"""Problem 57 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

TIMES = np.repeat(
    [8.0, 10.0, 12.0, 14.0, 16.0, 18.0, 20.0, 22.0, 24.0, 26.0, 28.0, 30.0, 32.0, 34.0, 36.0, 38.0, 40.0, 42.0],
    [2, 4, 4, 3, 3, 2, 3, 3, 3, 3, 2, 3, 2, 1, 2, 2, 1, 1],
)
"""Weeks since production, (44,)."""
CHLORINE = np.array([
    0.49, 0.49, 0.48, 0.47, 0.48, 0.47, 0.46, 0.46, 0.45, 0.43, 0.45, 0.43, 0.43, 0.44, 0.43,
    0.43, 0.46, 0.45, 0.42, 0.42, 0.43, 0.41, 0.41, 0.40, 0.42, 0.40, 0.40, 0.41, 0.40, 0.41,
    0.41, 0.40, 0.40, 0.40, 0.38, 0.41, 0.40, 0.40, 0.41, 0.38, 0.40, 0.40, 0.39, 0.39,
])  # fmt: skip
"""The fraction that is left, (44,)."""


@dataclass(frozen=True)
class HS57(LeastSquares):
    """Σ (yᵢ − a − (0.49 − a) exp(−b(tᵢ − 8)))² subject to (0.49 − a)b ≥ 0.09, a ≥ 0.4, b ≥ −4.

    44 measurements of the chlorine left in a product, fitted by a decay to the level a.

    Source: Hock & Schittkowski (1981), problem 57; the data are those of Draper & Smith (1966).
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares")
    dimension = 2
    constraints = ("bounds", "inequality")
    bounds = ((0.4, -4.0), (np.inf, np.inf))

    def residuals(self, x: Any) -> Any:
        a, b = x
        return CHLORINE - a - (0.49 - a) * np.exp(-b * (TIMES - 8.0))

    def jacobian(self, x: Array) -> Array:
        a, b = x.tolist()
        t = TIMES - 8.0
        decay = np.exp(-b * t)
        return np.column_stack([decay - 1.0, (0.49 - a) * t * decay])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b = x.tolist()
        t = TIMES - 8.0
        decay = np.exp(-b * t)
        mixed = -float(w @ (t * decay))
        return np.array([[0.0, mixed], [mixed, -(0.49 - a) * float(w @ (t * t * decay))]])

    def inequality(self, x: Any) -> Any:
        """0.09 − (0.49 − a)b, shape (1,)."""
        a, b = x
        return np.array([0.09 - (0.49 - a) * b])

    def inequality_jacobian(self, x: Array) -> Array:
        return np.array([[x[1], x[0] - 0.49]])

    def lagrangian_hessian(self, x: Array, lam: Array, nu: Array) -> Array:
        return np.asarray(self.hessian(x) + float(lam[0]) * np.array([[0.0, 1.0], [1.0, 0.0]]))

    def start(self) -> Array:
        return np.array([0.42, 5.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.41995265075780125, 1.2848451936248446),
            optimum=0.028459669722986705,
            certificate="best known: published, and the best of many starts",
            convex=False,
            multipliers=((0.06671503730070687, 0.0, 0.0), ()),
            note="the standard start lies at the edge of a plateau: as b grows, f tends to 0.0306476 for "
            "a = 0.421905, and from b = 7 on methods stop wherever they are; there is no minimum there",
        )
