"""Problem 38 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS38(Componentwise):
    """Wood's function in the box [−10, 10]⁴: two valleys that are coupled.

    Source: Hock & Schittkowski (1981), problem 38; Colville (1968), problem 4.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 4
    constraints = ("bounds",)
    bounds = ((-10.0, -10.0, -10.0, -10.0), (10.0, 10.0, 10.0, 10.0))

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        s, t, u, v = b - a * a, d - c * c, b - 1.0, d - 1.0
        valleys = 100.0 * s * s + (1.0 - a) ** 2 + 90.0 * t * t + (1.0 - c) ** 2
        return valleys + 10.1 * (u * u + v * v) + 19.8 * u * v

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        s, t, u, v = b - a * a, d - c * c, b - 1.0, d - 1.0
        return (
            -400.0 * a * s - 2.0 * (1.0 - a),
            200.0 * s + 20.2 * u + 19.8 * v,
            -360.0 * c * t - 2.0 * (1.0 - c),
            180.0 * t + 20.2 * v + 19.8 * u,
        )

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {
            (0, 0): 1200.0 * a * a - 400.0 * b + 2.0,
            (0, 1): -400.0 * a,
            (1, 1): 220.2,
            (1, 3): 19.8,
            (2, 2): 1080.0 * c * c - 360.0 * d + 2.0,
            (2, 3): -360.0 * c,
            (3, 3): 200.2,
        }

    def start(self) -> Array:
        return np.array([-3.0, -1.0, -3.0, -1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            multipliers=((0.0,) * 8, ()),
            critical_points={
                "saddle": [
                    (-0.9679740249375931, 0.9471391408178418, -0.9695163103315911, 0.9512476657923252),
                    (-0.03125102339433596, 0.16597138685578314, -0.031258171023264066, 0.18426393469672842),
                ]
            },
            note="no bound is active. The way from the standard start leads past the first saddle: methods come within "
            "0.01 of it, and a loose test stops there with f = 7.877, its only negative eigenvalue being −0.12",
        )
