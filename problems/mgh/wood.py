"""Problem 14 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

ROOT_10, ROOT_90, ROOT_TENTH = sqrt(10.0), sqrt(90.0), sqrt(0.1)


@dataclass(frozen=True)
class Wood(LeastSquares):
    """Two curved valleys, 100(b − a²)² + (1 − a)² and 90(d − c²)² + (1 − c)², coupled in b, d.

    It teaches patience: on the way from the start f rests near 7.877, at a saddle whose negative curvature, −0.12, is
    slight beside 953; a loose tolerance takes it for the end.

    Source: Moré, Garbow & Hillstrom (1981), problem 14; Colville (1968).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "saddle")
    dimension = 4

    def residuals(self, x: Any) -> Any:
        a, b, c, d = x
        return np.array(
            [
                10.0 * (b - a * a),
                1.0 - a,
                ROOT_90 * (d - c * c),
                1.0 - c,
                ROOT_10 * (b + d - 2.0),
                ROOT_TENTH * (b - d),
            ]
        )

    def jacobian(self, x: Array) -> Array:
        a, _, c, _ = x
        return np.array(
            [
                [-20.0 * a, 10.0, 0.0, 0.0],
                [-1.0, 0.0, 0.0, 0.0],
                [0.0, 0.0, -2.0 * ROOT_90 * c, ROOT_90],
                [0.0, 0.0, -1.0, 0.0],
                [0.0, ROOT_10, 0.0, ROOT_10],
                [0.0, ROOT_TENTH, 0.0, -ROOT_TENTH],
            ]
        )

    def curvature(self, x: Array, w: Array) -> Array:
        return np.asarray(symmetric({(0, 0): -20.0 * w[0], (2, 2): -2.0 * ROOT_90 * w[2]}, 4))

    def start(self) -> Array:
        return np.array([-3.0, -1.0, -3.0, -1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=np.ones(4),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={
                "saddle": [
                    (-0.9679740249375931, 0.9471391408178418, -0.9695163103315911, 0.9512476657923252),
                    (-0.03125102339433596, 0.16597138685578314, -0.031258171023264066, 0.18426393469672842),
                ],
            },
        )
