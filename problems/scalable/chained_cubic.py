"""Leon's cubic valley in a chain."""

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
class ChainedCubic(ElementSquares):
    """Σ 100(xᵢ₊₁ − xᵢ³)² + (1 − xᵢ)²: each variable steers the next along a cubic.

    Other minima than the one at (1, …, 1) are not known here; for long chains there may be local ones.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Leon (1966), for n = 2; CUTEst CUBE.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "ill_conditioned", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n - 1, ((0, 1), (1, 1)), self.r, self.dr, self.d2r),)

    def r(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 10.0 * (b - a * a * a), 1.0 - a

    def dr(self, a: Any, b: Any) -> tuple[Mapping[int, Any], ...]:
        return {0: -30.0 * a * a, 1: 10.0}, {0: -1.0}

    def d2r(self, a: Any, b: Any) -> tuple[Entries, ...]:
        return {(0, 0): -60.0 * a}, {}

    def start(self) -> Array:
        return np.resize([-1.2, 1.0], self.n)

    def facts(self) -> Facts:
        return Facts(solution=np.ones(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=False)
