"""Problem 29 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS29(Componentwise):
    """−abc subject to a² + 2b² + 4c² ≤ 48: the largest box in an ellipsoid.

    Source: Hock & Schittkowski (1981), problem 29.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 3
    constraints = ("inequality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return -a * b * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return -b * c, -a * c, -a * b

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 1): -c, (0, 2): -b, (1, 2): -a}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * a + 2.0 * b * b + 4.0 * c * c - 48.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((2.0 * a, 4.0 * b, 8.0 * c),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0, (1, 1): 4.0, (2, 2): 8.0},)

    def start(self) -> Array:
        return np.ones(3)

    def facts(self) -> Facts:
        b = sqrt(8.0)
        return Facts(
            solution=(4.0, b, 2.0),
            solutions=[(4.0, -b, -2.0), (-4.0, b, -2.0), (-4.0, -b, 2.0)],
            optimum=-16.0 * sqrt(2.0),
            certificate="closed form",
            convex=False,
            critical_points={"degenerate": [(0.0, 0.0, 0.0)]},
            multipliers=((sqrt(0.5),), ()),
            note="four solutions, by changing two signs at a time; every point of the axes is stationary, with f = 0",
        )
