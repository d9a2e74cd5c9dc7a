"""Many valleys that share a variable."""

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
class Liarwhd(ElementSquares):
    """Σ 4(xᵢ² − x₁)² + (xᵢ − 1)² over i = 1 … n: valleys that meet in x₁.

    The Hessian is an arrowhead, dense in its first row and column: a sparse factorization must eliminate x₁ last.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Li (1988), SIAM Journal on Numerical Analysis 25, pages 1181–1196; CUTEst LIARWHD.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 36

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n, ((0, 0), (0, 1)), self.r, self.dr, self.d2r),)

    def r(self, hub: Any, x: Any) -> tuple[Any, Any]:
        return 2.0 * (x * x - hub), x - 1.0

    def dr(self, hub: Any, x: Any) -> tuple[Mapping[int, Any], ...]:
        return {0: -2.0, 1: 4.0 * x}, {1: 1.0}

    def d2r(self, hub: Any, x: Any) -> tuple[Entries, ...]:
        return {(1, 1): 4.0}, {}

    def start(self) -> Array:
        return np.full(self.n, 4.0)

    def facts(self) -> Facts:
        return Facts(solution=np.ones(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=False)
