"""Problem 33 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS33(Componentwise):
    """(a − 1)(a − 2)(a − 3) + c subject to a² + b² ≤ c², a² + b² + c² ≥ 4, a, b ≥ 0, 0 ≤ c ≤ 5.

    Source: Hock & Schittkowski (1981), problem 33.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0, 0.0), (np.inf, np.inf, 5.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return (a - 1.0) * (a - 2.0) * (a - 3.0) + c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return 3.0 * a * a - 12.0 * a + 11.0, 0.0, 1.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 6.0 * a - 12.0}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
        s = a * a + b * b
        return s - c * c, 4.0 - s - c * c

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
        return (2.0 * a, 2.0 * b, -2.0 * c), (-2.0 * a, -2.0 * b, -2.0 * c)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries, Entries]:
        return {(0, 0): 2.0, (1, 1): 2.0, (2, 2): -2.0}, {(0, 0): -2.0, (1, 1): -2.0, (2, 2): -2.0}

    def start(self) -> Array:
        return np.array([0.0, 0.0, 3.0])

    def facts(self) -> Facts:
        lam = sqrt(2.0) / 8.0
        return Facts(
            solution=(0.0, sqrt(2.0), sqrt(2.0)),
            optimum=sqrt(2.0) - 6.0,
            certificate="closed form",
            convex=False,
            critical_points={
                "maximum": [(0.0, 0.0, 2.0), (sqrt(2.0), 0.0, sqrt(2.0)), (1.2297810154014985, 0.0, 1.5772249852694)],
                "degenerate": [(2.0, 0.0, 2.0)],
            },
            multipliers=((lam, lam, 11.0, 0.0, 0.0, 0.0), ()),
            note="(0, 0, 2) with f = −4 is a trap: at b = 0 nothing depends on b to first order, so that many methods "
            "keep the b = 0 of the start; it is a KKT point but no minimum, since f falls along the sphere with b",
        )
