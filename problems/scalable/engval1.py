"""Quartic pairs and a linear pull."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms

NEWTON_STEPS = 30
ROUNDING = 1e-14


@dataclass(frozen=True)
class Engval1(ElementSum):
    """Σ (xᵢ² + xᵢ₊₁²)² − 4xᵢ + 3 over i = 1 … n − 1: convex, with a tridiagonal Hessian.

    Every term is the fourth power of a norm plus a linear function. At the solution, which is computed when it is asked
    for, xₙ = 0 and far from the ends xᵢ = 4^(−1/3).

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Toint (1983), report 83/4 of FUNDP Namur, problem 31; CUTEst ENGVAL1.
    """

    suites = ("scalable",)
    tags = ("convex", "strictly_convex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n - 1, ((0, 1), (1, 1)), self._f, self._df, self._d2f),)

    def _f(self, a: Any, b: Any) -> Any:
        s = a * a + b * b
        return s * s - 4.0 * a + 3.0

    def _df(self, a: Any, b: Any) -> tuple[Any, Any]:
        s = 4.0 * (a * a + b * b)
        return s * a - 4.0, s * b

    def _d2f(self, a: Any, b: Any) -> Entries:
        s = 4.0 * (a * a + b * b)
        return {(0, 0): s + 8.0 * a * a, (0, 1): 8.0 * a * b, (1, 1): s + 8.0 * b * b}

    def start(self) -> Array:
        return np.full(self.n, 2.0)

    def _solution(self) -> Array | None:
        """Return x* by Newton's method with the tridiagonal Hessian; None where ‖∇f‖∞ does not get to rounding."""
        from scipy.linalg import solveh_banded

        x = np.full(self.n, 0.25 ** (1.0 / 3.0))
        x[-1] = 0.0
        for _ in range(NEWTON_STEPS):
            entries = self._d2f(x[:-1], x[1:])
            bands = np.zeros((2, self.n))
            bands[0, :-1] += entries[0, 0]
            bands[0, 1:] += entries[1, 1]
            bands[1, :-1] = entries[0, 1]
            g = self.gradient(x)
            x = x - solveh_banded(bands, g, lower=True)
            if np.abs(g).max() <= ROUNDING:
                return x
        return None

    def facts(self) -> Facts:
        x = self._solution()
        if x is None:
            return Facts(convex=True)
        return Facts(solution=x, optimum=self.value(x), certificate="convex, KKT at x*", convex=True)
