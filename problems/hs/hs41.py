"""Problem 41 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS41(Componentwise):
    """2 − abc subject to a + 2b + 2c = d, with 0 ≤ a, b, c ≤ 1 and 0 ≤ d ≤ 2.

    Source: Hock & Schittkowski (1981), problem 41.
    """

    suites = ("hs",)
    tags = ("nonconvex", "infeasible_start")
    dimension = 4
    constraints = ("bounds", "equality")
    bounds = ((0.0, 0.0, 0.0, 0.0), (1.0, 1.0, 1.0, 2.0))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 2b + 2c − d = 0."""
        return np.array([[1.0, 2.0, 2.0, -1.0]]), np.array([0.0])

    def f(self, a: Any, b: Any, c: Any, d: Any) -> Any:
        return 2.0 - a * b * c

    def df(self, a: Any, b: Any, c: Any, d: Any) -> tuple[Any, ...]:
        return -b * c, -a * c, -a * b, 0.0

    def d2f(self, a: Any, b: Any, c: Any, d: Any) -> Entries:
        return {(0, 1): -c, (0, 2): -b, (1, 2): -a}

    def start(self) -> Array:
        return np.array([2.0, 2.0, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(2 / 3, 1 / 3, 1 / 3, 2.0),
            optimum=52 / 27,
            certificate="closed form: a · 2b · 2c is at most the cube of a third of their sum",
            convex=False,
            multipliers=((*[0.0] * 7, 1 / 9), (1 / 9,)),
            note="the standard start violates its bounds. Where two of a, b, c are 0 the KKT conditions hold with "
            "f = 2, the greatest value: some methods stop there",
        )
