"""A valley along a cubic."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class LeonValley(LeastSquares):
    """100 (b − a³)² + (1 − a)²: a narrow valley along a cubic, steeper than Rosenbrock's.

    It teaches that a better direction is not enough where the valley bends: the floor b = a³ turns twice on the way.

    Source: Leon (1966), A comparison among eight known optimizing procedures; CUBE in CUTEst, whose start this is.
    """

    suites = ("textbook",)
    tags = ("least_squares", "nonconvex", "ill_conditioned")
    dimension = 2

    def residuals(self, x: Any) -> Any:
        a, b = x.tolist() if type(x) is np.ndarray else x
        return np.array([10.0 * (b - a * a * a), 1.0 - a])

    def jacobian(self, x: Array) -> Array:
        a = x.item(0)
        return np.array([[-30.0 * a * a, 10.0], [-1.0, 0.0]])

    def curvature(self, x: Array, w: Array) -> Array:
        return np.array([[-60.0 * x.item(0) * w.item(0), 0.0], [0.0, 0.0]])

    def start(self) -> Array:
        return np.array([-1.2, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="the only critical point, since the Jacobian is regular everywhere; κ(H) = 1e4 there",
        )
