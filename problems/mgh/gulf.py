"""Problem 11 of Moré, Garbow & Hillstrom."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Le

from optlab.core.problem import Array, Facts
from optlab_problems.forms.componentwise import symmetric
from optlab_problems.forms.least_squares import LeastSquares


@dataclass(frozen=True)
class Gulf(LeastSquares):
    """Σ (exp(−|yᵢ − b|ᶜ/a) − tᵢ)²: the Gulf Research function, with cusps in b.

    tᵢ = i/100 and yᵢ = 25 + (−50 log tᵢ)^⅔. It is not smooth where b is one of the yᵢ, which are all 25 or more; the
    power counts as 0 there, with zero derivatives, which for c > 1 are the limits of those of r². With m = 100 the
    solution is such a point.

    Attributes
    ----------
    m : int
        Number of residuals.

    Source: Moré, Garbow & Hillstrom (1981), problem 11, where a misprint turns |yᵢ − b| into a product; Cox (1969).
    """

    suites = ("mgh",)
    tags = ("least_squares", "nonconvex", "nonsmooth")
    dimension = 3
    variants = ({"m": 3}, {"m": 20}, {"m": 100})

    m: Annotated[int, Ge(3), Le(100)] = 99

    @cached_property
    def t(self) -> Array:
        """The observations tᵢ, shape (m,)."""
        return np.arange(1.0, self.m + 1.0) / 100.0

    @cached_property
    def y(self) -> Array:
        """The places yᵢ, shape (m,)."""
        return 25.0 + (-50.0 * np.log(self.t)) ** (2.0 / 3.0)

    def residuals(self, x: Any) -> Any:
        return np.exp(-self._exponent(x)[0]) - self.t

    def _exponent(self, x: Any) -> tuple[Any, Any]:
        """Return |y − b|ᶜ/a, and y − b with 1 in place of 0."""
        a, b, c = x
        d = self.y - b
        apart = d != 0.0
        d = d + ~apart
        return apart * np.abs(d) ** c / a, d

    def jacobian(self, x: Array) -> Array:
        a, _, c = x
        p, d = self._exponent(x)
        slope = p * np.exp(-p)
        return np.column_stack([slope / a, c * slope / d, -slope * np.log(np.abs(d))])

    def curvature(self, x: Array, w: Array) -> Array:
        a, _, c = x
        p, d = self._exponent(x)
        log_d = np.log(np.abs(d))
        slope = w * p * np.exp(-p)
        bend = slope * (p - 1.0)
        return np.asarray(
            symmetric(
                {
                    (0, 0): np.sum(bend - slope) / a**2,
                    (0, 1): c * np.sum(bend / d) / a,
                    (0, 2): -(bend @ log_d) / a,
                    (1, 1): c * np.sum((c * bend + slope) / d**2),
                    (1, 2): np.sum((slope - c * bend * log_d) / d),
                    (2, 2): bend @ log_d**2,
                },
                3,
            )
        )

    def start(self) -> Array:
        return np.array([5.0, 2.5, 0.15])

    def facts(self) -> Facts:
        return Facts(
            solution=(50.0, 25.0, 1.5),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            note="f is flat at Σt² (32.835 for m = 99) where the exponentials vanish, as for small a",
        )
