"""Problem 32 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS32(Componentwise):
    """(a + 3b + c)² + 4(a − b)² on the simplex, subject to a³ − 6b − 4c ≤ −3.

    Source: Hock & Schittkowski (1981), problem 32.
    """

    suites = ("hs",)
    tags = ("convex", "least_squares")
    dimension = 3
    constraints = ("bounds", "equality", "inequality")

    bounds = ((0.0, 0.0, 0.0), (np.inf, np.inf, np.inf))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.ones((1, 3)), np.ones(1)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a + 3.0 * b + c) ** 2 + 4.0 * (a - b) ** 2

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        u, v = 2.0 * (a + 3.0 * b + c), 8.0 * (a - b)
        return u + v, 3.0 * u - v, u

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 10.0, (0, 1): -2.0, (0, 2): 2.0, (1, 1): 26.0, (1, 2): 6.0, (2, 2): 2.0}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a**3 - 6.0 * b - 4.0 * c + 3.0,)

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((3.0 * a * a, -6.0, -4.0),)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 6.0 * a},)

    def residuals(self, x: Any) -> Any:
        """The residuals a + 3b + c and 2(a − b)."""
        a, b, c = x
        return np.array([a + 3.0 * b + c, 2.0 * (a - b)])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 3.0, 1.0], [2.0, -2.0, 0.0]])

    def start(self) -> Array:
        return np.array([0.1, 0.7, 0.2])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 0.0, 1.0),
            optimum=1.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.0, 19.0 + sqrt(73.0)),
            multipliers=((0.0, 0.0, 4.0, 0.0), (-2.0,)),
            note="a ≥ 0 is active at x* with multiplier 0: complementarity is not strict",
        )
