"""Two wells in every variable."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.separable import Separable

DEEP, HILL, SHALLOW = -2.903534027771177, 0.1567312567803401, 2.746802770990837
"""The roots of 2t³ − 16t + 5/2: the better well, the hill and the other well in one variable."""
LEAST = -39.16616570377141
KINDS = ("minimum", "maximum", "saddle")
ALL = 3
"""Up to this n all 3ⁿ critical points are listed."""


@dataclass(frozen=True)
class StyblinskiTang(Separable):
    """½ Σ (xᵢ⁴ − 16xᵢ² + 5xᵢ): two wells in every variable, 2ⁿ minima.

    It teaches that the number of minima grows like 2ⁿ and that of critical points like 3ⁿ. From the standard start 1
    descent ends in the shallower well of every variable, at −25.03n.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Styblinski & Tang (1990), Experiments in nonconvex optimization; Jamil & Yang (2013), function 144.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    variants = ({"n": 1}, {"n": 3}, {"n": 12})

    n: Annotated[int, Ge(1)] = 2

    def phi(self, x: Any) -> Any:
        s = x * x
        return 0.5 * (s * s - 16.0 * s + 5.0 * x)

    def dphi(self, x: Array) -> Array:
        return np.asarray((2.0 * x * x - 16.0) * x + 2.5)

    def d2phi(self, x: Array) -> Array:
        return 6.0 * x * x - 16.0

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        n = self.n
        if n <= ALL:
            points = list(product((DEEP, HILL, SHALLOW), repeat=n))
            points.remove((DEEP,) * n)
        else:
            points = [(SHALLOW,) * n, (HILL,) * n, (HILL, *(SHALLOW,) * (n - 1))]
        return Facts(
            solution=(DEEP,) * n,
            optimum=n * LEAST,
            certificate="closed form: the least root of a cubic in every variable",
            convex=False,
            critical_points={kind: [p for p in points if kind_of(p) == kind] for kind in KINDS},
        )


def kind_of(point: tuple[float, ...]) -> str:
    """Classify a critical point by its number of hills."""
    hills = point.count(HILL)
    return "minimum" if hills == 0 else "maximum" if hills == len(point) else "saddle"
