"""Problem 31 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS31(Componentwise):
    """9a² + b² + 9c² subject to ab ≥ 1, |a| ≤ 10, 1 ≤ b ≤ 10, −10 ≤ c ≤ 1.

    The constraint function is not convex, the feasible set is: with b > 0, ab ≥ 1 is one side of a hyperbola's branch.

    Source: Hock & Schittkowski (1981), problem 31.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex", "least_squares")
    dimension = 3
    constraints = ("bounds", "inequality")

    bounds = ((-10.0, 1.0, -10.0), (10.0, 10.0, 1.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 9.0 * a * a + b * b + 9.0 * c * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return 18.0 * a, 2.0 * b, 18.0 * c

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 18.0, (1, 1): 2.0, (2, 2): 18.0}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (1.0 - a * b,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((-b, -a, 0.0),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 1): -1.0},)

    def residuals(self, x: Any) -> Any:
        """The residuals 3a, b and 3c."""
        a, b, c = x
        return np.array([3.0 * a, b, 3.0 * c])

    def jacobian(self, x: Array) -> Array:
        return np.array([[3.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 3.0]])

    def start(self) -> Array:
        return np.ones(3)

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0 / sqrt(3.0), sqrt(3.0), 0.0),
            optimum=6.0,
            certificate="closed form",
            convex=True,
            curvature=(2.0, 18.0),
            multipliers=((6.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0), ()),
            note="f ≥ 6ab ≥ 6 proves f*",
        )
