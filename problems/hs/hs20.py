"""Problem 20 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS20(Valley):
    """100(b − a²)² + (1 − a)² subject to a + b² ≥ 0, a² + b ≥ 0, a² + b² ≥ 1, |a| ≤ ½.

    Source: Hock & Schittkowski (1981), problem 20.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((-0.5, -np.inf), (0.5, np.inf))

    def g(self, a: Any, b: Any) -> tuple[Any, Any, Any]:
        return -a - b * b, -a * a - b, 1.0 - a * a - b * b

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any], tuple[Any, Any]]:
        return (-1.0, -2.0 * b), (-2.0 * a, -1.0), (-2.0 * a, -2.0 * b)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries, Entries]:
        return {(1, 1): -2.0}, {(0, 0): -2.0}, {(0, 0): -2.0, (1, 1): -2.0}

    def facts(self) -> Facts:
        b = sqrt(0.75)
        slope = 200.0 * (b - 0.25)
        lam = slope / sqrt(3.0)
        return Facts(
            solution=(0.5, b),
            optimum=81.5 - 25.0 * sqrt(3.0),
            certificate="closed form",
            convex=False,
            critical_points={"minimum": [(-0.5, b)], "maximum": [(-0.003344531654378996, 0.9999944070383658)]},
            multipliers=((0.0, 0.0, lam, 0.0, 1.0 + slope + lam), ()),
            note="from the standard start most methods stop at the local minimum (−½, √¾) of f* + 2 = 40.19873; the "
            "authors' later code starts at (0.1, 1)",
        )
