"""Problem 17 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([0.844, 0.908, 0.932, 0.936, 0.925, 0.908, 0.881, 0.850, 0.818, 0.784, 0.751,
              0.718, 0.685, 0.658, 0.628, 0.603, 0.580, 0.558, 0.538, 0.522, 0.506, 0.490,
              0.478, 0.467, 0.457, 0.448, 0.438, 0.431, 0.424, 0.420, 0.414, 0.411, 0.406])  # fmt: skip
T = 10.0 * np.arange(33.0)


@dataclass(frozen=True)
class Osborne1(LeastSquares):
    """Σ (yᵢ − a − b e⁻ᵗᵈ − c e⁻ᵗᵉ)²: a constant and two exponentials in 33 observations.

    Source: Moré, Garbow & Hillstrom (1981), problem 17; Osborne (1972).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "ill_conditioned", "sum_of_exponentials")
    dimension = 5

    def residuals(self, x: Any) -> Any:
        a, b, c, d, e = x
        return Y - a - b * np.exp(-T * d) - c * np.exp(-T * e)

    def jacobian(self, x: Array) -> Array:
        _, b, c, d, e = x
        p, q = np.exp(-T * d), np.exp(-T * e)
        return np.column_stack([np.full_like(T, -1.0), -p, -q, b * T * p, c * T * q])

    def curvature(self, x: Array, w: Array) -> Array:
        _, b, c, d, e = x
        p, q = w * T * np.exp(-T * d), w * T * np.exp(-T * e)
        return np.asarray(
            symmetric({(1, 3): np.sum(p), (2, 4): np.sum(q), (3, 3): -b * (p @ T), (4, 4): -c * (q @ T)}, 5)
        )

    def start(self) -> Array:
        return np.array([0.5, 1.5, -1.0, 0.01, 0.02])

    def facts(self) -> Facts:
        a, b, c = 0.37541005210695205, 1.9358469127123674, -1.464687136613423
        d, e = 0.012867534640057288, 0.02212269966167261
        return Facts(
            solution=(a, b, c, d, e),
            solutions=[(a, c, b, e, d)],
            optimum=5.464894697482907e-05,
            certificate="best known: published, and the best of many starts",
            convex=False,
            note="the two exponentials may be exchanged; f is flat near 1.106 where both are gone at once",
        )
