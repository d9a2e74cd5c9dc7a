"""Problem 8 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS8(Componentwise):
    """−1 subject to a² + b² = 25, ab = 9: no objective, only two equations to solve.

    Source: Hock & Schittkowski (1981), problem 8.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("equality",)

    def f(self, a: Any, b: Any) -> Any:
        return -1.0 + 0.0 * (a + b)

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 0.0, 0.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {}

    def h(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a * a + b * b - 25.0, a * b - 9.0

    def dh(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (2.0 * a, 2.0 * b), (b, a)

    def d2h(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(0, 0): 2.0, (1, 1): 2.0}, {(0, 1): 1.0}

    def start(self) -> Array:
        return np.array([2.0, 1.0])

    def facts(self) -> Facts:
        p, q = (sqrt(43.0) + sqrt(7.0)) / 2.0, (sqrt(43.0) - sqrt(7.0)) / 2.0
        return Facts(
            solution=(p, q),
            solutions=[(q, p), (-p, -q), (-q, -p)],
            optimum=-1.0,
            certificate="closed form",
            multipliers=((), (0.0, 0.0)),
            curvature=(0.0, 0.0),
            scale=1.0,
            note="f is constant, so that every feasible point is a solution, of which there are four",
        )
