"""Problem 5 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class Beale(LeastSquares):
    """Σ (yₖ − a(1 − bᵏ))² over k = 1, 2, 3: a valley to (3, ½), and one to infinity.

    It teaches that descent may lead nowhere: along a(1 − b) = 111/112 with a → −∞ and b → 1 from above, f falls
    towards 0.452009, and a method that starts there follows it without end.

    Source: Moré, Garbow & Hillstrom (1981), problem 5; Beale (1958).
    """

    suites = ("mgh", "textbook")
    tags = ("least_squares", "nonconvex", "saddle")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        a, b = x
        return np.array([1.5 - a * (1.0 - b), 2.25 - a * (1.0 - b * b), 2.625 - a * (1.0 - b * b * b)])

    def jacobian(self, x: Array) -> Array:
        a, b = x
        return np.array([[b - 1.0, a], [b * b - 1.0, 2.0 * a * b], [b * b * b - 1.0, 3.0 * a * b * b]])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b = x
        return np.asarray(
            symmetric(
                {(0, 1): w[0] + 2.0 * b * w[1] + 3.0 * b * b * w[2], (1, 1): a * (2.0 * w[1] + 6.0 * b * w[2])}, 2
            )
        )

    def start(self) -> Array:
        return np.array([1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(3.0, 0.5),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"saddle": [(0.0, 1.0)]},
        )
