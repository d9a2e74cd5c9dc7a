"""Problem 36 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.parcel import Parcel


@dataclass(frozen=True)
class HS36(Parcel):
    """−abc in the box [0, 20] × [0, 11] × [0, 42] with a + 2b + 2c ≤ 72.

    Source: Hock & Schittkowski (1981), problem 36.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0, 0.0), (20.0, 11.0, 42.0))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """Ax ≤ b: a + 2b + 2c ≤ 72."""
        return np.array([[1.0, 2.0, 2.0]]), np.array([72.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(20.0, 11.0, 15.0),
            optimum=-3300.0,
            certificate="closed form: with c = 36 − a/2 − b, f falls in a and in b up to their bounds",
            convex=False,
            multipliers=((110.0, 0.0, 0.0, 0.0, 55.0, 80.0, 0.0), ()),
            note="some lists swap problems 36 and 37; this is the one with three different upper bounds and f* = −3300",
        )
