"""Problem 44 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS44(Componentwise):
    """An indefinite quadratic, bilinear in (a, b) and (c, d), in a product of two polygons.

    Source: Hock & Schittkowski (1981), problem 44.
    """

    suites = ("hs",)
    tags = ("nonconvex", "quadratic", "multimodal")
    dimension = 4
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0, 0.0, 0.0), (np.inf, np.inf, np.inf, np.inf))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """Ax ≤ b: Three rows in (a, b), then three in (c, d)."""
        A = np.zeros((6, 4))
        A[:3, :2] = (1.0, 2.0), (4.0, 1.0), (3.0, 4.0)
        A[3:, 2:] = (2.0, 1.0), (1.0, 2.0), (1.0, 1.0)
        return A, np.array([8.0, 12.0, 12.0, 8.0, 8.0, 5.0])

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return a - b - c - a * c + a * d + b * c - b * d

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return 1.0 - c + d, -1.0 + c - d, -1.0 - a + b, a - b

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {(0, 2): -1.0, (0, 3): 1.0, (1, 2): 1.0, (1, 3): -1.0}

    def start(self) -> Array:
        return np.zeros(4)

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 3.0, 0.0, 4.0),
            optimum=-15.0,
            certificate="closed form: a bilinear f is least at a pair of vertices",
            convex=False,
            multipliers=((0.0, 0.0, 1.25, 0.0, 1.5, 0.0, 8.75, 0.0, 3.5, 0.0), ()),
            critical_points={"minimum": [(3.0, 0.0, 4.0, 0.0)]},
            note="from random starts nearly half of all runs end at the local minimum of −13 at (3, 0, 4, 0)",
        )
