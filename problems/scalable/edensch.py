"""The extended function of Dennis and Schnabel."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares


@dataclass(frozen=True)
class Edensch(ElementSquares):
    """Σ (xᵢ − 2)⁴ + xᵢ₊₁²(xᵢ − 2)² + (xᵢ₊₁ + 1)² over i = 1 … n − 1: not all can vanish.

    Every xᵢ between the first and the last is pulled to 2 and to −1. The least value is not known in closed form, and
    f is not convex; hence no solution is given. Descent methods find 203.284592 for n = 36; CUTEst, which adds 16, has
    219.28.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Li (1988), SIAM Journal on Numerical Analysis 25, pages 1181–1196; CUTEst EDENSCH.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 36

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n - 1, ((0, 1), (1, 1)), self.r, self.dr, self.d2r),)

    def r(self, a: Any, b: Any) -> tuple[Any, ...]:
        u = a - 2.0
        return u * u, u * b, b + 1.0

    def dr(self, a: Any, b: Any) -> tuple[Mapping[int, Any], ...]:
        u = a - 2.0
        return {0: 2.0 * u}, {0: b, 1: u}, {1: 1.0}

    def d2r(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): 2.0}, {(0, 1): 1.0}, {}

    def start(self) -> Array:
        return np.full(self.n, 8.0)

    def facts(self) -> Facts:
        return Facts(convex=False)
