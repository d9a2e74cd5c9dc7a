"""A quadratic with a tridiagonal Hessian."""

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
class Tridia(ElementSquares):
    """(x₁ − 1)² + Σ i(2xᵢ − xᵢ₋₁)² over i = 2 … n: quadratic, zero at xᵢ = 2^(1−i).

    The largest eigenvalue of the Hessian grows like 18n, the smallest stays near 1.4; from i = 1075 on the solution is
    below the smallest float and the one given is 0 there.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Toint (1983), report 83/4 of FUNDP Namur, problem 8 (by Shanno); CUTEst TRIDIA.
    """

    suites = ("scalable",)
    tags = ("least_squares", "quadratic", "convex", "strictly_convex", "ill_conditioned", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares, Squares]:
        return (
            affine(((0, 1),), (1.0,), -1.0),
            Squares(self.n - 1, ((0, 1), (1, 1)), self.r, self.dr, self.d2r, indexed=True),
        )

    def r(self, i: Any, a: Any, b: Any) -> tuple[Any]:
        return (np.sqrt(i + 2.0) * (2.0 * b - a),)

    def dr(self, i: Any, a: Any, b: Any) -> tuple[Mapping[int, Any]]:
        weight = np.sqrt(i + 2.0)
        return ({0: -weight, 1: 2.0 * weight},)

    def d2r(self, i: Any, a: Any, b: Any) -> tuple[Entries]:
        return ({},)

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        x = np.ldexp(1.0, -np.arange(self.n))
        return Facts(solution=x, optimum=0.0, certificate="a sum of squares that is zero", convex=True)
