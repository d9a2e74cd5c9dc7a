"""A chain that leads to closed powers of two."""

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
class DixonPrice(ElementSquares):
    """(x₁ − 1)² + Σ i(2xᵢ² − xᵢ₋₁)² over i = 2 … n: zero at xᵢ = 2^(2^(1−i) − 1).

    It teaches that a gradient that vanishes proves little: at (⅓, 0, …, 0), where f = ⅔, the Hessian has no negative
    eigenvalue for n ≥ 3 and f still falls, along xₙ = t, xₙ₋₁ = 2t², xₙ₋₂ = 8t⁴, …, by an amount of order t to the
    power 2ⁿ⁻¹. The source gives a box of starts, of which (2, …, 2) here is one.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Dixon & Price (1989), Journal of Optimization Theory and Applications 60, pages 261–275.
    """

    suites = ("scalable",)
    tags = ("least_squares", "nonconvex", "multimodal", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Squares, Squares]:
        return (
            affine(((0, 1),), (1.0,), -1.0),
            Squares(self.n - 1, ((0, 1), (1, 1)), self.r, self.dr, self.d2r, indexed=True),
        )

    def r(self, i: Any, a: Any, b: Any) -> tuple[Any]:
        return (np.sqrt(i + 2.0) * (2.0 * b * b - a),)

    def dr(self, i: Any, a: Any, b: Any) -> tuple[Mapping[int, Any]]:
        weight = np.sqrt(i + 2.0)
        return ({0: -weight, 1: 4.0 * weight * b},)

    def d2r(self, i: Any, a: Any, b: Any) -> tuple[Entries]:
        return ({(1, 1): 4.0 * np.sqrt(i + 2.0)},)

    def start(self) -> Array:
        return np.full(self.n, 2.0)

    def facts(self) -> Facts:
        x = np.exp2(np.exp2(-np.arange(float(self.n))) - 1.0)
        mirrored, trap = x.copy(), np.zeros(self.n)
        mirrored[-1] = -x[-1]
        trap[0] = 1.0 / 3.0
        kind = "saddle" if self.n == 2 else "degenerate"  # noqa: PLR2004
        return Facts(
            solution=x,
            solutions=[mirrored],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points={kind: [trap]},
            note="f = 2/3 at (1/3, 0, …, 0), where runs may end, is no local minimum, though nearly one",
        )
