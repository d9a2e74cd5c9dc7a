"""Problem 4 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS4(Componentwise):
    """(a + 1)³/3 + b subject to a ≥ 1, b ≥ 0: the solution is the corner.

    Source: Hock & Schittkowski (1981), problem 4.
    """

    suites = ("hs",)
    tags = ("convex",)
    dimension = 2
    constraints = ("bounds",)

    bounds = ((1.0, 0.0), (np.inf, np.inf))

    def f(self, a: Any, b: Any) -> Any:
        return (a + 1.0) ** 3 / 3.0 + b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return (a + 1.0) ** 2, 1.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0 * (a + 1.0)}

    def start(self) -> Array:
        return np.array([1.125, 0.125])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0),
            optimum=8.0 / 3.0,
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=((4.0, 1.0), ()),
            note="convex within the bounds only: without them f is not bounded below",
        )
