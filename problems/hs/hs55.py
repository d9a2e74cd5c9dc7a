"""Problem 55 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS55(Componentwise):
    """a + 2b + 4e + exp(ad) with six dependent equations: the feasible set is a segment.

    It teaches what rank-deficient constraints do: the equations have rank 5, no multipliers are unique, and methods
    that invert AAᵀ break down.

    Source: Hock & Schittkowski (1981), problem 55.
    """

    suites = ("hs",)
    tags = ("nonconvex", "multimodal")
    dimension = 6
    constraints = ("bounds", "equality")
    bounds = ((0.0, 0.0, 0.0, 0.0, 0.0, 0.0), (1.0, np.inf, np.inf, 1.0, np.inf, np.inf))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """Ax = b: a + 2b + 5e = 6; then the sums over rows and columns of [[a, b, c], [d, e, p]]."""
        A = [
            [1.0, 2.0, 0.0, 0.0, 5.0, 0.0],
            [1.0, 1.0, 1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
            [1.0, 0.0, 0.0, 1.0, 0.0, 0.0],
            [0.0, 1.0, 0.0, 0.0, 1.0, 0.0],
            [0.0, 0.0, 1.0, 0.0, 0.0, 1.0],
        ]
        return np.array(A), np.array([6.0, 3.0, 2.0, 1.0, 2.0, 2.0])

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> Any:
        return a + 2.0 * b + 4.0 * e + np.exp(a * d)

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> tuple[Any, ...]:
        t = np.exp(a * d)
        return 1.0 + d * t, 2.0, 0.0, a * t, 4.0, 0.0

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any, p: Any) -> Entries:
        t = np.exp(a * d)
        return {(0, 0): d * d * t, (0, 3): (1.0 + a * d) * t, (3, 3): a * a * t}

    def start(self) -> Array:
        return np.array([1.0, 2.0, 0.0, 0.0, 0.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, 4 / 3, 5 / 3, 1.0, 2 / 3, 1 / 3),
            optimum=19 / 3,
            certificate="closed form: with ⅓ ≤ e ≤ ⅔ along the segment, f = 6 − e + exp(ad) ≥ 7 − e",
            convex=False,
            critical_points={"minimum": [(1.0, 5 / 3, 1 / 3, 0.0, 1 / 3, 5 / 3)]},
            note="the six equations have rank 5. Both ends of the segment are local minima, of 19/3 and 20/3; "
            "in between f has a maximum. Some lists give 6.6667 as the solution",
        )
