"""Problem 28 of Moré, Garbow & Hillstrom."""

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

FEW = 1000
"""Up to this n the solution is given: J has a condition number of order n², which beyond leaves too few digits."""


@dataclass(frozen=True)
class DiscreteBoundaryValue(ElementSquares):
    """Residuals 2xᵢ − xᵢ₋₁ − xᵢ₊₁ + h²(xᵢ + tᵢ + 1)³/2: u″ = (u + t + 1)³/2 by differences.

    t runs over the interior grid of [0, 1] with h = 1/(n + 1), and x₀ = xₙ₊₁ = 0. It teaches what squaring does: the
    condition number of J is of order n², that of the Hessian n⁴, and the start, which is close already, has an f that
    falls with n; at n = 10⁶ it is 10⁻¹⁸ and lost in rounding.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 28; Moré & Cosnard (1979).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "ill_conditioned", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares]:
        return (Squares(self.n, ((-1, 1), (0, 1), (1, 1)), self.r, self.dr, self.d2r, indexed=True),)

    def _level(self, i: Any, x: Any) -> Any:
        return x + ((i + 1.0) / (self.n + 1.0) + 1.0)

    def r(self, i: Any, left: Any, x: Any, right: Any) -> tuple[Any]:
        return (2.0 * x - left - right + 0.5 / (self.n + 1.0) ** 2 * self._level(i, x) ** 3,)

    def dr(self, i: Any, left: Any, x: Any, right: Any) -> tuple[Mapping[int, Any]]:
        return ({0: -1.0, 1: 2.0 + 1.5 / (self.n + 1.0) ** 2 * self._level(i, x) ** 2, 2: -1.0},)

    def d2r(self, i: Any, left: Any, x: Any, right: Any) -> tuple[Entries]:
        return ({(1, 1): 3.0 / (self.n + 1.0) ** 2 * self._level(i, x)},)

    def start(self) -> Array:
        t = np.arange(1.0, self.n + 1.0) / (self.n + 1.0)
        return t * (t - 1.0)

    def facts(self) -> Facts:
        return Facts(
            solution=banded_zero(self.elements[0], self.start()) if self.n <= FEW else None,
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="r = 0 is ∇φ = 0 for a strictly convex φ: there is one zero for every n; it is also that of "
            "discrete_integral_equation",
        )
