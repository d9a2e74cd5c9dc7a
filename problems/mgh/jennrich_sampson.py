"""Problem 6 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

KNOWN: dict[int, tuple[float, float]] = {
    2: (0.5609475731693776, 0.2653333001948931),
    10: (0.2578252136703641, 124.36218235561485),
    20: (0.1651908180378203, 1449.4796443267223),
}
"""m → a = b at the solution, and f*; no other m has a claim."""


@dataclass(frozen=True)
class JennrichSampson(LeastSquares):
    """Σ (2 + 2i − eⁱᵃ − eⁱᵇ)² over i = 1 … m: two exponentials fitted to a straight line.

    It teaches what large residuals do: the two rates of the best fit coincide, where the columns of the Jacobian do
    so too, and Gauss-Newton has a singular matrix at the very solution.

    Attributes
    ----------
    m : int
        Number of residuals; from 880 on f would overflow at the start.

    Source: Moré, Garbow & Hillstrom (1981), problem 6; Jennrich & Sampson (1968).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "sum_of_exponentials")
    dimension = 2
    variants = ({"m": 2}, {"m": 20})

    m: Annotated[int, Ge(2), Le(800)] = 10

    @cached_property
    def i(self) -> Array:
        """1 … m."""
        return np.arange(1.0, self.m + 1.0)

    def residuals(self, x: Any) -> Any:
        a, b = x
        return 2.0 + 2.0 * self.i - np.exp(self.i * a) - np.exp(self.i * b)

    def jacobian(self, x: Array) -> Array:
        return -self.i[:, None] * np.exp(np.outer(self.i, x))

    def curvature(self, x: Array, w: Array) -> Array:
        aa, bb = -(w * self.i**2) @ np.exp(np.outer(self.i, x))
        return np.asarray(symmetric({(0, 0): aa, (1, 1): bb}, 2))

    def start(self) -> Array:
        return np.array([0.3, 0.4])

    def facts(self) -> Facts:
        if self.m not in KNOWN:
            return Facts(convex=False)
        rate, least = KNOWN[self.m]
        return Facts(
            solution=(rate, rate),
            optimum=least,
            certificate="best known: published for m = 10, and the best of many starts",
            convex=False,
            note="a descent that sends one rate to −∞ stays above: at 259.58 for m = 10",
        )
