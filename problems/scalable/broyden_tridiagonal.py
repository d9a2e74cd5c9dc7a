"""Problem 30 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.banded import banded_zero
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSquares
from optlab_problems.forms.elements import Squares


@dataclass(frozen=True)
class BroydenTridiagonal(ElementSquares):
    """Residuals (3 − 2xᵢ)xᵢ − xᵢ₋₁ − 2xᵢ₊₁ + 1, with x₀ = xₙ₊₁ = 0.

    At the solution, which is computed when it is asked for, J is strictly diagonally dominant: far from the ends all
    xᵢ are −1/√2, and neither the condition number nor the number of Newton steps grows with n.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 30; Broyden (1965).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n, ((-1, 1), (0, 1), (1, 1)), self.r, self.dr, self.d2r),)

    def r(self, left: Any, x: Any, right: Any) -> tuple[Any]:
        return ((3.0 - 2.0 * x) * x - left - 2.0 * right + 1.0,)

    def dr(self, left: Any, x: Any, right: Any) -> tuple[Mapping[int, Any]]:
        return ({0: -1.0, 1: 3.0 - 4.0 * x, 2: -2.0},)

    def d2r(self, left: Any, x: Any, right: Any) -> tuple[Entries]:
        return ({(1, 1): -4.0},)

    def start(self) -> Array:
        return np.full(self.n, -1.0)

    def facts(self) -> Facts:
        x = banded_zero(self.elements[0], self.start())
        return Facts(
            solution=x,
            optimum=None if x is None else 0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="there are local minima (f = 0.661569 and others for n = 10), not near the standard start",
        )
