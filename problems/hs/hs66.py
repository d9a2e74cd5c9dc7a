"""Problem 66 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS66(Componentwise):
    """0.2c − 0.8a subject to exp(a) ≤ b and exp(b) ≤ c, in a box.

    Source: Hock & Schittkowski (1981), problem 66.
    """

    suites = ("hs",)
    tags = ("convex",)
    dimension = 3
    constraints = ("bounds", "inequality")
    bounds = ((0.0, 0.0, 0.0), (100.0, 100.0, 10.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return 0.2 * c - 0.8 * a

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        return -0.8, 0.0, 0.2

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
        return np.exp(a) - b, np.exp(b) - c

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, ...], ...]:
        return (np.exp(a), -1.0, 0.0), (0.0, np.exp(b), -1.0)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries, Entries]:
        return {(0, 0): np.exp(a)}, {(1, 1): np.exp(b)}

    def start(self) -> Array:
        return np.array([0.0, 1.05, 2.9])

    def facts(self) -> Facts:
        w = 1.2021678731970429  # W(4), where w exp(w) = 4
        return Facts(
            solution=(log(w), w, 4.0 / w),
            optimum=0.8 / w - 0.8 * log(w),
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.0, 0.0),
            multipliers=((0.8 / w, 0.2, *[0.0] * 6), ()),
            note="no bound is active at x*; the standard start is feasible. exp(b) reaches 10⁴³ within the bounds",
        )
