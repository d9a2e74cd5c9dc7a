"""Problem 16 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS16(Valley):
    """100(b − a²)² + (1 − a)² subject to a + b² ≥ 0, a² + b ≥ 0, |a| ≤ ½, b ≤ 1.

    Source: Hock & Schittkowski (1981), problem 16.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((-0.5, -np.inf), (0.5, 1.0))

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return -a - b * b, -a * a - b

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (-1.0, -2.0 * b), (-2.0 * a, -1.0)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(1, 1): -2.0}, {(0, 0): -2.0}

    def facts(self) -> Facts:
        return Facts(
            solution=(0.5, 0.25),
            optimum=0.25,
            certificate="closed form",
            convex=False,
            critical_points={
                "minimum": [(-0.5, sqrt(0.5))],
                "maximum": [(-0.40684039913229614, 0.6378404182335078)],
            },
            multipliers=((0.0, 0.0, 0.0, 1.0, 0.0), ()),
            note="from the standard start most methods stop at the local minimum of 23.144661, at the corner (−½, √½)",
        )
