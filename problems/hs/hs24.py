"""Problem 24 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS24(Componentwise):
    """((a − 3)² − 9) b³/(27√3) in a triangle.

    b ≤ a/√3, a + √3 b ≥ 0, a + √3 b ≤ 6, a ≥ 0, b ≥ 0. The solution is the top of the triangle; its base is flat.

    Source: Hock & Schittkowski (1981), problem 24.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0), (np.inf, np.inf))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(A, b)."""
        w = sqrt(3.0)
        return np.array([[-1.0 / w, 1.0], [-1.0, -w], [1.0, w]]), np.array([0.0, 0.0, 6.0])

    def f(self, a: Any, b: Any) -> Any:
        return ((a - 3.0) ** 2 - 9.0) * b**3 / (27.0 * sqrt(3.0))

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        c = 27.0 * sqrt(3.0)
        return 2.0 * (a - 3.0) * b**3 / c, 3.0 * ((a - 3.0) ** 2 - 9.0) * b * b / c

    def d2f(self, a: Any, b: Any) -> Entries:
        c = 27.0 * sqrt(3.0)
        return {
            (0, 0): 2.0 * b**3 / c,
            (0, 1): 6.0 * (a - 3.0) * b * b / c,
            (1, 1): 6.0 * ((a - 3.0) ** 2 - 9.0) * b / c,
        }

    def start(self) -> Array:
        return np.array([1.0, 0.5])

    def facts(self) -> Facts:
        return Facts(
            solution=(3.0, sqrt(3.0)),
            optimum=-1.0,
            certificate="closed form",
            convex=False,
            critical_points={"degenerate": [(0.0, 0.0), (3.0, 0.0), (6.0, 0.0)]},
            multipliers=((sqrt(0.75), 0.0, 0.5, 0.0, 0.0), ()),
            note="all of the base b = 0 is stationary, with a Hessian of 0 and f = 0; a method that stops there, "
            "beside the standard start, is at the greatest value",
        )
