"""Problem 12 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS12(Componentwise):
    """a²/2 + b² − ab − 7a − 7b subject to 4a² + b² ≤ 25: a bowl cut by an ellipse.

    Source: Hock & Schittkowski (1981), problem 12.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex")
    dimension = 2
    constraints = ("inequality",)

    def f(self, a: Any, b: Any) -> Any:
        return 0.5 * a * a + b * b - a * b - 7.0 * a - 7.0 * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return a - b - 7.0, 2.0 * b - a - 7.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 1.0, (0, 1): -1.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (4.0 * a * a + b * b - 25.0,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((8.0 * a, 2.0 * b),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 8.0, (1, 1): 2.0},)

    def start(self) -> Array:
        return np.zeros(2)

    def facts(self) -> Facts:
        return Facts(
            solution=(2.0, 3.0),
            optimum=-30.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=((3.0 - sqrt(5.0)) / 2.0, (3.0 + sqrt(5.0)) / 2.0),
            multipliers=((0.5,), ()),
        )
