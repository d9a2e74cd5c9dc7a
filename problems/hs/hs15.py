"""Problem 15 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS15(Valley):
    """100(b − a²)² + (1 − a)² subject to ab ≥ 1, a + b² ≥ 0, a ≤ ½: f* = 306.5 at a corner.

    Source: Hock & Schittkowski (1981), problem 15.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((-np.inf, -np.inf), (0.5, np.inf))

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 1.0 - a * b, -a - b * b

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (-b, -a), (-1.0, -2.0 * b)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(0, 1): -1.0}, {(1, 1): -2.0}

    def facts(self) -> Facts:
        return Facts(
            solution=(0.5, 2.0),
            optimum=306.5,
            certificate="closed form",
            convex=False,
            critical_points={"minimum": [(-0.7921232205055139, -1.2624298519639712)]},
            multipliers=((700.0, 0.0, 1751.0), ()),
            note="a local minimum of 360.37977 in the part a < 0, where the start lies; the authors' later code "
            "divides f by 100 and so reports 3.065",
        )
