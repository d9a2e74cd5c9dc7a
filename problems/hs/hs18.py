"""Problem 18 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS18(Componentwise):
    """a²/100 + b² subject to ab ≥ 25, a² + b² ≥ 25, 2 ≤ a ≤ 50, 0 ≤ b ≤ 50.

    Neither constraint function is convex, the feasible set is: ab ≥ 25 with a, b ≥ 0 is convex and has a² + b² ≥ 50.

    Source: Hock & Schittkowski (1981), problem 18.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex", "least_squares")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((2.0, 0.0), (50.0, 50.0))

    def f(self, a: Any, b: Any) -> Any:
        return 0.01 * a * a + b * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 0.02 * a, 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 0.02, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 25.0 - a * b, 25.0 - a * a - b * b

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (-b, -a), (-2.0 * a, -2.0 * b)

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(0, 1): -1.0}, {(0, 0): -2.0, (1, 1): -2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals a/10 and b."""
        a, b = x
        return np.array([0.1 * a, b])

    def jacobian(self, x: Array) -> Array:
        return np.array([[0.1, 0.0], [0.0, 1.0]])

    def start(self) -> Array:
        return np.array([2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(sqrt(250.0), sqrt(2.5)),
            optimum=5.0,
            certificate="closed form",
            convex=True,
            curvature=(0.02, 2.0),
            multipliers=((0.2, 0.0, 0.0, 0.0, 0.0, 0.0), ()),
            note="f ≥ 0.2ab ≥ 5 proves f*",
        )
