"""Problem 34 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import log
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS34(Componentwise):
    """−a subject to exp(a) ≤ b, exp(b) ≤ c, 0 ≤ a, b ≤ 100, 0 ≤ c ≤ 10: a* = log log 10.

    Source: Hock & Schittkowski (1981), problem 34.
    """

    suites = ("hs",)
    tags = ("convex",)
    dimension = 3
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0, 0.0), (100.0, 100.0, 10.0))

    def f(self, a: Any, b: Any, c: Any) -> Any:
        return -a

    def df(self, a: Any, b: Any, c: Any) -> tuple[Any, Any, Any]:
        return -1.0, 0.0, 0.0

    def d2f(self, a: Any, b: Any, c: Any) -> Entries:
        return {}

    def g(self, a: Any, b: Any, c: Any) -> tuple[Any, Any]:
        return np.exp(a) - b, np.exp(b) - c

    def dg(self, a: Any, b: Any, c: Any) -> tuple[tuple[Any, Any, Any], tuple[Any, Any, Any]]:
        return (np.exp(a), -1.0, 0.0), (0.0, np.exp(b), -1.0)

    def d2g(self, a: Any, b: Any, c: Any) -> tuple[Entries, Entries]:
        return {(0, 0): np.exp(a)}, {(1, 1): np.exp(b)}

    def start(self) -> Array:
        return np.array([0.0, 1.05, 2.9])

    def facts(self) -> Facts:
        b = log(10.0)
        return Facts(
            solution=(0.8340324452479558, b, 10.0),
            optimum=-0.8340324452479558,
            certificate="convex, KKT at x*",
            convex=True,
            curvature=(0.0, 0.0),
            multipliers=((1.0 / b, 0.1 / b, 0.0, 0.0, 0.0, 0.0, 0.0, 0.1 / b), ()),
        )
