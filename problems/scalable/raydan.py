"""Two strictly convex functions of separate variables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


@dataclass(frozen=True)
class Raydan(ElementSum):
    """Σ wᵢ (exp xᵢ − xᵢ), with wᵢ = i/10 or all 1: least at the origin.

    It teaches that for the steps of Barzilai and Borwein the distribution of the eigenvalues matters, not n: with equal
    weights they are all 1 at the solution, with growing ones they run evenly from 1/10 to n/10.

    Attributes
    ----------
    n : int
        Number of variables.
    weights : str
        "growing", with the start (1, …, 1), or "equal", with the start (1/n, 2/n, …, 1).

    Source: Raydan (1997), SIAM Journal on Optimization 7, "strictly convex" 2 and 1.
    """

    suites = ("scalable",)
    tags = ("convex", "strictly_convex", "sparse")
    variants = ({"weights": "equal"}, {"n": 52})

    n: Annotated[int, Ge(1)] = 10
    weights: Literal["growing", "equal"] = "growing"

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n, ((0, 1),), self._f, self._df, self._d2f, indexed=True),)

    def _weight(self, i: Any) -> Any:
        return (i + 1.0) / 10.0 if self.weights == "growing" else 1.0

    def _f(self, i: Any, x: Any) -> Any:
        return self._weight(i) * (np.exp(x) - x)

    def _df(self, i: Any, x: Any) -> tuple[Any]:
        return (self._weight(i) * np.expm1(x),)

    def _d2f(self, i: Any, x: Any) -> Entries:
        return {(0, 0): self._weight(i) * np.exp(x)}

    def start(self) -> Array:
        return np.ones(self.n) if self.weights == "growing" else np.arange(1.0, self.n + 1.0) / self.n

    def facts(self) -> Facts:
        n = self.n
        return Facts(
            solution=np.zeros(n),
            optimum=n * (n + 1) / 20.0 if self.weights == "growing" else float(n),
            certificate="convex, KKT at x*",
            convex=True,
        )
