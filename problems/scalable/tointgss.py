"""Toint's Gaussian function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries, add, outer
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


@dataclass(frozen=True)
class Tointgss(ElementSum):
    """Σ (10/(n − 2) + c²)(2 − exp(−(a − b)²/(0.1 + c²))) over neighbors a, b, c.

    The exponential is at most 1, hence f ≥ Σ (10/(n − 2) + c²) ≥ 10, with equality at the origin alone. Far from it the
    exponentials vanish, and with them all that ties neighbors together.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Toint (1983), report 83/4 of FUNDP Namur, problem 21; CUTEst TOINTGSS.
    """

    suites = ("scalable",)
    tags = ("nonconvex", "sparse")
    variants = ({"n": 3}, {"n": 52})

    n: Annotated[int, Ge(3)] = 10

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n - 2, ((0, 1), (1, 1), (2, 1)), self._f, self._df, self._d2f),)

    def _parts(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        """Return p = 10/(n − 2) + c², u = a − b, t = 0.1 + c² and e = exp(−u²/t)."""
        u, square = a - b, c * c
        t = 0.1 + square
        return 10.0 / (self.n - 2.0) + square, u, t, np.exp(-u * u / t)

    def _f(self, a: Any, b: Any, c: Any) -> Any:
        p, _, _, e = self._parts(a, b, c)
        return p * (2.0 - e)

    def _df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        p, u, t, e = self._parts(a, b, c)
        by_u = 2.0 * p * e * u / t
        return by_u, -by_u, 2.0 * c * (2.0 - e) - by_u * u * c / t

    def _d2f(self, a: Any, b: Any, c: Any) -> Entries:
        p, u, t, e = self._parts(a, b, c)
        u_t, c_t = u / t, c / t
        by_u = 2.0 * e * (p * (1.0 - 2.0 * u * u_t) / t)
        mixed = 4.0 * e * u_t * (c - p * c_t + p * u * u_t * c_t)
        by_c = 2.0 * (2.0 - e) - 2.0 * e * u * u_t * (
            4.0 * c * c_t + p / t - 4.0 * p * c_t * c_t + 2.0 * p * u * u_t * c_t * c_t
        )
        return add(outer([1.0, -1.0, 0.0], by_u), {(0, 2): mixed, (1, 2): -mixed, (2, 2): by_c})

    def start(self) -> Array:
        return np.full(self.n, 3.0)

    def facts(self) -> Facts:
        return Facts(
            solution=np.zeros(self.n),
            optimum=10.0,
            certificate="closed form",
            convex=False,
            note="from the standard start many methods end at 10 + 10/(n − 2), on a plateau: x₁ stays away from the "
            "rest, which are near 0, and ∇f is there below rounding; values such as 10.1020 (n = 100) are published",
        )
