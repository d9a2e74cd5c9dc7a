"""A plate-shaped bowl."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class Matyas(Componentwise):
    """0.26 (a² + b²) − 0.48 ab: a bowl with condition number 25, flat along a = b.

    It teaches that f hides an ill-conditioned direction: along a = b a point far from 0 has a tiny f.

    Source: Matyas (1965); Jamil & Yang (2013), A literature survey of benchmark functions, function 71.
    """

    suites = ("textbook",)
    tags = ("quadratic", "convex", "strictly_convex")
    dimension = 2

    def f(self, a: Any, b: Any) -> Any:
        return 0.26 * (a * a + b * b) - 0.48 * a * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 0.52 * a - 0.48 * b, 0.52 * b - 0.48 * a

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 0.52, (0, 1): -0.48, (1, 1): 0.52}

    def start(self) -> Array:
        return np.array([10.0, 5.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 0.0),
            optimum=0.0,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.04, 1.0),
        )
