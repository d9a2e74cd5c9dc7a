"""Problem 21 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS21(Componentwise):
    """a²/100 + b² − 100 subject to 10a − b ≥ 10, 2 ≤ a ≤ 50, |b| ≤ 50.

    Source: Hock & Schittkowski (1981), problem 21.
    """

    suites = ("hs",)
    tags = ("quadratic", "strictly_convex", "convex", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((2.0, -50.0), (50.0, 50.0))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[-10.0, 1.0]]), np.array([-10.0])

    def f(self, a: Any, b: Any) -> Any:
        return 0.01 * a * a + b * b - 100.0

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 0.02 * a, 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 0.02, (1, 1): 2.0}

    def start(self) -> Array:
        return np.array([-1.0, -1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(2.0, 0.0),
            optimum=-99.96,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.02, 2.0),
            multipliers=((0.0, 0.04, 0.0, 0.0, 0.0), ()),
            note="the authors' later code starts at (2, −1)",
        )
