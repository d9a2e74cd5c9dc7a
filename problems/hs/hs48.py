"""Problem 48 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS48(Componentwise):
    """(a − 1)² + (b − c)² + (d − e)² subject to a + b + c + d + e = 5 and c − 2(d + e) = −3.

    Source: Hock & Schittkowski (1981), problem 48.
    """

    suites = ("hs",)
    tags = ("convex", "quadratic", "least_squares")
    dimension = 5
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + b + c + d + e = 5 and c − 2d − 2e = −3."""
        return np.array([[1.0, 1.0, 1.0, 1.0, 1.0], [0.0, 0.0, 1.0, -2.0, -2.0]]), np.array([5.0, -3.0])

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return (a - 1.0) ** 2 + (b - c) ** 2 + (d - e) ** 2

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        s, t = 2.0 * (b - c), 2.0 * (d - e)
        return 2.0 * (a - 1.0), s, -s, t, -t

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0, (1, 2): -2.0, (2, 2): 2.0, (3, 3): 2.0, (3, 4): -2.0, (4, 4): 2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals a − 1, b − c and d − e."""
        a, b, c, d, e = x
        return np.array([a - 1.0, b - c, d - e])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0, 0.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 0.0, 1.0, -1.0]])

    def start(self) -> Array:
        return np.array([3.0, 5.0, -3.0, 2.0, -2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            curvature=(0.0, 4.0),
            multipliers=((), (0.0, 0.0)),
        )
