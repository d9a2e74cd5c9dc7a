"""The matrix that normal equations cannot see."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from math import hypot, sqrt
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt

from optlab.core.problem import Array, Facts
from optlab_problems.linear_algebra.linear_least_squares import LinearLeastSquares


@dataclass(frozen=True)
class Lauchli(LinearLeastSquares):
    """‖Ax − b‖² with a row of ones above εI: AᵀA = 1 + ε²I loses ε² to rounding.

    It teaches what forming AᵀA costs: with ε below √u, 1 + ε² rounds to 1, and the Hessian as the machine has it is of
    rank one, though A is of full rank to working precision. b = Ax* + ρ(−ε, 1, …, 1), the last vector being orthogonal
    to every column, so that x* = (1, …, 1) and f* = ρ²(n + ε²).

    Attributes
    ----------
    n : int
        Number of variables.
    eps : float
        ε; with a power of 2 everything is exact.
    residual : float
        ρ, how far b is from what any x explains, per equation.

    Source: Läuchli (1961), Jordan-Elimination und Ausgleichung nach kleinsten Quadraten; Higham (2002), chapter 20
    (normal equations).
    """

    suites = ("linear_algebra",)
    tags = ("quadratic", "convex", "least_squares", "ill_conditioned")
    variants = ({"n": 6, "eps": 1e-3, "residual": 0.0}, {"n": 2, "eps": 0.25})

    n: Annotated[int, Ge(2)] = 3
    eps: Annotated[float, Gt(0)] = 2.0**-27
    residual: Annotated[float, Ge(0)] = 1.0

    @cached_property
    def A(self) -> Array:  # noqa: N802  textbook letter
        """The matrix, shape (n + 1, n)."""
        return np.vstack([np.ones(self.n), self.eps * np.eye(self.n)])

    @cached_property
    def b(self) -> Array:
        """Ax* + ρ(−ε, 1, …, 1), shape (n + 1,)."""
        return np.array([self.n - self.residual * self.eps, *[self.eps + self.residual] * self.n])

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The singular values ε and √(n + ε²) of A."""
        return self.eps, hypot(sqrt(self.n), self.eps)

    def facts(self) -> Facts:
        kappa = self.extremes[1] / self.extremes[0]
        facts: Facts = super().facts()
        facts = replace(facts, note=f"κ(A) = {kappa:.1e}; f* = ρ²(n + ε²) with the residual ρ(ε, −1, …, −1)")
        if self.residual == 0.0:
            return facts
        return replace(facts, optimum=float(self.value(self.planted)), certificate="convex, KKT at x*")
