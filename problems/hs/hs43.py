"""Problem 43 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS43(Componentwise):
    """The problem of Rosen & Suzuki: a convex quadratic in the intersection of three ellipsoids.

    Source: Hock & Schittkowski (1981), problem 43; Rosen & Suzuki (1965).
    """

    suites = ("hs",)
    tags = ("convex", "strictly_convex")
    dimension = 4
    constraints = ("inequality",)

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return a * a + b * b + 2.0 * c * c + d * d - 5.0 * a - 5.0 * b - 21.0 * c + 7.0 * d

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return 2.0 * a - 5.0, 2.0 * b - 5.0, 4.0 * c - 21.0, 2.0 * d + 7.0

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0, (2, 2): 4.0, (3, 3): 2.0}

    def g(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return (
            a * a + b * b + c * c + d * d + a - b + c - d - 8.0,
            a * a + 2.0 * b * b + c * c + 2.0 * d * d - a - d - 10.0,
            2.0 * a * a + b * b + c * c + 2.0 * a - b - d - 5.0,
        )

    def dg(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...], ...]:
        return (
            (2.0 * a + 1.0, 2.0 * b - 1.0, 2.0 * c + 1.0, 2.0 * d - 1.0),
            (2.0 * a - 1.0, 4.0 * b, 2.0 * c, 4.0 * d - 1.0),
            (4.0 * a + 2.0, 2.0 * b - 1.0, 2.0 * c, -1.0),
        )

    def d2g(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries, ...]:
        return (
            {(0, 0): 2.0, (1, 1): 2.0, (2, 2): 2.0, (3, 3): 2.0},
            {(0, 0): 2.0, (1, 1): 4.0, (2, 2): 2.0, (3, 3): 4.0},
            {(0, 0): 4.0, (1, 1): 2.0, (2, 2): 2.0},
        )

    def start(self) -> Array:
        return np.zeros(4)

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 1.0, 2.0, -1.0),
            optimum=-44.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(2.0, 4.0),
            multipliers=((1.0, 0.0, 2.0), ()),
        )
