"""Problem 25 of Hock & Schittkowski."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from optlab.core.problem import Array, Facts
from optlab_problems.forms.least_squares import LeastSquares

LEVELS = np.arange(1, 100) / 100.0
TIMES = 25.0 + (-50.0 * np.log(LEVELS)) ** (2.0 / 3.0)
"""uᵢ for i = 1 … 99, from 62.57 down to 25.632."""


@dataclass(frozen=True)
class HS25(LeastSquares):
    """Σ (exp(−(uᵢ − b)^c/a) − i/100)², uᵢ = 25 + (−50 log(i/100))^⅔, i < 100: a flat start.

    On the plateau where the standard start lies, every exponential is below 10⁻⁹ and f is Σ (i/100)² = 32.835 to ten
    digits. Defined for b < 25.632, a little beyond the bound 25.6; NaN elsewhere.

    Source: Hock & Schittkowski (1981), problem 25.
    """

    suites = ("hs",)
    tags = ("least_squares", "nonconvex", "ill_conditioned", "domain")
    dimension = 3
    constraints = ("bounds",)
    bounds = ((0.1, 0.0, 0.0), (100.0, 25.6, 5.0))

    def residuals(self, x: Any) -> Any:
        a, b, c = x
        return np.exp(-(_distances(b) ** c) / a) - LEVELS

    def jacobian(self, x: Array) -> Array:
        d, e, q = _parts(x)
        a, _, c = x.tolist()
        return np.column_stack([e * q / a, e * q * c / d, -e * q * np.log(d)])

    def curvature(self, x: Array, w: Array) -> Array:
        d, e, q = _parts(x)
        a, _, c = x.tolist()
        log = np.log(d)
        slopes = np.array([-q / a, -q * c / d, q * log])
        second = np.array([
            [2.0 * q / a**2, q * c / (a * d), -q * log / a],
            [q * c / (a * d), q * c * (c - 1.0) / d**2, -q * (1.0 + c * log) / d],
            [-q * log / a, -q * (1.0 + c * log) / d, q * log**2],
        ])  # fmt: skip
        return np.asarray((slopes * (w * e)) @ slopes.T - second @ (w * e))

    def start(self) -> Array:
        return np.array([100.0, 12.5, 3.0])

    def facts(self) -> Facts:
        return Facts(
            solution=(50.0, 25.0, 1.5),
            optimum=0.0,
            certificate="a sum of squares that is zero",
            convex=False,
            multipliers=((0.0,) * 6, ()),
            scale=1.0,
            note="‖∇f‖ is 2e-8 at the standard start: many methods return it, with f = 32.835; the authors' later code "
            "moves the lower bounds of b and c to 1e-5",
        )


def _distances(b: Any) -> Any:
    """Return uᵢ − b, or NaN where it is not positive."""
    d = -(b - TIMES)  # autograd's boxes must come first
    return d + np.where(d > 0, 0.0, np.nan)


def _parts(x: Array) -> tuple[Array, Array, Array]:
    """Return d = uᵢ − b, exp(−q) and q = d^c/a, each of shape (99,)."""
    a, b, c = x.tolist()
    d = _distances(b)
    q = d**c / a
    return d, np.exp(-q), q
