"""Problem 24 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import exp, sqrt
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab.core.status import InputError
from optlab_problems.forms.least_squares import LeastSquares

A = 1e-5
KNOWN = {
    4: (
        9.376293007355442e-06,
        (0.1999993333503804, 0.19131670099277245, 0.48010148533262315, 0.5188454043902005),
    ),
    10: (
        0.00029366053745674594,
        (
            0.1999836051978236,
            0.010350648471292297,
            0.019604934480438402,
            0.03208906722068565,
            0.049932677399641294,
            0.07651399515399361,
            0.11862407286950417,
            0.19214487233557667,
            0.34732058694184365,
            0.3691643741593508,
        ),
    ),
}
"""n → f*, x*."""


@dataclass(frozen=True)
class PenaltyII(LeastSquares):
    """Exponentials with the weight 10⁻⁵ beside x₁ − 1/5 and Σ (n − j + 1)xⱼ² − 1.

    With yᵢ = exp(i/10) + exp((i − 1)/10) the other residuals are √10⁻⁵ (exp(xᵢ/10) + exp(xᵢ₋₁/10) − yᵢ) and
    √10⁻⁵ (exp(xᵢ/10) − exp(−1/10)) for i = 2 … n. A minimizer is given for n = 4 and n = 10.

    Attributes
    ----------
    n : int
        Number of variables; f grows like exp(n/5), hence the limit.

    Source: Moré, Garbow & Hillstrom (1981), problem 24; Gill, Murray & Pitfield (1972).
    """

    name = "penalty_2"
    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "ill_conditioned")
    variants = ({"n": 4}, {"n": 30})

    n: Annotated[int, Ge(2), Le(1000)] = 10

    @cached_property
    def _y(self) -> Array:
        y = np.exp(np.arange(1.0, self.n + 1.0) / 10.0)
        return np.asarray(y[1:] + y[:-1])

    @cached_property
    def _falling(self) -> Array:
        return np.arange(float(self.n), 0.0, -1.0)

    def residuals(self, x: Any) -> Any:
        e = np.exp(x / 10.0)
        pairs, singles = sqrt(A) * (e[1:] + e[:-1] - self._y), sqrt(A) * (e[1:] - exp(-0.1))
        first, last = x[:1] - 0.2, self._falling @ (x * x) - 1.0
        return np.append(np.append(first, pairs), np.append(singles, last))

    def value(self, x: Array) -> float:
        e = np.exp(x / 10.0)
        pairs, singles = e[1:] + e[:-1] - self._y, e[1:] - exp(-0.1)
        first, last = x[0] - 0.2, self._falling @ (x * x) - 1.0
        return first * first + A * (pairs @ pairs + singles @ singles) + last * last  # type: ignore[no-any-return]

    def jacobian(self, x: Array) -> Array:
        if why := self.lacks("jacobian"):
            raise InputError(why)
        n, i = self.n, np.arange(1, self.n)
        slopes = 0.1 * sqrt(A) * np.exp(x / 10.0)
        J = np.zeros((2 * n, n))
        J[0, 0] = 1.0
        J[i, i] = J[n - 1 + i, i] = slopes[1:]
        J[i, i - 1] = slopes[:-1]
        J[-1] = 2.0 * self._falling * x
        return J

    def curvature(self, x: Array, w: Array) -> Array:
        n = self.n
        pairs, singles = w[1:n], w[n : 2 * n - 1]
        bends = np.append(pairs, 0.0) + np.append(0.0, pairs + singles)
        return np.diag(0.01 * sqrt(A) * np.exp(x / 10.0) * bends + 2.0 * w[-1] * self._falling)

    def start(self) -> Array:
        return np.full(self.n, 0.5)

    def facts(self) -> Facts:
        if self.n not in KNOWN:
            return Facts(convex=False)
        optimum, x = KNOWN[self.n]
        return Facts(
            solution=x,
            optimum=optimum,
            certificate="best known: published, and the best of many starts",
            convex=False,
        )
