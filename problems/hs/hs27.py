"""Problem 27 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS27(Componentwise):
    """(a − 1)²/100 + (b − a²)² subject to a + c² = −1.

    Source: Hock & Schittkowski (1981), problem 27.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares")
    dimension = 3
    constraints = ("equality",)

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 0.01 * (a - 1.0) ** 2 + (b - a * a) ** 2

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        t = b - a * a
        return 0.02 * (a - 1.0) - 4.0 * a * t, 2.0 * t, 0.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 0.02 + 12.0 * a * a - 4.0 * b, (0, 1): -4.0 * a, (1, 1): 2.0}

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a + c * c + 1.0,)

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any]]:
        return ((1.0, 0.0, 2.0 * c),)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(2, 2): 2.0},)

    def residuals(self, x: Any) -> Any:
        """The residuals (a − 1)/10 and b − a²."""
        a, b, _ = x
        return np.array([0.1 * (a - 1.0), b - a * a])

    def jacobian(self, x: Array) -> Array:
        a = float(x[0])
        return np.array([[0.1, 0.0, 0.0], [-2.0 * a, 1.0, 0.0]])

    def start(self) -> Array:
        return np.array([2.0, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(-1.0, 1.0, 0.0),
            optimum=0.04,
            certificate="closed form",
            convex=False,
            multipliers=((), (0.04,)),
            note="a ≤ −1 proves f*; the authors' later code multiplies f by 100 and so reports 4",
        )
