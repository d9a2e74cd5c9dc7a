"""Problem 7 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS7(Componentwise):
    """log(1 + a²) − b subject to (1 + a²)² + b² = 4.

    Source: Hock & Schittkowski (1981), problem 7.
    """

    suites = ("hs",)
    tags = ("nonconvex",)
    dimension = 2
    constraints = ("equality",)

    def f(self, a: Any, b: Any) -> Any:
        return np.log(1.0 + a * a) - b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * a / (1.0 + a * a), -1.0

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0 * (1.0 - a * a) / (1.0 + a * a) ** 2}

    def h(self, a: Any, b: Any) -> tuple[Any]:
        return ((1.0 + a * a) ** 2 + b * b - 4.0,)

    def dh(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((4.0 * a * (1.0 + a * a), 2.0 * b),)

    def d2h(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): 4.0 + 12.0 * a * a, (1, 1): 2.0},)

    def start(self) -> Array:
        return np.array([2.0, 2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(0.0, sqrt(3.0)),
            optimum=-sqrt(3.0),
            certificate="best known: published, and the best of many starts",
            multipliers=((), (0.5 / sqrt(3.0),)),
        )
