"""Problem 1 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS1(Valley):
    """100(b − a²)² + (1 − a)² subject to b ≥ −1.5: a valley whose bound ends idle.

    Source: Hock & Schittkowski (1981), problem 1.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares")
    dimension = 2
    constraints = ("bounds",)

    bounds = ((-np.inf, -1.5), (np.inf, np.inf))

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            multipliers=((0.0,), ()),
        )
