"""Problem 17 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS17(Valley):
    """100(b − a²)² + (1 − a)² subject to b² ≥ a, a² ≥ b, |a| ≤ ½, b ≤ 1.

    Source: Hock & Schittkowski (1981), problem 17.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((-0.5, -np.inf), (0.5, 1.0))

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a - b * b, b - a * a

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (1.0, -2.0 * b), (-2.0 * a, 1.0)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(1, 1): -2.0}, {(0, 0): -2.0}

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 0.0),
            optimum=1.0,
            certificate="closed form",
            convex=False,
            multipliers=((2.0, 0.0, 0.0, 0.0, 0.0), ()),
            note="a² ≥ b is active at x* with multiplier 0: complementarity is not strict; the authors' later code "
            "has a ≥ −2",
        )
