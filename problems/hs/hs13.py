"""Problem 13 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import Componentwise, Entries


@dataclass(frozen=True)
class HS13(Componentwise):
    """(a − 2)² + b² subject to b ≤ (1 − a)³, a ≥ 0, b ≥ 0: the solution is a cusp.

    At (1, 0) the curve touches the bound b ≥ 0: both gradients are vertical, −∇f is horizontal, and there are no
    multipliers.

    Source: Hock & Schittkowski (1981), problem 13.
    """

    suites = ("hs",)
    tags = ("nonconvex", "least_squares", "infeasible_start")
    dimension = 2
    constraints = ("bounds", "inequality")

    bounds = ((0.0, 0.0), (np.inf, np.inf))

    def f(self, a: Any, b: Any) -> Any:
        return (a - 2.0) ** 2 + b * b

    def df(self, a: Any, b: Any) -> tuple[Any, Any]:
        return 2.0 * (a - 2.0), 2.0 * b

    def d2f(self, a: Any, b: Any) -> Entries:
        return {(0, 0): 2.0, (1, 1): 2.0}

    def g(self, a: Any, b: Any) -> tuple[Any]:
        return (b - (1.0 - a) ** 3,)

    def dg(self, a: Any, b: Any) -> tuple[tuple[Any, Any]]:
        return ((3.0 * (1.0 - a) ** 2, 1.0),)

    def d2g(self, a: Any, b: Any) -> tuple[Entries]:
        return ({(0, 0): -6.0 * (1.0 - a)},)

    def residuals(self, x: Any) -> Any:
        """The residuals a − 2 and b."""
        a, b = x
        return np.array([a - 2.0, b])

    def jacobian(self, x: Array) -> Array:
        return np.array([[1.0, 0.0], [0.0, 1.0]])

    def start(self) -> Array:
        return np.array([-2.0, -2.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 0.0),
            optimum=1.0,
            certificate="closed form",
            qualified=False,
            curvature=(2.0, 2.0),
            note="KKT does not hold at x*, and multipliers grow without bound near it; a value below 1, such as the "
            "0.99457 of a list, comes from constraints met to a tolerance only; the authors' later code starts at 0",
        )
