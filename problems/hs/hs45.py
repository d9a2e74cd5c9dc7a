"""Problem 45 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS45(Componentwise):
    """2 − abcde/120 with 0 ≤ xᵢ ≤ i: the solution is a corner.

    Source: Hock & Schittkowski (1981), problem 45.
    """

    suites = ("hs",)
    tags = ("nonconvex", "infeasible_start")
    dimension = 5
    constraints = ("bounds",)
    bounds = ((0.0, 0.0, 0.0, 0.0, 0.0), (1.0, 2.0, 3.0, 4.0, 5.0))

    def f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Any:
        return 2.0 - a * b * c * d * e / 120.0

    def df(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> tuple[Any, ...]:
        x = (a, b, c, d, e)
        return tuple(-_without(x, i) / 120.0 for i in range(5))

    def d2f(self, a: Any, b: Any, c: Any, d: Any, e: Any) -> Entries:
        x = (a, b, c, d, e)
        return {(i, j): -_without(x, i, j) / 120.0 for i in range(5) for j in range(i + 1, 5)}

    def start(self) -> Array:
        return np.full(5, 2.0)

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 2.0, 3.0, 4.0, 5.0),
            optimum=1.0,
            certificate="closed form: the product is greatest with every factor at its upper bound",
            convex=False,
            multipliers=((0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 1 / 2, 1 / 3, 1 / 4, 1 / 5), ()),
            note="the standard start violates its bounds. Where two components are 0 the KKT conditions hold with "
            "f = 2, the greatest value: some methods stop there",
        )


def _without(x: tuple[Any, ...], *left_out: int) -> Any:
    """Return the product of the other components."""
    product: Any = 1.0
    for k, factor in enumerate(x):
        if k not in left_out:
            product = product * factor
    return product
