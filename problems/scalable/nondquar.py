"""A nondiagonal quartic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares, affine


@dataclass(frozen=True)
class Nondquar(ElementSquares):
    """(x₁ − x₂)² + (xₙ₋₁ − xₙ)² + Σ (xᵢ + xᵢ₊₁ + xₙ)⁴: convex, and flat at its minimizer.

    It teaches that a small f is no small error: the Hessian at the origin has rank 2 and all else is of fourth order.
    It is an arrowhead with a tridiagonal shaft.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Conn, Gould, Lescrenier & Toint (1988), report 88/4 of FUNDP Namur, problem 57; CUTEst NONDQUAR.
    """

    suites = ("scalable",)
    tags = ("least_squares", "convex", "degenerate", "sparse")
    variants = ({"n": 3}, {"n": 52})

    n: Annotated[int, Ge(3)] = 10

    @property
    def elements(self) -> tuple[Squares, ...]:
        n = self.n
        return (
            Squares(n - 2, ((0, 1), (1, 1), (n - 1, 0)), self.r, self.dr, self.d2r),
            affine(((0, 1), (1, 1)), (1.0, -1.0)),
            affine(((n - 2, 1), (n - 1, 1)), (1.0, -1.0)),
        )

    def r(self, a: Any, b: Any, hub: Any) -> tuple[Any]:
        u = a + b + hub
        return (u * u,)

    def dr(self, a: Any, b: Any, hub: Any) -> tuple[Mapping[int, Any]]:
        slope = 2.0 * (a + b + hub)
        return ({0: slope, 1: slope, 2: slope},)

    def d2r(self, a: Any, b: Any, hub: Any) -> tuple[Entries]:
        return ({(j, k): 2.0 for j in range(3) for k in range(j, 3)},)

    def start(self) -> Array:
        return np.resize([1.0, -1.0], self.n)

    def facts(self) -> Facts:
        return Facts(solution=np.zeros(self.n), optimum=0.0, certificate="a sum of squares that is zero", convex=True)
