"""Problem 4 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class BrownBadlyScaled(LeastSquares):
    """(a − 10⁶)² + (b − 2·10⁻⁶)² + (ab − 2)²: variables twelve orders of magnitude apart.

    Source: Moré, Garbow & Hillstrom (1981), problem 4.
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "badly_scaled", "ill_conditioned")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        a, b = x
        return np.array([a - 1e6, b - 2e-6, a * b - 2.0])

    def jacobian(self, x: Array) -> Array:
        a, b = x
        return np.array([[1.0, 0.0], [0.0, 1.0], [b, a]])

    def curvature(self, x: Array, w: Array) -> Array:
        return np.asarray(symmetric({(0, 1): w[2]}, 2))

    def start(self) -> Array:
        return np.array([1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1e6, 2e-6),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="f is 1e12 at the start: one part in 10⁸ of it, a common tolerance, is still 10⁴",
        )
