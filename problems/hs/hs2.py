"""Problem 2 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from optlab.core.problem import Facts
from optlab_problems.hs.valley import Valley


@dataclass(frozen=True)
class HS2(Valley):
    """100(b − a²)² + (1 − a)² subject to b ≥ 1.5: two minima on the bound.

    On the bound ∂f/∂a = 0 is 200a³ − 299a − 1 = 0; its three roots are two minima and the maximum between.

    Source: Hock & Schittkowski (1981), problem 2.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "multimodal", "infeasible_start")
    dimension = 2
    constraints = ("bounds",)

    bounds = ((-np.inf, 1.5), (np.inf, np.inf))

    def facts(self) -> Facts:
        return Facts(
            solution=(1.2243707487363524, 1.5),
            optimum=0.05042618789360708,
            certificate="closed form",
            convex=False,
            critical_points={
                "minimum": [(-1.2210262421071016, 1.5)],
                "maximum": [(-0.0033445066292508725, 1.5)],
            },
            multipliers=((0.18325392775670352,), ()),
            note="from the standard start most methods stop at the local minimum of 4.94123",
        )
