"""Problem 46 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.hs.even_powers import EvenPowers


@dataclass(frozen=True)
class HS46(EvenPowers):
    """(a − b)² + (c − 1)² + (d − 1)⁴ + (e − 1)⁶ subject to a²d + sin(d − e) = 1, b + c⁴d² = 2.

    It teaches that Newton's method is only linear where the Hessian is singular: near x* a step leaves two thirds of
    the error along (2, 2, 0, −1, 2), where f grows with its fourth power.

    Source: Hock & Schittkowski (1981), problem 46.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "degenerate", "multimodal")
    dimension = 5
    constraints = ("equality",)

    def h(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, Any]:
        return a * a * d + np.sin(d - e) - 1.0, b + c**4 * d * d - 2.0

    def dh(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[tuple[Any, ...], ...]:
        cos = np.cos(d - e)
        return (2.0 * a * d, 0.0, 0.0, a * a + cos, -cos), (0.0, 1.0, 4.0 * c**3 * d * d, 2.0 * c**4 * d, 0.0)

    def d2h(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Entries, Entries]:
        sin = np.sin(d - e)
        return (
            {(0, 0): 2.0 * d, (0, 3): 2.0 * a, (3, 3): -sin, (3, 4): sin, (4, 4): -sin},
            {(2, 2): 12.0 * c * c * d * d, (2, 3): 8.0 * c**3 * d, (3, 3): 2.0 * c**4},
        )

    def start(self) -> Array:
        return np.array([0.5 * sqrt(2.0), 1.75, 0.5, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            multipliers=((), (0.0, 0.0)),
            critical_points={
                "minimum": [
                    (-0.5805137414699277, -0.5687318165135623, 1.1091456492340435, 1.3028134171564303,
                     0.7072722685027216),
                    (-0.19487545771515902, 0.02619092339950595, -0.9125761283206647, 1.6869972037947087,
                     0.4760957696231255),
                ]
            },
            note="the Hessian is singular at x*: all methods approach it slowly, and f is near 1e-12 while d is still "
            "wrong by 0.001. Local minima of f = 0.02109 and 3.950 lie on the side a < 0",
        )  # fmt: skip
