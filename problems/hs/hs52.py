"""Problem 52 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.four_squares import FourSquares, planes


@dataclass(frozen=True)
class HS52(FourSquares):
    """(4a − b)² + (b + c − 2)² + (d − 1)² + (e − 1)² subject to a + 3b = 0, c + d = 2e, b = e.

    Source: Hock & Schittkowski (1981), problem 52.
    """

    suites = ("hs",)
    tags = ("convex", "quadratic", "least_squares")
    dimension = 5
    constraints = ("equality",)
    factor = 4.0

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 3b = 0, c + d − 2e = 0 and b − e = 0."""
        return planes(), np.zeros(3)

    def start(self) -> Array:
        return np.full(5, 2.0)

    def facts(self) -> Facts:
        return Facts(
            solution=(-33 / 349, 11 / 349, 180 / 349, -158 / 349, 11 / 349),
            optimum=1859 / 349,
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=((), (1144 / 349, 1014 / 349, -2704 / 349)),
        )
