"""Problem 14 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS14(Componentwise):
    """(a − 2)² + (b − 1)² subject to a − 2b = −1, a²/4 + b² ≤ 1.

    Source: Hock & Schittkowski (1981), problem 14.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex", "least_squares")
    dimension = 2
    constraints = ("equality", "inequality")

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[1.0, -2.0]]), np.array([-1.0])

    def f(self, a: Any, b: Any) -> Any:
        return (a - 2.0) ** 2 + (b - 1.0) ** 2

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * (a - 2.0), 2.0 * (b - 1.0)

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (0.25 * a * a + b * b - 1.0,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((0.5 * a, 2.0 * b),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 0.5, (1, 1): 2.0},)

    def residuals(self, x: Any) -> Any:
        """The residuals a − 2 and b − 1."""
        a, b = x
        return np.array([a - 2.0, b - 1.0])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0], [0.0, 1.0]])

    def start(self) -> Array:
        return np.array([2.0, 2.0])

    def facts(self) -> Facts:
        w = sqrt(7.0)
        lam = 11.5 / w - 2.5
        return Facts(
            solution=((w - 1.0) / 2.0, (w + 1.0) / 4.0),
            optimum=9.0 - 23.0 * w / 8.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(2.0, 2.0),
            multipliers=((lam,), ((w + 1.0) / 4.0 * (1.0 + lam) - 1.0,)),
            note="f* = 9 − 23√7/8 = 1.39346…; the 1.42322 of some lists is wrong",
        )
