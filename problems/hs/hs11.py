"""Problem 11 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS11(Componentwise):
    """(a − 5)² + b² − 25 subject to a² − b ≤ 0: the nearest point in a parabola.

    On the parabola ∂f/∂a = 0 is 2a³ + a − 5 = 0.

    Source: Hock & Schittkowski (1981), problem 11.
    """

    suites = ("hs",)
    tags = ("strictly_convex", "convex")
    dimension = 2
    constraints = ("inequality",)

    def f(self, a: Any, b: Any) -> Any:
        return (a - 5.0) ** 2 + b * b - 25.0

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * (a - 5.0), 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (a * a - b,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((2.0 * a, -1.0),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0},)

    def start(self) -> Array:
        return np.array([4.9, 0.1])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.234772825053297, 1.5246639294900999),
            optimum=-8.498464223154677,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(2.0, 2.0),
            multipliers=((3.0493278589801998,), ()),
        )
