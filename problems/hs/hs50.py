"""Problem 50 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS50(Componentwise):
    """(a − b)² + (b − c)² + (c − d)⁴ + (d − e)² with three equations a + 2b + 3c = 6 and so on.

    Source: Hock & Schittkowski (1981), problem 50.
    """

    suites = ("hs",)
    tags = ("convex", "least_squares")
    dimension = 5
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 2b + 3c = 6, b + 2c + 3d = 6 and c + 2d + 3e = 6."""
        A = [[1.0, 2.0, 3.0, 0.0, 0.0], [0.0, 1.0, 2.0, 3.0, 0.0], [0.0, 0.0, 1.0, 2.0, 3.0]]
        return np.array(A), np.array([6.0, 6.0, 6.0])

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return (a - b) ** 2 + (b - c) ** 2 + (c - d) ** 4 + (d - e) ** 2

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        p, q, r, s = 2.0 * (a - b), 2.0 * (b - c), 4.0 * (c - d) ** 3, 2.0 * (d - e)
        return p, q - p, r - q, s - r, -s

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        r = 12.0 * (c - d) ** 2
        return {
            (0, 0): 2.0,
            (0, 1): -2.0,
            (1, 1): 4.0,
            (1, 2): -2.0,
            (2, 2): 2.0 + r,
            (2, 3): -r,
            (3, 3): 2.0 + r,
            (3, 4): -2.0,
            (4, 4): 2.0,
        }

    def residuals(self, x: Any) -> Any:
        """The residuals a − b, b − c, (c − d)² and d − e."""
        a, b, c, d, e = x
        return np.array([a - b, b - c, (c - d) ** 2, d - e])

    def jacobian(self, x: Array) -> Array:
        r = 2.0 * float(x[2] - x[3])
        return np.array(
            [[1.0, -1.0, 0.0, 0.0, 0.0], [0.0, 1.0, -1.0, 0.0, 0.0], [0.0, 0.0, r, -r, 0.0], [0.0, 0.0, 0.0, 1.0, -1.0]]
        )

    def start(self) -> Array:
        return np.array([35.0, -31.0, 11.0, 5.0, -5.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0, 1.0, 1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            multipliers=((), (0.0, 0.0, 0.0)),
            note="the Hessian of f is singular at x*, but not on the feasible plane, where its least eigenvalue is "
            "1.726: methods that keep the constraints converge as fast as ever",
        )
