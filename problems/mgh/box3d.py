"""Problem 12 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares

M = 10
SADDLES = {
    "saddle": [
        (1.6601422361695841, 5.658714539130156, 0.5899947959093227),
        (5.658714539130156, 1.6601422361695841, -0.5899947959093227),
    ]
}
"""With M residuals."""


@dataclass(frozen=True)
class Box3D(LeastSquares):
    """Σ (e⁻ᵗᵃ − e⁻ᵗᵇ − c(e⁻ᵗ − e⁻¹⁰ᵗ))² over t = 0.1 … m/10: zeros at two points and on a line.

    Attributes
    ----------
    m : int
        Number of residuals.

    Source: Moré, Garbow & Hillstrom (1981), problem 12; Box (1966).
    """

    name = "box_three_dimensional"
    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "multimodal", "sum_of_exponentials")
    dimension = 3
    variants = ({"m": 3}, {"m": 20})

    m: Annotated[int, Ge(3)] = M

    @cached_property
    def t(self) -> Array:
        """The times tᵢ, shape (m,)."""
        return np.arange(1.0, self.m + 1.0) / 10.0

    @cached_property
    def target(self) -> Array:
        """e⁻ᵗ − e⁻¹⁰ᵗ, shape (m,)."""
        return np.exp(-self.t) - np.exp(-10.0 * self.t)

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        return np.exp(-self.t * a) - np.exp(-self.t * b) - c * self.target

    def jacobian(self, x: Array) -> Array:
        a, b, _ = x
        return np.column_stack([-self.t * np.exp(-self.t * a), self.t * np.exp(-self.t * b), -self.target])

    def curvature(self, x: Array, w: Array) -> Array:
        a, b, _ = x
        bend = w * self.t**2
        return np.asarray(symmetric({(0, 0): bend @ np.exp(-self.t * a), (1, 1): -(bend @ np.exp(-self.t * b))}, 3))

    def start(self) -> Array:
        return np.array([0.0, 10.0, 20.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(1.0, 10.0, 1.0),
            solutions=[(10.0, 1.0, -1.0)],
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            critical_points=SADDLES if self.m == M else {},
            note="f is 0 on the line a = b, c = 0 as well; as a → ∞ it falls towards 0.07559 (m = 10)",
        )
