"""Problem 65 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS65(Componentwise):
    """(a − b)² + (a + b − 10)²/9 + (c − 5)² in a ball of radius √48 and a box.

    Source: Hock & Schittkowski (1981), problem 65.
    """

    suites = ("hs",)
    tags = ("convex", "strictly_convex", "least_squares", "infeasible_start")
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((-4.5, -4.5, -5.0), (4.5, 4.5, 5.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a - b) ** 2 + (a + b - 10.0) ** 2 / 9.0 + (c - 5.0) ** 2

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        s, t = 2.0 * (a - b), (a + b - 10.0) / 4.5
        return t + s, t - s, 2.0 * (c - 5.0)

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 2.0 + 2.0 / 9.0, (0, 1): -2.0 + 2.0 / 9.0, (1, 1): 2.0 + 2.0 / 9.0, (2, 2): 2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals a − b, (a + b − 10)/3 and c − 5."""
        a, b, c = x
        return np.array([a - b, (a + b - 10.0) / 3.0, c - 5.0])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, -1.0, 0.0], [1.0 / 3.0, 1.0 / 3.0, 0.0], [0.0, 0.0, 1.0]])

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * a + b * b + c * c - 48.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...]]:
        return ((2.0 * a, 2.0 * b, 2.0 * c),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0, (1, 1): 2.0, (2, 2): 2.0},)

    def start(self) -> Array:
        return np.array([-5.0, 5.0, 0.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(3.6504617252130362, 3.6504617252130362, 4.620417555320008),
            optimum=0.9535288568047828,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(4 / 9, 4.0),
            multipliers=((0.0821532773034626, *[0.0] * 6), ()),
            note="the standard start violates its bounds; the ball is active at x*, no bound is",
        )
