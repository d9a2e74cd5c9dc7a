"""Problem 49 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.even_powers import EvenPowers


@dataclass(frozen=True)
class HS49(EvenPowers):
    """(a − b)² + (c − 1)² + (d − 1)⁴ + (e − 1)⁶ subject to a + b + c + 4d = 7 and c + 5e = 6.

    It teaches that convexity alone is not enough for speed: along (1, 1, 0, −½, 0), f grows with the fourth power.

    Source: Hock & Schittkowski (1981), problem 49.
    """

    suites = ("hs",)
    tags = ("convex", "least_squares", "degenerate")
    dimension = 5
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + b + c + 4d = 7 and c + 5e = 6."""
        return np.array([[1.0, 1.0, 1.0, 4.0, 0.0], [0.0, 0.0, 1.0, 0.0, 5.0]]), np.array([7.0, 6.0])

    def start(self) -> Array:
        return np.array([10.0, 7.0, 2.0, -3.0, 0.8])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            multipliers=((), (0.0, 0.0)),
            note="the Hessian is singular at x*, also on the feasible plane: Newton's method is linear, first-order "
            "methods are slower than that, and f is near 1e-12 while d is still wrong by 0.001",
        )
