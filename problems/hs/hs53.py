"""Problem 53 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.four_squares import FourSquares, planes


@dataclass(frozen=True)
class HS53(FourSquares):
    """(a − b)² + (b + c − 2)² + (d − 1)² + (e − 1)², −10 ≤ xᵢ ≤ 10; a + 3b = 0, c + d = 2e = 2b.

    Source: Hock & Schittkowski (1981), problem 53.
    """

    suites = ("hs",)
    tags = ("convex", "quadratic", "least_squares")
    dimension = 5
    constraints = ("bounds", "equality")
    bounds = ((-10.0, -10.0, -10.0, -10.0, -10.0), (10.0, 10.0, 10.0, 10.0, 10.0))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 3b = 0, c + d − 2e = 0 and b − e = 0."""
        return planes(), np.zeros(3)

    def start(self) -> Array:
        return np.full(5, 2.0)

    def facts(self) -> Facts:
        return Facts(
            solution=(-33 / 43, 11 / 43, 27 / 43, -5 / 43, 11 / 43),
            optimum=176 / 43,
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=((0.0,) * 10, (88 / 43, 96 / 43, -256 / 43)),
            note="no bound is active",
        )
