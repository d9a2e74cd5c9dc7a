"""Problem 28 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS28(Componentwise):
    """(a + b)² + (b + c)² subject to a + 2b + 3c = 1.

    Source: Hock & Schittkowski (1981), problem 28.
    """

    suites = ("hs",)
    tags = ("quadratic", "convex", "least_squares")
    dimension = 3
    constraints = ("equality",)

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[1.0, 2.0, 3.0]]), np.ones(1)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a + b) ** 2 + (b + c) ** 2

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        u, v = 2.0 * (a + b), 2.0 * (b + c)
        return u, u + v, v

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 2.0, (0, 1): 2.0, (1, 1): 4.0, (1, 2): 2.0, (2, 2): 2.0}

    def residuals(self, x: Any) -> Any:
        """The residuals a + b and b + c."""
        a, b, c = x
        return np.array([a + b, b + c])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0]])

    def start(self) -> Array:
        return np.array([-4.0, 1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.5, -0.5, 0.5),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=True,
            curvature=(0.0, 6.0),
            multipliers=((), (0.0,)),
            note="the Hessian is singular, along (1, −1, 1), but not on the constraint",
        )
