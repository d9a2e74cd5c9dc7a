"""Cosines in a chain."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi, sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


@dataclass(frozen=True)
class Cosine(ElementSum):
    """Σ cos(xᵢ² − xᵢ₊₁/2) over i = 1 … n − 1: least, 1 − n, on whole curves.

    There x₁ is free and every xᵢ₊₁ = 2xᵢ² − 2π(2k + 1) with any whole number k; hence the Hessian is singular at every
    solution. Those given have all xᵢ alike.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Gould, in Bongartz, Conn, Gould & Toint (1995), CUTE; CUTEst COSINE.
    """

    suites = ("scalable",)
    tags = ("nonconvex", "multimodal", "degenerate", "sparse")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(2)] = 10

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n - 1, ((0, 1), (1, 1)), self._f, self._df, self._d2f),)

    def _f(self, a: Any, b: Any) -> Any:
        return np.cos(a * a - 0.5 * b)

    def _df(self, a: Any, b: Any) -> tuple[Any, Any]:
        s = np.sin(a * a - 0.5 * b)
        return -2.0 * a * s, 0.5 * s

    def _d2f(self, a: Any, b: Any) -> Entries:
        angle = a * a - 0.5 * b
        s, c = np.sin(angle), np.cos(angle)
        return {(0, 0): -2.0 * s - 4.0 * a * a * c, (0, 1): a * c, (1, 1): -0.25 * c}

    def start(self) -> Array:
        return np.ones(self.n)

    def facts(self) -> Facts:
        root = sqrt(0.25 + 4.0 * pi)
        return Facts(
            solution=np.full(self.n, 0.5 * (0.5 + root)),
            solutions=[np.full(self.n, 0.5 * (0.5 - root))],
            optimum=1.0 - self.n,
            certificate="closed form",
            convex=False,
        )
