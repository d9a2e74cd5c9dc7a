"""Problem 2 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class FreudensteinRoth(LeastSquares):
    """Two cubic residuals with a zero at (5, 4) and a local minimum that the standard start favours.

    It teaches that a good method may end in the wrong valley: from (½, −2) nearly every one stops at f = 48.98.

    Source: Moré, Garbow & Hillstrom (1981), problem 2; Freudenstein & Roth (1963).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        a, b = x
        return np.array([a - 13.0 + ((5.0 - b) * b - 2.0) * b, a - 29.0 + ((b + 1.0) * b - 14.0) * b])

    def jacobian(self, x: Array) -> Array:
        b = float(x[1])
        return np.array([[1.0, (10.0 - 3.0 * b) * b - 2.0], [1.0, (3.0 * b + 2.0) * b - 14.0]])

    def curvature(self, x: Array, w: Array) -> Array:
        b = float(x[1])
        return np.array([[0.0, 0.0], [0.0, w[0] * (10.0 - 6.0 * b) + w[1] * (6.0 * b + 2.0)]])

    def start(self) -> Array:
        return np.array([0.5, -2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(5.0, 4.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={"minimum": [(11.412778986902063, -0.8968052532744766)]},
            note="most methods end at the local minimum of 48.98425 from the standard start",
        )
