"""Problem 18 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

M = 13
PAIRED = {
    "saddle": [
        (1.7114159947195875, 17.683198180949066, 1.1631436609188925,
         5.186561551993452, 1.7114159947195875, 1.1631436609188925),
    ],
    "degenerate": [
        (1.7114159947195875, 17.683198180949066, 3.326287321837785,
         5.186561551993452, 1.7114159947195875, -1.0),
    ],
}  # fmt: skip
"""With M residuals."""


@dataclass(frozen=True)
class BiggsEXP6(LeastSquares):
    """Σ (c e⁻ᵗᵃ − d e⁻ᵗᵇ + f e⁻ᵗᵉ − yₜ)²: three exponentials recovered from their sum.

    t = 0.1, 0.2, …, m/10 and y = e⁻ᵗ − 5 e⁻¹⁰ᵗ + 3 e⁻⁴ᵗ. Any of the three terms may stand for any of the data's, hence
    six global solutions.

    It teaches what a symmetric start costs: a = e and c = f there, descent keeps it so, and the best such point is the
    published 5.65565e-3 (m = 13), in truth a saddle. f keeps this value as long as c + f does; where c and f have
    opposite signs, such points are weak local minima.

    Attributes
    ----------
    m : int
        Number of residuals.

    Source: Moré, Garbow & Hillstrom (1981), problem 18; Biggs (1971).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "ill_conditioned", "sum_of_exponentials")
    dimension = 6
    variants = ({"m": 6}, {"m": 20})

    m: Annotated[int, Ge(6)] = M

    @cached_property
    def t(self) -> Array:
        """The times tᵢ, shape (m,)."""
        return np.arange(1.0, self.m + 1.0) / 10.0

    @cached_property
    def y(self) -> Array:
        """The observations, shape (m,)."""
        return np.exp(-self.t) - 5.0 * np.exp(-10.0 * self.t) + 3.0 * np.exp(-4.0 * self.t)

    def residuals(self, x: Any) -> Any:
        a, b, c, d, e, f = x
        return c * np.exp(-self.t * a) - d * np.exp(-self.t * b) + f * np.exp(-self.t * e) - self.y

    def jacobian(self, x: Array) -> Array:
        a, b, c, d, e, f = x
        p, q, s = np.exp(-self.t * a), np.exp(-self.t * b), np.exp(-self.t * e)
        return np.column_stack([-c * self.t * p, d * self.t * q, p, -q, -f * self.t * s, s])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, c, d, e, f = x
        p, q, s = (w * self.t * np.exp(-self.t * rate) for rate in (a, b, e))
        return np.asarray(
            symmetric(
                {
                    (0, 0): c * (p @ self.t),
                    (0, 2): -np.sum(p),
                    (1, 1): -d * (q @ self.t),
                    (1, 3): np.sum(q),
                    (4, 4): f * (s @ self.t),
                    (4, 5): -np.sum(s),
                },
                6,
            )
        )

    def start(self) -> Array:
        return np.array([1.0, 2.0, 1.0, 1.0, 1.0, 1.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 10.0, 1.0, 5.0, 4.0, 3.0),
            solutions=[
                (4.0, 10.0, 3.0, 5.0, 1.0, 1.0),
                (1.0, 4.0, 1.0, -3.0, 10.0, -5.0),
                (10.0, 4.0, -5.0, -3.0, 1.0, 1.0),
                (4.0, 1.0, 3.0, -1.0, 10.0, -5.0),
                (10.0, 1.0, -5.0, -1.0, 4.0, 3.0),
            ],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points=PAIRED if self.m == M else {},
        )
