"""Problem 42 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS42(Componentwise):
    """(a − 1)² + (b − 2)² + (c − 3)² + (d − 4)² subject to a = 2 and c² + d² = 2.

    Source: Hock & Schittkowski (1981), problem 42.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares")
    dimension = 4
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a = 2."""
        return np.array([[1.0, 0.0, 0.0, 0.0]]), np.array([2.0])

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return (a - 1.0) ** 2 + (b - 2.0) ** 2 + (c - 3.0) ** 2 + (d - 4.0) ** 2

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return 2.0 * (a - 1.0), 2.0 * (b - 2.0), 2.0 * (c - 3.0), 2.0 * (d - 4.0)

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {(i, i): 2.0 for i in range(4)}

    def residuals(self, x: Any) -> Any:
        """The residuals x − (1, 2, 3, 4)."""
        return x - np.array([1.0, 2.0, 3.0, 4.0])

    def jacobian(self, x: Array) -> Array:
        return np.eye(4)

    def h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any]:
        return (c * c + d * d - 2.0,)

    def dh(self, a: Any, b: Any, c: Any, d: Any) -> tuple[tuple[Any, ...]]:
        return ((0.0, 0.0, 2.0 * c, 2.0 * d),)

    def d2h(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Entries]:
        return ({(2, 2): 2.0, (3, 3): 2.0},)

    def start(self) -> Array:
        return np.ones(4)

    def facts(self) -> Facts:
        c, d = 0.6 * sqrt(2.0), 0.8 * sqrt(2.0)
        return Facts(
            solution=(2.0, 2.0, c, d),
            optimum=28.0 - 10.0 * sqrt(2.0),
            certificate="closed form: the point of the circle that is nearest to (3, 4)",
            curvature=(2.0, 2.0),
            multipliers=((), (2.5 * sqrt(2.0) - 1.0, -2.0)),
            critical_points={"saddle": [(2.0, 2.0, -c, -d)]},
        )
