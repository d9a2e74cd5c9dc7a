"""Problem 3 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS3(Componentwise):
    """b + 10⁻⁵(b − a)² subject to b ≥ 0: the curvature is 10⁵ times smaller than the slope.

    Source: Hock & Schittkowski (1981), problem 3.
    """

    suites = ("hs",)
    tags = ("quadratic", "convex", "badly_scaled")
    dimension = 2
    constraints = ("bounds",)

    bounds = ((-np.inf, 0.0), (np.inf, np.inf))

    def f(self, a: Any, b: Any) -> Any:
        return b + 1e-5 * (b - a) ** 2

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        slope = 2e-5 * (b - a)
        return -slope, 1.0 + slope

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2e-5, (0, 1): -2e-5, (1, 1): 2e-5}

    def start(self) -> Array:
        return np.array([10.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 0.0),
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.0, 4e-5),
            multipliers=((1.0,), ()),
            note="a moves f by 1e-3 in all from the start: at a loose tolerance a method ends with a anywhere up to 10",
        )
