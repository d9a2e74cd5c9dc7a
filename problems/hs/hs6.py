"""Problem 6 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS6(Componentwise):
    """(1 − a)² subject to 10(b − a²) = 0: the curved valley as a constraint.

    Source: Hock & Schittkowski (1981), problem 6.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares")
    dimension = 2
    constraints = ("equality",)

    def f(self, a: Any, b: Any) -> Any:
        return (1.0 - a) ** 2

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return -2.0 * (1.0 - a), 0.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0}

    def h(self, a: Any, b: Any) -> tuple[Any]:
        return (10.0 * (b - a * a),)

    def dh(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((-20.0 * a, 10.0),)

    def d2h(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): -20.0},)

    def residuals(self, x: Any) -> Any:
        """The one residual 1 − a."""
        a, _ = x
        return np.array([1.0 - a])

    def jacobian(self, x: Array) -> Array:
        return np.array([[-1.0, 0.0]])

    def start(self) -> Array:
        return np.array([-1.2, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 1.0),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            curvature=(0.0, 2.0),
            multipliers=((), (0.0,)),
        )
