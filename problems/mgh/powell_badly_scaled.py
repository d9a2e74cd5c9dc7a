"""Problem 3 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class PowellBadlyScaled(LeastSquares):
    """(10⁴ab − 1)² + (e⁻ᵃ + e⁻ᵇ − 1.0001)²: two variables six orders of magnitude apart.

    It teaches that absolute tolerances on x fail: a is 1.1e-5 and b is 9.1 at the solution, where κ(H) is 7e17, so
    that double precision sees a singular Hessian. The two variables may be exchanged, hence two solutions; between
    them, on a = b, lie a local minimum and two saddles.

    Source: Moré, Garbow & Hillstrom (1981), problem 3; Powell (1970).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "saddle", "badly_scaled", "ill_conditioned")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        a, b = x
        return np.array([1e4 * a * b - 1.0, np.exp(-a) + np.exp(-b) - 1.0001])

    def jacobian(self, x: Array) -> Array:
        a, b = x
        return np.array([[1e4 * b, 1e4 * a], [-np.exp(-a), -np.exp(-b)]])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b = x
        return np.asarray(symmetric({(0, 0): w[1] * np.exp(-a), (0, 1): 1e4 * w[0], (1, 1): w[1] * np.exp(-b)}, 2))

    def start(self) -> Array:
        return np.array([0.0, 1.0])

    def facts(self) -> Facts:
        small, large = 1.0981593296998175e-05, 9.106146739866524
        return Facts(
            solution=(small, large),
            solutions=[(large, small)],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={
                "minimum": [(-0.009948091925800946, -0.009948091925800946)],
                "saddle": [
                    (0.010048156947108327, 0.010048156947108327),
                    (-0.00010003002051701593, -0.00010003002051701593),
                ],
            },
            note="the local minimum has f = 1.040294, less than the start's 1.135",
        )
