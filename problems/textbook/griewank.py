"""Product of cosines on a wide bowl."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Ge

from optlab.core.problem import Array, Facts, ProblemBase

PAIR = 2
CORNER = (3.1400226338955397, 4.438444480920714)
ACROSS, UP = 6.280045279379904, 8.876888929095657
"""The minima next to x* at n = 2."""


@dataclass(frozen=True)
class Griewank(ProblemBase):
    """Σ xᵢ²/4000 − Π cos(xᵢ/√i) + 1: thousands of shallow minima on a wide bowl.

    It teaches what a product does: every second derivative is there, and yet for large n the product is all but 0
    away from the axes, so that the problem grows easier with n.

    Attributes
    ----------
    n : int
        Number of variables.

    Source: Griewank (1981), Generalized descent for global optimization; Locatelli (2003), A note on the Griewank
    test function, for large n.
    """

    suites = ("textbook",)
    tags = ("nonconvex", "multimodal")
    variants = ({"n": 1}, {"n": 6})

    n: Annotated[int, Ge(1)] = 2

    @cached_property
    def _slowness(self) -> Array:
        """1/√i, shape (n,)."""
        return np.arange(1.0, self.n + 1.0) ** -0.5

    def value(self, x: Array) -> float:
        return np.sum(x * x) / 4000.0 + (1.0 - np.prod(np.cos(x * self._slowness)))

    def gradient(self, x: Array) -> Array:
        return np.asarray(self.gradients(x[None, :])[0])

    def hessian(self, x: Array) -> Array:
        return np.asarray(self.hessians(x[None, :])[0])

    def hvp(self, x: Array, v: Array) -> Array:
        P, t = self._product(x[None, :])
        tv = t[0] * v
        others = tv.sum() - tv
        return np.asarray((1.0 / 2000.0 + P[0] * self._slowness**2) * v - P[0] * t[0] * others)

    def _product(self, X: Array) -> tuple[Array, Array]:
        """Return P = Π cos(xᵢ/√i), (K, 1), and t = tan(xᵢ/√i)/√i, (K, n): ∂P/∂xᵢ = −P tᵢ, ∂²P/∂xᵢ∂xⱼ = P tᵢ tⱼ."""
        Y = X * self._slowness
        return np.cos(Y).prod(axis=1)[:, None], np.tan(Y) * self._slowness

    def values(self, X: Array) -> Array:
        return np.asarray((X * X).sum(axis=1) / 4000.0 + (1.0 - np.cos(X * self._slowness).prod(axis=1)))

    def gradients(self, X: Array) -> Array:
        P, t = self._product(X)
        return np.asarray(X / 2000.0 + P * t)

    def hessians(self, X: Array) -> Array:
        P, t = self._product(X)
        i = np.arange(X.shape[1])
        H = -P[:, :, None] * t[:, :, None] * t[:, None, :]
        H[:, i, i] = 1.0 / 2000.0 + P * self._slowness**2
        return np.asarray(H)

    def start(self) -> Array:
        return np.where(np.arange(self.n) % 2 == 0, 4.0, 5.0)

    def facts(self) -> Facts:
        a, b = CORNER
        near = [(a, b), (a, -b), (-a, b), (-a, -b), (ACROSS, 0.0), (-ACROSS, 0.0), (0.0, UP), (0.0, -UP)]
        return Facts(
            solution=np.zeros(self.n),
            optimum=0.0,
            certificate="closed form: a sum of squares and 1 − Π cos ≥ 0, both 0 at 0",
            convex=False,
            critical_points={"minimum": near if self.n == PAIR else []},
            note="at n = 2 the minima listed are the eight next to x*, with f = 0.0074, 0.0099 and 0.0197",
        )
