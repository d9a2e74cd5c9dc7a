"""Problem 63 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS63(Componentwise):
    """A concave quadratic on the circle where a sphere meets a plane, with a, b, c ≥ 0.

    1000 − a² − 2b² − c² − ab − ac subject to a² + b² + c² = 25 and 8a + 14b + 7c = 56.

    Source: Hock & Schittkowski (1981), problem 63; Himmelblau (1972).
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "equality")
    bounds = ((0.0, 0.0, 0.0), (np.inf, np.inf, np.inf))

    @cached_property
    def linear_equality(self) -> tuple[Array, Array]:
        """8a + 14b + 7c = 56."""
        return np.array([[8.0, 14.0, 7.0]]), np.array([56.0])

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 1000.0 - a * a - 2.0 * b * b - c * c - a * b - a * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return -2.0 * a - b - c, -4.0 * b - a, -2.0 * c - a

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 0): -2.0, (0, 1): -1.0, (0, 2): -1.0, (1, 1): -4.0, (2, 2): -2.0}

    def h(self, a: Any, b: Any, c: Any) -> tuple[Any]:
        return (a * a + b * b + c * c - 25.0,)

    def dh(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...]]:
        return ((2.0 * a, 2.0 * b, 2.0 * c),)

    def d2h(self, a: Any, b: Any, c: Any) -> tuple[Entries]:
        return ({(0, 0): 2.0, (1, 1): 2.0, (2, 2): 2.0},)

    def start(self) -> Array:
        return np.array([2.0, 2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(3.5121213418747197, 0.21698794151522302, 3.552171154827017),
            optimum=961.7151721300522,
            certificate="best known: published, and the only minimum of a fine walk around the circle",
            convex=False,
            multipliers=((0.0, 0.0, 0.0), (1.2234635604844077, 0.2749371020656298)),
            note="no bound is active at x*, but without them f falls to 952.14 on the other side of the circle, where "
            "c < 0",
        )
