"""Problem 7 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

LEAST = -0.25
"""The least θ, in turns."""


@dataclass(frozen=True)
class HelicalValley(LeastSquares):
    """100(c − 10θ)² + 100(ρ − 1)² + c²: a spiral staircase around the c-axis.

    (a, b) has the polar coordinates ρ and 2πθ, with θ counted from −¼ to ¾ of a turn: f jumps across the half plane
    a = 0, b < 0, where θ = −¼ is taken, and has no derivative on the axis a = b = 0. The standard start is half a turn
    up from the solution; the way down leads through b > 0.

    Source: Moré, Garbow & Hillstrom (1981), problem 7; Fletcher & Powell (1963).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "nonsmooth")
    dimension = 3

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        theta = np.arctan2(b, a) / (2.0 * pi)
        theta = theta + np.where(theta < LEAST, 1.0, 0.0)
        return np.array([10.0 * (c - 10.0 * theta), 10.0 * (np.sqrt(a * a + b * b) - 1.0), c])

    def jacobian(self, x: Array) -> Array:
        a, b, _ = x
        square = a * a + b * b
        radius, turn = np.sqrt(square), 50.0 / (pi * square)
        return np.array([[turn * b, -turn * a, 10.0], [10.0 * a / radius, 10.0 * b / radius, 0.0], [0.0, 0.0, 1.0]])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, _ = x
        square = a * a + b * b
        turn, bend = 50.0 * w[0] / (pi * square**2), 10.0 * w[1] / square**1.5
        return np.asarray(
            symmetric(
                {
                    (0, 0): bend * b * b - 2.0 * turn * a * b,
                    (0, 1): turn * (a * a - b * b) - bend * a * b,
                    (1, 1): bend * a * a + 2.0 * turn * a * b,
                },
                3,
            )
        )

    def start(self) -> Array:
        return np.array([-1.0, 0.0, 0.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0, 0.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
        )
