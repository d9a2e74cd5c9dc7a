"""Problem 30 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS30(Componentwise):
    """a² + b² + c² subject to a² + b² ≥ 1, 1 ≤ a ≤ 10, |b|, |c| ≤ 10.

    Source: Hock & Schittkowski (1981), problem 30.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex", "least_squares")
    dimension = 3
    constraints = ("bounds", "inequality")

    bounds = ((1.0, -10.0, -10.0), (10.0, 10.0, 10.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return a * a + b * b + c * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return 2.0 * a, 2.0 * b, 2.0 * c

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0, (2, 2): 2.0}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (1.0 - a * a - b * b,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((-2.0 * a, -2.0 * b, 0.0),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): -2.0, (1, 1): -2.0},)

    def residuals(self, x: Any) -> Any:
        """The residuals a, b and c."""
        a, b, c = x
        return np.array([a, b, c])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]])

    def start(self) -> Array:
        return np.ones(3)

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0, 0.0),
            optimum=1.0,
            certificate="closed form",
            convex=True,
            curvature=(2.0, 2.0),
            note="a ≥ 1 makes a² + b² ≥ 1 superfluous; both are active at x* with parallel gradients, so that any "
            "multipliers with 2λ₁ + λ₂ = 2 will do",
        )
