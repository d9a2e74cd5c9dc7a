"""Problem 22 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS22(Componentwise):
    """(a − 2)² + (b − 1)² subject to a + b ≤ 2, a² ≤ b: the solution is a corner.

    Source: Hock & Schittkowski (1981), problem 22.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex", "least_squares")
    dimension = 2
    constraints = ("inequality",)

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[1.0, 1.0]]), np.array([2.0])

    def f(self, a: Any, b: Any) -> Any:
        return (a - 2.0) ** 2 + (b - 1.0) ** 2

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * (a - 2.0), 2.0 * (b - 1.0)

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (a * a - b,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((2.0 * a, -1.0),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0},)

    def residuals(self, x: Any) -> Any:
        """The residuals a − 2 and b − 1."""
        a, b = x
        return np.array([a - 2.0, b - 1.0])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0], [0.0, 1.0]])

    def start(self) -> Array:
        return np.array([2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0),
            optimum=1.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(2.0, 2.0),
            multipliers=((2.0 / 3.0, 2.0 / 3.0), ()),
        )
