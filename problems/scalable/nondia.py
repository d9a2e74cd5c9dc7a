"""Shanno's nondiagonal extension of Rosenbrock's valley."""

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
class Nondia(ElementSquares):
    """(x₁ − 1)² + Σ 100(x₁ − xᵢ²)² over i = 2 … n: all variables have a say in x₁.

    It teaches what a good solution is worth: the signs of x₂ … xₙ are free, there are 2ⁿ⁻¹ minimizers, and from the
    standard start (−1, …, −1) descent methods keep the negative ones. The Hessian is an arrowhead.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Shanno (1978), MIS report 27 of the University of Arizona; Toint (1983), report 83/4 of FUNDP Namur,
    problem 15. CUTEst NONDIA has xᵢ₋₁ for xᵢ, which leaves xₙ out.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "multimodal", "ill_conditioned", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares, Squares]:
        return (
            affine(((0, 1),), (1.0,), -1.0),
            Squares(self.n - 1, ((0, 0), (1, 1)), self.r, self.dr, self.d2r),
        )

    def r(self, hub: Any, x: Any) -> tuple[Any]:
        return (10.0 * (hub - x * x),)

    def dr(self, hub: Any, x: Any) -> tuple[Mapping[int, Any]]:
        return ({0: 10.0, 1: -20.0 * x},)

    def d2r(self, hub: Any, x: Any) -> tuple[Entries]:
        return ({(1, 1): -20.0},)

    def start(self) -> Array:
        return np.full(self.n, -1.0)

    def facts(self) -> Facts:
        x = np.full(self.n, -1.0)
        x[0] = 1.0
        return Facts(
            solution=np.ones(self.n),
            solutions=[x],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="(1, ±1, …, ±1) with any signs",
        )
