"""Two linear equations, solved as least squares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Booth(Componentwise):
    """(a + 2b − 7)² + (2a + b − 5)²: a bowl with condition number 9 and its minimum at (1, 3).

    It teaches that the least-squares form of a linear system squares its condition number: κ(A) = 3, κ(AᵀA) = 9.

    Source: Jamil & Yang (2013), A literature survey of benchmark functions, function 20.
    """

    suites = ("textbook",)
    tags = ("quadratic", "convex", "strictly_convex", "least_squares")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        u, v = a + 2.0 * b - 7.0, 2.0 * a + b - 5.0
        return u * u + v * v

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 10.0 * a + 8.0 * b - 34.0, 8.0 * a + 10.0 * b - 38.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 10.0, (0, 1): 8.0, (1, 1): 10.0}

    def residuals(self, x: Any) -> Any:
        """The two equations a + 2b − 7 and 2a + b − 5, shape (2,)."""
        a, b = x
        return np.array([a + 2.0 * b - 7.0, 2.0 * a + b - 5.0])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 2.0], [2.0, 1.0]])

    def start(self) -> Array:
        return np.array([-5.0, 5.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 3.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            curvature=(2.0, 18.0),
        )
