"""The function of Schmidt and Vetters."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Entries
from optlab_problems.forms.element_sum import ElementSum
from optlab_problems.forms.elements import Terms


@dataclass(frozen=True)
class Schmvett(ElementSum):
    """−Σ 1/(1 + (a − b)²) + sin((πb + c)/2) + exp(−((a + c)/b − 2)²), a, b, c neighbors.

    Each of the three is at most 1, and all are 1 where every xᵢ is π/(1 + π), and again at (1 + 4k) times that for
    every whole number k. f is not defined where one of x₂ … xₙ₋₁ is 0.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Schmidt & Vetters (1970), Numerische Mathematik 15, pages 263–282; CUTEst SCHMVETT, which rounds π.
    """

    suites = ("scalable",)
    tags = ("nonconvex", "multimodal", "domain", "sparse")
    variants = ({"n": 3}, {"n": 52})

    n: Annotated[int, Ge(3)] = 10

    @property
    def elements(self) -> tuple[Terms]:
        return (Terms(self.n - 2, ((0, 1), (1, 1), (2, 1)), self._f, self._df, self._d2f),)

    def _f(self, a: Any, b: Any, c: Any) -> Any:
        u, q = a - b, (a + c) / b - 2.0
        return -1.0 / (1.0 + u * u) - np.sin(0.5 * (pi * b + c)) - np.exp(-q * q)

    def _df(self, a: Any, b: Any, c: Any) -> tuple[Any, ...]:
        u, ratio = a - b, (a + c) / b
        q = ratio - 2.0
        apart = 2.0 * u / (1.0 + u * u) ** 2
        wave = -0.5 * np.cos(0.5 * (pi * b + c))
        bell = 2.0 * q * np.exp(-q * q) / b
        return apart + bell, pi * wave - apart - bell * ratio, wave + bell

    def _d2f(self, a: Any, b: Any, c: Any) -> Entries:
        u, ratio = a - b, (a + c) / b
        q, s = ratio - 2.0, 1.0 + u * u
        apart = 2.0 * (1.0 - 3.0 * u * u) / s**3
        wave = 0.25 * np.sin(0.5 * (pi * b + c))
        e = np.exp(-q * q) / (b * b)
        bend, bell = 2.0 * (1.0 - 2.0 * q * q) * e, 2.0 * q * e
        mixed = -bend * ratio - bell
        return {
            (0, 0): apart + bend,
            (0, 1): mixed - apart,
            (0, 2): bend,
            (1, 1): apart + pi * pi * wave + bend * ratio * ratio + 2.0 * bell * ratio,
            (1, 2): pi * wave + mixed,
            (2, 2): wave + bend,
        }

    def start(self) -> Array:
        return np.full(self.n, 0.5)

    def facts(self) -> Facts:
        x = np.full(self.n, pi / (1.0 + pi))
        return Facts(
            solution=x,
            solutions=[5.0 * x, -3.0 * x],
            optimum=-3.0 * (self.n - 2),
            certificate="closed form",
            convex=False,
            note="there are local minima; from ten times the start a run can end at one of f = -20.1688 (n = 10)",
        )
