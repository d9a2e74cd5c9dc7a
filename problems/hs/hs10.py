"""Problem 10 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS10(Componentwise):
    """a − b subject to 3a² − 2ab + b² ≤ 1: a linear function on an ellipse.

    Source: Hock & Schittkowski (1981), problem 10.
    """

    suites = ("hs",)
    tags = ("convex",)
    dimension = 2
    constraints = ("inequality",)

    def f(self, a: Any, b: Any) -> Any:
        return a - b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 1.0, -1.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (3.0 * a * a - 2.0 * a * b + b * b - 1.0,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((6.0 * a - 2.0 * b, 2.0 * (b - a)),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 6.0, (0, 1): -2.0, (1, 1): 2.0},)

    def start(self) -> Array:
        return np.array([-10.0, 10.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 1.0),
            optimum=-1.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.0, 0.0),
            multipliers=((0.5,), ()),
        )
