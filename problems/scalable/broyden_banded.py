"""Problem 31 of Moré, Garbow & Hillstrom."""

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

NEIGHBORS = (-5, -4, -3, -2, -1, 1)


@dataclass(frozen=True)
class BroydenBanded(ElementSquares):
    """Residuals xᵢ(2 + 5xᵢ²) + 1 − Σ xⱼ(1 + xⱼ) over j = i − 5 … i − 1 and i + 1.

    At the solution, which is computed when it is asked for, J is strictly diagonally dominant, whatever n is.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 31; Broyden (1971).
    """

    suites = ("scalable", "mgh")
    tags = ("least_squares", "nonconvex", "sparse")
    variants = ({"n": 3}, {"n": 7}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares]:
        roles = tuple((shift, 1) for shift in (0, *NEIGHBORS))
        return (Squares(self.n, roles, self.r, self.dr, self.d2r),)

    def r(self, x: Any, *neighbors: Any) -> tuple[Any]:
        r = x * (2.0 + 5.0 * x * x) + 1.0
        for y in neighbors:
            r = r - y * (1.0 + y)
        return (r,)

    def dr(self, x: Any, *neighbors: Any) -> tuple[Mapping[int, Any]]:
        return ({0: 2.0 + 15.0 * x * x} | {j: -1.0 - 2.0 * y for j, y in enumerate(neighbors, 1)},)

    def d2r(self, x: Any, *neighbors: Any) -> tuple[Entries]:
        return ({(0, 0): 30.0 * x} | {(j, j): -2.0 for j in range(1, len(neighbors) + 1)},)

    def start(self) -> Array:
        return np.full(self.n, -1.0)

    def facts(self) -> Facts:
        x = banded_zero(self.elements[0], self.start())
        return Facts(
            solution=x,
            optimum=None if x is None else 0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="there are local minima (f = 3.057278 for n = 10), not near the standard start",
        )
