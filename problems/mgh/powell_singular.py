"""Problem 13 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

ROOT_5, ROOT_10 = sqrt(5.0), sqrt(10.0)


@dataclass(frozen=True)
class PowellSingular(LeastSquares):
    """(a + 10b)² + 5(c − d)² + (b − 2c)⁴ + 10(a − d)⁴: convex, H singular at the solution.

    It teaches that Newton's method is only linear at a singular solution: each step leaves two thirds of the error.

    Source: Moré, Garbow & Hillstrom (1981), problem 13; Powell (1962).
    """

    suites = ("mgh",)
    tags = ("least_squares", "convex", "degenerate")
    dimension = 4

    def residuals(self, x: Any) -> Any:
        a, b, c, d = x
        return np.array([a + 10.0 * b, ROOT_5 * (c - d), (b - 2.0 * c) ** 2, ROOT_10 * (a - d) ** 2])

    def jacobian(self, x: Array) -> Array:
        a, b, c, d = x
        u, v = 2.0 * (b - 2.0 * c), 2.0 * ROOT_10 * (a - d)
        return np.array(
            [[1.0, 10.0, 0.0, 0.0], [0.0, 0.0, ROOT_5, -ROOT_5], [0.0, u, -2.0 * u, 0.0], [v, 0.0, 0.0, -v]]
        )

    def curvature(self, x: Array, w: Array) -> Array:
        u, v = 2.0 * w[2], 2.0 * ROOT_10 * w[3]
        return np.asarray(
            symmetric({(0, 0): v, (0, 3): -v, (1, 1): u, (1, 2): -2.0 * u, (2, 2): 4.0 * u, (3, 3): v}, 4)
        )

    def start(self) -> Array:
        return np.array([3.0, -1.0, 0.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(4),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
        )
