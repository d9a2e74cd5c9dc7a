"""Problem 36 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS36(Componentwise):
    """−abc in the box [0, 20] × [0, 11] × [0, 42] with a + 2b + 2c ≤ 72.

    Source: Hock & Schittkowski (1981), problem 36.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0, 0.0), (20.0, 11.0, 42.0))

    @cached_property
    def linear_inequality(self) -> tuple[Array, Array]:
        """Ax ≤ b: a + 2b + 2c ≤ 72."""
        return np.array([[1.0, 2.0, 2.0]]), np.array([72.0])

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return -a * b * c

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return -b * c, -a * c, -a * b

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {(0, 1): -c, (0, 2): -b, (1, 2): -a}

    def start(self) -> Array:
        return np.array([10.0, 10.0, 10.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(20.0, 11.0, 15.0),
            optimum=-3300.0,
            certificate="closed form: with c = 36 − a/2 − b, f falls in a and in b up to their bounds",
            convex=False,
            multipliers=((110.0, 0.0, 0.0, 0.0, 55.0, 80.0, 0.0), ()),
            note="some lists swap problems 36 and 37; this is the one with three different upper bounds and f* = −3300",
        )
