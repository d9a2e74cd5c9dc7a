"""Problem 19 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS19(Componentwise):
    """(a − 10)³ + (b − 20)³ between two circles: a thin crescent.

    (a − 5)² + (b − 5)² ≥ 100, (a − 6)² + (b − 5)² ≤ 82.81, 13 ≤ a ≤ 100, 0 ≤ b ≤ 100. The solution is the lower tip of
    the crescent, where both variables are least, the gradients nearly parallel and the multipliers over 1000.

    Source: Hock & Schittkowski (1981), problem 19.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((13.0, 0.0), (100.0, 100.0))

    def f(self, a: Any, b: Any) -> Any:
        return (a - 10.0) ** 3 + (b - 20.0) ** 3

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 3.0 * (a - 10.0) ** 2, 3.0 * (b - 20.0) ** 2

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 6.0 * (a - 10.0), (1, 1): 6.0 * (b - 20.0)}

    def g(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 100.0 - (a - 5.0) ** 2 - (b - 5.0) ** 2, (a - 6.0) ** 2 + (b - 5.0) ** 2 - 82.81

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        return (-2.0 * (a - 5.0), -2.0 * (b - 5.0)), (2.0 * (a - 6.0), 2.0 * (b - 5.0))

    def d2g(self, a: Any, b: Any) -> tuple[Entries, Entries]:
        return {(0, 0): -2.0, (1, 1): -2.0}, {(0, 0): 2.0, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([20.1, 5.84])

    def facts(self) -> Facts:
        return Facts(
            solution=(14.095, 0.8429607892154782),
            optimum=-6961.813875580139,
            certificate="closed form",
            convex=False,
            multipliers=((1097.1189367883678, 1229.5420867931075, 0.0, 0.0, 0.0, 0.0), ()),
            note="every feasible a is at least 14.095, every feasible b at least 5 − √17.280975, and f grows with both",
        )
