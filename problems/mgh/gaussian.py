"""Problem 9 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

Y = np.array([9e-4, 0.0044, 0.0175, 0.054, 0.1295, 0.242, 0.3521, 0.3989,
              0.3521, 0.242, 0.1295, 0.054, 0.0175, 0.0044, 9e-4])  # fmt: skip
T = (7.0 - np.arange(15.0)) / 2.0


@dataclass(frozen=True)
class Gaussian(LeastSquares):
    """Σ (a exp(−b(tᵢ − c)²/2) − yᵢ)²: the normal density fitted to its own table of four digits.

    The start has f = 3.9e-6 already: tolerances that are not relative to it are met at once.

    Source: Moré, Garbow & Hillstrom (1981), problem 9.
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "sum_of_exponentials")
    dimension = 3

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        return a * np.exp(-0.5 * b * (T - c) ** 2) - Y

    def jacobian(self, x: Array) -> Array:
        a, b, c = x
        d = T - c
        bell = np.exp(-0.5 * b * d**2)
        return np.column_stack([bell, -0.5 * a * d**2 * bell, a * b * d * bell])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, c = x
        d = T - c
        bell = w * np.exp(-0.5 * b * d**2)
        return np.asarray(
            symmetric(
                {
                    (0, 1): -0.5 * (bell @ d**2),
                    (0, 2): b * (bell @ d),
                    (1, 1): 0.25 * a * (bell @ d**4),
                    (1, 2): a * (bell @ (d * (1.0 - 0.5 * b * d**2))),
                    (2, 2): a * b * (bell @ (b * d**2 - 1.0)),
                },
                3,
            )
        )

    def start(self) -> Array:
        return np.array([0.4, 1.0, 0.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.39895613783875666, 1.0000190844878056, 0.0),
            optimum=1.127932769618648e-08,
            certificate="best known: published, and the best of many starts",
            convex=False,
            note="f is flat near Σy² = 0.564 where the bell is far from all observations",
        )
