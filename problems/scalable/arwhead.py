"""Quartic pairs that share a variable."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


@dataclass(frozen=True)
class Arwhead(ElementSum):
    """Σ (xᵢ² + xₙ²)² − 4xᵢ + 3 over i = 1 … n − 1: convex, least at (1, …, 1, 0).

    The Hessian is an arrowhead, dense in its last row and column, where a sparse factorization wants it. The curvature
    in xₙ is 4(n − 1) at the solution, that in every other variable 12.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Conn, Gould, Lescrenier & Toint (1988), report 88/4 of FUNDP Namur, problem 55; CUTEst ARWHEAD.
    """

    suites = ("scalable",)
    tags = ("convex", "strictly_convex", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n - 1, ((0, 1), (self.n - 1, 0)), self._f, self._df, self._d2f),)

    def _f(self, x: Any, hub: Any) -> Any:
        s = x * x + hub * hub
        return s * s - 4.0 * x + 3.0

    def _df(self, x: Any, hub: Any) -> tuple[Any, Any]:
        s = 4.0 * (x * x + hub * hub)
        return s * x - 4.0, s * hub

    def _d2f(self, x: Any, hub: Any) -> Entries:
        s = 4.0 * (x * x + hub * hub)
        return {(0, 0): s + 8.0 * x * x, (0, 1): 8.0 * x * hub, (1, 1): s + 8.0 * hub * hub}

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        x = np.ones(self.n)
        x[-1] = 0.0
        return Facts(solution=x, optimum=0.0, certificate="convex, KKT at x*", convex=True)
