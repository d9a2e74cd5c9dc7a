"""Problem 37 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.hs.parcel import Parcel


@dataclass(frozen=True)
class HS37(Parcel):
    """−abc in the box [0, 42]³ with 0 ≤ a + 2b + 2c ≤ 72.

    Source: Hock & Schittkowski (1981), problem 37.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0, 0.0), (42.0, 42.0, 42.0))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """Ax ≤ b: a + 2b + 2c ≤ 72 and −a − 2b − 2c ≤ 0, which the bounds imply."""
        return np.array([[1.0, 2.0, 2.0], [-1.0, -2.0, -2.0]]), np.array([72.0, 0.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(24.0, 12.0, 12.0),
            optimum=-3456.0,
            certificate="closed form: a · 2b · 2c is at most the cube of a third of their sum",
            convex=False,
            multipliers=((144.0, *[0.0] * 7), ()),
            note="some lists swap problems 36 and 37. Where two components are 0 the KKT conditions hold with f = 0, "
            "the greatest value: a method that starts or lands there stays",
        )
