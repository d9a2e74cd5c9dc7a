"""Problem 20 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

T = np.arange(1.0, 30.0)[:, None] / 29.0
"""Where the differential equation is imposed, shape (29, 1)."""
KNOWN: dict[int, tuple[tuple[float, ...], float]] = {
    2: ((-0.5013670075219627, 1.0736498384595432), 0.5466078558746469),
    6: (
        (-0.015725086401458456, 1.0124348693691099, -0.2329916259567377,
         1.2604300877996084, -1.5137289227222797, 0.9929964324311346),
        0.0022876700535524363,
    ),
    9: (
        (-1.5307036521394342e-05, 0.9997897039319483, 0.014763963693556958,
         0.14634232829936222, 1.0008211030047092, -2.617731140519015,
         4.104403164478857, -3.1436122785564424, 1.0526264080101668),
        1.39976013809902e-06,
    ),
    12: (
        (-6.638060464520687e-09, 1.000001644117862, -0.0005639322103423058,
         0.34782054050404243, -0.15673150409616513, 1.0528151772071777,
         -3.2472711534596677, 7.288434897938061, -10.271848241321724,
         9.074113647075317, -4.541375466692512, 1.0120118885528104),
        4.722381105891757e-10,
    ),
}  # fmt: skip
"""n → x* and f*; no other n has a claim."""
LINE = 2
"""With so few coefficients no negative curvature is known."""


@dataclass(frozen=True)
class Watson(LeastSquares):
    """Σ (p′ − p² − 1)²: a polynomial p of n coefficients for p′ = 1 + p², p(0) = 0, hence tan.

    The 31 residuals are Lx − (Ax)² − c, where the rows of A and L give p and p′ at tᵢ = i/29; the last two are x₁ and
    x₂ − x₁² − 1. The Hessian at the solution grows ever closer to singular with n: κ is 9e4, 2e9 and 7e13 for n = 6, 9
    and 12.

    Attributes
    ----------
    n : int
        Number of coefficients.

    Source: Moré, Garbow & Hillstrom (1981), problem 20; Kowalik & Osborne (1968).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "ill_conditioned")
    variants = ({"n": 2}, {"n": 9}, {"n": 12}, {"n": 31})

    n: Annotated[int, Ge(2), Le(31)] = 6

    @cached_property
    def squared(self) -> Array:
        """A, shape (31, n)."""
        unit = np.eye(2, self.n)
        return np.vstack([T ** np.arange(self.n), 0.0 * unit[0], unit[0]])

    @cached_property
    def linear(self) -> Array:
        """L, shape (31, n)."""
        j = np.arange(1, self.n)
        return np.vstack([np.hstack([0.0 * T, j * T ** (j - 1)]), np.eye(2, self.n)])

    @cached_property
    def constant(self) -> Array:
        """c, shape (31,)."""
        return np.append(np.ones(29), [0.0, 1.0])

    def residuals(self, x: Any) -> Any:
        return self.linear @ x - (self.squared @ x) ** 2 - self.constant

    def jacobian(self, x: Array) -> Array:
        return self.linear - 2.0 * (self.squared @ x)[:, None] * self.squared

    def curvature(self, x: Array, w: Array) -> Array:
        return np.asarray(-2.0 * (self.squared.T * w) @ self.squared)

    def start(self) -> Array:
        return np.zeros(self.n)

    def facts(self) -> Facts:
        convex = False if self.n > LINE else None
        if self.n not in KNOWN:
            return Facts(convex=convex)
        x, least = KNOWN[self.n]
        return Facts(
            solution=x,
            optimum=least,
            certificate="best known: published for n = 6, 9 and 12, and the best of many starts",
            convex=convex,
        )
