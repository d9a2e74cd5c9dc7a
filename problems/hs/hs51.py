"""Problem 51 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.four_squares import FourSquares, planes


@dataclass(frozen=True)
class HS51(FourSquares):
    """(a − b)² + (b + c − 2)² + (d − 1)² + (e − 1)² subject to a + 3b = 4, c + d = 2e, b = e.

    Source: Hock & Schittkowski (1981), problem 51.
    """

    suites = ("hs",)
    tags = ("convex", "quadratic", "least_squares")
    dimension = 5
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 3b = 4, c + d − 2e = 0 and b − e = 0."""
        return planes(), np.array([4.0, 0.0, 0.0])

    def start(self) -> Array:
        return np.array([2.5, 0.5, 2.0, -1.0, 0.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            multipliers=((), (0.0, 0.0, 0.0)),
        )
