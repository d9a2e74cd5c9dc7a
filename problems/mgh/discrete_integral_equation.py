"""Problem 29 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

NEWTON_STEPS = 8
FEW = 200
"""Up to this n the solution is computed."""


@dataclass(frozen=True)
class DiscreteIntegralEquation(LeastSquares):
    """Residuals xᵢ + (h/2) Σⱼ G(tᵢ, tⱼ)(xⱼ + tⱼ + 1)³ with G(s, t) = min(s, t)(1 − max(s, t)).

    The same solution as `discrete_boundary_value`, whose equations these are, multiplied by the inverse of the second
    differences: J is dense now, and its condition number stays of order one.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Moré, Garbow & Hillstrom (1981), problem 29; Moré & Cosnard (1979).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex")
    variants = ({"n": 2}, {"n": 52})

    n: Annotated[int, Ge(1), Le(10_000)] = 10

    @cached_property
    def _t(self) -> Array:
        return np.arange(1.0, self.n + 1.0) / (self.n + 1.0)

    @cached_property
    def _kernel(self) -> Array:
        s, t = self._t[:, None], self._t
        return np.asarray(np.minimum(s, t) * (1.0 - np.maximum(s, t)) / (self.n + 1.0))

    def residuals(self, x: Any) -> Any:
        return x + 0.5 * (self._kernel @ (x + self._t + 1.0) ** 3)

    def jacobian(self, x: Array) -> Array:
        J = 1.5 * self._kernel * (x + self._t + 1.0) ** 2
        J.flat[:: self.n + 1] += 1.0
        return J

    def curvature(self, x: Array, w: Array) -> Array:
        return np.diag(3.0 * (w @ self._kernel) * (x + self._t + 1.0))

    def hvp(self, x: Array, v: Array) -> Array:
        J, r = self.jacobian(x), self.residuals(x)
        bends = 3.0 * (r @ self._kernel) * (x + self._t + 1.0)
        return np.asarray(2.0 * (J.T @ (J @ v) + bends * v))

    def start(self) -> Array:
        return self._t * (self._t - 1.0)

    def facts(self) -> Facts:
        x = self.start()
        for _ in range(NEWTON_STEPS if self.n <= FEW else 0):
            x = x - np.linalg.solve(self.jacobian(x), self.residuals(x))
        return Facts(
            solution=x if self.n <= FEW else None,
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="its zero, one for every n, is that of discrete_boundary_value",
        )
