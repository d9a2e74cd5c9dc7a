"""Problem 35 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS35(Componentwise):
    """A convex quadratic subject to a + b + 2c ≤ 3 and a, b, c ≥ 0: Beale's problem.

    9 − 8a − 6b − 4c + 2a² + 2b² + c² + 2ab + 2ac.

    Source: Hock & Schittkowski (1981), problem 35.
    """

    suites = ("hs",)
    tags = ("quadratic", "strictly_convex", "convex")
    dimension = 3
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0, 0.0), (np.inf, np.inf, np.inf))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """(A, b)."""
        return np.array([[1.0, 1.0, 2.0]]), np.array([3.0])

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 9.0 - 8.0 * a - 6.0 * b - 4.0 * c + 2.0 * a * (a + b + c) + 2.0 * b * b + c * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return 4.0 * a + 2.0 * (b + c) - 8.0, 4.0 * b + 2.0 * a - 6.0, 2.0 * (a + c) - 4.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): 4.0, (0, 1): 2.0, (0, 2): 2.0, (1, 1): 4.0, (2, 2): 2.0}

    def start(self) -> Array:
        return np.full(3, 0.5)

    def facts(self) -> Facts:
        return Facts(
            solution=(4.0 / 3.0, 7.0 / 9.0, 4.0 / 9.0),
            optimum=1.0 / 9.0,
            certificate="convex, KKT at x*",
            convex=True,
            multipliers=((2.0 / 9.0, 0.0, 0.0, 0.0), ()),
        )
